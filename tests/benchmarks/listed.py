"""How long a listener waits for the list, from the start of the process to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks import material
from benchmarks.table import Row
from voice_guide.store.library import Library
from voice_guide.store.paths import HOME_VARIABLE, shipped

SCRIPTS = 500
MOST_S = 0.3


def measure_list(quick: bool) -> list[Row]:
    """List 500 scripts: the first time, and again when nothing has changed."""
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home) / "voice-guide" / "scripts")
        cold_s = list_once(home)
        warm = [list_once(home) for _ in range(5 if quick else 15)]
    return [
        Row(
            f"list: {SCRIPTS} scripts, all new", f"{cold_s * 1000:.0f} ms", "for orientation", None
        ),
        Row(
            f"list: {SCRIPTS} scripts, none changed",
            f"{np.median(warm) * 1000:.0f} ms, {max(warm) * 1000:.0f} at worst of {len(warm)}",
            f"{MOST_S * 1000:.0f} ms",
            max(warm) <= MOST_S,
        ),
    ]


def fill(folder: Path) -> None:
    """Copy what ships under other names, until there are enough beside it."""
    ours = Library([shipped("scripts") / "en"]).entries()
    an_hour_ago = time.time() - 3600  # what has just been written is never taken for known
    for number in range(SCRIPTS - len(ours)):
        entry = ours[number % len(ours)]
        copy = folder / entry.kind / f"{entry.slug}-{number}.md"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(entry.path.read_bytes())
        os.utime(copy, (an_hour_ago, an_hour_ago))


def list_once(home: str) -> float:
    """Return the seconds that the program took, its start and end included."""
    # As anybody starts it, in the folders that a system sets aside.
    env = {name: value for name, value in os.environ.items() if name != HOME_VARIABLE}
    env |= {"XDG_DATA_HOME": home, "XDG_CACHE_HOME": home, "PYTHONPATH": str(material.ROOT)}
    command = [sys.executable, "-m", "voice_guide", "list"]
    began = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    took_s = time.monotonic() - began
    rows = [line for line in done.stdout.splitlines() if line.startswith("  ") and line[2] != " "]
    assert len(rows) == SCRIPTS
    return took_s
