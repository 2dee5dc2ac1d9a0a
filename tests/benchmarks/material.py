"""What is measured: a long script with everything in it, and the program's own parts."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from voice_guide.app import build
from voice_guide.frontends.services import Services
from voice_guide.score.compile import Request
from voice_guide.score.model import CueKind, Score
from voice_guide.script.parse import parse
from voice_guide.session.prepare import Ask, Prepared, prepare
from voice_guide.sound.palette import Palette

ROOT = Path(__file__).parents[2]

EVENING = """---
title: A long evening
summary: Everything that a session can hold, for as long as one likes.
kind: breathing
length: 3-60 min
bed: ocean
bell: singing-bowl
---

# Arrive

You are here, and that is enough. Let the chair carry your weight. There is nothing to fix now.
[pause 1-60s]

# Slow breaths

[breathe 4-7-8, 2-50 rounds, counted]

# Muscles

Draw your toes up, towards your face.
[tense 5s] [release 15-40s]
Close your hands into loose fists.
[tense 5s] [release 15-40s]
[bell]

# Even breaths

Now let the breath be even, and small.
[breathe 4-4-4-4, 1-80 rounds, spoken]
[pause 1-60s]

# Quiet breaths

[bed warm-drone]
The tone alone will lead you from here.
[breathe 5.5-5.5, 1-60 rounds, tones]
[pause 1-60s]

# A sigh

[breathe 3+1-0-8, 1-40 rounds]
[pause 1-60s]

# Return

> I can feel this, and I am here.

[pause 1-60s]
"""


HOME: Final = "VOICE_GUIDE_BENCH_HOME"
"""Environment variable: the folder that a part run on its own shares with what started it."""


@cache
def home() -> Path:
    """Return the folder for everything that the program keeps here, and point it there."""
    given = os.environ.get(HOME)
    folder = Path(given or tempfile.mkdtemp(prefix="vg-bench-"))
    if not given:
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["VOICE_GUIDE_HOME"] = str(folder)
    return folder


@cache
def services() -> Services:
    home()
    return build()


def fresh_palette() -> Palette:
    """Return the shipped sounds, none of them made yet."""
    home()
    return build().palette()


@lru_cache(maxsize=16)
def evening(minutes: float) -> Prepared:
    """Return the long script, spoken and compiled to this many minutes."""
    return _prepare(Ask(parse(EVENING, "evening"), "evening", Request(length_s=60.0 * minutes)))


@lru_cache(maxsize=16)
def shipped(name: str, minutes: float | None = None) -> Prepared:
    """Return a shipped script, spoken and compiled."""
    script = parse(services().library.find(name).path.read_text(), name)
    length_s = None if minutes is None else 60.0 * minutes
    return _prepare(Ask(script, name, Request(length_s=length_s)))


def shipped_ids() -> tuple[str, ...]:
    return tuple(entry.id for entry in services().library.entries())


def _prepare(ask: Ask) -> Prepared:
    prepared = prepare(ask, services().engine(), services().palette())
    if prepared.notice:
        raise RuntimeError(f"the voice does not work here: {prepared.notice}")
    return prepared


def breaths_from(score: Score) -> int:
    """Return the frame of the first breath."""
    return next(cue.span.onset for cue in score.cues if cue.kind is CueKind.BREATH)


def run_part(
    module: str, *words: object, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run one of these modules as a program of its own, and return what it printed."""
    done = subprocess.run(
        part_command(module, *words), env=part_env(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(
            f"benchmarks.{module} {words} ended with {done.returncode}: {done.stderr}"
        )
    return done


def part_command(module: str, *words: object) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{module}", *map(str, words)]


def part_env(env: dict[str, str] | None = None) -> dict[str, str]:
    path = f"{ROOT / 'tests'}{os.pathsep}{ROOT}"
    folders = {HOME: str(home()), "VOICE_GUIDE_HOME": str(home())}
    return {**(env or os.environ), **folders, "PYTHONPATH": path}


def spans(length: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield `[start, stop)` pieces of a length."""
    for start in range(0, length, step):
        yield start, min(start + step, length)
