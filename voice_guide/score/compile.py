"""A script and its clips become a score: all that will sound, each thing in its frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from voice_guide.score import envelope
from voice_guide.score.model import (
    Cue,
    CueKind,
    Envelope,
    Placement,
    Point,
    Score,
    Section,
    Span,
    Stem,
)
from voice_guide.score.plan.breath import Round, cue_words, lay_rounds, lay_words
from voice_guide.score.plan.expand import (
    Breathe,
    ChangeBed,
    Listener,
    Say,
    Step,
    Strike,
    Wait,
    expand,
)
from voice_guide.score.plan.layout import FIRST_WORD_AT, Layout, Placed, lay_out, measure
from voice_guide.script.model import Script
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import Clip, Frames, frames_to_seconds, seconds_to_frames
from voice_guide.sound.palette import Palette

NONE: Final = "none"
"""The name that a script gives to no bed, or no bell."""

# Cue words are told a little quicker than sentences, to be over well inside their second.
_CUE_RATE: Final = 1.25
# Beds are made at -34 LUFS: 8 dB down puts them 24 dB under a voice at -18, past the 20 asked for.
_DUCKED: Final = 0.4
_BED_FADE: Final[Frames] = seconds_to_frames(3.0)
# A session rises from -14 dB, so that neither the first bell nor the first word can startle.
_RISE: Final[Frames] = seconds_to_frames(3.0)
_RISE_FROM: Final = 0.2
_FALL: Final[Frames] = seconds_to_frames(5.5)
# Ends quiet writing without calling anyone back sharply.
_SOFT_BELL: Final = 0.5
_SOFT_BELL_NAME: Final = "small-bell"
_OPENING: Final[Frames] = seconds_to_frames(120.0)


@dataclass(frozen=True, slots=True)
class Request:
    """What a listener asked for."""

    length_s: float | None = None
    """None: the script's usual length."""
    voicing: Voicing = Voicing()
    seed: int = 0
    hold_free: bool = False
    listener: Listener = Listener()
    bed: str | None = None
    """A bed instead of the script's own; `none` for silence."""


def utterances(script: Script, request: Request) -> tuple[Utterance, ...]:
    """Return all that must be spoken, each once, in the order in which it is first needed."""
    steps = expand(script, request.listener, request.seed)
    return tuple(dict.fromkeys(_needed(steps, request.voicing)))


def reach_s(
    script: Script, clips: Mapping[Utterance, Clip], request: Request
) -> tuple[float, float]:
    """Return the shortest and the longest seconds that the script can last with these clips."""
    steps = expand(script, request.listener, request.seed)
    material = measure(steps, _Speech(clips, request.voicing).sentence_length)
    return frames_to_seconds(material.least), frames_to_seconds(material.most)


def compile_score(
    script: Script,
    clips: Mapping[Utterance, Clip],
    palette: Palette,
    request: Request,
    *,
    name: str,
    first_word_at: Frames = FIRST_WORD_AT,
    eased_at: Frames | None = None,
) -> Score:
    """Return the score of a whole session.

    Parameters
    ----------
    script, palette, request
        What is said, with what sounds, and for whom.
    clips : mapping of Utterance to Clip
        One for each of `utterances(script, request)`.
    name : str
        The script's id or path.
    first_word_at : int
        Frame of the first step. Live, it is moved back when the voice was not ready in time.
    eased_at : int, optional
        From this frame on the breath is hold-free; before it the score is the same as without.

    Raises
    ------
    LengthOutOfReach
        The script cannot be stretched to `request.length_s`.
    SoundNotFound
        The script names a bell, bed or pacer that the palette lacks.
    """
    steps = expand(script, request.listener, request.seed)
    speech = _Speech(clips, request.voicing)
    layout = lay_out(steps, script.header, request.length_s, speech.sentence_length, first_word_at)
    orchestra = _Orchestra(script, speech, palette, request.hold_free, eased_at)
    events = [*orchestra.opening(), *orchestra.play(layout), *orchestra.close(layout)]
    spoken = [
        one.placement.span for one in events if one.placement and one.placement.stem is Stem.VOICE
    ]
    first_bed_at = max(0, first_word_at - FIRST_WORD_AT)
    bed = script.header.bed if request.bed is None else request.bed
    events += orchestra.beds(layout, bed, first_bed_at, spoken)
    return _assemble(script, name, request.seed, events, layout)


def compile_opening(script: Script, palette: Palette, request: Request, *, name: str) -> Score:
    """Return the first moments alone: the opening bell, just as the whole score begins.

    It plays while the voice is being prepared; its length leaves time for the slowest engine.
    """
    orchestra = _Orchestra(script, _Speech({}, request.voicing), palette)
    layout = Layout((), _OPENING, _OPENING)
    return _assemble(script, name, request.seed, orchestra.opening(), layout)


@dataclass(frozen=True, slots=True)
class _Speech:
    """The clips, by the words alone."""

    clips: Mapping[Utterance, Clip]
    voicing: Voicing

    def sentence(self, text: str) -> Clip:
        return self.clips[Utterance(text, self.voicing)]

    def word(self, text: str) -> Clip:
        return self.clips[_cue_utterance(text, self.voicing)]

    def sentence_length(self, text: str) -> Frames:
        return self.sentence(text).length

    def word_length(self, text: str) -> Frames:
        return self.word(text).length


def _needed(steps: tuple[Step, ...], voicing: Voicing) -> Iterator[Utterance]:
    for step in steps:
        if isinstance(step, Say):
            yield Utterance(step.text, voicing)
        elif isinstance(step, Breathe):
            for text in cue_words(step.pattern, step.cueing):
                yield _cue_utterance(text, voicing)


