"""A listener with closed eyes must know the phase from the sound alone; so must this test.

`hear` is told nothing but samples. It listens for steps and turns in level, and between them for
whether the sound climbs, rests, sinks or is silent.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Samples
from voice_guide.sound.pacer import Part, shape_breath, shape_release, shape_tense
from voice_guide.sound.patch import PacerPatch, parse_patch

SOUNDS = Path(__file__).parents[2] / "sounds" / "pacers"
PACERS = [parse_patch(path.read_text("utf-8"), path.stem) for path in sorted(SOUNDS.iterdir())]
PATTERNS = {
    "4-7-8": (("in", 4.0), ("hold", 7.0), ("out", 8.0)),
    "box": (("in", 4.0), ("hold", 4.0), ("out", 4.0), ("rest", 4.0)),
    "coherent": (("in", 5.5), ("out", 5.5)),
    "long exhale": (("in", 4.0), ("out", 6.0)),
    "sigh": (("in", 3.0), ("in", 1.0), ("out", 8.0)),
}
EAR_RATE = 8_000
HOP = EAR_RATE // 200
WINDOW = 10 * HOP
STEP = 12
"""Hops on either side, 60 ms, between which a step in level is looked for."""

every_pacer = pytest.mark.parametrize("patch", PACERS, ids=lambda patch: patch.name)


def to_parts(pattern: tuple[tuple[str, float], ...]) -> tuple[Part, ...]:
    return tuple((phase, round(seconds * SAMPLE_RATE)) for phase, seconds in pattern)


def listen(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return level (linear, loudest 1) and height (octaves) every 5 ms."""
    hz = np.fft.rfftfreq(WINDOW, 1 / EAR_RATE)
    audible = (hz > 80) & (hz < 3000)
    frames = samples.shape[0] * EAR_RATE // SAMPLE_RATE
    power = np.zeros((frames // HOP + 1, int(audible.sum())))
    for channel in samples.T:
        low = np.fft.irfft(np.fft.rfft(channel)[: frames // 2 + 1], frames)
        padded = np.pad(low, WINDOW // 2)
        windows = sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW)
        power += np.abs(np.fft.rfft(windows)[:, audible]) ** 2
    level = np.sqrt(power.sum(axis=1))
    height = (power * np.log2(hz[audible])).sum(axis=1) / (power.sum(axis=1) + 1e-30)
    return level / level.max(), height


def find_bounds(level: NDArray[np.float64]) -> list[float]:
    """Return the places, in hops, where the level steps, or dips and returns."""
    logs = np.log(level + 0.02)
    steps = np.zeros_like(logs)
    steps[STEP:-STEP] = logs[2 * STEP :] - logs[: -2 * STEP]
    steps[: 2 * STEP] = steps[-2 * STEP :] = 0.0
    found: list[tuple[int, float]] = []
    while np.abs(steps).max() > 0.9:
        place = int(np.abs(steps).argmax())
        found.append((place, steps[place]))
        same = np.sign(steps) == np.sign(steps[place])
        around = np.abs(np.arange(steps.size) - place) < 3 * STEP
        steps[same & around] = 0.0
    found.sort()
    bounds: list[float] = []
    while found:
        place, step = found.pop(0)
        if found and step < 0 < found[0][1] and found[0][0] - place < 3 * STEP:
            bounds.append((place + found.pop(0)[0]) / 2)
        else:
            bounds.append(float(place))
    return bounds


def hear(samples: Samples) -> list[tuple[str, float]]:
    """Return the phases that can be heard, with the second at which each ends."""
    level, height = listen(samples)
    bounds = [0.0, *find_bounds(level), samples.shape[0] / SAMPLE_RATE * 200]
    heard = []
    for start, end in pairwise(bounds):
        inside = slice(round(start) + STEP, round(end) - STEP)
        if level[inside].mean() < 0.01:
            phase = "rest"
        else:
            at = np.arange(level.size)[inside]
            climb = np.polyfit(at, height[inside], 1)[0] * (end - start)
            phase = "in" if climb > 0.1 else "out" if climb < -0.1 else "hold"
        heard.append((phase, end / 200))
    return heard


@every_pacer
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_the_phases_can_be_heard(patch: PacerPatch, pattern: tuple[tuple[str, float], ...]) -> None:
    heard = hear(shape_breath(patch, to_parts(pattern)))
    assert [phase for phase, _ in heard] == [phase for phase, _ in pattern]
    ends = np.cumsum([seconds for _, seconds in pattern])
    assert [end for _, end in heard] == pytest.approx(ends, abs=0.05)


@every_pacer
def test_a_phase_in_the_wrong_place_or_the_wrong_way_round_is_noticed(patch: PacerPatch) -> None:
    late = shape_breath(patch, to_parts((("in", 4.1), ("hold", 2.9), ("out", 5.0))))
    assert hear(late)[0][1] == pytest.approx(4.1, abs=0.05)
    backwards = hear(shape_breath(patch, to_parts(PATTERNS["long exhale"]))[::-1])
    assert backwards[0] == ("in", pytest.approx(6.0, abs=0.05))
    assert backwards[1][0] == "out"


@every_pacer
def test_a_hold_rests_at_its_level(patch: PacerPatch) -> None:
    level, _ = listen(shape_breath(patch, to_parts(PATTERNS["4-7-8"])))
    hold = level[5 * 200 : 10 * 200]
    crest = level[round(3.6 * 200) : round(3.9 * 200)].mean()
    assert 0.15 < hold.mean() / crest < 0.35
    assert hold.max() < 2.0 * hold.min() + 0.02 or patch.shape == "noise"


@every_pacer
def test_a_rest_is_silent(patch: PacerPatch) -> None:
    samples = shape_breath(patch, to_parts(PATTERNS["box"]))
    assert not samples[round(12.06 * SAMPLE_RATE) :].any()


@every_pacer
@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(st.sampled_from(["in", "hold", "out", "rest"]), st.integers(0, 60_000)),
        max_size=6,
    )
)
def test_any_breath_is_as_long_as_its_parts_and_begins_and_ends_at_nothing(
    patch: PacerPatch, parts: list[Part]
) -> None:
    samples = shape_breath(patch, parts)
    assert samples.shape == (sum(length for _, length in parts), 2)
    assert np.isfinite(samples).all()
    assert not samples[:1].any()
    assert not samples[-1:].any()


@pytest.mark.parametrize("shape", [shape_tense, shape_release])
@pytest.mark.parametrize("frames", [0, 1, 2, 9_600, 48_000, 240_000, 120 * SAMPLE_RATE])
def test_muscle_tones_of_any_length(shape, frames: int) -> None:  # type: ignore[no-untyped-def]
    samples = shape(frames)
    assert samples.shape == (frames, 2)
    assert np.isfinite(samples).all()
    assert not samples[:1].any()
    assert not samples[-1:].any()


def test_tense_firms_and_stays_while_release_sinks() -> None:
    tense_level, tense_height = listen(shape_tense(5 * SAMPLE_RATE))
    assert tense_level[100:900].min() > 0.5
    assert 0.1 < tense_height[900] - tense_height[50] < 1.0
    release_level, release_height = listen(shape_release(20 * SAMPLE_RATE))
    assert (np.diff(release_level[100:3800:200]) < 0.02).all()
    assert release_level[3600] < 0.1
    assert release_height[3200] < release_height[100] - 0.6
