"""Scripts become scores: exact lengths, every clip where its cue says, quiet at both ends."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import LengthOutOfReach, SoundNotFound
from voice_guide.score.compile import (
    Request,
    compile_opening,
    compile_score,
    reach_s,
    utterances,
)
from voice_guide.score.model import CueKind, Score, Stem
from voice_guide.score.plan.expand import STARTER_ANCHORS, Listener, fill
from voice_guide.score.render import render
from voice_guide.script.model import Phase, Script
from voice_guide.script.parse import parse
from voice_guide.sound.clip import SAMPLE_RATE
from voice_guide.sound.loudness import momentary_lufs
from voice_guide.sound.palette import Palette

Compile = Callable[..., Score]
HEADER = "---\ntitle: T\nkind: breathing\nlength: 1-9 min\n{more}---\n\n# One\n\n"


@pytest.fixture
def compile_text(soundless: Palette, clips_for) -> Compile:
    def compile_one(text: str, more: str = "", request: Request | None = None, **given) -> Score:
        script = parse(HEADER.format(more=more) + text, "test")
        asked = request or Request()
        clips = clips_for(script, asked)
        return compile_score(script, clips, soundless, asked, name="test", **given)

    return compile_one


def whole_minutes(script: Script) -> list[float]:
    least, most = script.header.length.minimum_s, script.header.length.maximum_s
    minutes = range(math.ceil(least / 60), int(most // 60) + 1)
    return [60.0 * minute for minute in minutes] or [least]


def test_the_twin_places_everything_but_the_breath_alike(typical, soundless, clips_for) -> None:
    name, script = typical
    clips = clips_for(script, Request())
    held, free = (
        compile_score(script, clips, soundless, Request(hold_free=twin), name=name)
        for twin in (False, True)
    )
    told = [
        [cue for cue in one.cues if cue.phase is None and cue.kind is not CueKind.BREATH]
        for one in (held, free)
    ]
    assert held.length == free.length
    assert told[0] == told[1]


def test_cues_lie_in_order_inside_the_score_and_speech_never_overlaps(
    typical, soundless, clips_for
) -> None:
    name, script = typical
    score = compile_score(script, clips_for(script, Request()), soundless, Request(), name=name)
    onsets = [cue.span.onset for cue in score.cues]
    assert onsets == sorted(onsets)
    assert all(0 <= cue.span.onset <= cue.span.end <= score.length for cue in score.cues)
    said = [cue.span for cue in score.cues if cue.kind is CueKind.SPEECH]
    assert all(a.end <= b.onset for a, b in pairwise(said))
    assert set(score.boundaries) >= {one.onset for one in score.sections}
    assert score.boundaries[0] == 0


def test_every_spoken_cue_has_its_clip_on_its_frame(typical, soundless, clips_for) -> None:
    name, script = typical
    score = compile_score(script, clips_for(script, Request()), soundless, Request(), name=name)
    cues = {cue.span for cue in score.cues if cue.kind is CueKind.SPEECH}
    placed = {one.span for one in score.placements if one.stem is Stem.VOICE}
    assert cues == placed


def test_easing_changes_nothing_before_it(soundless, clips_for, typical) -> None:
    name, script = typical
    clips = clips_for(script, Request())
    plain = compile_score(script, clips, soundless, Request(), name=name)
    at = plain.length // 2
    eased = compile_score(script, clips, soundless, Request(), name=name, eased_at=at)
    assert eased.length == plain.length
    assert [c for c in eased.cues if c.span.end <= at and c.kind is CueKind.SPEECH] == [
        c for c in plain.cues if c.span.end <= at and c.kind is CueKind.SPEECH
    ]
    later = {c.phase for c in eased.cues if c.kind is CueKind.BREATH and c.span.onset > at}
    assert not {Phase.HOLD, Phase.REST} & later


@pytest.mark.parametrize("pattern", ["4-7-8", "4-4-4-4", "3+1-5-2-6"])
def test_one_may_ease_at_any_moment_of_a_counted_round(compile_text, pattern: str) -> None:
    text = f"[breathe {pattern}, 3 rounds, counted]\n"
    plain = compile_text(text)
    breaths = [cue.span for cue in plain.cues if cue.kind is CueKind.BREATH]
    for at in range(breaths[0].onset, breaths[-1].end, 3 * SAMPLE_RATE // 2):
        eased = compile_text(text, eased_at=at)
        assert eased.length == plain.length
    free = compile_text(text, request=Request(hold_free=True))
    counted = [cue.text for cue in free.cues if cue.kind is CueKind.SPEECH and cue.phase]
    assert "three" in counted


def test_a_late_voice_moves_the_words_and_keeps_the_length(soundless, clips_for, typical) -> None:
    name, script = typical
    request = Request(length_s=script.header.length.maximum_s)
    clips = clips_for(script, request)
    late = compile_score(
        script, clips, soundless, request, name=name, first_word_at=3 * SAMPLE_RATE
    )
    said = next(cue for cue in late.cues if cue.kind is CueKind.SPEECH)
    assert said.span.onset == 3 * SAMPLE_RATE
    assert abs(late.length / SAMPLE_RATE - request.length_s) <= 1.0


def test_the_opening_sounds_like_the_start_of_the_whole(palette, clips_for, typical) -> None:
    name, script = typical
    script = replace(script, header=replace(script.header, bed="none"))
    opening = compile_opening(script, palette, Request(), name=name)
    whole = compile_score(script, clips_for(script, Request()), palette, Request(), name=name)
    second = SAMPLE_RATE * 9 // 10
    first = render(opening, 0, second)
    assert first.any()
    assert first.tobytes() == render(whole, 0, second).tobytes()


def test_the_first_second_does_not_startle(palette, clips_for, typical) -> None:
    name, script = typical
    score = compile_score(script, clips_for(script, Request()), palette, Request(), name=name)
    assert momentary_lufs(render(score, 0, SAMPLE_RATE)).max() <= -30.0


def test_it_ends_in_silence(palette, clips_for, typical) -> None:
    name, script = typical
    score = compile_score(script, clips_for(script, Request()), palette, Request(), name=name)
    assert np.abs(render(score, score.length - 100, score.length)).max() < 1e-4


def test_a_length_out_of_reach_names_the_range(soundless, clips_for, typical) -> None:
    name, script = typical
    request = Request(length_s=7200.0)
    clips = clips_for(script, request)
    with pytest.raises(LengthOutOfReach) as caught:
        compile_score(script, clips, soundless, request, name=name)
    shortest_s, longest_s = reach_s(script, clips, request)
    assert (caught.value.shortest_s, caught.value.longest_s) == (shortest_s, longest_s)
    assert shortest_s <= script.header.length.minimum_s
    assert longest_s >= script.header.length.maximum_s


def test_an_unknown_sound_is_named_with_a_near_one(compile_text) -> None:
    with pytest.raises(SoundNotFound, match="warm-drome") as caught:
        compile_text("Hello.", more="bed: warm-drome\n")
    assert "warm-drone" in caught.value.hint


def test_seeds_walk_through_all_choices(palette) -> None:
    lines = [f"Choice number {n}." for n in range(7)]
    text = HEADER.format(more="") + "[one of]\n" + "".join(f"- {line}\n" for line in lines)
    script = parse(text, "test")
    said = [utterances(script, Request(seed=seed))[0].text for seed in range(7)]
    assert sorted(said) == sorted(lines)


def test_anchors_are_spoken_back() -> None:
    script = parse(HEADER.format(more="") + "[for each anchor]\n\n> {anchor}\n\n[end]\n", "test")
    mine = Listener(anchors=("I am loved.", "I can wait."))
    said = [one.text for one in utterances(script, Request(listener=mine))]
    assert said == ["I am loved.", "I can wait."]
    assert len(utterances(script, Request())) == len(STARTER_ANCHORS)


@pytest.mark.parametrize(
    ("text", "with_name", "without"),
    [
        ("Good evening, {name}.", "Good evening, Ada.", "Good evening."),
        ("{name}, you are here.", "Ada, you are here.", "You are here."),
        ("Breathe, {name}, and rest.", "Breathe, Ada, and rest.", "Breathe, and rest."),
        ("Stay. {name}, rest.", "Stay. Ada, rest.", "Stay. Rest."),
        ("You are loved, {name}", "You are loved, Ada", "You are loved"),
    ],
)
def test_a_name_is_left_out_gracefully(text: str, with_name: str, without: str) -> None:
    assert fill(text, "Ada", "") == with_name
    assert fill(text, "", "") == without


@given(st.text(st.sampled_from("ab ,.{name}!"), max_size=40))
def test_no_gap_is_ever_left_where_a_name_would_be(text: str) -> None:
    assert "{name}" not in fill(text, "", "")


def test_a_sentence_without_words_is_left_out() -> None:
    script = parse(HEADER.format(more="") + "Rest.\n\n> {anchor}\n\nAnd go. <b>\n", "test")
    wordless = Request(listener=Listener(anchors=("!!! <3>",)))
    assert [one.text for one in utterances(script, wordless)] == ["Rest.", "And go."]


def test_writing_ends_with_a_soft_bell(compile_text) -> None:
    score = compile_text("Write.\n\n[write 60-120s]\n")
    write = next(cue for cue in score.cues if cue.kind is CueKind.WRITE)
    bell = next(cue for cue in score.cues if cue.kind is CueKind.BELL)
    assert bell.span.onset == write.span.end


def test_beds_change_where_written_and_can_be_chosen(compile_text) -> None:
    text = "Rain now.\n\n[bed rain]\n\nAnd none.\n\n[bed none]\n\nStill.\n\n[pause 30-400s]\n"
    score = compile_text(text, more="bed: warm-drone\n")
    assert [cue.text for cue in score.cues if cue.kind is CueKind.BED] == ["warm-drone", "rain"]
    chosen = compile_text("Hello.\n\n[pause 50-300s]\n", request=Request(bed="pink"))
    assert [cue.text for cue in chosen.cues if cue.kind is CueKind.BED] == ["pink"]


def test_a_session_before_sleep_closes_without_a_bell(compile_text) -> None:
    more = "bell: singing-bowl\nclosing_bell: none\n"
    score = compile_text("Sleep.\n\n[pause 50-300s]\n", more=more)
    assert [c.span.onset for c in score.cues if c.kind is CueKind.BELL] == [0]
