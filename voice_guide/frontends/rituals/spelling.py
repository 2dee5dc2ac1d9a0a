"""Times, days and durations of rituals, as people write and read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from voice_guide.errors import VoiceGuideError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""As `date.weekday()` counts them."""

_GROUPS: Final = {
    "daily": range(7),
    "every day": range(7),
    "everyday": range(7),
    "all": range(7),
    "weekdays": range(5),
    "weekends": range(5, 7),
    "weekend": range(5, 7),
}

_CLOCK: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_COUNT: Final = re.compile(r"(\d{1,4})\s*(m|min|minutes?|h|hours?|d|days?|w|weeks?)", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_MOST_DAYS: Final = 366
"""A pause ends by itself, so that nothing is turned off and forgotten."""


def parse_time(text: str) -> time:
    """Return the time of day that "7:30" or "21:05" means."""
    match = _CLOCK.fullmatch(text.strip())
    if not match:
        raise VoiceGuideError(
            f'"{text[:40]}" is not a time of day.',
            "Say hours and minutes with a colon, from 00:00 to 23:59: 07:30 or 21:30.",
        )
    return time(int(match[1]), int(match[2]))


def parse_days(text: str) -> tuple[str, ...]:
    """Return the days that "mon-fri", "sat,sun", "weekdays" or "daily" mean, from Monday on."""
    chosen: set[int] = set()
    for part in re.split(r"[,;\s]+", " ".join(text.lower().split()).replace("every day", "daily")):
        if part:
            chosen.update(_GROUPS.get(part) or _span(part, text))
    if not chosen:
        raise _no_days(text)
    return tuple(DAYS[index] for index in sorted(chosen))


def days_to_text(days: Iterable[str]) -> str:
    """Return `every day`, `Mon-Fri`, `Sat, Sun` for the names of days."""
    numbers = sorted(DAYS.index(day) for day in days)
    if len(numbers) == len(DAYS):
        return "every day"
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(
        f"{_title(run[0])}-{_title(run[-1])}" if len(run) > 2 else ", ".join(map(_title, run))
        for run in runs
    )


def parse_until(text: str, now: datetime, day_begins: time) -> datetime:
    """Return the instant that "tomorrow", "3 days", "2h", "friday" or "2026-12-24" means.

    Parameters
    ----------
    text
        As the listener says it.
    now
        Aware, in the listener's zone.
    day_begins
        When a day begins for the listener: "tomorrow" at one in the night is after the next sleep.
    """
    words = " ".join(text.lower().split()).removeprefix("until ").removeprefix("for ")
    today = _day_of(now, day_begins)
    count = _COUNT.fullmatch(words)
    if count:
        unit = _UNITS[count[2][0]]
        length = timedelta(**{unit: int(count[1])})
        if unit in {"days", "weeks"}:
            return _begin(today + _limited(length, text), day_begins, now.tzinfo)
        return now + _limited(length, text)
    if words == "tomorrow":
        return _begin(today + timedelta(days=1), day_begins, now.tzinfo)
    if words[:3] in DAYS and _is_day(words):
        ahead = (DAYS.index(words[:3]) - today.weekday() - 1) % 7 + 1
        return _begin(today + timedelta(days=ahead), day_begins, now.tzinfo)
    try:
        day = date.fromisoformat(words)
    except ValueError:
        raise _no_until(text) from None
    if day <= today:
        raise VoiceGuideError(f"{text} is not ahead of us.", _UNTIL)
    _limited(day - today, text)
    return _begin(day, day_begins, now.tzinfo)


def parse_snooze(text: str) -> float:
    """Return the seconds that "10m", "10" or "1h" mean, up to twelve hours."""
    words = " ".join(text.lower().split())
    count = _COUNT.fullmatch(f"{words}m" if words.isdecimal() else words)
    length = timedelta(**{_UNITS[count[2][0]]: int(count[1])}) if count else timedelta()
    if not timedelta() < length <= timedelta(hours=12):
        raise VoiceGuideError(
            f'"{text[:40]}" is not a time to wait.', "Say minutes or hours, up to 12h: 10m, 1h."
        )
    return length.total_seconds()


_UNTIL: Final = "Say until when: tomorrow, 3 days, 2h, friday, or a date such as 2026-12-24."


def _span(part: str, text: str) -> Iterable[int]:
    first, dash, last = part.partition("-")
    if not _is_day(first) or (dash and not _is_day(last)):
        raise _no_days(text)
    start = DAYS.index(first[:3])
    stop = DAYS.index(last[:3]) if dash else start
    return ((start + step) % 7 for step in range((stop - start) % 7 + 1))


def _is_day(word: str) -> bool:
    names = (f"{date(2024, 1, number):%A}".lower() for number in range(1, 8))  # it was a Monday
    return len(word) >= 3 and any(name.startswith(word) for name in names)


def _title(number: int) -> str:
    return DAYS[number].capitalize()


def _day_of(now: datetime, day_begins: time) -> date:
    return now.date() - timedelta(days=now.time() < day_begins)


def _begin(day: date, day_begins: time, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, day_begins, tzinfo=zone)


def _limited(length: timedelta, text: str) -> timedelta:
    if timedelta() < length <= timedelta(days=_MOST_DAYS):
        return length
    raise _no_until(text)


def _no_until(text: str) -> VoiceGuideError:
    return VoiceGuideError(f'"{text[:40]}" is no time that a pause could last until.', _UNTIL)


def _no_days(text: str) -> VoiceGuideError:
    return VoiceGuideError(
        f'"{text[:40]}" names no days.',
        "Say mon-fri, sat,sun, weekdays, weekends or daily.",
    )
