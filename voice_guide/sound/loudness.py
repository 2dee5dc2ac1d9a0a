"""How loud a piece of audio is to people, and how high its waveform really goes.

ITU-R BS.1770-4 at 48 kHz. The K-weighting runs by FFT in overlapping blocks, so that memory
stays small however long the audio is, and no compiled filter is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike, NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Samples

# BS.1770-4, tables 1 and 2: the shelf of the head and the high pass, as (b0 b1 b2, a1 a2).
_SHELF: Final = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (-1.69065929318241, 0.73248077421585),
)
_HIGH_PASS: Final = ((1.0, -2.0, 1.0), (-1.99004745483398, 0.99007225036621))
_OFFSET_DB: Final = -0.691
"""BS.1770-4, equation 2: takes the filter's gain at 997 Hz back out."""

_ABSOLUTE_GATE_LUFS: Final = -70.0
_RELATIVE_GATE_LU: Final = -10.0
_HOP: Final = SAMPLE_RATE // 10
_HOPS_PER_WINDOW: Final = 4

_BLOCK: Final = 32_768
_STEP: Final = 5 * _HOP
_LEAD: Final = _BLOCK - _STEP
"""Frames before each step. The high pass rings down by e^-240t, under float32 after 0.1 s."""
_BLOCKS_AT_ONCE: Final = 4
"""More would not fit the processor's cache."""

_OVERSAMPLING: Final = 4
"""BS.1770-4, annex 2: four times at 48 kHz, which underreads by 0.6 dB at the very most."""
_TAPS: Final = 24
"""Per phase; twice the annex's own twelve, for its highest octave."""
_BETWEEN_DB: Final = 6.0
"""Further than this no sound that is not made for it goes between two samples."""
_PEAK_STEP: Final = 32
_PEAK_CHUNK: Final = 1 << 17


def integrated_lufs(samples: Samples) -> float:
    """Return the gated loudness of the whole.

    Parameters
    ----------
    samples
        float32, mono `[frames]` (counted as one channel) or stereo `[frames, 2]`. Audio shorter
        than one window of 400 ms is measured as a single window of its own length.

    Returns
    -------
    float
        LUFS; minus infinity where nothing passes the gate at -70 LUFS.
    """
    power = _window_power(samples)
    loud = power[_power_to_lufs(power) > _ABSOLUTE_GATE_LUFS]
    if loud.size == 0:
        return float("-inf")
    gate = _power_to_lufs(np.mean(loud)) + _RELATIVE_GATE_LU
    return float(_power_to_lufs(np.mean(loud[_power_to_lufs(loud) > gate])))


def momentary_lufs(samples: Samples) -> NDArray[np.float64]:
    """Return the ungated loudness of each window of 400 ms, one every 100 ms.

    Parameters
    ----------
    samples
        As for `integrated_lufs`.

    Returns
    -------
    NDArray[float64]
        LUFS, `[windows]`; minus infinity for digital silence; empty for no frames.
    """
    return np.asarray(_power_to_lufs(_window_power(samples)))


def crest_lufs(samples: Samples) -> float:
    """Return the loudness of the loudest window of 400 ms; minus infinity for silence."""
    return float(np.max(momentary_lufs(samples), initial=float("-inf")))


def true_peak_dbtp(samples: Samples) -> float:
    """Return the highest point of the waveform between the samples as well as on them.

    Parameters
    ----------
    samples
        float32, mono `[frames]` or stereo `[frames, 2]`.

    Returns
    -------
    float
        dB relative to full scale; minus infinity for digital silence.
    """
    peak = max((_true_peak(channel) for channel in _channels(samples)), default=0.0)
    return float(20.0 * np.log10(peak)) if peak > 0.0 else float("-inf")


def change_loudness(
    samples: Samples, measured_lufs: float, wanted_lufs: float, ceiling_dbtp: float
) -> None:
    """Bring samples from one loudness to another in place, but no peak above the ceiling.

    Parameters
    ----------
    samples
        float32, mono `[frames]` or stereo `[frames, 2]`; changed. Silence stays silence.
    measured_lufs, wanted_lufs
        By any one measure.
    ceiling_dbtp
        What is all peaks and little loudness stays as much softer as it must.
    """
    if np.isfinite(measured_lufs):
        samples *= np.float32(10.0 ** ((wanted_lufs - measured_lufs) / 20.0))
    peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
    if peak > 10.0 ** ((ceiling_dbtp - _BETWEEN_DB) / 20.0):
        over_db = true_peak_dbtp(samples) - ceiling_dbtp
        samples *= np.float32(10.0 ** (-max(over_db, 0.0) / 20.0))


