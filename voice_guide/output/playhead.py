"""The callback's side of the player: what is asked for, and the frames that answer it.

The session's thread writes `wish`, the audio callback writes `mark`; both are frozen values swapped
whole, so neither waits for the other. A wish tells the whole of what is wanted: one that was
overtaken before the callback saw it leaves nothing out.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from voice_guide.score.model import Score
from voice_guide.score.render import render
from voice_guide.sound.clip import Frames, Samples, seconds_to_frames

FADE: Final[Frames] = seconds_to_frames(0.030)
"""Fade at every jump and pause: 10 ms already splatters at -96 dB, 20 to 50 ms sounds like no cut
at all. Silence is to come 0.3 s after a click: a block and the device buffer take 0.24 of them."""

SEGMENTS_KEPT: Final = 32
"""More jumps than fit into the blocks of a device buffer, at one a block."""


class Hush(NamedTuple):
    """A wish for silence."""

    fade: Frames
    """How long the fade takes."""
    at_boundary: bool = False
    """End it at a boundary, if one is near."""


@dataclass(frozen=True, slots=True)
class Wish:
    """All that the session wants to hear."""

    score: Score
    take: int = 0
    """Counts the jumps: a new number means to take up at `at`."""
    at: Frames | None = 0
    """Where to take up; None means where the last hush left off, if it had begun."""
    pad: Frames = 0
    """Silence before it."""
    hush: Hush | None = None
    gain: float = 1.0
    """Linear volume."""


class Segment(NamedTuple):
    """From frame `pulled` of the stream on, the score stands at `at` and moves, or waits."""

    pulled: Frames
    at: Frames
    moves: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the callback is."""

    pulled: Frames = 0
    """Frames of the stream filled so far."""
    segments: tuple[Segment, ...] = ()
    silent_from: Frames | None = None
    """Frame of the stream from which on a hush is complete."""
    resume_at: Frames | None = None
    """Frame of the score at which to take up after that hush."""

    def place(self, pulled: Frames) -> Frames:
        """Return the frame of the score that stands at this frame of the stream."""
        index = bisect.bisect_right(self.segments, pulled, key=lambda segment: segment.pulled)
        segment = self.segments[max(0, index - 1)]
        return segment.at + (max(0, pulled - segment.pulled) if segment.moves else 0)

    def end_of(self, score: Score) -> Frames:
        """Return the frame of the stream at which the score is over, if nothing comes between."""
        last = self.segments[-1]
        return last.pulled + score.length - last.at


@dataclass(slots=True)
class _Head:
    """One reading of a score; while one fades out the next fades in."""

    score: Score
    at: Frames
    pad: Frames = 0
    rise_from: Frames | None = None
    falls: list[tuple[Frames, Frames]] = field(default_factory=list)
    """(first frame, length) of each fade to silence."""

    def is_silent(self) -> bool:
        return any(self.at >= onset + length for onset, length in self.falls)

    def mix_into(self, out: Samples) -> None:
        """Add the next frames to `out`; a score without fades passes bit for bit."""
        skipped = min(self.pad, len(out))
        self.pad -= skipped
        count = len(out) - skipped
        if not count:
            return
        sound = render(self.score, self.at, self.at + count)
        gain = self._gain(count)
        out[skipped:] += sound if gain is None else sound * gain[:, None]
        self.at += count

    def _gain(self, count: Frames) -> NDArray[np.float32] | None:
        rising = self.rise_from is not None and self.at < self.rise_from + FADE
        if not rising and not self.falls:
            return None
        frames = np.arange(self.at, self.at + count, dtype=np.float64)
        gain = np.ones(count)
        if self.rise_from is not None:
            gain *= _ease((frames - self.rise_from) / FADE)
        for onset, length in self.falls:
            gain *= _ease((onset + length - frames) / length)
        return gain.astype(np.float32)


