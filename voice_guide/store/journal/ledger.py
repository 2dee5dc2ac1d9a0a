"""What became of each ritual on each day: claimed once, by one program, before anything sounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from voice_guide.store.journal.database import Database

Key = tuple[str, date]
"""A ritual's name, and the local day of the occurrence."""

_A_DAY: Final = timedelta(days=1)

ALL: Final = ""
"""Stands for the ritual in what is about all of them."""


@dataclass(frozen=True, slots=True)
class RitualEvent:
    """One thing that happened to an occurrence, or was decided about it."""

    ritual: str
    """`ALL` for what is about all of them."""
    day: date
    what: str
    """One word, such as `offered`."""
    at: datetime
    why: str = ""
    """In plain words; empty where there is nothing to say."""
    until: datetime | None = None
    """Where a snooze or a pause ends."""


_Take = Callable[[sqlite3.Connection, RitualEvent], bool]


class Ledger:
    """Claims, snoozes and pauses in a database. Any thread may call; see `Database`.

    Instants are aware; one without a zone is taken for local time.
    """

    def __init__(self, database: Database) -> None:
        self.database = database

    def claim(
        self,
        ritual: str,
        day: date,
        outcome: str,
        at: datetime,
        why: str = "",
        until: datetime | None = None,
    ) -> bool:
        """Take an occurrence, for good; True only for the one, of all programs, who got it."""
        return self._write(RitualEvent(ritual, day, outcome, at, why, until), _insert_claim)

    def settle(
        self,
        ritual: str,
        day: date,
        outcome: str,
        at: datetime,
        why: str = "",
        until: datetime | None = None,
    ) -> bool:
        """Write what has become of a claimed occurrence; False where nobody has claimed it."""
        return self._write(RitualEvent(ritual, day, outcome, at, why, until), _update_claim)

    def note(self, ritual: str, day: date, what: str, at: datetime, why: str = "") -> bool:
        """Write down a decision that claims nothing; False where the last one said the same."""
        return self._write(RitualEvent(ritual, day, what, at, why), _is_news)

    def snooze(self, ritual: str, day: date, until: datetime, at: datetime, why: str = "") -> None:
        """Put an occurrence off until then: it stays claimed, and whoever unsnoozes it has it."""
        self._write(RitualEvent(ritual, day, "snoozed", at, why, until), _put_off)

    def unsnooze(
        self,
        ritual: str,
        day: date,
        outcome: str,
        at: datetime,
        why: str = "",
        until: datetime | None = None,
    ) -> bool:
        """Take a snoozed occurrence; True only for the one, of all programs, who got it."""
        return self._write(RitualEvent(ritual, day, outcome, at, why, until), _take_back)

    def snoozed(self) -> dict[Key, datetime]:
        """Return every snooze, with when it ends."""
        rows = self._rows("SELECT ritual, day, until FROM snoozes")
        return {(name, date.fromisoformat(day)): _at(until) for name, day, until in rows}

    def handled(self, since: date) -> dict[Key, str]:
        """Return what is claimed, of this day and later, with what has become of it."""
        rows = self._rows("SELECT ritual, day, outcome FROM claims WHERE day >= ?", str(since))
        return {(name, date.fromisoformat(day)): outcome for name, day, outcome in rows}

    def offered(self, since: date) -> dict[Key, datetime]:
        """Return what was offered and not answered, of this day and later, with when it was."""
        rows = self._rows(
            "SELECT ritual, day, at FROM claims WHERE outcome = 'offered' AND day >= ?", str(since)
        )
        return {(name, date.fromisoformat(day)): _at(at) for name, day, at in rows}

    def events(self, ritual: str | None = None, day: date | None = None) -> tuple[RitualEvent, ...]:
        """Return what happened to a ritual, or to any, on one day or ever, in its order."""
        rows = self._rows(
            "SELECT ritual, day, what, at, why, until FROM ritual_events"
            " WHERE ritual = ifnull(?1, ritual) AND day = ifnull(?2, day) ORDER BY id",
            ritual,
            day and str(day),
        )
        return tuple(
            RitualEvent(name, date.fromisoformat(of), what, _at(at), why, until and _at(until))
            for name, of, what, at, why, until in rows
        )

    def pause(self, until: datetime, at: datetime) -> None:
        """Let all rituals rest from `at` until then."""
        self._write(RitualEvent(ALL, at.date(), "paused", at, "", until), _begin_pause)

    def resume(self, at: datetime) -> bool:
        """Let the pause end now; False where there is none."""
        return self._write(RitualEvent(ALL, at.date(), "resumed", at), _end_pause)

    def last_pause(self) -> tuple[datetime, datetime] | None:
        """Return from when until when all rituals were last to rest, also when that is over."""
        for since, until in self._rows("SELECT since, until FROM pause_all"):
            return _at(since), _at(until)
        return None

    def since(self, name: str, digest: str, now: datetime) -> datetime:
        """Return since when a ritual is as it is: `now` where it, or its digest, is a new one.

        A new one may be claimed on days on which the old one was: moved to a later hour, it comes
        again today, unless it is skipped or put off.
        """
        query = "SELECT since FROM ritual_since WHERE ritual = ? AND digest = ?"
        for (known,) in self._rows(query, name, digest):
            return _at(known)

        def work(connection: sqlite3.Connection) -> datetime:
            done = connection.execute(
                "INSERT INTO ritual_since (ritual, digest, since) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET digest = excluded.digest, since = excluded.since"
                " WHERE digest <> excluded.digest",  # another program may have been quicker
                (name, digest, _text(now)),
            )
            if done.rowcount:
                # Of any zone's today; what was to come before now counts for nothing anyway.
                today = str((now - _A_DAY).date())
                connection.execute(
                    "DELETE FROM claims WHERE ritual = ? AND day >= ?"
                    " AND outcome NOT IN ('skipped', 'snoozed')",
                    (name, today),
                )
            return _at(connection.execute(query, (name, digest)).fetchone()[0])

        return self.database.write(work)

    def remove(self, name: str) -> None:
        """Let a ritual that is no more leave nothing that is to come; what was is kept."""

        def work(connection: sqlite3.Connection) -> None:
            for table in ("snoozes", "ritual_since", "claims"):
                connection.execute(f"DELETE FROM {table} WHERE ritual = ?", (name,))  # noqa: S608

        self.database.write(work)

    def forget(self, now: datetime, since: datetime | None = None) -> int:
        """Delete what happened at `since` or later, all of it for None; return how many lines.

        Every ritual counts as made now, so that nothing that is forgotten is offered again, and
        nothing is snoozed any more. A pause of all rituals goes on.
        """
        from_unix = None if since is None else int(since.timestamp())

        def work(connection: sqlite3.Connection) -> int:
            late = (from_unix,)
            connection.execute("DELETE FROM claims WHERE at_unix >= ifnull(?, at_unix)", late)
            gone = connection.execute(
                "DELETE FROM ritual_events WHERE at_unix >= ifnull(?, at_unix)", late
            )
            connection.execute("DELETE FROM snoozes")
            if since is None:
                connection.execute("DELETE FROM ritual_since")
            connection.execute("UPDATE ritual_since SET since = ?", (_text(now),))
            return gone.rowcount

        return self.database.write(work)

    def _write(self, event: RitualEvent, take: _Take) -> bool:
        """Write an event down with what comes of it; False, and nothing, where nothing does."""

        def work(connection: sqlite3.Connection) -> bool:
            if not take(connection, event):
                return False
            connection.execute(
                "INSERT INTO ritual_events (ritual, day, what, why, at, at_unix, until)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *_key(event),
                    event.what,
                    event.why,
                    _text(event.at),
                    int(event.at.timestamp()),
                    _until(event),
                ),
            )
            return True

        return self.database.write(work)

    def _rows(self, query: str, *words: Any) -> list[tuple[Any, ...]]:
        return self.database.read(
            lambda connection: connection.execute(query, words).fetchall(), absent=[]
        )


