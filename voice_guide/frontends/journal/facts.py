"""What can be said about a journal, kindly: what was done and what helped, never what was not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from voice_guide.frontends.journal.days import day_of, is_trusted

if TYPE_CHECKING:
    from voice_guide.store.journal.sessions import Session

PARTS_OF_DAY: Final = (("nights", 4), ("mornings", 12), ("afternoons", 18), ("evenings", 22))
"""Each with the hour in which it is over; from the last one on it is night again."""

ENOUGH: Final = 3
"""Sessions from which a difference, or a liking, can be read at all."""

_FELT: Final = 0.5
"""A change of calm, on average, that is worth a word."""

_NUMBERS: Final = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a journal tells."""

    this_week: int = 0
    """Sessions since Monday."""
    this_month: int = 0
    calmer_by: Mapping[str, float] = field(default_factory=dict)
    """By part of the day, on average: calm after less calm before, where enough were rated."""
    most_heard: str = ""
    """Title of the script that was heard most; empty where there is no one such."""


def gather_facts(sessions: Iterable[Session], now: datetime, begins: time) -> Facts:
    """Return what the sessions tell at a moment; those of a wrong clock tell nothing."""
    trusted = [one for one in sessions if is_trusted(one.started_at, now)]
    today = day_of(now, begins)
    monday = today - timedelta(days=today.weekday())
    days = [day_of(one.started_at, begins) for one in trusted]
    return Facts(
        this_week=sum(monday <= day < monday + timedelta(days=7) for day in days),
        this_month=sum((day.year, day.month) == (today.year, today.month) for day in days),
        calmer_by=_changes(trusted),
        most_heard=_favourite(trusted),
    )


def facts_to_text(facts: Facts) -> str:
    """Return the facts in a sentence or two; empty where there is nothing to say."""
    clauses = [_counts(facts)] if facts.this_week or facts.this_month else []
    calmer = [
        f"{part} leave you calmer by {_rounded(change)}"
        for part, change in facts.calmer_by.items()
        if change >= _FELT
    ]
    clauses += [", ".join(calmer)] * bool(calmer)
    sentences = [f"{_capital('; '.join(clauses))}."] * bool(clauses)
    if facts.most_heard:
        sentences.append(f"You come back most to “{facts.most_heard}”.")
    return " ".join(sentences)


def number_to_text(number: int) -> str:
    """Return `nine`, and `13` from where words are long."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def part_of_day(at: datetime) -> str:
    """Return `mornings` and the like, by the clock of the place."""
    return next((part for part, until in PARTS_OF_DAY if at.hour < until), PARTS_OF_DAY[0][0])


def _counts(facts: Facts) -> str:
    week, month = facts.this_week, facts.this_month
    if week >= month:  # it began in the month before, or all of the month lies in it
        return f"{_sessions(week)} this week"
    of_it = f", {number_to_text(week)} of them this week" if week else ""
    return f"{_sessions(month)} this month{of_it}"


def _sessions(count: int) -> str:
    return f"{number_to_text(count)} session{'s' * (count != 1)}"


def _changes(sessions: Sequence[Session]) -> dict[str, float]:
    found: dict[str, list[int]] = defaultdict(list)
    for one in sessions:
        if one.calm_before is not None and one.calm_after is not None:
            found[part_of_day(one.started_at)].append(one.calm_after - one.calm_before)
    return {
        part: sum(found[part]) / len(found[part])
        for part in ("mornings", "afternoons", "evenings", "nights")
        if len(found[part]) >= ENOUGH
    }


def _favourite(sessions: Sequence[Session]) -> str:
    heard = Counter(one.script for one in sessions).most_common(2)
    if not heard or heard[0][1] < ENOUGH or (len(heard) > 1 and heard[0][1] == heard[1][1]):
        return ""
    script = heard[0][0]
    return next((one.title for one in sessions if one.script == script and one.title), script)


def _rounded(change: float) -> str:
    return f"{change:.1f}".removesuffix(".0")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
