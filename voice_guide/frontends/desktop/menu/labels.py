"""The words of the menu, from what there is to see of a session."""

from __future__ import annotations

from typing import Final

from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.frontends.wording import lengths_to_text
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

GAP: Final = "  ·  "
_LONGEST: Final = 60
"""Characters of a title; a menu is as wide as its longest line."""

_PHASES: Final = {
    "in": "breathing in",
    "hold": "holding",
    "out": "breathing out",
    "rest": "resting",
    "tense": "tightening",
    "release": "letting go",
    "write": "writing",
}


def begin_label(status: Status, ritual_waiting: str | None = None) -> str:
    """Return what a click on the icon does."""
    match status.state:
        case Mode.PAUSED:
            return "Resume"
        case Mode.PREPARING | Mode.PLAYING if not status.is_ending:
            return "Pause"
    return f"Start {shorten(ritual_waiting)}" if ritual_waiting else "Breathe now"


def now_label(status: Status) -> str:
    """Return how long it goes on, what is heard, and where it is."""
    minutes, seconds = divmod(int(max(0.0, status.length_s - status.position_s)), 60)
    # The time first: a panel cuts off what grows while the menu is open.
    parts = [f"{minutes}:{seconds:02d} left"] if status.length_s else []
    parts += [shorten(status.title) or "One moment", _PHASES.get(status.phase, status.section)]
    return GAP.join(part for part in parts if part)


def session_label(entry: CatalogueEntry) -> str:
    """Return a session as it is offered, or why it is not."""
    mark = " (your own)" if entry.own else ""
    if entry.fault:
        return f"{shorten(entry.id.rpartition('/')[2])}{mark}: cannot be played yet"
    return f"{shorten(entry.title)}{mark}{GAP}{lengths_to_text(*entry.length_s)}"


def bed_label(name: str) -> str:
    """Return a sound underneath in words: `Warm drone`."""
    return "Silence" if name == "none" else shorten(name.replace("-", " ").capitalize())


def shorten(text: str) -> str:
    """Return a title that a menu can hold."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"
