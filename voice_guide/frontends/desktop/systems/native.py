"""What Windows and macOS have in common: notices of the system's own, and what neither offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from voice_guide.frontends.desktop.busy import BLIND, Answer
from voice_guide.frontends.desktop.notify import Tell
from voice_guide.frontends.desktop.notify.native import NativeNotifier
from voice_guide.frontends.desktop.tray.loop import BusThread

_NO_HOTKEY: Final = (
    'The setting "hotkey" works on Linux with X11 alone. Bind "voice-guide toggle" to a key in the'
    " settings of your desktop instead."
)


class Native:
    """A system whose notices are shown from a thread of their own."""

    def __init__(self, tell: Tell) -> None:
        self._thread = BusThread()
        self.notifier = NativeNotifier(self._thread, tell)
        self._hotkey = ""

    def players(self) -> None:
        """Make nothing: other players go on."""

    def microphone(self, on_opened: Callable[[], None]) -> None:
        """Make nothing: calls are not noticed."""

    def busy(self) -> Answer:
        """Say nothing about the moment: nobody tells."""
        return BLIND

    def touches(self, on_touch: Callable[[], object]) -> None:
        """Make nothing: no ritual begins by itself where the desktop cannot be asked."""

    def watch_hotkey(
        self,
        keys: str,
        on_press: Callable[[], object],  # noqa: ARG002 - it is never pressed
        tell: Callable[[str], None],
    ) -> None:
        """Say once that there is none."""
        if keys and keys != self._hotkey:
            tell(_NO_HOTKEY)
        self._hotkey = keys

    def close(self) -> None:
        """Take all notices away, and end the thread. Safe to call twice."""
        self.notifier.close()
        self._thread.close()
