"""Who is playing a session now, told by a lock that the system lets go of when a program dies.

An empty file beside the journal carries it. SQLite's own locks are used, because they are the same
on every system: whoever plays holds it shared, whoever wants to know asks for it alone. When the
file was last touched is when something was forgotten: a session that began before that is not
written down any more.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

_ENDING: Final = ".live"
_PATIENCE_S: Final = 2.0
"""Whoever asks holds the lock for a few milliseconds."""


class Presence:
    """The lock of one journal."""

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_name(journal.stem + _ENDING)

    def mark(self) -> int:
        """Return what changes whenever something is forgotten."""
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return 0

    def move_mark(self) -> None:
        """Let every session that is under way be left out of the journal."""
        self._make()
        # Two moments may look alike to a coarse clock; a mark never returns to what it was.
        stamp = max(time.time_ns(), self.mark() + 1)
        os.utime(self._path, ns=(stamp, stamp))

    def is_anyone(self) -> bool:
        """Tell whether somebody plays now; where that cannot be known, nobody does."""
        import sqlite3  # noqa: PLC0415 (a session begins without it)

        with contextlib.suppress(OSError, sqlite3.Error):
            if self._path.exists():
                with self.settling() as is_alone:
                    return not is_alone
        return False

    @contextlib.contextmanager
    def settling(self) -> Iterator[bool]:
        """Hold the lock alone, and give True; give False where somebody plays."""
        connection = self._connect(0.0)
        try:
            yield _try_alone(connection)
        finally:
            connection.close()

    @contextlib.contextmanager
    def mending(self) -> Iterator[None]:
        """Hold off everybody else who wants to mend; whoever plays goes on playing."""
        connection = self._connect(_PATIENCE_S)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield
        finally:
            connection.close()

    def enter(self) -> sqlite3.Connection:
        """Be known as playing, until what is returned is closed or the program dies."""
        connection = self._connect(_PATIENCE_S)
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect(self, timeout_s: float) -> sqlite3.Connection:
        import sqlite3  # noqa: PLC0415 (a session begins without it)

        self._make()
        return sqlite3.connect(
            self._path, timeout=timeout_s, isolation_level=None, check_same_thread=False
        )

    def _make(self) -> None:
        if self._path.exists():
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            self._path.touch(mode=0o600, exist_ok=False)
            # A new file says nothing about forgetting: as old as none at all.
            os.utime(self._path, ns=(0, 0))


def _try_alone(connection: sqlite3.Connection) -> bool:
    import sqlite3  # noqa: PLC0415 (a session begins without it)

    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return False
    return True
