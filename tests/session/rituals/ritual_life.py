"""A listener's life under a clock of the test's own: sleep, flights, restarts, wrong clocks.

At every look it is held against what must be so, which is worked out by trying and not by planning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ritual_values import Memory, true_instant

from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.offer import Answer, Offer, Skip, Snooze, Stage, Start
from voice_guide.session.rituals.outcome import Deferral, Outcome
from voice_guide.session.rituals.plan import TRUSTED_FROM
from voice_guide.session.rituals.ritual import Key, Pause, Ritual
from voice_guide.session.rituals.usher import SETTLE_S, Usher

S = timedelta(seconds=1)
DAY = timedelta(days=1)


class PowerCut(Exception):
    """The program ends between two instructions."""


@dataclass
class Life:
    """One machine, one listener."""

    now: datetime
    zone: tzinfo
    rituals: list[Ritual]
    answers: Callable[[Offer], tuple[float, Answer] | None] = lambda _offer: None
    """What the listener does with an offer, and after how many seconds."""
    cap_s: float = 600.0
    """Between looks where nothing is near; as real as 20 s, and quicker."""
    memory: Memory = field(default_factory=Memory)
    uptime_s: float = 1000.0
    busy: Deferral | None = None
    was_set: bool = False
    """Whether the clock was ever wrong."""
    usher: Usher | None = None
    shown: list[tuple[Key, datetime, datetime]] = field(default_factory=list)
    """What was offered: its key, its instant, and when."""
    renewed: Counter[str] = field(default_factory=Counter)
    """How often each ritual was changed."""
    zones: list[tzinfo] = field(default_factory=list)
    next_at: datetime | None = None
    will_answer: tuple[datetime, Key, Answer] | None = None
    yes_at: datetime | None = None
    writes_left: int = -1
    """Until the power fails; below 0, never."""

    def __post_init__(self) -> None:
        self.memory.on_write = self._count_write
        self.zones.append(self.zone)
        self.start()

    # ---- What happens to a machine ---------------------------------------------------------------

    def start(self) -> None:
        self.usher = Usher(
            self.memory, lambda: self.rituals, lambda: self.busy, self._see, self._fail
        )
        self.will_answer = self.yes_at = None
        self.look()

    def wait(self, span: timedelta) -> None:
        """Let time pass on a machine that is awake."""
        until = self.now + span
        while self.now < until:
            at = min(self._next_look(), until)
            self._pass(at - self.now)
            self.look()

    def sleep(self, span: timedelta, notice_s: float = 0.0) -> None:
        """Let the machine sleep; it looks within 20 seconds of waking."""
        self._pass(span + notice_s * S)
        self.look()

    def be_off(self, span: timedelta) -> None:
        """End the program without a farewell, and start it later."""
        self._pass(span)
        self.start()

    def fail_after(self, writes: int) -> None:
        self.writes_left = writes

    def set_clock(self, by: timedelta, notice_s: float = 0.0) -> None:
        self.now = max(self.now + by, TRUSTED_FROM + 2 * DAY)
        self.was_set = True
        self.will_answer = None
        self._pass(notice_s * S)
        self.look()

    def fly(self, zone: tzinfo, notice_s: float = 0.0) -> None:
        self.zone = zone
        self.zones.append(zone)
        self._pass(notice_s * S)
        self.look()

    # ---- What a listener does --------------------------------------------------------------------

    def pause(self, span: timedelta) -> None:
        self.memory.rest(Pause(self.now, self.now + span))
        self.look()

    def resume(self) -> None:
        if self.memory.pause and self.memory.pause.until > self.now:
            self.memory.rest(replace(self.memory.pause, until=self.now))
        self.look()

    def skip_today(self, number: int) -> None:
        ritual = self.rituals[number % len(self.rituals)]
        self.memory.skip(Key(ritual.name, self.now.astimezone(self.zone).date()), self.now)
        self.look()

    def edit(self, number: int, at: time) -> None:
        number %= len(self.rituals)
        self._renew(number, replace(self.rituals[number], at=at, since=self.now))

    def turn(self, number: int) -> None:
        number %= len(self.rituals)
        ritual = self.rituals[number]
        self._renew(number, replace(ritual, is_on=not ritual.is_on, since=self.now))

    def _renew(self, number: int, ritual: Ritual) -> None:
        self.rituals[number] = ritual
        self.memory.renew(ritual.name, self.now)
        self.renewed[ritual.name] += 1
        self.tell()

    def be_busy(self, with_what: Deferral | None) -> None:
        self.busy = with_what
        self.look()

    # ---- The program -----------------------------------------------------------------------------

    def look(self) -> None:
        """Tick once, and hold what is written against what must be."""
        for _ in range(3):
            try:
                self._tick()
            except PowerCut:
                self.usher = Usher(
                    self.memory, lambda: self.rituals, lambda: self.busy, self._see, self._fail
                )
                self.will_answer = self.yes_at = None
                continue
            break
        self._check()

    def tell(self) -> None:
        """Let the program know that something was changed."""
        if self.usher:
            self.usher.change()
        self.look()

    def _tick(self) -> None:
        assert self.usher is not None
        moment = Moment(self.now, self.zone, self.uptime_s)
        if self.will_answer and self.now >= self.will_answer[0]:
            _, key, answer = self.will_answer
            self.will_answer = None
            self.usher.hear(answer, key, moment)
        self.next_at = self.usher.tick(moment)

    def _next_look(self) -> datetime:
        latest = self.now + self.cap_s * S
        known = [self.next_at] if self.next_at and self.next_at > self.now else []
        answer = [self.will_answer[0]] if self.will_answer else []
        return min([latest, *known, *answer])

    def _pass(self, span: timedelta) -> None:
        self.now += span
        self.uptime_s += span.total_seconds()

    def _see(self, offer: Offer) -> None:
        one = offer.occurrence
        if offer.stage is Stage.ANSWERED:
            self.will_answer = None
            if offer.answer and offer.answer.outcome is Outcome.STARTED:
                self.yes_at = self.now
            return
        if offer.shown_at == self.now and offer.answer is None:
            assert one.at <= self.now < one.at + one.ritual.grace
            assert self.was_set or one.at >= one.ritual.since or one.is_snoozed
            self.shown.append((one.key, one.at, self.now))
            answer = self.answers(offer)
            self.will_answer = answer and (self.now + answer[0] * S, one.key, answer[1])

    def _fail(self, fault: Exception) -> None:
        raise fault

    def _count_write(self) -> None:
        if self.writes_left > 0:
            self.writes_left -= 1
        elif self.writes_left == 0:
            self.writes_left = -1
            raise PowerCut

    # ---- What must be so -------------------------------------------------------------------------

    def _check(self) -> None:
        """Everything that has begun is claimed, unless there is a reason to wait for it."""
        assert self.usher is not None
        assert self.memory.refused == 0, "tried to take what was taken"
        if self.usher.offer or self.busy or self._is_settling():
            return
        today = self.now.astimezone(self.zone).date()
        for ritual in self.rituals:
            for day in (today - DAY, today, today + DAY):
                if self.has_begun(ritual, day):
                    assert Key(ritual.name, day) in self.memory.claims

    def _is_settling(self) -> bool:
        return self.yes_at is not None and abs(self.now - self.yes_at) < SETTLE_S * S

    def has_begun(self, ritual: Ritual, day: date) -> bool:
        """Tell whether a day's time has come, in every zone where the listener was."""
        if not ritual.is_on or day.weekday() not in ritual.days:
            return False
        found = [true_instant(day, ritual.at, zone) for zone in self.zones]
        return all(at is not None and ritual.since <= at <= self.now for at in found)

    def check_end(self, first_day: date) -> None:
        """Hold a whole life against what must be so."""
        days = [
            first_day + number * DAY for number in range((self.now.date() - first_day).days + 2)
        ]
        for ritual in self.rituals:
            for day in days:
                key = Key(ritual.name, day)
                if self.has_begun(ritual, day):
                    assert key in self.memory.claims, f"{key} is lost"
        snoozes: dict[Key, int] = {}
        for key, records in self.memory.records.items():
            snoozes[key] = sum(one.outcome is Outcome.SNOOZED for one in records)
        for key in {one[0] for one in self.shown}:
            times = sum(one[0] == key for one in self.shown)
            most = 1 + snoozes[key] + self.renewed[key.ritual]
            assert times <= most, f"{key} was offered {times} times"


def answer_with(kind: int) -> Callable[[Offer], tuple[float, Answer] | None]:
    """Return a listener: 0 never answers, 1 begins, 2 skips, 3 snoozes first, then begins."""

    def answer(offer: Offer) -> tuple[float, Answer] | None:
        if kind == 3:
            return (5.0, Start()) if offer.occurrence.is_snoozed else (30.0, Snooze())
        return {1: (20.0, Start()), 2: (4.0, Skip())}.get(kind)

    return answer


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)
