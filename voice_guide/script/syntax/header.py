"""The lines between `---` and `---`: a flat table of text and lists, read key by key.

Each entry is read on its own, so that a slip in one hides nothing in the others. Only plain
YAML is taken: no anchors, aliases, tags or nesting, and so nothing that grows when read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, NoReturn

import yaml

from voice_guide.errors import Fault
from voice_guide.script.model import Elastic, Header
from voice_guide.script.syntax.directions import Wrong, did_you_mean, quote, read_length

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


class _Text(NamedTuple):
    """A scalar and its place within the entry."""

    text: str
    lines_down: int
    offset: int

    def wrong(self, found: str, expected: str = "", hint: str = "") -> Wrong:
        return Wrong(found, expected, hint, self.offset, self.lines_down)


class _Entry(NamedTuple):
    key: _Text
    values: tuple[_Text, ...]
    is_list: bool


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
            entry = _read_entry(text)
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


def _read_entry(text: str) -> _Entry:
    try:
        return _events_to_entry(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at_the_end = mark is not None and mark.line >= text.count("\n")
        if mark is None or (at_the_end and mark.column >= len(text) - text.rfind("\n") - 1):
            mark = error.context_mark or mark  # what was left open, and not where the text ended
        down, offset = (mark.line, mark.column) if mark else (0, 0)
        down = min(down, text.count("\n"))
        hint = "Put double quotes round a value with a colon or another sign in it"
        raise Wrong(
            "a header line that cannot be read", "key: value", hint, offset, down
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # odd signs, odd escapes
        raise Wrong("a character that cannot be read", "plain text") from error


def _events_to_entry(text: str) -> _Entry:
    frame = yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent
    events = (
        event
        for event in yaml.parse(text, Loader=yaml.SafeLoader)
        if not isinstance(event, (*frame, yaml.DocumentEndEvent))
    )
    if not isinstance(next(events, None), yaml.MappingStartEvent) or text[0] in "{?":
        raise Wrong(f"{quote(text)} in the header", "key: value")
    key = _event_to_text(next(events))
    first = next(events)
    is_list = isinstance(first, yaml.SequenceStartEvent)
    values: list[_Text] = []
    if is_list:
        _refuse_extras(first)
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(_event_to_text(event))
    else:
        values.append(_event_to_text(first))
    after = next(events)
    if not isinstance(after, yaml.MappingEndEvent) or next(events, None) is not None:
        raise Wrong("something after the value", "one key a line", *_place(after))
    return _Entry(key, tuple(values), is_list)


def _event_to_text(event: Any) -> _Text:
    _refuse_extras(event)
    if not isinstance(event, yaml.ScalarEvent):
        raise Wrong("a value within a value", "text or a plain list", *_place(event))
    text = " ".join(event.value.split())
    if event.style is None and text in ("~", "null"):
        text = ""
    if UNSPEAKABLE.search(event.value):
        raise Wrong("a control character", "plain text", *_place(event))
    _, offset, down = _place(event)
    return _Text(text, down, offset)


def _place(event: Any) -> tuple[str, int, int]:
    """Return what follows `expected` in `Wrong`: no hint, the offset, the lines down."""
    return "", event.start_mark.column, event.start_mark.line


def _refuse_extras(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
        hint = "Put double quotes round text that begins with &, * or !"
        _, offset, down = _place(event)
        raise Wrong("an anchor, an alias or a tag", "plain text", hint, offset, down)


def _read_key(key: _Text, seen: dict[str, int]) -> str:
    name = key.text.replace("-", "_")
    if name not in _FIELDS:
        expected = "one of " + ", ".join(_FIELDS)
        raise key.wrong(f"an unknown key {quote(key.text)}", expected, did_you_mean(name, _FIELDS))
    if name in seen:
        raise key.wrong(f"{name} a second time", f"each key once; line {seen[name]} has it too")
    return name


def _read_text(entry: _Entry) -> str:
    if entry.is_list:
        raise _first(entry).wrong(f"a list for {entry.key.text}", "text")
    if not entry.values[0].text:
        raise entry.key.wrong(f"{entry.key.text} without a value", "text after the colon")
    return entry.values[0].text


def _read_list(entry: _Entry) -> tuple[str, ...]:
    for value in entry.values:
        if not value.text:
            raise value.wrong(f"an empty value in {entry.key.text}", "text, or [] for none")
    return tuple(value.text for value in entry.values)


def _read_name(entry: _Entry) -> str:
    text = _read_text(entry)
    if not _NAME.fullmatch(text):
        expected = "one name of letters, digits and hyphens, as in singing-bowl"
        raise _first(entry).wrong(f"{quote(text)} where the name of a sound belongs", expected)
    return text


def _read_language(entry: _Entry) -> str:
    text = _read_text(entry)
    if not _LANGUAGE.fullmatch(text):
        raise _first(entry).wrong(f"the language {quote(text)}", "a short code, as in en or en-US")
    return text


def _read_length(entry: _Entry) -> Elastic:
    text = _read_text(entry)
    place = _first(entry)
    try:
        return read_length(text, LONGEST_SESSION_S)
    except Wrong as wrong:
        raise place.wrong(wrong.found, wrong.expected, wrong.hint) from None


def _one_of(known: tuple[str, ...]) -> Callable[[_Entry], str]:
    def read(entry: _Entry) -> str:
        text = _read_text(entry)
        if text not in known:
            raise _first(entry).wrong(
                f"an unknown {entry.key.text} {quote(text)}",
                "one of " + ", ".join(known),
                did_you_mean(text, known),
            )
        return text

    return read


def _first(entry: _Entry) -> _Text:
    return entry.values[0] if entry.values else entry.key


_FIELDS: Final[dict[str, Callable[[_Entry], object]]] = {
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
