"""What becomes of an occurrence, and the words that tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import groupby
from typing import Final

from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.ritual import Occurrence, Pause, Ritual

_GAP: Final = timedelta(seconds=90)
"""One looks every minute: who has not looked for this long was not there."""


class Outcome(StrEnum):
    """One thing that happened to an occurrence. The first claims it; others may follow."""

    OFFERED = "offered"
    STARTED = "started"
    SNOOZED = "snoozed"
    SKIPPED = "skipped"
    """Before its time, or as the answer to the offer."""
    PASSED = "passed"
    """Nobody answered."""
    MISSED = "missed"
    """Its time and its grace went by before it could be offered."""
    PAUSED = "paused"
    """Its time lay in a pause of all rituals."""
    DEFERRED = "deferred"
    """Its time had come, and something else was going on; claims nothing."""
    WITHDRAWN = "withdrawn"
    """The offer was taken away before anybody answered."""


class Deferral(StrEnum):
    """Why now is no moment for an offer; each reads on after "because"."""

    DO_NOT_DISTURB = "do not disturb was on"
    MICROPHONE = "a microphone was in use"
    FULL_SCREEN = "a window filled the whole screen"
    SESSION = "a session was playing"
    UNKNOWN = "the desktop could not be asked"
    """Then an offer is made, and only a notification tells of it."""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that happened to an occurrence, as it is kept."""

    outcome: Outcome
    at: datetime
    """UTC: when it happened, or was noticed."""
    why: str = ""
    """A clause that reads on after "because" or a colon; empty where there is nothing to say."""
    until: datetime | None = None
    """UTC: where a snooze or a pause ends."""


def explain(records: Sequence[Record], day: date, zone: tzinfo, *, is_open: bool = False) -> str:
    """Return in one sentence what became of an occurrence; empty when nothing did.

    Parameters
    ----------
    records
        All of one occurrence, in their order.
    day
        The occurrence's; times on other days are told with theirs.
    zone
        In which times are told.
    is_open
        Whether the offer is on the screen now.
    """
    if not records:
        return ""
    kept = [next(same) for _, same in groupby(records, lambda one: (one.outcome, one.why))]
    clauses = [_clause(record, day, zone) for record in kept]
    first = next((at for at, record in enumerate(kept) if record.outcome is Outcome.OFFERED), 0)
    clauses[first + 1 :] = [
        clause.replace("was offered at", "was offered again at") for clause in clauses[first + 1 :]
    ]
    if kept[-1].outcome is Outcome.OFFERED:
        clauses.append("waits for an answer" if is_open else "no answer was written down")
    return f"It {_join(clauses)}."


def foretell(
    ritual: Ritual, next_at: datetime | None, now: datetime, zone: tzinfo, pause: Pause | None
) -> str:
    """Return when a ritual will be offered next (`plan.next_of`), or why it will not."""
    if not ritual.is_on:
        return "It is turned off."
    today = now.astimezone(zone).date()
    paused = ""
    if pause and pause.covers(now):
        paused = f"All rituals are paused until {say_time(pause.until, today, zone)}. "
    if next_at is None:
        return f"{paused}There is no day on which it will be offered."
    return f"{paused}It will be offered next {say_when(next_at, today, zone)}."


def say_when(at: datetime, today: date, zone: tzinfo) -> str:
    """Return `today at 07:30`, `tomorrow at 07:30`, or `on Tuesday 5 May at 07:30`."""
    local = at.astimezone(zone)
    near = {0: "today", 1: "tomorrow"}
    day = near.get((local.date() - today).days, f"on {say_day(local.date())}")
    return f"{day} at {local:%H:%M}"


def say_time(at: datetime, day: date, zone: tzinfo) -> str:
    """Return `07:30`, and `07:30 on Tuesday 5 May` when it is not on this day."""
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == day else f"{local:%H:%M} on {say_day(local.date())}"


def say_day(day: date) -> str:
    """Return `Tuesday 5 May`."""
    return f"{day:%A} {day.day} {day:%B}"


def say_length(length: timedelta) -> str:
    """Return `20 minutes`; below a minute, seconds."""
    seconds = round(length.total_seconds())
    count, unit = (seconds, "second") if seconds < 60 else (round(seconds / 60), "minute")
    return f"{count} {unit}{'s' * (count != 1)}"


def tell_absence(one: Occurrence, last: Moment | None, moment: Moment) -> str:
    """Return a clause that says what happened between the last look and this one.

    Parameters
    ----------
    one
        What was missed.
    last
        The last look before; None at the first.
    moment
        This look.
    """
    at = say_time(one.at, one.day, moment.zone)
    now = say_time(moment.now, one.day, moment.zone)
    wait = f"the {say_length(one.ritual.grace)} it waits"
    if last is None:
        return f"voice-guide was not running from before {at} until {now}"
    if last.now <= one.at and moment.now - last.now > _GAP:
        if _was_set(last, moment):
            then = say_time(last.now, one.day, last.zone)
            return f"the computer's clock was set from {then} to {now}"
        return f"the computer slept from before {at} until {now}, longer than {wait}"
    if _offset(last) != _offset(moment):
        return f"the clock was moved past {at}, from one time zone to another"
    return f"it could not be offered within {wait}"


def _was_set(last: Moment, moment: Moment) -> bool:
    if last.uptime_s is None or moment.uptime_s is None:
        return False
    ran = timedelta(seconds=moment.uptime_s - last.uptime_s)
    return moment.now - last.now - ran > _GAP


def _offset(moment: Moment) -> timedelta | None:
    return moment.now.astimezone(moment.zone).utcoffset()


_CLAUSES: Final = {
    Outcome.OFFERED: "was offered at {at}",
    Outcome.STARTED: "was begun at {at}",
    Outcome.SNOOZED: "was put off{until}",
    Outcome.SKIPPED: "was skipped at {at}",
    Outcome.PASSED: "nobody answered until {at}",
    Outcome.MISSED: "was missed{why}",
    Outcome.PAUSED: "was left out: all rituals were paused{until}",
    Outcome.DEFERRED: "waited at {at} because {because}",
    Outcome.WITHDRAWN: "was taken away at {at}{why}",
}


def _clause(record: Record, day: date, zone: tzinfo) -> str:
    pattern = _CLAUSES[record.outcome]
    if record.outcome is Outcome.STARTED and record.why:
        pattern = "began by itself at {at}"
    return pattern.format(
        at=say_time(record.at, day, zone),
        until=f" until {say_time(record.until, day, zone)}" if record.until else "",
        why=f": {record.why}" if record.why else "",
        because=record.why,
    )


def _join(clauses: Sequence[str]) -> str:
    return clauses[0] if len(clauses) == 1 else f"{', '.join(clauses[:-1])} and {clauses[-1]}"
