"""The companion as its listener meets it: a real pointer on a real panel, and real sound."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from panel_rig import Panel, needs_panel, panel
from rig import Recording, Rig, needs_rig, sound_rig, wait_until

from voice_guide.sound.clip import SAMPLE_RATE

pytestmark = [pytest.mark.real, needs_rig, needs_panel]

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "voice_guide")


@dataclass
class Companion:
    """The program in the tray of a panel of its own."""

    desk: Panel
    rig: Rig
    env: dict[str, str]
    process: subprocess.Popen[bytes]

    def say(self, *words: str) -> str:
        """Run a command beside it, and return what it prints."""
        done = subprocess.run(
            [*PROGRAM, *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.stdout.strip()

    def state(self) -> str:
        """What it says it is doing."""
        return str(json.loads(self.say("status", "--json"))["state"])

    def wait_for(self, *states: str) -> None:
        """Wait until it is doing one of these."""
        wait_until(lambda: self.state() in states, 15.0, f"never {' or '.join(states)}")


@pytest.fixture
def companion() -> Iterator[Companion]:
    with sound_rig() as rig, panel() as desk:
        sound = {k: v for k, v in rig.env.items() if k.startswith(("ALSA", "PULSE"))}
        env = {
            **desk.env,
            **sound,
            "PYTHONPATH": str(ROOT),
            "VOICE_GUIDE_HOME": str(desk.folder / "vg"),
        }
        process = desk.start(*PROGRAM, env=env)
        desk.wait_for_icon()
        yield Companion(desk, rig, env, process)


def sounding(recording: Recording) -> int:
    """Count the frames so far that are not silent."""
    return int((np.abs(recording.samples()).max(axis=1) > 1e-4).sum())


def test_a_click_begins_pauses_and_goes_on(companion: Companion) -> None:
    with companion.rig.record() as recording:
        companion.desk.click_icon()
        wait_until(lambda: sounding(recording) > 0, what="no bell is heard")
        companion.wait_for("playing")
        companion.desk.click_icon()
        companion.wait_for("paused")
        time.sleep(1.0)  # what the device held has been heard by then
        quiet_from = sounding(recording)
        time.sleep(0.5)
        assert sounding(recording) == quiet_from
        companion.desk.click_icon()
        companion.wait_for("playing")
        wait_until(lambda: sounding(recording) > quiet_from, what="it does not go on")
        companion.desk.click_icon("middle")
        companion.wait_for("idle")
    assert recording.frames() > 2 * SAMPLE_RATE


def test_a_menu_pick_begins_that_session(companion: Companion) -> None:
    companion.desk.pick("Breathing", "Box")
    companion.wait_for("playing")
    assert json.loads(companion.say("status", "--json"))["script"] == "breathing/box"

    def labels() -> list[str]:
        return [line.label for line in companion.desk.menu()]

    wait_until(lambda: any("left" in label for label in labels()), what="no time left is told")
    assert labels()[0] == "Pause"


def test_every_command_is_answered(companion: Companion) -> None:
    assert companion.say("pause") == "Nothing is playing."
    assert companion.say("toggle").startswith("Playing")
    companion.wait_for("playing")
    assert companion.say("volume", "50") == "Volume 50%."
    assert companion.say("pause") == "Paused."
    companion.wait_for("paused")
    assert companion.say("resume") == "Going on."
    companion.wait_for("playing")
    assert companion.say("stop") == "Ending gently."
    companion.wait_for("idle")
    assert companion.say("quit") == "Good-bye."
    wait_until(lambda: companion.process.poll() == 0, what="it does not end")
    assert companion.state() == "absent"


def test_a_media_key_pauses_and_goes_on(companion: Companion) -> None:
    companion.say("play", "ninety-second-reset")
    companion.wait_for("playing")

    def playerctl(*words: str) -> str:
        done = subprocess.run(
            ["playerctl", "-p", "voice_guide", *words],
            env=companion.env,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        return done.stdout.strip()

    wait_until(lambda: playerctl("status") == "Playing", what="no media keys")
    assert playerctl("metadata", "title") == "Ninety seconds"
    playerctl("play-pause")
    companion.wait_for("paused")
    playerctl("play")
    companion.wait_for("playing")
    playerctl("stop")
    companion.wait_for("idle")
    wait_until(lambda: playerctl("status") == "", what="the media keys are kept")
