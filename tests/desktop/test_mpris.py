"""The real playerctl against a session on a bus of its own: every command does what it says."""

from __future__ import annotations

import queue
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from own_bus import OwnBus, needs_bus, own_bus
from rig import wait_until

from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.media import (
    MediaCommand,
    NowPlaying,
    Open,
    Press,
    Seek,
    SetVolume,
)
from voice_guide.frontends.desktop.media.mpris import NAME, Mpris
from voice_guide.frontends.desktop.tray.loop import BusThread

pytestmark = [
    pytest.mark.real,
    needs_bus,
    pytest.mark.skipif(shutil.which("playerctl") is None, reason="not on this system: playerctl"),
]

SESSION = NowPlaying(
    is_playing=True,
    title="Calm count",
    section="Arrive",
    position_s=30.0,
    length_s=300.0,
    volume=0.5,
    can_seek=True,
)


class Clock:
    """A time that moves when it is told to."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def bus() -> Iterator[OwnBus]:
    with own_bus() as made:
        yield made


@pytest.fixture
def heard() -> queue.SimpleQueue[MediaCommand]:
    return queue.SimpleQueue()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mpris(bus: OwnBus, heard: queue.SimpleQueue[MediaCommand], clock: Clock) -> Iterator[Mpris]:
    thread = BusThread()
    line = BusLine(thread, address=bus.address)
    made = Mpris(line, heard.put, clock)
    yield made
    made.close()
    line.close()
    thread.close()


@pytest.fixture
def shown(mpris: Mpris, bus: OwnBus) -> Mpris:
    mpris.show(SESSION)
    wait_until(lambda: NAME in bus.names(), what="no name on the bus")
    return mpris


def settle(mpris: Mpris) -> None:
    """Wait until all that was asked for is done: it is done one after the other."""

    async def take_turn() -> None:
        async with mpris._turn:
            pass

    done = mpris._line.post(take_turn())
    assert done is not None
    done.result(10)


def playerctl(bus: OwnBus, *words: str) -> str:
    return bus.run("playerctl", "--player=voice_guide", *words)


TITLE = ("metadata", "title")

COMMANDS = {
    "play": Press.PLAY,
    "pause": Press.PAUSE,
    "play-pause": Press.TOGGLE,
    "stop": Press.STOP,
    "next": Press.SKIP,
    "previous": Press.BACK,
    "position 100": Seek(100.0),
    "position 30+": Seek(60.0),
    "position 10-": Seek(20.0),
    "position 100-": Seek(0.0),
    "position 1000+": Press.SKIP,
    "volume 0.25": SetVolume(0.25),
    "volume 0.2+": SetVolume(0.7),
    "volume 0.9-": SetVolume(0.0),
    "volume 7": SetVolume(1.0),
    "open file:///tmp/my%20own.md": Open("/tmp/my own.md"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_arrives(
    command: str, bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    playerctl(bus, *command.split())
    got = heard.get(timeout=5)
    expected = COMMANDS[command]
    if isinstance(expected, SetVolume):
        assert isinstance(got, SetVolume)
        assert got.volume == pytest.approx(expected.volume)
    else:
        assert got == expected
    assert heard.empty()


def test_a_file_is_opened_by_its_path_and_a_fault_is_told(
    bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    file = bus.folder / "my 100% own ü.md"
    file.touch()
    playerctl(bus, "open", str(file))
    assert heard.get(timeout=5) == Open(str(file))
    told = bus.run("playerctl", "open", str(bus.folder / "nowhere.md"), check=False, errors=True)
    assert "nowhere.md" in told
    assert "is no file on this machine" in told


def test_every_question_is_answered(bus: OwnBus, shown: Mpris, clock: Clock) -> None:
    assert playerctl(bus, "status") == "Playing"
    assert float(playerctl(bus, "volume")) == 0.5
    assert float(playerctl(bus, "position")) == pytest.approx(30, abs=0.05)
    clock.now_s += 12
    assert float(playerctl(bus, "position")) == pytest.approx(42, abs=0.05)
    metadata = playerctl(
        bus,
        "metadata",
        "--format",
        "{{title}}|{{artist}}|{{album}}|{{mpris:length}}|{{playerName}}",
    )
    assert metadata == "Calm count|Arrive|voice-guide|300000000|voice_guide"
    assert "/org/voice_guide/session/1" in playerctl(bus, "metadata", "mpris:trackid")
    assert bus.run("playerctl", "--list-all") == "voice_guide"


def test_a_pause_and_a_new_section_are_told(bus: OwnBus, shown: Mpris, clock: Clock) -> None:
    follow = bus.keep(
        *("playerctl", "--player=voice_guide", "--follow", "metadata"),
        *("--format", "{{status}} {{artist}}"),
    )
    assert follow.read() == "Playing Arrive"
    shown.show(replace(SESSION, section="Breathe"))
    assert follow.read() == "Playing Breathe"
    shown.show(replace(SESSION, section="Breathe", is_playing=False))
    assert follow.read() == "Paused Breathe"
    clock.now_s += 60
    assert float(playerctl(bus, "position")) == pytest.approx(30, abs=0.05)
    assert playerctl(bus, "status") == "Paused"


def test_only_what_changed_is_signalled(bus: OwnBus, shown: Mpris, clock: Clock) -> None:
    monitor = bus.keep("dbus-monitor", "--address", bus.address)
    monitor.read("member=NameLost")  # it has become a monitor, and no longer a client
    monitor.read("string")

    def signalled_until_a_jump(now: NowPlaying, to_s: float) -> list[str]:
        shown.show(now)
        shown.show(replace(now, position_s=to_s))
        lines = [monitor.read()]
        while f"int64 {to_s * 1_000_000:.0f}" not in lines[-1]:
            lines.append(monitor.read())
        told = [" ".join(line.split()) for line in lines]
        return [line for line in told if line.startswith(("string", "variant", "signal"))]

    for _ in range(100):  # as the session's thread does, twenty times a second
        clock.now_s += 0.05
        shown.show(replace(SESSION, position_s=SESSION.position_s + clock.now_s - 1000))
    clock.now_s += 1
    lines = signalled_until_a_jump(replace(SESSION, position_s=36.0), 120.0)
    assert len(lines) == 1
    assert "Player; member=Seeked" in lines[0]
    louder = replace(SESSION, position_s=120.0, volume=0.75)
    lines = signalled_until_a_jump(louder, 130.0)
    assert "member=PropertiesChanged" in lines[0]
    assert lines[1:-1] == [
        'string "org.mpris.MediaPlayer2.Player"',
        'string "Volume"',
        "variant double 0.75",
    ]
    rests = replace(louder, position_s=130.0, can_skip=False, is_playing=False)
    lines = signalled_until_a_jump(rests, 140.0)
    names = {line.split('"')[1] for line in lines[2:] if line.startswith("string")}
    assert names == {"PlaybackStatus", "CanGoNext"}


def test_a_position_that_stands_still_is_told_after_all(shown: Mpris, clock: Clock) -> None:
    """The sound output is gone, so the session waits, though it is not paused."""
    jumps = 0
    for _ in range(40):
        clock.now_s += 0.05
        before = shown._shown
        shown.show(SESSION)
        assert before is not None
        assert shown._shown is not None
        jumps += shown._shown.position_s(clock.now_s) < before.position_s(clock.now_s) - 0.4
    assert jumps == 3


def test_what_cannot_be_done_does_nothing(
    bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    shown.show(replace(SESSION, can_seek=False, can_skip=False, can_go_back=False))
    wait_until(lambda: "false" in bus.run(*get("CanSeek")), what="CanSeek")
    for member in ("Next", "Previous", "Seek int64:1000000"):
        bus.run(*send(f"org.mpris.MediaPlayer2.Player.{member}"))
    for uri in ("https://example.org/a.md", "file://elsewhere/a.md", "nonsense"):
        words = send("org.mpris.MediaPlayer2.Player.OpenUri", f"string:{uri}")
        assert bus.run(*words, check=False) == ""
    for member in ("Raise", "Quit"):
        bus.run(*send(f"org.mpris.MediaPlayer2.{member}"))
    assert heard.empty()


def test_a_position_of_another_track_is_ignored(
    bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    move = "org.mpris.MediaPlayer2.Player.SetPosition"
    bus.run(*send(move, "objpath:/somewhere/else", "int64:5000000"))
    bus.run(*send(move, "objpath:/org/voice_guide/session/1", "int64:999000000"))
    assert heard.empty()
    bus.run(*send(move, "objpath:/org/voice_guide/session/1", "int64:5000000"))
    assert heard.get(timeout=5) == Seek(5.0)


def test_a_rate_of_zero_is_a_pause(
    bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    bus.run(
        *send("org.freedesktop.DBus.Properties.Set"),
        *("string:org.mpris.MediaPlayer2.Player", "string:Rate", "variant:double:0"),
    )
    assert heard.get(timeout=5) == Press.PAUSE


def send(member: str, *words: str) -> tuple[str, ...]:
    place = (f"--dest={NAME}", "/org/mpris/MediaPlayer2")
    return ("dbus-send", "--session", "--print-reply", *place, *member.split(), *words)


def get(name: str) -> tuple[str, ...]:
    words = ("string:org.mpris.MediaPlayer2.Player", f"string:{name}")
    return send("org.freedesktop.DBus.Properties.Get", *words)


PROPERTIES = {
    "org.mpris.MediaPlayer2": "CanQuit CanRaise HasTrackList Identity DesktopEntry"
    " SupportedUriSchemes SupportedMimeTypes",
    "org.mpris.MediaPlayer2.Player": "PlaybackStatus Rate Metadata Volume Position MinimumRate"
    " MaximumRate CanGoNext CanGoPrevious CanPlay CanPause CanSeek CanControl",
}


@pytest.mark.parametrize("interface", PROPERTIES)
def test_no_required_property_is_missing(interface: str, bus: OwnBus, shown: Mpris) -> None:
    said = bus.run(*send("org.freedesktop.DBus.Properties.GetAll", f"string:{interface}"))
    for name in PROPERTIES[interface].split():
        assert f'"{name}"' in said


# Whose keys they are.


def test_the_name_is_ours_only_while_shown(bus: OwnBus, mpris: Mpris) -> None:
    for _ in range(3):
        mpris.show(SESSION)
        wait_until(lambda: NAME in bus.names())
        assert playerctl(bus, "status") == "Playing"
        mpris.hide()
        wait_until(lambda: NAME not in bus.names())
    for _ in range(10):
        mpris.show(SESSION)
        mpris.hide()
    mpris.show(replace(SESSION, title="Another"))
    settle(mpris)
    assert all(playerctl(bus, *TITLE) == "Another" for _ in range(20))
    mpris.close()
    mpris.close()
    wait_until(lambda: NAME not in bus.names())


@pytest.mark.parametrize("delay_ms", [0.0, 0.2, 0.5, 1.0, 2.0, 4.0])
def test_a_session_of_a_moment_leaves_no_name_behind(
    bus: OwnBus, shown: Mpris, delay_ms: float
) -> None:
    """The bus takes a moment to give the name, in which the session may be over."""
    for _ in range(20):
        shown.hide()
        shown.show(SESSION)
        time.sleep(delay_ms / 1000)  # somewhere between the asking and the answer
    shown.hide()
    settle(shown)
    assert NAME not in bus.names()
    shown.show(SESSION)
    wait_until(lambda: NAME in bus.names())
    assert playerctl(bus, "status") == "Playing"


def test_nothing_is_connected_before_the_first_session(bus: OwnBus, mpris: Mpris) -> None:
    assert [name for name in bus.names() if name.startswith(":")] == [":1.0"]  # who asks this


def test_a_second_listener_on_the_bus_gets_a_name_too(bus: OwnBus, shown: Mpris) -> None:
    thread = BusThread()
    line = BusLine(thread, address=bus.address)
    second = Mpris(line, lambda _: None)
    second.show(replace(SESSION, title="Second"))
    wait_until(lambda: any(".instance" in name for name in bus.names()))
    assert playerctl(bus, "metadata", "title") == "Calm count"
    second.close()
    wait_until(lambda: not any(".instance" in name for name in bus.names()))
    line.close()
    thread.close()


def test_a_bus_that_went_away_and_came_back(
    bus: OwnBus, shown: Mpris, heard: queue.SimpleQueue[MediaCommand]
) -> None:
    bus.kill()
    shown.show(replace(SESSION, section="Without a bus"))
    bus.start()
    wait_until(lambda: NAME in bus.names(), what="the name does not come back")
    assert playerctl(bus, "metadata", "artist") == "Without a bus"
    shown.show(replace(SESSION, section="With one"))
    wait_until(lambda: playerctl(bus, "metadata", "artist") == "With one")
    playerctl(bus, "pause")
    assert heard.get(timeout=5) == Press.PAUSE


def test_no_bus_at_all(bus: OwnBus, mpris: Mpris) -> None:
    bus.kill()
    mpris.show(SESSION)
    mpris.show(replace(SESSION, is_playing=False))
    mpris.hide()
    mpris.close()
