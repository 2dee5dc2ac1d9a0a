"""What Linux, Windows and macOS do differently, behind one interface: a module for each system."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Protocol

from voice_guide.frontends.desktop.busy import Answer
from voice_guide.frontends.desktop.media import MediaControls, OnCommand
from voice_guide.frontends.desktop.notify import Notifier, Tell
from voice_guide.frontends.desktop.tray.names import Menu
from voice_guide.frontends.desktop.tray.pixmap import Picture


class Icon(Protocol):
    """What is used of pystray's `Icon`; from any thread."""

    icon: Picture | None
    title: str

    def update_menu(self) -> None:
        """Show every label and mark as it is now."""

    def stop(self) -> None:
        """Take the icon away, and end what serves it."""


class Players(Protocol):
    """Those that may play beside us."""

    def pause(self) -> None:
        """Pause whoever plays now."""

    def resume(self) -> None:
        """Let those go on."""


class Microphone(Protocol):
    """Tells when another program begins to record."""

    def start(self) -> None:
        """Watch from now on."""

    def stop(self) -> None:
        """Watch no more. Safe to call twice."""


class Watch(Protocol):
    """Something that is told from when it is made until it is closed."""

    def close(self) -> None:
        """Watch no more. Safe to call twice."""


OnGesture = Callable[[object], None]
"""Is given the icon."""
OnHost = Callable[[object, bool], None]
"""Is given the icon, and whether there is a tray that shows it."""


class System(Protocol):
    """Makes the parts of this system, each at most once; what a system does not have is None."""

    @property
    def notifier(self) -> Notifier:
        """Shows notices."""

    def icon(
        self,
        name: str,
        picture: Picture,
        menu: Menu,
        on_secondary: OnGesture,
        on_context: OnGesture,
        on_host_changed: OnHost,
    ) -> Icon:
        """Make the tray icon; it is not there before `stay`.

        `on_secondary` hears the middle click; `on_context` the right one where no menu is shown.
        """

    def media(self, on_command: OnCommand) -> MediaControls:
        """Make the media keys."""

    def players(self) -> Players | None:
        """Make what pauses other players."""

    def microphone(self, on_opened: Callable[[], None]) -> Microphone | None:
        """Make what notices a call."""

    def busy(self) -> Answer:
        """Ask whether this is a bad moment; takes up to two seconds."""

    def touches(self, on_touch: Callable[[], object]) -> Watch | None:
        """Make what calls back at each key and click anywhere; None where nobody is told."""

    def watch_sleep(self, on_sleep: Callable[[bool], None]) -> None:
        """Call back with True before the machine sleeps and with False once it is awake."""

    def watch_hotkey(
        self, keys: str, on_press: Callable[[], object], tell: Callable[[str], None]
    ) -> None:
        """Call back at each press of this key from now on, and of no other; of none when empty.

        What keeps it from working is told in a sentence. To be called by one thread at a time.
        """

    def stay(self, shown: Callable[[], None], leaving: threading.Event) -> None:
        """Show the icon, call `shown` when it is there, and return when it is time to leave.

        To be called in the program's main thread.
        """

    def close(self) -> None:
        """Take the icon and all notices away, and end every thread. Safe to call twice."""


def find_system(tell: Tell) -> System:
    """Return the parts of the system that this is; `tell` says what no notice can show."""
    # Imported here: each of them needs libraries that the others do not have.
    if sys.platform == "win32":
        from voice_guide.frontends.desktop.systems.windows import Windows  # noqa: PLC0415

        return Windows(tell)
    if sys.platform == "darwin":
        from voice_guide.frontends.desktop.systems.macos import MacOS  # noqa: PLC0415

        return MacOS(tell)
    from voice_guide.frontends.desktop.systems.linux import Linux  # noqa: PLC0415

    return Linux(tell)
