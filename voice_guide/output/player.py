"""The player: one score on one output, steered from one thread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from voice_guide.errors import DeviceLost
from voice_guide.output.device import Output
from voice_guide.output.playhead import FADE, Hush, Mark, Playhead, Wish, boundary_before
from voice_guide.score.model import Score, Stem
from voice_guide.sound.clip import Frames, seconds_to_frames

WAKE: Final[Frames] = seconds_to_frames(0.4)
"""A Bluetooth headset swallows what comes first on a cold stream; let it be no syllable."""

TAIL: Final[Frames] = seconds_to_frames(0.3)
"""Silence after the last frame is heard: PortAudio drops what is pending when it stops, and a
device's own report of its delay leaves a little out."""

FIRST_RETRY_S: Final = 0.02
"""Wait before the first try to recover, doubled each time: a restarted server was back in 55 ms."""

LONGEST_RETRY_S: Final = 1.0
"""Soon enough for someone who plugs a headset in."""


class PlayerState(StrEnum):
    """What the player is doing."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    RECOVERING = "recovering"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class PlayerStatus:
    """The player, as of one poll."""

    state: PlayerState
    position: Frames
    """The frame of the score that is heard now; while paused, the one it takes up at."""
    detail: str = ""
    """Why it is not playing, in words for a person."""
    underflows: int = 0
    """How often the output ran dry since it was opened."""


_SOUNDING: Final = {PlayerState.PLAYING, PlayerState.PAUSING, PlayerState.STOPPING}


class Player:
    """Plays scores. Every call comes from the same thread; `poll` is called about every 50 ms.

    Parameters
    ----------
    output
        Where the sound goes.
    clock
        Seconds that never run backwards.
    """

    def __init__(self, output: Output, clock: Callable[[], float] = time.monotonic) -> None:
        self._output = output
        self._clock = clock
        self._state = PlayerState.STOPPED
        self._wish: Wish | None = None
        self._playhead: Playhead | None = None
        self._still_at: Frames = 0
        self._sought: Frames | None = None  # while a pause fades out
        self._detail = ""
        self._volume_db = 0.0
        self._retry_at = 0.0
        self._retry_s = FIRST_RETRY_S

    @property
    def volume_db(self) -> float:
        """Volume in dB, 0 at most: a session never gets louder than it was made."""
        return self._volume_db

    @volume_db.setter
    def volume_db(self, volume_db: float) -> None:
        self._volume_db = min(0.0, volume_db)
        self._change(gain=self._gain())

    def _gain(self) -> float:
        return math.pow(10.0, self._volume_db / 20.0)

    @property
    def next_frame(self) -> Frames:
        """The first frame of the score not handed out yet: a swap can change nothing before it."""
        if self._playhead is None:
            return self._still_at
        return min(self._mark.place(self._mark.pulled), self._score.length)

    def play(self, score: Score, at: Frames = 0) -> None:
        """Play a score from a frame on; raises `DeviceLost` when nothing can be heard here."""
        at = min(max(0, at), score.length)
        if self._state in _SOUNDING and self._output.is_alive():
            self._change(score=score, take=self._next_take(), at=at, pad=0, hush=None)
            self._state = PlayerState.PLAYING
            return
        self._wish = Wish(score, gain=self._gain())
        self._open(at)

    def swap(self, score: Score) -> None:
        """Put another score under the running playhead, from the next block on."""
        if self._state is PlayerState.ENDED:
            self.play(score, self._still_at)
            return
        self._change(score=score)

    def pause(self) -> None:
        """Fade out as at a jump; what comes after goes on from the last boundary."""
        if self._state is PlayerState.PLAYING:
            self._change(hush=Hush(FADE, at_boundary=True))
            self._sought = None
            self._state = PlayerState.PAUSING
        elif self._state is PlayerState.RECOVERING:
            self._rest(PlayerState.PAUSED, self._still_at)

    def resume(self) -> None:
        """Take up again at the boundary that the pause went back to."""
        if self._state is PlayerState.PAUSING:
            self._change(take=self._next_take(), at=self._sought, pad=0, hush=None)
            self._state = PlayerState.PLAYING
        elif self._state is PlayerState.PAUSED:
            try:
                self._open(self._still_at)
            except DeviceLost as fault:
                self._recover(self._still_at, fault.message)

    def seek(self, frame: Frames) -> None:
        """Go to a frame of the score; while paused, `resume` takes up there."""
        if self._wish is None:
            return
        frame = min(max(0, frame), self._wish.score.length)
        if self._state is PlayerState.PLAYING:
            self._change(take=self._next_take(), at=frame, pad=0, hush=None)
        elif self._state is PlayerState.PAUSING:
            self._sought = frame
        elif self._state in {PlayerState.PAUSED, PlayerState.RECOVERING}:
            self._still_at = frame

    def stop(self, fade_s: float = 1.5) -> None:
        """End gently; at once when nothing sounds, or when `fade_s` is 0."""
        if self._state in _SOUNDING and fade_s > 0:
            self._change(hush=Hush(max(1, seconds_to_frames(fade_s))))
            self._state = PlayerState.STOPPING
        elif self._state is not PlayerState.ENDED:
            self._rest(PlayerState.STOPPED, self._position())

    def poll(self) -> PlayerStatus:
        """Look after the output, and tell where the playhead is."""
        if self._playhead is not None and self._playhead.fault is not None:
            fault = self._playhead.fault
            self._rest(PlayerState.STOPPED, self._position())
            raise fault
        if self._state in _SOUNDING:
            self._watch()
        elif self._state is PlayerState.RECOVERING and self._clock() >= self._retry_at:
            self._retry()
        return PlayerStatus(self._state, self._position(), self._detail, self._output.underflows)

    def _watch(self) -> None:
        if not self._output.is_alive():
            self._lose()
        elif self._state is PlayerState.PLAYING:
            if self._heard_from(self._mark.end_of(self._score)):
                self._rest(PlayerState.ENDED, self._score.length)
        elif self._heard_from(self._mark.silent_from):
            at = self._mark.resume_at or 0
            if self._state is PlayerState.PAUSING:
                self._rest(PlayerState.PAUSED, at if self._sought is None else self._sought)
            else:
                self._rest(PlayerState.STOPPED, at)

    def _heard_from(self, pulled: Frames | None) -> bool:
        """Tell whether this frame of the stream was heard, and a little more."""
        if pulled is None:
            return False
        return self._mark.pulled - self._output.delay_frames() >= pulled + TAIL

    def _lose(self) -> None:
        heard = boundary_before(self._score, self._position())
        if self._position() == self._score.length:  # only the silence after the end is lost
            self._rest(PlayerState.ENDED, self._score.length)
        elif self._state is PlayerState.PLAYING:
            self._recover(heard, "the sound output went away")
        elif self._state is PlayerState.PAUSING:
            self._rest(PlayerState.PAUSED, heard)
        else:
            self._rest(PlayerState.STOPPED, heard)

    def _recover(self, at: Frames, reason: str) -> None:
        self._rest(PlayerState.RECOVERING, at)
        self._detail = f"Waiting for a sound output: {reason}"
        self._retry_s = FIRST_RETRY_S
        self._retry_at = self._clock()

    def _retry(self) -> None:
        try:
            self._open(self._still_at)
        except DeviceLost as fault:
            self._detail = f"Waiting for a sound output: {fault.message}"
            self._retry_at = self._clock() + self._retry_s
            self._retry_s = min(2 * self._retry_s, LONGEST_RETRY_S)

    def _rest(self, state: PlayerState, at: Frames) -> None:
        """Close the output and stand still."""
        self._output.stop()
        self._state, self._still_at, self._detail, self._playhead = state, at, "", None
        if state in {PlayerState.STOPPED, PlayerState.ENDED}:
            self._wish = None  # and with it the score

    def _open(self, at: Frames) -> None:
        assert self._wish is not None
        score = self._wish.score
        at = min(at, score.length)
        self._wish = replace(
            self._wish, take=self._next_take(), at=at, pad=wake_pad(score, at), hush=None
        )
        playhead = Playhead(self._wish)
        self._output.start(playhead.fill)
        self._playhead = playhead
        self._state, self._detail = PlayerState.PLAYING, ""

    def _change(self, **changes: Any) -> None:
        if self._wish is not None:
            self._wish = replace(self._wish, **changes)
            if self._playhead is not None:
                self._playhead.wish = self._wish

    def _next_take(self) -> int:
        return 0 if self._wish is None else self._wish.take + 1

    @property
    def _score(self) -> Score:
        assert self._wish is not None
        return self._wish.score

    @property
    def _mark(self) -> Mark:
        assert self._playhead is not None
        return self._playhead.mark

    def _position(self) -> Frames:
        """Return the frame heard now: what was pulled, less what the device says is pending."""
        if self._playhead is None:
            return self._still_at
        mark = self._mark
        return min(mark.place(mark.pulled - self._output.delay_frames()), self._score.length)


def wake_pad(score: Score, at: Frames) -> Frames:
    """Return the silence that keeps the first syllable 400 ms behind a cold start."""
    voices = (each.span for each in score.placements if each.stem is Stem.VOICE)
    first = next((max(span.onset, at) for span in voices if span.end > at), None)
    return 0 if first is None else max(0, WAKE - (first - at))
