"""A score in words, in JSON, in captions and in figures."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from voice_guide.score.captions import score_to_srt, score_to_webvtt
from voice_guide.score.compile import Request, compile_score
from voice_guide.score.describe import describe, report, score_to_json
from voice_guide.score.model import Cue, CueKind, Score, Section, Span
from voice_guide.script.model import Phase
from voice_guide.sound.clip import SAMPLE_RATE

SNAPSHOTS = Path(__file__).parent / "snapshots"


def at(start_s: float, end_s: float) -> Span:
    return Span(round(start_s * SAMPLE_RATE), round(end_s * SAMPLE_RATE))


CUES = (
    Cue(CueKind.BELL, at(0, 14), 0, "singing-bowl"),
    Cue(CueKind.SPEECH, at(1, 3), 0, "Rest <here> & now."),
    Cue(CueKind.BREATH, at(5, 9), 1, "", Phase.IN, 1),
    Cue(CueKind.SPEECH, at(5, 5.6), 1, "Breathe in", Phase.IN, 1),
    Cue(CueKind.BREATH, at(9, 17), 1, "", Phase.OUT, 1),
)
SCORE = Score(
    script="kindness/rest",
    title="Rest",
    length=20 * SAMPLE_RATE,
    sections=(Section("Arrive", 0), Section("Breathe", 5 * SAMPLE_RATE)),
    cues=CUES,
    placements=(),
    master=(),
    boundaries=(0,),
)


def test_json_has_the_promised_shape() -> None:
    plain = score_to_json(SCORE)
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain) == ["script", "title", "length_s", "sample_rate", "sections", "cues"]
    assert plain["sections"][1] == {"title": "Breathe", "onset_s": 5.0}
    assert plain["cues"][3] == {
        "kind": "speech",
        "onset_s": 5.0,
        "duration_s": 0.6,
        "text": "Breathe in",
        "phase": "in",
        "round": 1,
        "section": "Breathe",
    }
    assert "text" not in plain["cues"][2]


def test_captions_do_not_overlap_and_keep_their_words_safe() -> None:
    vtt, srt = score_to_webvtt(SCORE), score_to_srt(SCORE)
    assert vtt.startswith("WEBVTT")
    assert "00:00:01.000 --> 00:00:03.000\nRest &lt;here&gt; &amp; now." in vtt
    assert "00:00:00.000 --> 00:00:01.000\n(bell)" in vtt
    assert "00:00:09.000 --> 00:00:17.000\n(breathe out)" in vtt
    assert "(breathe in)" not in vtt  # it is told in words
    assert "2\n00:00:01,000 --> 00:00:03,000\nRest <here> & now." in srt


def test_figures() -> None:
    found = report(SCORE)
    assert found.length_s == 20.0
    assert found.words_per_minute == pytest.approx(4 / 2 * 60)
    assert found.silence_share == pytest.approx(1 - 2.6 / 20)
    assert found.longest_gap_s == pytest.approx(3.0)


def test_the_shipped_sessions_are_as_reviewed(shipped, soundless, clips_for) -> None:
    """Run with UPDATE_SNAPSHOTS=1 after a change that is meant, and read the difference."""
    name, script = shipped
    score = compile_score(script, clips_for(script, Request()), soundless, Request(), name=name)
    path = SNAPSHOTS / f"{name.replace('/', '.')}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(describe(score), encoding="utf-8")
    assert describe(score) == path.read_text(encoding="utf-8")


def test_a_description_names_every_cue(shipped, soundless, clips_for) -> None:
    name, script = shipped
    score = compile_score(script, clips_for(script, Request()), soundless, Request(), name=name)
    lines = [line for line in describe(score).splitlines() if re.match(r"\s*\d+:\d", line)]
    assert len(lines) == len(score.cues)
