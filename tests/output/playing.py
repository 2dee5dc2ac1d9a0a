"""Scores and outputs that the tests of the player share."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from voice_guide.errors import DeviceLost
from voice_guide.output.device import NullOutput
from voice_guide.score.model import Placement, Score, Section, Span, Stem
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Frames

SECOND = SAMPLE_RATE


def ramp_score(
    length: Frames = 10 * SECOND, *, step: Frames = 2 * SECOND, at: float = 0.0
) -> Score:
    """Return a score whose every sample tells its frame: `at` + frame / 2**24, left and right."""
    told = (at + np.arange(length, dtype=np.float64) / 2**24).astype(np.float32)
    clip = Clip(np.asfortranarray(np.stack([told, -told], axis=1)))
    whole = Placement(clip, Span(0, length), Stem.BED)
    return make_score(length, [whole], range(0, length, step))


def click_score(seconds: float, onsets: Sequence[Frames], stem: Stem = Stem.BELLS) -> Score:
    """Return a score of clicks of 1 ms at half scale; each onset is a boundary."""
    click = np.zeros((480, 2), np.float32, order="F")
    click[:48] = 0.5
    placed = [Placement(Clip(click), Span(onset, onset + 480), stem) for onset in onsets]
    return make_score(round(seconds * SECOND), placed, (0, *onsets))


def make_score(length: Frames, placements: Sequence[Placement], edges: Sequence[Frames]) -> Score:
    return Score(
        script="test",
        title="A test",
        length=length,
        sections=(Section("All of it", 0),),
        cues=(),
        placements=tuple(sorted(placements, key=lambda each: each.span.onset)),
        master=(),
        boundaries=tuple(sorted(set(edges))),
    )


def told_frames(samples: NDArray[np.float32], at: float = 0.0) -> NDArray[np.int64]:
    """Return the frame that each sample of a ramp score tells."""
    return np.rint((samples[:, 0].astype(np.float64) - at) * 2**24).astype(np.int64)


class FragileOutput(NullOutput):
    """A null output that can be taken away and given back."""

    def __init__(self, *, depth: Frames = 0) -> None:
        super().__init__(depth=depth)
        self.is_there = True
        self.tries = 0

    def start(self, fill: Callable[[NDArray[np.float32]], None]) -> None:
        self.tries += 1
        if not self.is_there:
            raise DeviceLost("There is no sound output.")
        super().start(fill)

    def is_alive(self) -> bool:
        return self.is_there and super().is_alive()


class HandClock:
    """Seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s
