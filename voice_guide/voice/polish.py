"""Raw speech made calm and even: trimmed, softened, set in a quiet room, at one loudness."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
import soxr
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
_FADE_IN_S: Final = 0.005
_FADE_OUT_S: Final = 0.090

_HIGH_PASS_HZ: Final = 70.0
_SHELF_HZ: Final = 3_200.0
_SHELF_DB: Final = -4.0
_LOW_PASS_HZ: Final = 6_500.0

_ROOM_RT60_S: Final = 0.7
_ROOM_WET_DB: Final = -20.0
_ROOM_PRE_DELAY_S: Final = 0.018
_ROOM_BAND_HZ: Final = (180.0, 3_500.0)
_ROOM_LENGTH_S: Final = 0.5
_ROOM_SEED: Final = 20_240_607

_SILENCE: Final = seconds_to_frames(0.4)
"""One window of BS.1770: in a session a word stands between silences, and is measured so."""
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
    return _limit(shaped * np.float32(10 ** (gain_db / 20)))


def _fft_size(least: int) -> int:
    """Return the next of 4, 5, 6, 7 times a power of two: few sizes, so that few are worked out."""
    power = 1 << max(0, (least - 1).bit_length() - 3)
    return next(power * odd for odd in (4, 5, 6, 7, 8) if power * odd >= least)


@lru_cache(maxsize=32)
def _response(size: int, rate_hz: int) -> NDArray[np.complex64]:
    """Return tone and room in one: the spectrum everything is multiplied by, `[size // 2 + 1]`."""
    at_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    shelf = 10 ** (_SHELF_DB / 20)
    tone = (
        _high_pass(at_hz, _HIGH_PASS_HZ)
        * (1 + 1j * shelf * at_hz / _SHELF_HZ)
        / (1 + 1j * at_hz / _SHELF_HZ)
        * _low_pass(at_hz, _LOW_PASS_HZ)
    )
    seconds = np.arange(round(_ROOM_LENGTH_S * rate_hz)) / rate_hz
    echo = np.random.default_rng(_ROOM_SEED).standard_normal(seconds.size)
    echo *= 10 ** (-3.0 * seconds / _ROOM_RT60_S)  # 60 dB down after RT60
    echo[: round(_ROOM_PRE_DELAY_S * rate_hz)] = 0.0
    low_hz, high_hz = _ROOM_BAND_HZ
    echo *= 10 ** (_ROOM_WET_DB / 20) / np.sqrt(np.sum(echo**2))
    room = np.fft.rfft(echo, size) * _high_pass(at_hz, low_hz) * _low_pass(at_hz, high_hz)
    return np.asarray(tone * (1 + room), np.complex64)


def _high_pass(at_hz: NDArray[np.floating], corner_hz: float) -> NDArray[np.complexfloating]:
    """Return a second-order Butterworth's response, its phase included: no echo ahead of time."""
    ratio = 1j * at_hz / corner_hz
    return np.asarray(ratio**2 / (ratio**2 + np.sqrt(2) * ratio + 1))


def _low_pass(at_hz: NDArray[np.floating], corner_hz: float) -> NDArray[np.complexfloating]:
    ratio = 1j * at_hz / corner_hz
    return np.asarray(1 / (ratio**2 + np.sqrt(2) * ratio + 1))


def _fade(clip: Samples) -> None:
    """Let the clip begin and end at zero, in place."""
    rise = _half_cosine(min(round(_FADE_IN_S * SAMPLE_RATE), clip.size))
    clip[: rise.size] *= rise
    fall = _half_cosine(min(round(_FADE_OUT_S * SAMPLE_RATE), clip.size))
    clip[clip.size - fall.size :] *= fall[::-1]


def _half_cosine(frames: int) -> Samples:
    return np.asarray(0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, frames)), np.float32)


def _limit(clip: Samples) -> Samples:
    """Bend the few peaks over the ceiling under it, by a gain that moves slowly and ahead of them.

    The least gain within reach of a step is smoothed by a window as wide, so that the smooth gain
    nowhere exceeds what a peak needs.
    """
    ceiling = 10 ** ((CEILING_DBTP - _HEADROOM_DB) / 20)
    if float(np.abs(clip).max()) <= ceiling:
        return clip
    steps = -(-clip.size // _LIMITER_STEP)
    level = np.abs(np.pad(clip, (0, steps * _LIMITER_STEP - clip.size)))
    needed = np.minimum(1.0, ceiling / np.maximum(level.reshape(steps, -1).max(axis=1), ceiling))
    reach = _LIMITER_REACH + 1  # one more for the slope between the centres of two steps
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(needed, 2 * reach, constant_values=1.0), 2 * reach + 1
    ).min(axis=1)
    window = np.hanning(2 * _LIMITER_REACH + 3)[1:-1]
    smooth = np.convolve(around, window / window.sum(), mode="valid")
    centres = (np.arange(smooth.size) - 1 + 0.5) * _LIMITER_STEP
    gain = np.interp(np.arange(clip.size), centres, smooth)
    return np.asarray(clip * gain, np.float32)
