"""Pictures as a tray wants them: square, at several sizes, in the byte order of the wire."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image

Pixmap = tuple[int, int, bytes]
"""Width, height, and four bytes a pixel: alpha, red, green, blue; alpha is not multiplied in."""

Picture = Image.Image | Sequence[Image.Image]
"""One image, or the same one drawn at several sizes."""

SIZES: Final = (16, 22, 24, 32, 48, 64)
"""What panels ask for: 16 to 24 px, up to 32 on thick ones, and twice that on dense screens."""


def as_images(picture: Picture) -> tuple[Image.Image, ...]:
    """Return every size that was drawn, square and with alpha, the smallest first."""
    drawn = (picture,) if isinstance(picture, Image.Image) else tuple(picture)
    return tuple(sorted((_squared(image) for image in drawn), key=lambda image: image.width))


def at_size(picture: Picture, side: int) -> Image.Image:
    """Return the picture `side` pixels wide: as drawn if it was, else from the next larger one."""
    images = as_images(picture)
    best = next((image for image in images if image.width >= side), images[-1])
    if best.width == side:
        return best
    return best.resize((side, side), Image.Resampling.LANCZOS)


def as_pixmaps(picture: Picture) -> tuple[Pixmap, ...]:
    """Return the picture for a StatusNotifierItem; one image alone is scaled down to `SIZES`."""
    images = as_images(picture)
    if len(images) == 1:
        widest = images[0].width
        images = tuple(at_size(images[0], side) for side in SIZES if side <= widest) or images
    return tuple((image.width, image.height, _argb(image)) for image in images)


def _squared(image: Image.Image) -> Image.Image:
    image = image if image.mode == "RGBA" else image.convert("RGBA")
    if image.width == image.height:
        return image
    side = max(image.size)
    square = Image.new("RGBA", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _argb(image: Image.Image) -> bytes:
    """Return ARGB32 in network order, which Pillow cannot write by itself."""
    red, green, blue, alpha = image.split()
    return Image.merge("RGBA", (alpha, red, green, blue)).tobytes()
