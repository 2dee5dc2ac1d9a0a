"""The zone as the system's C library knows it, against the tz database."""

from __future__ import annotations

import os
import time as clock
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.plan import instant

pytestmark = pytest.mark.skipif(not hasattr(clock, "tzset"), reason="this system has no TZ")


@pytest.fixture(autouse=True)
def _zone_of_its_own() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "UTC")
        yield
    clock.tzset()


def differences(name: str, days: range) -> list[tuple[str, date, time]]:
    os.environ["TZ"] = name
    system, known = read_moment().zone, ZoneInfo(name)
    found = []
    for number in days:
        day = date(2026, 1, 1) + timedelta(number)
        for at in (time(0, 30), time(2, 30), time(23, 30)):
            mine, theirs = instant(day, at, system), instant(day, at, known)
            assert mine is not None
            shown = mine.astimezone(system).replace(tzinfo=None)
            if mine != theirs or shown != mine.astimezone(known).replace(tzinfo=None):
                found.append((name, day, at))
    return found


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "Africa/Casablanca", "America/Nuuk", "Australia/Lord_Howe"]
)
def test_it_is_the_zone_of_the_database(name: str) -> None:
    assert not differences(name, range(365))


@pytest.mark.long
def test_so_it_is_in_every_zone() -> None:
    names = sorted(available_timezones())
    assert len(names) > 400
    assert not [one for name in names for one in differences(name, range(365))]


def test_a_change_is_seen_while_the_program_runs() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    shown = []
    for name in ("Europe/Berlin", "Asia/Tokyo", "CET-1CEST,M3.5.0,M10.5.0/3"):
        os.environ["TZ"] = name
        shown.append(noon.astimezone(read_moment().zone).isoformat())
    assert shown == [
        "2026-07-01T14:00:00+02:00",
        "2026-07-01T21:00:00+09:00",
        "2026-07-01T14:00:00+02:00",
    ]
    assert noon.astimezone(read_moment().zone).tzname() == "CEST"
