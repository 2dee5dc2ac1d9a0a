"""Where everything stands in a TOML file: what a library reads, this finds again by its place.

tomllib says what a file means and nothing of where, so that neither a fault could be shown nor a
single value be changed. This walks over a text that tomllib has found right, and so needs to know
no more of TOML than where strings, comments and brackets end.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

Key = tuple[str, ...]
"""The whole path of a key: `("sound", "bed")`."""

_TOKEN: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'  # a last quote or two belong to the text
    r"|'''(?:[^']|'{1,2}(?!'))*'{3,5}"
    r'|"(?:[^"\\]|\\.)*"'
    r"|'[^']*'"
    r"|(?P<comment>\#[^\r\n]*)"
    r"|(?P<newline>\r\n?|\n)"
    r"|(?P<open>[\[{])"
    r"|(?P<close>[\]}])"
    r"|(?P<equals>=)"
    r"""|[^\[\]{}="'#\r\n]+""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One header or one `key = value`, with the comment behind it."""

    key: Key
    """Of a header the table that it opens."""
    table: Key
    """The table in which it stands; of a header the same as `key`."""
    line: int
    """1-based."""
    indent: str
    """The white space before it."""
    start: int
    """Offset of the first character of its first line."""
    end: int
    """Offset behind the line break of its last line."""
    value: slice | None
    """Where its value stands; None for a header."""
    inside: tuple[str, ...] = ()
    """The comments within its value, as a long list may have."""
    behind: str = ""
    """The comment at its end."""

    @property
    def is_header(self) -> bool:
        """Whether it opens a table."""
        return self.value is None

    @property
    def column(self) -> int:
        """1-based column of its first character that is not a space."""
        return len(self.indent) + 1


def find_statements(text: str) -> list[Statement]:
    """Return all there is in a text that tomllib reads without a fault, from top to bottom."""
    found: list[Statement] = []
    table: Key = ()
    line = 1
    for tokens in _split(text):
        first = next((one for one in tokens if _is_solid(one)), None)
        if first is not None:
            statement = _to_statement(text, tokens, first, line, table)
            table = statement.table
            found.append(statement)
        line += sum(_count_lines(one) for one in tokens)
    return found


def find_statement(statements: Sequence[Statement], key: Key) -> Statement | None:
    """Return what sets a key or opens a table; of a part of a value what sets the whole."""
    for length in range(len(key), 0, -1):
        for one in statements:
            if one.key[:length] == key[:length]:
                return one
    return None


def _split(text: str) -> Iterator[list[re.Match[str]]]:
    """Yield the tokens of each statement, of each comment and of each empty line."""
    tokens: list[re.Match[str]] = []
    depth = 0
    for token in _TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        tokens.append(token)
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup == "newline" and depth == 0:
            yield tokens
            tokens = []
    if tokens:
        yield tokens


def _to_statement(
    text: str, tokens: list[re.Match[str]], first: re.Match[str], line: int, table: Key
) -> Statement:
    start, end = tokens[0].start(), tokens[-1].end()
    indent = text[start : first.end() - len(first[0].lstrip())]
    comments = [one for one in tokens if one.lastgroup == "comment"]
    solid = [one for one in tokens if _is_solid(one)]
    last = solid[-1].end()
    behind = "".join(one[0] for one in comments if one.start() >= last)
    if first.lastgroup == "open":
        key = _read_key(text[first.start() : last].strip().strip("[]"))
        return Statement(key, key, line, indent, start, end, None, behind=behind)
    equals = next(one for one in solid if one.lastgroup == "equals")
    written = text[equals.end() : last]
    value = slice(last - len(written.lstrip(" \t")), last - len(written) + len(written.rstrip()))
    key = table + _read_key(text[start : equals.start()])
    inside = tuple(one[0] for one in comments if one.start() < last)
    return Statement(key, table, line, indent, start, end, value, inside, behind)


def _read_key(written: str) -> Key:
    """Return the parts of a key as it is written, dotted and quoted in any way."""
    tables = tomllib.loads(f"{written.strip()} = 0")
    parts: list[str] = []
    while isinstance(tables, dict):
        ((part, tables),) = tables.items()
        parts.append(part)
    return tuple(parts)


def _is_solid(token: re.Match[str]) -> bool:
    return token.lastgroup not in {"comment", "newline"} and not token[0].isspace()


def _count_lines(token: re.Match[str]) -> int:
    return len(re.findall(r"\r\n?|\n", token[0]))
