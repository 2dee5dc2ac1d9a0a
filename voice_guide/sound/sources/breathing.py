"""A recording as a pacer: it opens and brightens with the inhale and closes with the exhale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples
from voice_guide.sound.pacer import Contour, Part, breath_contour, sing
from voice_guide.sound.sources.recording import smooth

_HOLD_LEVEL: Final = 0.25
"""Linear, against the top of the inhale; as the patches have it."""

_STEP: Final[Frames] = SAMPLE_RATE // 100
_EVENING: Final = 41
"""Steps, 0.4 s, over which the level is looked at: longer than a pulse, shorter than a phase."""
_MOST_GAIN: Final = 8.0
"""By which a quiet passage is lifted, 18 dB; more would bring up its noise."""

_WINDOW: Final = 2048
_HOP: Final = _WINDOW // 4
_OVERLAP: Final = 1.5
"""What the squares of four overlapping Hann windows add up to."""
_WINDOWS_AT_ONCE: Final = 64
_HEARD_HZ: Final = (80.0, 8000.0)
"""Where the colour of a recording is looked for."""
_DARK_SHARE: Final = 0.3
_BRIGHT_SHARE: Final = 0.97
"""Of the power within `_HEARD_HZ`: below these lies the cut at the bottom and at the top."""
_LEAST_SPREAD: Final = 4.0
"""Two octaves between both cuts, so that the change is heard in any recording."""
_MOST_LIFT: Final = 4.0
"""By which the dark end is lifted to be as strong as the bright one, 12 dB."""

Floats = NDArray[Any]


def even_out(loop: Samples) -> Samples:
    """Return the loop with its own swells taken out, so that the breath alone rises and falls.

    Parameters
    ----------
    loop
        float32 `[frames, 2]` without a seam, of two seconds or more; it is not changed.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, root mean square near 1 but for passages too quiet.
    """
    steps = -(-loop.shape[0] // _STEP)
    edges = np.arange(steps) * _STEP
    power = sum(np.add.reduceat(np.square(channel), edges) for channel in loop.T)
    power = np.asarray(power, np.float64) / np.diff([*edges, loop.shape[0]])
    usual = float(np.sqrt(power.mean() / 2))
    levels = np.maximum(np.sqrt(smooth(power, _EVENING, "wrap") / 2), usual / _MOST_GAIN)
    gains = np.interp(
        np.arange(loop.shape[0]), edges + _STEP / 2, 1.0 / levels, period=loop.shape[0]
    ).astype(np.float32)
    return np.asfortranarray(loop * gains[:, np.newaxis])


def breathe_recording(loop: Samples, parts: Sequence[Part]) -> Samples:
    """Make the sound of one breath from a loop that was evened out.

    Returns
    -------
    Samples
        As from `shape_breath`; each breath begins where the loop does.
    """
    contour = breath_contour(_HOLD_LEVEL, parts)
    coloured = _colour(loop, contour)

    def voice(at: Floats, _heights: Floats, levels: Floats) -> Floats:
        return np.asarray(coloured[at[0] : at[-1] + 1] * levels[:, np.newaxis])

    return sing(voice, contour)


def _colour(loop: Samples, contour: Contour) -> Samples:
    """Return as much of the loop as the contour is long, low-passed lower where it is lower."""
    frames = int(contour.frames[-1])
    hz, power = _spectrum(loop)
    dark_hz, bright_hz = _cuts(hz, power)
    window = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)
    onsets = np.arange(-_WINDOW + _HOP, frames, _HOP)
    sound = np.zeros((frames + 2 * _WINDOW, 2), np.float32, order="F")
    for first in range(0, onsets.size, _WINDOWS_AT_ONCE):
        some = onsets[first : first + _WINDOWS_AT_ONCE]
        heights = np.interp(some + _WINDOW // 2, contour.frames, contour.heights)
        cuts_hz = dark_hz * (bright_hz / dark_hz) ** heights
        passed = 1.0 / (1.0 + (hz / cuts_hz[:, np.newaxis]) ** 4)  # power: 12 dB an octave
        lift = np.minimum(np.sqrt(power.sum() / (passed @ power)), _MOST_LIFT)
        shape = (np.sqrt(passed) * (lift / _OVERLAP)[:, np.newaxis]).astype(np.float32)
        at = (some[:, np.newaxis] + np.arange(_WINDOW)) % loop.shape[0]
        for channel in (0, 1):
            spectra = np.fft.rfft(loop[at, channel] * window) * shape
            pieces = np.fft.irfft(spectra, _WINDOW).astype(np.float32) * window
            for onset, piece in zip(some + _WINDOW, pieces, strict=True):
                sound[onset : onset + _WINDOW, channel] += piece
    return sound[_WINDOW : _WINDOW + frames]


def _spectrum(loop: Samples) -> tuple[Floats, Floats]:
    """Return the frequencies of a window and the usual power of the loop at each, both ears."""
    hz = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    power = np.zeros(hz.size)
    window = np.hanning(_WINDOW).astype(np.float32)
    rows = loop.shape[0] // _WINDOW
    for first in range(0, rows, _WINDOWS_AT_ONCE):
        some = loop[first * _WINDOW : min(rows, first + _WINDOWS_AT_ONCE) * _WINDOW]
        for channel in some.T:
            power += (np.abs(np.fft.rfft(channel.reshape(-1, _WINDOW) * window)) ** 2).sum(axis=0)
    return hz, power


def _cuts(hz: Floats, power: Floats) -> tuple[float, float]:
    """Return where a recording is cut off at its darkest and at its brightest."""
    heard = (hz >= _HEARD_HZ[0]) & (hz <= _HEARD_HZ[1])
    share = np.cumsum(power[heard]) / max(float(power[heard].sum()), 1e-30)
    dark_hz, bright_hz = (
        float(hz[heard][min(int(np.searchsorted(share, part)), share.size - 1)])
        for part in (_DARK_SHARE, _BRIGHT_SHARE)
    )
    return dark_hz, max(bright_hz, dark_hz * _LEAST_SPREAD)
