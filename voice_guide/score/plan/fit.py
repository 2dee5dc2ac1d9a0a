"""Stretch a script to an exact length: pauses, releases and rounds together, speech never."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from voice_guide.errors import LengthOutOfReach
from voice_guide.sound.clip import SAMPLE_RATE, Frames, frames_to_seconds

# A listener who asked for five minutes gets five minutes: this near, or a clear answer.
_TOLERANCE: Final[Frames] = SAMPLE_RATE


class Stretch(NamedTuple):
    """A time that may lie anywhere between two ends."""

    least: Frames
    most: Frames


class Breathing(NamedTuple):
    """A breathing item: how long each possible count of rounds lasts, from `fewest` up."""

    fewest: int
    lengths: tuple[Frames, ...]


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to fit: a part that never changes, and the parts that may grow."""

    fixed: Frames
    stretches: tuple[Stretch, ...]
    breathings: tuple[Breathing, ...]

    @property
    def least(self) -> Frames:
        """The shortest total."""
        stretches = sum(one.least for one in self.stretches)
        return self.fixed + stretches + sum(one.lengths[0] for one in self.breathings)

    @property
    def most(self) -> Frames:
        """The longest total."""
        stretches = sum(one.most for one in self.stretches)
        return self.fixed + stretches + sum(one.lengths[-1] for one in self.breathings)


@dataclass(frozen=True, slots=True)
class Fit:
    """What was chosen: a length for every stretch, a count for every breathing item."""

    stretches: tuple[Frames, ...]
    rounds: tuple[int, ...]
    length: Frames


def fit(length: Frames, material: Material, *, exact: bool = True) -> Fit:
    """Return the choice that makes the total `length`, pauses and rounds grown alike.

    With `exact` false the nearest that can be had is returned, however far.

    Raises:
        LengthOutOfReach: `length` is over a second off anything the script can be.
    """
    breathings, stretches = material.breathings, material.stretches
    least = sum(one.least for one in stretches)
    slack = sum(one.most for one in stretches) - least
    candidates = []
    for growth, extra in _rounds_by_growth(breathings):
        breaths = sum(one.lengths[n] for one, n in zip(breathings, extra, strict=True))
        unstretched = material.fixed + least + breaths
        wanted = length - unstretched
        given = min(max(wanted, 0), slack)
        uneven = abs(given / slack - growth) if slack and breathings else 0.0
        candidates.append((abs(wanted - given), uneven, given, extra, unstretched + given))
    miss, _, given, extra, total = min(candidates)
    if exact and miss > _TOLERANCE:
        raise _out_of_reach(length, material, [one[-1] for one in candidates])
    rounds = tuple(one.fewest + n for one, n in zip(breathings, extra, strict=True))
    return Fit(_share(given, slack, stretches), rounds, total)


def _rounds_by_growth(
    breathings: Sequence[Breathing],
) -> Iterator[tuple[float, tuple[int, ...]]]:
    """Yield counts of extra rounds from none to all, each with how far along it is, 0 to 1.

    One round is added at a time, always where the least part of what is possible was used, so
    that several breathing items grow side by side.
    """
    most = [len(one.lengths) - 1 for one in breathings]
    extra = [0] * len(most)
    whole = sum(most)
    yield 0.0, tuple(extra)
    for added in range(1, whole + 1):
        behind = min(
            (i for i in range(len(most)) if extra[i] < most[i]),
            key=lambda i: (extra[i] + 1) / most[i],
        )
        extra[behind] += 1
        yield added / whole, tuple(extra)


def _share(given: Frames, slack: Frames, stretches: Sequence[Stretch]) -> tuple[Frames, ...]:
    """Return every stretch's length, their sum exact: shares are cut from one running total."""
    edges = [0]
    for one in stretches:
        edges.append(edges[-1] + one.most - one.least)
    cuts = [given * edge // slack if slack else 0 for edge in edges]
    return tuple(
        one.least + end - start for one, (start, end) in zip(stretches, pairwise(cuts), strict=True)
    )


def _out_of_reach(length: Frames, material: Material, totals: Sequence[Frames]) -> LengthOutOfReach:
    shortest_s, longest_s = (frames_to_seconds(end) for end in (material.least, material.most))
    hint = f"It reaches from {clock(shortest_s)} to {clock(longest_s)} (minutes:seconds)."
    if material.least <= length <= material.most:
        near = sorted(totals, key=lambda total: abs(total - length))[:2]
        nearest = " or ".join(clock(frames_to_seconds(total)) for total in sorted(near))
        hint = f"The nearest it can be is {nearest} (minutes:seconds)."
    asked = clock(frames_to_seconds(length))
    message = f"This session cannot be {asked} long."
    return LengthOutOfReach(message, hint, shortest_s, longest_s)


def clock(seconds: float) -> str:
    """Return minutes and seconds as on a clock face: `4:05`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"
