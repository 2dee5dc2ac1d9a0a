"""What a session rests on goes away: it goes on or ends with a sentence, and the next one plays."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from companion_rig import (
    MPRIS,
    World,
    children,
    footprint,
    needs_world,
    wait_for_sound,
    world,
)
from rig import needs_rig, wait_until

pytestmark = [pytest.mark.real, needs_rig, needs_world]

SESSION = "breathing/box"
LOST = "The sound output went away"


@pytest.fixture
def companion() -> Iterator[World]:
    with world(sound=True) as made:
        made.begin()
        yield made


def see_the_next_one_play(companion: World) -> None:
    """Begin another session, and hear it."""
    assert companion.rig
    with companion.rig.record() as recording:
        companion.play("ninety-second-reset")
        wait_for_sound(recording)
        companion.wait_for("playing")
        moved_from_s = companion.status()["position_s"]
        wait_until(lambda: companion.status()["position_s"] > moved_from_s, what="it stands still")
    companion.say("stop")
    companion.wait_for("idle")
    assert not [one for one in companion.tray.notices if "should not have" in one]


def remarks(companion: World) -> list[str]:
    """Return what the listener was told of sessions, and not of what the program can do."""
    return [one for one in companion.tray.notices if one.startswith("voice-guide: ")]


def play(companion: World) -> None:
    companion.play(SESSION)
    companion.wait_for("playing")
    wait_until(lambda: companion.status()["position_s"] > 1.0, what="it stands still")


# Sound.


def test_a_sound_server_that_is_killed_and_comes_back(companion: World) -> None:
    assert companion.rig
    play(companion)
    companion.rig.kill()
    companion.wait_for_notice(LOST)
    assert companion.status()["state"] == "playing"
    stood_at_s = companion.status()["position_s"]
    companion.rig.restart()
    with companion.rig.record() as recording:
        wait_for_sound(recording)
        wait_until(lambda: companion.status()["position_s"] > stood_at_s + 1.0)
    number = 1 + next(n for n, one in enumerate(companion.tray.notices) if LOST in one)
    wait_until(lambda: number in companion.tray.withdrawn, what="what is over is still told")
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)


def test_a_sound_server_that_is_soon_back_is_nothing_to_tell(companion: World) -> None:
    assert companion.rig
    play(companion)
    for _ in range(3):  # whoever else works on this machine may hold its start up for a second
        told = len(remarks(companion))
        companion.rig.kill()
        companion.rig.restart()
        with companion.rig.record() as recording:
            wait_for_sound(recording)
        if len(remarks(companion)) == told:
            break
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)
    assert len(remarks(companion)) == told


def test_a_session_that_waits_for_sound_can_be_ended(companion: World) -> None:
    assert companion.rig
    play(companion)
    companion.rig.kill()
    companion.wait_for_notice(LOST)
    for words in (("pause",), ("resume",), ("skip",), ("volume", "50"), ("stop",)):
        assert companion.ask(*words)
    companion.wait_for("idle")
    # Nothing to be heard on: that is said, and no more.
    companion.play(SESSION)
    companion.wait_for_notice("Connect a headset")
    companion.wait_for("idle")
    companion.rig.restart()
    see_the_next_one_play(companion)


def test_a_sink_that_is_removed_and_put_back(companion: World) -> None:
    assert companion.rig
    play(companion)
    companion.rig.unload_sink()
    went_on_from_s = companion.status()["position_s"]
    wait_until(lambda: companion.status()["position_s"] > went_on_from_s + 1.0, what="it stops")
    companion.rig.load_sink()
    with companion.rig.record() as recording:
        wait_for_sound(recording)
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)


# The voice.


def kill_voices(pid: int) -> None:
    """Kill every voice that there is now, those that end by themselves among them."""
    for voice in children(pid, "worker.py"):
        with contextlib.suppress(ProcessLookupError):
            os.kill(voice, signal.SIGKILL)


@pytest.mark.parametrize("when", ["preparing", "playing"])
def test_a_voice_that_is_killed(companion: World, when: str) -> None:
    assert companion.process
    pid = companion.process.pid
    companion.play(SESSION)
    companion.wait_for(when, "playing")
    wait_until(lambda: bool(children(pid, "worker.py")), what="no voice")
    kill_voices(pid)
    companion.wait_for("playing")
    went_on_from_s = companion.status()["position_s"]
    wait_until(lambda: companion.status()["position_s"] > went_on_from_s + 1.0, what="it stops")
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)
    assert not remarks(companion), "a fresh voice has said all of it"
    assert len(children(pid, "worker.py")) <= 1


def test_no_voice_at_all_is_told_and_the_bells_ring(companion: World) -> None:
    """Every voice is killed as soon as it speaks."""
    assert companion.process
    assert companion.rig
    pid = companion.process.pid
    with companion.rig.record() as recording:
        for _ in range(5):  # where we are held up meanwhile, a voice says all of it
            shutil.rmtree(companion.home / "cache", ignore_errors=True)
            companion.play(SESSION)

            def has_ended() -> bool:
                kill_voices(pid)
                return companion.status()["length_s"] > 0

            wait_until(has_ended, 60.0, "the session is never ready")
            with contextlib.suppress(AssertionError):
                companion.wait_for_notice("No voice", 5.0)
                break
        companion.wait_for_notice("No voice", 0.0)
        wait_for_sound(recording)
    companion.wait_for("playing")
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)


def test_a_voice_of_the_settings_that_is_gone_gives_way_to_the_usual_one(companion: World) -> None:
    settings = companion.home / "config" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[voice]\nid = "nobody"\n')
    assert companion.say("toggle").startswith("Playing")
    companion.wait_for("playing")
    companion.wait_for_notice("There is no voice “nobody” any more, so it is the usual one.")
    settings.unlink()
    companion.say("stop")
    companion.wait_for("idle")
    see_the_next_one_play(companion)


# The desktop.


def test_a_session_bus_that_is_killed_and_comes_back(companion: World) -> None:
    assert companion.process
    pid = companion.process.pid
    see_the_next_one_play(companion)
    before = footprint(pid)
    play(companion)
    for times in (2, 3):
        companion.desk.kill_bus()
        went_on_from_s = companion.status()["position_s"]
        wait_until(lambda s=went_on_from_s: companion.status()["position_s"] > s + 1.0)
        assert companion.say("pause") == "Paused."
        companion.wait_for("paused")
        assert companion.say("resume") == "Going on."
        companion.tray.stop()
        companion.desk.start_bus()
        companion.tray.start()
        wait_until(lambda n=times: len(companion.tray.registered) >= n, 20.0, "no icon comes back")
        wait_until(lambda: companion.tray.owner(MPRIS), 20.0, "no media keys come back")
        companion.tray.item("Activate", "ii", 0, 0)
        companion.wait_for("paused")
        assert companion.player("Play")
        companion.wait_for("playing")

    def is_as_before() -> bool:
        after = footprint(pid)
        return after.threads <= before.threads and after.files <= before.files

    companion.tray.item("SecondaryActivate", "ii", 0, 0)
    companion.wait_for("idle")
    wait_until(is_as_before, 20.0, f"{before} has become {footprint(pid)}")
    see_the_next_one_play(companion)


def test_a_panel_that_is_killed_and_comes_back(companion: World) -> None:
    play(companion)
    companion.tray.stop()
    went_on_from_s = companion.status()["position_s"]
    wait_until(lambda: companion.status()["position_s"] > went_on_from_s + 1.0, what="it stops")
    companion.tray.start()
    wait_until(lambda: len(companion.tray.registered) > 1, 20.0, "no icon comes back")
    companion.tray.item("Activate", "ii", 0, 0)
    companion.wait_for("paused")
    companion.tray.item("SecondaryActivate", "ii", 0, 0)
    companion.wait_for("idle")
    see_the_next_one_play(companion)


# The disk.


@pytest.fixture
def tiny() -> Iterator[Callable[[Path], None]]:
    """Put a disk of 64 KB in place of a folder; only root may."""
    mounted: list[Path] = []

    def mount(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
        if os.getuid() or not shutil.which("mount") or subprocess.call(command):
            pytest.skip("needs the right to mount a small disk")
        mounted.append(folder)

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("folder", ["cache", "data"])
def test_a_disk_that_is_full(tiny: Callable[[Path], None], folder: str) -> None:
    with world(sound=True) as companion:
        tiny(companion.home / folder)
        filler = companion.home / folder / "filler"
        companion.begin()
        play(companion)
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            for _ in range(100):
                file.write(b"x" * 4096)
        companion.say("stop")
        companion.wait_for("idle")
        see_the_next_one_play(companion)
        if folder == "data":
            companion.wait_for_notice("Sessions play all the same")
        companion.end()


def test_a_broken_journal_is_told_where_it_is_read() -> None:
    """At login there is no terminal: a sentence on it would reach nobody."""
    with world() as made:
        journal = made.home / "data" / "journal.sqlite3"
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.write_text("Dear diary")
        settings = made.home / "config" / "settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text('[ritual.morning]\nat = "07:30"\n')
        made.begin()
        assert "set aside as" in made.wait_for_notice("doctor")
        made.end()
