"""Windows: the notification area, the media display and the notices of the system itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from voice_guide.frontends.desktop.busy import Answer
from voice_guide.frontends.desktop.busy.windows import find_busy
from voice_guide.frontends.desktop.media import OnCommand
from voice_guide.frontends.desktop.media.smtc import Smtc
from voice_guide.frontends.desktop.notify import Tell
from voice_guide.frontends.desktop.systems import OnGesture, OnHost
from voice_guide.frontends.desktop.systems.native import Native
from voice_guide.frontends.desktop.tray.names import Menu
from voice_guide.frontends.desktop.tray.native.windows import Icon
from voice_guide.frontends.desktop.tray.pixmap import Picture

_LOOK_S: Final = 1.0
"""Ctrl-C reaches a thread that waits only between two waits, on Windows."""


class Windows(Native):
    """A desktop with Explorer."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(tell)
        self._icon: Icon | None = None

    def icon(
        self,
        name: str,
        picture: Picture,
        menu: Menu,
        on_secondary: OnGesture,
        on_context: OnGesture,  # noqa: ARG002 - there is always a menu
        on_host_changed: OnHost,
    ) -> Icon:
        """Make the tray icon."""
        self._icon = Icon(
            name,
            picture,
            name,
            menu,
            on_secondary=on_secondary,
            on_host_changed=on_host_changed,
        )
        return self._icon

    def media(self, on_command: OnCommand) -> Smtc:
        """Make the media keys."""
        return Smtc(on_command)

    def busy(self) -> Answer:
        """Ask whether this is a bad moment."""
        return find_busy()

    def watch_sleep(self, on_sleep: Callable[[bool], None]) -> None:
        """Call back with True before the machine sleeps and with False once it is awake."""
        if self._icon is not None:
            self._icon.on_sleep = on_sleep  # its window is what Windows tells

    def stay(self, shown: Callable[[], None], leaving: threading.Event) -> None:
        """Show the icon, call `shown` when it is there, and return when it is time to leave."""

        def show(icon: Icon) -> None:
            icon.visible = True
            shown()

        if self._icon is not None:
            self._icon.run_detached(show)
        while not leaving.wait(_LOOK_S):
            pass

    def close(self) -> None:
        """Take the icon and all notices away, and end every thread. Safe to call twice."""
        if self._icon is not None:
            self._icon.stop()
        super().close()
