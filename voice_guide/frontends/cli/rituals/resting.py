"""Rituals left out: one for today, one for ten minutes, or all of them for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.rituals.there import answer_there, tell_there
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
    assert ritual is not None
    if (one := outlook.to_skip(ritual)) is not None:
        if answer_there("skip", name) is None:
            JournalLedger(services.ledger()).skip(one, outlook.moment.now)
            tell_there()
        said = "is skipped today"
    elif not ritual.is_on:
        said = "is off, and does not come today anyway"
    elif (today := outlook.today_of(ritual)) is None:
        said = "does not come today anyway"
    elif (known := outlook.outcome_of(today.key)) in {None, Outcome.MISSED}:
        said = "does not come today any more"
    else:
        said = f"was {'offered' if known is Outcome.PASSED else known} today already"
    print(f"{name} {said}.{_next_line(services, name)}")
    return 0


def snooze(services: Services, text: str) -> int:
    """Put off what waits for an answer."""
    length_s = parse_snooze(text)
    moment = read_moment()
    until = moment.now + timedelta(seconds=length_s)
    name = answer_there("snooze", "", f"{length_s:g}")
    if name is None:
        waiting = look(services, moment, _BACK).waiting()
        if not waiting:
            raise VoiceGuideError(
                "No ritual waits for an answer now.",
                "`voice-guide ritual list` says when each comes next.",
            )
        name = waiting[0].ritual.name
        record = Record(Outcome.SNOOZED, moment.now, until=until)
        JournalLedger(services.ledger()).add(waiting[0].key, record)
        tell_there()
    print(f"{name} is put off until {until.astimezone(moment.zone):%H:%M}.")
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
    # In the small hours "tomorrow" is after the next sleep, which may be the date of today.
    today = " today" if shown.date() == local.date() else ""
    print(f"All rituals are paused until{today} {shown:%A} {shown.day} {shown:%B}, {shown:%H:%M}.")
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
