"""What a session does next: a table from (mode, event) to the next state and its effects.

A pair that is not in the table changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from voice_guide.session.events import (
    Back,
    DeviceBack,
    DeviceLost,
    Ease,
    EaseScore,
    Effect,
    Ended,
    Event,
    FadeOut,
    Failed,
    Finish,
    GoToSection,
    OpeningReady,
    Pause,
    PausePlayer,
    Play,
    Prepare,
    Resume,
    ResumePlayer,
    ScoreReady,
    Seek,
    SetVolume,
    Skip,
    SoundOpening,
    SoundScore,
    Stop,
    Tell,
    Toggle,
)


class Mode(StrEnum):
    """Where a session stands."""

    IDLE = "idle"
    PREPARING = "preparing"
    """The opening bell may be sounding already; the words are still being spoken to memory."""
    PLAYING = "playing"
    PAUSED = "paused"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class State:
    """All that decides what an event means."""

    mode: Mode = Mode.IDLE
    ready: bool = False
    """The whole score is there, not only its opening."""
    eased: bool = False
    """Held breaths are, or will be, replaced by their hold-free twins."""
    stopping: bool = False
    """The last fade is on its way; only a quicker one is still heard."""


Move = tuple[State, tuple[Effect, ...]]

LOST = "The sound output went away. The session waits, and goes on when there is one again."


def _begin(_state: State, event: Play) -> Move:
    eased = event.ask.request.hold_free
    return State(Mode.PREPARING, eased=eased), (Prepare(event.ask),)


def _begin_anew(state: State, event: Play) -> Move:
    after, effects = _begin(state, event)
    return after, (Finish(), *effects)


def _pause(state: State, _event: Event) -> Move:
    return replace(state, mode=Mode.PAUSED), (PausePlayer(),)


def _resume(state: State, _event: Event) -> Move:
    mode = Mode.PLAYING if state.ready else Mode.PREPARING
    return replace(state, mode=mode), (ResumePlayer(),)


def _skip(state: State, _event: Event) -> Move:
    return state, (GoToSection(1),) if state.ready else ()


def _back(state: State, _event: Event) -> Move:
    return state, (GoToSection(-1),) if state.ready else ()


def _seek(state: State, event: Seek) -> Move:
    return state, (event,) if state.ready else ()


def _ease(state: State, _event: Event) -> Move:
    if state.eased:
        return state, ()
    return replace(state, eased=True), (EaseScore(),) if state.ready else ()


def _fade(state: State, event: Stop) -> Move:
    return replace(state, stopping=True), (FadeOut(event.fade_s),)


def _finish(_state: State, _event: Event) -> Move:
    return State(Mode.ENDED), (Finish(),)


def _come_to_the_end(state: State, event: Event) -> Move:
    if state.stopping:
        return _finish(state, event)
    # An opening that runs out before the words are ready is followed by quiet, not by the end.
    return (State(Mode.ENDED), (Finish(complete=True),)) if state.ready else (state, ())


def _open(state: State, event: OpeningReady) -> Move:
    return state, (SoundOpening(event.score),)


def _sound(state: State, event: ScoreReady) -> Move:
    mode = Mode.PAUSED if state.mode is Mode.PAUSED else Mode.PLAYING
    effects: tuple[Effect, ...] = (SoundScore(event.prepared),)
    if state.eased and not event.prepared.ask.request.hold_free:
        effects += (EaseScore(),)
    return replace(state, mode=mode, ready=True), effects


def _lose_device(state: State, _event: Event) -> Move:
    return state, (Tell(LOST),)


def _find_device(state: State, _event: Event) -> Move:
    return state, (Tell(""),)


def _fail(_state: State, event: Failed) -> Move:
    return State(Mode.ENDED), (Finish(event.fault),)


def _set_volume(state: State, event: SetVolume) -> Move:
    return state, (event,)


ACTIVE = (Mode.PREPARING, Mode.PLAYING, Mode.PAUSED)
"""A session is under way."""

_SOUNDING = (Mode.PREPARING, Mode.PLAYING)

_ROWS: tuple[tuple[tuple[Mode, ...], type, Callable[[State, Any], Move]], ...] = (
    ((Mode.IDLE, Mode.ENDED), Play, _begin),
    (ACTIVE, Play, _begin_anew),
    (_SOUNDING, Pause, _pause),
    (_SOUNDING, Toggle, _pause),
    ((Mode.PAUSED,), Resume, _resume),
    ((Mode.PAUSED,), Toggle, _resume),
    (ACTIVE, Skip, _skip),
    (ACTIVE, Back, _back),
    (ACTIVE, Seek, _seek),
    (ACTIVE, Ease, _ease),
    (_SOUNDING, Stop, _fade),
    ((Mode.PAUSED,), Stop, _finish),
    (tuple(Mode), SetVolume, _set_volume),
    ((Mode.PREPARING,), OpeningReady, _open),
    (ACTIVE, ScoreReady, _sound),
    (ACTIVE, Ended, _come_to_the_end),
    (ACTIVE, DeviceLost, _lose_device),
    (ACTIVE, DeviceBack, _find_device),
    (ACTIVE, Failed, _fail),
)
_TABLE = {(mode, event): move for modes, event, move in _ROWS for mode in modes}

_HEARD_WHILE_STOPPING = (Play, Stop, SetVolume, Ended, Failed)


def step(state: State, event: Event) -> Move:
    """Return the state after `event`, and what is to be done."""
    if state.stopping and not isinstance(event, _HEARD_WHILE_STOPPING):
        return state, ()
    move = _TABLE.get((state.mode, type(event)))
    return move(state, event) if move else (state, ())
