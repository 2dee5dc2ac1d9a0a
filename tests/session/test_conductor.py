"""A session carried out by hand: no clock, no device, no engine, every frame pulled by the test."""

from __future__ import annotations

import math
import queue
import threading
from dataclasses import replace

import numpy as np
import pytest
from palettes import shipped_palette

from voice_guide.errors import DeviceLost, SynthesisFailed, VoiceUnavailable, VoiceUnknown
from voice_guide.output.null import NullOutput
from voice_guide.output.player import Player
from voice_guide.score.compile import Request
from voice_guide.score.compile import utterances as compile_utterances
from voice_guide.score.model import CueKind
from voice_guide.script.parse import parse
from voice_guide.session import events as e
from voice_guide.session.conductor import Conductor
from voice_guide.session.machine import Mode
from voice_guide.session.prepare import Ask, speak_all
from voice_guide.sound.clip import seconds_to_frames
from voice_guide.sound.palette import Palette
from voice_guide.voice.silent import SilentEngine

TEXT = """---
title: A short one
kind: breathing
length: 1-4 min
bell: singing-bowl
cautions: [breath-hold]
---

# Arrive

You are here. That is enough.
[pause 2-60s]

# Breathe

[breathe 4-7-8, 2-4 rounds]

# Return

Come back when you like.
[pause 2-60s]
"""
ASK = Ask(parse(TEXT, "short"), "short", Request())


@pytest.fixture(scope="module")
def palette():
    return shipped_palette()


class Dead(SilentEngine):
    """An engine that is not on this machine."""

    def voices(self):
        raise VoiceUnavailable("There is no speech engine.")

    def speak(self, utterance):
        raise VoiceUnavailable("There is no speech engine.")


class Failing(SilentEngine):
    """An engine that fails at some of its calls."""

    def __init__(self, fails):
        self.fails = fails
        self.calls = 0
        self.turn = threading.Lock()  # two lines are spoken at once

    def speak(self, utterance):
        with self.turn:
            self.calls += 1
            fails = self.fails(self.calls)
        if fails:
            raise SynthesisFailed("It said nothing.")
        return super().speak(utterance)


class Stage:
    """A conductor and all that it works with."""

    def __init__(self, palette, engine=None, output=None):
        self.inbox = queue.SimpleQueue()
        self.endings, self.heard = [], []
        self.output = output or NullOutput()
        self.palette = palette
        self.conductor = Conductor(
            lambda: engine or SilentEngine(),
            lambda: self.palette,
            lambda: Player(self.output),
            self.inbox.put,
            self.endings.append,
            self.heard.append,
        )

    @property
    def status(self):
        return self.conductor.status()

    def hear(self, *events):
        for event in events:
            self.conductor.hear(event)

    def wait(self):
        """Take in the next thing that the preparation has to say."""
        self.hear(self.inbox.get(timeout=20))

    def play(self, seconds, look_s=0.05):
        """Let time pass as a device would, with a look every twentieth of a second or so."""
        pulled = []
        for _ in range(round(seconds / look_s)):
            pulled.append(self.output.advance(seconds_to_frames(look_s)))
            self.conductor.look_after()
        return np.concatenate(pulled)

    def begin(self, ask=ASK):
        self.hear(e.Play(ask))
        self.wait()
        self.wait()


@pytest.fixture
def stage(palette):
    return Stage(palette)


def test_the_bell_sounds_before_any_word_is_prepared(stage):
    stage.hear(e.Play(ASK))
    assert stage.status.state is Mode.PREPARING
    stage.wait()
    assert np.abs(stage.play(0.1)).max() > 1e-4
    assert stage.status.state is Mode.PREPARING
    assert stage.status.title == "A short one"


