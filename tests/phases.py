"""A listener with closed eyes: hears from a pacer's sound alone how one should breathe.

`hear` is told nothing but samples. It listens for steps and turns in level, and between them for
whether the sound climbs, rests, sinks or is silent.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from voice_guide.sound.clip import SAMPLE_RATE, Samples

EAR_RATE = 8_000
HOP = EAR_RATE // 200
WINDOW = 10 * HOP
STEP = 12
"""Hops on either side, 60 ms, between which a step in level is looked for."""


def listen(samples: Samples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return level (linear, loudest 1) and height (octaves) every 5 ms."""
    hz = np.fft.rfftfreq(WINDOW, 1 / EAR_RATE)
    audible = (hz > 80) & (hz < 3000)
    frames = samples.shape[0] * EAR_RATE // SAMPLE_RATE
    power = np.zeros((frames // HOP + 1, int(audible.sum())))
    ears = samples.T[:1] if np.array_equal(*samples.T) else samples.T
    for channel in ears:
        low = np.fft.irfft(np.fft.rfft(channel)[: frames // 2 + 1], frames)
        padded = np.pad(low, WINDOW // 2).astype("f4")
        windows = sliding_window_view(padded, WINDOW)[::HOP] * np.hanning(WINDOW).astype("f4")
        power += np.abs(np.fft.rfft(windows)[:, audible]) ** 2
    level = np.sqrt(power.sum(axis=1))
    height = (power * np.log2(hz[audible])).sum(axis=1) / (power.sum(axis=1) + 1e-30)
    return level / level.max(), height


def find_bounds(level: NDArray[np.float64]) -> list[float]:
    """Return the places, in hops, where the level steps, or dips and returns."""
    logs = np.log(level + 0.02)
    steps = np.zeros_like(logs)
    steps[STEP:-STEP] = logs[2 * STEP :] - logs[: -2 * STEP]
    steps[: 2 * STEP] = steps[-2 * STEP :] = 0.0
    found: list[tuple[int, float]] = []
    while np.abs(steps).max() > 0.9:
        place = int(np.abs(steps).argmax())
        found.append((place, steps[place]))
        same = np.sign(steps) == np.sign(steps[place])
        around = np.abs(np.arange(steps.size) - place) < 3 * STEP
        steps[same & around] = 0.0
    found.sort()
    bounds: list[float] = []
    while found:
        place, step = found.pop(0)
        if found and step < 0 < found[0][1] and found[0][0] - place < 3 * STEP:
            bounds.append((place + found.pop(0)[0]) / 2)
        else:
            bounds.append(float(place))
    return bounds


def hear(samples: Samples) -> list[tuple[str, float]]:
    """Return the phases that can be heard, with the second at which each ends."""
    level, height = listen(samples)
    bounds = [0.0, *find_bounds(level), samples.shape[0] / SAMPLE_RATE * 200]
    heard = []
    for start, end in pairwise(bounds):
        inside = slice(round(start) + STEP, round(end) - STEP)
        if level[inside].mean() < 0.01:
            phase = "rest"
        else:
            at = np.arange(level.size)[inside]
            climb = np.polyfit(at, height[inside], 1)[0] * (end - start)
            phase = "in" if climb > 0.1 else "out" if climb < -0.1 else "hold"
        heard.append((phase, end / 200))
    return heard
