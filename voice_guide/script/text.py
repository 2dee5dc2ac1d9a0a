"""A script back to text, and text to the sentences that are spoken of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from voice_guide.script.model import (
    Affirmation,
    Bed,
    Bell,
    Breathe,
    Cueing,
    Elastic,
    ForEachAnchor,
    Header,
    Item,
    OneOf,
    Paragraph,
    Pattern,
    Pause,
    Release,
    Repeat,
    Rounds,
    Script,
    Tense,
    Write,
)
from voice_guide.script.syntax.directions import number_to_text

_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:[ ,.]{1,2}[A-Za-z0-9_-]+)*[.]?")
"""Text that means itself in YAML; the rest is written in double quotes."""
_UNTRUE_WORDS: Final = ("null", "Null", "NULL")

_SENTENCE_END: Final = re.compile(
    "(?:[.!?…]+|[。！？]+)[\"'”’»)\\]]*(?=\\s|$)|[。！？]+[”’」』）]*"
)
_OPENING: Final = "\"'“‘«(["
_ABBREVIATIONS: Final = frozenset(
    ("dr", "mr", "mrs", "ms", "mx", "st", "prof", "rev", "vs", "cf", "approx", "e.g", "i.e")
)


def script_to_text(script: Script) -> str:
    """Return the script as text that reads back as the same script."""
    lines = ["---", *_header_to_lines(script.header), "---"]
    blocks = ["\n".join(lines)]
    for section in script.sections:
        if section.title:
            blocks.append(f"# {section.title}")
        blocks.extend(_items_to_blocks(section.items))
    return "\n\n".join(blocks) + "\n"


def split_sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of a paragraph, white space folded and not a letter lost."""
    folded = " ".join(text.split())
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(folded):
        if not _goes_on(folded, start, match.end()):
            sentences.append(folded[start : match.end()].strip())
            start = match.end()
    if start < len(folded):
        sentences.append(folded[start:].strip())
    return tuple(_join_mute(sentences))


def _goes_on(folded: str, start: int, end: int) -> bool:
    """Return whether the sentence from `start` goes on after what looked like its `end`."""
    following = folded[end : end + 3].lstrip()
    if following.lstrip(_OPENING)[:1].islower():
        return True
    if not following or folded[end - 1] != "." or folded[end - 2 : end] == "..":
        return False
    word = folded[max(start, folded.rfind(" ", start, end) + 1) : end - 1].lstrip(_OPENING)
    is_initial = len(word) == 1 and word.isupper() and word != "I"
    return is_initial or word.lower() in _ABBREVIATIONS


def _join_mute(sentences: list[str]) -> Iterator[str]:
    """Yield the sentences, with pieces that hold nothing to say joined to a neighbour."""
    waiting: list[str] = []
    for sentence in sentences:
        waiting.append(sentence)
        if any(character.isalnum() for character in sentence):
            yield " ".join(waiting)
            waiting = []
    if waiting:
        yield " ".join(waiting)


def blank_comments(line: str, inside: bool) -> tuple[str, bool, int]:
    """Return the line with blanks for comments, whether one goes on, and where that one began."""
    parts: list[str] = []
    at = opened = 0
    while at < len(line):
        if inside:
            end = line.find("-->", at)
            stop = len(line) if end < 0 else end + 3
            inside = end < 0
            parts.append(" " * (stop - at))
        else:
            opened = line.find("<!--", at)
            stop = len(line) if opened < 0 else opened + 4
            inside = opened >= 0
            parts.append(line[at:] if opened < 0 else line[at:opened] + "    ")
        at = stop
    return "".join(parts), inside, opened


def _header_to_lines(header: Header) -> Iterator[str]:
    standard = Header(title="", kind="", length=header.length)
    yield f"title: {quote_yaml(header.title)}"
    for name in ("summary", "kind"):
        if getattr(header, name):
            yield f"{name}: {quote_yaml(getattr(header, name))}"
    yield f"length: {_length_to_text(header.length)}"
    for name in ("bed", "bell", "closing_bell", "pacer", "eyes", "language"):
        value = getattr(header, name)
        if value != getattr(standard, name):
            yield f"{name}: {quote_yaml(value)}"
    for name in ("cautions", "sources", "when", "actions"):
        if values := getattr(header, name):
            yield f"{name}: [{', '.join(map(_quote_yaml_in_list, values))}]"


def quote_yaml(text: str) -> str:
    """Return the text as YAML reads it back, in double quotes where it needs them."""
    if _PLAIN.fullmatch(text) and text not in _UNTRUE_WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


def _quote_yaml_in_list(text: str) -> str:
    return quote_yaml(text) if "," not in text else json.dumps(text, ensure_ascii=False)


def _items_to_blocks(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        match item:
            case Repeat() | ForEachAnchor():
                opening = f"repeat {item.times} times" if isinstance(item, Repeat) else ""
                yield f"[{opening or 'for each anchor'}]"
                yield from _items_to_blocks(item.items)
                yield "[end]"
            case _:
                yield _item_to_text(item)


def _item_to_text(item: Item) -> str:
    match item:
        case Paragraph():
            return item.text
        case Affirmation():
            return f"> {item.text}"
        case OneOf():
            return "\n".join(["[one of]", *(f"- {choice}" for choice in item.choices)])
        case Pause() | Tense() | Release() | Write():
            return f"[{type(item).__name__.lower()} {_length_to_text(item.length)}]"
        case Breathe():
            cueing = "" if item.cueing is Cueing.THINNING else f", {item.cueing}"
            rounds = _rounds_to_text(item.rounds)
            return f"[breathe {pattern_to_text(item.pattern)}, {rounds}{cueing}]"
        case Bell() | Bed():
            return f"[{type(item).__name__.lower()} {item.name}".rstrip() + "]"
        case _:
            raise TypeError(f"{type(item).__name__} is no part of a script")


def pattern_to_text(pattern: Pattern) -> str:
    """Return a breath as it is written: `4-7-8`, `5.5-5.5`, `3+1-0-8`."""
    numbers = [pattern.exhale]
    if pattern.holds or len(pattern.inhale) > 1:
        numbers = [pattern.hold, pattern.exhale]
    if pattern.rest:
        numbers.append(pattern.rest)
    inhale = "+".join(map(number_to_text, pattern.inhale))
    return "-".join([inhale, *map(number_to_text, numbers)])


def _rounds_to_text(rounds: Rounds) -> str:
    if rounds.minimum == rounds.maximum:
        return f"{rounds.minimum} round" + "s" * (rounds.minimum > 1)
    return f"{rounds.minimum}-{rounds.maximum} rounds"


def _length_to_text(length: Elastic) -> str:
    whole_minutes = length.minimum_s % 60 == 0 and length.maximum_s % 60 == 0
    scale, unit = (60.0, " min") if whole_minutes else (1.0, "s")
    first = number_to_text(length.minimum_s / scale)
    if length.minimum_s == length.maximum_s:
        return first + unit
    return f"{first}-{number_to_text(length.maximum_s / scale)}{unit}"
