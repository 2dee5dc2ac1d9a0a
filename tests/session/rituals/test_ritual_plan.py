"""What is due and what is over: one case for each rule of the plan."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ritual_values import EVERY_DAY, local, ritual, true_instant, utc

from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.plan import LOOK_BACK_DAYS, Plan, instant, next_of, plan
from voice_guide.session.rituals.ritual import Key, Pause, Ritual, rotate

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 5, 5)
MORNING = local("2026-05-05 07:30", BERLIN)
MINUTE = timedelta(minutes=1)
ZONES = sorted(available_timezones())
# Days on which clocks are changed somewhere, at hours that clocks skip or show twice.
ODD_DAYS = [date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 24), date(2026, 10, 25)]


def plan_of(
    now: datetime,
    *rituals: Ritual,
    claims: dict[Key, Outcome] | None = None,
    snoozed: dict[Key, datetime] | None = None,
    pause: Pause | None = None,
) -> Plan:
    known = {Key(one.name, TODAY - timedelta(1)): Outcome.OFFERED for one in rituals}
    return plan(rituals, now, BERLIN, {**known, **(claims or {})}.get, snoozed or {}, pause)


def names(found: Plan) -> list[str]:
    return [one.ritual.name for one in found.due]


def test_before_its_time_there_is_only_a_next() -> None:
    assert plan_of(MORNING - MINUTE, ritual()) == Plan(next_at=MORNING)


def test_it_is_due_from_its_minute_until_its_grace_is_over() -> None:
    for late in (timedelta(), 19 * MINUTE):
        found = plan_of(MORNING + late, ritual())
        assert [(one.key, one.at) for one in found.due] == [(Key("morning", TODAY), MORNING)]
        assert found.next_at == MORNING + 20 * MINUTE
    found = plan_of(MORNING + 20 * MINUTE, ritual())
    assert not found.due
    assert [(one.at, word) for one, word in found.over] == [(MORNING, Outcome.MISSED)]
    assert found.next_at == MORNING + timedelta(days=1)


@pytest.mark.parametrize("word", [Outcome.OFFERED, Outcome.SKIPPED, Outcome.PAUSED])
def test_what_was_claimed_is_over_for_that_day(word: Outcome) -> None:
    found = plan_of(MORNING, ritual(), claims={Key("morning", TODAY): word})
    assert found == Plan(next_at=MORNING + timedelta(days=1))


def test_a_skip_that_ran_ahead_hides_no_day_before_it() -> None:
    claims = {
        Key("morning", TODAY - timedelta(3)): Outcome.OFFERED,
        Key("morning", TODAY): Outcome.SKIPPED,
    }
    found = plan([ritual()], MORNING, BERLIN, claims.get, {})
    assert [one.day for one, _ in found.over] == [TODAY - timedelta(2), TODAY - timedelta(1)]


def test_every_day_of_a_long_sleep_is_over_once_the_oldest_first() -> None:
    claims = {Key("morning", TODAY - timedelta(8)): Outcome.OFFERED}
    found = plan([ritual()], MORNING, BERLIN, claims.get, {})
    assert [one.day for one, _ in found.over] == [
        TODAY - timedelta(back) for back in range(7, 0, -1)
    ]
    assert names(found) == ["morning"]


def test_after_years_of_sleep_a_year_is_told() -> None:
    found = plan([ritual()], utc("2031-05-05 12:00"), BERLIN, {}.get, {})
    assert len(found.over) == LOOK_BACK_DAYS - 1


def test_only_its_days_count() -> None:
    sundays = ritual(days=frozenset({6}))
    assert plan_of(MORNING, sundays).next_at == local("2026-05-10 07:30", BERLIN)
    assert plan_of(MORNING, ritual(days=frozenset())) == Plan()


def test_nothing_before_it_was_made_counts() -> None:
    made = ritual(since=MORNING + MINUTE)
    assert plan([made], MORNING + 2 * MINUTE, BERLIN, {}.get, {}).due == ()
    assert plan([ritual(since=MORNING)], MORNING, BERLIN, {}.get, {}).over == ()
    assert names(plan([ritual(since=MORNING)], MORNING, BERLIN, {}.get, {})) == ["morning"]


def test_one_that_was_made_by_a_clock_that_ran_years_ahead_still_rings() -> None:
    made = ritual(since=utc("2031-01-01 00:00"))
    assert plan([made], MORNING - MINUTE, BERLIN, {}.get, {}).next_at == MORNING
    found = plan([made], MORNING, BERLIN, {}.get, {})
    assert names(found) == ["morning"]
    assert found.over == ()


def test_one_that_is_off_is_not_there() -> None:
    assert plan_of(MORNING, ritual(is_on=False)) == Plan()


def test_of_several_the_oldest_comes_first_then_the_name() -> None:
    found = plan_of(
        MORNING + MINUTE, ritual("b"), ritual("a"), ritual("late", "07:31"), ritual("z", "07:29")
    )
    assert names(found) == ["z", "a", "b", "late"]


def test_a_snooze_ends_when_it_was_stored_to_and_its_grace_begins_there() -> None:
    key, until = Key("morning", TODAY), MORNING + 40 * MINUTE
    claims, snoozed = {key: Outcome.OFFERED}, {key: until}
    early = plan_of(MORNING + 30 * MINUTE, ritual(), claims=claims, snoozed=snoozed)
    assert early == Plan(next_at=until)
    found = plan_of(until + 19 * MINUTE, ritual(), claims=claims, snoozed=snoozed)
    assert [(one.key, one.at, one.is_snoozed) for one in found.due] == [(key, until, True)]
    late = plan_of(until + 20 * MINUTE, ritual(), claims=claims, snoozed=snoozed)
    assert [(one.key, word) for one, word in late.over] == [(key, Outcome.MISSED)]


def test_a_snooze_outlives_a_change_of_days_but_not_its_ritual() -> None:
    key = Key("morning", TODAY)
    snoozed = {key: MORNING}
    moved = ritual(days=frozenset({6}), since=MORNING - MINUTE)
    assert names(plan_of(MORNING, moved, snoozed=snoozed)) == ["morning"]
    assert plan_of(MORNING, snoozed=snoozed) == Plan()
    assert plan_of(MORNING, ritual(is_on=False), snoozed=snoozed) == Plan()


def test_what_falls_into_a_pause_is_paused_also_when_it_is_looked_at_later() -> None:
    pause = Pause(MORNING - 60 * MINUTE, MORNING + 60 * MINUTE)
    for now in (MORNING, MORNING + timedelta(hours=9)):
        found = plan_of(now, ritual(), pause=pause)
        assert [word for _, word in found.over] == [Outcome.PAUSED]
        assert not found.due
    assert plan_of(MORNING - MINUTE, ritual(), pause=pause).next_at == MORNING


def test_a_pause_is_meant_for_an_offer_that_waits_and_for_nothing_after_it() -> None:
    begun = Pause(MORNING + MINUTE, MORNING + 60 * MINUTE)
    assert [word for _, word in plan_of(MORNING + MINUTE, ritual(), pause=begun).over] == [
        Outcome.PAUSED
    ]
    ended = Pause(MORNING - 60 * MINUTE, MORNING)
    assert names(plan_of(MORNING, ritual(), pause=ended)) == ["morning"]


def test_a_pause_that_was_set_by_a_clock_that_ran_ahead_is_none() -> None:
    pause = Pause(MORNING + timedelta(days=900), MORNING + timedelta(days=903))
    assert names(plan_of(MORNING, ritual(), pause=pause)) == ["morning"]


def test_a_clock_that_was_never_set_plans_nothing_and_says_so() -> None:
    found = plan([ritual()], utc("1970-01-02 07:30"), UTC, {}.get, {})
    assert found == Plan(problem=found.problem)
    assert "2 January 1970" in found.problem
    assert names(
        plan([ritual(since=utc("2020-02-01 00:00"))], utc("2020-02-02 07:30"), UTC, {}.get, {})
    ) == ["morning"]


@given(
    st.sampled_from(ZONES),
    st.sampled_from(ODD_DAYS) | st.dates(date(2026, 1, 2), date(2029, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
)
def test_a_local_time_is_the_first_instant_that_clocks_show_it(
    name: str, day: date, at: time
) -> None:
    zone = ZoneInfo(name)
    assert instant(day, at, zone) == true_instant(day, at, zone)


@pytest.mark.parametrize(
    ("zone", "day", "at", "then"),
    [
        ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T03:30+02:00"),
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30+02:00"),
        ("America/Havana", "2026-03-08", "00:30", "2026-03-08T01:30-04:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-04T02:40+11:00"),
        # Greenland skips the last hour of a Saturday: what falls into it comes on Sunday.
        ("America/Nuuk", "2026-03-28", "23:30", "2026-03-29T00:30-01:00"),
        ("America/Nuuk", "2026-03-29", "23:30", "2026-03-29T23:30-01:00"),
        ("Pacific/Apia", "2011-12-29", "07:30", "2011-12-29T07:30-10:00"),
        ("Pacific/Apia", "2011-12-31", "07:30", "2011-12-31T07:30+14:00"),
    ],
)
def test_hours_that_do_not_exist_come_later_and_hours_that_come_twice_count_once(
    zone: str, day: str, at: str, then: str
) -> None:
    found = instant(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone))
    assert found == datetime.fromisoformat(then)


def test_an_hour_that_does_not_exist_is_waited_for_into_the_next_day() -> None:
    nuuk = ZoneInfo("America/Nuuk")
    saturday = ritual(at="23:30", days=frozenset({5}), since=local("2026-03-28", nuuk))
    found = plan([saturday], local("2026-03-29 00:10", nuuk), nuuk, {}.get, {})
    assert found == Plan(next_at=local("2026-03-29 00:30", nuuk))


def test_a_day_that_a_zone_left_out_has_no_occurrence() -> None:
    assert instant(date(2011, 12, 30), time(7, 30), ZoneInfo("Pacific/Apia")) is None


def test_a_doubled_hour_is_offered_once_and_a_nonexistent_one_too() -> None:
    for day, hours in (("2026-03-29", 23), ("2026-10-25", 25)):
        start = local(day, BERLIN)
        claims: dict[Key, Outcome] = {}
        rung = []
        for minute in range(hours * 60):
            made = ritual(at="02:30", since=start)
            for one in plan([made], start + minute * MINUTE, BERLIN, claims.get, {}).due:
                claims[one.key] = Outcome.OFFERED
                rung.append((start + minute * MINUTE).astimezone(BERLIN))
        expected = "03:30" if hours == 23 else "02:30"
        assert [f"{at:%H:%M}" for at in rung] == [expected]


def test_the_next_time_is_told_in_local_time_and_after_a_pause() -> None:
    now = MORNING + MINUTE
    found = next_of(ritual(), now, BERLIN, {}.get, {})
    assert found is not None
    assert found.isoformat() == "2026-05-06T07:30:00+02:00"
    pause = Pause(now, now + timedelta(days=3))
    paused = next_of(ritual(), now, BERLIN, {}.get, {}, pause)
    assert paused == MORNING + timedelta(days=4)
    key = Key("morning", TODAY)
    assert next_of(ritual(), now, BERLIN, {}.get, {key: now + MINUTE}) == now + MINUTE
    assert next_of(ritual(is_on=False), now, BERLIN, {}.get, {}) is None


@given(st.frozensets(st.integers(0, 6), min_size=1), st.integers(2, 9), st.dates(date(2026, 1, 1)))
def test_a_rotation_goes_through_all_in_turn(days: frozenset[int], count: int, start: date) -> None:
    made = ritual(days=days)
    ids = [f"kindness/{number}" for number in range(count)]
    ahead = [start + timedelta(back) for back in range(7 * count) if start <= date(9998, 1, 1)]
    met = [rotate(made, day, ids) for day in ahead if day.weekday() in days]
    for at in range(len(met) - count + 1):
        assert sorted(met[at : at + count]) == ids


def test_two_rotations_do_not_go_side_by_side() -> None:
    ids = [f"kindness/{number}" for number in range(7)]
    assert rotate(ritual("evening", days=EVERY_DAY), TODAY, ids) != rotate(ritual(), TODAY, ids)
