"""A sound of the palette on its own, as a short score: a strike, a stretch of a bed, a breath."""

from __future__ import annotations

from typing import Final

from voice_guide.errors import SoundNotFound
from voice_guide.score import envelope
from voice_guide.score.model import Placement, Score, Span, Stem
from voice_guide.sound.clip import Frames, seconds_to_frames
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import KINDS

_BED: Final[Frames] = seconds_to_frames(8.0)
_BED_IN: Final[Frames] = seconds_to_frames(1.0)
_BED_OUT: Final[Frames] = seconds_to_frames(2.0)
_BREATHS_S: Final = ((("in", 4.0), ("hold", 7.0), ("out", 8.0)),)
_HOLD_FREE_S: Final = ((("in", 4.0), ("out", 6.0)),) * 2


def choose_sounds(palette: Palette, asked: str) -> tuple[tuple[str, str], ...]:
    """Return kind and name of each sound that is called so; `bell:rain` asks for one kind alone.

    Raises
    ------
    SoundNotFound
        Nothing is called so.
    """
    kind, colon, name = asked.partition(":")
    if not colon:
        return tuple((one, asked) for one in palette.kinds_of(asked))
    if kind not in KINDS:
        raise SoundNotFound(f'"{kind[:40]}" is no kind of sound.', f"There are {', '.join(KINDS)}.")
    return ((kind, name),)


def preview(palette: Palette, kind: str, name: str, *, hold_free: bool) -> Score:
    """Return what a sound is like: one strike, 8 s of a bed, or a pacer breathing.

    Raises
    ------
    SoundNotFound, PatchError
        There is no such sound, or its file is of no use.
    """
    if kind == "bell":
        clip = palette.bell(name)
        return _score(name, Placement(clip, Span(0, clip.length), Stem.BELLS))
    if kind == "bed":
        span = Span(0, _BED)
        gain = envelope.fade(span, _BED_IN, _BED_OUT)
        return _score(name, Placement(palette.bed(name), span, Stem.BED, 1.0, gain, looped=True))
    placements, at = [], 0
    for breath in _HOLD_FREE_S if hold_free else _BREATHS_S:
        clip = palette.breath(name, [(phase, seconds_to_frames(s)) for phase, s in breath])
        placements.append(Placement(clip, Span(at, at + clip.length), Stem.PACER))
        at += clip.length
    return _score(name, *placements)


def _score(name: str, *placements: Placement) -> Score:
    return Score(
        script="",
        title=name,
        length=placements[-1].span.end,
        sections=(),
        cues=(),
        placements=placements,
        master=(),
        boundaries=(0,),
    )
