"""Rituals left out: one for today, one for ten minutes, or all of them for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.rituals.there import tell_there
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.desktop.instance.place import find_folder
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.outlook import look
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import parse_snooze, parse_time, parse_until
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.outcome import Outcome, Record

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

_BACK: Final = timedelta(days=2)
"""What waits for an answer is of today, or of a night before."""


def skip_today(services: Services, name: str) -> int:
    """Leave a ritual out today; it comes again on its next day."""
    RitualBook(services).find(name)
    outlook = look(services, read_moment(), _BACK)
    ritual = outlook.named(name)
    one = outlook.today_of(ritual) if ritual else None
    if ritual is None or one is None:
        print(f"{name} does not come today anyway.{_next_line(services, name)}")
        return 0
    known = outlook.outcome_of(one.key)
    if known is None and one.ends_at <= outlook.moment.now:
        print(f"{name} does not come today any more.{_next_line(services, name)}")
        return 0
    if known in {None, Outcome.OFFERED, Outcome.SNOOZED}:
        if not _answered_there("skip", name):
            JournalLedger(services.ledger()).skip(one, outlook.moment.now)
            tell_there()
        print(f"{name} is skipped today.{_next_line(services, name)}")
        return 0
    print(f"{name} was {known} today already.{_next_line(services, name)}")
    return 0


def snooze(services: Services, text: str) -> int:
    """Put off what waits for an answer."""
    length_s = parse_snooze(text)
    outlook = look(services, read_moment(), _BACK)
    waiting = outlook.waiting()
    if not waiting:
        raise VoiceGuideError(
            "No ritual waits for an answer now.",
            "`voice-guide ritual list` says when each comes next.",
        )
    one = waiting[0]
    until = outlook.moment.now + timedelta(seconds=length_s)
    if not _answered_there("snooze", one.ritual.name, f"{length_s:g}"):
        ledger = JournalLedger(services.ledger())
        record = Record(Outcome.SNOOZED, outlook.moment.now, until=until)
        ledger.add(one.key, record)
        tell_there()
    print(f"{one.ritual.name} is put off until {until.astimezone(outlook.moment.zone):%H:%M}.")
    return 0


def pause_all(services: Services, text: str) -> int:
    """Let all rituals rest until then; they begin again by themselves."""
    moment = read_moment()
    local = moment.now.astimezone(moment.zone)
    begins = parse_time(services.settings().journal.day_begins)
    until = parse_until(text, local, begins)
    JournalLedger(services.ledger()).pause(until.astimezone(UTC), moment.now)
    tell_there()
    shown = until.astimezone(moment.zone)
    print(f"All rituals are paused until {shown:%A} {shown.day} {shown:%B}, {shown:%H:%M}.")
    print("Sooner: voice-guide ritual resume-all")
    return 0


def resume_all(services: Services) -> int:
    """End the pause."""
    was_paused = JournalLedger(services.ledger()).resume(datetime.now(UTC))
    tell_there()
    print("Rituals ring again." if was_paused else "Rituals are not paused.")
    return 0


def _next_line(services: Services, name: str) -> str:
    outlook = look(services, read_moment(), _BACK)
    ritual = outlook.named(name)
    next_at = ritual and outlook.next_at(ritual)
    return f" It comes next on {next_at:%A} at {next_at:%H:%M}." if next_at else ""


def _answered_there(*words: str) -> bool:
    """Let the companion answer its own offer; False where there is none, or no such offer."""
    reply = ask(find_folder(), ("ritual", *words))
    return reply is not None and not reply.code
