"""Values that the tests of rituals share, and a ledger in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual

EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


def ritual(name: str = "morning", at: str = "07:30", **fields: object) -> Ritual:
    values: dict[str, object] = {"days": EVERY_DAY, "script": "favourite", "since": LONG_AGO}
    return Ritual(name, time.fromisoformat(at), **{**values, **fields})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: tzinfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def true_instant(day: date, at: time, zone: tzinfo) -> datetime | None:
    """Return the first instant at which clocks in the zone show this, looked for minute by minute.

    Where they never do: as much after the jump as the time lies after where they jumped from.
    None on a day that no clock ever shows.
    """
    wanted = datetime.combine(day, at)
    minute = datetime.combine(day, time(), tzinfo=UTC) - timedelta(hours=30)
    before: datetime | None = None
    shown_days = set()
    jumped_from: tuple[datetime, datetime] | None = None
    for _ in range(84 * 60):
        shown = minute.astimezone(zone).replace(tzinfo=None)
        shown_days.add(shown.date())
        if shown == wanted:
            return minute
        if before is not None and jumped_from is None and before < wanted < shown:
            jumped_from = (minute, before + timedelta(minutes=1))
        before, minute = shown, minute + timedelta(minutes=1)
    if day not in shown_days or jumped_from is None:
        return None
    jumped_at, left_off = jumped_from
    return jumped_at + (wanted - left_off)


@dataclass
class Memory:
    """A ledger that survives restarts of the ticker, and refuses a second claim."""

    claims: dict[Key, Outcome] = field(default_factory=dict)
    records: dict[Key, list[Record]] = field(default_factory=dict)
    snoozes: dict[Key, datetime] = field(default_factory=dict)
    paused: Pause | None = None
    before_write: Callable[[], None] = lambda: None

    def claimed(self, key: Key) -> Outcome | None:
        return self.claims.get(key)

    def snoozed(self) -> dict[Key, datetime]:
        return dict(self.snoozes)

    def pause(self) -> Pause | None:
        return self.paused

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        self.before_write()
        key = occurrence.key
        if occurrence.is_snoozed:
            if self.snoozes.get(key) != occurrence.at:
                return False
            del self.snoozes[key]
        elif key in self.claims:
            return False
        else:
            self.claims[key] = record.outcome
        self.records.setdefault(key, []).append(record)
        return True

    def add(self, key: Key, record: Record) -> None:
        self.before_write()
        self.records.setdefault(key, []).append(record)
        if record.outcome is Outcome.SNOOZED and record.until:
            self.snoozes[key] = record.until
