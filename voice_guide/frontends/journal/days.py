"""Days that begin in the small hours: what is practised at two at night belongs to the evening."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.session.rituals.plan import TRUSTED_FROM

_LATER: Final = timedelta(days=1)
"""What lies this far in the future was written by a clock that has been mended since."""

_LAST_DAYS: Final = re.compile(r"(\d{1,4})d", re.ASCII)
_LONGEST: Final = 3_660


def read_time(text: str) -> time:
    """Return the time for `04:00` or `4:00`, as settings are written."""
    return datetime.strptime(text.strip(), "%H:%M").time()


def day_of(at: datetime, begins: time) -> date:
    """Return the day that a moment belongs to, in the place whose offset it carries."""
    return (at.replace(tzinfo=None) - _after_midnight(begins)).date()


def beginning_of(day: date, begins: time) -> datetime:
    """Return the moment at which a day begins here."""
    return datetime.combine(day, begins).astimezone()


def is_trusted(at: datetime, now: datetime) -> bool:
    """Tell whether a moment was written by a clock that was right, as far as one can know."""
    return TRUSTED_FROM <= at <= now + _LATER


def parse_since(text: str, now: datetime, begins: time) -> datetime:
    """Return the moment for `2026-05-04`, `7d`, `today`, `yesterday`, `this-week` and the like.

    `7d` is today and the six days before it. Raises `VoiceGuideError`.
    """
    today = day_of(now.astimezone(), begins)
    word = text.strip().casefold().replace(" ", "-")
    named = {
        "today": today,
        "yesterday": today - timedelta(days=1),
        "this-week": today - timedelta(days=today.weekday()),
        "this-month": today.replace(day=1),
        "this-year": today.replace(month=1, day=1),
    }
    counted = _LAST_DAYS.fullmatch(word)
    try:
        if counted and 0 < int(counted[1]) <= _LONGEST:
            day = today - timedelta(days=int(counted[1]) - 1)
        else:
            day = named[word] if word in named else date.fromisoformat(word)
        return beginning_of(day, begins)
    except (ValueError, OverflowError, OSError) as error:
        raise VoiceGuideError(
            f'"{text[:40]}" is no day.',
            "Say a date as 2026-05-04, a number of days as 7d, or today, yesterday, this-week,"
            " this-month, this-year.",
        ) from error


def _after_midnight(begins: time) -> timedelta:
    return timedelta(hours=begins.hour, minutes=begins.minute)
