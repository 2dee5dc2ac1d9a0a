"""Linux: everything that asks the desktop something does so over D-Bus, in one thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dbus_fast import BusType

from voice_guide.frontends.desktop.around.logout import LogoutWatch
from voice_guide.frontends.desktop.around.microphone import MicrophoneWatch
from voice_guide.frontends.desktop.around.others import OtherPlayers
from voice_guide.frontends.desktop.around.sleep import SleepWatch
from voice_guide.frontends.desktop.around.touches import TouchWatch, may_watch
from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.busy import Answer
from voice_guide.frontends.desktop.busy.linux import find_busy
from voice_guide.frontends.desktop.media import OnCommand
from voice_guide.frontends.desktop.media.mpris import Mpris
from voice_guide.frontends.desktop.notify import Tell
from voice_guide.frontends.desktop.notify.freedesktop import DesktopNotifier
from voice_guide.frontends.desktop.systems import OnGesture, OnHost
from voice_guide.frontends.desktop.tray.linux import Icon
from voice_guide.frontends.desktop.tray.loop import BusThread
from voice_guide.frontends.desktop.tray.names import Menu
from voice_guide.frontends.desktop.tray.notifier.sni import bus_address
from voice_guide.frontends.desktop.tray.pixmap import Picture

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.around.hotkey import Hotkey


class Linux:
    """A desktop with a session bus, an X tray, or neither yet."""

    def __init__(self, tell: Tell) -> None:
        self._thread = BusThread()
        self._session_bus = BusLine(self._thread, address=bus_address())
        self._system_bus = BusLine(self._thread, BusType.SYSTEM)
        self.notifier = DesktopNotifier(self._session_bus, tell)
        self._icon: Icon | None = None
        self._sleep: SleepWatch | None = None
        self._hotkey: Hotkey | None = None
        self._logout: LogoutWatch | None = None

    def icon(
        self,
        name: str,
        picture: Picture,
        menu: Menu,
        on_secondary: OnGesture,
        on_context: OnGesture,
        on_host_changed: OnHost,
    ) -> Icon:
        """Make the tray icon."""
        self._icon = Icon(
            name,
            picture,
            name,
            menu,
            on_secondary=on_secondary,
            on_context=on_context,
            on_host_changed=on_host_changed,
            bus_thread=self._thread,
        )
        return self._icon

    def media(self, on_command: OnCommand) -> Mpris:
        """Make the media keys."""
        return Mpris(self._session_bus, on_command)

    def players(self) -> OtherPlayers:
        """Make what pauses other players."""
        return OtherPlayers(self._session_bus)

    def microphone(self, on_opened: Callable[[], None]) -> MicrophoneWatch:
        """Make what notices a call."""
        return MicrophoneWatch(on_opened)

    def busy(self) -> Answer:
        """Ask whether this is a bad moment."""
        return find_busy(self._thread, self._session_bus)

    def touches(self, on_touch: Callable[[], object]) -> TouchWatch | None:
        """Make what calls back at each key and click, on X11."""
        return TouchWatch(on_touch) if may_watch() else None

    def watch_sleep(self, on_sleep: Callable[[bool], None]) -> None:
        """Call back with True before the machine sleeps and with False once it is awake."""
        self._sleep = SleepWatch(self._system_bus, on_sleep)

    def watch_hotkey(
        self, keys: str, on_press: Callable[[], object], tell: Callable[[str], None]
    ) -> None:
        """Call back at each press of this key from now on, and of no other; of none when empty."""
        if self._hotkey is not None and self._hotkey.text == keys:
            return
        if self._hotkey is not None:
            self._hotkey.close()
            self._hotkey = None
        if keys:
            # It brings the X library along, which is of no use without one.
            from voice_guide.frontends.desktop.around.hotkey import Hotkey  # noqa: PLC0415

            self._hotkey = Hotkey(keys, on_press, tell)

    def stay(self, shown: Callable[[], None], leaving: threading.Event) -> None:
        """Show the icon, call `shown` when it is there, and return when it is time to leave."""

        def show(icon: Icon) -> None:
            icon.visible = True
            shown()

        if self._icon is not None:
            self._icon.run_detached(show)
        self._logout = LogoutWatch(self._session_bus, leaving.set)
        # Without a time limit nothing wakes this thread, and a signal still does.
        leaving.wait()

    def close(self) -> None:
        """Take the icon and all notices away, and end every thread. Safe to call twice."""
        if self._hotkey is not None:
            self._hotkey.close()
        if self._sleep is not None:
            self._sleep.close()
        if self._logout is not None:
            self._logout.close()
        if self._icon is not None:
            self._icon.stop()
        self.notifier.close()
        self._session_bus.close()
        self._system_bus.close()
        self._thread.close()