def _cue_utterance(text: str, voicing: Voicing) -> Utterance:
    return Utterance(text, replace(voicing, rate_wpm=round(voicing.rate_wpm * _CUE_RATE)))


@dataclass(frozen=True, slots=True)
class _Event:
    """What one moment adds to the score."""

    cue: Cue | None = None
    placement: Placement | None = None
    boundary: bool = True
    """Whether one may pause or take up again where the cue begins."""


@dataclass(frozen=True, slots=True)
class _Orchestra:
    """Turns placed steps into cues and sounds."""

    script: Script
    speech: _Speech
    palette: Palette
    hold_free: bool = False
    eased_at: Frames | None = None

    def opening(self) -> list[_Event]:
        """The first bell, at the very first frame."""
        return self._strike(self.script.header.bell, 0, 0)

    def close(self, layout: Layout) -> list[_Event]:
        """The last bell."""
        header = self.script.header
        last = len(self.script.sections) - 1
        return self._strike(header.closing_bell or header.bell, layout.closing, last)

    def play(self, layout: Layout) -> Iterator[_Event]:
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
    ) -> Iterator[_Event]:
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
            yield _Event(
                Cue(CueKind.BED, Span(start, end), section, bed),
                Placement(clip, span, Stem.BED, envelope=_within(gain, span), looped=True),
            )

    def _say(self, step: Say, span: Span) -> _Event:
        cue = Cue(CueKind.SPEECH, span, step.section, step.text)
        return _Event(cue, Placement(self.speech.sentence(step.text), span, Stem.VOICE))

    def _wait(self, step: Wait, span: Span) -> Iterator[_Event]:
        if step.kind is None:
            return
        cue = Cue(step.kind, span, step.section)
        if step.kind is CueKind.WRITE:
            yield _Event(cue)
            bell = self.script.header.bell
            yield from self._strike(
                _SOFT_BELL_NAME if bell == NONE else bell, span.end, step.section, _SOFT_BELL
            )
        elif span.length:
            make = self.palette.tense if step.kind is CueKind.TENSE else self.palette.release
            yield _Event(cue, Placement(make(span.length), span, Stem.PACER))

    def _strike(self, name: str, onset: Frames, section: int, gain: float = 1.0) -> list[_Event]:
        if name == NONE:
            return []
        clip = self.palette.bell(name)
        span = Span(onset, onset + clip.length)
        cue = Cue(CueKind.BELL, span, max(0, section), name)
        return [_Event(cue, Placement(clip, span, Stem.BELLS, gain))]

    def _breathe(self, step: Breathe, placed: Placed) -> Iterator[_Event]:
        rounds = lay_rounds(
            placed.span.onset,
            step.pattern,
            placed.rounds,
            step.cueing,
            hold_free=self.hold_free,
            eased_at=self.eased_at,
        )
        for one in rounds:
            yield _Event(placement=self._pace(one))
            for phase, span, _ in one.phases:
                yield _Event(Cue(CueKind.BREATH, span, step.section, "", phase, one.number))
            for onset, text, phase in lay_words(one, self.speech.word_length):
                clip = self.speech.word(text)
                span = Span(onset, onset + clip.length)
                cue = Cue(CueKind.SPEECH, span, step.section, text, phase, one.number)
                yield _Event(cue, Placement(clip, span, Stem.VOICE), boundary=False)

    def _pace(self, one: Round) -> Placement:
        parts: list[tuple[str, Frames]] = []
        for phase, span, top_up in one.phases:
            edges = [span.onset, *([top_up] if top_up else []), span.end]
            parts += [(phase.value, end - start) for start, end in pairwise(edges)]
        clip = self.palette.breath(self.script.header.pacer, tuple(parts))
        return Placement(clip, one.span, Stem.PACER)


def _assemble(
    script: Script, name: str, seed: int, events: Iterable[_Event], layout: Layout
) -> Score:
    end = layout.length
    kept = list(events)
    cues = [replace(one.cue, span=_cut(one.cue.span, end)) for one in kept if one.cue]
    placements = [
        replace(one.placement, span=_cut(one.placement.span, end)) for one in kept if one.placement
    ]
    sections = tuple(_sections(script, layout))
    edges = {one.cue.span.onset for one in kept if one.cue and one.boundary}
    edges |= {placed.span.onset for placed in layout.placed} | {part.onset for part in sections}
    rise = envelope.fade(Span(0, end), _RISE, _FALL, floor=_RISE_FROM)
    return Score(
        script=name,
        title=script.header.title,
        length=end,
        sections=sections,
        cues=tuple(sorted(cues, key=lambda cue: (cue.span.onset, -cue.span.end))),
        placements=tuple(sorted(placements, key=lambda one: one.span.onset)),
        master=rise,
        boundaries=tuple(sorted(edge for edge in edges | {0} if edge < end)),
        language=script.header.language,
        seed=seed,
    )


def _sections(script: Script, layout: Layout) -> Iterator[Section]:
    """Each section from its first step on; the first one from the very start."""
    onset = 0
    for number, section in enumerate(script.sections):
        starts = (one.span.onset for one in layout.placed if one.step.section == number)
        onset = next(starts, onset) if number else 0
        yield Section(section.title, onset)


def _cut(span: Span, end: Frames) -> Span:
    return Span(min(span.onset, end), min(span.end, end))


def _within(gain: Envelope, span: Span) -> Envelope:
    """Return the corners inside a span, and one at each of its ends."""
    inner = tuple(point for point in gain if span.onset < point.frame < span.end)
    ends = (Point(frame, envelope.gain_at(gain, frame)) for frame in span)
    first, last = ends
    return (first, *inner, last)
