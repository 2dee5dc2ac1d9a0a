"""The score as samples: a query over absolute frames, without any state.

Every sample comes from the same operations in the same order however a span is cut: what is
summed, and how each gain is worked out, depends on the frame alone. So seeking, pausing, stems
and export are all this one function.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator
from math import inf
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from voice_guide.score.model import Envelope, Placement, Score, Stem
from voice_guide.sound.clip import Frames, Samples

# Two channels of a block, and the scratch beside them, stay in a core's second-level cache.
_BLOCK: Final = 16_384
# What sounds is looked up by the bucket: short ones find little, and there are not too many.
_BUCKET: Final = 2 * _BLOCK

Channels = NDArray[np.float32]
"""float32 `[2, frames]`: one channel after the other, as the processor likes it."""


def render(
    score: Score, start: Frames, stop: Frames, stems: Collection[Stem] | None = None
) -> Samples:
    """Return the frames `[start, stop)` of a score.

    Parameters
    ----------
    score : Score
        A compiled session.
    start, stop : int
        Absolute frames, `0 <= start <= stop`. Beyond the end of the score there is silence.
    stems : collection of Stem, optional
        Only these parts of the mix; all of them when left out. The stems add up to the mix.

    Returns
    -------
    float32 [stop - start, 2], full scale 1.0, channel by channel in memory (Fortran order).

    Raises
    ------
    ValueError
        `start` is negative or after `stop`.
    """
    if not 0 <= start <= stop:
        raise ValueError(f"not a span of frames: {start} to {stop}")
    mix = np.zeros((2, stop - start), np.float32)
    scratch = np.empty((2, min(_BLOCK, stop - start)), np.float32)
    end = min(stop, score.length)
    for onset in range(start, end, _BLOCK):
        block = mix[:, onset - start : min(onset + _BLOCK, end) - start]
        _render_block(score, onset, block, scratch, stems)
    return mix.T


_Buckets = tuple[tuple[Placement, ...], ...]

_sorted: Final[WeakKeyDictionary[Score, _Buckets]] = WeakKeyDictionary()
"""Of every score that is still played: all of its words would be held with it."""


def _buckets(score: Score) -> _Buckets:
    """Return, for each bucket of the score, the placements that sound in it, in score order."""
    found = _sorted.get(score)
    if found is None:
        found = _sorted[score] = _sort(score)
    return found


def _sort(score: Score) -> _Buckets:
    buckets: list[list[Placement]] = [[] for _ in range(score.length // _BUCKET + 1)]
    for placement in score.placements:
        first, last = placement.span.onset // _BUCKET, (placement.span.end - 1) // _BUCKET
        for bucket in buckets[first : last + 1]:
            bucket.append(placement)
    return tuple(map(tuple, buckets))


def _render_block(
    score: Score,
    start: Frames,
    block: Channels,
    scratch: Channels,
    stems: Collection[Stem] | None,
) -> None:
    stop = start + block.shape[1]
    for placement in _sounding(score, start, stop):
        if stems is None or placement.stem in stems:
            _mix(placement, start, block, scratch)
    for first, last, gain in _gains(score.master, 1.0, start, stop):
        if gain is not _UNITY:
            block[:, first - start : last - start] *= gain


def _sounding(score: Score, start: Frames, stop: Frames) -> Iterator[Placement]:
    """Yield what sounds between two frames at most a bucket apart, in score order."""
    buckets = _buckets(score)
    first, last = start // _BUCKET, (stop - 1) // _BUCKET
    for placement in buckets[first]:
        if placement.span.onset < stop and placement.span.end > start:
            yield placement
    if last != first:
        # What sounds in both was taken from the first; onsets only rise from here on.
        for placement in buckets[last]:
            if last * _BUCKET <= placement.span.onset < stop:
                yield placement


def _mix(placement: Placement, start: Frames, block: Channels, scratch: Channels) -> None:
    """Add what sounds of one placement to a block that starts at frame `start`."""
    first = max(start, placement.span.onset)
    last = min(start + block.shape[1], placement.span.end)
    samples = placement.clip.samples.T
    for low, high, gain in _gains(placement.envelope, placement.gain, first, last):
        for at, count, offset in _pieces(placement, low, high):
            sound = samples[..., offset : offset + count]
            if gain is not _UNITY:
                factor = gain[at - low :][:count] if isinstance(gain, np.ndarray) else gain
                room = scratch[0, :count] if sound.ndim == 1 else scratch[:, :count]
                sound = np.multiply(sound, factor, out=room)
            block[:, at - start : at - start + count] += sound


def _pieces(
    placement: Placement, first: Frames, last: Frames
) -> Iterator[tuple[Frames, Frames, Frames]]:
    """Yield (frame, count, place in the clip) that cover `[first, last)`; a loop wraps round."""
    length = placement.clip.length
    at = first
    while at < last:
        offset = at - placement.span.onset
        if placement.looped:
            offset %= length
        count = min(last - at, length - offset)
        if count <= 0:
            return
        yield at, count, offset
        at += count


_Gain = np.float32 | Samples
_UNITY: Final = np.float32(1.0)


def _gains(
    envelope: Envelope, gain: float, start: Frames, stop: Frames
) -> Iterator[tuple[Frames, Frames, _Gain]]:
    """Yield (first, last, gain) over `[start, stop)`: one number where level, else one a frame.

    Where nothing is to be done the number is `_UNITY` itself, so that it can be told at a glance.
    """
    at = start
    following = bisect_right(envelope, (start, inf))
    while at < stop:
        # Before the first corner and after the last one the gain stays as it is there.
        left = envelope[following - 1] if following else None
        right = envelope[following] if following < len(envelope) else None
        last = min(stop, right.frame) if right else stop
        if left and right and left.gain != right.gain:
            slope = gain * (right.gain - left.gain) / (right.frame - left.frame)
            frames = np.arange(at - left.frame, last - left.frame, dtype=np.float64)
            yield at, last, (frames * slope + gain * left.gain).astype(np.float32)
        else:
            corner = left or right
            level = gain * corner.gain if corner else gain
            yield at, last, _UNITY if level == 1.0 else np.float32(level)
        at = last
        following += 1
