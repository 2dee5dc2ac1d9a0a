"""From a script to a score: speak every utterance, compile; without a voice, bells and captions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from voice_guide.errors import (
    SynthesisFailed,
    VoiceGuideError,
    VoiceUnavailable,
    VoiceUnknown,
    explain,
)
from voice_guide.score.compile import (
    Request,
    compile_opening,
    compile_score,
    reach_s,
    utterances,
)
from voice_guide.score.model import Score
from voice_guide.score.plan.layout import FIRST_WORD_AT
from voice_guide.script.model import Script
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.session import events
from voice_guide.session.events import Event
from voice_guide.sound.clip import Clip, Frames
from voice_guide.sound.palette import Palette
from voice_guide.voice.engine import Engine
from voice_guide.voice.silent import SilentEngine

Progress = Callable[[int, int], None]
"""Told how many utterances are spoken, and of how many. May raise to end the work."""

_ESTIMATE_SLACK: Final = 1.05
"""Speech is a third of a session at most, and an estimate of it is a sixth off at most."""

_AT_ONCE: Final = 2
"""While an engine speaks one line in its own process, the one before is polished in this one."""

LOST_VOICE: Final = "There is no voice “{}” any more, so it is the usual one."

FAILURES_IN_A_ROW: Final = 3
"""After so many the engine is given up: each had a fresh start of its own already."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One session as it was asked for."""

    script: Script
    name: str
    """The script's id, or the path it was read from."""
    request: Request
    ritual: str = ""
    """Name of the ritual that it belongs to; empty when it was begun by hand."""
    or_usual_voice: bool = False
    """Nobody has just asked for this voice: where there is none such, the usual one speaks."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A session that can be heard, and what is needed to set it anew."""

    ask: Ask
    score: Score
    clips: Mapping[Utterance, Clip]
    palette: Palette
    """The sounds that it began with: a file that changes meanwhile is for the next session."""
    notice: str = ""
    """One plain line for the listener when not every word could be spoken."""
    first_word_at: Frames = FIRST_WORD_AT
    """Where the first step begins; later when the voice was not ready in time."""


def prepare(
    ask: Ask, engine: Engine, palette: Palette, progress: Progress | None = None
) -> Prepared:
    """Speak and compile a session.

    Raises
    ------
    VoiceUnknown
        The engine works but lacks the voice that was asked for, and no other will do.
    LengthOutOfReach, SoundNotFound
        The request cannot be met.
    """
    try:
        return _prepare(ask, engine, palette, progress)
    except VoiceUnknown:
        lost, usual = ask.request.voicing, replace(ask.request.voicing, voice=Voicing().voice)
        if not ask.or_usual_voice or lost == usual:
            raise
    ask = replace(ask, request=replace(ask.request, voicing=usual))
    prepared = _prepare(ask, engine, palette, progress)
    return replace(prepared, notice=f"{LOST_VOICE.format(lost.voice)} {prepared.notice}".strip())


def _prepare(ask: Ask, engine: Engine, palette: Palette, progress: Progress | None) -> Prepared:
    engine = choose_engine(ask.request.voicing, engine)
    clips, notice = speak_all(utterances(ask.script, ask.request), engine, progress)
    score = compile_score(ask.script, clips, palette, ask.request, name=ask.name)
    return Prepared(ask, score, clips, palette, notice)


def can_surely_last(ask: Ask) -> bool:
    """Tell, without speaking, whether the length that was asked for is well within reach."""
    if ask.request.length_s is None:
        return True
    silent = SilentEngine()
    request = replace(ask.request, cautions=())  # where there is no room for them they come on top
    clips = {one: silent.speak(one) for one in utterances(ask.script, request)}
    shortest_s, longest_s = reach_s(ask.script, clips, request)
    return shortest_s * _ESTIMATE_SLACK <= ask.request.length_s <= longest_s / _ESTIMATE_SLACK


def try_voice(ask: Ask, engine: Engine) -> None:
    """Speak the first line; raises `VoiceUnknown` when there is no such voice."""
    engine = choose_engine(ask.request.voicing, engine)
    speak_all(utterances(ask.script, ask.request)[:1], engine)


