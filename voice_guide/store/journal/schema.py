"""The tables of the journal, and how each earlier version of them becomes the next."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Final

_SESSIONS: Final = (
    """
    CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        started_at TEXT NOT NULL,  -- ISO 8601 with the offset of the place
        script TEXT NOT NULL,
        length_s REAL NOT NULL,
        heard_s REAL NOT NULL,
        ended TEXT CHECK (ended IN ('finished', 'stopped', 'lost')),  -- NULL while under way
        calm_before INTEGER CHECK (calm_before BETWEEN 0 AND 10),
        calm_after INTEGER CHECK (calm_after BETWEEN 0 AND 10),
        note TEXT
    ) STRICT
    """,
)

_RITUALS: Final = (
    "ALTER TABLE sessions ADD COLUMN title TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN ritual TEXT",
    # Offsets differ from row to row, so that the text does not sort: seconds since 1970 do.
    "ALTER TABLE sessions ADD COLUMN started_unix INTEGER NOT NULL DEFAULT 0",
    "UPDATE sessions SET started_unix = CAST(strftime('%s', started_at) AS INTEGER)",
    "CREATE INDEX sessions_by_time ON sessions (started_unix)",
    """
    CREATE TABLE claims (
        ritual TEXT NOT NULL,
        day TEXT NOT NULL,  -- the local day of the occurrence, ISO 8601
        outcome TEXT NOT NULL,
        at TEXT NOT NULL,
        at_unix INTEGER NOT NULL,
        PRIMARY KEY (ritual, day)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE ritual_events (
        id INTEGER PRIMARY KEY,
        ritual TEXT NOT NULL,  -- '' for what is about all of them
        day TEXT NOT NULL,
        what TEXT NOT NULL,
        why TEXT NOT NULL,
        at TEXT NOT NULL,
        at_unix INTEGER NOT NULL,
        until TEXT
    ) STRICT
    """,
    "CREATE INDEX ritual_events_by_day ON ritual_events (ritual, day)",
    """
    CREATE TABLE snoozes (
        ritual TEXT NOT NULL,
        day TEXT NOT NULL,
        until TEXT NOT NULL,
        PRIMARY KEY (ritual, day)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE ritual_since (
        ritual TEXT PRIMARY KEY,
        digest TEXT NOT NULL,  -- of its time and days: another one counts as made anew
        since TEXT NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE pause_all (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        since TEXT NOT NULL,
        until TEXT NOT NULL
    ) STRICT
    """,
)

MIGRATIONS: Final = (_SESSIONS, _RITUALS)
"""The statements that lead from each version to the next; the first begins with nothing."""

VERSION: Final = len(MIGRATIONS)
"""What `PRAGMA user_version` says of a database that is up to date."""


def read_version(connection: sqlite3.Connection) -> int:
    """Return which version the tables are of; 0 when there are none yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, version: int = VERSION) -> None:
    """Bring the tables to this version, all at once or not at all."""
    if read_version(connection) >= version:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Another program may have done it while this one waited for its turn.
    for statements in MIGRATIONS[read_version(connection) : version]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.execute("COMMIT")


def read_shape(connection: sqlite3.Connection) -> dict[str, frozenset[str]]:
    """Return the columns of every table."""
    names = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    columns = "SELECT name FROM pragma_table_info(?)"
    return {
        table: frozenset(column for (column,) in connection.execute(columns, (table,)))
        for (table,) in names
    }


def expected_shape(version: int) -> dict[str, frozenset[str]]:
    """Return the columns of every table as they are in this version."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, version)
        return read_shape(connection)
