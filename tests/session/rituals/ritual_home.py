"""A ticker on real waits, under a wall clock that can be set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rig import wait_until
from ritual_values import Memory, ritual, utc

from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.offer import Offer, Stage
from voice_guide.session.rituals.ritual import Key, Ritual
from voice_guide.session.rituals.ticker import CAP_S, Ticker
from voice_guide.session.rituals.usher import Usher

MORNING = utc("2026-05-05 07:30")


@dataclass
class Clock:
    """A wall clock that runs with the real one, and can be set."""

    ahead: timedelta
    looks: int = 0
    wakings: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wall(self) -> float:
        self.wakings += 1
        return self.now().timestamp()

    def read(self) -> Moment:
        self.looks += 1
        return Moment(self.now(), UTC)

    @classmethod
    def before(cls, instant: datetime, seconds: float) -> Clock:
        return cls(instant - timedelta(seconds=seconds) - datetime.now(UTC))


@dataclass
class Home:
    """A ticker, and everything around it."""

    clock: Clock
    rituals: list[Ritual] = field(default_factory=lambda: [ritual(since=MORNING - timedelta(1))])
    memory: Memory = field(default_factory=Memory)
    seen: list[tuple[Offer, datetime]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    on_offer: Callable[[Offer], None] = lambda _offer: None
    ticker: Ticker | None = None

    def see(self, offer: Offer) -> None:
        self.seen.append((offer, self.clock.now()))
        self.on_offer(offer)

    def words(self) -> list[str]:
        return [one.outcome.value for one in self.memory.records.get(KEY, [])]

    def wait_for(self, stage: Stage, timeout_s: float = 10.0) -> Offer:
        wait_until(lambda: any(one.stage is stage for one, _ in self.seen), timeout_s, stage)
        return next(one for one, _ in self.seen if one.stage is stage)


KEY = Key("morning", MORNING.date())


@contextmanager
def at_home(home: Home, cap_s: float = CAP_S) -> Iterator[Ticker]:
    usher = Usher(
        home.memory,
        lambda: home.rituals,
        lambda: None,
        home.see,
        lambda fault: home.faults.append(str(fault)),
    )
    home.ticker = Ticker(usher, home.clock.read, cap_s, wall=home.clock.wall)
    try:
        yield home.ticker
    finally:
        home.ticker.close()
