"""A script and its clips become a score: all that will sound, each thing in its frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from voice_guide.score import envelope
from voice_guide.score.model import Score, Section, Span, Stem
from voice_guide.score.orchestra import Event, Orchestra, Speech, cue_utterance
from voice_guide.score.plan.breath import cue_words
from voice_guide.score.plan.expand import Breathe, Listener, Say, Step, announce, expand
from voice_guide.score.plan.layout import FIRST_WORD_AT, Layout, lay_out, measure
from voice_guide.script.model import Script
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import Clip, Frames, frames_to_seconds, seconds_to_frames
from voice_guide.sound.palette import Palette

# A session rises from -9 dB, so that neither the first bell nor the first word can startle.
_RISE: Final[Frames] = seconds_to_frames(3.0)
_RISE_FROM: Final = 0.35
_FALL: Final[Frames] = seconds_to_frames(5.5)
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
    cautions: tuple[str, ...] = ()
    """Cautions to speak before the script begins, by their names or in an author's words."""


def utterances(script: Script, request: Request) -> tuple[Utterance, ...]:
    """Return all that must be spoken, each once, in the order in which it is first needed."""
    steps = _expand(script, request)
    return tuple(dict.fromkeys(_needed(steps, request.voicing)))


def reach_s(
    script: Script, clips: Mapping[Utterance, Clip], request: Request
) -> tuple[float, float]:
    """Return the shortest and the longest seconds that the session can last with these clips.

    Cautions that are spoken count. What may be asked for begins earlier, at the script alone.
    """
    steps = _expand(script, request)
    material = measure(steps, Speech(clips, request.voicing).sentence_length)
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
    script = announce(script, request.cautions)
    steps = expand(script, request.listener, request.seed)
    speech = Speech(clips, request.voicing)
    layout = lay_out(steps, script.header, request.length_s, speech.sentence_length, first_word_at)
    orchestra = Orchestra(script, speech, palette, request.hold_free, eased_at)
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
    script = announce(script, request.cautions)
    orchestra = Orchestra(script, Speech({}, request.voicing), palette)
    layout = Layout((), _OPENING, _OPENING)
    opening = _assemble(script, name, request.seed, orchestra.opening(), layout)
    return replace(opening, sections=opening.sections[:1])


def _expand(script: Script, request: Request) -> tuple[Step, ...]:
    return expand(announce(script, request.cautions), request.listener, request.seed)


def _needed(steps: tuple[Step, ...], voicing: Voicing) -> Iterator[Utterance]:
    for step in steps:
        if isinstance(step, Say):
            yield Utterance(step.text, voicing)
        elif isinstance(step, Breathe):
            for text in cue_words(step.pattern, step.cueing):
                yield cue_utterance(text, voicing)


def _assemble(
    script: Script, name: str, seed: int, events: Iterable[Event], layout: Layout
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