def _insert_claim(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    done = connection.execute(
        "INSERT INTO claims (ritual, day, outcome, at, at_unix) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (*_key(event), event.what, _text(event.at), int(event.at.timestamp())),
    )
    return done.rowcount > 0


def _update_claim(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    done = connection.execute(
        "UPDATE claims SET outcome = ?, at = ?, at_unix = ? WHERE ritual = ? AND day = ?",
        (event.what, _text(event.at), int(event.at.timestamp()), *_key(event)),
    )
    return done.rowcount > 0


def _is_news(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    last = connection.execute(
        "SELECT what, why FROM ritual_events WHERE ritual = ? AND day = ? ORDER BY id DESC LIMIT 1",
        _key(event),
    ).fetchone()
    return bool(last != (event.what, event.why))


def _put_off(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    if not _update_claim(connection, event):
        _insert_claim(connection, event)
    connection.execute(
        "INSERT INTO snoozes (ritual, day, until) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET until = excluded.until",
        (*_key(event), _until(event)),
    )
    return True


def _take_back(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    delete = "DELETE FROM snoozes WHERE ritual = ? AND day = ?"
    was_put_off = connection.execute(delete, _key(event)).rowcount > 0
    if was_put_off:
        _update_claim(connection, event)
    return was_put_off


def _begin_pause(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    connection.execute(
        "INSERT INTO pause_all (only, since, until) VALUES (1, ?, ?)"
        " ON CONFLICT DO UPDATE SET since = excluded.since, until = excluded.until",
        (_text(event.at), _until(event)),
    )
    return True


def _end_pause(connection: sqlite3.Connection, event: RitualEvent) -> bool:
    at = _text(event.at)
    found = connection.execute("SELECT until FROM pause_all").fetchone()
    if found is None or _at(found[0]) <= _at(at):
        return False
    connection.execute("UPDATE pause_all SET until = ?", (at,))
    return True


def _key(event: RitualEvent) -> tuple[str, str]:
    return event.ritual, str(event.day)


def _until(event: RitualEvent) -> str | None:
    return None if event.until is None else _text(event.until)


def _text(at: datetime) -> str:
    return (at.astimezone() if at.tzinfo is None else at).isoformat()


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
