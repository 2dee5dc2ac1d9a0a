"""The players of a score: each step in its place becomes cues, and the sounds for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from voice_guide.score import envelope
from voice_guide.score.model import Cue, CueKind, Envelope, Placement, Point, Span, Stem
from voice_guide.score.plan.breath import Round, lay_rounds, lay_words
from voice_guide.score.plan.expand import Breathe, ChangeBed, Say, Strike, Wait
from voice_guide.score.plan.layout import Layout, Placed
from voice_guide.script.model import Script
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import Clip, Frames, seconds_to_frames
from voice_guide.sound.palette import Palette

NONE: Final = "none"
"""The name that a script gives to no bed, or no bell."""

# Cue words are told quicker than sentences, so that even "breathe out" is over in 0.7 s.
_CUE_RATE: Final = 1.65
# Beds are made at -36 LUFS: 6 dB down puts them 24 dB under a voice at -18, past the 20 that WCAG
# 1.4.7 asks for, and is gentle enough not to be heard as pumping.
_DUCKED: Final = 0.5
_BED_FADE: Final[Frames] = seconds_to_frames(3.0)
# Ends quiet writing without calling anyone back sharply.
_SOFT_BELL: Final = 0.5
_SOFT_BELL_NAME: Final = "small-bell"


def cue_utterance(text: str, voicing: Voicing) -> Utterance:
    """Return a cue word as it is spoken."""
    return Utterance(text, replace(voicing, rate_wpm=round(voicing.rate_wpm * _CUE_RATE)))


@dataclass(frozen=True, slots=True)
class Speech:
    """The clips, by the words alone."""

    clips: Mapping[Utterance, Clip]
    voicing: Voicing

    def sentence(self, text: str) -> Clip:
        """The clip of a sentence."""
        return self.clips[Utterance(text, self.voicing)]

    def word(self, text: str) -> Clip:
        """The clip of a cue word."""
        return self.clips[cue_utterance(text, self.voicing)]

    def sentence_length(self, text: str) -> Frames:
        """Frames that a sentence takes."""
        return self.sentence(text).length

    def word_length(self, text: str) -> Frames | None:
        """Frames that a cue word takes; None when it was never spoken."""
        clip = self.clips.get(cue_utterance(text, self.voicing))
        return clip.length if clip else None


@dataclass(frozen=True, slots=True)
class Event:
    """What one moment adds to the score."""

    cue: Cue | None = None
    placement: Placement | None = None
    boundary: bool = True
    """Whether one may pause or take up again where the cue begins."""


@dataclass(frozen=True, slots=True)
class Orchestra:
    """Turns placed steps into cues and sounds."""

    script: Script
    speech: Speech
    palette: Palette
    hold_free: bool = False
    eased_at: Frames | None = None

    def opening(self) -> list[Event]:
        """The first bell, at the very first frame."""
        return self._strike(self.script.header.bell, 0, 0)

    def close(self, layout: Layout) -> list[Event]:
        """The last bell."""
        header = self.script.header
        last = len(self.script.sections) - 1
        return self._strike(header.closing_bell or header.bell, layout.closing, last)

    def play(self, layout: Layout) -> Iterator[Event]:
        """All steps in order."""
        for placed in layout.placed:
            match placed.step:
                case Say():
                    yield self._say(placed.step, placed.span)
                case Breathe():
                    yield from self._breathe(placed.step, placed)
                case Wait():
                    yield from self._wait(placed.step, placed.span)
                case Strike():
                    step = placed.step
                    yield from self._strike(step.name, placed.span.onset, step.section)

    def beds(
        self, layout: Layout, name: str, onset: Frames, spoken: Sequence[Span]
    ) -> Iterator[Event]:
        """The sounds underneath, each from its change to the next one's, out of speech's way."""
        changes = [(onset, 0, name)] + [
            (placed.span.onset, placed.step.section, placed.step.name)
            for placed in layout.placed
            if isinstance(placed.step, ChangeBed)
        ]
        ends = [at for at, _, _ in changes[1:]] + [layout.length]
        for (start, section, bed), end in zip(changes, ends, strict=True):
            if bed == NONE or end <= start:
                continue
            # Neighbours overlap by a fade, so that one melts into the other.
            span = Span(start, min(end + _BED_FADE, layout.length))
            gain = envelope.fade(span, _BED_FADE, _BED_FADE)
            if spoken:
                gain = envelope.multiply(gain, envelope.duck(spoken, _DUCKED))
            clip = self.palette.bed(bed)
            yield Event(
                Cue(CueKind.BED, Span(start, end), section, bed),
                Placement(clip, span, Stem.BED, envelope=_within(gain, span), looped=True),
            )

    def _say(self, step: Say, span: Span) -> Event:
        cue = Cue(CueKind.SPEECH, span, step.section, step.text)
        return Event(cue, Placement(self.speech.sentence(step.text), span, Stem.VOICE))

    def _wait(self, step: Wait, span: Span) -> Iterator[Event]:
        if step.kind is None:
            return
        cue = Cue(step.kind, span, step.section)
        if step.kind is CueKind.WRITE:
            yield Event(cue)
            bell = self.script.header.bell
            yield from self._strike(
                _SOFT_BELL_NAME if bell == NONE else bell, span.end, step.section, _SOFT_BELL
            )
        elif span.length:
            make = self.palette.tense if step.kind is CueKind.TENSE else self.palette.release
            yield Event(cue, Placement(make(span.length), span, Stem.PACER))

    def _strike(self, name: str, onset: Frames, section: int, gain: float = 1.0) -> list[Event]:
        if name == NONE:
            return []
        clip = self.palette.bell(name)
        span = Span(onset, onset + clip.length)
        cue = Cue(CueKind.BELL, span, max(0, section), name)
        return [Event(cue, Placement(clip, span, Stem.BELLS, gain))]

    def _breathe(self, step: Breathe, placed: Placed) -> Iterator[Event]:
        rounds = lay_rounds(
            placed.span.onset,
            step.pattern,
            placed.rounds,
            step.cueing,
            hold_free=self.hold_free,
            eased_at=self.eased_at,
        )
        for one in rounds:
            yield Event(placement=self._pace(one))
            for phase, span, _ in one.phases:
                yield Event(Cue(CueKind.BREATH, span, step.section, "", phase, one.number))
            for onset, text, phase in lay_words(one, self.speech.word_length):
                clip = self.speech.word(text)
                span = Span(onset, onset + clip.length)
                cue = Cue(CueKind.SPEECH, span, step.section, text, phase, one.number)
                yield Event(cue, Placement(clip, span, Stem.VOICE), boundary=False)

    def _pace(self, one: Round) -> Placement:
        parts = tuple(
            (place.phase.value, part.length) for place in one.phases for part in place.parts
        )
        clip = self.palette.breath(self.script.header.pacer, parts)
        return Placement(clip, one.span, Stem.PACER)


def _within(gain: Envelope, span: Span) -> Envelope:
    """Return the corners inside a span, and one at each of its ends."""
    inner = tuple(point for point in gain if span.onset < point.frame < span.end)
    ends = (Point(frame, envelope.gain_at(gain, frame)) for frame in span)
    first, last = ends
    return (first, *inner, last)
