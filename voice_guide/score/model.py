"""A score: every cue in frames, every clip in its place, every gain as an envelope."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from voice_guide.script.model import Phase
from voice_guide.sound.clip import Clip, Frames


class Span(NamedTuple):
    """Frames `[onset, end)`."""

    onset: Frames
    end: Frames

    @property
    def length(self) -> Frames:
        """Frames in the span."""
        return self.end - self.onset


class CueKind(StrEnum):
    """What a cue is for."""

    SPEECH = "speech"
    BREATH = "breath"
    BELL = "bell"
    TENSE = "tense"
    RELEASE = "release"
    BED = "bed"
    WRITE = "write"


class Stem(StrEnum):
    """One of the four parts that make the mix."""

    VOICE = "voice"
    PACER = "pacer"
    BELLS = "bells"
    BED = "bed"


@dataclass(frozen=True, slots=True)
class Cue:
    """One item on the score: what a listener meets, and when."""

    kind: CueKind
    span: Span
    section: int
    """Index into `Score.sections`."""
    text: str = ""
    """The words of a speech cue; the name of a bell or bed."""
    phase: Phase | None = None
    """For a breath cue, its phase; for a cue word, the phase that it tells."""
    round: int | None = None
    """1-based round of a breath cue or cue word."""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the score."""

    title: str
    onset: Frames


class Point(NamedTuple):
    """One corner of an envelope."""

    frame: Frames
    gain: float


Envelope = tuple[Point, ...]
"""Corners in rising order of frame; straight lines between, constant before and after."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """A clip set on the score, once or looped."""

    clip: Clip
    span: Span
    """Where it sounds. Longer than the clip only when looped."""
    stem: Stem
    gain: float = 1.0
    """Linear."""
    envelope: Envelope = ()
    """Gain over absolute frames, times `gain`; empty means 1."""
    looped: bool = False


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Score:
    """A compiled session. Nothing here changes; to play is to ask `render` for frames."""

    script: str
    """The script's id, or the path it was read from."""
    title: str
    length: Frames
    sections: tuple[Section, ...]
    cues: tuple[Cue, ...]
    """In onset order."""
    placements: tuple[Placement, ...]
    """In onset order."""
    master: Envelope
    """The fades at both ends of the session."""
    boundaries: tuple[Frames, ...]
    """Rising frames from 0: where phrases and phases begin, and one may pause or take up again."""
    language: str = "en"
    seed: int = 0
