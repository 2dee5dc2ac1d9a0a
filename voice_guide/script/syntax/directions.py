"""What stands in square brackets, read by a table with one row a direction."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeVar

from voice_guide.script.model import (
    Bed,
    Bell,
    Breathe,
    Cueing,
    Elastic,
    ForEachAnchor,
    Item,
    OneOf,
    Pattern,
    Pause,
    Release,
    Repeat,
    Rounds,
    Tense,
    Write,
)

LONGEST_QUIET_S: Final = 30 * 60.0
LONGEST_TENSE_S: Final = 60.0
LONGEST_PHASE_S: Final = 60.0
SHORTEST_PHASE_S: Final = 0.5
MOST_ROUNDS: Final = 100
MOST_REPEATS: Final = 50
MOST_CHARACTERS: Final = 200
"""Of one direction; whatever is longer is prose with a bracket astray."""

_DASHES = str.maketrans("–—−", "---")
_NUMBER = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_UNIT = r"hours?|h|minutes?|mins?|min|m|seconds?|secs?|s"
_LENGTH = re.compile(
    rf"({_NUMBER})\s*({_UNIT})?(?:\s*(?:-|to)\s*({_NUMBER})\s*({_UNIT})?)?", re.IGNORECASE
)
_COUNT = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")
_ROUNDS_BEGIN = re.compile(r"-?[0-9]|rounds?\b")
_WORD = re.compile(r"[^\s,-]*(?:\s*-\s*[^\s,-]*)+|[^\s,-]+")
_NAME = re.compile(r"\s*(for\s+each\s+anchor\b|one\s+of\b|[^\s,:]+)[\s,:]*", re.IGNORECASE)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_Value = TypeVar("_Value")


class Wrong(Exception):
    """Something that cannot be read, `lines_down` and `offset` from where the text began."""

    def __init__(
        self, found: str, expected: str = "", hint: str = "", offset: int = 0, lines_down: int = 0
    ) -> None:
        super().__init__(found)
        self.found = found
        self.expected = expected
        self.hint = hint
        self.offset = offset
        self.lines_down = lines_down


class Word(NamedTuple):
    """One word of a direction and its offset."""

    text: str
    offset: int


@dataclass(frozen=True, slots=True)
class End(Item):
    """Closes a loop while a script is being read; no script holds one."""


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return "Did you mean …?" for the nearest name, or nothing when none is near."""
    near = difflib.get_close_matches(word[:40].lower(), sorted(names), n=1)
    return f"Did you mean {near[0]}?" if near else ""


def quote(text: str) -> str:
    """Return the text in quotes, cut where it would fill the screen."""
    folded = " ".join(text.split())
    return f'"{folded}"' if len(folded) <= 40 else f'"{folded[:40]}…"'


def number_to_text(number: float) -> str:
    """Return the shortest text that reads back as the same number."""
    return str(int(number)) if number == int(number) else repr(number)


def read_direction(inner: str, line: int, column: int) -> Item:
    """Return what the text between the brackets means; `column` is that of the `[`.

    Raises `Wrong`, or a group of them, with offsets from the start of `inner`.
    """
    if len(inner) > MOST_CHARACTERS:
        raise Wrong("a direction that runs on and on", "a ] after a few words")
    match = _NAME.match(inner)
    if match is None:
        raise Wrong("an empty direction", "a direction, as in [pause 5s]")
    name = " ".join(match[1].lower().split())
    read = _DIRECTIONS.get(name)
    if read is None:
        hint = did_you_mean(name, _DIRECTIONS) or did_you_mean(inner.strip(), _DIRECTIONS)
        expected = "one of " + ", ".join(sorted(_DIRECTIONS))
        raise Wrong(f"an unknown direction {quote(name)}", expected, hint, match.start(1))
    arguments = inner[match.end() :].translate(_DASHES).rstrip()
    return read(Word(arguments, match.end()), line, column)


def read_length(text: str, longest_s: float, offset: int = 0) -> Elastic:
    """Return a time such as `5s`, `1.5 s`, `2 min` or `5-20s`, in seconds."""
    plain = text.translate(_DASHES).strip()
    match = _LENGTH.fullmatch(plain)
    unit = match and (match[4] or match[2])
    if match is None or not unit:
        raise _explain_length(plain, offset)
    first_s = float(match[1]) * _unit_to_seconds(match[2] or unit)
    last_s = first_s if match[3] is None else float(match[3]) * _unit_to_seconds(unit)
    if min(first_s, last_s) <= 0:
        raise Wrong(f"a time of zero in {quote(plain)}", "more than 0 s", offset=offset)
    if first_s > last_s:
        turned = f"{number_to_text(last_s)}-{number_to_text(first_s)} s"
        if match[2] is None:
            turned = f"{match[3]}-{match[1]} {unit}"
        raise Wrong(
            f"a range that runs backwards, {quote(plain)}",
            "the shorter time first",
            f"Did you mean {turned}?",
            offset,
        )
    if last_s > longest_s:
        most = f"{number_to_text(longest_s / 60)} min" if longest_s >= 120 else f"{longest_s:g}s"
        raise Wrong(f"a time as long as {quote(plain)}", f"at most {most}", offset=offset)
    return Elastic(first_s, last_s)


