"""A journal that cannot be read: set aside under a name with the date, never thrown away."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from voice_guide.store.journal.presence import Presence
from voice_guide.store.journal.recorder import LOST
from voice_guide.store.journal.schema import VERSION, expected_shape, read_shape, read_version

_BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY_S: Final = 1.0
_LOG: Final = "-wal"
_INDEX: Final = "-shm"
"""Of the log; made anew whenever it is not there."""

_KEPT: Final = {
    "sessions": ("started_at", "script", "heard_s"),
    "claims": ("ritual", "day"),
    "ritual_events": ("ritual", "day", "what", "at"),
}
"""The tables that tell what was, each with what tells one row from all others."""

Row = dict[str, Any]


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
        log = path.with_name(f"{path.name}{_LOG}")
        if log.exists() and log.stat().st_size:
            log.replace(aside.with_name(f"{aside.name}{_LOG}"))
        for ending in (_LOG, _INDEX):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.replace(aside)
        return aside


def find_aside(path: Path) -> tuple[Path, ...]:
    """Return the journals that were set aside, with the files beside them; the oldest first."""
    pattern = f"{path.stem}-broken-*{path.suffix}"
    if not os.path.isdir(path.parent):  # noqa: PTH112 - a Path raises where a name is too long
        return ()
    return tuple(
        found
        for ending in ("", _LOG, _INDEX)
        for found in sorted(path.parent.glob(pattern + ending))
    )


def examine(path: Path) -> Health:
    """Look whether the journal is well, and change nothing."""
    aside = [one for one in find_aside(path) if one.suffix == path.suffix]
    if aside:
        return Health(
            False,
            f"Could not be read, and set aside: {', '.join(map(str, aside))}.",
            "“voice-guide doctor --recover” gets back what can still be read."
            " Then delete it, when you do not need it any more.",
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


def read_what_is_left(aside: Path) -> dict[str, list[Row]]:
    """Return the rows of a broken journal that can still be read, by table; changes nothing."""
    found: dict[str, list[Row]] = {}
    with contextlib.closing(open_to_look(aside)) as connection:
        connection.row_factory = sqlite3.Row
        for table in _KEPT:
            # From both ends, as far as either goes: a hole hides nothing but itself.
            key = "ritual {0}, day {0}" if table == "claims" else "id {0}"
            queries = [
                f"SELECT * FROM {table} ORDER BY {key.format(order)}"  # noqa: S608
                for order in ("ASC", "DESC")
            ]
            rows = {
                tuple(row): dict(row) for query in queries for row in _read_on(connection, query)
            }
            found[table] = list(rows.values())
    return found


def put_back(connection: sqlite3.Connection, found: Mapping[str, Iterable[Row]]) -> int:
    """Insert the rows that are not there yet, and return how many these were."""
    count = 0
    for table, rows in found.items():
        columns = expected_shape(VERSION)[table] - {"id"}
        for row in rows:
            kept = {name: value for name, value in row.items() if name in columns}
            # A row from a broken page may hold anything.
            with contextlib.suppress(ValueError, TypeError, KeyError, sqlite3.IntegrityError):
                if table == "sessions":
                    kept |= _complete(kept)
                count += _insert(connection, table, kept)
    return count


def _read_on(connection: sqlite3.Connection, query: str) -> Iterator[sqlite3.Row]:
    """Yield rows until there are no more that can be read."""
    with contextlib.suppress(sqlite3.Error):
        yield from connection.execute(query)


def _complete(session: Row) -> Row:
    at = datetime.fromisoformat(session["started_at"])
    return {"ended": session.get("ended") or LOST, "started_unix": int(at.timestamp())}


def _insert(connection: sqlite3.Connection, table: str, row: Row) -> int:
    names = ", ".join(row)
    marks = ", ".join("?" * len(row))
    same = " AND ".join(f"{name} IS ?" for name in _KEPT[table])
    words = (*row.values(), *(row[name] for name in _KEPT[table]))
    return connection.execute(
        f"INSERT OR IGNORE INTO {table} ({names}) SELECT {marks}"  # noqa: S608 (names of our own)
        f" WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {same})",
        words,
    ).rowcount


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
        if not any(os.path.lexists(f"{aside}{ending}") for ending in ("", _LOG)):
            return aside
        number += 1
