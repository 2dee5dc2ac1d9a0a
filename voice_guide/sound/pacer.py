"""Pacers: a sound that rises on the inhale, rests on a hold and falls on the exhale.

Every such sound is a contour, corners of height (0 low, 1 high) and level over frames, and a
way to sing it. The tones for tensing and releasing muscles are contours too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples, seconds_to_frames
from voice_guide.sound.patch import PacerPatch

Part = tuple[str, Frames]
"""A phase, `in`, `hold`, `out` or `rest`, and how long it lasts."""

Floats = NDArray[Any]

_EDGE: Final = seconds_to_frames(0.05)
"""Half of the soft step between two phases: far from a click, and still plainly a boundary."""
_ONSET_LEVEL: Final = 0.35
"""Where the inhale sets in, so that its first second is heard and not only its crest."""
_PARTING_LEVEL: Final = 0.12
"""Where the exhale ends; what is left goes within the soft step."""
_TURN_LEVEL: Final = 0.03
"""Between an inhale and what follows without a hold: the breath turns."""
_CORNERS: Final = 96
"""Straight pieces to a curve: too many for any to be heard as a corner."""
_CHUNK: Final = 1 << 14
_NOISE_LOOP: Final = 16 * _CHUNK
_NOISE_BANDS: Final = 5
_NOISE_SEED: Final = 20

_TENSE: Final = PacerPatch("tense", "tone", 146.8, 174.6, harmonics=(1.0, 0.6, 0.35, 0.2, 0.1))
_RELEASE: Final = PacerPatch("release", "tone", 98.0, 174.6, harmonics=(1.0, 0.45, 0.15, 0.05))
"""From an F, where tensing ends, down to a G nearly an octave below."""


Voice = Callable[[Floats, Floats, Floats], Floats]
"""From frames, heights and levels to sound, `[frames, 1]` or `[frames, 2]`; called in order."""


class Contour(NamedTuple):
    """Corners in rising order of frame, straight lines between."""

    frames: Floats
    heights: Floats
    levels: Floats


def shape_breath(patch: PacerPatch, parts: Sequence[Part]) -> Samples:
    """Make the sound of one breath.

    Parameters
    ----------
    patch
        A checked patch.
    parts
        The phases in order. Two inhales in a row are one that is topped up: the second sets in
        anew, from where the first ended.

    Returns
    -------
    Samples
        float32 `[frames, 2]`, Fortran order, of no particular level; as long as all parts
        together; zero at both ends, and throughout a rest but for its soft edge.
    """
    return sing(_patch_to_voice(patch), breath_contour(patch.hold_level, parts))


def shape_tense(frames: Frames) -> Samples:
    """Make a tone that firms up within a second or two and stays: `[frames, 2]`, float32."""
    onset = min(seconds_to_frames(0.5), frames // 4)
    rise = min(seconds_to_frames(1.5), frames // 2)
    fall = min(seconds_to_frames(0.3), frames // 4)
    swell = _curve(0, onset, 0.0, 1.0)
    settle = _curve(onset, frames - fall, 1.0, 0.7)
    fade = _curve(frames - fall, frames, 0.7, 0.0)
    at = np.concatenate([swell[0], settle[0], fade[0]])
    levels = np.concatenate([swell[1], settle[1], fade[1]])
    heights = np.interp(at, [0, max(rise, 1), frames], [0.0, 0.85, 1.0])
    return sing(_tone(_TENSE), Contour(at, heights, levels))


def shape_release(frames: Frames) -> Samples:
    """Make a tone that sinks and loosens, fast at first and ever slower: `[frames, 2]`, float32."""
    rise = min(seconds_to_frames(0.25), frames // 4)
    swell = _curve(0, rise, 0.0, 1.0)
    sink_at, sink = _curve(rise, frames, 1.0, 0.0)
    at = np.concatenate([swell[0], sink_at])
    levels = np.concatenate([swell[1], sink**1.5])
    return sing(_tone(_RELEASE), Contour(at, (1.0 - at / max(frames, 1)) ** 2, levels))


def _curve(start: float, end: float, before: float, after: float) -> tuple[Floats, Floats]:
    """Return corners of half a cosine from one value to another."""
    share = np.linspace(0.0, 1.0, _CORNERS)
    values = before + (after - before) * (0.5 - 0.5 * np.cos(np.pi * share))
    return start + (end - start) * share, values


def breath_contour(hold_level: float, parts: Sequence[Part]) -> Contour:
    """Return how high and how loud a breath is, frame by frame; parts of no length fall out."""
    parts = [part for part in parts if part[1] > 0]
    bounds = np.cumsum([0, *(length for _, length in parts)])
    spans = {"in": (_ONSET_LEVEL, 1.0), "out": (1.0, _PARTING_LEVEL), "rest": (0.0, 0.0)}
    spans["hold"] = (hold_level, hold_level)
    edges = _edges(parts)
    at: list[Floats] = [np.zeros(1)]
    levels: list[Floats] = [np.zeros(1)]
    for index, (phase, _) in enumerate(parts):
        turns_before = index > 0 and _turns(parts[index - 1][0], phase)
        turns_after = index + 1 < len(parts) and _turns(phase, parts[index + 1][0])
        body_at, body = _curve(
            bounds[index] + edges[index], bounds[index + 1] - edges[index + 1], *spans[phase]
        )
        if turns_before:
            _append_curve(at, levels, bounds[index], body_at[0], _TURN_LEVEL, body[0])
        else:
            _append_curve(at, levels, at[-1][-1], body_at[0], levels[-1][-1], body[0])
        at.append(body_at)
        levels.append(body)
        if turns_after:
            _append_curve(at, levels, body_at[-1], bounds[index + 1], body[-1], _TURN_LEVEL)
    _append_curve(at, levels, at[-1][-1], bounds[-1], levels[-1][-1], 0.0)
    frames = np.concatenate(at)
    heights = np.interp(frames, bounds, _heights(parts))
    return Contour(frames, heights, np.concatenate(levels))


def _append_curve(
    at: list[Floats], levels: list[Floats], start: float, end: float, before: float, after: float
) -> None:
    curve_at, curve = _curve(start, end, before, after)
    at.append(curve_at)
    levels.append(curve)


def _turns(phase: str, following: str) -> bool:
    """Return whether two moving phases meet, so that only a turn can tell them apart."""
    return phase in ("in", "out") and following in ("in", "out")


def _edges(parts: Sequence[Part]) -> list[float]:
    """Return half of the soft step at each bound; short phases have shorter ones.

    At the ends there is but one half: the first sound is heard where the breath begins.
    """
    lengths = [length for _, length in parts]
    inner = [min(_EDGE, a / 4, b / 4) for a, b in pairwise(lengths)]
    outer = [min(_EDGE, lengths[end] / 4) if lengths else 0.0 for end in (0, -1)]
    return [outer[0], *inner, outer[1]]


def _heights(parts: Sequence[Part]) -> list[float]:
    """Return the height at each bound: up over the inhale, down over the exhale, else level."""
    moving = [phase for phase, _ in parts if phase in ("in", "out")]
    heights = [1.0 if moving[:1] == ["out"] else 0.0]
    for index, (phase, length) in enumerate(parts):
        goal = {"in": 1.0, "out": 0.0}.get(phase, heights[-1])
        following = 0
        for next_phase, next_length in parts[index + 1 :]:
            if next_phase != phase:
                break
            following += next_length
        heights.append(heights[-1] + (goal - heights[-1]) * length / (length + following))
    return heights


def sing(voice: Voice, contour: Contour) -> Samples:
    """Return the sound of a contour, `[frames, 2]`; worked in chunks, so that minutes fit."""
    frames = int(contour.frames[-1])
    samples = np.zeros((frames, 2), dtype=np.float32, order="F")
    for start in range(0, frames, _CHUNK):
        stop = min(start + _CHUNK, frames)
        at = np.arange(start, stop)
        levels = np.interp(at, contour.frames, contour.levels)
        heights = np.interp(at, contour.frames, contour.heights)
        samples[start:stop] = voice(at, heights, levels)
    if frames:
        samples[0] = samples[-1] = 0.0
    return samples


def _patch_to_voice(patch: PacerPatch) -> Voice:
    return {"tone": _tone, "two-tones": _two_tones, "noise": _noise}[patch.shape](patch)


def _tone(patch: PacerPatch) -> Voice:
    """Sing one gliding tone."""
    cycles_so_far = 0.0

    def voice(_at: Floats, heights: Floats, levels: Floats) -> Floats:
        nonlocal cycles_so_far
        steps = patch.low_hz / SAMPLE_RATE * (patch.high_hz / patch.low_hz) ** heights
        cycles = cycles_so_far + np.cumsum(steps)
        cycles_so_far = float(cycles[-1] % 1.0)
        return (_overtones(patch, cycles, levels) * levels)[:, np.newaxis]

    return voice


def _two_tones(patch: PacerPatch) -> Voice:
    """Sing a low and a high tone, one giving way to the other as the height changes."""

    def voice(at: Floats, heights: Floats, levels: Floats) -> Floats:
        low = _overtones(patch, at * (patch.low_hz / SAMPLE_RATE), levels)
        high = _overtones(patch, at * (patch.high_hz / SAMPLE_RATE), levels)
        turn = np.pi / 2 * heights
        both = low * np.cos(turn) + high * np.sin(turn)
        return np.asarray((both * levels)[:, np.newaxis])

    return voice


def _overtones(patch: PacerPatch, cycles: Floats, levels: Floats) -> Floats:
    """Return a tone of full level; like any reed or voice, a softer one has less overtone."""
    turns = ((cycles - np.floor(cycles)) * (2 * np.pi)).astype(np.float32)
    tone = np.zeros_like(cycles)
    for number, gain in enumerate(patch.harmonics[1:], 2):
        tone += gain * np.sin(number * turns)
    tone *= 0.4 + 0.6 * levels
    tone += patch.harmonics[0] * np.sin(turns)
    return tone


def _noise(patch: PacerPatch) -> Voice:
    """Sing noise whose colour moves from band to band; each ear has its own."""
    bands = _noise_bands(patch)
    last = bands.shape[0] - 1

    def voice(at: Floats, heights: Floats, levels: Floats) -> Floats:
        place = int(at[0]) % _NOISE_LOOP
        sound = np.zeros((at.size, 2), order="F")
        for number, band in enumerate(bands):
            distance = np.minimum(np.abs(heights * last - number), 1.0)
            if distance.min() < 1.0:
                weights = np.cos(np.pi / 2 * distance) * levels
                sound += band[place : place + at.size] * weights[:, np.newaxis]
        return sound

    return voice


def _noise_bands(patch: PacerPatch) -> Samples:
    """Return `[bands, frames, 2]`: loops of noise from low to high, each of unit power."""
    spectrum_hz = np.fft.rfftfreq(_NOISE_LOOP, 1 / SAMPLE_RATE)[1:]
    octaves = np.log2(spectrum_hz / patch.low_hz)
    centres = np.linspace(0.0, np.log2(patch.high_hz / patch.low_hz), _NOISE_BANDS)
    chance = np.random.default_rng(_NOISE_SEED)
    bands = np.zeros((_NOISE_BANDS, 2, _NOISE_LOOP), dtype=np.float32).transpose(0, 2, 1)
    for band, centre in zip(bands, centres, strict=True):
        shape = np.exp2(-(((octaves - centre) / (patch.breadth / 2)) ** 2))
        shape /= np.sqrt(spectrum_hz)
        for channel in (0, 1):
            spectrum = np.zeros(_NOISE_LOOP // 2 + 1, dtype=np.complex64)
            spectrum[1:] = chance.random(spectrum_hz.size, dtype=np.float32) - 0.5
            spectrum[1:] += 1j * (chance.random(spectrum_hz.size, dtype=np.float32) - 0.5)
            spectrum[1:] *= shape
            sound = np.fft.irfft(spectrum)
            band[:, channel] = sound / np.sqrt(np.mean(sound**2))
    return bands
