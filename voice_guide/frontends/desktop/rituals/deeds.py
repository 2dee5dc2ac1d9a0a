"""What is done about rituals from the menu: turned on and off, skipped, paused."""

from __future__ import annotations

from datetime import UTC

from voice_guide.frontends.rituals.book import SUGGESTED, RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import parse_time, parse_until
from voice_guide.frontends.services import Services
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.ritual import Occurrence


def turn(book: RitualBook, name: str, *, is_on: bool) -> None:
    """Let a ritual be offered, or not; one that was only suggested is made."""
    if name in book.tables():
        book.change(name, {"on": is_on})
    else:
        book.add(name, {**SUGGESTED[name], "on": is_on})


def skip(services: Services, one: Occurrence) -> None:
    """Leave it out."""
    JournalLedger(services.ledger()).skip(one, read_moment().now)


def pause_until_tomorrow(services: Services) -> None:
    """Let all rituals rest until the listener's next day begins."""
    moment = read_moment()
    begins = parse_time(services.settings().journal.day_begins)
    until = parse_until("tomorrow", moment.now.astimezone(moment.zone), begins)
    JournalLedger(services.ledger()).pause(until.astimezone(UTC), moment.now)


def resume(services: Services) -> None:
    """End the pause of all rituals."""
    JournalLedger(services.ledger()).resume(read_moment().now)
