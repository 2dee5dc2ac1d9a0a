"""How soon it sounds: from the command, or from the start of the process, to the monitor."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rig import Recording, Rig, end_process, sound_rig

from benchmarks import material
from benchmarks.played import BREATHING
from benchmarks.rendered import best_match
from benchmarks.table import Row
from voice_guide.app import build
from voice_guide.output import device
from voice_guide.score.compile import Request, utterances
from voice_guide.script.parse import parse
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.session.prepare import Ask
from voice_guide.sound.clip import SAMPLE_RATE, Samples

LISTENED_S = 5.0
"""After each start: past any first word that comes in time, and some that do not."""


@dataclass(frozen=True)
class Begun:
    """Seconds from the command to the first sound, and to the first word."""

    sound_s: float
    word_s: float


def measure_start(quick: bool) -> list[Row]:
    """Start warm and cold, each time without a single clip kept, then again with all of them."""
    times = 1 if quick else 2
    # Warm, a listener who knows the cautions of the script; cold, one who has met none of them.
    with sound_rig() as rig:
        warm = [start_warm(rig, first_sentence()) for _ in range(times)]
        cold = [start_cold(rig, first_sentence(first_time=True)) for _ in range(times)]
    sounds = [begun.sound_s for pair in warm for begun in pair]
    uncached, cached = ([pair[i].word_s for pair in warm] for i in (0, 1))
    cold_sounds = [begun.sound_s for pair in cold for begun in pair]
    cold_words = [begun.word_s for begun, _ in cold]
    return [
        _row("start: warm, first sound", sounds, 0.1),
        _row("start: warm, first word, no clips kept", uncached, 3.0),
        _row("start: warm, first word, clips kept", cached, 1.0),
        _row("start: cold process, first sound", cold_sounds, 0.8),
        _row("start: cold process, first word", cold_words, None),
    ]


def _row(what: str, seconds: list[float], most_s: float | None) -> Row:
    figure = f"{np.median(seconds) * 1000:.0f} ms, {max(seconds) * 1000:.0f} at worst"
    figure += f" of {len(seconds)}"
    at_least = "for orientation" if most_s is None else f"{most_s * 1000:.0f} ms"
    return Row(what, figure, at_least, None if most_s is None else max(seconds) <= most_s)


def first_sentence(*, first_time: bool = False) -> Samples:
    """Return how what is said first begins: enough to tell it from all else."""
    script = material.shipped(BREATHING).ask.script
    request = Request(cautions=script.header.cautions if first_time else ())
    clip = material.services().engine().speak(utterances(script, request)[0])
    return clip.samples[: round(1.5 * SAMPLE_RATE)].astype(np.float64)


def start_warm(rig: Rig, word: Samples) -> tuple[Begun, Begun]:
    """Play twice in one process, which loaded the program before: without clips, then with."""
    with tempfile.TemporaryDirectory() as home:
        env = {**material.part_env(rig.env), "VOICE_GUIDE_HOME": home}
        command = material.part_command("started")
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
            recording, offset_s = _record_until(rig, lambda: process.poll() is not None)
            assert process.stdout is not None
            begins = [float(line) for line in process.stdout.read().split()]
    first, second = (_listen(recording, word, at_s - offset_s) for at_s in begins)
    return first, second


def start_cold(rig: Rig, word: Samples) -> tuple[Begun, Begun]:
    """Start the program itself twice: without clips, then with."""
    with tempfile.TemporaryDirectory() as home:
        return _start_program(rig, word, home), _start_program(rig, word, home)


def _start_program(rig: Rig, word: Samples, home: str) -> Begun:
    command = [sys.executable, "-m", "voice_guide", "play", BREATHING, "--quiet"]
    env = {**rig.env, "VOICE_GUIDE_HOME": home, "PYTHONPATH": str(material.ROOT)}
    begins: list[float] = []
    processes: list[subprocess.Popen[bytes]] = []

    def is_over() -> bool:
        if not processes:
            begins.append(time.monotonic())
            processes.append(subprocess.Popen(command, env=env))
        return time.monotonic() - begins[0] > LISTENED_S

    recording, offset_s = _record_until(rig, is_over)
    end_process(processes[0])
    return _listen(recording, word, begins[0] - offset_s)


def _record_until(rig: Rig, is_over: Callable[[], bool]) -> tuple[Samples, float]:
    """Return a recording, and the moment of its first frame on the system's clock.

    A frame is on disk a little after it was heard: the least such delay of all looks is taken.
    """
    recording: Recording = rig.start_recording()
    offset_s = np.inf
    while not is_over():
        offset_s = min(offset_s, time.monotonic() - recording.frames() / SAMPLE_RATE)
        time.sleep(0.002)
    return recording.stop(), float(offset_s)


def _listen(heard: Samples, word: Samples, since_s: float) -> Begun:
    """Return what was heard after this second of the recording."""
    since = round(since_s * SAMPLE_RATE)
    part = heard[since : since + round(LISTENED_S * SAMPLE_RATE)]
    sound = int(np.flatnonzero(part.any(axis=1))[0])
    word_at = best_match(part.mean(axis=1, dtype=np.float64), word)
    return Begun(sound / SAMPLE_RATE, word_at / SAMPLE_RATE)


def play_twice() -> None:
    """Print when each of two sessions was asked for."""
    services = build()
    script = parse(Path(services.library.find(BREATHING).path).read_text(), BREATHING)
    ask = Ask(script, BREATHING, Request())
    device.list_devices()  # loads the sound library, as any program that runs on has done
    services.palette()
    services.engine()
    controller = services.controller(None)
    for _ in range(2):
        time.sleep(0.5)
        print(time.monotonic())
        controller.send(events.Play(ask))
        time.sleep(LISTENED_S)
        controller.send(events.Stop(0.0))
        while controller.status.state is not Mode.ENDED:
            time.sleep(0.01)
    services.close()


if __name__ == "__main__":
    play_twice()
