"""How soon a click on the icon is heard, on a real panel: from the pointer to the monitor."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field

import numpy as np
import soundfile
from companion_on_panel import OnPanel, on_panel
from hearing import RECORDER_MS, Ear, listening
from rig import Rig

from benchmarks.table import Row
from voice_guide.frontends.desktop.commander import SAME_S
from voice_guide.sound.clip import SAMPLE_RATE

FAVOURITE = "moments/waiting-for-a-reply"
SOUND_S = 0.150
SILENCE_S = 0.300
"""What is asked for: the first sound so soon after a click, and silence after the next one."""

LISTENED_S = 2.0


@dataclass
class Clicks:
    """Seconds from the click to what was heard of it."""

    begun_s: list[float] = field(default_factory=list)
    silent_s: list[float] = field(default_factory=list)
    gone_on_s: list[float] = field(default_factory=list)
    paplay_s: list[float] = field(default_factory=list)
    """The same, for the least that a sound takes here: a file played by PulseAudio's own player."""


def measure_clicks(quick: bool) -> list[Row]:
    """Begin, pause, go on and end ten sessions, by clicks."""
    found = click_through(3 if quick else 10)
    reference = f"paplay beside it, from its start, {_told(found.paplay_s)}"
    begun, silent = np.median(found.begun_s), np.median(found.silent_s)
    return [
        Row(
            "click: first sound",
            f"{_told(found.begun_s)}; {reference}; the recorder adds up to {RECORDER_MS} ms",
            f"{SOUND_S * 1000:.0f} ms",
            bool(begun <= SOUND_S),
        ),
        Row(
            "click: silence after a pause",
            _told(found.silent_s),
            f"{SILENCE_S * 1000:.0f} ms",
            bool(silent <= SILENCE_S),
        ),
        Row("click: the phrase again", _told(found.gone_on_s), "for orientation", None),
    ]


def _told(seconds: list[float]) -> str:
    figure = f"{np.median(seconds) * 1000:.0f} ms, {max(seconds) * 1000:.0f} at worst"
    return f"{figure} of {len(seconds)}"


def click_through(times: int) -> Clicks:
    """Return what was heard of each click; the first session is the first of its process."""
    found = Clicks()
    with on_panel() as companion:
        companion.prepare_favourite(FAVOURITE)
        companion.begin()
        companion.point_at_icon()
        with listening(companion.rig) as ear:
            for _ in range(times):
                found.paplay_s.append(_play_noise(companion.rig, ear))
                click_once(companion, ear, found)
    return found


def click_once(companion: OnPanel, ear: Ear, found: Clicks) -> None:
    """Begin, pause, go on and end one session."""
    found.begun_s.append(ear.wait_for_sound(companion.click()))
    companion.wait_for("playing")
    time.sleep(LISTENED_S)
    found.silent_s.append(ear.wait_for_silence(companion.click()))
    companion.wait_for("paused")
    time.sleep(SAME_S)
    found.gone_on_s.append(ear.wait_for_sound(companion.click()))
    companion.wait_for("playing")
    time.sleep(LISTENED_S)
    ear.wait_for_silence(companion.click("middle"), 1.0)
    companion.wait_for("idle")


def _play_noise(rig: Rig, ear: Ear) -> float:
    """Play what sounds from its first frame on, and return how soon it did."""
    path = rig.folder / "noise.wav"
    if not path.exists():
        noise = np.random.default_rng(1).uniform(-0.1, 0.1, (SAMPLE_RATE // 2, 2))
        soundfile.write(path, noise, SAMPLE_RATE, "FLOAT")
    began_s = time.monotonic()
    with subprocess.Popen(["paplay", str(path)], env=rig.env) as process:
        took_s = ear.wait_for_sound(began_s)
        process.wait()
    ear.wait_for_silence(began_s)
    return took_s
