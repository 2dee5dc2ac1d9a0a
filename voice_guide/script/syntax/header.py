"""The lines between `---` and `---`: a flat table of text and lists, read key by key.

Each entry is read on its own, so that a slip in one hides nothing in the others. Only plain
YAML is taken: no anchors, aliases, tags or nesting, and so nothing that grows when read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn

from voice_guide.errors import Fault
from voice_guide.script.model import Elastic, Header
from voice_guide.script.syntax.directions import Wrong, did_you_mean, quote, read_length
from voice_guide.script.syntax.entry import Entry, Text, read_entry

KINDS: Final = (
    "breathing",
    "relaxation",
    "grounding",
    "kindness",
    "moments",
    "rituals",
    "path",
)
LONGEST_SESSION_S: Final = 3 * 3600.0
MOST_FAULTS: Final = 100
"""Beyond these a file is something other than a script, and more faults help nobody."""
_MOST_CHARACTERS: Final = 20_000
_REQUIRED: Final = {"title": "Evening rest", "kind": "breathing", "length": "3-12 min"}

UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters and halves of characters; a tab and a line feed are neither."""
_LINE_BREAKS = str.maketrans("\t\u2028\u2029", "   ")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}")


class EnoughFaults(Exception):
    """As many faults as anyone will read."""


class Faults:
    """The faults met so far."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, line: int, column: int, found: str, expected: str = "", hint: str = "") -> None:
        """Keep a fault; raise `EnoughFaults` when no more are wanted."""
        self.found.append(Fault(line, column, found, expected, hint))
        if len(self.found) >= MOST_FAULTS:
            raise EnoughFaults

    def stop(self, line: int, column: int, found: str, expected: str) -> NoReturn:
        """Keep a fault beyond which there is no point in reading on."""
        self.found.append(Fault(line, column, found, expected))
        raise EnoughFaults

    def add_wrong(self, wrong: Wrong, line: int, column: int) -> None:
        """Keep what a reader found wrong in a text that begins at this place."""
        down = wrong.lines_down
        column = wrong.offset + (column if down == 0 else 1)
        self.add(line + down, column, wrong.found, wrong.expected, wrong.hint)


def read_header(lines: list[str], line: int, faults: Faults) -> Header | None:
    """Return the header from its lines, the first of which has number `line`."""
    if sum(map(len, lines)) > _MOST_CHARACTERS:
        faults.add(line, 1, "a header as long as a book", "a few short lines and then ---")
        return None
    before = len(faults.found)
    values: dict[str, Any] = {}
    seen: dict[str, int] = {}
    places: list[tuple[str, int, int]] = []
    for number, text in _split_entries(lines, line):
        try:
            entry = read_entry(text)
            name = _read_key(entry.key, seen)
            seen[name] = number + entry.key.lines_down
            values[name] = _FIELDS[name](entry)
            places += [
                (name, number + place.lines_down, place.offset + 1)
                for place in entry.values or (entry.key,)
            ]
        except Wrong as wrong:
            faults.add_wrong(wrong, number, 1)
    for name, example in _REQUIRED.items():
        if name not in seen:
            faults.add(max(1, line - 1), 1, f"a header without {name}", f"{name}: {example}")
    if len(faults.found) > before:
        return None
    return Header(**values, places=tuple(places))


def _split_entries(lines: list[str], line: int) -> Iterator[tuple[int, str]]:
    """Yield each entry, a key's line and the lines that go on from it, with its line number."""
    entry: list[str] = []
    start = line
    for number, text in enumerate(lines, line):
        begins = bool(text) and not text[0].isspace() and text[0] not in "#-]}"
        if begins and entry:
            yield start, "\n".join(entry)
            entry = []
        if not entry and (not text.strip() or text.startswith("#")):
            continue
        if not entry:
            start = number
        entry.append(text.translate(_LINE_BREAKS))
    if entry:
        yield start, "\n".join(entry)


def _read_key(key: Text, seen: dict[str, int]) -> str:
    name = key.text.replace("-", "_")
    if name not in _FIELDS:
        expected = "one of " + ", ".join(_FIELDS)
        raise key.wrong(f"an unknown key {quote(key.text)}", expected, did_you_mean(name, _FIELDS))
    if name in seen:
        raise key.wrong(f"{name} a second time", f"each key once; line {seen[name]} has it too")
    return name


def _read_text(entry: Entry) -> str:
    if entry.is_list:
        raise _first(entry).wrong(f"a list for {entry.key.text}", "text")
    if not entry.values[0].text:
        raise entry.key.wrong(f"{entry.key.text} without a value", "text after the colon")
    return entry.values[0].text


def _read_list(entry: Entry) -> tuple[str, ...]:
    for value in entry.values:
        if not value.text:
            raise value.wrong(f"an empty value in {entry.key.text}", "text, or [] for none")
    return tuple(value.text for value in entry.values)


def _read_name(entry: Entry) -> str:
    text = _read_text(entry)
    if not _NAME.fullmatch(text):
        expected = "one name of letters, digits and hyphens, as in singing-bowl"
        raise _first(entry).wrong(f"{quote(text)} where the name of a sound belongs", expected)
    return text


def _read_language(entry: Entry) -> str:
    text = _read_text(entry)
    if not _LANGUAGE.fullmatch(text):
        raise _first(entry).wrong(f"the language {quote(text)}", "a short code, as in en or en-US")
    return text


def _read_length(entry: Entry) -> Elastic:
    text = _read_text(entry)
    place = _first(entry)
    try:
        return read_length(text, LONGEST_SESSION_S)
    except Wrong as wrong:
        raise place.wrong(wrong.found, wrong.expected, wrong.hint) from None


def _one_of(known: tuple[str, ...]) -> Callable[[Entry], str]:
    def read(entry: Entry) -> str:
        text = _read_text(entry)
        if text not in known:
            raise _first(entry).wrong(
                f"an unknown {entry.key.text} {quote(text)}",
                "one of " + ", ".join(known),
                did_you_mean(text, known),
            )
        return text

    return read


def _first(entry: Entry) -> Text:
    return entry.values[0] if entry.values else entry.key


_FIELDS: Final[dict[str, Callable[[Entry], object]]] = {
    "title": _read_text,
    "summary": _read_text,
    "kind": _one_of(KINDS),
    "length": _read_length,
    "bed": _read_name,
    "bell": _read_name,
    "closing_bell": _read_name,
    "pacer": _read_name,
    "eyes": _one_of(("closed", "open")),
    "cautions": _read_list,
    "sources": _read_list,
    "when": _read_list,
    "actions": _read_list,
    "language": _read_language,
}
