"""Rituals told: which there are, when they ring, and why one did or did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import ExportFailed
from voice_guide.frontends.calendar import CalendarEntry, calendar_text
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.cli.rituals.due import tell_due
from voice_guide.frontends.library.steps import PATH
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.choosing import choose_script, is_fixed
from voice_guide.frontends.rituals.outlook import Outlook, look
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import DAYS, days_to_text
from voice_guide.frontends.wording import length_to_text
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.outcome import Outcome, explain, say_day
from voice_guide.session.rituals.ritual import Key, Ritual

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

_BACK: Final = timedelta(days=31)
"""Further back nobody asks why."""

_DAYS_TOLD: Final = 3


def list_rituals(services: Services, *, as_json: bool) -> int:
    """Print every ritual, and when it comes next."""
    outlook = look(services, read_moment(), _BACK)
    if as_json:
        print_json([_to_json(one, outlook.next_at(one)) for one in outlook.rituals])
        return 0
    for one in outlook.rituals:
        print(_line(one, outlook.next_at(one)))
    for line in _after_the_list(services, outlook):
        print(line)
    return 0


def tell_why(services: Services, name: str) -> int:
    """Print in a sentence why a ritual rang, or did not; the last few days of it."""
    RitualBook(services).find(name)
    moment = read_moment()
    outlook = look(services, moment, _BACK)
    ritual = outlook.named(name)
    assert ritual is not None
    ledger = JournalLedger(services.ledger())
    is_told = False
    for day in ledger.days(name)[-_DAYS_TOLD:]:
        is_open = any(one.key == Key(name, day) for one in outlook.waiting())
        records = ledger.records(Key(name, day))
        if said := explain(records, day, moment.zone, is_open=is_open):
            print(f"{say_day(day)}: {said}")
            # One that was put off may be due again.
            is_told |= day == outlook.today and records[-1].outcome is not Outcome.SNOOZED
    if not is_told:
        for line in tell_due(outlook, name):
            print(line)
    print(_outlook_line(ritual, outlook))
    return 0


def next_line(services: Services, name: str) -> str:
    """Return when a ritual comes next, in a sentence, or why it does not."""
    outlook = look(services, read_moment(), _BACK)
    ritual = outlook.named(name)
    return _outlook_line(ritual, outlook) if ritual else ""


def write_calendar(services: Services, file: Path, *, force: bool) -> int:
    """Write the rituals that are on as a calendar file."""
    if file.exists() and not force:
        raise ExportFailed(f"{file} is there already.", "Add --force to replace it.")
    moment = read_moment()
    on = [one for one in RitualBook(services).rituals(moment.now) if one.is_on]
    if not on:
        raise ExportFailed("No ritual is on, so there is nothing to write.", _HOW)
    local = moment.now.astimezone(moment.zone)
    entries = [_to_entry(services, one, local.date()) for one in on]
    try:
        file.write_bytes(calendar_text(entries, local).encode())
    except OSError as error:
        raise ExportFailed(f"{file} cannot be written: {error.strerror}.") from error
    print(f"{file}: {len(on)} {'ritual' if len(on) == 1 else 'rituals'}. Open it with a calendar.")
    return 0


_HOW: Final = "Turn one on with: voice-guide ritual edit morning --on"


def _to_entry(services: Services, ritual: Ritual, day: date) -> CalendarEntry:
    # A calendar shows one entry for all days: what changes from day to day has the ritual's name.
    title = script = ""
    if is_fixed(ritual.script):
        title = choose_script(services, ritual, day).title
    if is_fixed(ritual.script) or ritual.script == PATH:
        script = ritual.script
    return CalendarEntry(ritual.name, ritual.at, ritual.days, title, script, ritual.length_s)


def _to_json(ritual: Ritual, next_at: datetime | None) -> dict[str, Any]:
    return {
        "name": ritual.name,
        "at": f"{ritual.at:%H:%M}",
        "days": [DAYS[day] for day in sorted(ritual.days)],
        "script": ritual.script,
        "length_s": ritual.length_s,
        "on": ritual.is_on,
        "next_at": next_at.isoformat(timespec="seconds") if next_at else None,
    }


def _line(ritual: Ritual, next_at: datetime | None) -> str:
    days = days_to_text(DAYS[day] for day in ritual.days)
    length = f", {length_to_text(ritual.length_s)}" if ritual.length_s else ""
    state = f"next {_when(next_at)}" if next_at else "off" if not ritual.is_on else "not to come"
    return f"{ritual.name}  {ritual.at:%H:%M} {days}  {ritual.script}{length}  {state}"


def _when(at: datetime) -> str:
    return f"{at:%A} {at.day} {at:%B}, {at:%H:%M}"


def _after_the_list(services: Services, outlook: Outlook) -> Iterator[str]:
    if not outlook.rituals:
        yield "There are no rituals. Make one:"
        yield "  voice-guide ritual add morning --at 07:30 --days mon-fri"
    elif RitualBook(services).is_undecided():
        yield "\nThese two are suggestions, and silent until you turn one on:"
        yield "  voice-guide ritual edit morning --on"
    if problem := outlook.plan().problem:
        yield f"\n{problem}"
    if outlook.pause:
        until = outlook.pause.until.astimezone(outlook.moment.zone)
        yield f"\nAll rituals are paused until {_when(until)}."
        yield "Sooner: voice-guide ritual resume-all"


def _outlook_line(ritual: Ritual, outlook: Outlook) -> str:
    if not ritual.is_on:
        return f"It is off. {_HOW.replace('morning', ritual.name)}"
    if problem := outlook.plan().problem:
        return problem
    if outlook.pause:
        until = outlook.pause.until.astimezone(outlook.moment.zone)
        return f"All rituals are paused until {_when(until)}; it waits until then."
    next_at = outlook.next_at(ritual)
    return f"It comes next on {_when(next_at)}." if next_at else "It does not come again."
