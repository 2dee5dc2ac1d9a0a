"""Every session that ships: each promised minute, the last breath, the twin without holds."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from voice_guide.frontends.library.review import promised_lengths_s
from voice_guide.score.compile import Request, compile_score
from voice_guide.score.describe import describe
from voice_guide.score.model import CueKind, Score
from voice_guide.score.orchestra import Speech
from voice_guide.score.plan.expand import Listener, expand
from voice_guide.score.plan.layout import lay_out
from voice_guide.script.model import Breathe, Phase, Script, walk
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Voicing
from voice_guide.sound.clip import frames_to_seconds

pytestmark = pytest.mark.long

SCRIPTS = Path(__file__).parents[2] / "scripts" / "en"


def compile_for(script: Script, name: str, soundless, clips_for, **wishes) -> Score:
    request = Request(**wishes)
    return compile_score(script, clips_for(script, request), soundless, request, name=name)


def last_phases(score: Score) -> list[Phase | None]:
    """Return the phase that ends each run of breaths."""
    breaths = [cue for cue in score.cues if cue.kind is CueKind.BREATH]
    ends = [one for one, after in pairwise(breaths) if after.span.onset > one.span.end]
    return [cue.phase for cue in (*ends, *breaths[-1:])]


def test_every_promised_minute_is_kept(shipped, clips_for) -> None:
    name, script = shipped
    steps = expand(script, Listener(), seed=0)
    speech = Speech(clips_for(script, Request()), Voicing())
    lengths = promised_lengths_s(script.header.length)
    laid = [lay_out(steps, script.header, one, speech.sentence_length).length for one in lengths]
    missed = max(abs(frames_to_seconds(a) - b) for a, b in zip(laid, lengths, strict=True))
    print(f"{name}: {len(lengths)} lengths, {missed:.6f} s off at most")
    assert missed < 1.0


def test_it_ends_on_an_exhale_and_has_a_twin_as_long(shipped, soundless, clips_for) -> None:
    name, script = shipped
    items = [item for section in script.sections for item in walk(section.items)]
    breathings = [item for item in items if isinstance(item, Breathe)]
    holds = any(item.pattern.holds for item in breathings)
    for length_s in (script.header.length.minimum_s, script.header.length.maximum_s):
        held = compile_for(script, name, soundless, clips_for, length_s=length_s)
        assert set(last_phases(held)) == ({Phase.OUT} if breathings else set())
        free = compile_for(script, name, soundless, clips_for, length_s=length_s, hold_free=True)
        assert free.length == held.length
        phases = {cue.phase for cue in free.cues if cue.kind is CueKind.BREATH}
        assert phases <= {Phase.IN, Phase.OUT}
        assert (describe(free) != describe(held)) == holds


@pytest.mark.parametrize(
    ("name", "days", "different"),
    [
        ("rituals/morning-arrival", 7, 7),
        ("rituals/morning-arrival", 14, 14),
        ("rituals/evening-wind-down", 7, 7),
        ("rituals/midday-check-in", 7, 7),
    ],
)
def test_a_daily_ritual_stays_fresh(name, days, different, soundless, clips_for) -> None:
    script = parse((SCRIPTS / f"{name}.md").read_text(encoding="utf-8"), name)
    today = 740_000  # any day: the seed is the number of the day
    heard = set()
    for seed in range(today, today + days):
        score = compile_for(script, name, soundless, clips_for, seed=seed)
        heard.add(tuple(cue.text for cue in score.cues if cue.kind is CueKind.SPEECH))
    print(f"{name}: {len(heard)} different sessions in {days} days")
    assert len(heard) >= different
