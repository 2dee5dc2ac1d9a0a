"""What a script is once read: a tree of frozen values, in the listener's units (seconds).

Positions (`line`, `column`, 1-based) are carried for messages and left out of comparison, so
that a script printed and read again equals the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class Phase(StrEnum):
    """One part of a breath."""

    IN = "in"
    HOLD = "hold"
    OUT = "out"
    REST = "rest"
    """The hold after the exhale."""


class Cueing(StrEnum):
    """How a breath is told in words."""

    THINNING = "thinning"
    """Counted first, then one word a phase, then tones alone."""
    COUNTED = "counted"
    SPOKEN = "spoken"
    TONES = "tones"


@dataclass(frozen=True, slots=True)
class Elastic:
    """A time that may stretch: seconds, `minimum_s <= maximum_s`."""

    minimum_s: float
    maximum_s: float


@dataclass(frozen=True, slots=True)
class Rounds:
    """A count that may grow: `1 <= minimum <= maximum`."""

    minimum: int
    maximum: int


# A breath of ten seconds, four in and six out: Laborde 2021; Van Diest 2014.
_EASY_BREATH_S = 10.0
_EASY_INHALE_SHARE = 0.4


@dataclass(frozen=True, slots=True)
class Pattern:
    """One breath in seconds. `inhale` has two parts when it is topped up (`3+1`)."""

    inhale: tuple[float, ...]
    hold: float
    exhale: float
    rest: float = 0.0

    @property
    def phases(self) -> tuple[tuple[Phase, float], ...]:
        """The phases that take time, in order, with seconds; the inhale is one phase."""
        all_phases = (
            (Phase.IN, sum(self.inhale)),
            (Phase.HOLD, self.hold),
            (Phase.OUT, self.exhale),
            (Phase.REST, self.rest),
        )
        return tuple((phase, length) for phase, length in all_phases if length > 0)

    @property
    def length_s(self) -> float:
        """Seconds of one whole breath."""
        return sum(length for _, length in self.phases)

    @property
    def holds(self) -> bool:
        """Whether the breath is ever held."""
        return self.hold > 0 or self.rest > 0

    def hold_free(self) -> tuple[Pattern, ...]:
        """Return breaths without a hold that together last as long as this one.

        A held breath becomes as many easy breaths, four parts in and six out, as come nearest
        to ten seconds each; a pattern without a hold stays as it is.
        """
        if not self.holds:
            return (self,)
        count = max(1, round(self.length_s / _EASY_BREATH_S))
        inhale = self.length_s / count * _EASY_INHALE_SHARE
        return (Pattern((inhale,), 0.0, self.length_s / count - inhale),) * count


@dataclass(frozen=True, slots=True)
class Item:
    """What every line of a script has: a place."""

    line: int = field(default=0, compare=False, kw_only=True)
    column: int = field(default=1, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Paragraph(Item):
    """Words to speak. `text` has its white space folded and may hold `{name}`, `{anchor}`."""

    text: str


@dataclass(frozen=True, slots=True)
class Affirmation(Item):
    """A line that is spoken, then left alone long enough to be said inwardly."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause(Item):
    """Silence."""

    length: Elastic


@dataclass(frozen=True, slots=True)
class Breathe(Item):
    """Rounds of a breath pattern."""

    pattern: Pattern
    rounds: Rounds
    cueing: Cueing = Cueing.THINNING


@dataclass(frozen=True, slots=True)
class Tense(Item):
    """Muscles held tight."""

    length: Elastic


@dataclass(frozen=True, slots=True)
class Release(Item):
    """Muscles let go."""

    length: Elastic


@dataclass(frozen=True, slots=True)
class Write(Item):
    """Quiet time to write, ended by a soft bell."""

    length: Elastic


@dataclass(frozen=True, slots=True)
class Bell(Item):
    """One strike; `name` empty means the script's own bell."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Bed(Item):
    """A change of the quiet sound underneath; `none` ends it."""

    name: str


@dataclass(frozen=True, slots=True)
class Repeat(Item):
    """A loop over its items."""

    times: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ForEachAnchor(Item):
    """A loop over the listener's own safety anchors; `{anchor}` inside is the one at hand."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class OneOf(Item):
    """One of several paragraphs, chosen by the seed."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter: its heading is shown and never spoken; `title` empty before the first one."""

    title: str
    items: tuple[Item, ...]
    line: int = field(default=0, compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Header:
    """What stands between the `---` lines."""

    title: str
    kind: str
    length: Elastic
    """The lengths that the script promises to fit, in seconds."""
    summary: str = ""
    bed: str = "none"
    bell: str = "none"
    """The bell that opens and closes, and the one that a bare `[bell]` strikes."""
    closing_bell: str = ""
    """Empty: the same as `bell`; `none`: the session ends without one, as before sleep."""
    pacer: str = "soft-swell"
    eyes: str = "closed"
    """`closed` or `open`."""
    cautions: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    language: str = "en"
    places: tuple[tuple[str, int, int], ...] = field(default=(), compare=False, repr=False)
    """Key, line and column of each value, those of a list one by one, for messages."""

    def place(self, key: str) -> tuple[int, int]:
        """Return the line and column of a key's value, or the very start where it has none."""
        return next(((line, column) for name, line, column in self.places if name == key), (1, 1))


@dataclass(frozen=True, slots=True)
class Script:
    """A narration, read and without a fault."""

    header: Header
    sections: tuple[Section, ...]


def walk(items: tuple[Item, ...]) -> Iterator[Item]:
    """Yield every item, loops before what they hold, in the order of the text."""
    for item in items:
        yield item
        if isinstance(item, Repeat | ForEachAnchor):
            yield from walk(item.items)
