"""Bells: a few beating partials that ring and die away."""

from __future__ import annotations

from typing import Final

import numpy as np

from voice_guide.sound.clip import SAMPLE_RATE, Samples, seconds_to_frames
from voice_guide.sound.patch import BellPatch

_BLOCK: Final = 1024
_SHORTEST_S: Final = 0.5
"""Long enough for one window of momentary loudness."""
_TAIL_SHARE: Final = 0.2
"""Of the length: the last part, in which what is left fades to nothing."""
_T60: Final = float(np.log(1000.0))
"""Natural logarithm of 60 dB."""
_SIDES: Final = ((0.857, 0.514), (0.514, 0.857))
"""Gains in the left and right ear of the halves of a pair, whose nodes lie apart on the rim; in
each ear they have the power of a partial that is alone."""


def strike_bell(patch: BellPatch) -> Samples:
    """Make one strike of a bell.

    A bank of damped phasors. One complex table holds every partial over one block, and one
    more the state of every partial where each block begins; their product is the whole bell.

    Parameters
    ----------
    patch
        A checked patch.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, of no particular level. As long as the longest
        decay; the first and last frames are exactly zero.
    """
    swings, left, right = _phasors(patch)
    frames = seconds_to_frames(max(_SHORTEST_S, *(p.decay_s for p in patch.partials)))
    blocks = -(-frames // _BLOCK)
    table = np.exp(np.outer(swings, np.arange(_BLOCK)))
    table_parts = np.concatenate([table.imag, table.real]).astype(np.float32)
    starts = np.exp(np.outer(np.arange(blocks) * _BLOCK, swings))
    samples = np.empty((frames, 2), dtype=np.float32, order="F")
    for channel, gains in enumerate((left, right)):
        state = starts * gains
        state_parts = np.concatenate([state.real, state.imag], axis=1).astype(np.float32)
        samples[:, channel] = (state_parts @ table_parts).reshape(-1)[:frames]
    _soften_ends(samples, seconds_to_frames(patch.attack_ms / 1000.0))
    return samples


def _phasors(patch: BellPatch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return complex exponents a frame, and the gains in the left and right ear."""
    swings, left, right = [], [], []
    for partial in patch.partials:
        centre_hz = patch.base_hz * partial.ratio
        damping = _T60 / partial.decay_s
        halves = (-0.5, 0.5) if partial.beat_hz > 0 else (0.0,)
        for half, (to_left, to_right) in zip(halves, _SIDES, strict=False):
            swing = 2j * np.pi * (centre_hz + half * partial.beat_hz) - damping
            swings.append(swing / SAMPLE_RATE)
            left.append(partial.gain * (to_left if len(halves) == 2 else 1.0))
            right.append(partial.gain * (to_right if len(halves) == 2 else 1.0))
    return np.array(swings), np.array(left), np.array(right)


def _soften_ends(samples: Samples, attack: int) -> None:
    """Raise the start and lower the tail in place, each along half a cosine."""
    rise = 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, attack, dtype=np.float32))
    samples[:attack] *= rise[:, np.newaxis]
    tail = round(samples.shape[0] * _TAIL_SHARE)
    fall = 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, tail, dtype=np.float32))
    samples[-tail:] *= fall[:, np.newaxis]
    samples[0] = samples[-1] = 0.0
