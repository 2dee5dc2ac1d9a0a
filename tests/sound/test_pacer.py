"""A listener with closed eyes must know the phase from the sound alone; so must this test."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from palettes import shipped_palette
from phases import hear, listen

from voice_guide.score.compile import Request, compile_score
from voice_guide.score.model import CueKind, Stem
from voice_guide.score.render import render
from voice_guide.script.model import Breathe
from voice_guide.script.parse import parse
from voice_guide.sound.clip import SAMPLE_RATE
from voice_guide.sound.pacer import Part, shape_breath, shape_release, shape_tense
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import PacerPatch, parse_patch

ROOT = Path(__file__).parents[2]
SOUNDS = ROOT / "sounds" / "pacers"
PACERS = [parse_patch(path.read_text("utf-8"), path.stem) for path in sorted(SOUNDS.iterdir())]
PATTERNS = {
    "4-7-8": (("in", 4.0), ("hold", 7.0), ("out", 8.0)),
    "box": (("in", 4.0), ("hold", 4.0), ("out", 4.0), ("rest", 4.0)),
    "coherent": (("in", 5.5), ("out", 5.5)),
    "long exhale": (("in", 4.0), ("out", 6.0)),
    "sigh": (("in", 3.0), ("in", 1.0), ("out", 8.0)),
}
every_pacer = pytest.mark.parametrize("patch", PACERS, ids=lambda patch: patch.name)


def to_parts(pattern: tuple[tuple[str, float], ...]) -> tuple[Part, ...]:
    return tuple((phase, round(seconds * SAMPLE_RATE)) for phase, seconds in pattern)


@every_pacer
@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_the_phases_can_be_heard(patch: PacerPatch, pattern: tuple[tuple[str, float], ...]) -> None:
    heard = hear(shape_breath(patch, to_parts(pattern)))
    assert [phase for phase, _ in heard] == [phase for phase, _ in pattern]
    ends = np.cumsum([seconds for _, seconds in pattern])
    assert [end for _, end in heard] == pytest.approx(ends, abs=0.05)


def patterns_in_use() -> list[str]:
    texts = [path.read_text("utf-8") for path in sorted(ROOT.glob("scripts/*/*/*.md"))]
    found = {
        one for text in texts for one in re.findall(r"^\[breathe ([^,\]]+)", text, re.MULTILINE)
    }
    return sorted(found | {"4-7-8", "4-4-4-4", "5.5-5.5", "4-6", "3+1-0-8", "5-5"})


STEM = """---
title: Breathing alone
kind: breathing
length: 1-9 min
bell: none
bed: none
pacer: {}
---
# Breathe
[breathe {}, 2 rounds, tones]
"""


@pytest.fixture(scope="module")
def palette() -> Palette:
    return shipped_palette()


@pytest.mark.long
@pytest.mark.parametrize("hold_free", [False, True], ids=["as written", "hold-free"])
@every_pacer
def test_a_blind_reader_knows_every_phase_of_every_script(
    patch: PacerPatch, hold_free: bool, palette: Palette
) -> None:
    """From the stem of the pacer alone, over two rounds, for every pattern that a script uses."""
    worst_s, where = 0.0, ""
    for pattern in patterns_in_use():
        script = parse(STEM.format(patch.name, pattern))
        (breathe,) = script.sections[0].items
        assert isinstance(breathe, Breathe)
        if hold_free and not breathe.pattern.holds:
            continue  # it is its own twin
        score = compile_score(script, {}, palette, Request(hold_free=hold_free), name="stem")
        cues = [cue for cue in score.cues if cue.kind is CueKind.BREATH]
        start = cues[0].span.onset
        heard = hear(render(score, start, cues[-1].span.end, {Stem.PACER}))
        merged = [
            one
            for one, after in zip(heard, [*heard[1:], ("", 0.0)], strict=True)
            if (one[0], after[0]) != ("in", "in")  # a topped-up inhale
        ]
        assert [phase for phase, _ in merged] == [cue.phase for cue in cues], pattern
        for (_, end_s), cue in zip(merged, cues, strict=True):
            off_s = abs(end_s - (cue.span.end - start) / SAMPLE_RATE)
            if off_s > worst_s:
                worst_s, where = off_s, f"{cue.phase} of {pattern}"
    print(f"{patch.name}: off by {1000 * worst_s:.0f} ms at most ({where})")
    assert worst_s <= 0.05


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


@pytest.mark.long
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


@pytest.mark.long
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
