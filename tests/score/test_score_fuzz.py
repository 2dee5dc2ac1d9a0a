"""From any text to samples: a script either renders, finite and bounded, or is explained."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from voice_guide.errors import VoiceGuideError
from voice_guide.score.captions import score_to_srt, score_to_webvtt
from voice_guide.score.compile import Request, compile_score
from voice_guide.score.describe import describe, report, score_to_json
from voice_guide.score.model import Score
from voice_guide.score.render import render
from voice_guide.script.parse import parse

ROOT = Path(__file__).parents[2]
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("scripts/en/*/*.md"))]
LINES = [
    *(
        "[breathe 4-4-4-4, 1-100 rounds]",
        "[breathe 3+1-0-8, 2 rounds]",
        "[breathe 0.5-0.5, 9 rounds]",
    ),
    *("[breathe 60-60-60-60, 1 round, counted]", "[breathe 5.5-5.5, 3 rounds, spoken]"),
    *("[repeat 9 times]", "[end]", "[for each anchor]", "> {anchor}, {name}", "[one of]", "- One."),
    *("[write 1-60s]", "[bell]", "[bell low-gong]", "[bed none]", "[bed rain]", "[bed nowhere]"),
    *(
        "[tense 0.1s]",
        "[release 30 min]",
        "[pause 0.01-0.02s]",
        "# ",
        "你好。",
        "...",
        "<!--",
        "-->",
    ),
]
lengths = st.one_of(st.none(), st.none(), st.floats(30.0, 900.0), st.floats())


@st.composite
def mangled(draw: st.DrawFn) -> str:
    """A shipped script after a few careless edits: lines lost, doubled, added, numbers changed."""
    lines = draw(st.sampled_from(TEXTS)).splitlines()
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        edit = draw(st.sampled_from(["lose", "double", "add", "number"]))
        if edit == "lose" and len(lines) > 1:
            del lines[at]
        elif edit == "double":
            lines.insert(at, lines[at])
        elif edit == "add":
            lines.insert(at, draw(st.sampled_from(LINES)))
        else:
            number = draw(st.sampled_from(["0", "0.01", "1", "7", "59", "1e9", "-3", "nan"]))
            lines[at] = re.sub(r"\d+(\.\d+)?", number, lines[at], count=1)
    return "\n".join(lines)


requests = st.builds(
    Request, length_s=lengths, seed=st.integers(), hold_free=st.booleans(), bed=st.none()
)


@pytest.mark.long
@given(mangled(), requests, st.floats(0, 1))
def test_any_script_renders_or_is_explained(palette, clips_for, text, request_, share) -> None:
    try:
        script = parse(text, "fuzz")
        clips = clips_for(script, request_)
        score = compile_score(script, clips, palette, request_, name="fuzz")
    except VoiceGuideError as fault:
        event(type(fault).__name__)
        explained = str(fault)
    else:
        event("rendered")
        at = int(share * score.length)
        eased = compile_score(script, clips, palette, request_, name="fuzz", eased_at=at)
        assert eased.length == score.length
        check(score, at)
        check(eased, at)
        return
    assert len(explained) > 10
    assert "Error" not in explained


def check(score: Score, at: int) -> None:
    sound = render(score, at, at + 4_000)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() < 1.0
    assert score_to_json(score)["length_s"] == round(score.length / 48_000, 6)
    assert describe(score)
    assert score_to_webvtt(score).startswith("WEBVTT")
    assert "-->" in score_to_srt(score)
    assert 0.0 <= report(score).silence_share <= 1.0
