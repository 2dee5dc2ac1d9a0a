"""The wall clock leaps over a sleep, and waits know nothing of it: here, and in APScheduler."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, tzinfo

import pytest
from rig import wait_until
from ritual_home import Clock, Home, at_home
from ritual_values import ritual, utc

from voice_guide.session.rituals.offer import Stage
from voice_guide.session.rituals.ticker import CAP_S

pytestmark = pytest.mark.real

STARTED = utc("2026-05-05 06:40")
DUE = utc("2026-05-05 07:30")
HOUR = timedelta(hours=1)
"""Asleep from five seconds after the start until ten minutes after the ritual's time."""


@contextmanager
def schedulers(wall: Clock, run: list[str], missed: list[str]) -> Iterator[None]:
    """Run APScheduler by the same clock: once as it comes, once with no limit to being late."""
    background = pytest.importorskip("apscheduler.schedulers.background")
    base = pytest.importorskip("apscheduler.schedulers.base")
    executors = pytest.importorskip("apscheduler.executors.base")
    events = pytest.importorskip("apscheduler.events")

    class Wall(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return wall.now().astimezone(tz)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "datetime", Wall)
        patch.setattr(executors, "datetime", Wall)
        made = []
        soon = STARTED + timedelta(seconds=12)
        for name, due, options in (
            ("at 07:30", DUE, {}),
            ("at 07:30, no limit", DUE, {"misfire_grace_time": None}),
            ("12 s ahead", soon, {}),
        ):
            scheduler = background.BackgroundScheduler(timezone=UTC)
            scheduler.add_listener(lambda one: missed.append(one.job_id), events.EVENT_JOB_MISSED)
            scheduler.add_job(run.append, "date", [name], id=name, run_date=due, **options)
            scheduler.start()
            made.append(scheduler)
        try:
            yield
        finally:
            for scheduler in made:
                scheduler.shutdown()


def test_after_a_sleep_of_an_hour_it_is_offered_within_twenty_seconds() -> None:
    home = Home(Clock(STARTED - datetime.now(UTC)), [ritual(since=STARTED - HOUR)])
    run: list[str] = []
    missed: list[str] = []
    with schedulers(home.clock, run, missed), at_home(home):
        wait_until(lambda: home.clock.now() > STARTED + timedelta(seconds=5))
        home.clock.ahead += HOUR
        woken = time.monotonic()
        home.wait_for(Stage.WAITING, CAP_S + 10)
        took_s = time.monotonic() - woken
        wait_until(lambda: time.monotonic() - woken > CAP_S, CAP_S + 10)
    assert took_s < CAP_S
    assert home.words()[0] == "offered"
    assert run == [], "APScheduler has learnt to sleep: the decision may be thought over"
    assert missed == ["12 s ahead"]
