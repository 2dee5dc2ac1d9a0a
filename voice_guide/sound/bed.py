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
_HIGHEST_HZ: Final = 20_000.0
_SKIRT: Final = 2
"""Order of the soft edges of a band: 12 dB an octave."""
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
    shape = (hz / layer.high_hz) ** np.float32(layer.slope_db / (20.0 * np.log10(2.0)))
    shape /= np.sqrt(1.0 + (layer.low_hz / hz) ** (2 * _SKIRT))
    shape /= np.sqrt(1.0 + (hz / layer.high_hz) ** (2 * _SKIRT))
    middle, side = (_chance_spectrum(layer, frames, chance, first, last) * shape for _ in (0, 1))
    angle = layer.width * np.pi / 4
    for channel, sign in enumerate((1.0, -1.0)):
        part = middle * np.float32(np.cos(angle)) + side * np.float32(sign * np.sin(angle))
        power = 2.0 * float(np.vdot(part, part).real) / frames**2
        part *= np.float32(layer.gain / np.sqrt(power))
        for shift, weight in _swell(layer, frames):
            spectrum[channel, first + shift : last + shift] += weight * part


def _chance_spectrum(
    layer: Noise, frames: Frames, chance: np.random.Generator, first: int, last: int
) -> Spectrum:
    """Return the flat spectrum of a steady rush, or of single drops."""
    if layer.drops_per_s > 0.0:
        drops = np.zeros(frames, dtype=np.float32)
        count = max(1, round(layer.drops_per_s * frames / SAMPLE_RATE))
        sizes = chance.exponential(1.0, count) * chance.choice((-1.0, 1.0), count)
        np.add.at(drops, chance.integers(0, frames, count), sizes.astype(np.float32))
        return np.asarray(np.fft.rfft(drops)[first:last], dtype=np.complex64)
    pairs = chance.random(2 * (last - first), dtype=np.float32) - np.float32(0.5)
    return np.asarray(pairs.view(np.complex64))


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
