"""Palettes for tests: the one that ships, and one of patches written down in the test."""

from __future__ import annotations

from collections.abc import Iterable

from voice_guide.app import gather_palette
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import KINDS, Patch, parse_patch
from voice_guide.sound.sources.source import Source
from voice_guide.store.paths import shipped
from voice_guide.store.sounds.finding import find_sounds


def shipped_palette() -> Palette:
    """Return the sounds that come with the program, nothing made yet."""
    return gather_palette(find_sounds((shipped("sounds"),)))


def shipped_patches() -> dict[str, Patch]:
    """Return the patches that come with the program, by name."""
    paths = sorted(shipped("sounds").glob("*/*.toml"))
    return {path.stem: parse_patch(path.read_text("utf-8"), path.stem) for path in paths}


def palette_of(patches: Iterable[Patch]) -> Palette:
    """Return a palette of these patches alone."""
    kinds = {one: kind for kind, one in KINDS.items()}
    return Palette(Source(kinds[type(one)], one.name, lambda one=one: one) for one in patches)
