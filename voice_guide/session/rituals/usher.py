"""Brings what is due to the listener, one at a time, and writes down what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final, Protocol

from voice_guide.errors import VoiceGuideError
from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.offer import (
    Offer,
    OfferEvent,
    Stage,
    TimePassed,
    Withdraw,
    open_offer,
    step,
)
from voice_guide.session.rituals.outcome import Deferral, Outcome, Record, tell_absence
from voice_guide.session.rituals.plan import LOOK_BACK_DAYS, Plan, is_in_force, plan
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual

REPLAN_S: Final = 3600.0
"""Nothing is known to need it; should a change go unnoticed, it is an hour's matter."""

AGAIN_S: Final = 20.0
"""Whether what defers an offer is over is asked this often."""

SETTLE_S: Final = 10.0
"""After a yes the session needs a moment until it is seen to play and defers what else is due."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger knows, at one moment."""

    claims: Mapping[Key, Outcome] = field(default_factory=dict)
    """Everything that was claimed; of what happened since, the first word or the last."""
    snoozed: Mapping[Key, datetime] = field(default_factory=dict)
    """Where snoozes end, in UTC."""
    pause: Pause | None = None
    """The latest pause of all rituals, also one that has ended."""


class Ledger(Protocol):
    """What survives a restart. Everything here may raise `VoiceGuideError`."""

    def stamp(self) -> object:
        """Return what equals an earlier stamp only if nothing was written since; quickly."""

    def read(self, since: date) -> Past:
        """Return what was claimed on this day and later, and what else is known."""

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        """Take an occurrence, or its snooze, before anything is seen or heard of it.

        Returns whether it was still to be had: only one program in the world is told True.
        """

    def add(self, key: Key, record: Record) -> None:
        """Write down what else happened. `SNOOZED` also puts it off; `DEFERRED` claims nothing."""


