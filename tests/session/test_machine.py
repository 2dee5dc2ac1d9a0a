"""The table of the session: every pair is defined, and none leads astray."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import VoiceGuideError
from voice_guide.session import events as e
from voice_guide.session.machine import LOST, Mode, State, step

# The machine only carries these through; any value with the fields it reads will do.
ASK = SimpleNamespace(request=SimpleNamespace(hold_free=False))
EASY_ASK = SimpleNamespace(request=SimpleNamespace(hold_free=True))
PREPARED = SimpleNamespace(ask=ASK)
FAULT = VoiceGuideError("no")

EVENTS = (
    e.Play(ASK),
    e.Play(EASY_ASK),
    e.Pause(),
    e.Resume(),
    e.Toggle(),
    e.Skip(),
    e.Back(),
    e.Seek(30.0),
    e.Ease(),
    e.Stop(1.5),
    e.SetVolume(-6.0),
    e.OpeningReady("opening"),
    e.ScoreReady(PREPARED),
    e.Ended(),
    e.DeviceLost(),
    e.DeviceBack(),
    e.Failed(FAULT),
)
ACTIVE = {Mode.PREPARING, Mode.PLAYING, Mode.PAUSED}


def run(*events, state=None):
    state = state or State()
    done = []
    for event in events:
        state, effects = step(state, event)
        done.extend(effects)
    return state, done


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_any_story_keeps_the_house_in_order(story):
    state = State()
    sounding = False
    for event in story:
        before = state
        state, effects = step(state, event)
        assert isinstance(effects, tuple)
        for effect in effects:
            if isinstance(effect, e.Prepare):
                assert not sounding, "a new session begins only after the old one let go"
                sounding = True
            elif isinstance(effect, e.Finish):
                assert sounding, "only what was begun is finished"
                sounding = False
            elif not isinstance(effect, e.SetVolume):
                assert sounding
        assert sounding == (state.mode in ACTIVE)
        assert (state.mode is Mode.PLAYING) <= state.ready
        if state.stopping:
            assert state.mode in {Mode.PREPARING, Mode.PLAYING}
        if state == before and not effects:
            assert step(before, event) == (before, ())


@pytest.mark.parametrize("mode", tuple(Mode))
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_pair_is_defined(mode, event):
    state, effects = step(State(mode), event)
    assert isinstance(state, State)
    assert isinstance(effects, tuple)


def test_a_session_from_bell_to_end():
    state, done = run(e.Play(ASK), e.OpeningReady("opening"), e.ScoreReady(PREPARED), e.Ended())
    assert state == State(Mode.ENDED)
    assert done == [
        e.Prepare(ASK),
        e.SoundOpening("opening"),
        e.SoundScore(PREPARED),
        e.Finish(complete=True),
    ]


def test_an_opening_that_runs_out_is_followed_by_quiet():
    state, done = run(e.Play(ASK), e.OpeningReady("o"), e.Ended(), e.ScoreReady(PREPARED))
    assert state.mode is Mode.PLAYING
    assert e.Finish() not in done


def test_pausing_while_the_words_are_prepared():
    state, done = run(e.Play(ASK), e.Pause(), e.ScoreReady(PREPARED))
    assert (state.mode, state.ready) == (Mode.PAUSED, True)
    state, more = run(e.Toggle(), state=state)
    assert state.mode is Mode.PLAYING
    assert [*done, *more][-2:] == [e.SoundScore(PREPARED), e.ResumePlayer()]


def test_resuming_before_the_words_are_ready_goes_on_preparing():
    state, _ = run(e.Play(ASK), e.Pause(), e.Resume())
    assert state.mode is Mode.PREPARING


def test_ease_asked_early_is_done_when_the_score_is_there():
    state, done = run(e.Play(ASK), e.Ease(), e.Ease(), e.ScoreReady(PREPARED))
    assert state.eased
    assert done == [e.Prepare(ASK), e.SoundScore(PREPARED), e.EaseScore()]


def test_a_hold_free_session_has_nothing_to_ease():
    ready = e.ScoreReady(SimpleNamespace(ask=EASY_ASK))
    _, done = run(e.Play(EASY_ASK), ready, e.Ease())
    assert e.EaseScore() not in done


def test_stop_fades_and_then_ends_and_only_a_quicker_fade_is_heard_meanwhile():
    state, done = run(
        e.Play(ASK), e.ScoreReady(PREPARED), e.Stop(1.5), e.Pause(), e.Skip(), e.Stop(0.2)
    )
    assert state.mode is Mode.PLAYING
    assert done[2:] == [e.FadeOut(1.5), e.FadeOut(0.2)]
    assert run(e.Ended(), state=state) == (State(Mode.ENDED), [e.Finish()])


def test_stop_while_paused_ends_at_once():
    state, done = run(e.Play(ASK), e.ScoreReady(PREPARED), e.Pause(), e.Stop())
    assert state == State(Mode.ENDED)
    assert done[-1] == e.Finish()


def test_skip_and_back_and_seek_wait_for_the_score():
    moves = (e.Skip(), e.Back(), e.Seek(30.0))
    _, done = run(e.Play(ASK), *moves, e.ScoreReady(PREPARED), *moves)
    assert done[2:] == [e.GoToSection(1), e.GoToSection(-1), e.Seek(30.0)]


def test_a_lost_device_is_told_and_untold():
    _, done = run(e.Play(ASK), e.ScoreReady(PREPARED), e.DeviceLost(), e.DeviceBack())
    assert done[2:] == [e.Tell(LOST), e.Tell("")]


def test_a_fault_ends_the_session_with_its_reason():
    state, done = run(e.Play(ASK), e.Failed(FAULT))
    assert state == State(Mode.ENDED)
    assert done[-1] == e.Finish(FAULT)


def test_playing_anew_lets_go_of_the_old_session_first():
    _, done = run(e.Play(ASK), e.ScoreReady(PREPARED), e.Play(EASY_ASK))
    assert done[2:] == [e.Finish(), e.Prepare(EASY_ASK)]
