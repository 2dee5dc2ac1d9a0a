"""Writes down a session while it is heard, in a thread of its own: no session waits for a disk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.store.journal.presence import Presence

if TYPE_CHECKING:
    import sqlite3

    from voice_guide.store.journal.sessions import Journal

LOST: Final = "lost"

_log = logging.getLogger(__name__)

FIRST_AFTER_S: Final = 2.0
"""Heard for this long a session is written down; before that, its words need the processor."""
AGAIN_AFTER_S: Final = 60.0
"""What is left out, at most, of a session whose program was killed."""
_PATIENCE_S: Final = 5.0
"""Somewhat more than the journal's own."""


@dataclass(frozen=True, slots=True)
class _Begun:
    """A session under way."""

    script: str
    title: str
    ritual: str
    started_at: datetime
    mark: int
    """As the presence had it: another one later means that this session was forgotten."""


class Recorder:
    """Follows one session after the other, each told by one thread. Idle, it costs nothing."""

    def __init__(
        self,
        presence: Presence,
        journal: Callable[[], Journal],
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._presence, self._journal, self._now = presence, journal, now
        self._worker: ThreadPoolExecutor | None = None
        self._begun: _Begun | None = None
        self._next_s = 0.0
        self._writing: Future[bool] | None = None
        # These two belong to the worker.
        self._row: int | None = None
        self._lock: sqlite3.Connection | None = None

    def hear(
        self, script: str, title: str, ritual: str, *, length_s: float, heard_s: float
    ) -> None:
        """Take in how far a session has come; returns at once. The first of these begins it."""
        if self._begun is None:
            started_at = self._now().astimezone() - timedelta(seconds=heard_s)
            self._begun = _Begun(script, title, ritual, started_at, self._presence.mark())
            self._next_s = FIRST_AFTER_S
        is_free = self._writing is None or self._writing.done()
        if is_free and heard_s >= self._next_s:
            self._next_s = heard_s + AGAIN_AFTER_S
            self._writing = self._send(self._begun, length_s, heard_s, "")

    def end(self, *, length_s: float, heard_s: float, ended: str) -> bool:
        """Write down how the session ended, if it was heard; False where it was forgotten.

        Raises
        ------
        VoiceGuideError
            It cannot be written down, or not in time.
        """
        begun, self._begun = self._begun, None
        if begun is None or (ended == LOST and heard_s < FIRST_AFTER_S):
            return True  # what could not really begin is no session
        try:
            return self._send(begun, length_s, heard_s, ended).result(_PATIENCE_S)
        except TookTooLong as error:
            raise VoiceGuideError(
                "It took too long to write this session down.", "Is the disk very busy?"
            ) from error

    def _send(self, begun: _Begun, length_s: float, heard_s: float, ended: str) -> Future[bool]:
        if self._worker is None:
            self._worker = ThreadPoolExecutor(1, "journal")
        return self._worker.submit(self._write, begun, length_s, heard_s, ended)

    def _write(self, begun: _Begun, length_s: float, heard_s: float, ended: str) -> bool:
        try:
            return self._write_down(begun, length_s, heard_s, ended)
        except Exception:
            _log.warning("a session could not be written down", exc_info=True)
            raise
        finally:
            if ended:
                self._row = None
                if self._lock is not None:
                    self._lock.close()
                    self._lock = None

    def _write_down(self, begun: _Begun, length_s: float, heard_s: float, ended: str) -> bool:
        from voice_guide.store.journal.sessions import Session  # noqa: PLC0415 (it brings sqlite3)

        journal = self._journal()
        if self._row is not None:
            return journal.go_on(self._row, length_s, heard_s, ended, begun.mark)
        if not ended and self._lock is None:
            self._lock = self._presence.enter()
        session = Session(
            0, begun.started_at, begun.script, begun.title, length_s, heard_s, ended, begun.ritual
        )
        self._row = journal.begin(session, begun.mark)
        return self._row is not None
