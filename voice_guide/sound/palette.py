"""The palette: every sound that a script can name, made when first asked for and then kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, TypeVar

import numpy as np

from voice_guide.errors import SoundNotFound
from voice_guide.sound.bed import weave_bed
from voice_guide.sound.bell import strike_bell
from voice_guide.sound.clip import Clip, Frames, Samples, seconds_to_frames
from voice_guide.sound.loudness import integrated_lufs, momentary_lufs
from voice_guide.sound.pacer import Part, shape_breath, shape_release, shape_tense
from voice_guide.sound.patch import KINDS, BedPatch, BellPatch, PacerPatch, Patch

# One level for every sound of a kind, so that to change sounds never startles. The voice speaks
# at -18 LUFS.
BELL_LUFS: Final = -27.0
"""Loudest moment: 9 under the voice, because a strike comes out of silence."""
BED_LUFS: Final = -36.0
"""Whole loop: under speech by 18 before any ducking, and no louder than a breath that is held."""
PACER_LUFS: Final = -26.0
"""Loudest moment: the tops of the breath; a hold lies 12 below, still heard over a bed."""
MUSCLE_LUFS: Final = -29.0
"""Loudest moment of tense and release: under the pacer, because words go on over them."""

_STRIKE: Final = seconds_to_frames(3.0)
"""A bell is loudest within its first beats; the rest need not be measured."""
_KEPT: Final = 16
"""Clips of a kind kept: more than a script uses, and some tens of megabytes at most."""

P = TypeVar("P", BellPatch, BedPatch, PacerPatch)


class Palette:
    """Sounds by name. What it hands out never changes, so that threads may share it."""

    def __init__(self, patches: Mapping[str, Patch]) -> None:
        self._patches = dict(patches)
        self._strike = lru_cache(_KEPT)(_strike)
        self._weave = lru_cache(_KEPT)(_weave)
        self._breathe = lru_cache(_KEPT)(_breathe)
        self._tense = lru_cache(_KEPT)(_tense)
        self._release = lru_cache(_KEPT)(_release)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of every `bell`, `bed` or `pacer`, sorted."""
        wanted = KINDS[kind]
        return tuple(sorted(name for name, p in self._patches.items() if isinstance(p, wanted)))

    def bell(self, name: str) -> Clip:
        """Return one strike, stereo, or raise SoundNotFound."""
        return self._strike(self._find(name, BellPatch, "bell"))

    def bed(self, name: str) -> Clip:
        """Return one loop without a seam, stereo, or raise SoundNotFound."""
        return self._weave(self._find(name, BedPatch, "bed"))

    def breath(self, pacer: str, parts: Sequence[Part]) -> Clip:
        """Return the sound of one breath, stereo, as long as its parts; or raise SoundNotFound."""
        breath = tuple((str(phase), length) for phase, length in parts)
        return self._breathe(self._find(pacer, PacerPatch, "pacer"), breath)

    def tense(self, frames: Frames) -> Clip:
        """Return the tone for muscles held tight, stereo."""
        return self._tense(frames)

    def release(self, frames: Frames) -> Clip:
        """Return the tone for muscles let go, stereo."""
        return self._release(frames)

    def _find(self, name: str, wanted: type[P], kind: str) -> P:
        patch = self._patches.get(name)
        if isinstance(patch, wanted):
            return patch
        known = self.names(kind)
        near = get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known)}."
        if not known:
            hint = f"There is no {kind} at all; is the folder of sounds complete?"
        if patch is not None:
            other = next(word for word, one in KINDS.items() if isinstance(patch, one))
            raise SoundNotFound(f"{name} is a {other}, not a {kind}.", hint)
        raise SoundNotFound(f"There is no {kind} called {name}.", hint)


def _strike(patch: BellPatch) -> Clip:
    samples = strike_bell(patch)
    return _level_clip(samples, _crest_lufs(samples[:_STRIKE]), BELL_LUFS)


def _weave(patch: BedPatch) -> Clip:
    samples = weave_bed(patch)
    return _level_clip(samples, integrated_lufs(samples), BED_LUFS)


def _breathe(patch: PacerPatch, parts: tuple[Part, ...]) -> Clip:
    samples = shape_breath(patch, parts)
    return _level_clip(samples, _crest_lufs(samples), PACER_LUFS)


def _tense(frames: Frames) -> Clip:
    samples = shape_tense(frames)
    return _level_clip(samples, _crest_lufs(samples), MUSCLE_LUFS)


def _release(frames: Frames) -> Clip:
    samples = shape_release(frames)
    return _level_clip(samples, _crest_lufs(samples), MUSCLE_LUFS)


def _crest_lufs(samples: Samples) -> float:
    return float(np.max(momentary_lufs(samples), initial=float("-inf")))


def _level_clip(samples: Samples, measured_lufs: float, wanted_lufs: float) -> Clip:
    """Bring samples, ours to change, to their level; silence stays silence."""
    if np.isfinite(measured_lufs):
        samples *= np.float32(10.0 ** ((wanted_lufs - measured_lufs) / 20.0))
    if np.array_equal(samples[:, 0], samples[:, 1]):
        # Heard in the middle: kept once and seen twice, in half the memory.
        samples = np.broadcast_to(samples[:, :1].copy(), samples.shape)
    samples.flags.writeable = False
    return Clip(samples)
