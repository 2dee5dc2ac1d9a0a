"""Carries out what the machine decides: prepares, plays, and looks after the player."""

from __future__ import annotations

import logging
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from voice_guide.errors import VoiceGuideError, explain
from voice_guide.output.player import Player
from voice_guide.score.model import CueKind, Score
from voice_guide.session import events
from voice_guide.session.events import Effect, Event
from voice_guide.session.machine import Mode, State, step
from voice_guide.session.prepare import Happening, Post, Preparation, Prepared, recompile
from voice_guide.session.status import Ending, Status
from voice_guide.session.view.hearing import Hearing
from voice_guide.session.view.moments import View
from voice_guide.sound.clip import Frames, frames_to_seconds, seconds_to_frames
from voice_guide.sound.palette import Palette
from voice_guide.voice.engine import Engine

_log = logging.getLogger(__name__)

# What the device has taken already cannot be changed: a fifth of a second of buffer and blocks, and
# room for compiling. A score that takes another's place differs from it only after this.
_AHEAD: Final = seconds_to_frames(0.75)

# Within this of a section's start, "back" means the section before, as on any player.
_BACK_WITHIN: Final = seconds_to_frames(3.0)

# A jump is heard once the playhead is this near behind its target, or never after so many polls.
_JUMP_HEARD: Final = seconds_to_frames(2.0)
_JUMP_POLLS: Final = 40


_LOSS_TOLD_S: Final = 1.0
"""A sound server that starts afresh is back in 55 ms: nobody need hear of that."""


