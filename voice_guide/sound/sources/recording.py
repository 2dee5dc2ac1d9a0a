"""A recording that stands in for a patch: a bell that is struck, or a loop without a seam."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from voice_guide.errors import PatchError
from voice_guide.sound.clip import (
    SAMPLE_RATE,
    Frames,
    Samples,
    frames_to_seconds,
    seconds_to_frames,
)

USED_S: Final = {"bell": 30.0, "bed": 120.0, "pacer": 60.0}
"""Seconds from the start that are used, by kind: enough, and some tens of megabytes at most."""
SHORTEST_LOOP_S: Final = 2.0
"""A shorter one would be heard to go round."""

_HOP: Final = SAMPLE_RATE // 10
_STEP: Final[Frames] = SAMPLE_RATE // 100
_SLOW: Final = 9
"""Steps, 90 ms."""
_AT_ONCE: Final[Frames] = 1 << 18
_QUIET: Final = 0.5
"""Of the usual level, 6 dB down: where a recording is faded in and out, it is not looped."""
_FADE: Final[Frames] = seconds_to_frames(3.0)
"""Over which the end of a loop melts into its beginning, and a bell dies that is cut short."""

_FAINTEST: Final = 1e-3
"""Full scale is 1: to bring this up to its level would bring up nothing but noise."""
_STRUCK: Final = 5e-3
"""Of the peak, 46 dB down: what comes before the strike is the room."""
_GONE: Final = 5e-4
"""Of the peak, 66 dB down: what comes after is no longer heard."""
_LEAD: Final[Frames] = seconds_to_frames(0.005)
_TAIL: Final[Frames] = seconds_to_frames(0.2)
_SHORTEST_BELL: Final[Frames] = seconds_to_frames(0.5)
"""Long enough for one window of momentary loudness."""


Floats = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A sound file that was looked at but not read yet."""

    place: str
    """Where it lies, for a person."""
    length_s: float
    """The whole of it."""
    load: Callable[[float], Samples]
    """Gives at most so many seconds from the start: `[frames, channels]` at `SAMPLE_RATE`,
    one or two channels, every sample finite. Raises a `VoiceGuideError`."""


def ring_recording(recording: Recording) -> Samples:
    """Make one strike of a recorded bell.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, of no particular level. It sets in at once, however
        long the recording waits, and ends where it has died away, at 30 s at most; the first and
        last frames are zero.

    Raises
    ------
    PatchError
        There is nothing to hear in it.
    """
    sound = _clean(recording, USED_S["bell"])
    peaks = np.abs(sound).max(axis=1)
    loudest = float(peaks.max())
    start = max(0, int(np.argmax(peaks > _STRUCK * loudest)) - _LEAD)
    stop = peaks.size - int(np.argmax(peaks[::-1] > _GONE * loudest))
    is_cut = recording.length_s > USED_S["bell"] and stop > peaks.size - _HOP
    samples = np.zeros((max(stop - start, _SHORTEST_BELL), 2), np.float32, order="F")
    samples[: stop - start] = sound[start:stop]
    fall = min(_FADE if is_cut else _TAIL, (stop - start) // 4)
    samples[:_LEAD] *= _rise(_LEAD)
    samples[stop - start - fall : stop - start] *= _rise(fall)[::-1]
    samples[0] = samples[-1] = 0.0
    return samples


def loop_recording(recording: Recording, used_s: float) -> Samples:
    """Make a loop without a seam: the end melts into the beginning at constant power.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, of no particular level; the frame after the last is
        the first.

    Raises
    ------
    PatchError
        It is too short to go round, or there is nothing to hear in it.
    """
    sound = _without_fades(_clean(recording, used_s))
    frames = sound.shape[0]
    check_length(recording.place, frames_to_seconds(frames))
    fade = min(_FADE, frames // 4)
    samples = np.array(sound[: frames - fade], order="F")
    turn = np.linspace(0.0, np.pi / 2, fade, endpoint=False)
    for channel, end in zip(samples.T, sound[frames - fade :].T, strict=True):
        start = channel[:fade]
        # What is alike in both would add up to more than the power of either.
        both = float(np.sqrt(np.vdot(start, start) * np.vdot(end, end))) or 1.0
        alike = min(max(float(np.vdot(start, end)) / both, -0.5), 1.0)
        mixed = start * np.sin(turn) + end * np.cos(turn)
        start[:] = mixed / np.sqrt(1.0 + alike * np.sin(2.0 * turn))
    return samples


def check_length(place: str, length_s: float) -> None:
    """Raise a PatchError for a recording that is too short to go round."""
    if length_s < SHORTEST_LOOP_S:
        raise PatchError(
            f"{place} has {length_s:.1f} s of sound; what is heard over and over needs"
            f" {SHORTEST_LOOP_S:g} s.",
            "Record a longer piece: half a minute or more is pleasant.",
        )


def smooth(values: Floats, width: int, mode: Literal["wrap", "edge"]) -> Floats:
    """Return values smoothed by a Hann window of odd width; `mode` says what lies beyond them."""
    weights = np.hanning(width + 2)[1:-1]
    padded = np.pad(values, width // 2, mode=mode)
    return np.convolve(padded, weights / weights.sum(), mode="valid")


def _clean(recording: Recording, used_s: float) -> Samples:
    """Return the part that is used, in two channels, about zero."""
    loaded = recording.load(used_s)
    samples = np.empty((loaded.shape[0], 2), np.float32, order="F")
    for channel in (0, 1):
        samples[:, channel] = loaded[:, min(channel, loaded.shape[1] - 1)]
        _take_drift_out(samples[:, channel])
    peak = max(float(np.abs(channel).max(initial=0.0)) for channel in samples.T)
    if peak < _FAINTEST:
        raise PatchError(
            f"{recording.place} is silent, or all but silent.",
            "Record it again, a good deal louder.",
        )
    samples /= np.float32(peak)  # so that no extreme of a float file is left to overflow
    return samples


def _take_drift_out(channel: Samples) -> None:
    """Take out what lies below hearing: an offset, the push of the wind, steps near by.

    That is the mean of each 10 ms, smoothed: nothing of what is heard from 22 Hz on.
    """
    if not channel.size:
        return
    edges = np.arange(0, channel.size, _STEP)
    means = np.add.reduceat(channel, edges) / np.diff([*edges, channel.size])
    slow = smooth(means, _SLOW, "edge")
    for start in range(0, channel.size, _AT_ONCE):
        piece = channel[start : start + _AT_ONCE]
        at = np.arange(start, start + piece.size)
        piece -= np.interp(at, edges + _STEP / 2, slow).astype(np.float32)


def _without_fades(samples: Samples) -> Samples:
    """Return what lies between the first and the last tenth of a second of the usual level."""
    hops = samples.shape[0] // _HOP
    if hops == 0:
        return samples
    by_hop = samples[: hops * _HOP].reshape(hops, _HOP, 2)
    levels = np.sqrt(np.einsum("ijk,ijk->i", by_hop, by_hop, dtype=np.float64))
    heard = levels[levels > _GONE * levels.max()]
    usual = np.flatnonzero(levels >= _QUIET * float(np.median(heard)))
    stop = samples.shape[0] if usual[-1] == hops - 1 else (int(usual[-1]) + 1) * _HOP
    return samples[int(usual[0]) * _HOP : stop]


def _rise(frames: Frames) -> NDArray[np.float32]:
    rise = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, frames))
    return rise.astype(np.float32)[:, np.newaxis]
