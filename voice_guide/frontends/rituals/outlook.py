"""What is known of the rituals at one moment: when each comes next, and what waits for a yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import parse_time
from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.plan import Plan, instant, is_in_force, next_of, plan
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services
    from voice_guide.session.rituals.usher import Past


@dataclass(frozen=True, slots=True)
class Outlook:
    """Rituals, what became of them before, and the moment at which both were read."""

    rituals: tuple[Ritual, ...]
    past: Past
    offered: Mapping[Key, datetime]
    """When that was offered which nobody has answered."""
    moment: Moment
    day_begins: time
    """When the listener's day begins, local time."""

    @property
    def pause(self) -> Pause | None:
        """The pause of all rituals, if it is in force."""
        pause = self.past.pause
        return pause if pause and is_in_force(pause, self.moment.now) else None

    @property
    def today(self) -> date:
        """The listener's local date."""
        return self.moment.now.astimezone(self.moment.zone).date()

    def next_at(self, ritual: Ritual) -> datetime | None:
        """Return when it will be offered next, in local time; None while it never will."""
        past = self.past
        return next_of(
            ritual,
            self.moment.now,
            self.moment.zone,
            past.claims.get,
            past.snoozed,
            past.pause,
        )

    def plan(self) -> Plan:
        """Return what is to be offered now and was not, and what is over that nobody claimed."""
        past = self.past
        return plan(
            self.rituals,
            self.moment.now,
            self.moment.zone,
            past.claims.get,
            past.snoozed,
            past.pause,
        )

    def waiting(self) -> tuple[Occurrence, ...]:
        """Return what was offered and may still be answered, and what is due; the oldest first."""
        # Counted from the offer, and not from its time: it may have come late, or been put off.
        offered = [
            Occurrence(ritual, key.day, at)
            for key, at in self.offered.items()
            if (ritual := self.named(key.ritual)) and at <= self.moment.now < at + ritual.grace
        ]
        found = {one.key: one for one in (*offered, *self.plan().due)}
        return tuple(sorted(found.values(), key=lambda one: (one.at, one.ritual.name)))

    def today_of(self, ritual: Ritual) -> Occurrence | None:
        """Return its occurrence of today, if there is one."""
        return self._on(self.today, ritual)

    def to_skip(self, ritual: Ritual) -> Occurrence | None:
        """Return what there is to skip today: what waits or is put off, or is to come.

        Whoever is up late means what comes after midnight, too, until the listener's day ends;
        whoever is awake after midnight means the day that has begun.
        """
        one_day = timedelta(days=1)
        waiting = {one.key for one in self.waiting()}
        for day in (self.today - one_day, self.today, self.today + one_day):
            key = Key(ritual.name, day)
            one = self._on(day, ritual)
            if one and (key in waiting or key in self.past.snoozed or self._is_to_come(one)):
                return one
        return None

    def _is_to_come(self, one: Occurrence) -> bool:
        now = self.moment.now
        if not one.ritual.is_on or one.at <= now or self.outcome_of(one.key) is not None:
            return False
        is_early = one.ritual.at < self.day_begins <= now.astimezone(self.moment.zone).time()
        return one.day == self.today or is_early

    def _on(self, day: date, ritual: Ritual) -> Occurrence | None:
        if day.weekday() not in ritual.days:
            return None
        at = instant(day, ritual.at, self.moment.zone)
        return Occurrence(ritual, day, at) if at else None

    def named(self, name: str) -> Ritual | None:
        """Return the ritual of this name."""
        return next((one for one in self.rituals if one.name == name), None)

    def outcome_of(self, key: Key) -> Outcome | None:
        """Return what became of an occurrence; None for one that nobody has claimed."""
        return self.past.claims.get(key)


def look(services: Services, moment: Moment, back: timedelta) -> Outlook:
    """Read all there is to know; raises `VoiceGuideError`.

    Parameters
    ----------
    services
        Whose settings and journal are read.
    moment
        What the clocks say.
    back
        How far back what became of rituals matters.
    """
    begins = services.settings().journal.day_begins  # a fault in them is told, not passed over
    since = moment.now.astimezone(moment.zone).date() - back
    rituals = RitualBook(services).rituals(moment.now)
    ledger = JournalLedger(services.ledger())
    past, offered = ledger.read(since), ledger.offered(since)
    return Outlook(rituals, past, offered, moment, parse_time(begins))