def choose_engine(voicing: Voicing, engine: Engine) -> Engine:
    """Return the engine, or silence where that is asked for: chimes and captions, unannounced."""
    return SilentEngine() if voicing.voice == SilentEngine.name else engine


def recompile(
    prepared: Prepared,
    *,
    first_word_at: Frames | None = None,
    eased_at: Frames | None = None,
) -> Prepared:
    """Set the session anew: with its first word later, or without held breaths from a frame on."""
    first_word_at = prepared.first_word_at if first_word_at is None else first_word_at
    score = compile_score(
        prepared.ask.script,
        prepared.clips,
        prepared.palette,
        prepared.ask.request,
        name=prepared.ask.name,
        first_word_at=first_word_at,
        eased_at=eased_at,
    )
    return replace(prepared, score=score, first_word_at=first_word_at)


def speak_all(
    wanted: Sequence[Utterance], engine: Engine, progress: Progress | None = None
) -> tuple[dict[Utterance, Clip], str]:
    """Return a clip for every utterance, and a notice if some of them are silent.

    Raises
    ------
    VoiceUnknown
        The engine works but lacks the voice that was asked for.
    """
    speaker = _Speaker(engine)
    clips: dict[Utterance, Clip] = {}
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="speak")
    try:
        for utterance, clip in zip(wanted, pool.map(speaker.speak, wanted), strict=True):
            clips[utterance] = clip
            if progress:
                progress(len(clips), len(wanted))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return clips, speaker.notice


class _Speaker:
    """An engine until it is given up, and silence from then on; for several threads."""

    def __init__(self, engine: Engine) -> None:
        self.notice = ""
        """What the listener should know; empty while every line was spoken."""
        self._engine = engine
        self._silent = SilentEngine()
        self._failures_in_a_row = 0
        self._is_given_up = False

    def speak(self, utterance: Utterance) -> Clip:
        if self._is_given_up:
            return self._silent.speak(utterance)
        try:
            clip = self._engine.speak(utterance)
        except (VoiceUnavailable, SynthesisFailed) as error:
            self._fail(error)
            return self._silent.speak(utterance)
        self._failures_in_a_row = 0
        return clip

    def _fail(self, error: VoiceUnavailable | SynthesisFailed) -> None:
        self._failures_in_a_row += 1
        if isinstance(error, VoiceUnavailable) or self._failures_in_a_row >= FAILURES_IN_A_ROW:
            if isinstance(error, VoiceUnknown):
                raise error
            self._is_given_up, self.notice = True, _without_voice(error)
        elif not self._is_given_up:
            self.notice = self.notice or f"Not every line could be spoken: {error.message}"


def _without_voice(error: VoiceGuideError) -> str:
    return (
        "No voice could be started, so this session has its chimes, and its words on the screen. "
        f"({error.message})"
    )


@dataclass(frozen=True, slots=True)
class Happening:
    """An event from a preparation that may have been abandoned since."""

    source: Preparation
    event: Event


Post = Callable[[Happening], None]


class _Abandoned(Exception):
    """How a preparation ends that nobody waits for."""


class Preparation:
    """The preparing of one session, in a thread of its own."""

    def __init__(
        self,
        ask: Ask,
        engine: Callable[[], Engine],
        palette: Callable[[], Palette],
        post: Post,
    ) -> None:
        self._ask = ask
        self._engine = engine
        self._palette = palette
        self._post = post
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prepare", daemon=True)
        self._thread.start()

    def abandon(self) -> None:
        """Let it end after the words it is at; nothing it says is heard any more."""
        self._abandoned.set()

    def _run(self) -> None:
        ask = self._ask
        try:
            palette = self._palette()
            opening = compile_opening(ask.script, palette, ask.request, name=ask.name)
            self._tell(events.OpeningReady(opening))
            prepared = prepare(ask, self._engine(), palette, self._go_on)
            self._tell(events.ScoreReady(prepared))
        except _Abandoned:
            pass
        except Exception as error:  # noqa: BLE001 - the end of a thread: reported, not raised
            self._tell(events.Failed(explain(error)))

    def _go_on(self, _done: int, _total: int) -> None:
        if self._abandoned.is_set():
            raise _Abandoned

    def _tell(self, event: Event) -> None:
        self._post(Happening(self, event))
