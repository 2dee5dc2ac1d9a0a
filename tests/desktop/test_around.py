"""Sleep, a logout and other players, against stand-ins on a bus of the test's own."""

from __future__ import annotations

import queue
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dbus_fast.aio import MessageBus
from own_bus import OwnBus, needs_bus, own_bus, see_that_no_other_is_harmed
from rig import wait_until
from stand_ins import Logind, Player

from voice_guide.frontends.desktop.around import others as around_others
from voice_guide.frontends.desktop.around.logout import LogoutWatch
from voice_guide.frontends.desktop.around.others import OtherPlayers
from voice_guide.frontends.desktop.around.sleep import SleepWatch
from voice_guide.frontends.desktop.bus import BUS, BusLine, Unanswered, call
from voice_guide.frontends.desktop.media import NowPlaying
from voice_guide.frontends.desktop.media.mpris import Mpris
from voice_guide.frontends.desktop.tray.loop import BusThread

pytestmark = [pytest.mark.real, needs_bus]


@pytest.fixture
def bus() -> Iterator[OwnBus]:
    with own_bus() as made:
        yield made


@pytest.fixture
def line(bus: OwnBus) -> Iterator[BusLine]:
    thread = BusThread()
    made = BusLine(thread, address=bus.address)
    yield made
    made.close()
    thread.close()


def test_a_question_to_a_bus_that_is_gone_harms_no_other(bus: OwnBus) -> None:
    async def ask(gone: MessageBus) -> None:
        with pytest.raises(Unanswered):
            await call(gone, BUS, "ListNames", timeout_s=1.0)

    see_that_no_other_is_harmed(bus, ask)


# Logging out.


def test_a_logout_is_told_when_bus_and_display_are_gone(
    bus: OwnBus, line: BusLine, tmp_path: Path
) -> None:
    gone: queue.SimpleQueue[float] = queue.SimpleQueue()
    display = socket.socket(socket.AF_UNIX)
    display.bind(str(bus.folder / "wayland-0"))
    display.listen()
    environ = {"XDG_RUNTIME_DIR": str(bus.folder), "WAYLAND_DISPLAY": "wayland-0"}
    watch = LogoutWatch(line, lambda: gone.put(time.monotonic()), environ, look_s=0.05)
    wait_until(lambda: line.bus is not None)

    def looked(times: int) -> bool:
        for _ in range(times):
            display.settimeout(5)
            display.accept()[0].close()
        return True

    assert looked(1)  # at the beginning: one that never was there cannot go
    bus.kill()
    assert looked(5)
    bus.start()
    wait_until(lambda: line.bus is not None)
    bus.kill()
    assert looked(2)
    assert gone.empty()
    display.close()
    assert gone.get(timeout=5)
    assert gone.empty()
    watch.close()


def test_without_a_display_there_is_no_logout(bus: OwnBus, line: BusLine) -> None:
    gone: queue.SimpleQueue[bool] = queue.SimpleQueue()
    environ = {"DISPLAY": ":4711"}
    watch = LogoutWatch(line, lambda: gone.put(True), environ, look_s=0.02)
    bus.kill()
    with pytest.raises(queue.Empty):
        gone.get(timeout=0.5)
    watch.close()


# Sleep.


def test_sleep_is_told_and_held_off_for_the_fade(bus: OwnBus, line: BusLine) -> None:
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    logind = Logind(bus)
    watch = SleepWatch(line, told.put, fade_s=0.1)
    assert logind.read() == "held sleep delay"
    logind.sleeps(bus, True)
    assert told.get(timeout=5) is True
    assert logind.read() == "let go"
    logind.sleeps(bus, False)
    assert told.get(timeout=5) is False
    assert logind.read() == "held sleep delay"
    logind.sleeps(bus, True)
    assert logind.read() == "let go"
    logind.sleeps(bus, False)
    assert logind.read() == "held sleep delay"
    watch.close()
    assert logind.read() == "let go"
    assert [told.get(timeout=5) for _ in range(2)] == [True, False]
    logind.sleeps(bus, True)
    line.close()
    assert told.empty()


