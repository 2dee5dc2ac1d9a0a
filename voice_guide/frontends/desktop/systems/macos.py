"""macOS: the menu bar, Now Playing and the notices of the system itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import AppKit

from voice_guide.frontends.desktop.media import OnCommand
from voice_guide.frontends.desktop.media.now_playing import NowPlayingCentre
from voice_guide.frontends.desktop.notify import Tell
from voice_guide.frontends.desktop.systems import OnGesture, OnHost
from voice_guide.frontends.desktop.systems.native import Native
from voice_guide.frontends.desktop.tray.names import Menu
from voice_guide.frontends.desktop.tray.native.macos import Icon
from voice_guide.frontends.desktop.tray.pixmap import Picture


class MacOS(Native):
    """A desktop with a menu bar, whose event loop is the program's main thread."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(tell)
        self._icon: Icon | None = None
        self._observers: list[Any] = []

    def icon(
        self,
        name: str,
        picture: Picture,
        menu: Menu,
        on_secondary: OnGesture,  # noqa: ARG002 - a menu bar hears no middle click
        on_context: OnGesture,  # noqa: ARG002 - there is always a menu
        on_host_changed: OnHost,
    ) -> Icon:
        """Make the tray icon."""
        self._icon = Icon(name, picture, name, menu, on_host_changed=on_host_changed)
        return self._icon

    def media(self, on_command: OnCommand) -> NowPlayingCentre:
        """Make the media keys."""
        return NowPlayingCentre(on_command)

    def watch_sleep(self, on_sleep: Callable[[bool], None]) -> None:
        """Call back with True before the machine sleeps and with False once it is awake."""
        for name, is_going in (
            (AppKit.NSWorkspaceWillSleepNotification, True),
            (AppKit.NSWorkspaceDidWakeNotification, False),
        ):
            self._observers.append(_observe(name, on_sleep, is_going))

    def stay(self, shown: Callable[[], None], leaving: threading.Event) -> None:
        """Show the icon, call `shown` when it is there, and return when it is time to leave."""
        if self._icon is None:
            leaving.wait()
            return

        def leave(icon: Icon) -> None:
            leaving.wait()
            icon.stop()

        def show(icon: Icon) -> None:
            icon.visible = True
            shown()
            # The main thread belongs to AppKit: another one waits for the end.
            threading.Thread(target=leave, args=(icon,), name="leave", daemon=True).start()

        self._icon.run(show)

    def close(self) -> None:
        """Take the icon and all notices away, and end every thread. Safe to call twice."""
        while self._observers:
            _centre().removeObserver_(self._observers.pop())
        if self._icon is not None:
            self._icon.stop()
        super().close()


def _centre() -> Any:
    return AppKit.NSWorkspace.sharedWorkspace().notificationCenter()


def _observe(name: str, on_sleep: Callable[[bool], None], is_going: bool) -> Any:
    return _centre().addObserverForName_object_queue_usingBlock_(
        name, None, None, lambda _notification: on_sleep(is_going)
    )
