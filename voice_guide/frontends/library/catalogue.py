"""Everything there is to hear, by its header: for a list, a search, a menu or a page."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from voice_guide import __version__
from voice_guide.errors import ScriptError, StoreCorrupt
from voice_guide.store.library import Entry, Library
from voice_guide.store.reading import read_text

HEADINGS: Final = {
    "breathing": "Breathing: a slower rhythm to lean on",
    "relaxation": "Relaxation: letting the body rest, part by part",
    "grounding": "Grounding: back to the room you are in",
    "kindness": "Kindness: on your own side",
    "moments": "Moments: a few minutes for right now",
    "rituals": "Rituals: for every day",
    "path": "The path: eight steps from anxious to secure",
}
"""Every kind with a friendly heading, in the order in which they are shown."""

_FORMAT: Final = 1
"""Of the index; another number makes all of it be read anew."""
_YOUNG_NS: Final = 3 * 10**9
"""A file changed so lately may change again within one tick of its clock (FAT counts in 2 s)."""
_PACKAGE: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """A script as it is offered: its header, or what is wrong with it."""

    id: str
    """`breathing/4-7-8`"""
    path: Path
    own: bool
    """Whether it is the listener's own, and did not come with the program."""
    overrides: bool
    """Whether it takes the place of one that came with the program."""
    kind: str
    """As the header says; for a broken one the folder it lies in."""
    fault: str | None = None
    """What is wrong, in one plain line, with line and column where there are any."""
    title: str = ""
    summary: str = ""
    length_s: tuple[float, float] = (0.0, 0.0)
    """The shortest and the longest that it promises."""
    bed: str = ""
    cautions: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


class _Row(NamedTuple):
    """What is kept of one file: plain values, as JSON knows them."""

    signature: list[int]
    """As long as it stays the same, so does the file."""
    fields: dict[str, Any]


class Catalogue:
    """The library's headers, of which only those of changed files are read anew."""

    def __init__(self, library: Library, index: Path) -> None:
        self._library = library
        self._index = index
        self._rows: dict[str, _Row] | None = None
        self.notes: tuple[str, ...] = ()
        """A sentence for each thing that was left out at the last look."""
        self.parsed = 0
        """How many files were read since the beginning; the others were known."""

    def entries(self) -> tuple[CatalogueEntry, ...]:
        """Return every script as it is now, sorted by id; a broken one with its fault."""
        shelf = self._library.look()
        known = _read_index(self._index) if self._rows is None else self._rows
        rows = [self._row(entry, known) for entry in shelf.entries]
        kept = {str(e.path): row for e, row in zip(shelf.entries, rows, strict=True) if _keeps(row)}
        if kept != known:
            _write_index(self._index, kept)
        self._rows, self.notes = kept, shelf.notes
        return tuple(map(_row_to_entry, rows, shelf.entries))

    def _row(self, entry: Entry, known: dict[str, _Row]) -> _Row:
        path = str(entry.path)
        signature = _sign(path)
        kept = known.get(path)
        if kept is not None and kept.signature == signature:
            return kept
        self.parsed += 1
        try:
            return _Row(signature, _read_fields(entry.path))
        except StoreCorrupt as error:  # whoever may not read it now may do so soon: not kept
            return _Row([], {"fault": error.message.replace(str(entry.path), "The file", 1)})


def _sign(path: str) -> list[int]:
    try:
        status = os.stat(path)  # noqa: PTH116 (quicker than a Path each)
    except OSError:
        return []
    return [status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns]


def _keeps(row: _Row) -> bool:
    return bool(row.signature) and abs(time.time_ns() - row.signature[0]) > _YOUNG_NS


def _read_fields(path: Path) -> dict[str, Any]:
    from voice_guide.script.parse import parse  # noqa: PLC0415 (not where nothing has changed)

    try:
        header = parse(read_text(path)).header
    except ScriptError as error:
        others = len(error.faults) - 1
        more = f" (and {others} more)" if others else ""
        return {"fault": f"{error.faults[0]}{more}"}
    names = ("kind", "title", "summary", "bed")
    lists = ("cautions", "when", "actions", "sources")
    return {
        **{name: getattr(header, name) for name in names},
        **{name: list(getattr(header, name)) for name in lists},
        "length_s": [header.length.minimum_s, header.length.maximum_s],
    }


def _row_to_entry(row: _Row, entry: Entry) -> CatalogueEntry:
    fields: dict[str, Any] = {"kind": entry.kind}
    for name, value in row.fields.items():
        fields[name] = tuple(value) if isinstance(value, list) else value
    return CatalogueEntry(entry.id, entry.path, entry.own, entry.overrides, **fields)


def _read_index(path: Path) -> dict[str, _Row]:
    """Return what the index holds; nothing where it is missing, damaged, or another program's."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return {}
        stamp, _, body = path.read_bytes().partition(b"\n")
        if stamp == _stamp(body):
            return {name: _Row(*row) for name, row in json.loads(body).items()}
    except OSError:
        pass
    return {}


def _write_index(path: Path, rows: dict[str, _Row]) -> None:
    body = json.dumps(rows).encode()
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    with contextlib.suppress(OSError):  # it only saves time
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(_stamp(body) + b"\n" + body)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)


def _stamp(body: bytes) -> bytes:
    """Return what the first line of an index must be: who made it, and a sum of what follows."""
    return f"{_FORMAT} {__version__} {_newest_parser_ns()} {zlib.crc32(body):08x}".encode()


def _newest_parser_ns() -> int:
    # Where the program itself is being worked on, its version does not tell that it has changed.
    files = [*_PACKAGE.glob("script/**/*.py"), _PACKAGE / "store" / "reading.py", Path(__file__)]
    return max((path.stat().st_mtime_ns for path in files), default=0)
