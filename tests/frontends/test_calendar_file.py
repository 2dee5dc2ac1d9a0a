"""A calendar file is read back with icalendar, which knows the rules better than we do."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import icalendar
import pytest
from dateutil.rrule import rrulestr
from hypothesis import example, given
from hypothesis import strategies as st

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.calendar import CalendarEntry, calendar_text

NOW = datetime(2026, 3, 27, 22, 5, tzinfo=timezone(timedelta(hours=2)))  # a Friday
MORNING = CalendarEntry(
    "morning", time(7, 30), range(5), "Morning arrival", "rituals/morning-arrival", 390.0
)


def read(*entries: CalendarEntry, now: datetime = NOW) -> list[Any]:
    calendar = icalendar.Calendar.from_ical(calendar_text(entries, now).encode())
    assert (calendar["VERSION"], bool(calendar["PRODID"])) == ("2.0", True)
    found = calendar.walk("VEVENT")
    assert [event.errors for event in found] == [[]] * len(found)
    return found


def days_of(event: Any, count: int) -> list[datetime]:
    start = event.decoded("DTSTART")
    rule = rrulestr(event["RRULE"].to_ical().decode(), dtstart=start)
    return list(rule.xafter(start, count, inc=True))


def test_a_ritual_is_an_entry_at_its_local_time_on_its_days() -> None:
    (event,) = read(MORNING)
    start = event.decoded("DTSTART")
    assert start == datetime(2026, 3, 27, 7, 30)
    assert start.tzinfo is None, "floating: it moves with the listener"
    assert [day.strftime("%a %d") for day in days_of(event, 6)] == [
        *("Fri 27", "Mon 30", "Tue 31", "Wed 01", "Thu 02", "Fri 03")
    ]
    assert {day.time() for day in days_of(event, 60)} == {time(7, 30)}
    assert event.decoded("DURATION") == timedelta(minutes=6, seconds=30)
    assert event.decoded("DTSTAMP") == NOW.astimezone(UTC)
    assert (event["SUMMARY"], event["CLASS"]) == ("Morning arrival", "PRIVATE")
    assert event["DESCRIPTION"].endswith("play rituals/morning-arrival --length 6m30s")
    assert not event.subcomponents, "the companion rings, and nobody else"


def test_every_day_is_daily_and_a_length_may_be_unknown() -> None:
    entry = replace(MORNING, days=frozenset(range(7)), length_s=None, script="", title="")
    (event,) = read(entry)
    assert event["RRULE"].to_ical() == b"FREQ=DAILY"
    assert "DURATION" not in event
    assert "voice-guide" not in event["DESCRIPTION"]
    assert event["SUMMARY"] == "morning"


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.dates(date(1970, 1, 2), date(2100, 1, 1)),
    st.times(),
)
def test_the_first_day_is_the_first_that_fits_and_all_others_follow(
    days: set[int], today: date, at: time
) -> None:
    now = datetime.combine(today, time(12), UTC)
    (event,) = read(replace(MORNING, days=days, at=at), now=now)
    found = days_of(event, 2 * len(days))
    fortnight = [today + timedelta(days=number) for number in range(14)]
    assert [one.date() for one in found] == [day for day in fortnight if day.weekday() in days]


def test_a_later_export_takes_the_place_of_an_earlier_one() -> None:
    (before,) = read(MORNING)
    (after,) = read(
        replace(MORNING, at=time(8), script="rituals/sleep"), now=NOW + timedelta(minutes=1)
    )
    (other,) = read(replace(MORNING, name="Morning"))
    assert before["UID"] == after["UID"] != other["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 1


def test_a_clock_in_1970_is_no_hindrance() -> None:
    (event,) = read(MORNING, now=datetime(1970, 1, 1, tzinfo=timezone(timedelta(hours=9))))
    assert event["SEQUENCE"] == 0


TEXT = st.text(
    st.one_of(st.sampled_from(",;:\\\n\r\"'\t n🌙é\u2028👨‍👩‍👧"), st.characters(codec="utf-8")),
    max_size=120,
)


@given(TEXT, TEXT, TEXT)
@example("n" * 70, "🌙" * 60, "a\\nb\\,c;d")
@example("", "x" * 200, "é" * 100)
@example("\ud800", "\x00\x1b[31m", "\ud83d\r\n\x85")
def test_any_words_come_back_as_they_were(name: str, title: str, script: str) -> None:
    entry = replace(MORNING, name=name, title=title, script=script)
    text = calendar_text([entry], NOW)
    lines = text.encode().split(b"\r\n")
    assert lines.pop() == b""
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # never cut within a letter
    (event,) = read(entry)
    assert event["SUMMARY"] == (plain(title).strip() or plain(name))
    if script:
        _, words = event["DESCRIPTION"].split(": ", 1)
        assert shlex.split(words)[2] == plain(script)


def test_what_has_a_meaning_of_its_own_is_escaped() -> None:
    """Readers are lenient here, and some calendars are not."""
    text = calendar_text([replace(MORNING, title="a,b;c\\d\r\ne:f")], NOW)
    assert r"SUMMARY:a\,b\;c\\d\ne:f" in text.split("\r\n")


def plain(text: str) -> str:
    joined = "\n".join(text.splitlines())
    kept = (one for one in joined if one.isprintable() or ord(one) > 0x9F or one in "\n\t")
    return "".join(one for one in kept if not 0xD800 <= ord(one) < 0xE000)


def test_many_rituals_are_as_many_entries() -> None:
    entries = [replace(MORNING, name=f"ritual {number}") for number in range(100)]
    assert len({event["UID"] for event in read(*entries)}) == 100


def test_what_is_no_calendar_is_not_written() -> None:
    with pytest.raises(VoiceGuideError, match="no ritual") as caught:
        calendar_text([], NOW)
    assert "voice-guide ritual add" in caught.value.hint
    for days in ((), (7,), (-1, 0)):
        with pytest.raises(ValueError, match="days of a week"):
            calendar_text([replace(MORNING, days=days)], NOW)