def _unit_to_seconds(unit: str) -> float:
    return {"h": 3600.0, "m": 60.0, "s": 1.0}[unit[0].lower()]


def _explain_length(plain: str, offset: int) -> Wrong:
    expected = "a time, as in 5s, 2 min or 5-20s"
    if not plain:
        return Wrong("no time", expected, offset=offset)
    if _LENGTH.fullmatch(plain):
        return Wrong(f"a time without a unit, {quote(plain)}", expected, _unit_hint(plain), offset)
    if plain.startswith("-"):
        return Wrong(f"a time below zero, {quote(plain)}", "more than 0 s", offset=offset)
    return Wrong(f"{quote(plain)} where a time belongs", expected, offset=offset)


def _unit_hint(plain: str) -> str:
    return f"Did you mean {plain}s?"


def _read_nothing(arguments: Word) -> None:
    if arguments.text:
        raise Wrong(f"{quote(arguments.text)} after the direction", "a ]", offset=arguments.offset)


def _timed(kind: type[Pause | Release | Write | Tense], longest_s: float) -> _Reader:
    def read(arguments: Word, line: int, column: int) -> Item:
        length = read_length(arguments.text, longest_s, arguments.offset)
        return kind(length, line=line, column=column)

    return read


def _split_words(arguments: Word) -> list[Word]:
    """Return the words, with the blanks round a hyphen taken out: `4 - 8` is one word."""
    words = []
    for match in _WORD.finditer(arguments.text):
        blanks = len(match[0]) - len(match[0].lstrip())
        text = "".join(match[0].lower().split())
        words.append(Word(text, arguments.offset + match.start() + blanks))
    return words


def _read_breathe(arguments: Word, line: int, column: int) -> Item:
    words = _split_words(arguments)
    example = "as in [breathe 4-7-8, 4 rounds]"
    if not words:
        raise Wrong("no pattern", f"seconds to breathe in, hold and out, {example}")
    wrongs: list[Wrong] = []
    pattern = rounds = cueing = None
    rest = iter(words)
    for word in rest:
        try:
            if word is words[0]:
                pattern = _read_pattern(word)
            elif _ROUNDS_BEGIN.match(word.text):
                rounds = _once(rounds, word, _read_rounds(word, next(rest, word).text))
            else:
                cueing = _once(cueing, word, _read_cueing(word))
        except Wrong as wrong:
            wrongs.append(wrong)
    if rounds is None and not wrongs:
        wrongs.append(Wrong("no rounds", f"how many rounds, {example}", "", arguments.offset))
    if pattern is None or rounds is None or wrongs:
        raise ExceptionGroup("a direction with faults", wrongs)
    return Breathe(pattern, rounds, cueing or Cueing.THINNING, line=line, column=column)


def _once(before: _Value | None, word: Word, value: _Value) -> _Value:
    if before is not None:
        raise Wrong(f"{quote(word.text)} where it was said before", "a ]", "", word.offset)
    return value


def _read_cueing(word: Word) -> Cueing:
    if word.text in set(Cueing):
        return Cueing(word.text)
    known = ["rounds", *Cueing]
    raise Wrong(
        f"an unknown word {quote(word.text)}",
        "rounds, or one of counted, spoken, tones, thinning",
        did_you_mean(word.text, known),
        word.offset,
    )


def _read_rounds(word: Word, unit: str) -> Rounds:
    match = _COUNT.fullmatch(word.text)
    expected = "a number of rounds, as in 4 rounds or 4-8 rounds"
    if match is None:
        below_zero = word.text.startswith("-") and _COUNT.fullmatch(word.text[1:])
        found = (
            "a number below zero" if below_zero else f"{quote(word.text)} where a number belongs"
        )
        raise Wrong(found, expected, "", word.offset)
    if unit not in ("round", "rounds"):
        hint = f"Did you mean {word.text} rounds?"
        raise Wrong(f"{quote(word.text)} without the word rounds", expected, hint, word.offset)
    first, last = int(match[1]), int(match[2] or match[1])
    if first < 1:
        raise Wrong("no rounds at all", "at least 1 round", "", word.offset)
    if first > last:
        hint = f"Did you mean {last}-{first} rounds?"
        raise Wrong(
            f"a range that runs backwards, {quote(word.text)}",
            "the smaller number first",
            hint,
            word.offset,
        )
    if last > MOST_ROUNDS:
        raise Wrong(f"{match[0]} rounds", f"at most {MOST_ROUNDS}", "", word.offset)
    return Rounds(first, last)


