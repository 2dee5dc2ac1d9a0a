"""The thread that looks at the clock for the usher.

A wait is counted by a clock that stands still while the computer sleeps, and knows nothing of a
wall clock that is set. So none is longer than 20 seconds, however far off the next ritual is.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from voice_guide.session.rituals.clocks import Moment, read_moment
from voice_guide.session.rituals.offer import OfferEvent
from voice_guide.session.rituals.ritual import Key
from voice_guide.session.rituals.usher import Usher

_log = logging.getLogger(__name__)

CAP_S: Final = 20.0
"""The longest wait: so late at most is what comes due in a sleep, or under a clock that is set."""

LOOK_S: Final = 60.0
"""As long as the wall clock goes on as it should, and nothing is due, no more than it is read in
between. A thread that wakes finds cold caches: all that a look touches takes several times as long
as in a loop."""

_SOON_S: Final = 0.01
"""The shortest wait: an instant that is a hair away, or has just passed, is no reason to spin."""

_CLOSE_S: Final = 3.0


class _Word(Enum):
    LOOK = auto()
    CHANGE = auto()
    CLOSE = auto()


@dataclass(frozen=True, slots=True)
class _Heard:
    event: OfferEvent
    key: Key | None


class Ticker:
    """Looks after rituals. Every method may be called from any thread, and returns at once.

    What the usher calls, it calls in this thread; a fault that is raised there is logged, and the
    thread goes on.

    Parameters
    ----------
    read
        Called at each look, in the thread.
    idle_s
        How often to look while no ritual is on; None lets nothing wake the thread.
    wall
        The same wall clock as `read` tells, in seconds since 1970.
    """

    def __init__(
        self,
        usher: Usher,
        read: Callable[[], Moment] = read_moment,
        cap_s: float = CAP_S,
        idle_s: float | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._usher = usher
        self._read = read
        self._cap_s = cap_s
        self._idle_s = idle_s
        self._wall = wall
        self._calm = (0.0, 0.0)
        self._inbox: queue.SimpleQueue[_Word | _Heard] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="rituals", daemon=True)
        self._thread.start()

    def change(self) -> None:
        """Rituals, skips, snoozes or the pause are others now: read them anew."""
        self._inbox.put(_Word.CHANGE)

    def hasten(self) -> None:
        """Look now: the computer woke up, or what deferred an offer may be over."""
        self._inbox.put(_Word.LOOK)

    def hear(self, event: OfferEvent, key: Key | None = None) -> None:
        """Let an answer reach the open offer, or only the one of this key."""
        self._inbox.put(_Heard(event, key))

    def close(self) -> None:
        """Take an open offer away, and wait until the thread is gone. Safe to call twice."""
        self._inbox.put(_Word.CLOSE)
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        wait_s: float | None = 0.0
        while True:
            word: _Word | _Heard = _Word.LOOK
            try:
                word = self._inbox.get(timeout=wait_s)
            except queue.Empty:
                if (left_s := self._left_s()) > 0:
                    wait_s = min(self._cap_s, left_s)
                    continue
            wait_s = self._cap_s
            self._calm = (0.0, 0.0)
            try:
                moment = self._read()
                if word is _Word.CLOSE:
                    self._usher.leave(moment)
                else:
                    wait_s = self._turn(word, moment)
            except Exception:  # noqa: BLE001 - the one catch-all of this thread
                _log.exception("the rituals could not be looked after")
            if word is _Word.CLOSE:
                return

    def _turn(self, word: _Word | _Heard, moment: Moment) -> float | None:
        if word is _Word.CHANGE:
            self._usher.change()
        elif isinstance(word, _Heard):
            self._usher.hear(word.event, word.key, moment)
        next_at = self._usher.tick(moment)
        if self._usher.is_idle:
            return self._idle_s
        left_s = LOOK_S
        if next_at is not None and next_at > moment.now:
            left_s = min(left_s, max(_SOON_S, (next_at - moment.now).total_seconds()))
        began = moment.now.timestamp()
        self._calm = (began, began + left_s)
        return min(self._cap_s, left_s)

    def _left_s(self) -> float:
        """Return how long nothing can happen, if the wall clock has not been set."""
        now = self._wall()
        began, ends = self._calm
        return ends - now if began <= now else 0.0
