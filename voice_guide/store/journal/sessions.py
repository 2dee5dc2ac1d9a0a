"""The sessions that were practised: written as they go on, rated later, forgotten on request."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from voice_guide.store.journal.database import Database
from voice_guide.store.journal.presence import Presence
from voice_guide.store.journal.recorder import LOST

NOTE_LIMIT: Final = 4_000
"""Characters of a note: a page; more of it belongs into a diary."""

_COLUMNS: Final = (
    "id, started_at, script, title, length_s, heard_s, ended, ritual, calm_before, calm_after, note"
)


@dataclass(frozen=True, slots=True)
class Session:
    """One session, as it was written down."""

    id: int
    """Grows from one to the next, whatever the clock says."""
    started_at: datetime
    """With the offset of the place."""
    script: str
    """Id of the script, or its path."""
    title: str
    """Empty where it was not known."""
    length_s: float
    """0 when it ended before its length was known."""
    heard_s: float
    ended: str
    """`finished`, `stopped`, `lost`; empty while it is under way."""
    ritual: str | None = None
    calm_before: int | None = None
    """0 to 10."""
    calm_after: int | None = None
    note: str | None = None


class Journal:
    """Sessions in a database. Every method may be called from any thread; see `Database`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.presence = Presence(database.path)

    @property
    def path(self) -> Path:
        """The file that it is kept in."""
        return self.database.path

    def begin(self, session: Session, mark: int | None = None) -> int | None:
        """Write down a session, and return the id that it was given; its own is not looked at.

        None where the presence bears another mark by now: the session was forgotten.
        """
        at = session.started_at
        started_at = at.astimezone() if at.tzinfo is None else at

        def work(connection: sqlite3.Connection) -> int | None:
            if self._is_forgotten(mark):
                return None
            cursor = connection.execute(
                "INSERT INTO sessions (started_at, started_unix, script, title, length_s, heard_s,"
                " ended, ritual) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    started_at.isoformat(timespec="seconds"),
                    int(started_at.timestamp()),
                    _clean(session.script),
                    _clean(session.title),
                    session.length_s,
                    session.heard_s,
                    session.ended or None,
                    session.ritual or None,
                ),
            )
            return cursor.lastrowid

        return self.database.write(work)

    def go_on(
        self,
        session_id: int,
        length_s: float,
        heard_s: float,
        ended: str = "",
        mark: int | None = None,
    ) -> bool:
        """Write how far a session has come; False where it was forgotten meanwhile."""
        statement = "UPDATE sessions SET length_s = ?, heard_s = ?, ended = ? WHERE id = ?"
        words = (length_s, heard_s, ended or None, session_id)

        def work(connection: sqlite3.Connection) -> bool:
            # By now the id may be that of another session.
            return (
                not self._is_forgotten(mark) and connection.execute(statement, words).rowcount > 0
            )

        return self.database.write(work)

    def sessions(
        self, since: datetime | None = None, limit: int | None = None
    ) -> tuple[Session, ...]:
        """Return the sessions that are over, the newest first; all that began at `since` or later.

        One whose program has died is lost from then on.
        """
        self._settle()
        where = "ended IS NOT NULL" + ("" if since is None else " AND started_unix >= ?")
        order = "ORDER BY started_unix DESC, id DESC LIMIT ?"
        words: list[Any] = [] if since is None else [int(since.timestamp())]
        words.append(-1 if limit is None else limit)
        return self._select(f"WHERE {where} {order}", words)

    def last(self) -> Session | None:
        """Return the session that was written down last, be it under way or over."""
        self._settle()
        found = self._select("ORDER BY id DESC LIMIT 1", [])
        return found[0] if found else None

    def rate(
        self,
        session_id: int,
        *,
        before: int | None = None,
        after: int | None = None,
        note: str | None = None,
    ) -> bool:
        """Add what is given, 0 to 10 and a text; an empty note is taken away. False if unknown."""
        text = None if note is None else _clean(note)[:NOTE_LIMIT]
        statement = (
            "UPDATE sessions SET calm_before = ifnull(?, calm_before),"
            " calm_after = ifnull(?, calm_after), note = nullif(ifnull(?, note), '') WHERE id = ?"
        )
        words = (before, after, text, session_id)
        return self.database.write(lambda on: on.execute(statement, words).rowcount > 0)

    def forget(self, since: datetime | None = None) -> int:
        """Delete every session that began at `since` or later, all of them for None.

        Returns how many. One that is under way is not written down any more. Only
        `Database.sweep` takes the last trace out of the file.
        """
        self.database.read(lambda _connection: None, None)  # before anything is touched
        with self.database.explaining():
            self.presence.move_mark()
        where = "" if since is None else f"WHERE started_unix >= {int(since.timestamp())}"

        def work(connection: sqlite3.Connection) -> int:
            return connection.execute(f"DELETE FROM sessions {where}").rowcount  # noqa: S608

        return self.database.write(work)

    def _is_forgotten(self, mark: int | None) -> bool:
        # Looked at within the transaction: whoever forgets moves the mark before he deletes.
        return mark is not None and self.presence.mark() != mark

    def _select(self, rest: str, words: list[Any]) -> tuple[Session, ...]:
        query = f"SELECT {_COLUMNS} FROM sessions {rest}"  # noqa: S608 (words of our own)
        rows: list[tuple[Any, ...]] = self.database.read(
            lambda connection: connection.execute(query, words).fetchall(), []
        )
        return tuple(_row_to_session(row) for row in rows)

    def _settle(self) -> None:
        """Let those that are under way no more be lost: nobody plays, and nobody has ended them."""
        query = "SELECT count(*) FROM sessions WHERE ended IS NULL"
        if not self.database.read(lambda on: int(on.execute(query).fetchone()[0]), 0):
            return
        with self.database.explaining(), self.presence.settling() as is_alone:
            if is_alone:
                statement = "UPDATE sessions SET ended = ? WHERE ended IS NULL"
                self.database.write(lambda connection: connection.execute(statement, (LOST,)))


def _row_to_session(row: tuple[Any, ...]) -> Session:
    number, started_at, script, title, length_s, heard_s, ended, *rest = row
    return Session(
        number,
        datetime.fromisoformat(started_at),
        script,
        title,
        length_s,
        heard_s,
        ended or "",
        *rest,
    )


def _clean(text: str) -> str:
    """Return text that any file can hold; the command line may bring bytes that are no text."""
    return text.encode("utf-8", "replace").decode()
