"""The companion: an icon in the tray, and all that one can reach a session by without a screen."""

from __future__ import annotations

import contextlib
import sys
import threading
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from voice_guide.ending import end_in_peace
from voice_guide.errors import explain
from voice_guide.frontends.desktop.autostart import find_autostart
from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.face import Face, draw_face
from voice_guide.frontends.desktop.follower import Follower
from voice_guide.frontends.desktop.instance.claim import Instance, claim_or_ask
from voice_guide.frontends.desktop.instance.place import find_folder
from voice_guide.frontends.desktop.instance.wire import Reply, Request
from voice_guide.frontends.desktop.menu.tree import TrayMenu
from voice_guide.frontends.desktop.notify import Button, Notice
from voice_guide.frontends.desktop.systems import System, find_system
from voice_guide.frontends.desktop.systems.memory import share_one_arena
from voice_guide.frontends.services import Services
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

if TYPE_CHECKING:
    from voice_guide.session.controller import Controller
    from voice_guide.store.settings import Companion as Choices
    from voice_guide.store.settings import Settings

_NAME: Final = "voice-guide"
_READY_S: Final = 20.0
"""Loading what plays a session takes half a second; on a machine just started, some more."""

_FAREWELL_S: Final = 0.4
"""Fade of a session that the program's end interrupts: no click, and soon over."""

_REMARK: Final = "remark"
"""Where a session's own remarks stand, which may hold for a while only."""

_HERE: Final = "voice-guide is in the tray, and a click on it begins. Ctrl-C ends it from here."

_NO_TRAY: Final = Notice(
    "This desktop shows no tray",
    "voice-guide is there all the same: bind “voice-guide toggle” to a key to begin and to pause,"
    " and use the media keys while it plays.",
    slot="tray",
)

_INSTEAD_OF_MENU: Final = Notice(
    "voice-guide",
    "A click begins, pauses and goes on; a middle click ends gently. For all sessions, say"
    " “voice-guide list” in a terminal, and “voice-guide play” with a name.",
    buttons=(Button("toggle", "Begin or pause"), Button("stop", "End"), Button("quit", "Quit")),
    slot="menu",
)
"""X trays show no menu."""


def run_companion(services: Services) -> int:
    """Be the companion until it is asked to leave; if there is one already, say so."""
    held = claim_or_ask(find_folder(), ("status",))
    if isinstance(held, Reply):
        print("voice-guide is in the tray already.")
        return 0
    share_one_arena()
    with held:
        companion = Companion(services, held, find_system(say))
        try:
            companion.run()
        finally:
            end_in_peace()
            companion.close()
    return 0


