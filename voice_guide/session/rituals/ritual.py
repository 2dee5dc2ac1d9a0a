"""A ritual, its occurrences, and a pause of them all: frozen values."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

GRACE_S: Final = 1200.0
"""How long an offer waits where nothing else was chosen: twenty minutes."""


@dataclass(frozen=True, slots=True)
class Ritual:
    """A session that is offered at a local time, on chosen days."""

    name: str
    """What it is called; there is only one of each name."""
    at: time
    """Local wall-clock time, hour and minute, without a zone."""
    days: frozenset[int]
    """Days of the week as `date.weekday()` counts them: Monday is 0."""
    script: str
    """A script's id, `favourite`, `path` (its next step), or `rotate:<kind>`."""
    since: datetime
    """Aware, UTC: when it was made, its time or days were last changed, or it was last turned on.
    Nothing before it counts."""
    length_s: float | None = None
    """How long the session is to be; None leaves it to the script."""
    is_on: bool = True
    grace_s: float = GRACE_S
    """Above 0: how late it may still be offered, and how long an offer waits for an answer."""
    begins_by_itself: bool = False
    """Whether it begins when nobody objects, instead of waiting for a yes."""
    volume_db: float | None = None
    """Never above 0; None leaves it to the settings."""
    bed: str | None = None
    """The sound underneath; None leaves it to the settings and the script."""
    voice: str | None = None
    """Id of the voice; None leaves it to the settings."""

    @property
    def grace(self) -> timedelta:
        """`grace_s` as a duration."""
        return timedelta(seconds=self.grace_s)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What tells one occurrence from all others, in whatever zone and after whatever restart."""

    ritual: str
    """Its name."""
    day: date
    """The local day."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A ritual on one local day."""

    ritual: Ritual
    day: date
    """The local day that it belongs to."""
    at: datetime
    """UTC: its time on that day, or where its snooze ends."""
    is_snoozed: bool = False
    """Whether it was offered before, and put off."""

    @property
    def key(self) -> Key:
        """What it is claimed by."""
        return Key(self.ritual.name, self.day)

    @property
    def ends_at(self) -> datetime:
        """UTC: from here on it is too late to offer it."""
        return self.at + self.ritual.grace


@dataclass(frozen=True, slots=True)
class Pause:
    """No ritual is offered from one instant until another."""

    since: datetime
    """UTC: when it was asked for."""
    until: datetime
    """UTC: where it ends by itself; a pause that was taken back ends when it was."""

    def covers(self, instant: datetime) -> bool:
        """Tell whether an instant lies within it."""
        return self.since <= instant < self.until


def rotate(ritual: Ritual, day: date, ids: Sequence[str]) -> str:
    """Return the script of a rotation on this day: another at each occurrence, and all in turn.

    Two rituals that rotate through the same scripts begin at different ones.
    """
    # Occurrences are counted, not days: a weekly ritual would meet one script of seven for ever.
    rank = sum(other < day.weekday() for other in ritual.days)
    turn = (day.toordinal() - 1) // 7 * len(ritual.days) + rank
    return ids[(turn + zlib.crc32(ritual.name.encode())) % len(ids)]
