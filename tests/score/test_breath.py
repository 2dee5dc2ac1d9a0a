"""Rounds follow one another without a gap; words stay inside their phase; easing ends holds."""

from __future__ import annotations

from itertools import pairwise
from operator import truediv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.score.plan.breath import (
    breaths_length_s,
    cue_words,
    lay_rounds,
    lay_words,
    thin_out,
)
from voice_guide.script.model import Cueing, Pattern, Phase
from voice_guide.sound.clip import SAMPLE_RATE, seconds_to_frames

# Quarters of a second fall on frames; sevenths never do.
quarter = st.builds(truediv, st.integers(1, 48), st.sampled_from([4, 7]))
maybe = st.one_of(st.just(0.0), quarter)
patterns = st.builds(
    Pattern, st.lists(quarter, min_size=1, max_size=2).map(tuple), maybe, quarter, maybe
)
FOUR_SEVEN_EIGHT = Pattern((4.0,), 7.0, 8.0)
BOX = Pattern((4.0,), 4.0, 4.0, 4.0)


def phases(rounds):
    return [phase for one in rounds for phase in one.phases]


@given(patterns, st.integers(1, 12), st.integers(0, 10**8), st.booleans())
def test_rounds_fill_their_span_and_end_on_an_exhale(pattern, count, onset, hold_free) -> None:
    rounds = lay_rounds(onset, pattern, count, Cueing.TONES, hold_free=hold_free)
    laid = phases(rounds)
    assert laid[0].span.onset == onset
    assert laid[-1].span.end == onset + seconds_to_frames(breaths_length_s(pattern, count))
    assert all(one.span.end == other.span.onset for one, other in pairwise(laid))
    assert laid[-1].phase is Phase.OUT
    assert [one.number for one in rounds] == list(range(1, len(rounds) + 1))
    if hold_free:
        assert {one.phase for one in laid} <= {Phase.IN, Phase.OUT}


@given(patterns, st.integers(1, 8), st.floats(0, 1))
def test_easing_keeps_the_length_and_what_was_before_and_ends_the_holds(
    pattern, count, share
) -> None:
    length = seconds_to_frames(breaths_length_s(pattern, count))
    at = int(share * (length - 1))
    plain = phases(lay_rounds(0, pattern, count, Cueing.TONES))
    eased = phases(lay_rounds(0, pattern, count, Cueing.TONES, eased_at=at))
    assert eased[-1].span.end == length
    assert all(one.span.end == other.span.onset for one, other in pairwise(eased))
    assert all(one.span.length > 0 for one in eased)
    assert [p for p in plain if p.span.end <= at] == [
        p for p in eased if p.span.end <= at and p in plain
    ]
    # The rest after an exhale may run out; no other hold goes on past the change.
    held = [p for p in eased if p.phase in (Phase.HOLD, Phase.REST) and p.span.end > at]
    assert all(p.phase is Phase.REST and p.span.onset <= at for p in held)


@pytest.mark.parametrize(
    ("at_s", "expected"),
    [
        (2.0, [("in", 0, 4), ("out", 4, 4 + 15 * 3 / 8)]),
        (6.5, [("in", 0, 4), ("hold", 4, 6.5), ("out", 6.5, 6.5 + 12.5 * 3 / 8)]),
        (13.0, [("in", 0, 4), ("hold", 4, 11), ("out", 11, 19)]),
    ],
)
def test_easing_turns_to_the_exhale(at_s, expected) -> None:
    eased = phases(
        lay_rounds(0, FOUR_SEVEN_EIGHT, 2, Cueing.TONES, eased_at=seconds_to_frames(at_s))
    )
    found = [
        (p.phase.value, p.span.onset / SAMPLE_RATE, p.span.end / SAMPLE_RATE)
        for p in eased[: len(expected)]
    ]
    assert found == expected


def test_no_rounding_adds_up() -> None:
    third = Pattern((10 / 3,), 0.0, 20 / 3)
    rounds = lay_rounds(0, third, 100, Cueing.TONES)
    assert all(one.span.onset == 10 * SAMPLE_RATE * i for i, one in enumerate(rounds))


@given(patterns, st.sampled_from(list(Cueing)), st.integers(1, 12), st.floats(0.2, 1.4))
def test_words_end_inside_their_phase_and_never_overlap(pattern, cueing, count, word_s) -> None:
    rounds = lay_rounds(0, pattern, count, cueing)
    length = seconds_to_frames(word_s)
    known = set(cue_words(pattern, cueing))
    for one in rounds:
        words = sorted(lay_words(one, lambda text: length))
        assert {word.text for word in words} <= known
        assert all(a.onset + length <= b.onset for a, b in pairwise(words))
        for word in words:
            span = next(p.span for p in one.phases if p.phase is word.phase)
            assert span.onset <= word.onset
            assert word.onset + length <= span.end


def test_counting_stands_on_the_second() -> None:
    (one,) = lay_rounds(SAMPLE_RATE, FOUR_SEVEN_EIGHT, 1, Cueing.COUNTED)
    words = list(lay_words(one, lambda text: SAMPLE_RATE // 2))
    assert [(w.onset // SAMPLE_RATE, w.text) for w in words][:7] == [
        (1, "Breathe in"),
        (2, "two"),
        (3, "three"),
        (4, "four"),
        (5, "Hold"),
        (6, "two"),
        (7, "three"),
    ]
    assert all(w.onset % SAMPLE_RATE == 0 for w in words)
    assert len(words) == 19


@given(patterns, st.integers(1, 6), st.booleans())
def test_every_word_of_a_breath_and_of_its_twin_is_spoken(pattern, count, hold_free) -> None:
    spoken = cue_words(pattern, Cueing.COUNTED)
    rounds = lay_rounds(0, pattern, count, Cueing.COUNTED, hold_free=hold_free)
    words = {word.text for one in rounds for word in lay_words(one, lambda text: 100)}
    assert words <= set(spoken)


@given(patterns, st.integers(1, 6), st.floats(0, 1))
def test_an_eased_exhale_is_counted_as_far_as_numbers_were_spoken(pattern, count, share) -> None:
    spoken = cue_words(pattern, Cueing.COUNTED)
    at = int(share * (seconds_to_frames(breaths_length_s(pattern, count)) - 1))
    rounds = lay_rounds(0, pattern, count, Cueing.COUNTED, eased_at=at)
    for one in rounds:
        all_words = list(lay_words(one, lambda text: 100))
        words = list(lay_words(one, lambda text: 100 if text in spoken else None))
        assert words == [word for word in all_words if word.text in spoken]


@pytest.mark.parametrize(
    ("count", "expected"), [(1, "c"), (2, "cs"), (4, "cstt"), (8, "cccssstt"), (12, "cccssstttttt")]
)
def test_words_thin_out(count, expected) -> None:
    assert "".join(thin_out(Cueing.THINNING, i, count).value[0] for i in range(count)) == expected


def test_a_fixed_cueing_never_thins() -> None:
    assert {thin_out(Cueing.SPOKEN, i, 9) for i in range(9)} == {Cueing.SPOKEN}


@given(patterns)
def test_the_twin_is_as_long_and_never_held(pattern) -> None:
    twin = pattern.hold_free()
    assert sum(one.length_s for one in twin) == pytest.approx(pattern.length_s)
    assert not any(one.holds for one in twin)


def test_the_twin_of_box_breathing_is_two_easy_breaths() -> None:
    assert [p.value for p, _ in BOX.hold_free()[0].phases] == ["in", "out"]
    assert len(BOX.hold_free()) == 2
