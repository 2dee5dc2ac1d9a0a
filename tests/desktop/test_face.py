"""The icon can be made out: on dark and light panels, at every size, in any state."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from PIL import Image

from voice_guide.frontends.desktop.face import STEPS, Face, draw_face, status_to_face
from voice_guide.frontends.desktop.tray.pixmap import SIZES
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

FACES = {
    "idle": Face(),
    "a ritual waits": Face(is_ritual_waiting=True),
    "preparing": Face(Mode.PREPARING),
    "playing": Face(Mode.PLAYING, STEPS // 3),
    "paused": Face(Mode.PAUSED, STEPS // 3),
}
PANELS = {
    "GNOME": "#000000",
    "Xfce, dark": "#353535",
    "Plasma, dark": "#31363b",
    "Windows, dark": "#202020",
    "Xfce, light": "#f6f5f4",
    "Plasma, light": "#eff0f1",
    "Windows, light": "#f3f3f3",
}
SHARES = {Mode.IDLE: 0.14, Mode.PREPARING: 0.015, Mode.PLAYING: 0.05, Mode.PAUSED: 0.05}
"""Of the square: two rings; a dot, for a moment; a third of a ring and what is in it."""

each_size = pytest.mark.parametrize("size", range(len(SIZES)), ids=map(str, SIZES))
each_face = pytest.mark.parametrize("name", FACES)


def luminance(pixels: np.ndarray) -> np.ndarray:
    """Return the relative luminance of uint8 `[…, 3]`, as WCAG 2.2 has it."""
    share = pixels / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(picture: Image.Image, panel: str) -> np.ndarray:
    """Return the contrast of each pixel to the panel it lies on."""
    ground = Image.new("RGBA", picture.size, panel)
    ground.alpha_composite(picture)
    seen = luminance(np.asarray(ground.convert("RGB")).astype(float))
    behind = luminance(np.asarray(Image.new("RGB", (1, 1), panel)).astype(float))[0, 0]
    return np.asarray((np.maximum(seen, behind) + 0.05) / (np.minimum(seen, behind) + 0.05))


@each_face
@each_size
@pytest.mark.parametrize("panel", PANELS)
def test_it_stands_out_from_the_panel(name: str, size: int, panel: str) -> None:
    seen = contrast(draw_face(FACES[name])[size], PANELS[panel])
    assert (seen >= 3.0).mean() > SHARES[FACES[name].mode]


@each_face
@each_size
def test_its_edges_lie_on_pixels(name: str, size: int) -> None:
    alpha = np.asarray(draw_face(FACES[name])[size].getchannel("A")).astype(int)
    half = len(alpha) // 2
    # The row under the middle, to the left, where every face has a ring: nothing between on and
    # off but for the bend of a small circle.
    row = alpha[half, :half]
    blurred = np.abs(row[:, None] - [0, 150, 255]).min(axis=1)
    assert blurred.max() < 50, row
    assert row.max() >= 150


@each_size
def test_each_state_has_a_shape_of_its_own(size: int) -> None:
    shapes = {
        name: np.asarray(draw_face(face)[size].convert("LA")).astype(float)
        for name, face in FACES.items()
    }
    for one, other in combinations(shapes, 2):
        differing = np.abs(shapes[one] - shapes[other]).max(axis=2) > 60
        assert differing.mean() > 0.015, f"{one} and {other} look alike without colours"


def test_the_ring_fills_with_the_session() -> None:
    """From the top, clockwise; the first step shows at once, and the last is the whole."""
    full = [
        int((np.asarray(draw_face(Face(Mode.PLAYING, step))[-1].getchannel("A")) == 255).sum())
        for step in range(1, STEPS + 1)
    ]
    assert np.all(np.diff(full) > 0)
    picture = np.asarray(draw_face(Face(Mode.PLAYING, STEPS // 4))[-1].getchannel("A"))
    assert picture[10, 40] == 255
    assert picture[50, 50] < 255


def test_a_status_becomes_a_face() -> None:
    halfway = Status(Mode.PLAYING, "a/b", "B", "One", position_s=150.0, length_s=300.0)
    assert status_to_face(halfway) == Face(Mode.PLAYING, STEPS // 2)
    assert status_to_face(Status(Mode.PREPARING)) == Face(Mode.PREPARING, 0)
    assert status_to_face(Status(Mode.ENDED)) == Face()
    assert status_to_face(Status(), is_ritual_waiting=True) == Face(is_ritual_waiting=True)
