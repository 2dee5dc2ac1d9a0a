"""What goes on around a session, against the running companion: sleep, locks, calls and music."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator

import pytest
from companion_rig import World, needs_world, sounding, wait_for_sound, world
from hearing import listening
from own_bus import OwnBus, needs_bus, own_bus
from rig import SAMPLE_RATE, Rig, end_process, needs_rig, wait_until
from stand_ins import Logind, Player

pytestmark = [pytest.mark.real, needs_rig, needs_world, needs_bus]

SCRIPT = "breathing/4-7-8"

WHILE_S = 2.0
"""Long enough for anything that is told at once to have come about."""


@pytest.fixture
def system_bus() -> Iterator[OwnBus]:
    with own_bus() as made:
        yield made


@pytest.fixture
def desk(system_bus: OwnBus) -> Iterator[World]:
    with world(sound=True) as made:
        made.extra["DBUS_SYSTEM_BUS_ADDRESS"] = system_bus.address
        yield made


@pytest.fixture
def session_bus(desk: World) -> Iterator[OwnBus]:
    """The bus of the desktop, for others beside the companion."""
    there = OwnBus(desk.desk.folder)
    yield there
    there.close()


def begin_to_play(desk: World) -> None:
    desk.begin()
    desk.play(SCRIPT, length_s=180.0)
    desk.wait_for("playing")
    goes_on(desk)


def goes_on(desk: World) -> None:
    """See that it plays, and goes on playing."""
    before = desk.status()["position_s"]
    wait_until(lambda: desk.status()["position_s"] > before + 1, what="it does not go on")
    assert desk.status()["state"] == "playing"


def stays(desk: World, state: str) -> None:
    """See that nothing changes for a while."""
    until = time.monotonic() + WHILE_S
    while time.monotonic() < until:
        assert desk.status()["state"] == state
        time.sleep(0.05)


def test_sleep_pauses_and_waking_says_nothing(desk: World, system_bus: OwnBus) -> None:
    logind = Logind(system_bus)
    begin_to_play(desk)
    assert logind.read() == "held sleep delay"
    assert desk.rig is not None
    with listening(desk.rig) as ear:
        recording = ear.recording
        wait_for_sound(recording)
        logind.sleeps(system_bus, True)
        # Sleep is held off until the fade was heard.
        assert logind.read() == "let go"
        quiet_from = ear.frame_due(time.monotonic()) + round(0.1 * SAMPLE_RATE)
        assert desk.status()["state"] == "paused"
        logind.sleeps(system_bus, False)
        assert logind.read() == "held sleep delay"
        stays(desk, "paused")
        wait_until(lambda: recording.frames() > quiet_from, what="the recording does not go on")
        assert sounding(recording, quiet_from) == 0
        assert desk.say("toggle") == "Going on."
        wait_for_sound(recording)
        # Somebody had paused it by hand: that is not undone by a night's sleep.
        desk.say("pause")
        desk.wait_for("paused")
        for going, answer in ((True, "let go"), (False, "held sleep delay")):
            logind.sleeps(system_bus, going)
            assert logind.read() == answer
        stays(desk, "paused")


def test_sleep_begins_nothing(desk: World, system_bus: OwnBus) -> None:
    logind = Logind(system_bus)
    desk.begin()
    assert logind.read() == "held sleep delay"
    for going, answer in ((True, "let go"), (False, "held sleep delay")):
        logind.sleeps(system_bus, going)
        assert logind.read() == answer
    stays(desk, "idle")
    assert desk.tray.notices == []


def test_a_locked_screen_stops_nothing(
    desk: World, system_bus: OwnBus, session_bus: OwnBus
) -> None:
    begin_to_play(desk)
    lock = ("/org/freedesktop/login1/session/_31", "org.freedesktop.login1.Session.Lock")
    system_bus.run("dbus-send", "--session", "--type=signal", *lock)
    for whose in ("freedesktop", "gnome"):
        place = (f"/org/{whose}/ScreenSaver", f"org.{whose}.ScreenSaver.ActiveChanged")
        session_bus.run("dbus-send", "--session", "--type=signal", *place, "boolean:true")
    goes_on(desk)
    stays(desk, "playing")


# Calls.


@contextlib.contextmanager
def recording_from(rig: Rig, source: str) -> Iterator[None]:
    before = recorders(rig)
    process = subprocess.Popen(["parec", "-d", source], env=rig.env, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: recorders(rig) > before, what="nothing is recorded")
        yield
    finally:
        end_process(process)


def recorders(rig: Rig) -> int:
    """Count the streams that are recorded from the server now."""
    return len(rig.pactl("list", "short", "source-outputs").stdout.splitlines())


def add_microphone(rig: Rig) -> None:
    rig.pactl("load-module", "module-null-sink", "sink_name=room")
    rig.pactl(*("load-module", "module-virtual-source"), "source_name=mic", "master=room.monitor")


def test_a_call_pauses_and_its_end_says_nothing(desk: World) -> None:
    assert desk.rig is not None
    add_microphone(desk.rig)
    with recording_from(desk.rig, "mic"):  # from before: the listener knows
        begin_to_play(desk)
        goes_on(desk)
        with recording_from(desk.rig, "vg.monitor"):  # what is heard is no microphone
            goes_on(desk)
        with recording_from(desk.rig, "mic"):
            desk.wait_for("paused")
        stays(desk, "paused")
        assert desk.say("toggle") == "Going on."
        goes_on(desk)


def test_calls_may_be_none_of_its_business(desk: World) -> None:
    assert desk.rig is not None
    add_microphone(desk.rig)
    choose(desk, "pause_in_calls = false")
    begin_to_play(desk)
    with recording_from(desk.rig, "mic"):
        goes_on(desk)
        stays(desk, "playing")


def choose(desk: World, line: str) -> None:
    settings = desk.home / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[companion]\n{line}\n")


# Music.


def test_music_pauses_for_a_session_and_goes_on_after_it(desk: World, session_bus: OwnBus) -> None:
    music = Player(session_bus, "music", "Playing")
    resting = Player(session_bus, "resting", "Paused")
    ended = Player(session_bus, "ended", "Stopped")
    begin_to_play(desk)
    assert music.read() == "Pause"
    desk.say("pause")
    desk.wait_for("paused")
    desk.say("resume")
    desk.wait_for("playing")
    desk.say("stop")
    desk.wait_for("idle")
    assert music.read() == "Play"
    desk.say("toggle")
    assert music.read() == "Pause"
    desk.end()  # whoever ends the companion wants the music back
    assert music.read() == "Play"
    for player in (resting, ended):
        player.end()
        assert player.read() == "ended", "it was asked for something"


def test_music_may_be_none_of_its_business(desk: World, session_bus: OwnBus) -> None:
    music = Player(session_bus, "music", "Playing")
    choose(desk, "pause_others = false")
    begin_to_play(desk)
    desk.say("stop")
    desk.wait_for("idle")
    music.end()
    assert music.read() == "ended", "it was asked for something"
