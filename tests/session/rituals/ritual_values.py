"""Values that the tests of rituals share, and a ledger in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause, Ritual
from voice_guide.session.rituals.usher import Past

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


@cache
def _clocks_around(day: date, zone: tzinfo) -> tuple[list[datetime], list[timedelta]]:
    """Return what clocks show every quarter of an hour around a day, and how far from UTC."""
    start = datetime.combine(day, time()) - timedelta(hours=30)
    looks = [start + timedelta(minutes=15 * number) for number in range(84 * 4)]
    shown = [look.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) for look in looks]
    return shown, [one - look for one, look in zip(shown, looks, strict=True)]


@cache
def true_instant(day: date, at: time, zone: tzinfo) -> datetime | None:
    """Return the first instant at which clocks in the zone show this, found by trying.

    Where they never do: what they would show had they not jumped. None on a day that no clock
    in the zone ever shows.
    """
    wanted = datetime.combine(day, at)
    shown, offsets = _clocks_around(day, zone)
    if all(one.date() != day for one in shown):
        return None
    tried = [(wanted - offset).replace(tzinfo=UTC) for offset in sorted(set(offsets))]
    right = [one for one in tried if one.astimezone(zone).replace(tzinfo=None) == wanted]
    if right:
        return min(right)
    (jump,) = [n for n, one in enumerate(shown[:-1]) if one < wanted < shown[n + 1]]
    return (wanted - offsets[jump]).replace(tzinfo=UTC)


@dataclass
class Memory:
    """A ledger that survives restarts of the program, and refuses a second claim."""

    claims: dict[Key, Outcome] = field(default_factory=dict)
    records: dict[Key, list[Record]] = field(default_factory=dict)
    snoozes: dict[Key, datetime] = field(default_factory=dict)
    pause: Pause | None = None
    version: int = 0
    refused: int = 0
    reads: int = 0
    on_write: Callable[[], None] = lambda: None
    """Called before and after each write; whatever it raises happens in between."""

    def stamp(self) -> object:
        return self.version

    def read(self, since: date) -> Past:
        self.reads += 1
        claims = {key: word for key, word in self.claims.items() if key.day >= since}
        return Past(claims, dict(self.snoozes), self.pause)

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        self.on_write()
        key = occurrence.key
        if key in self.claims and not occurrence.is_snoozed:
            self.refused += 1
            return False
        if occurrence.is_snoozed and self.snoozes.get(key) != occurrence.at:
            self.refused += 1
            return False
        self._write(key, record, is_claim=self.snoozes.pop(key, None) is None)
        return True

    def add(self, key: Key, record: Record) -> None:
        self.on_write()
        if record.outcome is Outcome.SNOOZED and record.until:
            self.snoozes[key] = record.until
        self._write(key, record)

    def skip(self, key: Key, at: datetime) -> bool:
        """Claim a day ahead, as somebody at a command line does."""
        if key in self.claims:
            return False
        self.claims[key] = Outcome.SKIPPED
        self.records.setdefault(key, []).append(Record(Outcome.SKIPPED, at))
        self.version += 1
        return True

    def renew(self, name: str, at: datetime) -> None:
        """Let a ritual be one that was made now, whose days may be claimed again."""
        today = (at - timedelta(days=1)).date()
        for key, word in list(self.claims.items()):
            is_kept = word in {Outcome.SKIPPED, Outcome.SNOOZED}
            if key.ritual == name and key.day >= today and not is_kept:
                del self.claims[key]
        self.version += 1

    def rest(self, pause: Pause | None) -> None:
        self.pause, self.version = pause, self.version + 1

    def _write(self, key: Key, record: Record, *, is_claim: bool = False) -> None:
        self.version += 1
        is_claim = is_claim or record.outcome is Outcome.SNOOZED or key in self.claims
        if record.outcome is not Outcome.DEFERRED and is_claim:
            self.claims[key] = record.outcome
        self.records.setdefault(key, []).append(record)
        self.on_write()