class Companion:
    """Puts the parts together: the tray, a second start, sleep, notices; and one session."""

    def __init__(self, services: Services, instance: Instance, system: System) -> None:
        # What runs for weeks sees a changed file, and goes on with what was good before.
        self._file = services.settings_file
        self._services = services = replace(services, settings=self._settings)
        self._instance = instance
        self._system = system
        self._leaving = threading.Event()
        self._loaded: Future[Controller] = Future()
        self._has_told_no_tray = self._has_told_tray = False
        self._notifier = system.notifier
        services.also_tell(lambda text: self._notifier.show(Notice(_NAME, text, slot="journal")))
        self._commander = Commander(
            services, self._controller, self._status, self.leave, self._tell_fault
        )
        self._menu = TrayMenu(
            services,
            self._commander,
            find_autostart(),
            self._notifier,
            self.leave,
            self._menu_changed,
        )
        self._icon = system.icon(
            _NAME,
            draw_face(Face()),
            self._menu.build(),
            on_secondary=lambda _: self._commander.stop(),
            on_context=lambda _: self._notifier.show(_INSTEAD_OF_MENU, self._pressed),
            on_host_changed=self._host_changed,
        )

    def run(self) -> None:
        """Show the icon, and be there until asked to leave."""
        self._system.watch_sleep(self._go_to_sleep)
        self._instance.serve(self._commander.answer)
        self._system.stay(self._begin_to_load, self._leaving)

    def leave(self) -> None:
        """End the program, from any thread."""
        self._leaving.set()

    def close(self) -> None:
        """Take all of it away again: sound, icon, notices and threads."""
        self._instance.close()
        if (rituals := self._commander.rituals) is not None:
            rituals.close()
        if (controller := self._ready()) is not None:
            controller.close(_FAREWELL_S)
        self._menu.close()
        self._icon.stop()
        self._system.close()

    def _begin_to_load(self) -> None:
        # After the icon, which is what somebody waits for; before the first click.
        threading.Thread(target=self._load, name="load", daemon=True).start()

    def _load(self) -> None:
        try:
            controller = self._services.controller(lambda: self._settings().sound.device)
            follower = self._follower()
            controller.subscribe(follower.see)
            self._wishes()
            self._loaded.set_result(controller)
        except Exception as error:  # noqa: BLE001 - the end of a thread: whoever waits is told
            self._loaded.set_exception(explain(error))
        else:
            self._look_after_rituals(controller, follower)
        self._menu.start()

    def _follower(self) -> Follower:
        system = self._system
        return Follower(
            _NAME,
            self._icon,
            system.media(self._commander.press),
            system.players(),
            system.microphone(self._pause),
            wishes=self._wishes,
            tell=self._tell_fault,
            remark=self._remark,
        )

    def _look_after_rituals(self, controller: Controller, follower: Follower) -> None:
        # Loaded once the icon is there, as is all that sounds.
        from voice_guide.frontends.desktop.rituals.hosting import Desk  # noqa: PLC0415
        from voice_guide.frontends.desktop.rituals.offering import Rituals  # noqa: PLC0415
        from voice_guide.frontends.desktop.rituals.suggesting import suggest  # noqa: PLC0415

        desk = Desk(
            self._notifier,
            self._commander,
            follower,
            busy=self._system.busy,
            touches=self._system.touches,
            tell=self._tell_fault,
        )
        try:
            rituals = self._commander.rituals = Rituals(self._services)
            rituals.begin(desk)
            controller.subscribe(self._see)
            suggest(self._services, self._notifier, rituals.change, self._tell_fault)
        except Exception as error:  # noqa: BLE001 - sessions play all the same
            self._tell_fault(str(explain(error)))

    def _see(self, status: Status) -> None:
        if status.state is Mode.ENDED:
            self._look_at_rituals()  # one may have waited for the session's end

    def _look_at_rituals(self) -> None:
        if (rituals := self._commander.rituals) is not None:
            rituals.hasten()

    def _controller(self) -> Controller:
        return self._loaded.result(_READY_S)

    def _ready(self) -> Controller | None:
        is_ready = self._loaded.done() and self._loaded.exception() is None
        return self._loaded.result() if is_ready else None

    def _status(self) -> Status:
        # The menu asks before anything is loaded, and the icon comes only when it has its answer.
        controller = self._ready()
        return controller.status if controller is not None else Status()

    def _pause(self) -> None:
        self._commander.send(events.Pause())

    def _go_to_sleep(self, is_going: bool) -> None:
        # Waking up says nothing: whoever opens the lid hears nothing, and sees what is late.
        if not is_going:
            self._look_at_rituals()
        elif (controller := self._ready()) is not None:
            controller.send(events.Pause())

    def _host_changed(self, _icon: object, is_here: bool) -> None:
        if is_here:
            self._notifier.withdraw(_NO_TRAY.slot)
            if not self._has_told_tray and sys.stderr is not None and sys.stderr.isatty():
                say(_HERE)  # or a terminal would stand still without a word
            self._has_told_tray = True
        elif not self._has_told_no_tray:
            self._has_told_no_tray = True  # once is enough, however often a panel comes and goes
            self._notifier.show(_NO_TRAY)

    def _menu_changed(self) -> None:
        self._icon.update_menu()

    def _pressed(self, key: str) -> None:
        # Away from the thread that shows notices: to begin a session takes a moment.
        threading.Thread(target=self._carry_out, args=(key,), name="notice", daemon=True).start()

    def _carry_out(self, word: str) -> None:
        try:
            self._commander.answer(Request((word,)))
        except Exception as error:  # noqa: BLE001 - told to the listener
            self._tell_fault(str(explain(error)))

    def _settings(self) -> Settings:
        settings = self._file().current()
        if (fault := self._file().take_fault()) is not None:
            words = f"{fault}\nUntil then all stays as it was before."
            self._notifier.show(Notice("Your settings have a fault", words, slot="settings"))
        return settings

    def _wishes(self) -> Choices:
        """Return what the listener wishes now; another hotkey is heard from then on."""
        wishes = self._settings().companion
        self._system.watch_hotkey(wishes.hotkey, self._commander.toggle, self._tell_fault)
        return wishes

    def _remark(self, text: str) -> None:
        if text:
            self._notifier.show(Notice(_NAME, text, slot=_REMARK))
        else:
            self._notifier.withdraw(_REMARK)

    def _tell_fault(self, text: str) -> None:
        self._notifier.show(Notice(_NAME, text, slot="fault"))


def say(text: str) -> None:
    """Say this where the companion was started, if somebody may read it there."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(text, file=sys.stderr)
