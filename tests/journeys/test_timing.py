"""The cadence that arrives at the ears, and how soon it begins."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest
from benchmarks import material, played, started
from hearing import undisturbed
from rig import Rig, needs_rig, sound_rig

from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE

pytestmark = [pytest.mark.real, needs_rig]


@pytest.fixture(scope="module", autouse=True)
def home() -> Iterator[None]:
    """Give the program's folder back: the measurements keep their clips in one of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICE_GUIDE_HOME", "")  # remembers what was there
        os.environ["VOICE_GUIDE_HOME"] = str(material.home())
        yield
    material.services().close()


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with sound_rig() as rig:
        yield rig


def test_three_rounds_of_breath_arrive_as_they_are_written(rig: Rig) -> None:
    score, first, last = played.breaths(3)
    for _ in undisturbed(rig):
        with rig.record() as recording:
            assert played.start(rig, "play", played.BREATHING, 8, first, last).wait(240) == 0
            recording.catch_up()
    late = played.lateness(recording.samples(), score, first, last)
    assert len(late) > 3 * 3
    assert np.abs(np.diff(late)).max() <= 5 * played.MS
    assert abs(late[-1] - late[0]) <= played.MS


def test_a_late_cue_would_be_noticed() -> None:
    """The measurement itself can fail: 10 ms put in between two cues are found."""
    score, first, last = played.breaths(1)
    stop = last + SAMPLE_RATE
    heard = np.ascontiguousarray(render(score, first - SAMPLE_RATE, stop))
    third = played.planned_onsets(score, first, last)[2] - first + SAMPLE_RATE - 480
    late = np.concatenate([heard[:third], np.zeros((480, 2), np.float32), heard[third:]])
    assert set(played.lateness(heard, score, first, last)) == {0}
    assert set(played.lateness(late, score, first, last)) == {0, 480}


def test_every_gap_would_be_noticed() -> None:
    """A dropped block, one put in and one fallen silent are each found, and once."""
    score, _, _ = played.breaths(1)
    stop = 20 * SAMPLE_RATE
    sound = np.ascontiguousarray(render(score, 0, stop + SAMPLE_RATE))
    before, after = np.zeros((12_345, 2), np.float32), np.zeros((4_096, 2), np.float32)
    whole = np.concatenate([before, sound, after])
    assert played.find_gaps(whole, score, stop) == (0, stop)
    block, at = 2_048, 12_345 + 5 * SAMPLE_RATE
    dropped = np.concatenate([whole[:at], whole[at + block :]])
    inserted = np.concatenate([dropped[: 2 * at], after, dropped[2 * at :]])
    silenced = inserted.copy()
    silenced[3 * at : 3 * at + block] = 0.0
    gaps = [played.find_gaps(one, score, stop)[0] for one in (dropped, inserted, silenced)]
    assert gaps == [1, 2, 3]


def test_the_first_bell_comes_at_once_and_the_first_word_soon(rig: Rig) -> None:
    word = started.first_sentence()
    uncached, cached = started.start_warm(rig, word)
    print(f"sound and word: {uncached} without clips, {cached} with them")
    # A busy build server is slow; that the bell does not wait for the voice holds on any machine.
    assert uncached.sound_s < uncached.word_s / 2
    assert cached.sound_s < cached.word_s / 2
    # From the bell on: how soon a device opens has nothing to do with it.
    assert cached.word_s - cached.sound_s <= uncached.word_s - uncached.sound_s + 0.05
    assert uncached.word_s < 10


def test_the_program_sounds_before_it_has_spoken_anything(rig: Rig) -> None:
    cold, again = started.start_cold(rig, started.first_sentence(first_time=True))
    for begun in (cold, again):
        assert begun.sound_s < begun.word_s
        assert begun.sound_s < 6


def test_kept_clips_are_those_that_are_measured() -> None:
    """The reference of these measurements is the program's own voice, not silence."""
    clips = material.shipped(played.BREATHING).clips.values()
    assert all(np.abs(clip.samples).max() > 0.05 for clip in clips)
