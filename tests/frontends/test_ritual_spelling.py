"""How people write times, days and durations."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.rituals.spelling import (
    DAYS,
    days_to_text,
    parse_days,
    parse_snooze,
    parse_time,
    parse_until,
)

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # a Wednesday
FOUR = time(4)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("07:30", time(7, 30)), ("7:30", time(7, 30)), (" 21:05 ", time(21, 5)), ("0:00", time(0))],
)
def test_a_time_is_understood(written: str, meant: time) -> None:
    assert parse_time(written) == meant


@pytest.mark.parametrize(
    "written", ["25:61", "0730", "half seven", "", "24:00", "7", "7:5", "-1:00", "٠٧:٣٠"]
)
def test_what_is_no_time_is_refused_with_what_would_be(written: str) -> None:
    with pytest.raises(VoiceGuideError) as refusal:
        parse_time(written)
    assert "07:30" in refusal.value.hint


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("mon-fri", "mon tue wed thu fri"),
        ("Mon,Wed, FRIDAY", "mon wed fri"),
        ("fri-mon", "mon fri sat sun"),
        ("weekends", "sat sun"),
        ("weekdays sat", "mon tue wed thu fri sat"),
        ("daily", " ".join(DAYS)),
        ("every day", " ".join(DAYS)),
        ("sunday", "sun"),
    ],
)
def test_days_are_understood(written: str, meant: str) -> None:
    assert parse_days(written) == tuple(meant.split())


@pytest.mark.parametrize("written", ["", " ", "feb 30", "mon-", "mo", "monkey", "1-5", "never"])
def test_what_names_no_days_is_refused(written: str) -> None:
    with pytest.raises(VoiceGuideError) as refusal:
        parse_days(written)
    assert "mon-fri" in refusal.value.hint


@given(st.sets(st.sampled_from(DAYS), min_size=1))
def test_days_that_were_told_are_read_back(days: set[str]) -> None:
    told = days_to_text(days)
    assert set(parse_days(told)) == days


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ("mon tue wed thu fri", "Mon-Fri"),
        ("sat sun", "Sat, Sun"),
        ("mon wed thu fri", "Mon, Wed-Fri"),
    ],
)
def test_days_are_told_briefly(days: str, told: str) -> None:
    assert days_to_text(days.split()) == told


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("tomorrow", "2026-11-26T04:00"),
        ("until tomorrow", "2026-11-26T04:00"),
        ("3 days", "2026-11-28T04:00"),
        ("3d", "2026-11-28T04:00"),
        ("2h", "2026-11-25T14:00"),
        ("for 90 minutes", "2026-11-25T13:30"),
        ("friday", "2026-11-27T04:00"),
        ("wed", "2026-12-02T04:00"),
        ("2026-12-24", "2026-12-24T04:00"),
    ],
)
def test_the_end_of_a_pause_is_understood(written: str, meant: str) -> None:
    assert f"{parse_until(written, NOON, FOUR):%Y-%m-%dT%H:%M}" == meant


def test_tomorrow_comes_after_the_next_sleep() -> None:
    night = NOON.replace(hour=1)
    assert parse_until("tomorrow", night, FOUR) == NOON.replace(hour=4)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "0 days", "9999 days", "feb 30", "2026-02-30", "2026-11-25", "2h ago"],
)
def test_what_is_no_end_of_a_pause_is_refused(written: str) -> None:
    with pytest.raises(VoiceGuideError) as refusal:
        parse_until(written, NOON, FOUR)
    assert "tomorrow" in refusal.value.hint


@given(st.integers(1, 366), st.sampled_from(["d", " days"]))
def test_a_pause_of_days_ends_where_a_day_begins(count: int, unit: str) -> None:
    until = parse_until(f"{count}{unit}", NOON, FOUR)
    assert until - NOON.replace(hour=4) == timedelta(days=count)


@pytest.mark.parametrize(
    ("written", "seconds"), [("10m", 600), ("10", 600), ("1h", 3600), ("12 h", 43200)]
)
def test_a_snooze_is_understood(written: str, seconds: float) -> None:
    assert parse_snooze(written) == seconds


@pytest.mark.parametrize("written", ["", "0", "13h", "2 days", "soon", "-5m"])
def test_what_is_no_snooze_is_refused(written: str) -> None:
    with pytest.raises(VoiceGuideError):
        parse_snooze(written)