def _channels(samples: Samples) -> tuple[Samples, ...]:
    return (samples,) if samples.ndim == 1 else tuple(samples.T)


def _power_to_lufs(power: ArrayLike) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        return np.asarray(_OFFSET_DB + 10.0 * np.log10(power))


def _window_power(samples: Samples) -> NDArray[np.float64]:
    """Return the K-weighted mean square of each whole window, channels summed."""
    frames = samples.shape[0]
    if frames == 0:
        return np.zeros(0)
    hops = max(frames // _HOP, -(-min(frames, _HOPS_PER_WINDOW * _HOP) // _HOP))
    energy = np.zeros(hops)
    for channel in _channels(samples):
        energy += _hop_energy(channel, hops)
    if frames < _HOPS_PER_WINDOW * _HOP:
        return np.array([energy.sum() / frames])
    by_window = sliding_window_view(energy, _HOPS_PER_WINDOW).sum(axis=1)
    return np.asarray(by_window / (_HOPS_PER_WINDOW * _HOP))


def _hop_energy(channel: Samples, hops: int) -> NDArray[np.float64]:
    """Return the K-weighted sum of squares of each 100 ms."""
    weight = _weighting()
    parts = []
    for blocks in _overlapping_blocks(channel, -(-hops * _HOP // _STEP)):
        weighted = np.fft.irfft(np.fft.rfft(blocks) * weight, _BLOCK)[:, _LEAD:]
        by_hop = weighted.reshape(-1, _HOP)
        parts.append(np.einsum("ij,ij->i", by_hop, by_hop))
    return np.concatenate(parts)[:hops]


def _overlapping_blocks(channel: Samples, count: int) -> Iterator[Samples]:
    """Yield `[blocks, _BLOCK]`: steps of the channel, each with its lead; zeros outside."""
    for first in range(0, count, _BLOCKS_AT_ONCE):
        rows = min(_BLOCKS_AT_ONCE, count - first)
        span = np.zeros(_LEAD + rows * _STEP, dtype=np.float32)
        start = first * _STEP - _LEAD
        piece = channel[max(start, 0) : start + span.size]
        span[max(-start, 0) : max(-start, 0) + piece.size] = piece
        yield sliding_window_view(span, _BLOCK)[::_STEP]


@cache
def _weighting() -> NDArray[np.complex64]:
    """Return both filters' response at the FFT's frequencies."""
    delay = np.exp(-2j * np.pi * np.fft.rfftfreq(_BLOCK))
    response = np.ones(delay.size, dtype=np.complex128)
    for (b0, b1, b2), (a1, a2) in (_SHELF, _HIGH_PASS):
        response *= (b0 + delay * (b1 + delay * b2)) / (1.0 + delay * (a1 + delay * a2))
    return np.asarray(response, dtype=np.complex64)


def _true_peak(channel: Samples) -> float:
    peak = float(np.max(np.abs(channel), initial=0.0))
    table = _interpolation()
    width = table.shape[0]
    for start in range(-_TAPS, channel.size, _PEAK_CHUNK):
        stop = min(start + _PEAK_CHUNK, channel.size + _TAPS)
        span = np.zeros(-(-(stop - start) // _PEAK_STEP) * _PEAK_STEP + _TAPS, dtype=np.float32)
        piece = channel[max(start, 0) : start + span.size]
        span[max(-start, 0) : max(-start, 0) + piece.size] = piece
        rows = sliding_window_view(span, width)[::_PEAK_STEP]
        peak = max(peak, float(np.abs(rows @ table).max()))
    return peak


@cache
def _interpolation() -> Samples:
    """Return `[window, points]`: a row of frames times this is all points between 32 of them.

    A Kaiser-windowed sinc for each of the three places between two frames; laid out as one
    matrix, because a matrix product is the fastest short convolution that numpy has.
    """
    half = _TAPS // 2
    table = np.zeros((_PEAK_STEP + _TAPS - 1, _PEAK_STEP, _OVERSAMPLING - 1))
    for phase in range(1, _OVERSAMPLING):
        distance = np.arange(_TAPS) - (half - 1) - phase / _OVERSAMPLING
        window = np.i0(8.0 * np.sqrt(1.0 - (distance / half) ** 2)) / np.i0(8.0)
        taps = np.sinc(distance) * window
        for place in range(_PEAK_STEP):
            table[place : place + _TAPS, place, phase - 1] = taps / taps.sum()
    return table.reshape(table.shape[0], -1).astype(np.float32)
