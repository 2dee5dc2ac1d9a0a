"""How loud the shipped sessions are, by our own meter, and by ffmpeg's for a second opinion."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from listen import prepare_session

from voice_guide.app import build
from voice_guide.score.model import CueKind, Score, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE, Samples
from voice_guide.sound.loudness import integrated_lufs, momentary_lufs, true_peak_dbtp

pytestmark = pytest.mark.real

IDS = tuple(entry.id for entry in build().library.entries())
VOICE_LUFS = -18.0
NO_FFMPEG = shutil.which("ffmpeg") is None


@dataclass(frozen=True, slots=True)
class Stems:
    """One session, whole and in parts."""

    score: Score
    mix: Samples
    voice: Samples
    bed: Samples


@dataclass(frozen=True, slots=True)
class Measured:
    """What ffmpeg's ebur128 filter says."""

    integrated_lufs: float
    momentary_lufs: tuple[float, ...]
    true_peak_dbtp: float


@pytest.fixture(scope="module", params=IDS)
def stems(request: pytest.FixtureRequest, own_home: Path) -> Stems:
    score = prepare_session(request.param).score
    parts = (None, {Stem.VOICE}, {Stem.BED})
    return Stems(score, *(render(score, 0, score.length, part) for part in parts))


def ask_ffmpeg(samples: Samples) -> Measured:
    command = (
        *("ffmpeg", "-hide_banner", "-nostats", "-f", "f32le", "-ac", "2", "-ar", SAMPLE_RATE),
        *("-i", "-", "-af", "ebur128=peak=true:framelog=verbose", "-loglevel", "verbose"),
        *("-f", "null", "-"),
    )
    done = subprocess.run(
        [str(word) for word in command],
        input=np.ascontiguousarray(samples).tobytes(),
        capture_output=True,
        check=True,
    )
    said = done.stderr.decode()
    _, _, summary = said.rpartition("Summary:")
    return Measured(
        _number(r"I:\s+(\S+) LUFS", summary),
        tuple(float(value) for value in re.findall(r"\bM:\s*(\S+)\s", said)),
        _number(r"Peak:\s+(\S+) dBFS", summary),
    )


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    assert found, text
    return float(found[1])


def first_second_lufs(mix: Samples) -> float:
    """Return the loudest window of 400 ms that ends within the first second."""
    return float(momentary_lufs(mix[:SAMPLE_RATE]).max())


def bed_under_voice_db(stems: Stems) -> float:
    """Return how far the bed lies below the voice while it speaks, by BS.1770 both."""
    speaking = np.zeros(stems.score.length, bool)
    for cue in stems.score.cues:
        if cue.kind is CueKind.SPEECH:
            speaking[cue.span.onset : cue.span.end] = True
    voice, bed = (np.ascontiguousarray(part[speaking]) for part in (stems.voice, stems.bed))
    return integrated_lufs(voice) - integrated_lufs(bed)


def test_the_voice_is_as_loud_as_it_should_be(stems: Stems) -> None:
    assert integrated_lufs(stems.voice) == pytest.approx(VOICE_LUFS, abs=1.0)


def test_the_bed_lies_well_under_the_voice(stems: Stems) -> None:
    assert bed_under_voice_db(stems) >= 20.0


def test_nothing_comes_near_full_scale(stems: Stems) -> None:
    assert true_peak_dbtp(stems.mix) <= -3.0


def test_the_first_second_startles_nobody(stems: Stems) -> None:
    assert first_second_lufs(stems.mix) <= -30.0
    assert first_second_lufs(stems.mix) > -60.0, "something is to be heard, though"


@pytest.mark.skipif(NO_FFMPEG, reason="not on this system: ffmpeg")
def test_ffmpeg_is_of_the_same_opinion(stems: Stems) -> None:
    voice, mix = ask_ffmpeg(stems.voice), ask_ffmpeg(stems.mix)
    assert voice.integrated_lufs == pytest.approx(integrated_lufs(stems.voice), abs=0.2)
    assert mix.integrated_lufs == pytest.approx(integrated_lufs(stems.mix), abs=0.2)
    assert mix.true_peak_dbtp == pytest.approx(true_peak_dbtp(stems.mix), abs=0.2)
    assert mix.true_peak_dbtp <= -3.0
    # Its windows of 400 ms end every 100 ms: the first ten lie within the first second.
    assert max(mix.momentary_lufs[:10]) == pytest.approx(first_second_lufs(stems.mix), abs=0.2)
