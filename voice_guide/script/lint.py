"""What a careful reader would ask about a script: warnings, by a table of small rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

from voice_guide.errors import Fault
from voice_guide.script.cautions import BREATH_HOLD, CAUTIONS, is_unknown
from voice_guide.script.model import (
    Affirmation,
    Bed,
    Bell,
    Breathe,
    ForEachAnchor,
    Item,
    OneOf,
    Paragraph,
    Pattern,
    Pause,
    Release,
    Repeat,
    Script,
    Tense,
    Write,
    walk,
)
from voice_guide.script.syntax.directions import did_you_mean, quote
from voice_guide.script.text import split_sentences

# Weil; Vierra 2022, PMC9277512: no more than four rounds for the first month.
STARTER_ROUNDS: Final = 4
# Bernstein & Borkovec 1973: five to seven seconds.
LONGEST_TENSING_S: Final = 7.0
LONGEST_BARE_SILENCE_S: Final = 45.0
"""Beyond this a listener with closed eyes thinks that the program has stopped."""

Rule = Callable[[Script, Collection[str]], Iterator[Fault]]


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)


_FEW = r"(?:\w+\s+){0,3}"
_DOWN = r"(?:down(?:wards?)?|under|away)\b"
_CRAMP: Final = _any_of(
    rf"\b(?:point|curl|scrunch|clench)\w*\s+{_FEW}toes?\b(?!\s+up)",
    rf"\b(?:pull|press|push|bend|draw|turn|flex)\w*\s+{_FEW}toes?\s+{_FEW}{_DOWN}",
    rf"\btoes?\s+(?:are\s+)?(?:pointed|pointing|curled|curling)\s+{_DOWN}",
)
_NOT: Final = _any_of(
    r"\b(?:never|not|don't|without|instead\s+of|rather\s+than)\W+(?:\w+\W+){0,2}$"
)
_LOOK: Final = _any_of(
    r"\blook(?:ing)?\s+(?:at|around|round|up|down|out|over)\b",
    r"\b(?:you\s+can|can\s+you|do\s+you|you\s+are\s+able\s+to)\s+see\b",
    r"\bsee\s+(?:[1-9]|one|two|three|four|five)\b",
    r"\b(?:gaze|glance|stare)\w*\s+(?:at|around|out|up)\b",
    r"^(?:now\s+)?(?:watch|read)\s+(?:the|a|this|your)\b",
)
_INWARD: Final = _any_of(r"\b(?:imagin|pictur|mind|inward|inner)")
_OPEN_EYES: Final = _any_of(
    r"\bopen\w*\s+your\s+eyes\b", r"\b(?:let|allow)\s+your\s+eyes\s+(?:to\s+)?open\b"
)
_LOSS: Final = _any_of(
    r"\b(?:you|you've|you\s+have)\s+(?:failed|missed|slipped|fell\s+behind)\b",
    r"\b(?:you're|you\s+are)\s+(?:failing|falling\s+behind)\b",
    r"\b(?:don't|do\s+not|never)\s+(?:break|lose|skip)\s+(?:the|your|it|this)\b",
    r"\bstreaks?\b",
    r"\b(?:lost|losing|lose)\s+your\b",
    r"\bback\s+to\s+(?:zero|day\s+one|square\s+one)\b",
)


def lint(script: Script, sounds: Collection[str]) -> tuple[Fault, ...]:
    """Return what is worth a second look in a script, in the order of its lines.

    `sounds` are the names of all bells, beds and pacers in the palette.
    """
    return tuple(sorted({fault for rule in RULES for fault in rule(script, sounds)}))


def _items(script: Script) -> Iterator[Item]:
    for section in script.sections:
        yield from walk(section.items)


def _sentences(script: Script) -> Iterator[tuple[Item, str]]:
    """Yield every sentence that may be spoken, its apostrophes made plain."""
    for item in _items(script):
        match item:
            case Paragraph() | Affirmation():
                texts: tuple[str, ...] = (item.text,)
            case OneOf():
                texts = item.choices
            case _:
                continue
        for text in texts:
            for sentence in split_sentences(text.replace("’", "'")):
                yield item, sentence


def _warn(item: Item, rule: str, found: str, expected: str, hint: str = "") -> Fault:
    return Fault(item.line, item.column, found, expected, hint, rule)


def _find_unknown_sounds(script: Script, sounds: Collection[str]) -> Iterator[Fault]:
    named = [
        (name, *script.header.place(key))
        for key in ("bed", "bell", "closing_bell", "pacer")
        if (name := getattr(script.header, key))
    ]
    named += [
        (item.name, item.line, item.column)
        for item in _items(script)
        if isinstance(item, Bell | Bed) and item.name
    ]
    for name, line, column in named:
        if name != "none" and name not in sounds:
            found = f"an unknown sound {quote(name)}"
            expected = "a sound of the palette, or none"
            yield Fault(line, column, found, expected, did_you_mean(name, sounds), "unknown-sound")


def _is_four_seven_eight(pattern: Pattern) -> bool:
    # The ratio is what matters (Vierra 2022), so half the seconds are the same exercise.
    inhale = sum(pattern.inhale)
    return (
        not pattern.rest
        and abs(pattern.hold * 4 - inhale * 7) < 1e-6
        and abs(pattern.exhale * 4 - inhale * 8) < 1e-6
    )


def _find_many_starter_rounds(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    rounds = 0

    def count(items: tuple[Item, ...], times: int) -> Iterator[Fault]:
        nonlocal rounds
        for item in items:
            if isinstance(item, Repeat):
                yield from count(item.items, times * item.times)
            elif isinstance(item, ForEachAnchor):
                yield from count(item.items, times)
            elif isinstance(item, Breathe) and _is_four_seven_eight(item.pattern):
                rounds += item.rounds.minimum * times
                if rounds > STARTER_ROUNDS:
                    found = f"{rounds} rounds of 4-7-8 at the least"
                    expected = f"a range that begins at {STARTER_ROUNDS} or fewer"
                    yield _warn(item, "starter-rounds", found, expected)

    for section in script.sections:
        yield from count(section.items, 1)


def _find_long_tensing(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    for item in _items(script):
        if isinstance(item, Tense) and item.length.maximum_s > LONGEST_TENSING_S:
            found = f"muscles held tight for {item.length.maximum_s:g} s"
            yield _warn(item, "long-tensing", found, f"at most {LONGEST_TENSING_S:g} s")


def _find_cramp(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    for item, sentence in _sentences(script):
        match = _CRAMP.search(sentence)
        if match and not _NOT.search(sentence[: match.start()]):
            hint = "Toes pulled down can cramp"
            yield _warn(item, "cramp", quote(match[0]), "toes drawn up, towards the face", hint)


def _find_looking(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    if script.header.eyes != "closed":
        return
    for item, sentence in _sentences(script):
        if _OPEN_EYES.search(sentence):
            return
        match = _LOOK.search(sentence)
        if match and not _INWARD.search(sentence):
            expected = "something to hear or to feel, or eyes: open in the header"
            yield _warn(item, "eyes-closed", f"{quote(match[0])} with eyes closed", expected)


def _find_loss(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    expected = "words that leave nothing to lose"
    for key in ("title", "summary"):
        for match in _LOSS.finditer(getattr(script.header, key).replace("’", "'")):
            line, column = script.header.place(key)
            yield Fault(line, column, quote(match[0]), expected, "", "loss")
    for item, sentence in _sentences(script):
        for match in _LOSS.finditer(sentence):
            yield _warn(item, "loss", quote(match[0]), expected)


def _find_missing_cautions(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    """Yield the first held breath and the first tensing that no caution announces."""
    held = (item for item in _items(script) if isinstance(item, Breathe) and item.pattern.holds)
    tensed = (item for item in _items(script) if isinstance(item, Tense))
    for caution, what, first in (
        (BREATH_HOLD, "a held breath", next(held, None)),
        ("tensing", "tensing", next(tensed, None)),
    ):
        if first is not None and caution not in script.header.cautions:
            found = f"{what} without a caution"
            yield _warn(first, "missing-caution", found, f"cautions: [{caution}] in the header")


def _find_unknown_cautions(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    places = [(line, column) for key, line, column in script.header.places if key == "cautions"]
    places += [(1, 1)] * len(script.header.cautions)  # a header that was never text has no places
    for caution, (line, column) in zip(script.header.cautions, places, strict=False):
        if is_unknown(caution):
            found = f"an unknown caution {quote(caution)}"
            expected = f"one of {', '.join(CAUTIONS)}, or a sentence of your own"
            hint = did_you_mean(caution, CAUTIONS)
            yield Fault(line, column, found, expected, hint, "unknown-caution")


def _find_bare_silence(script: Script, _sounds: Collection[str]) -> Iterator[Fault]:
    bed = script.header.bed
    silence_s = 0.0
    for item in _items(script):
        if isinstance(item, Bed):
            bed = item.name
        if not isinstance(item, Pause | Release | Write) or bed != "none":
            silence_s = 0.0
            continue
        before_s, silence_s = silence_s, silence_s + item.length.maximum_s
        if before_s <= LONGEST_BARE_SILENCE_S < silence_s:
            found = f"up to {silence_s:g} s of silence without a bed"
            expected = f"at most {LONGEST_BARE_SILENCE_S:g} s, or a bed underneath"
            yield _warn(item, "bare-silence", found, expected)


RULES: Final[tuple[Rule, ...]] = (
    _find_unknown_sounds,
    _find_many_starter_rounds,
    _find_long_tensing,
    _find_cramp,
    _find_looking,
    _find_loss,
    _find_missing_cautions,
    _find_unknown_cautions,
    _find_bare_silence,
)
