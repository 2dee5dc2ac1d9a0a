"""Words laid out for the screen at hand, or for a pipe."""

from __future__ import annotations

import os
import sys
import unicodedata
from typing import Final

_PIPED: Final = 100
"""Columns where nobody watches."""
_NARROWEST: Final = 30
_WIDEST: Final = 120
"""Longer lines are hard to read."""
_JOINERS: Final = "\u200c\u200d"
"""Invisible, and part of how some words and signs are written."""
_WIDTHLESS: Final = ("Mn", "Me", "Cf")
"""Marks upon the letter before, and what is not drawn at all."""


def screen_width() -> int:
    """Return how many columns there are to write in."""
    # Without shutil, whose own imports take longer than all that is done here.
    try:
        columns = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError, AttributeError):
        return _PIPED
    return min(max(columns, _NARROWEST), _WIDEST) if columns else _PIPED


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Return the text in lines of at most so many columns; a longer word has a line of its own."""
    if len(indent) + columns_of(text) <= width:
        return [indent + text] if text else []
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if line and len(indent) + columns_of(longer) > width:
            lines.append(indent + line)
            longer = word
        line = longer
    return [*lines, indent + line]


def columns_of(text: str) -> int:
    """Return the columns that a text fills on a terminal: wide letters fill two, accents none."""
    if text.isascii():
        return len(text)
    return sum(
        0
        if unicodedata.category(one) in _WIDTHLESS
        else 1 + (unicodedata.east_asian_width(one) in "WF")
        for one in text
    )


def pad(text: str, columns: int) -> str:
    """Return the text with blanks up to so many columns."""
    return text + " " * (columns - columns_of(text))


def printable(text: str) -> str:
    """Return the text without anything that could move the cursor: a name may hold a line feed."""
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or one in _JOINERS else one.encode("unicode_escape").decode()
        for one in text
    )
