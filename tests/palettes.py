"""Palettes for tests: the one that ships, a soundless one, and one of patches in the test."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

import numpy as np

from voice_guide.app import gather_palette
from voice_guide.sound.clip import Clip, Frames
from voice_guide.sound.pacer import Part
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import KINDS, Patch, parse_patch
from voice_guide.sound.sources.source import Source
from voice_guide.store.paths import shipped
from voice_guide.store.sounds.finding import find_sounds


class SoundlessPalette(Palette):
    """Breaths and muscle tones of silence, where only times matter; bells and beds are real."""

    def breath(self, pacer: str, parts: Sequence[Part]) -> Clip:
        if pacer not in self.names("pacer"):
            return super().breath(pacer, parts)
        return self._silence(sum(length for _, length in parts))

    def tense(self, frames: Frames) -> Clip:
        return self._silence(frames)

    def release(self, frames: Frames) -> Clip:
        return self._silence(frames)

    def _silence(self, frames: Frames) -> Clip:
        return Clip(np.broadcast_to(np.float32(0.0), (frames, 2)))


@cache
def shipped_palette() -> Palette:
    """Return the sounds that come with the program; what one test had made is kept for others."""
    return unused_palette()


def unused_palette() -> Palette:
    """Return the sounds that come with the program, nothing made yet."""
    return gather_palette(find_sounds((shipped("sounds"),)))


@cache
def soundless_palette() -> Palette:
    """Return the sounds that come with the program, with breaths that nobody can hear."""
    return SoundlessPalette(_to_sources(shipped_patches().values()))


def shipped_patches() -> dict[str, Patch]:
    """Return the patches that come with the program, by name."""
    paths = sorted(shipped("sounds").glob("*/*.toml"))
    return {path.stem: parse_patch(path.read_text("utf-8"), path.stem) for path in paths}


def palette_of(patches: Iterable[Patch]) -> Palette:
    """Return a palette of these patches alone."""
    return Palette(_to_sources(patches))


def _to_sources(patches: Iterable[Patch]) -> Iterator[Source]:
    kinds = {one: kind for kind, one in KINDS.items()}
    return (Source(kinds[type(one)], one.name, lambda one=one: one) for one in patches)
