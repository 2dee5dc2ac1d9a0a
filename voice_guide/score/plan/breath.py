"""Rounds of breath in frames, and the words that tell them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import Final, NamedTuple

from voice_guide.score.model import Span
from voice_guide.script.model import Cueing, Pattern, Phase
from voice_guide.sound.clip import SAMPLE_RATE, Frames, frames_to_seconds, seconds_to_frames

# Said at the start of a phase: the longest that fits is taken, none if none fits.
PHASE_WORDS: Final[dict[Phase, tuple[str, ...]]] = {
    Phase.IN: ("Breathe in", "In"),
    Phase.HOLD: ("Hold",),
    Phase.OUT: ("Breathe out", "Out"),
    Phase.REST: ("Rest",),
}
TOP_UP_WORDS: Final = ("A little more", "And more")
NUMBERS: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen"),
)
# Counting carries one to three rounds; then a word a phase; then the tone alone.
_MOST_COUNTED_ROUNDS: Final = 3
# A last number may not crowd the word that follows it.
_LEAST_GAP: Final = seconds_to_frames(0.05)


class PhaseSpan(NamedTuple):
    """One phase on the score."""

    phase: Phase
    span: Span
    top_up: Frames | None = None
    """Where a topped-up inhale takes its second step."""

    @property
    def parts(self) -> tuple[Span, ...]:
        """The steps of the phase: two for a topped-up inhale, else the phase itself."""
        edges = [self.span.onset, *([self.top_up] if self.top_up else []), self.span.end]
        return tuple(Span(start, end) for start, end in pairwise(edges))


@dataclass(frozen=True, slots=True)
class Round:
    """One breath on the score."""

    number: int
    phases: tuple[PhaseSpan, ...]
    cueing: Cueing
    """Never THINNING: what this one round sounds like."""

    @property
    def span(self) -> Span:
        """From the first frame of the first phase to the end of the last."""
        return Span(self.phases[0].span.onset, self.phases[-1].span.end)


class Word(NamedTuple):
    """A cue word on the score."""

    onset: Frames
    text: str
    phase: Phase


def breaths_length_s(pattern: Pattern, count: int) -> float:
    """Return seconds of `count` rounds; the last one ends on its exhale, without the rest."""
    return count * pattern.length_s - pattern.rest


def lay_rounds(
    onset: Frames,
    pattern: Pattern,
    count: int,
    cueing: Cueing,
    *,
    hold_free: bool = False,
    eased_at: Frames | None = None,
) -> tuple[Round, ...]:
    """Return the rounds of one breathing item, end to end from `onset`.

    Every frame is counted from `onset`, so that no rounding adds up. With `eased_at`, rounds
    before that frame are as written, those after it hold-free, and the one that holds it goes
    over to an exhale: at once from a hold, at the end of an inhale.
    """
    rounds: list[Round] = []
    start_s = 0.0
    for index in range(count):
        breath = pattern if index < count - 1 else _without_rest(pattern)
        mode = thin_out(cueing, index, count)
        span = _span(onset, start_s, start_s + breath.length_s)
        start_s += breath.length_s
        written = _lay(span, (breath,))
        eased = _lay(span, breath.hold_free())
        if hold_free or (eased_at is not None and eased_at <= span.onset):
            breaths = eased
        elif eased_at is not None and eased_at < span.end and breath.holds:
            breaths = _splice(written[0], eased_at, breath.hold_free()[0])
        else:
            breaths = written
        rounds += [Round(len(rounds) + i, one, mode) for i, one in enumerate(breaths, start=1)]
    return tuple(rounds)


def thin_out(cueing: Cueing, index: int, count: int) -> Cueing:
    """Return how round `index` of `count` is told: counted, then one word a phase, then tones."""
    if cueing is not Cueing.THINNING:
        return cueing
    counted = min(_MOST_COUNTED_ROUNDS, max(1, round(count / 3)))
    if index < counted:
        return Cueing.COUNTED
    return Cueing.SPOKEN if index < 2 * counted else Cueing.TONES


def lay_words(one: Round, length_of: Callable[[str], Frames | None]) -> Iterator[Word]:
    """Yield the words of a round; each ends inside its phase and before the next one.

    Words without a length were never spoken: an eased exhale may last longer than any that was
    written, and is counted as far as there are numbers.
    """
    if one.cueing is Cueing.TONES:
        return
    for place in one.phases:
        phase = place.phase
        for part, (start, end) in enumerate(place.parts):
            counts = _counts(start, end, place.span.onset) if one.cueing is Cueing.COUNTED else ()
            room = min((onset for onset, _ in counts), default=end) - start
            choices = TOP_UP_WORDS if part else PHASE_WORDS[phase]
            fitting = [text for text in choices if _fits(length_of(text), room)]
            yield from (Word(start, text, phase) for text in fitting[:1])
            for onset, text in counts:
                if _fits(length_of(text), min(end - onset, SAMPLE_RATE) - _LEAST_GAP):
                    yield Word(onset, text, phase)


def _fits(length: Frames | None, room: Frames) -> bool:
    return length is not None and length <= room


def cue_words(pattern: Pattern, cueing: Cueing) -> tuple[str, ...]:
    """Return every word that rounds of this pattern, or of its hold-free twin, may need."""
    if cueing is Cueing.TONES:
        return ()
    twins = (*pattern.hold_free()[:1], *_without_rest(pattern).hold_free()[:1])
    breaths = (pattern, *twins)
    phases = {phase for one in breaths for phase, _ in one.phases}
    words = [text for phase in Phase if phase in phases for text in PHASE_WORDS[phase]]
    if len(pattern.inhale) > 1:
        words += TOP_UP_WORDS
    if cueing is not Cueing.SPOKEN:
        longest = max(length for one in breaths for _, length in one.phases)
        words += NUMBERS[1 : ceil(longest)]
    return tuple(words)


def _counts(start: Frames, end: Frames, phase_onset: Frames) -> tuple[tuple[Frames, str], ...]:
    """Numbers from two on, one on each whole second of the phase that lies within the part."""
    onsets = range(phase_onset + SAMPLE_RATE, end, SAMPLE_RATE)
    return tuple(
        (onset, text) for onset, text in zip(onsets, NUMBERS[1:], strict=False) if onset > start
    )


def _lay(span: Span, breaths: tuple[Pattern, ...]) -> tuple[tuple[PhaseSpan, ...], ...]:
    """Lay breaths end to end over a span; its last frame counts, whatever seconds round to."""
    laid = []
    at_s = 0.0
    for number, breath in enumerate(breaths, start=1):
        phases = []
        for phase, length_s in breath.phases:
            place = _span(span.onset, at_s, at_s + length_s)
            topped = phase is Phase.IN and len(breath.inhale) > 1
            top_up = _span(span.onset, 0.0, at_s + breath.inhale[0]).end if topped else None
            phases.append(PhaseSpan(phase, place, top_up))
            at_s += length_s
        if number == len(breaths):
            phases[-1] = phases[-1]._replace(span=Span(phases[-1].span.onset, span.end))
        laid.append(tuple(phases))
    return tuple(laid)


def _splice(
    phases: tuple[PhaseSpan, ...], at: Frames, easy: Pattern
) -> tuple[tuple[PhaseSpan, ...], ...]:
    """Return the round eased at `at`: no hold from there on, and the same end."""
    end = phases[-1].span.end
    now = next(one for one in phases if at < one.span.end)
    kept = [one for one in phases if one.span.end <= now.span.onset]
    if now.phase is Phase.IN:
        kept.append(now)
        out_from = now.span.end
    elif now.phase is Phase.HOLD:
        if at > now.span.onset:
            kept.append(PhaseSpan(Phase.HOLD, Span(now.span.onset, at)))
        out_from = at
    elif now.phase is Phase.OUT:
        out_from = now.span.onset
    else:
        # Already past the exhale: the short rest runs out, the next breath is free.
        return (phases,)
    # What is left of the round: one exhale, then easy breaths, all stretched alike to its end.
    left_s = frames_to_seconds(end - out_from)
    more = 0
    if now.phase is not Phase.OUT:
        more = max(0, round((left_s - easy.exhale) / easy.length_s))
    pace = left_s / (easy.exhale + more * easy.length_s)
    out_end = end if more == 0 else _span(out_from, 0.0, pace * easy.exhale).end
    breath = Pattern((pace * easy.inhale[0],), 0.0, pace * easy.exhale)
    first = (*kept, PhaseSpan(Phase.OUT, Span(out_from, out_end)))
    return (first, *_lay(Span(out_end, end), (breath,) * more))


def _without_rest(pattern: Pattern) -> Pattern:
    return Pattern(pattern.inhale, pattern.hold, pattern.exhale)


def _span(onset: Frames, start_s: float, end_s: float) -> Span:
    return Span(onset + seconds_to_frames(start_s), onset + seconds_to_frames(end_s))
