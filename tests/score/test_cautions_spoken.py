"""Cautions before a session: a section of their own, and all after them as it always is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_guide.errors import LengthOutOfReach
from voice_guide.score.captions import score_to_webvtt
from voice_guide.score.compile import (
    Request,
    compile_opening,
    compile_score,
    reach_s,
    utterances,
)
from voice_guide.score.describe import describe
from voice_guide.score.model import CueKind, Score, Span, Stem
from voice_guide.score.plan.expand import BEFORE, Listener, announce, expand
from voice_guide.score.plan.layout import FIRST_WORD_AT, lay_out
from voice_guide.script.cautions import CAUTIONS, spoken
from voice_guide.script.model import Script
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import SAMPLE_RATE, Frames
from voice_guide.voice.silent import SilentEngine

TEXT = """---
title: A short one
kind: breathing
length: {length}
bed: rain
bell: singing-bowl
---

# Arrive

You are here. That is enough.
[pause 2-60s]

# Breathe

[breathe 4-7-8, 2-8 rounds]

# Return

> Come back when you like.
[pause 2-60s]
"""
SCRIPT = parse(TEXT.format(length="2-5 min"), "short")
ALL = tuple(CAUTIONS)
SOME = st.lists(st.sampled_from([*ALL, "Keep a chair beside you. Sit."]), min_size=1, unique=True)
SILENT = SilentEngine()


def compile_with(soundless, request: Request, script: Script = SCRIPT, **more) -> Score:
    clips = {one: SILENT.speak(one) for one in utterances(script, request)}
    return compile_score(script, clips, soundless, request, name="short", **more)


def silent_length(text: str) -> Frames:
    return SILENT.speak(Utterance(text)).length


def seconds(score: Score) -> float:
    return score.length / SAMPLE_RATE


def length_of_cautions(score: Score) -> Frames:
    assert score.sections[0].title == BEFORE
    return score.sections[1].onset - FIRST_WORD_AT


def later(span: Span, by: Frames) -> Span:
    return Span(span.onset + by, span.end + by)


def assert_is_shifted(told: Score, plain: Score) -> None:
    """Fail unless one score is the other, after the cautions that begin it."""
    by = length_of_cautions(told)
    assert told.length == plain.length + by
    assert [one.title for one in told.sections] == [BEFORE, *(s.title for s in plain.sections)]
    assert [s.onset for s in told.sections[2:]] == [s.onset + by for s in plain.sections[1:]]
    cues = [cue for cue in told.cues if cue.section > 0 and cue.kind is not CueKind.BED]
    own = [cue for cue in plain.cues if cue.kind is not CueKind.BED and cue.span.onset > 0]
    assert [replace(cue, section=cue.section - 1) for cue in cues] == [
        replace(cue, span=later(cue.span, by)) for cue in own
    ]
    assert set(told.boundaries) >= {edge + by for edge in plain.boundaries if edge}

    def sounds(score: Score, stem: Stem, by: Frames = 0) -> set[tuple[Span, Frames, str]]:
        return {
            (later(one.span, by), one.clip.length, one.clip.text)
            for one in score.placements
            if one.stem is stem and one.span.onset
        }

    for stem in (Stem.VOICE, Stem.PACER, Stem.BELLS):
        assert sounds(told, stem) >= sounds(plain, stem, by)


@pytest.mark.long
@settings(max_examples=25)
@given(SOME, st.integers(90, 300), st.booleans())
def test_all_after_the_cautions_is_the_session_it_always_is(
    soundless, cautions: list[str], length_s: int, hold_free: bool
) -> None:
    plain = Request(length_s=length_s, hold_free=hold_free)
    told = compile_with(soundless, replace(plain, cautions=tuple(cautions)))
    own_s = length_s
    if abs(seconds(told) - length_s) <= 1.0:
        own_s -= length_of_cautions(told) / SAMPLE_RATE
        assert own_s >= SCRIPT.header.length.minimum_s
    assert_is_shifted(told, compile_with(soundless, replace(plain, length_s=own_s)))


@pytest.mark.parametrize("length_s", [180, 200, 240, 300])
def test_where_there_is_room_the_whole_has_the_length_that_was_asked_for(
    soundless, length_s: int
) -> None:
    told = compile_with(soundless, Request(length_s=length_s, cautions=("breath-hold", "driving")))
    assert seconds(told) == pytest.approx(length_s, abs=1.0)


def test_at_its_least_the_session_is_longer_by_just_the_cautions(soundless) -> None:
    least_s = SCRIPT.header.length.minimum_s
    told = compile_with(soundless, Request(length_s=least_s, cautions=("tensing",)))
    plain = compile_with(soundless, Request(length_s=least_s))
    assert seconds(plain) == pytest.approx(least_s, abs=1.0)
    assert_is_shifted(told, plain)


@pytest.mark.parametrize("length_s", [90.0, None])
def test_a_script_of_one_length_keeps_it(soundless, length_s: float | None) -> None:
    script = parse(TEXT.format(length="90 s").replace("2-8 rounds", "2-4 rounds"), "short")
    told = compile_with(soundless, Request(length_s=length_s, cautions=("slow-breath",)), script)
    plain = compile_with(soundless, Request(length_s=length_s), script)
    assert seconds(plain) == pytest.approx(90.0, abs=1.0)
    assert_is_shifted(told, plain)


def test_the_usual_length_is_kept_where_there_is_room(soundless) -> None:
    assert seconds(compile_with(soundless, Request(cautions=ALL))) == pytest.approx(300, abs=1.0)


def test_a_length_out_of_reach_is_named_as_it_was_asked_for(soundless) -> None:
    with pytest.raises(LengthOutOfReach) as fault:
        compile_with(soundless, Request(length_s=3600, cautions=ALL))
    assert "60:00" in fault.value.message


def test_a_late_voice_moves_them_and_keeps_the_length(soundless) -> None:
    late = 4 * SAMPLE_RATE
    request = Request(length_s=300, cautions=("driving",))
    told = compile_with(soundless, request, first_word_at=late)
    said = next(cue for cue in told.cues if cue.kind is CueKind.SPEECH)
    assert said.span.onset == late
    assert seconds(told) == pytest.approx(300, abs=1.0)


@settings(max_examples=15)
@given(SOME)
def test_they_are_known_to_all_that_tells_of_a_session(soundless, cautions: list[str]) -> None:
    request = Request(cautions=tuple(cautions))
    said = list(dict.fromkeys(one for name in cautions for one in spoken(name)))
    assert [one.text for one in utterances(SCRIPT, request)][: len(said)] == said
    told = compile_with(soundless, request)
    first = [cue for cue in told.cues if cue.kind is CueKind.SPEECH][: len(said)]
    assert [cue.text for cue in first] == said, "a sentence that two share is said once"
    assert {cue.section for cue in first} == {0}
    assert f"# {BEFORE} at" in describe(told)
    captions = score_to_webvtt(told)
    assert all(sentence in captions for sentence in said)
    clips = {one: SILENT.speak(one) for one in utterances(SCRIPT, request)}
    shortest_s, longest_s = reach_s(SCRIPT, clips, request)
    own_s = reach_s(SCRIPT, clips, Request())
    took_s = length_of_cautions(told) / SAMPLE_RATE
    assert (shortest_s, longest_s) == pytest.approx([own_s[0] + took_s, own_s[1] + took_s])


def test_the_opening_begins_as_the_whole_does(soundless) -> None:
    request = Request(cautions=("driving",))
    opening = compile_opening(SCRIPT, soundless, request, name="short")
    assert opening.sections == compile_with(soundless, request).sections[:1]


def test_nobody_hears_a_name_that_nobody_knows(soundless) -> None:
    request = Request(cautions=("breath-hodl", "?! …"))
    assert utterances(SCRIPT, request) == utterances(SCRIPT, Request())
    assert describe(compile_with(soundless, request)) == describe(
        compile_with(soundless, Request())
    )


def test_every_shipped_script_speaks_its_cautions_and_keeps_its_length(shipped) -> None:
    _, script = shipped
    promised = script.header.length
    steps = expand(announce(script, script.header.cautions), Listener(), 0)
    laid = lay_out(steps, script.header, promised.maximum_s, silent_length)
    took = next(one.span.onset for one in laid.placed if one.step.section == 1) - FIRST_WORD_AT
    assert 0 < took < 45 * SAMPLE_RATE
    on_top = took if promised.minimum_s == promised.maximum_s else 0
    assert laid.length == pytest.approx(promised.maximum_s * SAMPLE_RATE + on_top, abs=SAMPLE_RATE)