class Conductor:
    """All of a session's state. Used by one thread only."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        palette: Callable[[], Palette],
        player: Callable[[], Player],
        post: Post,
        on_ended: Callable[[Ending], None],
        on_heard: Callable[[Ending], None] = lambda _so_far: None,
    ) -> None:
        self._engine = engine
        self._palette = palette
        self._make_player = player
        self._post = post
        self._on_ended, self._on_heard = on_ended, on_heard
        self._hearing: Hearing | None = None
        self._state = State()
        self._player: Player | None = None
        self._volume_db = 0.0
        self._forget()

    def _forget(self) -> None:
        self._seen = Status()
        self._preparation: Preparation | None = None
        self._prepared: Prepared | None = None
        self._view: View | None = None
        self._position: Frames = 0
        self._sought: Frames | None = None
        self._sought_polls = 0
        self._is_sounding = False
        self._lost_at: float | None = None
        self._is_loss_told = False
        self._notice = ""
        self._passing_notice = ""
        self._fault: VoiceGuideError | None = None

    def hear(self, event: Event | Happening) -> None:
        """Take in an event and do what follows from it."""
        if isinstance(event, Happening):
            if event.source is not self._preparation:
                return
            event = event.event
        self._state, effects = step(self._state, event)
        for effect in effects:
            self._carry_out(effect)

    def look_after(self) -> None:
        """Look at the player, and take in what has happened to it."""
        if self._player is None or not self._is_sounding:
            return
        seen = self._player.poll()
        self._follow(seen.position)
        self._mind_loss(is_lost=seen.state == "recovering")
        if seen.state in {"ended", "stopped"}:
            self._is_sounding = False
            self.hear(events.Ended())

    def _mind_loss(self, *, is_lost: bool) -> None:
        if not is_lost:
            self._lost_at = None
        elif self._lost_at is None:
            self._lost_at = time.monotonic()
        lasts = self._lost_at is not None and time.monotonic() - self._lost_at >= _LOSS_TOLD_S
        if lasts != self._is_loss_told:
            self._is_loss_told = lasts
            self.hear(events.DeviceLost() if lasts else events.DeviceBack())

    def _follow(self, heard: Frames) -> None:
        # What was pulled before a jump is heard for a while; the screen has jumped already.
        jumped = self._sought is not None and not 0 <= heard - self._sought < _JUMP_HEARD
        self._sought_polls = self._sought_polls + 1 if jumped else 0
        if jumped and self._sought_polls < _JUMP_POLLS:
            return
        if self._hearing:
            self._hearing.play(self._position, heard)
            self._tell_so_far(self._hearing)
        self._position, self._sought = heard, None

    def is_moving(self) -> bool:
        """Tell whether anything can happen without an event: if not, one may sleep."""
        if self._state.mode is Mode.PAUSED:
            return self._player is not None and self._player.poll().state == "pausing"
        return self._state.mode in {Mode.PREPARING, Mode.PLAYING}

    def status(self) -> Status:
        """Return what there is to see now."""
        status = replace(
            self._seen,
            state=self._state.mode,
            notice=self._passing_notice or self._notice,
            is_ending=self._state.stopping,
            eased=self._state.eased,
            volume_db=self._volume_db,
            fault=self._fault,
        )
        if self._view is None:
            return status
        if self._prepared:
            status = replace(status, length_s=frames_to_seconds(self._prepared.score.length))
        return self._view.look(self._position, status)

    def report(self, error: Exception) -> None:
        """Take a fault that the session cannot go on with: it ends with an explanation."""
        if not isinstance(error, VoiceGuideError):
            _log.error("the session failed", exc_info=error)
        try:
            self.hear(events.Failed(explain(error)))
        except Exception:  # noqa: BLE001 - ends in any case
            _log.exception("the session failed to end")
            self._state = State(Mode.ENDED)
            self._tell_of_the_end(events.Finish(explain(error)))

    def close(self) -> None:
        """Let go of everything."""
        self._finish(events.Finish())

    def _carry_out(self, effect: Effect) -> None:
        _DEEDS[type(effect)](self, effect)

    def _prepare(self, effect: events.Prepare) -> None:
        self._forget()
        self._seen = Status(script=effect.ask.name, title=effect.ask.script.header.title)
        self._hearing = Hearing(effect.ask)
        self._preparation = Preparation(effect.ask, self._engine, self._palette, self._post)
        self._choose_player()  # meanwhile, in this thread

    def _pause(self, _effect: events.PausePlayer) -> None:
        if self._is_sounding:
            self._open_player().pause()

    def _set_volume(self, effect: events.SetVolume) -> None:
        self._volume_db = effect.volume_db
        if self._player:
            self._player.volume_db = effect.volume_db

    def _tell(self, effect: events.Tell) -> None:
        self._passing_notice = effect.notice

    def _choose_player(self) -> Player:
        """Take the player for the next session: the same one, unless another device is wished."""
        player = self._make_player()
        if player is not self._player:
            self._player = player
            player.volume_db = self._volume_db
        return player

    def _open_player(self) -> Player:
        return self._choose_player() if self._player is None else self._player

    def _sound(self, score: Score) -> None:
        player = self._open_player()
        self._view = View(score)
        if self._is_sounding:
            player.swap(score)
        elif self._state.mode is not Mode.PAUSED:
            player.play(score, at=self._position)
            self._is_sounding = True

    def _sound_opening(self, effect: events.SoundOpening) -> None:
        self._sound(effect.score)

    def _sound_score(self, effect: events.SoundScore) -> None:
        prepared = effect.prepared
        # The opening may have been heard for a while: no word may lie where it has passed already.
        floor = self._ahead()
        words = (cue.span.onset for cue in prepared.score.cues if cue.kind is CueKind.SPEECH)
        if self._position and next(words, floor) < floor:
            prepared = recompile(prepared, first_word_at=floor)
        self._prepared = prepared
        self._notice = prepared.notice
        self._sound(prepared.score)

    def _resume(self, _effect: events.ResumePlayer) -> None:
        if self._is_sounding:
            self._open_player().resume()
        elif self._view:
            self._sound(self._view.score)

    def _ease(self, _effect: events.EaseScore) -> None:
        if self._prepared:
            self._prepared = recompile(self._prepared, eased_at=self._ahead())
            self._sound(self._prepared.score)

    def _ahead(self) -> Frames:
        """Return the first frame that can still be changed."""
        if self._player and self._is_sounding:
            self._follow(self._player.poll().position)
        return self._position + _AHEAD

    def _go_to_section(self, effect: events.GoToSection) -> None:
        if self._prepared is None:
            return
        if effect.step < 0:
            self._ease_what_lies_behind()
        sections = self._prepared.score.sections
        here = max(0, bisect_right(sections, self._position, key=lambda one: one.onset) - 1)
        into = self._position - sections[here].onset
        there = here if effect.step < 0 and into > _BACK_WITHIN else max(0, here + effect.step)
        if there < len(sections):
            self._go_to(sections[there].onset)

    def _seek(self, effect: events.Seek) -> None:
        if self._prepared is None or self._view is None:
            return
        length_s = frames_to_seconds(self._prepared.score.length)
        wish = seconds_to_frames(min(max(0.0, effect.position_s), length_s))
        if wish < self._position:
            self._ease_what_lies_behind()
        self._go_to(self._view.find_entry(wish, self._position))

    def _ease_what_lies_behind(self) -> None:
        """Set anew what was set before the listener asked for ease."""
        if self._state.eased and self._prepared:
            self._prepared = recompile(self._prepared, eased_at=0)
            self._sound(self._prepared.score)

    def _go_to(self, frame: Frames) -> None:
        self._position = self._sought = frame
        if self._hearing:
            self._hearing.reach(frame)
        self._open_player().seek(frame)

    def _fade_out(self, effect: events.FadeOut) -> None:
        if self._preparation:
            self._preparation.abandon()
        if self._is_sounding:
            self._open_player().stop(effect.fade_s)
        else:
            self.hear(events.Ended())

    def _finish(self, effect: events.Finish) -> None:
        if self._preparation:
            self._preparation.abandon()
            self._preparation = None
        self._fault = effect.fault
        try:
            if self._player and self._is_sounding:
                self._is_sounding = False
                self._player.stop(0.0)
        finally:
            self._tell_of_the_end(effect)

    def _tell_so_far(self, hearing: Hearing) -> None:
        so_far = hearing.look(self._prepared.score if self._prepared else None)
        if not so_far.heard_s:
            return
        try:
            self._on_heard(so_far)
        except Exception:  # noqa: BLE001 - its fault, not the session's
            _log.exception("nobody could be told how far the session has come")

    def _tell_of_the_end(self, finish: events.Finish) -> None:
        hearing, self._hearing = self._hearing, None
        # A score is as large as all its words: of what is over only the last moment is kept.
        self._seen = self.status()
        done, self._prepared, self._view = self._prepared, None, None
        if hearing is None:
            return
        # Where not every line could be spoken, no caution is taken for heard.
        cautions = done.ask.request.cautions if done and not done.notice else ()
        try:
            self._on_ended(hearing.end(done.score if done else None, cautions, finish))
        except Exception as error:  # noqa: BLE001 - its fault, not the session's
            if not isinstance(error, VoiceGuideError):
                _log.exception("nobody could be told what has become of the session")
            self._passing_notice = " ".join(str(explain(error)).split())


_DEEDS: dict[type, Callable[[Conductor, Any], None]] = {
    events.Prepare: Conductor._prepare,
    events.SoundOpening: Conductor._sound_opening,
    events.SoundScore: Conductor._sound_score,
    events.PausePlayer: Conductor._pause,
    events.ResumePlayer: Conductor._resume,
    events.GoToSection: Conductor._go_to_section,
    events.Seek: Conductor._seek,
    events.EaseScore: Conductor._ease,
    events.FadeOut: Conductor._fade_out,
    events.SetVolume: Conductor._set_volume,
    events.Tell: Conductor._tell,
    events.Finish: Conductor._finish,
}
