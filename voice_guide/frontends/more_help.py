"""When to look for more help, and where: one text, a command or a click away."""

from __future__ import annotations

from voice_guide.store.paths import shipped
from voice_guide.store.reading import read_text


def more_help() -> str:
    """Return the text, for a screen or a page; it comes with the program and needs no network."""
    return read_text(shipped("scripts") / "en" / "more-help.txt").rstrip()
