"""The chime: so soft, and rising so slowly, that it cannot startle."""

from __future__ import annotations

from typing import Final

from voice_guide.score import envelope
from voice_guide.score.model import Cue, CueKind, Placement, Score, Section, Span, Stem
from voice_guide.sound.clip import Frames, seconds_to_frames
from voice_guide.sound.palette import BELL_LUFS, Palette

CHIME_LUFS: Final = -36.0
"""No moment is louder: 18 under the voice, and under the softest bell that opens a session, which
is at -36 and is struck. The rise takes another 1.3 from the bell that ships."""

_BELL: Final = "chime"
_LONGEST: Final[Frames] = seconds_to_frames(3.0)
# The bell that ships rises as slowly by itself; a sound of the listener's own may not.
_RISE: Final[Frames] = seconds_to_frames(0.5)
_FALL: Final[Frames] = seconds_to_frames(1.0)


def chime_score(palette: Palette) -> Score:
    """Return the chime: the bell of that name, the listener's own if there is one; at most 3 s.

    Raises
    ------
    SoundNotFound, PatchError
        There is no such bell, or no file of it is of use.
    """
    clip = palette.bell(_BELL)
    span = Span(0, min(clip.length, _LONGEST))
    gain = 10.0 ** ((CHIME_LUFS - BELL_LUFS) / 20.0)
    fades = envelope.fade(span, _RISE, _FALL)
    return Score(
        script="",
        title="A chime",
        length=span.end,
        sections=(Section("Chime", 0),),
        cues=(Cue(CueKind.BELL, span, 0, _BELL),),
        placements=(Placement(clip, span, Stem.BELLS, gain, fades),),
        master=(),
        boundaries=(0,),
    )
