"""Is this a bad moment? Asked when a ritual is due, and at no other time: nothing is watched.

Every question has three answers, because many a desktop tells nobody: yes, no, or cannot be asked.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Final

_log = logging.getLogger(__name__)

ASK_S: Final = 2.0
"""Whoever has not answered by then cannot be asked: the listener waits for a chime meanwhile."""


class Reason(StrEnum):
    """Why a ritual should wait; the earlier one is told where several hold."""

    QUIET = "do-not-disturb"
    MICROPHONE = "microphone"
    FULL_SCREEN = "full-screen"


_SENTENCES: Final = {
    Reason.QUIET: "The desktop was set to do not disturb.",
    Reason.MICROPHONE: "Another program was using the microphone.",
    Reason.FULL_SCREEN: "A window filled the whole screen.",
}
_DOUBTS: Final = {
    Reason.QUIET: "whether it was set to do not disturb",
    Reason.MICROPHONE: "whether the microphone was in use",
    Reason.FULL_SCREEN: "whether a window filled the screen",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desktop said."""

    busy: Reason | None = None
    """Why to wait; None where nothing is known to be in the way."""
    unknown: tuple[Reason, ...] = ()
    """What could not be asked."""

    @property
    def is_sure(self) -> bool:
        """Whether there is a reason, or nothing was left unanswered."""
        return self.busy is not None or not self.unknown

    @property
    def may_sound(self) -> bool:
        """Whether a chime is welcome: nothing is in the way, and the listener's own word is known.

        Where that cannot be asked a notice alone is shown, which the desktop holds back by itself.
        """
        return self.busy is None and Reason.QUIET not in self.unknown

    @property
    def text(self) -> str:
        """The answer as one plain sentence, in the past tense."""
        if self.busy is not None:
            return _SENTENCES[self.busy]
        if self.unknown:
            *firsts, last = (_DOUBTS[one] for one in self.unknown)
            doubts = f"{', '.join(firsts)} or {last}" if firsts else last
            return f"Nothing was in the way, but the desktop does not tell {doubts}."
        return "Nothing was in the way."


BLIND: Final = Answer(unknown=tuple(Reason))
"""Of a system that can be asked nothing, as macOS without libraries of its own."""

Question = Callable[[], bool | None]
"""Yes, no, or None: cannot be asked. Runs in a thread of its own; what it raises counts as None."""


def ask(questions: Mapping[Reason, Question], timeout_s: float = ASK_S) -> Answer:
    """Ask all at once, and wait for each answer, but no longer than this."""
    told: SimpleQueue[tuple[Reason, bool | None]] = SimpleQueue()
    for reason, question in questions.items():
        # Daemons: an X server that hangs may hang the question, never the program's end.
        asking = threading.Thread(
            target=_answer, args=(reason, question, told), name=f"ask {reason}", daemon=True
        )
        asking.start()
    answers = _gather(told, len(questions), time.monotonic() + timeout_s)
    return Answer(
        next((reason for reason in Reason if answers.get(reason)), None),
        tuple(reason for reason in Reason if answers.get(reason) is None),
    )


def _gather(
    told: SimpleQueue[tuple[Reason, bool | None]], count: int, deadline: float
) -> dict[Reason, bool | None]:
    answers: dict[Reason, bool | None] = {}
    while len(answers) < count:
        try:
            reason, answer = told.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            break
        answers[reason] = answer
    return answers


def _answer(
    reason: Reason, question: Question, told: SimpleQueue[tuple[Reason, bool | None]]
) -> None:
    answer = None
    try:
        answer = question()
    except Exception:  # noqa: BLE001 - the one catch-all of this thread
        _log.exception("%s cannot be asked", reason)
    told.put((reason, answer))
