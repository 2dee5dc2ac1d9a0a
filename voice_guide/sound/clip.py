"""Audio as a value: the one form in which sound moves between packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 48_000
"""Frames a second, everywhere inside the program."""

Samples = NDArray[np.float32]
"""float32, full scale 1.0. Mono `[frames]` or stereo `[frames, 2]`, as each docstring says."""

Frames = int
"""A count of frames, or a place on the score."""


def seconds_to_frames(seconds: float) -> Frames:
    """Return the nearest whole frame."""
    return round(seconds * SAMPLE_RATE)


def frames_to_seconds(frames: Frames) -> float:
    """Return seconds as a float."""
    return frames / SAMPLE_RATE


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """A piece of audio that nobody changes.

    `samples` is float32, mono `[frames]` or stereo `[frames, 2]`; a stereo array is best laid
    out channel by channel (Fortran order), because rendering works on one channel at a time.
    A memory-mapped array serves as well as one in memory.
    """

    samples: Samples
    text: str = ""
    """What is said in it, if anything; two clips with the same sound need not share words."""

    @property
    def length(self) -> Frames:
        """Frames in the clip."""
        return int(self.samples.shape[0])
