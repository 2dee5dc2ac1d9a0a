"""What rituals cost a day, and how near to their minute they are offered."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import time as hour
from zoneinfo import ZoneInfo

import numpy as np

from benchmarks.table import Row
from voice_guide.session.rituals.clocks import Moment, read_moment
from voice_guide.session.rituals.offer import Offer, Skip, Stage
from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.plan import plan
from voice_guide.session.rituals.ritual import Key, Occurrence, Ritual
from voice_guide.session.rituals.ticker import CAP_S, Ticker
from voice_guide.session.rituals.usher import Past, Usher

DAY_S = 86_400
WAIT_S = 0.05
MOST_CPU_S = 1.0
MOST_LATE_S = 1.0
NOON = datetime(2026, 5, 5, 12, tzinfo=UTC)


@dataclass
class Kept:
    """A ledger in memory: the journal's own cost is measured with the journal."""

    claims: dict[Key, Outcome] = field(default_factory=dict)

    def stamp(self) -> object:
        return len(self.claims)

    def read(self, since: object) -> Past:
        return Past(dict(self.claims))

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        self.claims[occurrence.key] = record.outcome
        return True

    def add(self, key: Key, record: Record) -> None:
        self.claims[key] = record.outcome


def rituals(count: int, since: datetime) -> list[Ritual]:
    """Return rituals of every day, spread over it."""
    made = Ritual("", hour(7, 30), frozenset(range(7)), "favourite", since)
    times = [hour(number * 7 % 24, number * 13 % 60) for number in range(count)]
    return [replace(made, name=f"r{number}", at=at) for number, at in enumerate(times)]


def measure_ticking(quick: bool) -> list[Row]:
    """Plan, tick, and offer twenty rituals on a clock that leaps from one to the next."""
    rounds = 200 if quick else 1000
    named, system = ZoneInfo("Europe/Berlin"), read_moment().zone
    plans = [(count, _plan_us(count, named), _plan_us(count, system)) for count in (3, 100)]
    ticks_s = [_ticking_s_a_day(count, rounds) for count in (3, 100)]
    late = offer_twenty(5 if quick else 20)
    return [
        *(
            Row(
                f"rituals: a plan of {count}",
                f"{system_us:,.0f} µs in the system's zone, {named_us:,.0f} in a named one",
                "for orientation",
                None,
            )
            for count, named_us, system_us in plans
        ),
        Row(
            "rituals: ticking",
            f"{ticks_s[0]:.2f} s of processor a day with 3 of them, {ticks_s[1]:.2f} with 100",
            f"under {MOST_CPU_S:.0f} s",
            max(ticks_s) < MOST_CPU_S,
        ),
        Row(
            "rituals: on time",
            f"{np.median(late) * 1000:.1f} ms after the minute, {max(late) * 1000:.1f} at worst"
            f" of {len(late)}, until the offer is made",
            f"{MOST_LATE_S * 1000:.0f} ms",
            max(late) < MOST_LATE_S,
        ),
    ]


def _plan_us(count: int, zone: tzinfo) -> float:
    """Return the microseconds of a plan that finds nothing new."""
    made, claims = rituals(count, NOON - timedelta(days=30)), {}
    found = plan(made, NOON, zone, claims.get, {})
    claims.update(dict.fromkeys([one.key for one in found.due], Outcome.PASSED))
    claims.update({one.key: outcome for one, outcome in found.over})
    took_us = []
    for _ in range(20):
        began = time.process_time()
        plan(made, NOON, zone, claims.get, {})
        took_us.append((time.process_time() - began) * 1e6)
    return float(np.median(took_us))


def _ticking_s_a_day(count: int, rounds: int) -> float:
    """Return the processor's seconds of a day of looks, its offers and plans in their proportion.

    The thread waits as it always does, only shorter: a processor that did something else meanwhile
    is slower to come back to it. At each look the wall clock has gone on by 20 seconds.
    """
    spent_s: list[float] = []

    def wall() -> datetime:
        spent_s.append(time.thread_time())
        return NOON + timedelta(seconds=CAP_S * len(spent_s))

    def read() -> Moment:
        return replace(read_moment(), now=NOON + timedelta(seconds=CAP_S * len(spent_s)))

    usher = Usher(
        Kept(), lambda: rituals(count, NOON), lambda: None, lambda _: None, lambda _: None
    )
    ticker = Ticker(usher, read, cap_s=WAIT_S, wall=lambda: wall().timestamp())
    while len(spent_s) <= rounds:
        time.sleep(0.5)
    ticker.close()
    return (spent_s[-1] - spent_s[0]) / (len(spent_s) - 1) * DAY_S / CAP_S


def offer_twenty(count: int) -> list[float]:
    """Return how many seconds after its minute each ritual was offered.

    Between two rituals the wall clock leaps to a second and a half before the next; those are
    waited for as on any day.
    """
    start = datetime(2026, 5, 5, tzinfo=UTC)
    made = [
        Ritual(f"r{number}", hour(number, 30), frozenset(range(7)), "favourite", start)
        for number in range(count)
    ]
    lead = timedelta(seconds=1.5)
    ahead = [start - datetime.now(UTC)]
    late: list[float] = []
    seen: queue.SimpleQueue[None] = queue.SimpleQueue()

    def now() -> datetime:
        return datetime.now(UTC) + ahead[0]

    def see(offer: Offer) -> None:
        if offer.stage is Stage.WAITING:
            late.append((now() - offer.occurrence.at).total_seconds())
            seen.put(None)

    usher = Usher(Kept(), lambda: made, lambda: None, see, lambda _: None)
    ticker = Ticker(usher, lambda: Moment(now(), UTC))
    for ritual in made:
        ahead[0] = datetime.combine(start, ritual.at, tzinfo=UTC) - lead - datetime.now(UTC)
        ticker.hasten()
        seen.get(timeout=30)
        ticker.hear(Skip())
    ticker.close()
    return late
