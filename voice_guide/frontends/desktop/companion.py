"""The companion: an icon in the tray, and all that one can reach a session by without a screen."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from dbus_fast import BusType

from voice_guide.errors import explain
from voice_guide.frontends.desktop.around.microphone import MicrophoneWatch
from voice_guide.frontends.desktop.around.others import OtherPlayers
from voice_guide.frontends.desktop.around.sleep import SleepWatch
from voice_guide.frontends.desktop.autostart import find_autostart
from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.face import Face, draw_face
from voice_guide.frontends.desktop.follower import Follower
from voice_guide.frontends.desktop.instance.claim import Instance, claim_or_ask
from voice_guide.frontends.desktop.instance.place import find_folder
from voice_guide.frontends.desktop.instance.wire import Reply
from voice_guide.frontends.desktop.media.mpris import Mpris
from voice_guide.frontends.desktop.menu import TrayMenu
from voice_guide.frontends.desktop.notify import Notice
from voice_guide.frontends.desktop.notify.freedesktop import DesktopNotifier
from voice_guide.frontends.desktop.tray.choose import choose, icon_class
from voice_guide.frontends.desktop.tray.icon import TrayIcon
from voice_guide.frontends.desktop.tray.loop import BusThread
from voice_guide.frontends.services import Services
from voice_guide.session import events

if TYPE_CHECKING:
    from voice_guide.session.controller import Controller

_log = logging.getLogger(__name__)

_NAME: Final = "voice-guide"
_READY_S: Final = 20.0
"""Loading what plays a session takes half a second; on a machine just started, some more."""


def run_companion(services: Services) -> int:
    """Be the companion until it is asked to leave; if there is one already, say so."""
    held = claim_or_ask(find_folder(), ("status",))
    if isinstance(held, Reply):
        print("voice-guide is in the tray already.")
        return 0
    with held:
        Companion(services, held).run()
    return 0


class Companion:
    """Puts the parts together: the tray, a second start, sleep, notices; and one session."""

    def __init__(self, services: Services, instance: Instance) -> None:
        self._services = services
        self._instance = instance
        self._leaving = threading.Event()
        self._loaded: Future[Controller] = Future()
        self._thread = BusThread()
        self._session_bus = BusLine(self._thread)
        self._system_bus = BusLine(self._thread, BusType.SYSTEM)
        self._notifier = DesktopNotifier(self._session_bus, self._say)
        self._commander = Commander(services, self._controller, self.leave)
        self._icon: TrayIcon | None = None

    def run(self) -> None:
        """Show the icon, and be there until asked to leave."""
        choice = choose(self._thread)
        if choice.kind == "none":
            self._say(f"{choice.reason} voice-guide is there all the same: voice-guide toggle")
        else:
            self._icon = self._make_icon(icon_class(choice))
            self._icon.run_detached(_show)
        # After the icon, which is what somebody waits for; before the first click.
        threading.Thread(target=self._load, name="load", daemon=True).start()
        sleep = SleepWatch(self._system_bus, self._go_to_sleep)
        self._instance.serve(self._commander.answer)
        try:
            # Without a time limit nothing wakes this thread, and a signal still does.
            self._leaving.wait()
        finally:
            sleep.close()
            self._close()

    def leave(self) -> None:
        """End the program, from any thread."""
        self._leaving.set()

    def _close(self) -> None:
        self._instance.close()
        if self._icon is not None:
            self._icon.stop()
        if self._loaded.done():
            self._loaded.result().close()
        self._notifier.close()
        self._session_bus.close()
        self._system_bus.close()
        self._thread.close()

    def _make_icon(self, kind: type[TrayIcon]) -> TrayIcon:
        menu = TrayMenu(
            self._services, self._commander, find_autostart(), self._tell_fault, self.leave
        )
        return kind(
            _NAME,
            draw_face(Face()),
            _NAME,
            menu.build(),
            on_secondary=lambda _: self._commander.send(events.Stop()),
            on_host_changed=self._host_changed,
            bus_thread=self._thread,
        )

    def _load(self) -> None:
        try:
            controller = self._services.controller(self._device())
            controller.subscribe(self._follower().see)
            self._loaded.set_result(controller)
        except Exception as error:  # noqa: BLE001 - the end of a thread: whoever waits is told
            self._loaded.set_exception(explain(error))

    def _follower(self) -> Follower:
        wishes = self._services.settings().companion
        microphone = MicrophoneWatch(self._pause) if wishes.pause_in_calls else None
        players = OtherPlayers(self._session_bus) if wishes.pause_others else None
        media = Mpris(self._session_bus, self._commander.press)
        return Follower(_NAME, self._icon, media, players, microphone, self._tell_fault)

    def _pause(self) -> None:
        self._commander.send(events.Pause())

    def _device(self) -> str | int | None:
        return self._services.settings().sound.device

    def _controller(self) -> Controller:
        return self._loaded.result(_READY_S)

    def _go_to_sleep(self, is_going: bool) -> None:
        # Waking up says nothing: whoever opens the lid is asked nothing and hears nothing.
        if is_going and self._loaded.done():
            self._loaded.result().send(events.Pause())

    def _host_changed(self, _icon: object, is_here: bool) -> None:
        if not is_here:
            words = "Bind “voice-guide toggle” to a key, or use the media keys meanwhile."
            self._notifier.show(Notice("This desktop shows no tray", words, slot="tray"))
        else:
            self._notifier.withdraw("tray")

    def _tell_fault(self, text: str) -> None:
        self._notifier.show(Notice(_NAME, text, slot="fault"))

    def _say(self, text: str) -> None:
        if sys.stderr is not None:
            with contextlib.suppress(OSError):
                print(text, file=sys.stderr)


def _show(icon: TrayIcon) -> None:
    icon.visible = True
