"""One entry of a header, a key and what stands behind it, read at once where it is plain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from voice_guide.script.syntax.directions import Wrong


class Text(NamedTuple):
    """A scalar and its place within the entry."""

    text: str
    lines_down: int
    offset: int

    def wrong(self, found: str, expected: str = "", hint: str = "") -> Wrong:
        """Return a fault at this place."""
        return Wrong(found, expected, hint, self.offset, self.lines_down)


class Entry(NamedTuple):
    """A key, and its value or values."""

    key: Text
    values: tuple[Text, ...]
    is_list: bool


# What YAML is sure to read as it stands: words that begin with a letter or digit, without a colon
# or a cross that could end them, or quotes without an escape. In a list also without its signs.
_QUOTED: Final = r"\"[^\"\\]*\"|'[^']*'"
_SCALAR: Final = rf"(?P<scalar>{_QUOTED}|[^\W_](?:[^:#]|:(?! |$)|(?<! )#)*)"
_KEY: Final = re.compile(r"(?P<key>(?!null:)[A-Za-z][\w-]*):(?: +|$)")
_VALUE: Final = re.compile(rf"{_SCALAR} *")
_DASHED: Final = re.compile(rf" *- +{_SCALAR} *")
_LISTED: Final = re.compile(rf" *(?P<scalar>{_QUOTED}|[^\W_][^\[\]{{}},:?#]*) *(?:,|$)")


def read_entry(text: str) -> Entry:
    """Return the entry that the text means; raise `Wrong` where it is none.

    Nearly all are plain, and read here. YAML reads the others, some 35 times as slowly; both
    read the same.
    """
    entry = read_plain(text)
    if entry is None:
        from voice_guide.script.syntax.yaml_entry import read_yaml  # noqa: PLC0415 (rarely needed)

        return read_yaml(text)
    return entry


def read_plain(text: str) -> Entry | None:
    """Return the entry where it is plain, or None."""
    first, *rest = text.rstrip("\n").split("\n")
    match = _KEY.match(first)
    if match is None or not all(line.isprintable() for line in (first, *rest)):
        return None
    key = Text(match["key"], 0, 0)
    inner = first[match.end() :].rstrip(" ")
    if rest:
        values = [] if inner else list(_read_dashed(rest))
        return Entry(key, tuple(values), True) if len(values) == len(rest) else None
    if inner.startswith("[") and inner.endswith("]"):
        values = list(_read_listed(inner[1:-1], match.end() + 1))
        return Entry(key, tuple(values), True) if values else None
    value = _VALUE.fullmatch(inner)
    return Entry(key, (_match_to_text(value, 0, match.end()),), False) if value else None


def _read_dashed(lines: list[str]) -> Iterator[Text]:
    """Yield the items of a list below its key, as far as they are plain and stand evenly."""
    indents = {len(line) - len(line.lstrip(" ")) for line in lines}
    for down, line in enumerate(lines, 1):
        match = _DASHED.fullmatch(line)
        if match is None or len(indents) > 1:
            return
        yield _match_to_text(match, down, 0)


def _read_listed(inner: str, offset: int) -> list[Text]:
    """Return the items of a list in brackets, or none where one of them is not plain."""
    values: list[Text] = []
    at = 0
    while at < len(inner):
        match = _LISTED.match(inner, at)
        if match is None or (match[0].endswith(",") and match.end() == len(inner)):
            return []
        values.append(_match_to_text(match, 0, offset))
        at = match.end()
    return values


def _match_to_text(match: re.Match[str], down: int, offset: int) -> Text:
    written = match["scalar"]
    is_quoted = written[0] in "\"'"
    text = " ".join((written[1:-1] if is_quoted else written).split())
    if text == "null" and not is_quoted:
        text = ""
    return Text(text, down, offset + match.start("scalar"))
