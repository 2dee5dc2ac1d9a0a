"""An offer, from the chime to the answer: a table from (stage, event) to the next offer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Occurrence

SNOOZE_S: Final = 600.0
"""How long "Snooze 10 min" puts it off."""

OBJECT_S: Final = 10.0
"""How long a ritual that begins by itself waits for an objection, once the sentence is spoken."""

_ANNOUNCE_S: Final = 30.0
"""A chime and a sentence are over long before; a voice that does not work begins nothing."""

ON_TIME: Final = timedelta(seconds=5)
"""Nothing speaks unasked after waking: what is later than this asks first. On a machine that is
awake an offer comes within one second."""


class Stage(StrEnum):
    """What an offer waits for."""

    WAITING = "waiting"
    """For a yes; silence means no."""
    ANNOUNCING = "announcing"
    """For its chime and its sentence to end; then it counts."""
    COUNTING = "counting"
    """For an objection; silence means yes."""
    ANSWERED = "answered"
    """For nothing any more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One occurrence, offered."""

    occurrence: Occurrence
    shown_at: datetime
    """UTC."""
    stage: Stage
    stage_ends_at: datetime
    """UTC: when this stage ends by itself."""
    is_quiet: bool = False
    """Whether only a notification may tell of it, because the desktop cannot be asked."""
    answer: Record | None = None
    """What became of it, once it is answered."""

    @property
    def is_late(self) -> bool:
        """Whether its time had passed when it came, as after a sleep."""
        return self.shown_at - self.occurrence.at > ON_TIME


@dataclass(frozen=True, slots=True)
class Start:
    """Yes."""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Not yet."""

    length_s: float = SNOOZE_S


@dataclass(frozen=True, slots=True)
class Skip:
    """Not today."""


@dataclass(frozen=True, slots=True)
class Touched:
    """A key, a click or a media key: whoever does that is not ready to be led."""


@dataclass(frozen=True, slots=True)
class Announced:
    """The chime and the sentence have been heard to their end."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """Nothing else happened."""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """It can no longer be answered."""

    outcome: Outcome
    """`WITHDRAWN` or `PAUSED`."""
    why: str = ""
    """A clause in plain words."""
    until: datetime | None = None
    """UTC: where a pause ends."""


Answer = Start | Snooze | Skip
OfferEvent = Answer | Touched | Announced | TimePassed | Withdraw


def open_offer(occurrence: Occurrence, now: datetime, *, is_quiet: bool = False) -> Offer:
    """Return the offer of an occurrence that has just been claimed."""
    ends_at = now + occurrence.ritual.grace
    offer = Offer(occurrence, now, Stage.WAITING, ends_at, is_quiet)
    if not occurrence.ritual.begins_by_itself or is_quiet or offer.is_late:
        return offer
    limit = now + timedelta(seconds=_ANNOUNCE_S)
    return replace(offer, stage=Stage.ANNOUNCING, stage_ends_at=limit)


def step(offer: Offer, event: OfferEvent, now: datetime) -> Offer:
    """Return the offer after an event; the same one when that changes nothing."""
    move = _TABLE.get((offer.stage, type(event)))
    return move(offer, event, now) if move else offer


def _answer(offer: Offer, record: Record) -> Offer:
    return replace(offer, stage=Stage.ANSWERED, answer=record)


def _start(offer: Offer, _event: Start, now: datetime) -> Offer:
    return _answer(offer, Record(Outcome.STARTED, now))


def _snooze(offer: Offer, event: Snooze, now: datetime) -> Offer:
    until = now + timedelta(seconds=event.length_s)
    return _answer(offer, Record(Outcome.SNOOZED, now, until=until))


def _skip(offer: Offer, _event: Skip, now: datetime) -> Offer:
    return _answer(offer, Record(Outcome.SKIPPED, now))


def _withdraw(offer: Offer, event: Withdraw, now: datetime) -> Offer:
    return _answer(offer, Record(event.outcome, now, event.why, event.until))


def _ask_first(offer: Offer, _event: object, now: datetime) -> Offer:
    return replace(offer, stage=Stage.WAITING, stage_ends_at=now + offer.occurrence.ritual.grace)


def _count(offer: Offer, _event: Announced, now: datetime) -> Offer:
    return replace(offer, stage=Stage.COUNTING, stage_ends_at=now + timedelta(seconds=OBJECT_S))


def _give_up_announcing(offer: Offer, event: TimePassed, now: datetime) -> Offer:
    return offer if _left(offer, now) > timedelta() else _ask_first(offer, event, now)


def _begin(offer: Offer, event: TimePassed, now: datetime) -> Offer:
    left = _left(offer, now)
    if left > timedelta():
        return offer
    if left < -ON_TIME:  # the computer slept meanwhile
        return _ask_first(offer, event, now)
    return _answer(offer, Record(Outcome.STARTED, now, "nobody objected"))


def _pass(offer: Offer, _event: TimePassed, now: datetime) -> Offer:
    grace = offer.occurrence.ritual.grace
    if offer.stage_ends_at - now > grace:  # the clock was set back, and an offer must end
        return replace(offer, stage_ends_at=now + grace)
    return offer if _left(offer, now) > timedelta() else _answer(offer, Record(Outcome.PASSED, now))


def _left(offer: Offer, now: datetime) -> timedelta:
    return offer.stage_ends_at - now


_OPEN = (Stage.WAITING, Stage.ANNOUNCING, Stage.COUNTING)

_ROWS: tuple[tuple[tuple[Stage, ...], type, Callable[[Offer, Any, datetime], Offer]], ...] = (
    (_OPEN, Start, _start),
    (_OPEN, Snooze, _snooze),
    (_OPEN, Skip, _skip),
    (_OPEN, Withdraw, _withdraw),
    ((Stage.ANNOUNCING, Stage.COUNTING), Touched, _ask_first),
    ((Stage.ANNOUNCING,), Announced, _count),
    ((Stage.ANNOUNCING,), TimePassed, _give_up_announcing),
    ((Stage.COUNTING,), TimePassed, _begin),
    ((Stage.WAITING,), TimePassed, _pass),
)
_TABLE = {(stage, event): move for stages, event, move in _ROWS for stage in stages}
