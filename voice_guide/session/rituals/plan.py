"""What is due, what was missed, and when to look again: a pure function of the clock and the past.

Every occurrence is turned into UTC and compared there. A local time that does not exist on its day
comes as much later as the clocks jump, and one that exists twice comes the first time: the rule of
RFC 5545, 3.3.5, which is what `fold=0` means.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual

LOOK_BACK_DAYS: Final = 366
"""After a longer sleep, or under a clock that runs decades ahead, only a year of days is told."""

_LOOK_AHEAD_DAYS: Final = 8
"""From any day on, these hold every day of the week, and one over in case one does not exist."""

TRUSTED_FROM: Final = datetime(2020, 1, 1, tzinfo=UTC)
"""Long before this was built: a clock that says less was never set, as after its battery died."""

_WRONG_BY: Final = timedelta(days=1)
"""What was written this far in the future was written by a clock that has been mended since."""

Claimed = Callable[[Key], Outcome | None]
"""With which word an occurrence was claimed; None for one that nobody has claimed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What there is to do at one instant."""

    due: tuple[Occurrence, ...] = ()
    """To be offered, one after the other: the oldest first, then by name."""
    over: tuple[tuple[Occurrence, Outcome], ...] = ()
    """To be recorded silently as missed or paused, in this order: the oldest first."""
    next_at: datetime | None = None
    """UTC: the next instant at which anything changes by itself; None when nothing ever does."""
    problem: str = ""
    """Why nothing at all is planned, in a sentence."""


def plan(
    rituals: Iterable[Ritual],
    now: datetime,
    zone: tzinfo,
    claimed: Claimed,
    snoozed: Mapping[Key, datetime],
    pause: Pause | None = None,
    *,
    trusted_from: datetime = TRUSTED_FROM,
) -> Plan:
    """Return what is due at `now`, what is over, and when to look again.

    Parameters
    ----------
    rituals
        Those that are off are left out.
    now
        The wall clock, aware.
    zone
        Where the listener is; it may be another at each call.
    claimed
        What was claimed before, for good: no change of clock or zone brings it back.
    snoozed
        Where snoozes end, in UTC; their occurrences were claimed before.
    pause
        The latest pause of all rituals, also one that has ended.
    trusted_from
        A clock before this plans nothing.
    """
    if now < trusted_from:
        return Plan(problem=_distrust(now, zone))
    view = _View(now, zone, claimed)
    wanted = {ritual.name: ritual for ritual in rituals if ritual.is_on}
    begun: list[Occurrence] = []
    ahead: list[datetime] = []
    for ritual in wanted.values():
        begun += view.behind(ritual)
        ahead += view.ahead(ritual, now)
    for key, until in snoozed.items():
        if key.ritual not in wanted:
            continue
        if until <= now:
            begun.append(Occurrence(wanted[key.ritual], key.day, until, is_snoozed=True))
        else:
            ahead.append(until)
    begun.sort(key=lambda one: (one.at, one.ritual.name))
    judged = [(one, _judge(one, now, pause)) for one in begun]
    due = tuple(one for one, outcome in judged if outcome is None)
    over = tuple((one, outcome) for one, outcome in judged if outcome is not None)
    return Plan(due, over, min([*ahead, *(one.ends_at for one in due)], default=None))


def next_of(
    ritual: Ritual,
    now: datetime,
    zone: tzinfo,
    claimed: Claimed,
    snoozed: Mapping[Key, datetime],
    pause: Pause | None = None,
    *,
    trusted_from: datetime = TRUSTED_FROM,
) -> datetime | None:
    """Return when a ritual will be offered next, in its local time; None while it never will."""
    if not ritual.is_on or now < trusted_from:
        return None
    after = max(now, pause.until) if pause and is_in_force(pause, now) else now
    found = [until for key, until in snoozed.items() if key.ritual == ritual.name and until > after]
    found += _View(now, zone, claimed).ahead(ritual, after)
    return min(found).astimezone(zone) if found else None


def instant(day: date, at: time, zone: tzinfo) -> datetime | None:
    """Return a local time of a day in UTC; None on a day that the zone left out altogether."""
    moment = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).date() == day or _exists(day, zone):
        return moment
    return None


def _exists(day: date, zone: tzinfo) -> bool:
    """Tell whether a day has a beginning or an end; Samoa had no 30 December 2011."""
    edges = (datetime.combine(day, edge, tzinfo=zone) for edge in (time.min, time.max))
    return any(edge.astimezone(UTC).astimezone(zone).date() == day for edge in edges)


class _View:
    """The days around one instant: what is asked again and again within one plan is kept."""

    def __init__(self, now: datetime, zone: tzinfo, claimed: Claimed) -> None:
        self._now = now
        self._zone = zone
        self._claimed = claimed
        self._today = now.astimezone(zone).date()
        self._instants: dict[tuple[date, time], datetime | None] = {}

    def behind(self, ritual: Ritual) -> Iterator[Occurrence]:
        """Yield what has begun and was not claimed, from the latest day backwards.

        Occurrences are always claimed in their order, so that before one that was claimed there is
        nothing left. Only a skip may run ahead of the others.
        """
        since = _since(ritual, self._now)
        # Where clocks are set back over midnight, tomorrow may have begun before.
        for back in range(-1, LOOK_BACK_DAYS - 1):
            day = self._today - timedelta(days=back)
            at = self._instant(ritual, day)
            if at is None or at > self._now:
                continue
            if at < since:
                return
            word = self._claimed(Key(ritual.name, day))
            if word is None:
                yield Occurrence(ritual, day, at)
            elif word is not Outcome.SKIPPED:
                return

    def ahead(self, ritual: Ritual, after: datetime) -> tuple[datetime, ...]:
        """Return the first instant after `after` that nobody has claimed, if there is one."""
        since = _since(ritual, self._now)
        # Where a late hour does not exist, yesterday's comes today.
        first = self._today if after == self._now else after.astimezone(self._zone).date()
        for ahead in range(-1, _LOOK_AHEAD_DAYS):
            day = first + timedelta(days=ahead)
            at = self._instant(ritual, day)
            if at is None or at <= after or at < since:
                continue
            if self._claimed(Key(ritual.name, day)) is None:
                return (at,)
        return ()

    def _instant(self, ritual: Ritual, day: date) -> datetime | None:
        if day.weekday() not in ritual.days:
            return None
        place = day, ritual.at
        if place not in self._instants:
            self._instants[place] = instant(day, ritual.at, self._zone)
        return self._instants[place]


def _since(ritual: Ritual, now: datetime) -> datetime:
    if ritual.since - now > _WRONG_BY:
        return now - ritual.grace
    return ritual.since


def _judge(one: Occurrence, now: datetime, pause: Pause | None) -> Outcome | None:
    if pause and now >= pause.since - _WRONG_BY and pause.covers(one.at):
        return Outcome.PAUSED
    if now >= one.ends_at:
        return Outcome.MISSED
    # It began before the pause and still waits: a pause is meant for it, too.
    return Outcome.PAUSED if pause and is_in_force(pause, now) else None


def is_in_force(pause: Pause, now: datetime) -> bool:
    """Tell whether nothing may be offered now; a pause from far in the future was never meant."""
    return pause.since - _WRONG_BY <= now < pause.until


def _distrust(now: datetime, zone: tzinfo) -> str:
    local = now.astimezone(zone)
    said = f"{local.day} {local:%B %Y}"
    return f"The computer's clock says {said}, which cannot be: rituals wait until it is set."
