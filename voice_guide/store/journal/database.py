"""One SQLite file: opened for each piece of work, whole at every moment, and faults in plain words.

Nothing is held open between two pieces of work. So any thread may use it, a file that was moved,
mended or forgotten meanwhile is no surprise, and an idle program holds nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.journal.broken import open_to_look, set_aside
from voice_guide.store.journal.schema import VERSION, migrate, read_version

_log = logging.getLogger(__name__)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

PATIENCE_S: Final = 3.0
"""As long as one waits for another program; a write takes some 20 ms on a slow disk."""

_AGAIN_S: Final = 0.02
_BUSY_S: Final = 1.0
"""SQLite's own patience within one step; not every step has it, so it is tried again."""

_PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",  # where the file system cannot, the older way is as safe
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # what is forgotten leaves no copy in a temporary file
)

_OLDEST: Final = (3, 37, 0)
"""The first SQLite with STRICT tables, of 2021."""

_BUSY: Final = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_BROKEN: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}

_CLOCK_TICK_NS: Final = 2_000_000_000
"""A file that was written this lately may change again and look the same."""


class _StillRead(Exception):
    """Another program reads what should be swept away."""


class Database:
    """The journal's file. Every method may be called from any thread, and may raise `StoreCorrupt`.

    Parameters
    ----------
    tell
        Told in a sentence when a broken file was set aside.
    """

    def __init__(self, path: Path, tell: Callable[[str], None] = _log.warning) -> None:
        self.path = path
        self._tell = tell

    def write(self, work: Work[T]) -> T:
        """Do a piece of work in one transaction; when this returns, it is kept."""
        return self._carry_out(lambda: self._transact("BEGIN IMMEDIATE", work))

    def read(self, work: Work[T], absent: T) -> T:
        """Return what the work finds at one moment; `absent` where there is no journal."""
        if not os.path.lexists(self.path):
            return absent
        try:
            return self._carry_out(lambda: self._transact("BEGIN", work))
        except StoreCorrupt as fault:
            if not isinstance(fault.__cause__, sqlite3.Error | OSError):
                raise
            with contextlib.suppress(sqlite3.Error, OSError):
                return self._read_as_it_lies(work)
            raise

    def sweep(self) -> None:
        """Let nothing be left of what was deleted, in this file or in those beside it."""
        if os.path.lexists(self.path):
            self._carry_out(self._sweep)

    def stamp(self) -> object:
        """Return what differs from an earlier one if anything may have been written since.

        Costs a few microseconds, so that whoever looks often need not read.
        """
        seen: list[object] = []
        for path in (self.path, _beside(self.path, "-wal")):
            try:
                found = path.stat()
            except OSError:
                continue
            if abs(time.time_ns() - found.st_mtime_ns) < _CLOCK_TICK_NS:
                return object()
            seen.append((found.st_ino, found.st_size, found.st_mtime_ns))
        return tuple(seen)

    def _read_as_it_lies(self, work: Work[T]) -> T:
        """Read where nothing can be written, as on a full disk: otherwise SQLite makes files."""
        log = _beside(self.path, "-wal")
        if log.exists() and log.stat().st_size:
            raise sqlite3.OperationalError("what was written last is not in the file yet")
        place = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
        with contextlib.closing(sqlite3.connect(place, uri=True)) as connection:
            if read_version(connection) != VERSION:
                raise sqlite3.OperationalError("the tables are of another version")
            return work(connection)

    def _transact(self, begin: str, work: Work[T]) -> T:
        connection = self._open()
        try:
            connection.execute(begin)
            result = work(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()  # takes back what was not committed
        return result

    def _sweep(self) -> None:
        connection = self._open()
        try:
            connection.execute("VACUUM")
            is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        finally:
            connection.close()
        if is_busy:
            raise _StillRead

    def _open(self) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise StoreCorrupt(
                f"This Python brings SQLite {sqlite3.sqlite_version}; the journal needs 3.37.",
                "A newer Python brings a newer one. Sessions play all the same.",
            )
        self._look()
        connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
        try:
            _keep_private(self.path)
            for pragma in _PRAGMAS:
                connection.execute(pragma)
            migrate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _look(self) -> None:
        """Look before opening: what is not ours to change is not touched."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            return
        if not stat.S_ISREG(self.path.stat().st_mode):
            raise StoreCorrupt(
                f"The journal cannot be kept in {self.path}: it is not an ordinary file.",
                "Move it away. Sessions play all the same.",
            )
        with contextlib.closing(open_to_look(self.path)) as connection:
            version = read_version(connection)
        if version > VERSION:
            raise StoreCorrupt(
                f"The journal in {self.path} was written by a newer voice-guide.",
                "Update this one. The journal was not touched. Sessions play all the same.",
            )

    def _carry_out(self, attempt: Callable[[], T]) -> T:
        deadline = time.monotonic() + PATIENCE_S
        has_mended = False
        while True:
            try:
                return attempt()
            except (sqlite3.Error, _StillRead) as error:
                code = _code(error)
                if code in _BUSY and time.monotonic() < deadline:
                    time.sleep(_AGAIN_S)
                elif code in _BROKEN and not has_mended and self._mend():
                    has_mended = True
                else:
                    raise self._explain(code, error) from error
            except OSError as error:
                raise self._explain(0, error) from error

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Say in plain words what the system will not do with the journal's files."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise self._explain(_code(error), error) from error

    def _mend(self) -> bool:
        """Set a broken file aside; return whether another attempt may succeed."""
        try:
            aside = set_aside(self.path)
        except (OSError, sqlite3.Error):
            _log.exception("a broken journal could not be set aside")
            return False
        if aside is not None:
            self._tell(
                f"The journal could not be read. It was set aside as {aside}, and a new one begun."
                " “voice-guide doctor” tells how to get back what is in it."
            )
        return aside is not None

    def _explain(self, code: int, error: Exception) -> VoiceGuideError:
        if code in _BUSY:
            return VoiceGuideError(
                f"Another program is writing to the journal in {self.path}, and does not end.",
                "Try again in a moment. Sessions play all the same.",
            )
        reason = {
            sqlite3.SQLITE_READONLY: "it may not be written to",
            sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
            sqlite3.SQLITE_FULL: "the disk is full",
            sqlite3.SQLITE_IOERR: "the disk would not take it, as when it is full",
        }.get(code, getattr(error, "strerror", None) or str(error))
        is_full = code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
        return StoreCorrupt(
            f"The journal cannot be kept in {self.path}: {reason}.",
            f"{'Make some room there. ' * is_full}Sessions play all the same.",
        )


def _code(error: Exception) -> int:
    if isinstance(error, _StillRead):
        return sqlite3.SQLITE_BUSY
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest of it says where it happened


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _keep_private(path: Path) -> None:
    # Before anything is in it; SQLite gives the files beside it the same permissions.
    for one in (path, _beside(path, "-wal"), _beside(path, "-shm")):
        with contextlib.suppress(OSError):
            if one.stat().st_mode & 0o077:
                one.chmod(0o600)