def test_a_session_plays_to_its_end_and_says_where_it_is(stage):
    stage.begin()
    assert stage.status.state is Mode.PLAYING
    length_s = stage.status.length_s
    seen = []
    while stage.status.state is Mode.PLAYING and len(seen) < 1000:
        stage.play(0.5)
        seen.append(stage.status)
    assert len(seen) == pytest.approx(2 * length_s, abs=4)
    assert list(dict.fromkeys(one.section for one in seen if one.section)) == [
        "Arrive",
        "Breathe",
        "Return",
    ]
    breathing = [one for one in seen if one.phase]
    assert list(dict.fromkeys(one.phase for one in breathing)) == ["in", "hold", "out"]
    rounds = {one.rounds for one in breathing}
    assert len(rounds) == 1
    assert max(one.round for one in breathing) == rounds.pop()
    assert "You are here." in {one.caption for one in seen}
    assert stage.status.state is Mode.ENDED
    assert stage.status.fault is None
    assert not stage.output.is_alive()


def test_words_that_are_late_begin_after_what_was_heard(stage):
    stage.hear(e.Play(ASK))
    stage.wait()
    stage.play(6.0)
    stage.wait()
    score = stage.conductor._prepared.score
    first = next(cue for cue in score.cues if cue.kind is CueKind.SPEECH)
    assert first.span.onset >= seconds_to_frames(6.0)
    assert stage.status.position_s == pytest.approx(6.0, abs=0.2)


def test_an_opening_that_ran_out_goes_over_into_the_session(stage):
    stage.hear(e.Play(ASK))
    stage.wait()
    stage.play(125.0)
    assert stage.status.state is Mode.PREPARING
    stage.wait()
    assert stage.status.state is Mode.PLAYING
    stage.play(1.0)
    assert stage.status.position_s > 119.0


def test_pause_and_resume(stage):
    stage.begin()
    stage.play(3.0)
    stage.hear(e.Toggle())
    assert stage.conductor.is_moving()
    stage.play(1.0)
    assert stage.status.state is Mode.PAUSED
    assert not stage.conductor.is_moving(), "a paused session wakes nobody"
    assert not stage.output.is_alive(), "and keeps no device busy"
    stage.hear(e.Toggle())
    before = stage.status.position_s
    stage.play(2.0)
    assert stage.status.position_s == pytest.approx(before + 2.0, abs=0.6)


def test_a_pause_takes_up_again_where_the_phrase_began(stage):
    stage.begin()
    phrase = _phrases(stage)[1]
    stage.play((phrase.onset + phrase.length * 0.6) / 48_000)
    stage.hear(e.Pause())
    stage.play(1.0)
    assert stage.status.position_s == pytest.approx(phrase.onset / 48_000)
    assert stage.status.caption == "That is enough."
    stage.hear(e.Resume())
    heard = stage.play(2.0)
    # A cold stream stays silent for a moment, so that no device swallows the first syllable.
    words = np.flatnonzero(np.abs(heard).max(axis=1))
    assert words[0] >= seconds_to_frames(0.3)
    assert stage.status.position_s == pytest.approx(phrase.onset / 48_000 + 1.6, abs=0.1)


def test_a_jump_lands_where_a_phrase_begins(stage):
    stage.begin()
    phrase = _phrases(stage)[-1]
    inside_s = (phrase.onset + phrase.length * 0.5) / 48_000
    stage.play(1.0)
    stage.hear(e.Seek(inside_s))
    assert stage.status.position_s == pytest.approx(phrase.onset / 48_000), "shown at once"
    assert stage.status.section == "Return"
    stage.play(0.5)
    assert stage.status.position_s == pytest.approx(phrase.onset / 48_000 + 0.5, abs=0.06)
    stage.hear(e.Seek(inside_s))
    assert stage.status.position_s == pytest.approx(phrase.end / 48_000), "on, and not back"
    stage.hear(e.Seek(-5.0))
    assert stage.status.position_s == 0.0
    for odd in (math.nan, -math.inf):
        stage.hear(e.Seek(odd))
        assert stage.status.position_s == 0.0
    stage.hear(e.Seek(math.inf))
    assert stage.status.position_s == stage.status.length_s
    stage.play(1.0)
    assert stage.status.state is Mode.ENDED


