"""What the journal does not tell yet: rituals whose time has come, and nobody has offered them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from voice_guide.frontends.cli.remote import ABSENT, read_status
from voice_guide.session.rituals.outcome import Outcome, say_day, say_time

if TYPE_CHECKING:
    from voice_guide.frontends.rituals.outlook import Outlook
    from voice_guide.session.rituals.ritual import Occurrence


def tell_due(outlook: Outlook, name: str) -> Iterator[str]:
    """Yield why a ritual that is or was due is not offered; nothing where there is no such."""
    found = outlook.plan()
    over = [one for one, what in found.over if what is Outcome.MISSED and one.ritual.name == name]
    due = [one for one in found.due if one.ritual.name == name]
    if not over and not due:
        return
    status = read_status()
    is_there = status is not ABSENT
    for one in () if is_there else over[-1:]:
        yield f"{say_day(one.day)}: It was not offered, because voice-guide was not running."
    for one in due:
        said = _why_due(outlook, one, status["ritual_waiting"], is_there=is_there)
        yield f"{say_day(one.day)}: Its time came at {_local(outlook, one)}{said}"


def _why_due(outlook: Outlook, one: Occurrence, waiting: str | None, *, is_there: bool) -> str:
    if not is_there:
        until = say_time(one.ends_at, one.day, outlook.moment.zone)
        return f", and voice-guide is not running. Start it, and it is offered until {until}."
    if waiting == one.ritual.name:  # on a full disk that could not be written down
        return ", and it waits for an answer."
    if waiting is not None:
        return f", and it comes after {waiting}, which waits for an answer."
    return ", and it is offered in a moment."


def _local(outlook: Outlook, one: Occurrence) -> str:
    return say_time(one.at, one.day, outlook.moment.zone)
