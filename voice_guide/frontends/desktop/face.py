"""What the tray icon looks like: a circle that is at rest, fills with the session, or waits."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import Image, ImageDraw

from voice_guide.frontends.desktop.tray.pixmap import SIZES
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

STEPS: Final = 48
"""Steps of the ring: at 22 px the eye tells no more apart, and each costs the panel a redraw."""

# A luminance of 0.236 is as far from a dark panel, #3b3b3b, as from a light one, #ededed: 3 to 1,
# which WCAG 2.2 asks of what one has to make out (criterion 1.4.11).
_COLOUR: Final = (50, 148, 138, 255)
_WAITING: Final = (200, 110, 24, 255)
_FAINT: Final = (128, 140, 140, 150)
_NOTHING: Final = (0, 0, 0, 0)
_SCALE: Final = 8
"""Drawn so much larger and scaled down: Pillow's own edges are jagged."""


@dataclass(frozen=True, slots=True)
class Face:
    """All that decides the picture."""

    mode: Mode = Mode.IDLE
    step: int = 0
    """How much of the ring is full, 0 to `STEPS`."""
    is_ritual_waiting: bool = False


def status_to_face(status: Status, *, is_ritual_waiting: bool = False) -> Face:
    """Return how a session looks at this moment."""
    if status.state in {Mode.IDLE, Mode.ENDED}:
        return Face(Mode.IDLE, 0, is_ritual_waiting)
    share = status.position_s / status.length_s if status.length_s else 0.0
    return Face(status.state, min(STEPS, math.floor(share * STEPS)))


@lru_cache(8)
def draw_face(face: Face) -> tuple[Image.Image, ...]:
    """Return the picture at every size that panels ask for."""
    return tuple(_draw(face, size) for size in SIZES)


def _draw(face: Face, size: int) -> Image.Image:
    pen = _Pen(size)
    ring = size // 2 - max(1, round(size / 16))
    width = max(2, round(size / 10))
    if face.mode is Mode.IDLE:
        # Two rings, as a drop leaves on water.
        pen.draw_ring(ring, width, _COLOUR)
        pen.draw_ring(max(3, round(size * 0.19)), width, _COLOUR)
        if face.is_ritual_waiting:
            pen.draw_badge(max(3, round(size * 0.19)), max(1, round(size / 22)), _WAITING)
        return pen.finish()
    pen.draw_ring(ring, width, _FAINT)
    pen.draw_ring(ring, width, _COLOUR, max(face.step, 1) / STEPS)
    if face.mode is Mode.PAUSED:
        pen.draw_bars(max(2, round(size / 9)), max(1, round(size / 18)), round(size * 0.17))
    else:
        pen.draw_disc(round(size * (0.12 if face.mode is Mode.PREPARING else 0.19)), _COLOUR)
    return pen.finish()


_Colour = tuple[int, int, int, int]


class _Pen:
    """Draws round the middle of a square, in whole pixels: their edges stay sharp."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._image = Image.new("RGBA", (size * _SCALE, size * _SCALE), _NOTHING)
        self._pen = ImageDraw.Draw(self._image)

    def finish(self) -> Image.Image:
        return self._image.resize((self._size, self._size), Image.Resampling.BOX)

    def draw_ring(self, radius: int, width: int, colour: _Colour, share: float = 1.0) -> None:
        box = self._box(-radius, -radius, radius, radius)
        self._pen.arc(box, -90, -90 + 360 * share, colour, width * _SCALE)

    def draw_disc(self, radius: int, colour: _Colour) -> None:
        self._pen.ellipse(self._box(-radius, -radius, radius, radius), colour)

    def draw_bars(self, width: int, from_middle: int, half_height: int) -> None:
        for left in (-from_middle - width, from_middle):
            box = self._box(left, -half_height, left + width, half_height)
            self._pen.rectangle(box, _COLOUR)

    def draw_badge(self, radius: int, gap: int, colour: _Colour) -> None:
        """A dot in the upper right corner, and nothing round it: seen in any colours, or none."""
        right, top = self._size // 2, -(self._size // 2)
        left, bottom = right - 2 * radius, top + 2 * radius
        self._pen.ellipse(self._box(left - gap, top - gap, right + gap, bottom + gap), _NOTHING)
        self._pen.ellipse(self._box(left, top, right, bottom), colour)

    def _box(self, left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        # Pillow counts the last pixel in.
        middle = self._size // 2
        start, end = (left + middle) * _SCALE, (right + middle) * _SCALE - 1
        return start, (top + middle) * _SCALE, end, (bottom + middle) * _SCALE - 1