def test_a_jump_while_paused_is_shown_and_says_nothing(stage):
    stage.begin()
    stage.play(2.0)
    stage.hear(e.Pause(), e.Seek(60.0))
    stage.play(1.0)
    stage.hear(e.Seek(30.0))
    there = stage.status
    assert there.state is Mode.PAUSED
    assert there.position_s == pytest.approx(30.0, abs=8.0)
    assert not stage.output.is_alive()
    stage.hear(e.Resume())
    stage.play(1.0)
    assert stage.status.position_s == pytest.approx(there.position_s + 1.0, abs=0.5)


def test_nothing_is_there_to_jump_to_before_the_words(stage):
    stage.hear(e.Play(ASK))
    stage.wait()
    stage.play(0.5)
    stage.hear(e.Seek(60.0))
    assert stage.status.position_s == pytest.approx(0.5, abs=0.06)


def test_a_jump_back_to_what_was_eased_meets_no_hold(stage):
    stage.begin()
    _, breathing, closing = (one.onset for one in stage.conductor._prepared.score.sections)
    stage.hear(e.Seek(closing / 48_000), e.Ease())
    stage.play(1.0)
    phases = set()
    for at in range(closing, breathing, -48_000):
        stage.hear(e.Seek(at / 48_000))
        phases.add(stage.status.phase)
    assert {"in", "out"} <= phases <= {"in", "out", ""}


def _phrases(stage):
    cues = stage.conductor._prepared.score.cues
    return [cue.span for cue in cues if cue.kind is CueKind.SPEECH and cue.phase is None]


def test_skip_and_back_go_by_sections(stage):
    stage.begin()
    stage.play(2.0)
    stage.hear(e.Skip())
    assert stage.status.section == "Breathe", "the screen is there at once"
    stage.play(5.0)
    assert stage.status.section == "Breathe"
    stage.hear(e.Back())
    onset = stage.conductor._prepared.score.sections[1].onset
    assert stage.status.position_s == pytest.approx(onset / 48_000)
    stage.play(1.0)
    stage.hear(e.Back())
    assert stage.status.section == "Arrive"
    stage.hear(e.Skip(), e.Skip(), e.Skip())
    assert stage.status.section == "Return"


def test_skips_in_a_row_do_not_wait_for_the_device(palette):
    stage = Stage(palette, output=NullOutput(depth=seconds_to_frames(0.5)))
    stage.begin()
    stage.play(2.0)
    stage.hear(e.Skip())
    stage.play(0.1)
    stage.hear(e.Skip())
    stage.play(0.1)
    assert stage.status.section == "Return"
    stage.play(2.0)
    assert stage.status.section == "Return"


def test_ease_takes_the_holds_away_within_a_phase(stage):
    stage.begin()
    stage.hear(e.Skip())
    while stage.status.phase != "hold":
        stage.play(0.5)
    length_s = stage.status.length_s
    stage.hear(e.Ease())
    stage.play(1.5)
    phases = set()
    while stage.status.section == "Breathe" and stage.status.state is Mode.PLAYING:
        stage.play(0.5)
        phases.add(stage.status.phase)
    assert "hold" not in phases
    assert {"in", "out"} <= phases
    assert stage.status.eased
    assert stage.status.length_s == length_s
    stage.hear(e.Back(), e.Back())
    stage.play(1.0)
    held = [cue for cue in stage.conductor._prepared.score.cues if cue.phase == "hold"]
    assert not held, "what is gone back to is hold-free as well"


def test_sounds_that_break_meanwhile_are_for_the_next_session(stage):
    stage.begin()
    stage.hear(e.Skip())
    stage.play(1.0)
    stage.palette = Palette()
    stage.hear(e.Ease())
    stage.play(1.0)
    assert stage.status.state is Mode.PLAYING
    assert stage.status.eased
    assert stage.status.fault is None
    stage.hear(e.Play(ASK))
    stage.wait()
    assert "There is no bell" in stage.status.fault.message


