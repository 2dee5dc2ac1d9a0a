"""Beds: quiet loops of noise and drones without a seam.

A bed is shaped in the spectrum of one whole loop, so that everything in it comes round exactly
at the end: what is periodic has no seam.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples, seconds_to_frames
from voice_guide.sound.patch import BedPatch, Drone, Noise

_LOWEST_HZ: Final = 20.0
_HIGHEST_HZ: Final = 16_000.0
_OCTAVE_DB: Final = float(20.0 * np.log10(2.0))
_REACH: Final = 4.0
"""How many times its own highest frequency a layer is computed to: there it is 24 dB down."""
_SWELL_POINTS: Final = 128
_SWELL_LEAST: Final = 1e-3
"""Of the movement, 60 dB down: what is less would never be heard."""

Spectrum = NDArray[np.complex64]


def weave_bed(patch: BedPatch) -> Samples:
    """Make one loop of a bed.

    Parameters
    ----------
    patch
        A checked patch. Drones and swells move to the nearest frequency that fits the loop.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, of no particular level; the frame after the last
        is the first. The same patch gives the same bits.
    """
    frames = seconds_to_frames(patch.length_s)
    chance = np.random.default_rng(zlib.crc32(patch.name.encode()))
    spectrum = np.zeros((2, frames // 2 + 1), dtype=np.complex64)
    for drone in patch.drone:
        _add_drone(spectrum, drone, frames, chance)
    for layer in patch.noise:
        _add_noise(spectrum, layer, frames, chance)
    samples = np.empty((frames, 2), dtype=np.float32, order="F")
    for channel in (0, 1):
        samples[:, channel] = np.fft.irfft(spectrum[channel], frames)
    return samples


def _add_drone(
    spectrum: Spectrum, drone: Drone, frames: Frames, chance: np.random.Generator
) -> None:
    """Add a tone or a beating pair, each ear with its own phases, so that it stands wide."""
    pair = drone.beat_hz > 0.0
    for hz in (drone.hz, drone.hz + drone.beat_hz)[: 1 + pair]:
        place = round(hz * frames / SAMPLE_RATE)
        turns = chance.random(2)
        spectrum[:, place] += drone.gain * frames / 2 / (1 + pair) * np.exp(2j * np.pi * turns)


def _add_noise(
    spectrum: Spectrum, layer: Noise, frames: Frames, chance: np.random.Generator
) -> None:
    """Add noise of root mean square `gain` in each ear, before any swell."""
    highest_hz = min(layer.high_hz * _REACH, _HIGHEST_HZ)
    first, last = (int(hz * frames / SAMPLE_RATE) for hz in (_LOWEST_HZ, highest_hz))
    hz = np.arange(first, last, dtype=np.float32) * np.float32(SAMPLE_RATE / frames)
    below, above = (layer.low_hz / hz) ** 2, (hz / layer.high_hz) ** 2
    shape = np.exp2(np.log2(above) * np.float32(layer.slope_db / _OCTAVE_DB / 2))
    shape /= np.sqrt((1.0 + below * below) * (1.0 + above * above))  # order 2: 12 dB an octave
    shape *= layer.gain * frames / np.sqrt(2.0 * float(np.vdot(shape, shape)))
    middle, side = _drops(layer, frames, chance) if layer.drops_per_s else _rush(last, chance)
    angle = layer.width * np.pi / 4
    middle = middle[first:last] * (shape * np.float32(np.cos(angle)))
    side = side[first:last] * (shape * np.float32(np.sin(angle)))
    for channel, part in enumerate((middle + side, middle - side)):
        for shift, weight in _swell(layer, frames):
            spectrum[channel, first + shift : last + shift] += weight * part


def _rush(bins: int, chance: np.random.Generator) -> tuple[Spectrum, Spectrum]:
    """Return two spectra of chance, of unit power: over so many places, a steady rush."""
    pairs = chance.random((2, 2 * bins), dtype=np.float32)
    pairs -= np.float32(0.5)
    pairs *= np.float32(np.sqrt(6.0))  # the power of a number between -0.5 and 0.5 is 1/12
    first, second = pairs.view(np.complex64)
    return first, second


def _drops(layer: Noise, frames: Frames, chance: np.random.Generator) -> tuple[Spectrum, Spectrum]:
    """Return two spectra of single drops, of unit power; the second a third of a loop later."""
    count = max(1, round(layer.drops_per_s * frames / SAMPLE_RATE))
    sizes = chance.exponential(1.0, count) * chance.choice((-1.0, 1.0), count)
    sizes /= np.sqrt(np.vdot(sizes, sizes))
    sound = np.zeros(frames, dtype=np.float32)
    np.add.at(sound, chance.integers(0, frames, count), sizes.astype(np.float32))
    spectrum = np.fft.rfft(sound).astype(np.complex64)
    third = np.exp(-2j * np.pi / 3 * np.arange(3)).astype(np.complex64)
    return spectrum, spectrum * np.resize(third, spectrum.size)


def _swell(layer: Noise, frames: Frames) -> Iterator[tuple[int, np.complex64]]:
    """Yield the slow movement as shifts of the spectrum, and how much of it goes to each.

    To multiply a loop by a movement that repeats within it is to add up a few shifted copies of
    its spectrum; so all layers share one transform, however many of them move.
    """
    times = max(1, round(frames / SAMPLE_RATE / layer.swell_period_s))
    turn = np.arange(_SWELL_POINTS) / _SWELL_POINTS + layer.swell_phase
    crest = (0.5 - 0.5 * np.cos(2 * np.pi * turn)) ** layer.swell_sharpness
    weights = np.fft.fft(1.0 - layer.swell + layer.swell * crest) / _SWELL_POINTS
    farthest = min(_SWELL_POINTS // 2 - 1, int(_LOWEST_HZ * frames / SAMPLE_RATE) // times)
    for number in range(-farthest, farthest + 1):
        if abs(weights[number]) > _SWELL_LEAST:
            yield number * times, np.complex64(weights[number])
