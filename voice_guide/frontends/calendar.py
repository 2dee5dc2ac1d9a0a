"""Rituals as a calendar file (iCalendar, RFC 5545): a calendar shows them, the companion rings.

So there is no alarm in it. Times are floating (3.3.5): half past seven is half past seven wherever
the listener is, as with the companion itself.
"""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from unicodedata import category
from uuid import NAMESPACE_URL, uuid5

from voice_guide.errors import VoiceGuideError

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST_LINE: Final = 75
"""Octets, without the line break: RFC 5545, 3.1."""


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One ritual, as a calendar has it."""

    name: str
    """What the listener calls it: an entry of the same name takes the place of an earlier one."""
    at: time
    """Local time, wherever that may be."""
    days: Collection[int]
    """0 is Monday, 6 is Sunday; at least one."""
    title: str
    """What the calendar shows; empty for the name."""
    script: str
    """What `voice-guide play` takes; empty where that is not known beforehand."""
    length_s: float | None = None
    """None where it is not known: the calendar then shows a moment."""


def calendar_text(entries: Iterable[CalendarEntry], now: datetime) -> str:
    """Return the text of an .ics file, to be written as UTF-8 with its line ends as they are.

    Parameters
    ----------
    entries
        The rituals that are on.
    now
        The first occurrence is on this local day or after it. A later export counts as newer.

    Raises
    ------
    VoiceGuideError
        There is no ritual.
    ValueError
        A ritual is on no day, or on one that is none.
    """
    events = [line for entry in entries for line in _event(entry, now)]
    if not events:
        raise VoiceGuideError(
            "There is no ritual for a calendar to show.",
            "Make one: voice-guide ritual add morning --at 07:30 --script rituals/morning-arrival",
        )
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//voice-guide//rituals//EN"),
        *events,
        "END:VCALENDAR",
    ]
    return "".join(f"{_fold(line)}\r\n" for line in lines)


def _event(entry: CalendarEntry, now: datetime) -> Iterator[str]:
    name = _plain(entry.name)
    days = sorted(set(entry.days))
    if not days or not set(days) <= set(range(7)):
        raise ValueError(f"not days of a week: {entry.days}")
    first = _first_day(days, now.date())
    yield "BEGIN:VEVENT"
    yield f"UID:{uuid5(NAMESPACE_URL, f'voice-guide:ritual:{name}')}"
    yield f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    # Calendars leave an entry as it is unless this has grown: minutes since 1970 always have.
    yield f"SEQUENCE:{max(0, int(now.timestamp()) // 60)}"
    yield f"DTSTART:{first:%Y%m%d}T{entry.at:%H%M%S}"
    if entry.length_s:
        minutes, seconds = _split(entry.length_s)
        yield f"DURATION:PT{minutes}M{seconds}S"
    yield f"RRULE:{_rule(days)}"
    yield f"SUMMARY:{_escape(_plain(entry.title).strip() or name)}"
    yield f"DESCRIPTION:{_escape(_describe(entry))}"
    yield "CLASS:PRIVATE"  # where a calendar is shared, this is nobody else's business
    yield "END:VEVENT"


def _first_day(days: Collection[int], today: date) -> date:
    week = (today + timedelta(days=number) for number in range(7))
    return next(day for day in week if day.weekday() in days)


def _rule(days: Collection[int]) -> str:
    if len(days) == len(_DAYS):
        return "FREQ=DAILY"
    return f"FREQ=WEEKLY;BYDAY={','.join(_DAYS[day] for day in days)}"


def _describe(entry: CalendarEntry) -> str:
    told = "The companion in the tray offers it at this time."
    if not entry.script:
        return told
    words = ["voice-guide", "play", _plain(entry.script)]
    if entry.length_s:
        parts = zip(_split(entry.length_s), "ms", strict=True)
        words += ["--length", "".join(f"{count}{unit}" for count, unit in parts if count)]
    return f"{told} To begin it yourself: {shlex.join(words)}"


def _split(length_s: float) -> tuple[int, int]:
    return divmod(max(1, round(length_s)), 60)


def _plain(text: str) -> str:
    """Return the text with one kind of line end, and nothing that no text may hold (3.3.11)."""
    letters = "\n".join(text.splitlines())
    return "".join(one for one in letters if one in "\n\t" or category(one) not in {"Cc", "Cs"})


def _escape(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n")


def _fold(line: str) -> str:
    """Break a long line between letters; the blank that a further line begins with counts."""
    folded, room = "", _LONGEST_LINE
    for letter in line:
        size = len(letter.encode())
        if size > room:
            folded, room = f"{folded}\r\n ", _LONGEST_LINE - 1
        folded, room = folded + letter, room - size
    return folded
