"""Steps set in time: every step gets its frames, and the whole the length that was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from voice_guide.errors import LengthOutOfReach
from voice_guide.score.model import Span
from voice_guide.score.plan.breath import breaths_length_s
from voice_guide.score.plan.expand import Breathe, ChangeBed, Say, Step, Strike, Wait
from voice_guide.score.plan.fit import Breathing, Fit, Material, Stretch, fit
from voice_guide.script.model import Elastic, Header
from voice_guide.sound.clip import Frames, frames_to_seconds, seconds_to_frames

# The first word comes when the opening bell has been heard and before anyone wonders.
FIRST_WORD_AT: Final[Frames] = seconds_to_frames(0.95)
# After the last word: the closing bell rings out, or the bed alone fades.
_CLOSING: Final = Elastic(7.0, 12.0)
# A breath to gather oneself before the pattern starts again with words.
_AFTER_BREATHING: Final = Elastic(1.5, 4.0)
# To say an affirmation inwardly takes as long as hearing it, and a little more.
_ECHO_SHARE: Final = (1.0, 1.6)
_USUAL_LENGTH_S: Final = 300.0
_DAY_S: Final = 86_400.0

LengthOf = Callable[[str], Frames]
"""Frames that a sentence takes to say."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A step in its place. `span` is what it fills, without the gap that follows."""

    step: Step
    span: Span
    rounds: int = 0
    """For breathing: how many."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All steps in time."""

    placed: tuple[Placed, ...]
    closing: Frames
    """Where the last step and its gap have ended."""
    length: Frames


def lay_out(
    steps: Sequence[Step],
    header: Header,
    length_s: float | None,
    length_of: LengthOf,
    first_word_at: Frames = FIRST_WORD_AT,
) -> Layout:
    """Return every step's place in a session of `length_s` seconds; None means its usual length.

    Cautions at the front are part of that length where the script has the room: where what is
    left is a length that it promises, and can be. Where it has not, they come on top.

    Raises:
        LengthOutOfReach: the steps cannot be stretched to it.
    """
    cautions = [step for step in steps if isinstance(step, Say) and step.before]
    said = _fit_cautions(cautions, length_of)
    own, own_at = steps[len(cautions) :], first_word_at + said.length
    wanted_s = usual_length_s(header.length) if length_s is None else length_s
    # Below nothing, beyond a day and no number at all are out of reach alike (`max` drops a NaN).
    length = seconds_to_frames(min(max(0.0, wanted_s), _DAY_S))
    chosen = None
    if cautions and length - said.length >= seconds_to_frames(header.length.minimum_s):
        with suppress(LengthOutOfReach):
            chosen = fit(length, measure(own, length_of, own_at))
    if chosen is None:
        chosen = fit(length, measure(own, length_of, first_word_at), exact=length_s is not None)
        chosen = replace(chosen, length=chosen.length + said.length)
    placed = (
        *_place(cautions, said, length_of, first_word_at),
        *_place(own, chosen, length_of, own_at),
    )
    return Layout(placed, chosen.length - chosen.stretches[-1], chosen.length)


def measure(
    steps: Sequence[Step], length_of: LengthOf, first_word_at: Frames = FIRST_WORD_AT
) -> Material:
    """Return what there is to fit; the last stretch is the closing."""
    said = sum(length_of(step.text) for step in steps if isinstance(step, Say))
    stretches = (*(_stretch(step, length_of) for step in steps), _to_stretch(_CLOSING))
    breathings = tuple(_breathing(step) for step in steps if isinstance(step, Breathe))
    return Material(first_word_at + said, stretches, breathings)


def _fit_cautions(cautions: Sequence[Say], length_of: LengthOf) -> Fit:
    gaps = tuple(_to_stretch(step.gap).least for step in cautions)
    return Fit(gaps, (), sum(gaps) + sum(length_of(step.text) for step in cautions))


def usual_length_s(promised: Elastic) -> float:
    """Return five minutes, or the nearest whole minute that the script promises."""
    if promised.minimum_s <= _USUAL_LENGTH_S <= promised.maximum_s:
        return _USUAL_LENGTH_S
    if promised.maximum_s < _USUAL_LENGTH_S:
        return max(promised.minimum_s, promised.maximum_s // 60 * 60)
    return min(promised.maximum_s, -(-promised.minimum_s // 60) * 60)


def _place(
    steps: Sequence[Step], chosen: Fit, length_of: LengthOf, first_word_at: Frames
) -> Iterator[Placed]:
    at = first_word_at
    rounds = iter(chosen.rounds)
    for step, stretch in zip(steps, chosen.stretches, strict=False):
        count = filled = 0
        match step:
            case Say(text=text):
                filled = length_of(text)
                at_next = at + filled + stretch
            case Breathe(pattern=pattern):
                count = next(rounds)
                filled = seconds_to_frames(breaths_length_s(pattern, count))
                at_next = at + filled + stretch
            case Wait():
                filled = stretch
                at_next = at + stretch
            case Strike() | ChangeBed():
                at_next = at + stretch
        yield Placed(step, Span(at, at + filled), count)
        at = at_next


def _stretch(step: Step, length_of: LengthOf) -> Stretch:
    match step:
        case Say(text=text, gap=gap, echoed=True):
            said_s = frames_to_seconds(length_of(text))
            least, most = (share * said_s for share in _ECHO_SHARE)
            return _to_stretch(Elastic(gap.minimum_s + least, gap.maximum_s + most))
        case Say(gap=gap) | Strike(gap=gap):
            return _to_stretch(gap)
        case Wait(length=length):
            return _to_stretch(length)
        case Breathe():
            return _to_stretch(_AFTER_BREATHING)
        case ChangeBed():
            return Stretch(0, 0)


def _breathing(step: Breathe) -> Breathing:
    counts = range(step.rounds.minimum, step.rounds.maximum + 1)
    lengths = (seconds_to_frames(breaths_length_s(step.pattern, count)) for count in counts)
    return Breathing(step.rounds.minimum, tuple(lengths))


def _to_stretch(elastic: Elastic) -> Stretch:
    return Stretch(seconds_to_frames(elastic.minimum_s), seconds_to_frames(elastic.maximum_s))
