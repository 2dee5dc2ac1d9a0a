"""A journal that cannot be read: set aside under a name with the date, never thrown away."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from voice_guide.store.journal.presence import Presence
from voice_guide.store.journal.schema import VERSION, expected_shape, read_shape, read_version

_BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY_S: Final = 1.0
_BESIDE: Final = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Health:
    """How a journal is, for whoever asks."""

    is_ok: bool
    detail: str
    hint: str = ""
    """What to do, where it is not well."""


def open_to_look(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing in the file. Raises `sqlite3.Error`."""
    place = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(place, uri=True, timeout=_BUSY_S, isolation_level=None)


def set_aside(path: Path) -> Path | None:
    """Move a broken journal away, and return its new name; None where it is not broken (any more).

    May raise `OSError` or `sqlite3.Error`.
    """
    with Presence(path).mending():
        # Another program may have set it aside a moment ago: what is there now may be whole.
        if not path.exists() or _find_fault(path) is None:
            return None
        aside = _free_name(path)
        # The log goes first: left behind, it would be taken for the new file's own.
        for ending in _BESIDE:
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + ending).replace(aside.with_name(aside.name + ending))
        path.replace(aside)
        return aside


def find_aside(path: Path) -> tuple[Path, ...]:
    """Return the journals that were set aside, with the files beside them; the oldest first."""
    pattern = f"{path.stem}-broken-*{path.suffix}"
    return tuple(
        found for ending in ("", *_BESIDE) for found in sorted(path.parent.glob(pattern + ending))
    )


def examine(path: Path) -> Health:
    """Look whether the journal is well, and change nothing."""
    aside = [one for one in find_aside(path) if one.suffix == path.suffix]
    if aside:
        return Health(
            False,
            f"{', '.join(map(str, aside))} could not be read, and was set aside.",
            f"To get back what is in it: quit voice-guide, run"
            f' sqlite3 "{aside[-1]}" .recover | sqlite3 "{path}.new"'
            f' and put that in the place of "{path}".'
            " When you do not need it, delete it.",
        )
    if not os.path.lexists(path):
        return Health(True, "nothing is written yet")
    try:
        fault = _find_fault(path)
    except (sqlite3.Error, OSError) as error:
        return Health(False, f"{path} cannot be looked into: {error}.", "Who owns it?")
    if fault is None:
        return Health(True, str(path))
    return Health(
        False,
        f"{path} cannot be read: {fault}.",
        "The next session sets it aside and begins a new one; then look here again.",
    )


def _find_fault(path: Path) -> str | None:
    with contextlib.closing(open_to_look(path)) as connection:
        try:
            return next(_faults(connection), None)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN:
                return str(error)
            raise


def _faults(connection: sqlite3.Connection) -> Iterator[str]:
    version = read_version(connection)
    if version > VERSION:
        return  # whoever wrote it can read it
    (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        yield str(answer)
    shape = read_shape(connection)
    for table, columns in expected_shape(version).items():
        if not columns <= shape.get(table, frozenset()):
            yield f"the table {table} is not as it was made"


def _free_name(path: Path) -> Path:
    day = date.today().isoformat()
    number = 1
    while True:
        tail = f"-{number}" if number > 1 else ""
        aside = path.with_name(f"{path.stem}-broken-{day}{tail}{path.suffix}")
        if not any(os.path.lexists(f"{aside}{ending}") for ending in ("", *_BESIDE)):
            return aside
        number += 1
