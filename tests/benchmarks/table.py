"""One table: what was measured, the figure, the least that is asked, and whether it is met."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Row:
    """One measurement."""

    what: str
    figure: str
    at_least: str
    met: bool | None
    """None where nothing is asked: a figure for orientation, or a part that is missing here."""


HEADINGS = ("what", "figure", "at least", "met")
MARKS = {True: "yes", False: "NO", None: "–"}


def cells(row: Row) -> tuple[str, ...]:
    return (row.what, row.figure, row.at_least, MARKS[row.met])


def row_to_text(row: Row) -> str:
    return f"{row.what:<28} {MARKS[row.met]:<4} {row.figure}   [{row.at_least}]"


def rows_to_markdown(rows: Sequence[Row], notes: Sequence[str]) -> str:
    lines = ["# What it shows", "", "Made by `./dev bench --markdown docs/benchmarks.md`.", ""]
    lines += [*notes, "", _line(HEADINGS), _line(["---"] * len(HEADINGS))]
    lines += [_line([cell.replace("|", "\\|") for cell in cells(row)]) for row in rows]
    return "\n".join(lines) + "\n"


def _line(words: Sequence[str]) -> str:
    return f"| {' | '.join(words)} |"


def describe_machine() -> dict[str, str]:
    """Return what the figures depend on."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": _system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def machine_to_text(machine: dict[str, str]) -> str:
    return "Measured on: " + ", ".join(f"{name} {value}" for name, value in machine.items()) + "."


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def _system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        name = platform.system()
    return f"{name}, kernel {platform.release()}"
