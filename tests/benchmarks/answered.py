"""How soon a key that is bound to a command is answered: the whole process, start and end."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rig import end_process, wait_until

from benchmarks import material
from benchmarks.table import Row
from voice_guide.frontends.desktop.instance.client import ask

MOST_S = 0.1
"""What follows a key within a tenth of a second is felt as its own doing (Miller 1968)."""

PROGRAM = (sys.executable, "-m", "voice_guide")


def measure_answers(quick: bool) -> list[Row]:
    """Press keys beside a running companion, and start Python for nothing, for comparison."""
    times = 5 if quick else 20
    with companion() as env:
        bare = [run(env, sys.executable, "-c", "pass") for _ in range(times)]
        toggles = [run(env, *PROGRAM, "toggle") for _ in range(times)]
        looks = [run(env, *PROGRAM, "status", "--json") for _ in range(times)]
    return [
        _row("key: toggle, answered", toggles, bare, MOST_S),
        _row("key: status --json, answered", looks, bare, MOST_S),
    ]


def _row(
    what: str, found: list[tuple[float, float]], bare: list[tuple[float, float]], most_s: float
) -> Row:
    took_s, spent_s = zip(*found, strict=True)
    bare_s, bare_spent_s = zip(*bare, strict=True)
    figure = f"{np.median(took_s) * 1000:.0f} ms, {max(took_s) * 1000:.0f} at worst of {len(found)}"
    figure += f" ({min(spent_s) * 1000:.0f} ms of computing); Python alone:"
    figure += f" {np.median(bare_s) * 1000:.0f} ms ({min(bare_spent_s) * 1000:.0f})"
    return Row(what, figure, f"{most_s * 1000:.0f} ms", float(np.median(took_s)) <= most_s)


def run(env: dict[str, str], *command: str) -> tuple[float, float]:
    """Return the seconds that a command took, and those that it computed."""
    began, spent = time.monotonic(), _spent_s()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - began, _spent_s() - spent


def _spent_s() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


@contextlib.contextmanager
def companion() -> Iterator[dict[str, str]]:
    """Give the environment of a companion that is there, without a tray or a sound output."""
    with tempfile.TemporaryDirectory() as home:
        settings = Path(home) / "config" / "settings.toml"
        settings.parent.mkdir()
        settings.write_text('[sound]\ndevice = "null"\n')
        env = {**os.environ, "VOICE_GUIDE_HOME": home, "PYTHONPATH": str(material.ROOT)}
        env |= {"DISPLAY": ":987", "DBUS_SESSION_BUS_ADDRESS": f"unix:path={home}/nowhere"}
        env.pop("WAYLAND_DISPLAY", None)
        # As installed: what was compiled is kept.
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        env["PYTHONPYCACHEPREFIX"] = f"{home}/compiled"
        process = subprocess.Popen(PROGRAM, env=env, stderr=subprocess.DEVNULL)
        try:
            folder = str(Path(home) / "run")
            wait_until(lambda: ask(folder, ("status",)) is not None, 20.0, "nobody answers")
            run(env, *PROGRAM, "toggle")  # loads what the first session needs
            yield env
        finally:
            end_process(process)
