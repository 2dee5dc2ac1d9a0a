"""Media keys and headset buttons: one small interface, and a module for each system behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """What a lock screen shows of a session, and what its buttons may do."""

    is_playing: bool
    """False while it is paused."""
    title: str
    section: str = ""
    position_s: float = 0.0
    """At the moment it is shown; from there it is counted on while playing."""
    length_s: float = 0.0
    """0 until it is known."""
    volume: float = 1.0
    """0 to 1, as on a slider."""
    can_skip: bool = True
    can_go_back: bool = True
    can_seek: bool = False


class Press(Enum):
    """A button without a number."""

    PLAY = auto()
    PAUSE = auto()
    TOGGLE = auto()
    STOP = auto()
    SKIP = auto()
    BACK = auto()


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to this moment of the session."""

    position_s: float


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Play at this level of a slider, 0 to 1."""

    volume: float


@dataclass(frozen=True, slots=True)
class Open:
    """Begin the session in this file; what is wrong with it is raised as a `VoiceGuideError`."""

    path: str


MediaCommand = Press | Seek | SetVolume | Open
OnCommand = Callable[[MediaCommand], None]
"""Called in a thread of the media keys: hand it on, and return at once; `Open` may take a while."""


class MediaControls(Protocol):
    """The media keys, ours only between `show` and `hide`. All calls come from one thread."""

    def show(self, now: NowPlaying) -> None:
        """Take the keys, or bring up to date what is shown; cheap to call with every status."""

    def hide(self) -> None:
        """Give the keys back to whoever had them."""

    def close(self) -> None:
        """Hide, and never show again. Safe to call twice."""
