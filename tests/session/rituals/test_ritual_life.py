"""Through sleep, travel, restarts and wrong clocks: each occurrence is offered once or recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ritual_life import DAY, Life, answer_with, noon
from ritual_values import EVERY_DAY, Memory, local, ritual

from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.outcome import Deferral, Outcome
from voice_guide.session.rituals.ritual import Key, Ritual
from voice_guide.session.rituals.usher import Past, Usher

ZONES = sorted(available_timezones())
BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)

# Around changes of clocks in both halves of the world, or anywhere.
starts = st.sampled_from(
    [date(2026, 3, 6), date(2026, 3, 27), date(2026, 4, 3), date(2026, 10, 23), date(2026, 9, 4)]
) | st.dates(date(2026, 2, 1), date(2027, 12, 1))
times = st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0))
odd_times = st.sampled_from([time(0, 30), time(2, 30), time(23, 30), time(7, 30)]) | times
zones = st.sampled_from(ZONES).map(ZoneInfo)
notice = st.floats(0, 20)


def spans(most: timedelta) -> st.SearchStrategy[timedelta]:
    return st.timedeltas(timedelta(seconds=1), most) | st.timedeltas(
        timedelta(), 2 * timedelta(hours=1)
    )


ordinary = st.one_of(
    st.tuples(st.just("wait"), spans(3 * DAY)),
    st.tuples(st.just("sleep"), spans(20 * DAY), notice),
    st.tuples(st.just("be_off"), spans(5 * DAY)),
    st.tuples(st.just("fail_after"), st.integers(0, 6)),
    st.tuples(st.just("pause"), spans(3 * DAY)),
    st.tuples(st.just("resume")),
    st.tuples(st.just("skip_today"), st.integers(0, 3)),
    st.tuples(st.just("edit"), st.integers(0, 3), odd_times),
    st.tuples(st.just("turn"), st.integers(0, 3)),
    st.tuples(st.just("be_busy"), st.sampled_from([None, Deferral.MICROPHONE, Deferral.SESSION])),
)
travelling = ordinary | st.tuples(st.just("fly"), zones, notice)
everything = travelling | st.tuples(
    st.just("set_clock"), st.timedeltas(-40 * DAY, 40 * DAY) | spans(DAY), notice
)


Happenings = list[tuple[float, tuple[object, ...]]]


def several(kind: st.SearchStrategy[tuple[object, ...]]) -> st.SearchStrategy[Happenings]:
    """Return what happens to one life, each after some hours in which nothing does."""
    return st.lists(st.tuples(st.floats(0.1, 30), kind), min_size=4, max_size=12)


@st.composite
def lives(draw: st.DrawFn) -> tuple[Life, date]:
    first_day, zone = draw(starts), draw(zones)
    now = noon(first_day)
    rituals = [
        Ritual(
            f"r{number}",
            draw(odd_times),
            draw(st.just(EVERY_DAY) | st.frozensets(st.integers(0, 6), min_size=1)),
            "favourite",
            now,
            grace_s=draw(st.sampled_from([60.0, 1200.0, 7200.0])),
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    answers = answer_with(draw(st.integers(0, 3)))
    return Life(now, zone, rituals, answers), first_day


def live(life: Life, first_day: date, happenings: Happenings) -> None:
    for hours, (name, *words) in happenings:
        life.wait(timedelta(hours=hours))
        getattr(life, str(name))(*words)
    life.be_busy(None)
    life.wait(3 * timedelta(hours=1))
    while life.usher and life.usher.offer:
        life.wait(MINUTE)
    life.check_end(first_day)


@pytest.mark.long
@given(lives(), several(ordinary))
def test_at_home_nothing_is_lost_and_nothing_comes_twice(
    begun: tuple[Life, date], happenings: Happenings
) -> None:
    live(*begun, happenings)


@pytest.mark.long
@given(lives(), several(travelling))
def test_nor_when_the_zone_changes_at_any_moment(
    begun: tuple[Life, date], happenings: Happenings
) -> None:
    live(*begun, happenings)


@pytest.mark.long
@given(lives(), several(everything))
def test_nor_when_the_clock_is_set_back_and_forward(
    begun: tuple[Life, date], happenings: Happenings
) -> None:
    live(*begun, happenings)


@given(starts, zones, odd_times)
def test_whoever_is_there_is_asked_at_the_minute(start: date, zone: ZoneInfo, at: time) -> None:
    life = Life(noon(start), zone, [Ritual("r", at, EVERY_DAY, "favourite", noon(start))])
    life.wait(5 * DAY)
    assert 4 <= len(life.shown) <= 6
    assert all(shown_at == instant for _, instant, shown_at in life.shown)
    assert set(life.memory.claims.values()) <= {Outcome.PASSED, Outcome.OFFERED}


def distinct_zones(first: date, days: int) -> dict[tuple[timedelta, ...], str]:
    """Return one zone for each way in which offsets change in these days."""
    found: dict[tuple[timedelta, ...], str] = {}
    hours = [noon(first) + timedelta(hours=number) for number in range(24 * days)]
    for name in ZONES:
        zone = ZoneInfo(name)
        found.setdefault(tuple(hour.astimezone(zone).utcoffset() for hour in hours), name)
    return found


@pytest.mark.long
@pytest.mark.parametrize("first", [date(2026, 3, 5), date(2026, 10, 1)], ids=["spring", "autumn"])
def test_in_every_zone_every_day_has_its_offer(first: date) -> None:
    days = 32
    zones = distinct_zones(first, days)
    assert len(zones) > 40
    for name in zones.values():
        made = [
            ritual(at, at, since=noon(first), grace_s=600.0) for at in ("00:00", "02:30", "23:30")
        ]
        life = Life(noon(first), ZoneInfo(name), made, answer_with(2), cap_s=86_400.0)
        life.wait(days * DAY)
        life.wait(MINUTE)
        life.check_end(first)
        assert len(life.shown) == len(life.memory.claims), name
        assert set(life.memory.claims.values()) == {Outcome.SKIPPED}
        for one in made:
            met = sorted(key.day for key in life.memory.claims if key.ritual == one.name)
            assert met == [met[0] + number * DAY for number in range(len(met))], name
            assert abs(len(met) - days) <= 1, name


def life_at(text: str, *rituals: Ritual, kind: int = 0, zone: ZoneInfo = BERLIN) -> Life:
    now = local(text, zone)
    made = [
        one if one.since > now else ritual(one.name, f"{one.at:%H:%M}", since=now)
        for one in rituals
    ]
    return Life(now, zone, made, answer_with(kind))


def told(life: Life, name: str = "morning", day: str = "2026-05-05") -> list[tuple[str, str]]:
    records = life.memory.records.get(Key(name, date.fromisoformat(day)), [])
    return [(one.outcome.value, f"{one.at.astimezone(life.zone):%H:%M:%S}") for one in records]


def why(life: Life, name: str = "morning", day: str = "2026-05-05") -> str:
    return life.memory.records[Key(name, date.fromisoformat(day))][-1].why


def test_a_snooze_is_offered_again_and_then_begun() -> None:
    life = life_at("2026-05-05 07:00", ritual(), kind=3)
    life.wait(60 * MINUTE)
    assert told(life) == [
        ("offered", "07:30:00"),
        ("snoozed", "07:30:30"),
        ("offered", "07:40:30"),
        ("started", "07:40:35"),
    ]


def test_a_snooze_survives_a_restart_and_a_flight() -> None:
    life = life_at("2026-05-05 07:00", ritual(), kind=3)
    life.wait(31 * MINUTE)
    life.be_off(5 * MINUTE)
    life.fly(ZoneInfo("Asia/Tokyo"))
    life.wait(60 * MINUTE)
    assert [word for word, _ in told(life)] == ["offered", "snoozed", "offered", "started"]
    assert len(life.shown) == 2


def test_of_two_at_one_minute_the_second_waits_for_the_answer_to_the_first() -> None:
    life = life_at("2026-05-05 07:00", ritual("b"), ritual("a"), kind=2)
    life.wait(60 * MINUTE)
    assert told(life, "a") == [("offered", "07:30:00"), ("skipped", "07:30:04")]
    assert told(life, "b") == [("offered", "07:30:04"), ("skipped", "07:30:08")]


def test_a_hundred_at_one_minute_are_offered_one_by_one() -> None:
    life = life_at("2026-05-05 07:00", *(ritual(f"r{n:02}") for n in range(100)), kind=2)
    life.wait(60 * MINUTE)
    assert [key.ritual for key, _, _ in life.shown] == [f"r{number:02}" for number in range(100)]


def test_of_two_at_one_minute_that_nobody_answers_the_second_is_missed_in_silence() -> None:
    life = life_at("2026-05-05 07:00", ritual("b"), ritual("a"))
    life.wait(60 * MINUTE)
    assert told(life, "a") == [("offered", "07:30:00"), ("passed", "07:50:00")]
    assert [word for word, _ in told(life, "b")] == ["missed"]
    assert why(life, "b") == "another ritual was waiting for an answer"


def test_after_a_sleep_it_is_offered_within_its_grace() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.wait(10 * MINUTE)
    life.sleep(30 * MINUTE, notice_s=20)
    assert told(life) == [("offered", "07:40:20")]


def test_after_a_longer_sleep_it_is_missed_and_the_reason_is_told() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.sleep(130 * MINUTE)
    assert told(life) == [("missed", "09:10:00")]
    assert why(life) == (
        "the computer slept from before 07:30 until 09:10, longer than the 20 minutes it waits"
    )


def test_what_was_missed_while_nothing_ran_says_so() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.be_off(130 * MINUTE)
    assert why(life) == "voice-guide was not running from before 07:30 until 09:10"


def test_a_clock_that_is_set_past_it_is_named() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.set_clock(130 * MINUTE)
    assert why(life) == "the computer's clock was set from 07:00 to 09:10"


def test_a_flight_past_it_is_named() -> None:
    life = life_at("2026-05-04 12:00", ritual(), kind=2)
    life.wait(19 * 60 * MINUTE)
    life.fly(ZoneInfo("Asia/Tokyo"), notice_s=20)
    assert why(life) == "the clock was moved past 07:30, from one time zone to another"


def test_a_call_defers_it_until_it_is_over() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.be_busy(Deferral.MICROPHONE)
    life.wait(35 * MINUTE)
    assert told(life) == [("deferred", "07:30:00")]
    life.be_busy(None)
    assert told(life)[1:] == [("offered", "07:35:00")]


def test_a_call_that_lasts_too_long_is_the_reason() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.be_busy(Deferral.MICROPHONE)
    life.wait(60 * MINUTE)
    assert told(life) == [("deferred", "07:30:00"), ("missed", "07:50:00")]
    assert why(life) == "a microphone was in use for longer than it waits"


def test_of_two_programs_that_look_at_once_one_offers() -> None:
    """Both have read the ledger before either of them writes."""

    class Stale(Memory):
        def read(self, since: date) -> Past:
            return Past()

    memory = Stale()
    now = local("2026-05-05 07:30", BERLIN)
    made = [ritual(since=now), ritual("noon", "12:00", since=now)]
    offered: list[str] = []
    for name in ("first", "second"):
        usher = Usher(
            memory, lambda: made, lambda: None, lambda _, who=name: offered.append(who), print
        )
        usher.tick(Moment(now, BERLIN))
    assert offered == ["first"]
    assert memory.refused == 1


def test_where_the_desktop_cannot_be_asked_the_offer_is_quiet() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.be_busy(Deferral.UNKNOWN)
    life.busy = Deferral.UNKNOWN
    life.sleep(30 * MINUTE)
    assert life.usher is not None
    assert life.usher.offer is not None
    assert life.usher.offer.is_quiet


def test_a_pause_takes_an_open_offer_away_and_ends_by_itself() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.wait(31 * MINUTE)
    life.pause(2 * DAY)
    life.tell()
    assert told(life) == [("offered", "07:30:00"), ("paused", "07:31:00")]
    life.wait(2 * DAY)
    assert told(life, day="2026-05-06") == [("paused", "07:30:00")]
    assert told(life, day="2026-05-07") == [("paused", "07:30:00")]
    life.wait(DAY)
    assert told(life, day="2026-05-08")[0] == ("offered", "07:30:00")


def test_days_of_a_pause_that_was_slept_through_are_paused_and_the_others_missed() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.pause(2 * DAY)
    life.sleep(4 * DAY)
    words = [told(life, day=f"2026-05-0{day}")[0][0] for day in (5, 6, 7, 8)]
    assert words == ["paused", "paused", "missed", "missed"]


def test_after_a_yes_the_session_has_a_moment_to_be_seen() -> None:
    life = life_at("2026-05-05 07:00", ritual("b"), ritual("a"), kind=1)
    life.wait(31 * MINUTE)
    assert told(life, "a") == [("offered", "07:30:00"), ("started", "07:30:20")]
    assert told(life, "b") == [("offered", "07:30:30"), ("started", "07:30:50")]


def test_one_that_is_turned_off_takes_its_offer_along() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.wait(31 * MINUTE)
    life.turn(0)
    assert told(life)[1:] == [("withdrawn", "07:31:00")]
    assert why(life) == "it was turned off"


def test_a_clock_that_says_1970_is_waited_for() -> None:
    life = Life(datetime(1970, 1, 1, tzinfo=UTC), BERLIN, [ritual()])
    life._fail = lambda _fault: None  # type: ignore[method-assign]
    life.start()
    assert life.usher is not None
    assert not life.usher.is_idle
    life.now = local("2026-05-05 07:35", BERLIN)
    life.rituals[0] = ritual(since=life.now - 30 * MINUTE)
    life.tell()
    assert told(life) == [("offered", "07:35:00")]


def test_one_that_is_moved_to_a_later_hour_comes_again_today() -> None:
    life = life_at("2026-05-05 07:00", ritual(), kind=2)
    life.wait(60 * MINUTE)
    life.edit(0, time(9, 30))
    life.wait(120 * MINUTE)
    assert told(life) == [
        ("offered", "07:30:00"),
        ("skipped", "07:30:04"),
    ], "who said no means all of today"
    life = life_at("2026-05-05 07:00", ritual(), kind=1)
    life.wait(60 * MINUTE)
    life.edit(0, time(9, 30))
    life.wait(120 * MINUTE)
    assert told(life)[2:] == [("offered", "09:30:00"), ("started", "09:30:20")]
    life.edit(0, time(6, 30))
    life.wait(120 * MINUTE)
    assert len(told(life)) == 4


def test_an_open_offer_goes_along_with_the_time_that_is_changed() -> None:
    life = life_at("2026-05-05 07:00", ritual())
    life.wait(31 * MINUTE)
    life.edit(0, time(9, 30))
    assert told(life)[1:] == [("withdrawn", "07:31:00")]
    assert why(life) == "its time was changed"
    life.wait(120 * MINUTE)
    assert told(life)[2:] == [("offered", "09:30:00")]