class Usher:
    """Offers what is due. To be used in one thread; it knows the time from its arguments only.

    Parameters
    ----------
    ledger
        Where claims are kept: there is no other state that matters.
    rituals
        Read at first and after each `change`; a fault leaves those that were known.
    deferral
        Asked only when something is due: why now is no moment for it.
    on_offer
        Told each time an offer changes, from open to answered: what shows, sounds and plays it.
    on_fault
        Told what cannot be written or read, once.
    """

    def __init__(
        self,
        ledger: Ledger,
        rituals: Callable[[], Sequence[Ritual]],
        deferral: Callable[[], Deferral | None],
        on_offer: Callable[[Offer], None],
        on_fault: Callable[[VoiceGuideError], None],
    ) -> None:
        self._ledger = ledger
        self._read_rituals = rituals
        self._deferral = deferral
        self._on_offer = on_offer
        self._on_fault = on_fault
        self._rituals: tuple[Ritual, ...] = ()
        self._is_outdated = True
        self._offer: Offer | None = None
        self._last: Moment | None = None
        self._known: tuple[object, ...] = ()
        self._looked_at: datetime | None = None
        self._next_at: datetime | None = None
        self._is_held_up = False
        self._resting_until: datetime | None = None
        self._deferred: dict[Key, Deferral] = {}
        self._unwritten: set[tuple[Key, datetime]] = set()
        self._put_off: dict[Key, datetime] = {}
        self._served: tuple[datetime, datetime] | None = None
        self._told = ""

    @property
    def offer(self) -> Offer | None:
        """The offer that waits for an answer."""
        return self._offer

    @property
    def is_idle(self) -> bool:
        """Whether nothing can happen before the next change."""
        return self._offer is None and not any(ritual.is_on for ritual in self._rituals)

    def change(self) -> None:
        """Read the rituals and the ledger anew at the next tick."""
        self._is_outdated = True

    def tick(self, moment: Moment) -> datetime | None:
        """Do what is to be done now; return when to come back at the latest, None for whenever."""
        try:
            self._advance(TimePassed(), moment)
            if self._is_worth_a_look(moment):
                self._look(moment)
        except VoiceGuideError as fault:
            self._looked_at = None
            self._tell(fault)
        self._last = moment
        return self._offer.stage_ends_at if self._offer else self._next_at

    def hear(self, event: OfferEvent, key: Key | None, moment: Moment) -> None:
        """Let an answer reach the offer; one to an offer that is gone (by its key) is nothing."""
        if self._offer and key in {None, self._offer.occurrence.key}:
            self._advance(event, moment)

    def leave(self, moment: Moment) -> None:
        """Take an open offer away, because the program ends."""
        self._advance(Withdraw(Outcome.WITHDRAWN, "voice-guide ended"), moment)

    def _advance(self, event: OfferEvent, moment: Moment) -> None:
        before = self._offer
        after = step(before, event, moment.now) if before else None
        if after is None or after is before:
            return
        self._offer = None if after.stage is Stage.ANSWERED else after
        if after.answer:
            self._served = (after.shown_at, moment.now)
            self._write_down(after.occurrence.key, after.answer)
            if after.answer.outcome is Outcome.STARTED:
                self._resting_until = moment.now + timedelta(seconds=SETTLE_S)
        self._on_offer(after)

    # ---- Looking ---------------------------------------------------------------------------------

    def _is_worth_a_look(self, moment: Moment) -> bool:
        known = (self._ledger.stamp(), moment.now.astimezone(moment.zone).utcoffset())
        has_changed = self._is_outdated or known != self._known
        self._known = known
        if has_changed or self._looked_at is None or self._offer:
            return has_changed or self._offer is None
        is_late = self._next_at is not None and moment.now >= self._next_at
        age_s = (moment.now - self._looked_at).total_seconds()
        return is_late or self._is_held_up or not 0 <= age_s < REPLAN_S

    def _look(self, moment: Moment) -> None:
        if self._is_outdated:
            self._is_outdated = False
            self._take_rituals()
        if self.is_idle:
            self._next_at = None
            return
        today = moment.now.astimezone(moment.zone).date()
        past = self._ledger.read(today - timedelta(days=LOOK_BACK_DAYS))
        self._drop_offer(past.pause, moment)
        if self._offer:
            return
        snoozed = {**past.snoozed, **self._put_off}
        found = plan(self._rituals, moment.now, moment.zone, past.claims.get, snoozed, past.pause)
        self._looked_at, self._next_at = moment.now, found.next_at
        if found.problem:
            self._tell(VoiceGuideError(found.problem, "Set the clock; nothing else is needed."))
        self._write_over(found, past.pause, moment)
        self._is_held_up = False
        due = [one for one in found.due if (one.key, one.at) not in self._unwritten]
        if due:
            self._offer_first(due, moment)

    def _take_rituals(self) -> None:
        try:
            self._rituals = tuple(self._read_rituals())
        except VoiceGuideError as fault:
            self._tell(fault)

    def _drop_offer(self, pause: Pause | None, moment: Moment) -> None:
        if self._offer is None:
            return
        offered = self._offer.occurrence.ritual
        now = next((one for one in self._rituals if one.is_on and one.name == offered.name), None)
        if pause and is_in_force(pause, moment.now):
            self._advance(Withdraw(Outcome.PAUSED, until=pause.until), moment)
        elif now is None:
            self._advance(Withdraw(Outcome.WITHDRAWN, "it was turned off"), moment)
        elif (now.at, now.days) != (offered.at, offered.days):
            self._advance(Withdraw(Outcome.WITHDRAWN, "its time was changed"), moment)

    def _write_over(self, found: Plan, pause: Pause | None, moment: Moment) -> None:
        for one, outcome in found.over:
            if outcome is Outcome.PAUSED:
                record = Record(outcome, moment.now, until=pause.until if pause else None)
            else:
                record = Record(outcome, moment.now, self._why_missed(one, moment))
            if (one.key, one.at) not in self._unwritten:
                self._claim(one, record)

    def _why_missed(self, one: Occurrence, moment: Moment) -> str:
        if one.key in self._deferred:
            return f"{self._deferred.pop(one.key)} for longer than it waits"
        if self._served and self._served[0] <= one.ends_at and one.at <= self._served[1]:
            return "another ritual was waiting for an answer"
        return tell_absence(one, self._last, moment)

    # ---- Offering --------------------------------------------------------------------------------

    def _offer_first(self, due: Sequence[Occurrence], moment: Moment) -> None:
        self._is_held_up = True
        if self._resting_until and self._is_resting(moment.now):
            self._come_back(self._resting_until)
            return
        reason = self._deferral()
        if reason not in {None, Deferral.UNKNOWN}:
            assert reason is not None
            self._come_back(moment.now + timedelta(seconds=AGAIN_S))
            for one in due:
                self._defer(one, reason, moment.now)
            return
        for one in due:
            if self._claim(one, Record(Outcome.OFFERED, moment.now)):
                self._deferred.pop(one.key, None)
                is_quiet = reason is Deferral.UNKNOWN
                self._offer = open_offer(one, moment.now, is_quiet=is_quiet)
                self._on_offer(self._offer)
                return

    def _come_back(self, at: datetime) -> None:
        self._next_at = min(at, self._next_at or at)

    def _is_resting(self, now: datetime) -> bool:
        if self._resting_until is None:
            return False
        left_s = (self._resting_until - now).total_seconds()
        return 0 < left_s <= SETTLE_S

    def _defer(self, one: Occurrence, reason: Deferral, now: datetime) -> None:
        if self._deferred.get(one.key) is not reason:
            self._deferred[one.key] = reason
            self._write_down(one.key, Record(Outcome.DEFERRED, now, reason))

    # ---- Writing ---------------------------------------------------------------------------------

    def _claim(self, one: Occurrence, record: Record) -> bool:
        was_put_off_here = self._put_off.pop(one.key, None) == one.at
        try:
            is_ours = self._ledger.claim(one, record)
        except VoiceGuideError as fault:
            # A full disk is no reason to be silent; it is one not to say a thing twice.
            self._unwritten.add((one.key, one.at))
            self._tell(fault)
            return True
        self._told = ""
        return is_ours or was_put_off_here

    def _write_down(self, key: Key, record: Record) -> None:
        try:
            self._ledger.add(key, record)
        except VoiceGuideError as fault:
            if record.outcome is Outcome.SNOOZED and record.until:
                self._put_off[key] = record.until
            self._tell(fault)

    def _tell(self, fault: VoiceGuideError) -> None:
        if self._told != str(fault):
            self._told = str(fault)
            self._on_fault(fault)
