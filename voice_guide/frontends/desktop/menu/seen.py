"""What the menu tells of rituals, read in the background: words, marks, and what may be skipped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.rituals.book import SUGGESTED, RitualBook
from voice_guide.frontends.rituals.outlook import Outlook, look
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import DAYS, days_to_text
from voice_guide.frontends.services import Services
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.ritual import Occurrence

_BACK: Final = timedelta(days=2)
"""What is put off or skipped now is of today, or of a night before."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One ritual, on or off."""

    name: str
    label: str
    is_on: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Rituals at one moment, in words."""

    next: str
    """What comes next and when, or why nothing does."""
    today: Occurrence | None = None
    """What may be skipped today."""
    is_paused: bool = False
    switches: tuple[Switch, ...] = ()


class RitualsLook:
    """Looks at rituals, and reads anew only what may have changed. In one thread."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._known: object = None
        self._seen = Seen("")

    def look(self) -> Seen:
        """Return what there is to tell now."""
        try:
            services, moment = self._services, read_moment()
            minute = moment.now.astimezone(moment.zone).replace(second=0, microsecond=0)
            stamp = JournalLedger(services.ledger()).stamp()
            known = (stamp, services.settings().ritual, minute)
            if known != self._known:
                self._seen = _see(look(services, moment, _BACK), tuple(_switches(services)))
                self._known = known
        except VoiceGuideError as fault:
            self._seen, self._known = Seen(fault.message), None
        return self._seen


def _see(outlook: Outlook, switches: tuple[Switch, ...]) -> Seen:
    found = ((outlook.next_at(one), one.name) for one in outlook.rituals)
    at, name = min(((at, name) for at, name in found if at is not None), default=(None, ""))
    if outlook.pause:
        until = outlook.pause.until.astimezone(outlook.moment.zone)
        told = f"All are paused until {_when(until, outlook)}"
    elif at is None:
        told = "No ritual is on"
    else:
        told = f"Next: {name}, {_when(at, outlook)}"
    today = _still_today(outlook, name) if at else None
    return Seen(told, today, outlook.pause is not None, switches)


def _when(at: datetime, outlook: Outlook) -> str:
    ahead = (at.date() - outlook.today).days
    day = {0: "today", 1: "tomorrow"}.get(ahead, f"{at:%A}" if ahead < 7 else f"{at:%d %B}")
    return f"{day} {at:%H:%M}"


def _still_today(outlook: Outlook, name: str) -> Occurrence | None:
    ritual = outlook.named(name)
    one = outlook.to_skip(ritual) if ritual else None
    if one is None or outlook.outcome_of(one.key) not in {None, Outcome.SNOOZED}:
        return None
    return one


def _switches(services: Services) -> Iterator[Switch]:
    known = RitualBook(services).tables()
    for name, table in sorted(known.items(), key=lambda one: one[1].at.zfill(5)):
        yield Switch(name, f"{name}: {table.at}, {days_to_text(table.days)}", table.on)
    for name, fields in SUGGESTED.items() if not known else ():
        yield Switch(name, f"{name}: {fields['at']}, {days_to_text(DAYS)}", is_on=False)