def _read_pattern(word: Word) -> Pattern:
    expected = "2 to 4 numbers of seconds: in-out, in-hold-out or in-hold-out-hold"
    parts = [part.split("+") for part in word.text.split("-")]
    numbers = [number for part in parts for number in part]
    if not all(re.fullmatch(_NUMBER, number) for number in numbers):
        found = f"{quote(word.text)} where a breath pattern belongs"
        if word.text.startswith("-"):
            found = f"a number below zero in {quote(word.text)}"
        raise Wrong(found, expected, "", word.offset)
    topped_up_elsewhere = any(len(part) > 1 for part in parts[1:])
    if not 2 <= len(parts) <= 4 or len(parts[0]) > 2 or topped_up_elsewhere:
        raise Wrong(f"the pattern {quote(word.text)}", expected, "", word.offset)
    inhale = tuple(float(number) for number in parts[0])
    hold, exhale, rest = _spread([float(part[0]) for part in parts[1:]])
    for length in (*inhale, sum(inhale), exhale, hold or None, rest or None):
        if length is not None and not SHORTEST_PHASE_S <= length <= LONGEST_PHASE_S:
            raise Wrong(
                f"{number_to_text(length)} seconds of breath in {quote(word.text)}",
                f"{SHORTEST_PHASE_S:g} to {LONGEST_PHASE_S:g} seconds a phase",
                "",
                word.offset,
            )
    return Pattern(inhale, hold, exhale, rest)


def _spread(after_inhale: list[float]) -> tuple[float, float, float]:
    if len(after_inhale) == 1:
        return 0.0, after_inhale[0], 0.0
    hold, exhale, *rest = after_inhale
    return hold, exhale, rest[0] if rest else 0.0


def _read_name(arguments: Word) -> str:
    if _SLUG.fullmatch(arguments.text):
        return arguments.text
    raise Wrong(
        f"{quote(arguments.text)} where the name of a sound belongs"
        if arguments.text
        else "no sound",
        "one name of letters, digits and hyphens, as in singing-bowl",
        "",
        arguments.offset,
    )


def _read_bell(arguments: Word, line: int, column: int) -> Item:
    name = _read_name(arguments) if arguments.text else ""
    return Bell(name, line=line, column=column)


def _read_bed(arguments: Word, line: int, column: int) -> Item:
    return Bed(_read_name(arguments), line=line, column=column)


def _read_repeat(arguments: Word, line: int, column: int) -> Item:
    match = re.fullmatch(r"([0-9]{1,9})(?:\s*(?:times?|x))?", arguments.text, re.IGNORECASE)
    if match is None or not 1 <= int(match[1]) <= MOST_REPEATS:
        found = quote(arguments.text) if arguments.text else "no number"
        raise Wrong(
            f"{found} where a number of times belongs",
            f"1 to {MOST_REPEATS} times, as in [repeat 2 times]",
            "",
            arguments.offset,
        )
    return Repeat(int(match[1]), (), line=line, column=column)


def _read_for_each(arguments: Word, line: int, column: int) -> Item:
    _read_nothing(arguments)
    return ForEachAnchor((), line=line, column=column)


def _read_one_of(arguments: Word, line: int, column: int) -> Item:
    _read_nothing(arguments)
    return OneOf((), line=line, column=column)


def _read_end(arguments: Word, line: int, column: int) -> Item:
    _read_nothing(arguments)
    return End(line=line, column=column)


_Reader = Callable[[Word, int, int], Item]

_DIRECTIONS: Final[dict[str, _Reader]] = {
    "pause": _timed(Pause, LONGEST_QUIET_S),
    "release": _timed(Release, LONGEST_QUIET_S),
    "write": _timed(Write, LONGEST_QUIET_S),
    "tense": _timed(Tense, LONGEST_TENSE_S),
    "breathe": _read_breathe,
    "bell": _read_bell,
    "bed": _read_bed,
    "repeat": _read_repeat,
    "for each anchor": _read_for_each,
    "one of": _read_one_of,
    "end": _read_end,
}
