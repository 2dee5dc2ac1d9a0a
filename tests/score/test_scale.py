"""Long sessions cost no more a frame than short ones, and are no less exact."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import pytest
from benchmarks.material import EVENING, spans

from voice_guide.score.compile import Request, compile_score
from voice_guide.score.model import CueKind, Score
from voice_guide.score.render import render
from voice_guide.script.model import Phase, Script
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Frames
from voice_guide.sound.palette import Palette

MakeClips = Callable[[Script, Request], dict[Utterance, Clip]]
Evening = Callable[[int], Score]


@pytest.fixture(scope="module")
def evening(palette: Palette, clips_for: MakeClips) -> Evening:
    script = parse(EVENING, "evening")

    @cache
    def make(minutes: int) -> Score:
        request = Request(length_s=60.0 * minutes)
        clips = clips_for(script, request)
        return compile_score(script, clips, palette, request, name="evening")

    return make


def seconds_to_render(score: Score, places: Sequence[Frames]) -> float:
    """Return the seconds of the fastest of several runs over short spans, as a device asks."""
    lasted = []
    for _ in range(7):
        began = time.thread_time()
        for place in places:
            render(score, place, place + 1_024)
        lasted.append(time.thread_time() - began)
    return min(lasted)


def quiet_places(score: Score) -> list[Frames]:
    """Return the middles of inhales led by tones alone: the same work in any session."""
    quiet = next(i for i, one in enumerate(score.sections) if one.title == "Quiet breaths")
    cues = [cue for cue in score.cues if cue.section == quiet and cue.phase is Phase.IN]
    return [cue.span.onset + cue.span.length // 2 for cue in cues if (cue.round or 0) > 1]


@pytest.mark.long
def test_a_frame_of_a_long_session_costs_what_one_of_a_short_session_costs(
    evening: Evening,
) -> None:
    short, long = evening(6), evening(60)
    few, many = (quiet_places(score)[-2:] * 24 for score in (short, long))
    assert len(few) == len(many) == 48
    seconds_to_render(short, few[:1])
    seconds_to_render(long, many[:1])
    # What else was at work says nothing about the score: whoever was disturbed may try again.
    assert any(seconds_to_render(long, many) < 2 * seconds_to_render(short, few) for _ in range(4))


def test_any_span_of_twenty_minutes_has_the_bits_of_the_whole(evening: Evening) -> None:
    score = evening(20)
    rng = np.random.default_rng(20)
    for place in rng.integers(0, score.length - 4 * SAMPLE_RATE, 40).tolist():
        around = render(score, place, place + 3 * SAMPLE_RATE)
        first, last = sorted(rng.integers(0, 3 * SAMPLE_RATE, 2).tolist())
        part = render(score, place + first, place + last)
        assert np.array_equal(part.view(np.uint32), around[first:last].view(np.uint32))


def test_it_keeps_to_the_exact_length_and_the_exact_rounds(evening: Evening) -> None:
    score = evening(60)
    assert score.length == 60 * 60 * SAMPLE_RATE
    slow = [cue.span.onset for cue in score.cues if cue.kind is CueKind.BREATH and cue.section == 1]
    assert set(np.diff(slow[::3])) == {19 * SAMPLE_RATE}


def peak_bytes(score: Score) -> int:
    """Return the most that rendering a whole score holds at once."""
    render(score, 0, 1_024)
    tracemalloc.start()
    try:
        for start, stop in spans(score.length, 65_536):
            render(score, start, stop)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.long
def test_rendering_longer_holds_no_more_in_memory(evening: Evening) -> None:
    short, long = peak_bytes(evening(6)), peak_bytes(evening(20))
    assert long < 1.5 * short + 100_000
    assert short < 4_000_000
