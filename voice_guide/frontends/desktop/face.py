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

# Between black and white in lightness, so that both light and dark panels show it.
_COLOUR: Final = (58, 160, 150, 255)
_FAINT: Final = (128, 140, 140, 150)
_WAITING: Final = (214, 148, 62, 255)
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
    side = size * _SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    edge = max(1, round(size / 16)) * _SCALE
    width = max(2, round(size / 9)) * _SCALE
    box = (edge, edge, side - edge, side - edge)
    if face.mode is Mode.IDLE:
        _draw_rest(pen, side, width, _WAITING if face.is_ritual_waiting else _COLOUR)
    else:
        pen.arc(box, 0, 360, _FAINT, width)
        pen.arc(box, -90, -90 + 360 * max(face.step, 1) / STEPS, _COLOUR, width)
        _draw_middle(pen, face.mode, side)
    return image.resize((size, size), Image.Resampling.LANCZOS)


def _draw_rest(
    pen: ImageDraw.ImageDraw, side: int, width: int, colour: tuple[int, int, int, int]
) -> None:
    """Two rings, as a drop leaves on water."""
    for share, thick in ((0.06, width), (0.32, width)):
        inset = side * share
        pen.ellipse((inset, inset, side - inset, side - inset), outline=colour, width=thick)


def _draw_middle(pen: ImageDraw.ImageDraw, mode: Mode, side: int) -> None:
    if mode is Mode.PAUSED:
        for left in (0.36, 0.54):
            pen.rectangle((side * left, side * 0.33, side * (left + 0.1), side * 0.67), _COLOUR)
        return
    inset = side * (0.38 if mode is Mode.PREPARING else 0.32)
    pen.ellipse((inset, inset, side - inset, side - inset), fill=_COLOUR)
