"""Notices on the desktop, used sparingly: one small interface, with the ways to show them behind.

On Linux `freedesktop` speaks to the daemon over the line that is there anyway. desktop-notifier
would cost 31 ms, 2.5 MB and a second connection, and can neither replace a notice nor say that
nobody showed it; it serves Windows and macOS, in `native`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Button:
    """Something a listener may do about a notice."""

    key: str
    """What is given back; empty stands for a click on the notice itself."""
    label: str


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing a listener should know."""

    title: str
    message: str = ""
    buttons: tuple[Button, ...] = ()
    slot: str = ""
    """A later notice of the same slot takes the place of this one."""
    expires_s: float | None = None
    """How long it stands there; None leaves it to the desktop, 0 is until it is closed."""

    @property
    def text(self) -> str:
        """The notice as one line, for where it cannot be shown."""
        return f"{self.title}: {self.message}" if self.message else self.title


OnPressed = Callable[[str], None]
"""Called with the key of a button, in a thread of the notifier: hand it on, and return at once."""

Tell = Callable[[str], None]
"""Says a line elsewhere; called when no desktop shows a notice."""


def ignore(_key: str) -> None:
    """Do nothing about a button."""


class Notifier(Protocol):
    """Shows notices. Every method may be called from any thread, and returns at once."""

    def show(self, notice: Notice, on_pressed: OnPressed = ignore) -> None:
        """Show this; where nobody can, tell it as text."""

    def withdraw(self, slot: str) -> None:
        """Take the notice of this slot away, if it stands there."""

    def close(self) -> None:
        """Take all away that has a slot. Safe to call twice."""
