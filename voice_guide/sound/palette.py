"""The palette: every sound that a script can name, made when first asked for and then kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, NoReturn

import numpy as np

from voice_guide.errors import PatchError, SoundNotFound, VoiceGuideError
from voice_guide.sound.bed import weave_bed
from voice_guide.sound.bell import strike_bell
from voice_guide.sound.clip import Clip, Frames, Samples, seconds_to_frames
from voice_guide.sound.loudness import change_loudness, crest_lufs, integrated_lufs
from voice_guide.sound.pacer import Part, shape_breath, shape_release, shape_tense
from voice_guide.sound.patch import KINDS, NAME, BedPatch, BellPatch, PacerPatch
from voice_guide.sound.sources.breathing import breathe_recording, even_out
from voice_guide.sound.sources.recording import USED_S, Recording, loop_recording, ring_recording
from voice_guide.sound.sources.source import Made, Sound, Source, describe, is_name, read

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
CEILING_DBTP: Final = -6.0
"""What is all peaks and little loudness stays softer than its kind rather than pass this."""

_STRIKE: Final = seconds_to_frames(3.0)
"""A bell is loudest within its first beats; the rest need not be measured."""
_KEPT: Final = 16
"""Clips of a kind kept: more than a script uses, and some tens of megabytes at most."""
_RECORDINGS_KEPT: Final = 2
"""Of two minutes, 46 MB each."""
_NAMED: Final = 12
"""Sounds named in a message; more than fit two lines help nobody."""


class Palette:
    """Sounds by kind and name; of several sources for one the first that is of use is taken.

    What it hands out never changes, so that threads may share it. A broken source is met when
    its sound is asked for, and hides nothing else.
    """

    def __init__(self, sources: Iterable[Source] = (), notes: Iterable[str] = ()) -> None:
        self.notes = tuple(notes)
        """What was left out when the sources were gathered, for the listener."""
        self._sources: dict[tuple[str, str], list[Source]] = {}
        for source in sources:
            self._sources.setdefault((source.kind, source.name), []).append(source)
        self._looked_at: dict[Source, Made | VoiceGuideError] = {}
        self._strike = lru_cache(_KEPT)(_strike)
        self._weave = lru_cache(_KEPT)(_weave)
        self._breathe = lru_cache(_KEPT)(_breathe)
        self._ring = lru_cache(_KEPT)(_ring)
        self._loop = lru_cache(_RECORDINGS_KEPT)(_loop)
        self._even = lru_cache(_RECORDINGS_KEPT)(_even)
        self._breathe_loop = lru_cache(_KEPT)(_breathe_loop)
        self._tense = lru_cache(_KEPT)(_tense)
        self._release = lru_cache(_KEPT)(_release)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the names of every `bell`, `bed` or `pacer`, sorted, whether of use or not."""
        return tuple(sorted(name for k, name in self._sources if k == kind and is_name(name)))

    def kinds_of(self, name: str) -> tuple[str, ...]:
        """Return the kinds of all sounds that are called so; raises SoundNotFound for none."""
        kinds = tuple(kind for kind in KINDS if name in self.names(kind))
        if not kinds:
            self._refuse("sound", name, [one for kind in KINDS for one in self.names(kind)])
        return kinds

    def sounds(self) -> Iterator[Sound]:
        """Yield every sound in order of kind and name, and every file that is of no use."""
        order = [*KINDS, ""]
        for kind, name in sorted(self._sources, key=lambda key: (order.index(key[0]), key[1])):
            is_meanwhile = False
            for source in self._sources[kind, name]:
                made = self._look_at(source)
                yield describe(source, made, is_meanwhile=is_meanwhile)
                if not isinstance(made, VoiceGuideError):
                    break
                is_meanwhile = True

    def bell(self, name: str) -> Clip:
        """Return one strike, stereo; raises SoundNotFound or PatchError."""
        return self._make("bell", name, self._made_to_bell)

    def bed(self, name: str) -> Clip:
        """Return one loop without a seam, stereo; raises SoundNotFound or PatchError."""
        return self._make("bed", name, self._made_to_bed)

    def breath(self, pacer: str, parts: Sequence[Part]) -> Clip:
        """Return the sound of one breath, stereo, as long as its parts; raises as `bed` does."""
        breath = tuple((str(phase), length) for phase, length in parts)
        return self._make("pacer", pacer, lambda made: self._made_to_breath(made, breath))

    def tense(self, frames: Frames) -> Clip:
        """Return the tone for muscles held tight, stereo."""
        return self._tense(frames)

    def release(self, frames: Frames) -> Clip:
        """Return the tone for muscles let go, stereo."""
        return self._release(frames)

    def rest(self) -> None:
        """Let go of every clip but the bells: they open a session, the rest is made meanwhile."""
        for made in (self._weave, self._breathe, self._loop, self._even, self._breathe_loop):
            made.cache_clear()
        self._tense.cache_clear()
        self._release.cache_clear()

    def _made_to_bell(self, made: Made) -> Clip:
        return self._strike(made) if isinstance(made, BellPatch) else self._ring(made)

    def _made_to_bed(self, made: Made) -> Clip:
        return self._weave(made) if isinstance(made, BedPatch) else self._loop(made)

    def _made_to_breath(self, made: Made, parts: tuple[Part, ...]) -> Clip:
        if isinstance(made, PacerPatch):
            return self._breathe(made, parts)
        return self._breathe_loop(self._even(made), parts)

    def _make(self, kind: str, name: str, make: Callable[[Made], Clip]) -> Clip:
        """Make a sound from the first of its sources that is of use."""
        sources = self._sources.get((kind, name), ())
        faults = []
        for source in sources:
            made = self._look_at(source)
            if not isinstance(made, VoiceGuideError):
                try:
                    return make(made)
                except VoiceGuideError as fault:
                    # Found out by reading all of it: not to be read in vain again.
                    self._looked_at[source] = made = fault
            faults.append(made)
        if not faults:
            self._refuse(kind, name, self.names(kind))
        first = faults[0]
        raise PatchError(
            f"The {kind} {name} cannot be heard. {first.message}", first.hint
        ) from first

    def _look_at(self, source: Source) -> Made | VoiceGuideError:
        found = self._looked_at.get(source)
        if found is None:
            try:
                found = read(source)
            except VoiceGuideError as fault:
                found = fault
            self._looked_at[source] = found
        return found

    def _refuse(self, kind: str, name: str, known: Sequence[str]) -> NoReturn:
        if not NAME.fullmatch(name):
            raise SoundNotFound(
                f"{_shorten(name)} is no name of a sound.",
                "A name has letters, digits, hyphens and underscores, 64 at most. "
                + _list_names(known),
            )
        near = get_close_matches(name.casefold(), known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else _list_names(known)
        if not known:
            hint = f"There is no {kind} at all; is the folder of sounds complete?"
        others = [other for other in KINDS if (other, name) in self._sources]
        if others:
            raise SoundNotFound(f"{name} is a {others[0]}, not a {kind}.", hint)
        raise SoundNotFound(f"There is no {kind} called {name}.", hint)


def _shorten(name: str) -> str:
    text = repr(name)
    return text if len(text) <= 40 else text[:39] + "…"


def _list_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"There are: {', '.join(names[:_NAMED])}{more}."


def _strike(patch: BellPatch) -> Clip:
    samples = strike_bell(patch)
    return _level(samples, crest_lufs(samples[:_STRIKE]), BELL_LUFS)


def _ring(recording: Recording) -> Clip:
    samples = ring_recording(recording)
    return _level(samples, crest_lufs(samples), BELL_LUFS, recording.place)


def _weave(patch: BedPatch) -> Clip:
    samples = weave_bed(patch)
    return _level(samples, integrated_lufs(samples), BED_LUFS)


def _loop(recording: Recording) -> Clip:
    samples = loop_recording(recording, USED_S["bed"])
    # A clap of thunder in it is no louder than a bell.
    measured_lufs = max(integrated_lufs(samples), crest_lufs(samples) - BELL_LUFS + BED_LUFS)
    return _level(samples, measured_lufs, BED_LUFS, recording.place)


def _breathe(patch: PacerPatch, parts: tuple[Part, ...]) -> Clip:
    samples = shape_breath(patch, parts)
    return _level(samples, crest_lufs(samples), PACER_LUFS)


def _even(recording: Recording) -> Clip:
    samples = even_out(loop_recording(recording, USED_S["pacer"]))
    return _level(samples, integrated_lufs(samples), PACER_LUFS, recording.place)


def _breathe_loop(loop: Clip, parts: tuple[Part, ...]) -> Clip:
    samples = breathe_recording(loop.samples, parts)
    return _level(samples, crest_lufs(samples), PACER_LUFS)


def _tense(frames: Frames) -> Clip:
    samples = shape_tense(frames)
    return _level(samples, crest_lufs(samples), MUSCLE_LUFS)


def _release(frames: Frames) -> Clip:
    samples = shape_release(frames)
    return _level(samples, crest_lufs(samples), MUSCLE_LUFS)


def _level(samples: Samples, measured_lufs: float, wanted_lufs: float, place: str = "") -> Clip:
    """Bring samples, ours to change, to their level; only a file's silence is a fault."""
    if place and not np.isfinite(measured_lufs):
        raise PatchError(
            f"{place} has nothing in it that can be heard.",
            "Its sound is too low, too high or too short. Record it again.",
        )
    change_loudness(samples, measured_lufs, wanted_lufs, CEILING_DBTP)
    if np.array_equal(samples[:, 0], samples[:, 1]):
        # Heard in the middle: kept once and seen twice, in half the memory.
        samples = np.broadcast_to(samples[:, :1].copy(), samples.shape)
    samples.flags.writeable = False
    return Clip(samples)
