"""The table of an offer: consent before sound, and an end to everything."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ritual_values import ritual, utc

from voice_guide.session.rituals.offer import (
    Announced,
    Offer,
    OfferEvent,
    Skip,
    Snooze,
    Stage,
    Start,
    TimePassed,
    Touched,
    Withdraw,
    open_offer,
    step,
)
from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Occurrence

AT = utc("2026-05-05 05:30")
S = timedelta(seconds=1)


def offered(late_s: float = 0, *, by_itself: bool = False, is_quiet: bool = False) -> Offer:
    made = ritual(begins_by_itself=by_itself)
    return open_offer(Occurrence(made, date(2026, 5, 5), AT), AT + late_s * S, is_quiet=is_quiet)


def after(offer: Offer, *happened: tuple[float, OfferEvent]) -> Offer:
    for at_s, event in happened:
        offer = step(offer, event, AT + at_s * S)
    return offer


@pytest.mark.parametrize(
    ("event", "record"),
    [
        (Start(), Record(Outcome.STARTED, AT + 3 * S)),
        (Snooze(), Record(Outcome.SNOOZED, AT + 3 * S, until=AT + 603 * S)),
        (Snooze(60), Record(Outcome.SNOOZED, AT + 3 * S, until=AT + 63 * S)),
        (Skip(), Record(Outcome.SKIPPED, AT + 3 * S)),
        (Withdraw(Outcome.WITHDRAWN, "gone"), Record(Outcome.WITHDRAWN, AT + 3 * S, "gone")),
    ],
)
@pytest.mark.parametrize("by_itself", [False, True])
def test_an_answer_is_final(event: OfferEvent, record: Record, by_itself: bool) -> None:
    offer = after(offered(by_itself=by_itself), (3, event))
    assert (offer.stage, offer.answer) == (Stage.ANSWERED, record)
    for other in (Start(), Snooze(), Skip(), Touched(), Announced(), TimePassed()):
        assert step(offer, other, AT + 9_999 * S) is offer


def test_no_answer_is_a_no_once_the_grace_is_over() -> None:
    offer = offered()
    for event in (TimePassed(), Touched(), Announced()):
        assert after(offer, (1_199, event)) is offer
    assert after(offer, (1_200, TimePassed())).answer == Record(Outcome.PASSED, AT + 1_200 * S)


def test_one_that_comes_late_waits_as_long_as_any() -> None:
    offer = offered(1_100)
    assert after(offer, (2_299, TimePassed())).answer is None
    assert after(offer, (2_300, TimePassed())).answer is not None


def test_it_begins_by_itself_ten_seconds_after_the_sentence() -> None:
    offer = offered(by_itself=True)
    assert offer.stage is Stage.ANNOUNCING
    counting = after(offer, (6, Announced()))
    assert (counting.stage, counting.stage_ends_at) == (Stage.COUNTING, AT + 16 * S)
    assert after(counting, (15.9, TimePassed())) is counting
    begun = after(counting, (16, TimePassed())).answer
    assert begun == Record(Outcome.STARTED, AT + 16 * S, "nobody objected")


@pytest.mark.parametrize("before", [(), ((6, Announced()),)])
def test_a_touch_makes_it_ask_first(before: tuple[tuple[float, OfferEvent], ...]) -> None:
    offer = after(offered(by_itself=True), *before, (7, Touched()))
    assert (offer.stage, offer.answer) == (Stage.WAITING, None)
    assert after(offer, (60, TimePassed())) is offer
    assert after(offer, (7 + 1_200, TimePassed())).answer == Record(Outcome.PASSED, AT + 1_207 * S)


def test_a_voice_that_never_comes_to_its_end_begins_nothing() -> None:
    offer = after(offered(by_itself=True), (30, TimePassed()))
    assert (offer.stage, offer.answer) == (Stage.WAITING, None)
    assert after(offer, (40, Announced())).stage is Stage.WAITING


def test_a_sleep_within_the_ten_seconds_makes_it_ask_first() -> None:
    counting = after(offered(by_itself=True), (6, Announced()))
    woken = after(counting, (900, TimePassed()))
    assert (woken.stage, woken.answer) == (Stage.WAITING, None)


def test_late_or_where_the_desktop_cannot_be_asked_nothing_begins_by_itself() -> None:
    assert offered(4, by_itself=True).stage is Stage.ANNOUNCING
    assert offered(6, by_itself=True).stage is Stage.WAITING
    assert offered(by_itself=True, is_quiet=True).stage is Stage.WAITING


def test_a_clock_that_is_set_back_keeps_no_offer_open_for_ever() -> None:
    offer = after(offered(), (-86_400, TimePassed()))
    assert offer.answer is None
    assert after(offer, (-86_400 + 1_200, TimePassed())).answer is not None