def _ease(progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a raised cosine from 0 to 1; it and its mirror image add up to 1."""
    eased: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))
    return eased


class Playhead:
    """Fills one stream with what `wish` says."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        """Written by the session's thread only."""
        self.mark = Mark(segments=(Segment(0, wish.at or 0, moves=False),))
        """Written by the callback only."""
        self.fault: Exception | None = None
        """What went wrong in the callback, for the session's thread to raise."""
        self._heads: list[_Head] = []
        self._take: int | None = None
        self._gain = wish.gain
        self._pulled = 0
        self._segments = list(self.mark.segments)
        self._silent_from: Frames | None = None
        self._resume_at: Frames | None = None

    def fill(self, out: Samples) -> None:
        """Fill `[frames, 2]` in place; whatever happens, with silence at worst."""
        out.fill(0.0)
        try:
            self._obey(self.wish)
            for head in self._heads:
                head.mix_into(out)
            self._turn_volume(self.wish.gain, out)
        except Exception as fault:  # noqa: BLE001  # the session's thread raises it
            out.fill(0.0)
            self.fault = fault
        self._heads = [head for head in self._heads if not head.is_silent()]
        self._pulled += len(out)
        self.mark = Mark(self._pulled, tuple(self._segments), self._silent_from, self._resume_at)

    def _obey(self, wish: Wish) -> None:
        if wish.take != self._take:
            self._take = wish.take
            self._take_up(wish)
        head = self._current()
        if head is not None and head.score is not wish.score:
            self._start(_Head(wish.score, head.at, head.pad, rise_from=head.at))
        if wish.hush is not None and self._silent_from is None:
            self._hush(wish.hush)

    def _current(self) -> _Head | None:
        return self._heads[-1] if self._heads and self._silent_from is None else None

    def _take_up(self, wish: Wish) -> None:
        at = wish.at
        if at is None:
            if self._silent_from is None:
                return
            at = self._resume_at or 0
        # Out of silence, the start of a score has its own fade.
        is_fresh = at == 0 and not self._heads
        self._start(_Head(wish.score, at, wish.pad, rise_from=None if is_fresh else at))
        self._silent_from = self._resume_at = None
        if wish.pad:
            self._note(Segment(self._pulled, at, moves=False))
        self._note(Segment(self._pulled + wish.pad, at, moves=True))

    def _start(self, head: _Head) -> None:
        for old in self._heads:
            old.falls.append((old.at, FADE))
        self._heads = [*(old for old in self._heads if not old.pad), head]

    def _hush(self, hush: Hush) -> None:
        head = self._current()
        if head is None:
            self._silent_from, self._resume_at = self._pulled, self._segments[-1].at
            return
        if head.pad:  # nothing of it sounds yet
            self._heads.remove(head)
            self._silent_from, self._resume_at = self._pulled, head.at
        else:
            # A boundary within the fade counts as well: nothing is said again needlessly.
            end = head.at + hush.fade
            self._resume_at = boundary_before(head.score, end) if hush.at_boundary else head.at
            head.falls.append((head.at, hush.fade))
            self._silent_from = self._pulled + hush.fade
        self._note(Segment(self._silent_from, self._resume_at, moves=False))

    def _note(self, segment: Segment) -> None:
        """Add a segment; one that was to begin later is overtaken by it."""
        kept = [each for each in self._segments if each.pulled < segment.pulled]
        self._segments = [*kept, segment][-SEGMENTS_KEPT:]

    def _turn_volume(self, gain: float, out: Samples) -> None:
        if gain != self._gain:
            # However small the block: a volume that is turned at once would be a click.
            most = len(out) / FADE
            gain = min(max(gain, self._gain - most), self._gain + most)
            out *= np.linspace(self._gain, gain, len(out) + 1, dtype=np.float32)[1:, None]
        elif gain != 1.0:
            out *= np.float32(gain)
        self._gain = gain


def boundary_before(score: Score, at: Frames) -> Frames:
    """Return the last boundary at or before this frame."""
    index = bisect.bisect_right(score.boundaries, at)
    return score.boundaries[index - 1] if index else 0