def test_no_descriptor_is_left(bus: OwnBus, line: BusLine) -> None:
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    logind = Logind(bus)
    counts = []
    for times in (1, 10):
        watch = SleepWatch(line, told.put, fade_s=0.0)
        assert logind.read() == "held sleep delay"
        for _ in range(times):
            logind.sleeps(bus, True)
            assert logind.read() == "let go"
            logind.sleeps(bus, False)
            assert logind.read() == "held sleep delay"
        watch.close()
        assert logind.read() == "let go"
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[0] == counts[1]


def test_a_system_without_logind_or_without_a_bus(bus: OwnBus, line: BusLine) -> None:
    watch = SleepWatch(line, lambda _: None)
    wait_until(lambda: len([name for name in bus.names() if name.startswith(":")]) == 2)
    watch.close()
    bus.kill()
    SleepWatch(line, lambda _: None).close()


def test_a_logind_that_comes_later(bus: OwnBus, line: BusLine) -> None:
    watch = SleepWatch(line, lambda _: None)
    wait_until(lambda: len([name for name in bus.names() if name.startswith(":")]) == 2)
    logind = Logind(bus)
    assert logind.read() == "held sleep delay"
    watch.close()
    assert logind.read() == "let go"


def test_a_system_bus_that_came_back(bus: OwnBus, line: BusLine) -> None:
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    watch = SleepWatch(line, told.put, fade_s=0.0)
    bus.kill()
    bus.start()
    logind = Logind(bus)
    assert logind.read() == "held sleep delay"
    logind.sleeps(bus, True)
    assert told.get(timeout=5) is True
    watch.close()


# Other players.


def test_exactly_those_that_played_go_on(
    bus: OwnBus, line: BusLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(around_others, "_PLAYER_S", 8.0)  # none of them hangs, be it never so slow
    music = Player(bus, "music", "Playing")
    film = Player(bus, "film", "Playing")
    news = Player(bus, "news", "Playing")
    resting = Player(bus, "resting", "Paused")
    ended = Player(bus, "ended", "Stopped")
    others = OtherPlayers(line)
    others.pause()
    for player in (music, film, news):
        assert player.read() == "Pause"
    others.pause()  # as another session begins before the first has ended
    film.set_to(bus, "Stopped")  # somebody closed it meanwhile
    news.end()
    again = Player(bus, "news", "Paused")  # and this one is new
    others.resume()
    assert music.read() == "Play"
    others.resume()
    others.pause()
    assert music.read() == "Pause"
    others.resume()
    assert music.read() == "Play"
    for player in (film, again, resting, ended):
        player.end()
        assert player.read() == "ended"


def test_we_are_no_other_player(bus: OwnBus, line: BusLine) -> None:
    heard: queue.SimpleQueue[object] = queue.SimpleQueue()
    mpris = Mpris(line, heard.put)
    mpris.show(NowPlaying(is_playing=True, title="Ours"))
    music = Player(bus, "music", "Playing")
    others = OtherPlayers(line)
    others.pause()
    assert music.read() == "Pause"
    others.resume()
    assert music.read() == "Play"
    assert heard.empty()
    mpris.close()


def test_a_player_that_hangs_keeps_nobody(bus: OwnBus, line: BusLine) -> None:
    Player(bus, "hung", "Playing").set_to(bus, "Hung")
    music = Player(bus, "music", "Playing")
    others = OtherPlayers(line)
    others.pause()
    others.resume()
    assert music.read() == "Pause"
    assert music.read() == "Play"


def test_a_player_that_pauses_and_is_slow_to_say_so_goes_on(bus: OwnBus, line: BusLine) -> None:
    music = Player(bus, "music", "Playing", pause_answered_after_s=around_others._PLAYER_S + 1)
    others = OtherPlayers(line)
    others.pause()
    others.resume()
    assert music.read() == "Pause"
    assert music.read() == "Play"


def test_nobody_and_no_bus(bus: OwnBus, line: BusLine) -> None:
    others = OtherPlayers(line)
    others.pause()
    others.resume()
    bus.kill()
    others.pause()
    others.resume()
