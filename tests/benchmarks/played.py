"""What arrives at the ears: cadence, gaps and the cost of playing, from a recorded null sink."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pyttsx3
from rig import Rig, end_process, onsets, sound_rig, wait_until

from benchmarks import material
from benchmarks.rendered import COMPARED, best_match
from benchmarks.table import Row
from voice_guide.output.device import DeviceOutput
from voice_guide.output.export import export
from voice_guide.output.player import Player, PlayerState
from voice_guide.score.model import CueKind, Score
from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples
from voice_guide.voice import worker

BREATHING = "breathing/4-7-8"
CYCLE = (("Breathe in", 4.0), ("Hold", 7.0), ("Breathe out", 8.0))
SPOKEN_LEVEL = 0.02
MS = SAMPLE_RATE / 1000


# ---- Cadence -------------------------------------------------------------------------------------


def measure_ears(quick: bool) -> list[Row]:
    """Record rounds of 4-7-8, and beside them a loop that speaks, then sleeps."""
    rounds = 3 if quick else 8
    score, first, last = breaths(rounds)
    with sound_rig() as one, sound_rig() as other:
        with one.record() as ours, other.record() as theirs, ExitStack() as stack:
            play = start(one, "play", BREATHING, 8, first, last)
            say = stack.enter_context(_started_say(other, rounds))
            play.wait()
            say.wait()
        late = lateness(ours.samples(), score, first, last)
        said = onsets(theirs.samples(), SPOKEN_LEVEL, SAMPLE_RATE // 2)
    spacing = float(np.abs(np.diff(late)).max()) / MS
    drift = float(late[-1] - late[0]) / MS
    figure = f"spacing within {spacing:.2f} ms of the score over {len(late)} onsets in {rounds} "
    figure += f"rounds, drift {drift:.2f} ms"
    met = spacing <= 5 and abs(drift) <= 1
    return [
        Row("placement at the ears", figure, "5 ms, no drift", met),
        Row("  say and sleep, beside it", _describe_say(said, rounds), "for the contrast", None),
    ]


def breaths(rounds: int) -> tuple[Score, Frames, Frames]:
    """Return a score, and from where to where it breathes that many rounds."""
    score = material.shipped(BREATHING, 8).score
    cues = [cue for cue in score.cues if cue.kind is CueKind.BREATH and (cue.round or 0) <= rounds]
    return score, cues[0].span.onset, cues[-1].span.end


def planned_onsets(score: Score, first: Frames, last: Frames) -> list[Frames]:
    """Return where phases and cue words begin between two frames."""
    kinds = {CueKind.BREATH, CueKind.SPEECH}
    within = [cue.span.onset for cue in score.cues if cue.kind in kinds]
    return sorted({onset for onset in within if first < onset < last})


def lateness(heard: Samples, score: Score, first: Frames, last: Frames) -> list[int]:
    """Return how many frames late each onset was heard, the first being on time."""
    planned = planned_onsets(score, first, last)
    mono = heard.mean(axis=1, dtype=np.float64)
    # The first one is looked for wherever it may be, every other where it then should be.
    reach = SAMPLE_RATE // 4
    origin = _find(mono, score, planned[0], 0, 12 * SAMPLE_RATE) - planned[0]
    late = []
    for onset in planned:
        low = max(0, onset + origin - reach)
        late.append(_find(mono, score, onset, low, onset + origin + reach) - onset - origin)
    return late


def _find(mono: Samples, score: Score, onset: Frames, low: Frames, high: Frames) -> Frames:
    wanted = render(score, onset, onset + COMPARED).mean(axis=1, dtype=np.float64)
    return low + best_match(mono[low : high + COMPARED], wanted)


@contextmanager
def _started_say(rig: Rig, rounds: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start the loop. pyttsx3 plays through aplay: where that is missing, paplay answers to it."""
    folder = rig.folder / "bin"
    folder.mkdir(exist_ok=True)
    if shutil.which("aplay") is None:
        (folder / "aplay").write_text('#!/bin/sh\nexec paplay "$1"\n')
        (folder / "aplay").chmod(0o755)
    env = {**rig.env, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        material.part_command("played", "say", rounds),
        env=material.part_env(env),
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        end_process(process)


def _describe_say(said: np.ndarray, rounds: int) -> str:
    if len(said) < len(CYCLE) * rounds:
        return f"only {len(said)} of {len(CYCLE) * rounds} cues were heard"
    lengths_s = np.diff(said[:: len(CYCLE)]) / SAMPLE_RATE
    planned_s = np.cumsum([0.0, *(s for _ in range(rounds) for _, s in CYCLE)])
    late_s = (said[-1] - said[0]) / SAMPLE_RATE - planned_s[len(said) - 1]
    return f"a round lasts {lengths_s.mean():.2f} s, not 19; the last cue is {late_s:.1f} s late"


def say_and_sleep(rounds: int) -> None:
    """Guide as one would at first: say a word, then sleep for the phase."""
    with tempfile.TemporaryDirectory() as folder:
        worker._load_bundled_espeak(Path(folder))
        engine = pyttsx3.init()  # type: ignore[no-untyped-call]
        engine.runAndWait()  # else the first words are lost
        for _ in range(rounds):
            for word, seconds in CYCLE:
                engine.say(word)
                engine.runAndWait()
                time.sleep(seconds)


# ---- Gaps ----------------------------------------------------------------------------------------


def measure_gaps(quick: bool) -> list[Row]:
    """Record minutes of playing on a machine that has no time for it; look for what is missing."""
    minutes = 3 if quick else 10
    score = material.evening(minutes).score
    stop = 2 * 60 * SAMPLE_RATE if quick else score.length
    with sound_rig() as rig, busy_core():
        with rig.record() as recording:
            start(rig, "hogged", "evening", minutes, 0, stop).wait()
        gaps, compared = find_gaps(recording.samples(), score, stop - SAMPLE_RATE)
    figure = f"{gaps} in {compared / SAMPLE_RATE / 60:.1f} min, every sample compared; "
    figure += "a busy core, and a thread hogging Python's lock"
    is_whole = compared >= stop - 3 * SAMPLE_RATE
    return [Row("playing: gaps", figure, "none in 10 min", gaps == 0 and is_whole)]


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy with something else."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        end_process(process)


def find_gaps(heard: Samples, score: Score, stop: Frames) -> tuple[int, Frames]:
    """Return how often the recording leaves the score, and the frames that were compared."""
    step = SAMPLE_RATE
    place = _first_sound(heard) - _first_sound(render(score, 0, step))
    at = gaps = 0
    while at < stop:
        end = min(at + step, stop)
        found, wanted = heard[place + at : place + end], render(score, at, end)
        if len(found) < len(wanted):
            return gaps, at
        differing = np.flatnonzero(np.abs(found - wanted).max(axis=1) > 1e-6)
        if not len(differing):
            at = end
            continue
        gaps += 1
        # Take up again half a second on, wherever that is now.
        at += int(differing[0]) + step // 2
        mono = heard[place + at - step : place + at + 4 * step].mean(axis=1, dtype=np.float64)
        place += _find(mono, score, at, 0, len(mono) - COMPARED) - step
    return gaps, at


def _first_sound(samples: Samples) -> Frames:
    return int(np.flatnonzero(samples.any(axis=1))[0])


# ---- Cost ----------------------------------------------------------------------------------------


def measure_playing(quick: bool) -> list[Row]:
    """Let four players play the same, each into the same server, and count what they compute."""
    seconds = 15 if quick else 60
    with sound_rig() as rig, ExitStack() as stack:
        (wav,) = export(material.shipped(BREATHING).score, rig.folder / "session.wav")
        running = {
            name: stack.enter_context(_started(rig, command))
            for name, command in _players(wav).items()
            if shutil.which(command[0])
        }
        time.sleep(6)  # past what every program does once, and past our preparing
        before = {name: _computed_s(process) for name, process in running.items()}
        time.sleep(seconds)
        shares = {
            name: (_computed_s(process) - before[name]) / seconds
            for name, process in running.items()
        }
    ours = shares.pop("voice-guide")
    beside = ", ".join(f"{name} {share:.2%}" for name, share in shares.items())
    figure = f"{ours:.2%} of a core over {seconds} s; beside it {beside}"
    return [Row("playing: processor", figure, "under 1.5 %", ours < 0.015)]


def _players(wav: Path) -> dict[str, list[str]]:
    ours = [sys.executable, "-m", "voice_guide", "play", BREATHING, "--quiet"]
    return {
        "voice-guide": ours,
        "ffplay": ["ffplay", "-nodisp", "-autoexit", "-loglevel", "quiet", str(wav)],
        "mpv": ["mpv", "--no-video", "--no-config", "--really-quiet", "--ao=pulse", str(wav)],
        "paplay": ["paplay", str(wav)],
    }


@contextmanager
def _started(rig: Rig, command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    env = {**material.part_env(rig.env), "SDL_AUDIODRIVER": "pulseaudio"}
    before = rig.streams()
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)
    try:
        wait_until(lambda: rig.streams() > before, what=f"{command[0]} does not play")
        yield process
    finally:
        end_process(process)


def _computed_s(process: subprocess.Popen[bytes]) -> float:
    """Return seconds of processor time, from Linux's own count."""
    if process.poll() is not None:
        raise RuntimeError(f"{process.args!r} ended early with {process.returncode}")
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- Parts that run on their own -----------------------------------------------------------------


def start(
    rig: Rig, deed: str, name: str, minutes: int, at: int, stop: int
) -> subprocess.Popen[bytes]:
    """Start a process that plays part of a score into the rig."""
    command = material.part_command("played", deed, name, minutes, at, stop)
    return subprocess.Popen(command, env=material.part_env(rig.env))


def play(score: Score, at: Frames, stop: Frames) -> None:
    """Play `[at, stop)` as the session does: a device, and a look every 50 ms."""
    player = Player(DeviceOutput())
    player.play(score, at)
    while True:
        seen = player.poll()
        if seen.state is not PlayerState.PLAYING or seen.position >= stop:
            break
        time.sleep(0.05)
    player.stop(0.0)


def _hog() -> None:
    while True:
        pass


if __name__ == "__main__":
    deed, *words = sys.argv[1:]
    if deed == "say":
        say_and_sleep(int(words[0]))
    else:
        make = material.evening if words[0] == "evening" else None
        minutes = float(words[1])
        chosen = make(minutes) if make else material.shipped(words[0], minutes)
        if deed == "hogged":
            threading.Thread(target=_hog, daemon=True).start()
        play(chosen.score, int(words[2]), int(words[3]))
