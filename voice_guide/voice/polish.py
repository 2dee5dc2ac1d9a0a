"""Raw speech made calm and even: trimmed, softened, set in a quiet room, at one loudness."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import soxr
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Samples, seconds_to_frames
from voice_guide.sound.loudness import integrated_lufs

POLISH_VERSION: Final = 1
"""Grows with every change that can be heard, so that kept clips are made anew."""

# Two channels that carry the same add 3 dB: the session hears -18 LUFS, W3C's and the
# broadcasters' level for speech on its own.
TARGET_LUFS: Final = -21.0
CEILING_DBTP: Final = -6.0
# What is left of it for peaks between samples: the speech is a rate-converted 11 kHz, so they
# stay within this.
_HEADROOM_DB: Final = 0.4

_FLOOR_DB: Final = -45.0
"""Below the peak: espeak-ng ends with 546 ms of near silence (measured)."""
_LEAD_S: Final = 0.010
_TAIL_S: Final = 0.150
_BREATH_S: Final = 0.15
_FADE_IN_S: Final = 0.005
_FADE_OUT_S: Final = 0.090

_HIGH_PASS_HZ: Final = 70.0
_SHELF_HZ: Final = 3_200.0
_SHELF_DB: Final = -4.0
_LOW_PASS_HZ: Final = 6_500.0

# A voice made by rule has all its partials in step and is peaky for it. Turning their phases by an
# all-pass, as broadcast processors do, cannot be heard and takes 1.6 dB off the peaks (measured).
_ALL_PASS_HZ: Final = 400.0
_ALL_PASS_DOUBLINGS: Final = 3
"""Eight stages."""

_ROOM_RT60_S: Final = 0.7
_ROOM_WET_DB: Final = -20.0
_ROOM_PRE_DELAY_S: Final = 0.018
_ROOM_BAND_HZ: Final = (180.0, 3_500.0)
_ROOM_LENGTH_S: Final = 0.5
_ROOM_SEED: Final = 20_240_607

_SILENCE: Final = seconds_to_frames(0.4)
"""One window of BS.1770: in a session a word stands between silences, and is measured so."""
_MAKE_UPS: Final = 2
"""After two the loudness is within 0.2 dB for nearly every clip."""
_LIMITER_STEP: Final = SAMPLE_RATE // 1000
_LIMITER_REACH: Final = 8
"""Steps of 1 ms on each side of a peak, slower than a cycle of any voice."""


def trim(raw: Samples, rate_hz: int) -> Samples:
    """Return the speech alone: what lies between the first and the last audible sample.

    Parameters
    ----------
    raw
        float32, mono `[samples]`, not silent.
    rate_hz
        Its own rate, for the lead before and the tail behind, filled with zeros where missing.
    """
    level = np.abs(raw)
    audible = np.flatnonzero(level > level.max() * 10 ** (_FLOOR_DB / 20))
    first, last = int(audible[0]), int(audible[-1]) + 1
    lead, tail = round(_LEAD_S * rate_hz), round(_TAIL_S * rate_hz)
    return np.concatenate(
        (
            np.zeros(max(0, lead - first), np.float32),
            raw[max(0, first - lead) : last + tail],
            np.zeros(max(0, last + tail - raw.size), np.float32),
        )
    )


def join(pieces: Sequence[Samples], rate_hz: int) -> Samples:
    """Return pieces of raw speech one after another, as a speaker takes a breath between them."""
    gap = np.zeros(round(_BREATH_S * rate_hz), np.float32)
    parts = [part for piece in pieces for part in (trim(piece, rate_hz), gap)]
    return np.concatenate(parts[:-1])


def polish(raw: Samples, rate_hz: int) -> Samples:
    """Return speech as the session wants it.

    Parameters
    ----------
    raw
        float32, mono `[samples]`, as the engine gave it; not silent.
    rate_hz
        Its rate.

    Returns
    -------
    Samples
        float32, mono `[frames]` at 48 kHz, zero at both ends, -21 LUFS as one channel when heard
        between silences, peaks under -6 dBTP.
    """
    speech = trim(raw, rate_hz)
    size = _fft_size(speech.size + round(_ROOM_LENGTH_S * rate_hz))
    spectrum = np.fft.rfft(speech, size) * _response(size, rate_hz)
    shaped = np.fft.irfft(spectrum, size)[: speech.size].astype(np.float32)
    shaped = np.asarray(soxr.resample(shaped, rate_hz, SAMPLE_RATE, quality="HQ"))
    _fade(shaped)
    # The room adds 0.04 dB and nothing above the gate, so that it may be in what is measured.
    gain_db = TARGET_LUFS - integrated_lufs(np.pad(shaped, _SILENCE))
    loud = shaped * np.float32(10 ** (gain_db / 20))
    return _limit(loud)


def _fft_size(least: int) -> int:
    """Return the next of 2 or 3 times a power of two: few sizes, so that few are worked out."""
    power = 1 << max(0, (least - 1).bit_length() - 2)
    return next(power * times for times in (2, 3, 4) if power * times >= least)


@lru_cache(maxsize=32)
def _response(size: int, rate_hz: int) -> NDArray[np.complex64]:
    """Return tone and room in one: what the spectrum is multiplied by, `[size // 2 + 1]`.

    Every filter is causal, its phase included, so that nothing sounds ahead of the speech.
    """
    at_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    shelf = 10 ** (_SHELF_DB / 20)
    tone = _first_order(at_hz / _SHELF_HZ, 1.0, shelf)
    tone *= _second_order(at_hz / _HIGH_PASS_HZ, high=True)
    tone *= _second_order(at_hz / _LOW_PASS_HZ, high=False)
    turn = _first_order(at_hz / _ALL_PASS_HZ, 1.0, -1.0)
    for _ in range(_ALL_PASS_DOUBLINGS):
        turn *= turn
    echo = np.fft.rfft(_echo(rate_hz), size)
    low_hz, high_hz = _ROOM_BAND_HZ
    echo *= _second_order(at_hz / low_hz, high=True)
    echo *= _second_order(at_hz / high_hz, high=False)
    return np.asarray(tone * turn * (1 + echo), np.complex64)


@lru_cache(maxsize=4)
def _echo(rate_hz: int) -> NDArray[np.float64]:
    """Return the room without the direct sound: noise that dies away, the same every time."""
    seconds = np.arange(round(_ROOM_LENGTH_S * rate_hz)) / rate_hz
    echo = np.random.default_rng(_ROOM_SEED).standard_normal(seconds.size)
    echo *= 10 ** (-3.0 * seconds / _ROOM_RT60_S)  # 60 dB down after RT60
    echo[: round(_ROOM_PRE_DELAY_S * rate_hz)] = 0.0
    return np.asarray(echo * (10 ** (_ROOM_WET_DB / 20) / np.sqrt(np.sum(echo**2))))


def _first_order(
    ratio: NDArray[np.floating], at_zero: float, at_top: float
) -> NDArray[np.complexfloating]:
    """Return (at_zero + at_top s) / (1 + s): a shelf, or an all-pass where the two are opposite."""
    return np.asarray((at_zero + 1j * at_top * ratio) / (1 + 1j * ratio))


def _second_order(ratio: NDArray[np.floating], *, high: bool) -> NDArray[np.complexfloating]:
    """Return a Butterworth high pass or low pass, `ratio` being the frequency by its corner."""
    square = ratio * ratio
    return np.asarray((-square if high else 1.0) / (1 - square + 1j * np.sqrt(2) * ratio))


def _fade(clip: Samples) -> None:
    """Let the clip begin and end at zero, in place."""
    rise = _half_cosine(min(round(_FADE_IN_S * SAMPLE_RATE), clip.size))
    clip[: rise.size] *= rise
    fall = _half_cosine(min(round(_FADE_OUT_S * SAMPLE_RATE), clip.size))
    clip[clip.size - fall.size :] *= fall[::-1]


def _half_cosine(frames: int) -> Samples:
    return np.asarray(0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, frames)), np.float32)


def _limit(clip: Samples) -> Samples:
    """Return the clip as loud, with the few peaks over the ceiling bent under it.

    The gain moves slowly and ahead of the peaks. What it takes from the loudness is put back
    before it; all of that is worked out on steps of 1 ms.
    """
    ceiling = 10 ** ((CEILING_DBTP - _HEADROOM_DB) / 20)
    steps = -(-clip.size // _LIMITER_STEP)
    blocks = np.pad(clip, (0, steps * _LIMITER_STEP - clip.size)).reshape(steps, _LIMITER_STEP)
    peaks = np.maximum(blocks.max(axis=1), -blocks.min(axis=1))
    if peaks.max() <= ceiling:
        return clip
    energy = np.einsum("ij,ij->i", blocks, blocks, dtype=np.float64)
    make_up = 1.0
    for _ in range(_MAKE_UPS):
        smooth = make_up * _smooth_gain(ceiling / (make_up * peaks + 1e-9))
        make_up *= np.sqrt(energy.sum() / (energy @ smooth[1:-1] ** 2))
    smooth = (make_up * _smooth_gain(ceiling / (make_up * peaks + 1e-9))).astype(np.float32)
    # From the middle of one step straight to the middle of the next.
    half = _LIMITER_STEP // 2
    towards = ((np.arange(half) + 0.5) / _LIMITER_STEP).astype(np.float32)
    before, here, after = (smooth[k : k + steps, np.newaxis] for k in range(3))
    blocks[:, :half] *= before + (here - before) * (0.5 + towards)
    blocks[:, half:] *= here + (after - here) * towards
    return blocks.reshape(-1)[: clip.size]


def _smooth_gain(needed: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return a gain a step, with one more at each end, that nowhere exceeds what is needed.

    The least gain within reach is smoothed by a window that is narrower by the slope between two
    steps, so that a mean over it never rises above what a peak inside needs.
    """
    reach = _LIMITER_REACH + 1
    least = np.pad(np.minimum(needed, 1.0), 2 * reach, constant_values=1.0)
    around = sliding_window_view(least, 2 * reach + 1).min(axis=1)
    window = np.hanning(2 * _LIMITER_REACH + 3)[1:-1]
    return np.asarray(np.convolve(around, window / window.sum(), mode="valid"))
