"""Rendering is a query: the same bits however cut, each clip in its frame, stems that add up."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_guide.score.envelope import duck, fade, gain_at, multiply
from voice_guide.score.model import Placement, Point, Score, Span, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import Clip

LENGTH = 50_000
noise = np.random.default_rng(7)


def make_clip(length: int, *, stereo: bool) -> Clip:
    shape = (length, 2) if stereo else (length,)
    return Clip(np.asfortranarray(noise.uniform(-0.5, 0.5, shape).astype(np.float32)))


CLIPS = [make_clip(n, stereo=stereo) for n in (1, 700, 20_000) for stereo in (False, True)]


@st.composite
def envelopes(draw: st.DrawFn) -> tuple[Point, ...]:
    frames = draw(st.lists(st.integers(0, LENGTH), unique=True, max_size=6))
    gains = st.sampled_from([0.0, 0.3, 1.0])
    return tuple(Point(frame, draw(gains)) for frame in sorted(frames))


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    clip = draw(st.sampled_from(CLIPS))
    onset = draw(st.integers(0, LENGTH - 1))
    looped = draw(st.booleans())
    length = draw(st.integers(1, LENGTH)) if looped else clip.length
    span = Span(onset, min(LENGTH, onset + length))
    stem = draw(st.sampled_from(list(Stem)))
    gain = draw(st.sampled_from([1.0, 0.25]))
    return Placement(clip, span, stem, gain, draw(envelopes()), looped)


def make_score(placed: list[Placement], master: tuple[Point, ...] = ()) -> Score:
    ordered = tuple(sorted(placed, key=lambda one: one.span.onset))
    return Score("test", "Test", LENGTH, (), (), ordered, master, (0,))


scores = st.builds(make_score, st.lists(placements(), max_size=6), envelopes())


@settings(max_examples=25)
@given(scores, st.lists(st.integers(0, LENGTH + 5_000), min_size=1, max_size=6))
def test_any_cut_gives_the_same_bits(score: Score, cuts: list[int]) -> None:
    whole = render(score, 0, LENGTH + 5_000)
    edges = [0, *sorted(cuts), LENGTH + 5_000]
    parts = [render(score, a, b) for a, b in pairwise(edges)]
    assert np.concatenate(parts).tobytes() == np.ascontiguousarray(whole).tobytes()


@settings(max_examples=20)
@given(scores)
def test_it_is_the_sum_that_the_score_says(score: Score) -> None:
    expected = np.zeros((LENGTH, 2))
    for one in score.placements:
        for frame in range(one.span.onset, one.span.end, 97):
            offset = frame - one.span.onset
            if one.looped:
                offset %= one.clip.length
            value = one.clip.samples[offset] * one.gain * gain_at(one.envelope, frame)
            expected[frame] += value * gain_at(score.master, frame)
    found = render(score, 0, LENGTH)
    frames = {f for one in score.placements for f in range(one.span.onset, one.span.end, 97)}
    alone = [
        frame
        for frame in sorted(frames)
        if all(
            (frame - one.span.onset) % 97 == 0
            for one in score.placements
            if one.span.onset <= frame < one.span.end
        )
    ]
    np.testing.assert_allclose(found[alone], expected[alone], atol=1e-5)


@settings(max_examples=20)
@given(scores)
def test_stems_add_up_to_the_mix(score: Score) -> None:
    stems = sum(render(score, 0, LENGTH, {stem}) for stem in Stem)
    np.testing.assert_allclose(stems, render(score, 0, LENGTH), atol=1e-6)


def test_a_clip_starts_on_its_very_frame() -> None:
    placement = Placement(Clip(np.ones(10, np.float32)), Span(12_345, 12_355), Stem.VOICE)
    found = np.flatnonzero(render(make_score([placement]), 0, LENGTH)[:, 0])
    assert found.tolist() == list(range(12_345, 12_355))


def test_the_shape_is_stereo_float32_and_silent_past_the_end() -> None:
    found = render(make_score([]), LENGTH - 5, LENGTH + 10)
    assert found.shape == (15, 2)
    assert found.dtype == np.float32
    assert not found.any()


@pytest.mark.parametrize(("start", "stop"), [(-1, 5), (6, 5)])
def test_a_span_that_is_none_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not a span"):
        render(make_score([]), start, stop)


def test_ducking_is_down_while_anyone_speaks_and_joins_near_words() -> None:
    down = duck([Span(100_000, 140_000), Span(150_000, 160_000)], 0.4)
    assert gain_at(down, 90_000) == 1.0
    assert {gain_at(down, frame) for frame in range(100_000, 160_000, 5_000)} == {0.4}
    assert gain_at(down, 160_000 + 48_000) == 1.0


def test_fades_shorten_when_they_do_not_fit() -> None:
    short = fade(Span(0, 100), 1_000, 3_000)
    assert gain_at(short, 0) == 0.0
    assert max(point.gain for point in short) == 1.0
    assert gain_at(short, 100) == 0.0


def test_a_product_is_exact_at_the_corners() -> None:
    one, other = fade(Span(0, 1_000), 100, 100), duck([Span(20_000, 30_000)], 0.5)
    both = multiply(one, other)
    for point in both:
        assert point.gain == gain_at(one, point.frame) * gain_at(other, point.frame)
