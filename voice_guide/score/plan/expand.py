"""A script, unrolled for one listener and one seed: loops gone, choices made, words filled in."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from voice_guide.score.model import CueKind
from voice_guide.script import model as written
from voice_guide.script.cautions import spoken
from voice_guide.script.text import split_sentences

# Spoken when a listener has no anchors of their own yet.
STARTER_ANCHORS: Final = (
    "I have come through every hard night so far.",
    "Something is holding me up at this moment.",
    "Not knowing yet is not the same as losing.",
    "Someone, once, was glad to see me come in.",
    "Morning comes without my help.",
)

# A natural breath between sentences, and a longer one after an idea; both may stretch a little.
SENTENCE_GAP: Final = written.Elastic(0.6, 1.2)
PARAGRAPH_GAP: Final = written.Elastic(1.5, 4.0)
BELL_GAP: Final = written.Elastic(3.0, 6.0)

BEFORE: Final = "Before we begin"
"""The title of the section in which cautions are spoken."""
# Cautions last as long as they last, so that all after them is the session it always is.
_CAUTION_GAP: Final = written.Elastic(0.6, 0.6)
_BEFORE_GAP: Final = written.Elastic(2.5, 2.5)

_WAITS: Final[dict[type[written.Item], CueKind | None]] = {
    written.Pause: None,
    written.Tense: CueKind.TENSE,
    written.Release: CueKind.RELEASE,
    written.Write: CueKind.WRITE,
}


@dataclass(frozen=True, slots=True)
class Listener:
    """What a listener has told us about themselves."""

    name: str = ""
    anchors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Say:
    """A sentence, then a gap."""

    section: int
    text: str
    gap: written.Elastic
    echoed: bool = False
    """An affirmation: the gap also leaves room to say the words inwardly."""
    before: bool = False
    """A caution: said before the session proper, with a gap that never stretches."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A stretch of time without words; `kind` is None for a plain pause."""

    section: int
    length: written.Elastic
    kind: CueKind | None = None


@dataclass(frozen=True, slots=True)
class Breathe:
    """Rounds of one breath pattern."""

    section: int
    pattern: written.Pattern
    rounds: written.Rounds
    cueing: written.Cueing


@dataclass(frozen=True, slots=True)
class Strike:
    """One bell, left to ring for a moment."""

    section: int
    name: str
    gap: written.Elastic = BELL_GAP


@dataclass(frozen=True, slots=True)
class ChangeBed:
    """From here on, another bed, or none."""

    section: int
    name: str


Step = Say | Wait | Breathe | Strike | ChangeBed


@dataclass(frozen=True, slots=True)
class Caution(written.Item):
    """One sentence of a caution. No script has it written: `announce` puts it in."""

    text: str


def announce(script: written.Script, cautions: Sequence[str]) -> written.Script:
    """Return the script with a section before its own in which these cautions are spoken."""
    said = dict.fromkeys(chain.from_iterable(map(spoken, cautions)))
    items = tuple(Caution(sentence) for sentence in said if _has_words(sentence))
    if not items:
        return script
    return replace(script, sections=(written.Section(BEFORE, items), *script.sections))


def expand(script: written.Script, listener: Listener, seed: int) -> tuple[Step, ...]:
    """Return the script's steps in order, as this listener will meet them."""
    unroller = _Unroller(script, listener, seed)
    steps = [step for i, part in enumerate(script.sections) for step in unroller.unroll(part, i)]
    return tuple(_drop_doubled_gaps(steps))


def fill(text: str, name: str, anchor: str) -> str:
    """Return `text` with the listener's words in it, graceful where there is no name."""
    text = text.replace("{anchor}", anchor)
    if name:
        return text.replace("{name}", name)
    # "Good evening, {name}." loses the comma with the name; "{name}, you are here" as well.
    text = re.sub(r"\s*,?\s*\{name\}(?=\s*[.!?…;:]|\s*$)", "", text)
    text = re.sub(r"(^|(?<=[.!?…]\s))\s*\{name\}\s*,?\s*(\w?)", lambda m: m[2].upper(), text)
    return re.sub(r"\s*,?\s*\{name\}", "", text)


@dataclass(frozen=True, slots=True)
class _Unroller:
    script: written.Script
    listener: Listener
    seed: int

    @property
    def anchors(self) -> tuple[str, ...]:
        return self.listener.anchors or STARTER_ANCHORS

    def unroll(self, section: written.Section, index: int) -> Iterator[Step]:
        yield from self._unroll_items(section.items, index, self.anchors[0])

    def _unroll_items(
        self, items: tuple[written.Item, ...], section: int, anchor: str
    ) -> Iterator[Step]:
        for item in items:
            if isinstance(item, written.Repeat):
                for _ in range(item.times):
                    yield from self._unroll_items(item.items, section, anchor)
            elif isinstance(item, written.ForEachAnchor):
                for each in self.anchors:
                    yield from self._unroll_items(item.items, section, each)
            else:
                yield from self._unroll_one(item, section, anchor)

    def _unroll_one(self, item: written.Item, section: int, anchor: str) -> Iterator[Step]:
        match item:
            case Caution(text=text):
                is_last = item is self.script.sections[section].items[-1]
                gap = _BEFORE_GAP if is_last else _CAUTION_GAP
                yield Say(section, text, gap, before=True)
            case written.Paragraph(text=text):
                yield from self._say(text, section, anchor)
            case written.OneOf(choices=choices):
                yield from self._say(self._choose(choices), section, anchor)
            case written.Affirmation(text=text):
                said = tuple(self._say(text, section, anchor))
                yield from said[:-1]
                for last in said[-1:]:
                    yield Say(section, last.text, PARAGRAPH_GAP, echoed=True)
            case written.Pause() | written.Tense() | written.Release() | written.Write():
                yield Wait(section, item.length, _WAITS[type(item)])
            case written.Breathe(pattern=pattern, rounds=rounds, cueing=cueing):
                yield Breathe(section, pattern, rounds, cueing)
            case written.Bell(name=name):
                yield Strike(section, name or self.script.header.bell)
            case written.Bed(name=name):
                yield ChangeBed(section, name)
            case _:  # pragma: no cover - the model has no other item
                raise TypeError(item)

    def _say(self, text: str, section: int, anchor: str) -> Iterator[Say]:
        filled = fill(text, self.listener.name, anchor)
        sentences = [one for one in split_sentences(filled) if _has_words(one)]
        for sentence in sentences[:-1]:
            yield Say(section, sentence, SENTENCE_GAP)
        for sentence in sentences[-1:]:
            yield Say(section, sentence, PARAGRAPH_GAP)

    def _choose(self, choices: tuple[str, ...]) -> str:
        # Successive seeds walk through all choices, so that a daily ritual uses every one; the
        # words themselves keep two lists in one script from walking in step.
        return choices[(self.seed + zlib.crc32(choices[0].encode())) % len(choices)]


def _has_words(sentence: str) -> bool:
    """Tell whether anything is left to say once markup, which no voice speaks, is gone."""
    return any(map(str.isalnum, re.sub(r"<[^<>]*>", "", sentence)))


def _drop_doubled_gaps(steps: list[Step]) -> Iterator[Step]:
    """A written pause replaces the natural gap before it; it does not add to it."""
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        pauses_next = isinstance(following, Wait) and following.kind is None
        if pauses_next and isinstance(step, Say) and not step.echoed:
            yield Say(step.section, step.text, written.Elastic(0.0, 0.0))
        else:
            yield step