def test_stop_fades_and_ends(stage):
    stage.begin()
    stage.play(2.0)
    stage.hear(e.Stop(0.5))
    assert stage.status.state is Mode.PLAYING
    tail = stage.play(1.0)
    assert stage.status.state is Mode.ENDED
    assert np.abs(tail[-4800:]).max() == 0.0


def test_a_new_session_takes_the_place_of_the_old_one(stage):
    stage.begin()
    stage.play(2.0)
    stage.hear(e.Play(replace(ASK, name="other")))
    while stage.status.state is not Mode.PLAYING:
        stage.wait()
    stage.play(1.0)
    assert stage.status.script == "other"


def test_no_engine_means_chimes_and_captions_and_says_so(palette):
    stage = Stage(palette, Dead())
    stage.begin()
    assert stage.status.state is Mode.PLAYING
    assert "No voice" in stage.status.notice
    stage.play(2.0)
    assert stage.status.caption == "You are here."


def test_a_length_out_of_reach_ends_with_the_reason(stage):
    stage.begin(replace(ASK, request=Request(length_s=7200)))
    assert stage.status.state is Mode.ENDED
    assert "min" in str(stage.status.fault)


class Unplugged(NullOutput):
    def start(self, fill):
        raise DeviceLost("There is no sound output.", "Connect one.")


def test_no_device_ends_with_the_reason(palette):
    stage = Stage(palette, output=Unplugged())
    stage.hear(e.Play(ASK))
    happening = stage.inbox.get(timeout=20)
    with pytest.raises(DeviceLost):
        stage.hear(happening)
    stage.conductor.report(DeviceLost("There is no sound output."))
    assert stage.status.state is Mode.ENDED
    assert isinstance(stage.status.fault, DeviceLost)


def test_volume_is_kept_for_the_next_session(stage):
    stage.hear(e.SetVolume(-60.0))
    stage.begin()
    assert np.abs(stage.play(1.0)).max() < 1e-3


def utterances():
    return compile_utterances(ASK.script, ASK.request)


def test_one_line_that_fails_is_told_and_the_rest_is_spoken():
    engine = Failing(lambda call: call == 2)
    clips, notice = speak_all(utterances(), engine)
    assert set(clips) == set(utterances())
    assert engine.calls == len(clips)
    assert "Not every line" in notice


def test_three_failures_in_a_row_give_the_engine_up():
    engine = Failing(lambda call: call >= 2)
    clips, notice = speak_all(utterances(), engine)
    # The one that spoke may say so after two have failed, which then do not count; and one more
    # may be under way when the third has failed.
    assert 4 <= engine.calls <= 7 < len(utterances())
    assert set(clips) == set(utterances())
    assert "No voice" in notice


def test_failures_that_are_not_in_a_row_do_not_give_it_up():
    engine = Failing(lambda call: call % 3 == 0)
    speak_all(utterances(), engine)
    assert engine.calls == len(utterances())


def test_an_unknown_voice_is_a_fault_and_no_reason_for_silence():
    class Picky(SilentEngine):
        def speak(self, utterance):
            raise VoiceUnknown("There is no voice called Bob.")

    with pytest.raises(VoiceUnknown, match="Bob"):
        speak_all(utterances(), Picky())


def test_what_an_abandoned_preparation_says_is_not_heard(stage):
    stage.hear(e.Play(ASK))
    late = [stage.inbox.get(timeout=20) for _ in range(2)]
    stage.hear(e.Play(replace(ASK, name="other")))
    stage.hear(*late)
    assert stage.status.state is Mode.PREPARING
    assert (stage.status.script, stage.status.section) == ("other", "")
    stage.wait()
    assert stage.status.script == "other"
