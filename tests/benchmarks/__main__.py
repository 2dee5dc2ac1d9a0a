"""Measure everything, or one thing, and print one table. A figure that is missed ends with 0."""

from __future__ import annotations

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table
from rig import MISSING

from benchmarks import (
    answered,
    clicked,
    listed,
    material,
    played,
    present,
    rendered,
    speed,
    started,
    ticked,
)
from benchmarks.table import (
    HEADINGS,
    Row,
    cells,
    describe_machine,
    machine_to_text,
    row_to_text,
    rows_to_markdown,
)

MEASURES: Final[dict[str, Callable[[bool], list[Row]]]] = {
    "placement": rendered.measure_placement,
    "length": rendered.measure_lengths,
    "determinism": rendered.measure_sameness,
    "offline": speed.measure_offline,
    "peers": speed.measure_peers,
    "live": speed.measure_live,
    "memory": speed.measure_memory,
    "loudness": rendered.measure_loudness,
    "words": rendered.measure_words,
    "list": listed.measure_list,
    "answers": answered.measure_answers,
    "rituals": ticked.measure_ticking,
    "start": started.measure_start,
    "clicks": clicked.measure_clicks,
    "icon": present.measure_icon,
    "idle": present.measure_idle,
    "playing": played.measure_playing,
    "ears": played.measure_ears,
    "gaps": played.measure_gaps,
}
MEANWHILE: Final = {"peers", "loudness", "words", "playing"}
"""Go on while rounds of breath are recorded: none of these is told by the clock on the wall."""
NEED_RIG: Final = {"start", "clicks", "icon", "idle", "playing", "ears", "gaps"}


def main() -> int:
    asked = read_arguments()
    names = [name for name in MEASURES if not asked.only or name in asked.only]
    machine = describe_machine()
    found = measure_all(names, quick=asked.quick)
    rows = [row for name in names for row in found[name]]
    crashed = [name for name in names if not found[name]]
    notes = [machine_to_text(machine)]
    if asked.quick:
        notes.append("Measured briefly (`--quick`).")
    if crashed:
        notes.append(f"Not measured, because the measurement itself failed: {', '.join(crashed)}.")
    show(rows, machine, notes, as_json=asked.json)
    if asked.markdown:
        asked.markdown.write_text(rows_to_markdown(rows, notes), encoding="utf-8")
    material.services().close()
    return 1 if crashed else 0


def measure_all(names: Sequence[str], *, quick: bool) -> dict[str, list[Row]]:
    """Return the rows of each measurement, by its name."""
    with ThreadPoolExecutor(1) as pool:
        ears = pool.submit(attempt, "ears", quick=quick) if "ears" in names else None
        found = {name: attempt(name, quick=quick) for name in names if name in MEANWHILE}
        if ears:
            found["ears"] = ears.result()
    return found | {name: attempt(name, quick=quick) for name in names if name not in found}


def attempt(name: str, *, quick: bool) -> list[Row]:
    """Return what one measurement found; nothing, and the reason on stderr, when it failed."""
    began = time.monotonic()
    try:
        found = measure(name, quick=quick)
    except Exception:  # noqa: BLE001 - one that fails is told, and the others go on
        traceback.print_exc()
        return []
    lines = [row_to_text(row) for row in found]
    lines.append(f"  ({name}: {time.monotonic() - began:.0f} s)")
    print(*lines, sep="\n", file=sys.stderr, flush=True)
    return found


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=MEASURES, help="this one; may be given again"
    )
    parser.add_argument("--quick", action="store_true", help="shorter sessions, fewer repeats")
    parser.add_argument("--json", action="store_true", help="for programs to read")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the table there, too")
    return parser.parse_args()


def measure(name: str, *, quick: bool) -> list[Row]:
    if name in NEED_RIG and MISSING:
        return [Row(name, f"not here: {', '.join(MISSING)}", "", None)]
    return MEASURES[name](quick)


def show(rows: list[Row], machine: dict[str, str], notes: list[str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"machine": machine, "rows": [asdict(row) for row in rows]}, indent=1))
        return
    table = Table(*HEADINGS, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*cells(row))
    # In a pipe there is no width to fit into, and nothing should be broken for its sake.
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    for note in notes:
        console.print(note, highlight=False)


if __name__ == "__main__":
    sys.exit(main())
