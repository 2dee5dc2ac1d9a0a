"""Reads the tables of a TOML text, beyond lines that cannot be read."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from voice_guide.errors import Fault

_MOST: Final = 20
"""Faults of spelling after which the rest is left alone: it may not be such a file at all."""

_LARGE: Final = 10_000
"""Characters from which on one fault is enough: each is looked for by reading again and again."""

_FAR: Final = 50
"""Lines over which a quote or a list that was left open is looked for."""

_SHOWN: Final = 60

_EXPECTED: Final = {
    "Invalid value": 'a number, true, false, a list in [ ], or text in quotes: "…"',
    "Expected '=' after a key": "name = value",
    "Invalid statement": "name = value, or the name of a table: [voice]",
    "Invalid initial character for a key part": "name = value",
    "Illegal character '\\n'": 'text that ends with the quote it began with: "…"',
    "Found invalid character '\\n'": "text that ends with the quote it began with: '…'",
    "Unterminated string": 'text that ends with the quote it began with: "…"',
    'Expected "\'"': "text that ends with the quote it began with: '…'",
    "Expected ']' at the end of a table": "the name of a table in brackets: [voice]",
    "Expected newline or end of document": "one setting a line",
    "Unescaped '\\' in a string": r"\\ for each \, or text in single quotes: '…'",
    "Unclosed array": "a list that ends with ]",
    "Cannot overwrite a value": "each setting once",
    "Duplicate inline table key": "each setting once",
    "Cannot declare": "each table once",
}
"""What is right where tomllib's fault begins so; its own words are told where none is here."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What a text says."""

    values: dict[str, Any]
    text: str
    """What was read: as it was given, but for lines that were left out and are empty here."""
    faults: tuple[Fault, ...]


def read_tables(text: str) -> Tables:
    r"""Return the tables in a text with line ends as `\n`, and a fault for what cannot be read."""
    lines = text.split("\n")
    faults: list[Fault] = []
    most = _MOST if len(text) < _LARGE else 1
    while len(faults) < most:
        try:
            text = "\n".join(lines)
            return Tables(tomllib.loads(text), text, tuple(faults))
        except tomllib.TOMLDecodeError as error:
            reason, _, place = str(error).rpartition(" (at ")
            numbers = [int(one) for one in re.findall(r"\d+", place)]
            met, column = numbers if len(numbers) == 2 else (len(lines), 1)
            first = _find_first(lines, met - 1) if most > 1 else met - 1
            faults.append(_to_fault(reason, lines[first], first, column if first == met - 1 else 1))
            _leave_out(lines, first, met)
        except RecursionError:
            faults.append(Fault(1, 1, "it holds lists within lists, too deep to be read"))
            break
    return Tables({}, "", tuple(faults))


def _find_first(lines: list[str], met: int) -> int:
    """Return where what cannot be read begins: a quote or a list may be left open for many lines.

    `met` and what is returned count from 0.
    """
    near = range(met, max(0, met - _FAR), -1)
    return next((one for one in near if _reads(lines[:one])), met if met > _FAR else 0)


def _leave_out(lines: list[str], first: int, met: int) -> None:
    """Empty all lines that hang on the fault, or they would be called wrong, too."""
    is_header = lines[first].lstrip().startswith("[")
    name = re.match(r"\s*\[+\s*([\w.-]+)", lines[first])
    if name and _reads([*lines[:first], f"[{name[1]}]"]):
        lines[first] = f"[{name[1]}]"  # what stands under it can be looked at all the same
        return
    lines[first] = ""
    if first == met - 1 and not is_header:
        return
    for index in range(first + 1, len(lines)):
        line = lines[index].strip()
        if line.startswith("[") if is_header else line and line[0] != "#" and _reads([line]):
            break
        lines[index] = ""


def _reads(lines: list[str]) -> bool:
    try:
        tomllib.loads("\n".join(lines))
    except (tomllib.TOMLDecodeError, RecursionError):
        return False
    return True


def _to_fault(reason: str, line: str, index: int, column: int) -> Fault:
    shown = line.strip()
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    expected = next((what for why, what in _EXPECTED.items() if reason.startswith(why)), "")
    why = "" if expected else f": {reason[:1].lower()}{reason[1:]}"
    found = f"`{shown}` cannot be read{why}" if shown else f"the text breaks off here{why}"
    return Fault(index + 1, column, found, expected)
