"""What is known of the rituals at one moment: when each comes next, and what waits for a yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.plan import instant, is_in_force, next_of, plan
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services
    from voice_guide.session.rituals.usher import Past


@dataclass(frozen=True, slots=True)
class Outlook:
    """Rituals, what became of them before, and the moment at which both were read."""

    rituals: tuple[Ritual, ...]
    past: Past
    moment: Moment

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

    def due(self) -> tuple[Occurrence, ...]:
        """Return what is to be offered now and was not, the oldest first."""
        past = self.past
        return plan(
            self.rituals,
            self.moment.now,
            self.moment.zone,
            past.claims.get,
            past.snoozed,
            past.pause,
        ).due

    def waiting(self) -> tuple[Occurrence, ...]:
        """Return what was offered and may still be answered, and what is due; the oldest first."""
        offered = [
            Occurrence(ritual, key.day, at)
            for key, outcome in self.past.claims.items()
            if outcome is Outcome.OFFERED and (ritual := self.named(key.ritual))
            if (at := instant(key.day, ritual.at, self.moment.zone))
            if at <= self.moment.now < at + ritual.grace
        ]
        found = {one.key: one for one in (*offered, *self.due())}
        return tuple(sorted(found.values(), key=lambda one: (one.at, one.ritual.name)))

    def today_of(self, ritual: Ritual) -> Occurrence | None:
        """Return its occurrence of today, if there is one."""
        if self.today.weekday() not in ritual.days:
            return None
        at = instant(self.today, ritual.at, self.moment.zone)
        return Occurrence(ritual, self.today, at) if at else None

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
    services.settings()  # a fault in them is told, and not passed over
    since = moment.now.astimezone(moment.zone).date() - back
    rituals = RitualBook(services).rituals(moment.now)
    return Outlook(rituals, JournalLedger(services.ledger()).read(since), moment)
