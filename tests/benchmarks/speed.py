"""How fast a score becomes samples and files, beside SoX and ffmpeg, and what memory it takes."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import material, peers
from benchmarks.table import Row
from voice_guide.output.export import export
from voice_guide.score.compile import compile_score
from voice_guide.score.model import Score
from voice_guide.score.render import render
from voice_guide.session.prepare import Prepared

SPAN = 65_536
LIVE_SPAN = 1_024
TIMES = 5
"""The best of so many: what else runs on a machine only ever makes it slower. For the same reason
seconds are those of computing, which on a core of one's own are those on the wall."""


@contextmanager
def one_core() -> Iterator[None]:
    """Keep this thread, and what it starts meanwhile, on the last core."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def best_s(
    work: Callable[[], object], times: int = TIMES, clock: Callable[[], float] = time.thread_time
) -> float:
    """Return the seconds of the fastest run."""
    lasted = []
    for _ in range(times):
        began = clock()
        work()
        lasted.append(clock() - began)
    return min(lasted)


def cpu_s() -> float:
    """Return the seconds that this process and the ended ones it started have computed."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def render_all(score: Score, step: int, length: int | None = None) -> None:
    """Render a score piece by piece and let each go."""
    for start, stop in material.spans(length or score.length, step):
        render(score, start, stop)


def measure_offline(_quick: bool) -> list[Row]:
    """Render 20 minutes on one core: to memory, and to a file on disk."""
    score = material.evening(20).score
    seconds = score.length / 48_000
    with tempfile.TemporaryDirectory() as folder, one_core():
        memory = seconds / best_s(lambda: render_all(score, SPAN))
        path = Path(folder, "evening.wav")
        to_file = seconds / best_s(lambda: export(score, path, force=True))
    return [
        Row("offline: to memory", f"{memory:,.0f} x real time", "1,000 x", memory >= 1_000),
        Row("offline: to WAV16", f"{to_file:,.0f} x real time", "400 x", to_file >= 400),
    ]


def measure_live(_quick: bool) -> list[Row]:
    """Render spans as short as a nervous sound device asks for."""
    score = material.evening(20).score
    length = min(score.length, 300 * 48_000)
    with one_core():
        speed = length / 48_000 / best_s(lambda: render_all(score, LIVE_SPAN, length))
    figure = f"{speed:,.0f} x real time at {LIVE_SPAN:,} frames"
    return [Row("live render", figure, "500 x", speed >= 500)]


def measure_memory(_quick: bool) -> list[Row]:
    """Render in processes of their own, and ask each how much it held at most meanwhile."""
    material.evening(5)  # spoken before, so that neither process has to
    short, long = (int(material.run_part("speed", minutes).stdout) / 1024 for minutes in (5, 45))
    figure = f"{short:.0f} MB while rendering 5 min, {long:.0f} MB while rendering 45"
    return [Row("memory", figure, "within 10 MB", abs(long - short) <= 10)]


def print_peak(minutes: float) -> None:
    """Render, and print the most kilobytes that were in memory since it began to."""
    score = material.evening(minutes).score
    status, forget = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if forget.exists():
        # To make the sounds takes more than to render: on Linux that peak can be forgotten.
        forget.write_text("5")
        render_all(score, SPAN)
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        print(line.split()[1])
        return
    render_all(score, SPAN)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak // 1024 if sys.platform == "darwin" else peak)


def measure_peers(quick: bool) -> list[Row]:
    """Make and mix the like with SoX and ffmpeg, on the same core, into the same kind of file."""
    prepared = material.evening(5 if quick else 20)
    with tempfile.TemporaryDirectory() as name, one_core():
        folder = Path(name)
        sounds = peers.write_sounds(prepared.score, folder)
        ours = best_s(lambda: make_from_nothing(prepared, folder), 2, cpu_s)
        target = folder / "ours.wav"
        mixing = best_s(lambda: export(prepared.score, target, force=True), 2, cpu_s)
        return [
            _beside("SoX", peers.sox(sounds), peers.sox_mix(sounds), ours, mixing),
            _beside("ffmpeg", peers.ffmpeg(sounds), peers.ffmpeg_mix(sounds), ours, mixing),
        ]


def make_from_nothing(prepared: Prepared, folder: Path) -> None:
    """Make every sound anew, compile, render and write; only the speech is there already."""
    ask, palette = prepared.ask, material.fresh_palette()
    score = compile_score(ask.script, prepared.clips, palette, ask.request, name=ask.name)
    export(score, folder / "ours.wav", force=True)


def _beside(
    tool: str, making: list[str], mixing: list[str], our_making: float, our_mixing: float
) -> Row:
    what = f"offline: beside {tool}"
    if shutil.which(tool.lower()) is None:
        return Row(what, f"{tool} is not here", "twice as fast", None)
    made = best_s(lambda: peers.run(making), 1, cpu_s)
    mixed = best_s(lambda: peers.run(mixing), 1, cpu_s)
    figure = (
        f"it takes {made / our_making:.1f} x as long ({made:.1f} s beside {our_making:.1f} s); "
    )
    figure += f"only mixing what is ready: {mixed / our_mixing:.1f} x"
    return Row(what, figure, "twice as fast", made / our_making >= 2)


if __name__ == "__main__":
    print_peak(float(sys.argv[1]))
