"""The icon in the menu bar of macOS: pystray's own, mended.

All that AppKit is asked happens in the main thread, where `run` has to be called, and no callback
runs there. A left click acts, any other opens the menu, whose labels are alive while it is open.
"""

from __future__ import annotations

import io
import logging
import signal
from collections.abc import Callable, Iterable
from typing import Any, Final

import AppKit
import Foundation
from PyObjCTools import AppHelper, MachSignals
from pystray._darwin import Icon as Native

from voice_guide.frontends.desktop.tray.calls import Calls
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.notifier.layout import DEFAULTS, Entry, Layout
from voice_guide.frontends.desktop.tray.pixmap import Picture, at_size

_log = logging.getLogger(__name__)

_DENSE: Final = 2
"""Pixels a point on the screens of today's Macs."""


class Icon(Native):  # type: ignore[misc] # pystray has no types
    """pystray's `Icon`, whose setters and methods may be called from any thread.

    To be made, and run, in the main thread.

    Parameters
    ----------
    icon
        One image, or a list of the same one drawn at several sizes.
    on_host_changed
        Icon and True, once it is shown: there is always a menu bar.
    """

    HAS_DEFAULT_ACTION = True
    HAS_NOTIFICATION = False

    def __init__(
        self,
        name: str,
        icon: Picture | None = None,
        title: str | None = None,
        menu: Menu | None = None,
        *,
        on_host_changed: Callable[[Any, bool], object] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, icon, title, menu, **options)
        self.on_host_changed = on_host_changed
        self._calls = Calls()
        self._layout = Layout()
        self._lines: dict[int, Any] = {}
        self._menu_handle = (None, _Picks(self._clicked))
        self._asked = False
        self._shown = False
        self._drawn: Picture | None = None
        # Neither in the Dock nor among the programs that one switches between.
        self._app.setActivationPolicy_(AppKit.NSApplicationActivationPolicyAccessory)
        buttons = AppKit.NSEventMaskLeftMouseUp | AppKit.NSEventMaskRightMouseUp
        self._status_item.button().sendActionOn_(buttons)

    # What pystray asks of a back end.

    def _run(self) -> None:
        self._run_detached()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            MachSignals.signal(number, lambda _number: self._stop())
        try:
            self._app.run()
        finally:
            self._visible = False
            self._status_bar.removeStatusItem_(self._status_item)
            self._calls.close()

    def _run_detached(self) -> None:
        self._calls.start()
        self._mark_ready()

    def _stop(self) -> None:
        AppHelper.callAfter(super()._stop)

    def _show(self) -> None:
        self._shown = True
        self._ask()
        self._calls.add(self.on_host_changed, self, True)

    def _hide(self) -> None:
        self._shown = False
        self._ask()

    def _update_icon(self) -> None:
        self._icon_valid = True
        self._ask()

    def _update_title(self) -> None:
        self._ask()

    def _update_menu(self) -> None:
        self._ask()

    # In the main thread.

    def _ask(self) -> None:
        # Cleared before the state is read, so a request that finds it set is always served.
        if not self._asked:
            self._asked = True
            AppHelper.callAfter(self._refresh)

    def _refresh(self) -> None:
        self._asked = False
        try:
            button = self._status_item.button()
            if self._shown:
                self._assert_image()
                button.setToolTip_(self.title)
            button.setHidden_(not self._shown)
            self._read_menu()
        except Exception:  # noqa: BLE001 - what is raised here would end the event loop
            _log.exception("the tray icon could not be brought up to date")

    def _assert_image(self) -> None:
        picture = self.icon
        if picture is self._drawn or not picture:
            return
        side = int(self._status_bar.thickness())
        file = io.BytesIO()
        at_size(picture, side * _DENSE).save(file, "png")
        image = AppKit.NSImage.alloc().initWithData_(Foundation.NSData(file.getvalue()))
        image.setSize_((side, side))
        image.setAccessibilityDescription_(self.name)
        self._status_item.button().setImage_(image)
        self._drawn = picture

    def _read_menu(self) -> None:
        """Write new labels into the menu, open or not; make it anew when its entries are others."""
        change = self._layout.refresh(self.menu)
        if change.restructured:
            self._lines = {}
            menu = self._build(self._layout.root.children)
            self._menu_handle = (menu, self._menu_handle[1])
        else:
            for number in change.updated:
                entry, line = self._layout.find(number), self._lines.get(number)
                if entry is not None and line is not None:
                    _dress(line, entry)

    def _build(self, entries: Iterable[Entry]) -> Any:
        menu = AppKit.NSMenu.alloc().initWithTitle_(self.name)
        menu.setAutoenablesItems_(False)
        for entry in entries:
            line = self._make(entry)
            self._lines[entry.number] = line
            menu.addItem_(line)
        return menu

    def _make(self, entry: Entry) -> Any:
        if entry.kind == "separator":
            line = AppKit.NSMenuItem.separatorItem()
        else:
            line = AppKit.NSMenuItem.alloc().initWithTitle_action_keyEquivalent_(
                "", self._MENU_ITEM_SELECTOR, ""
            )
            line.setTarget_(self._delegate)
            # A number is never given out twice: a click on a menu that was open while it was made
            # anew meets the entry that the person saw, or nothing.
            line.setTag_(entry.number)
            if entry.kind == "submenu":
                line.setSubmenu_(self._build(entry.children))
        _dress(line, entry)
        return line

    def __call__(self) -> None:
        """Act on a click: the default entry for the left button, the menu for any other."""
        event = self._app.currentEvent()
        if event is None or not _is_secondary(event):
            self._calls.add(super().__call__)
            return
        self._read_menu()
        # With a menu a status item opens it at every click: so it has one for this click alone.
        self._status_item.setMenu_(self._menu_handle[0])
        self._status_item.button().performClick_(None)
        self._status_item.setMenu_(None)

    def _clicked(self, number: int) -> None:
        entry = self._layout.find(number)
        if entry is not None and entry.kind == "leaf" and entry.item is not None:
            self._calls.add(self._pick, entry.item)

    # Away from the main thread.

    def _pick(self, item: MenuItem) -> None:
        try:
            item(self)
        finally:
            self.update_menu()


class _Picks:
    """What pystray's delegate takes for its list of callbacks: one for each number of an entry."""

    def __init__(self, pick: Callable[[int], None]) -> None:
        self._pick = pick

    def __getitem__(self, number: int) -> Callable[[Any], None]:
        return lambda _icon: self._pick(number)


def _dress(line: Any, entry: Entry) -> None:
    told = DEFAULTS | dict(entry.properties)
    line.setHidden_(not told["visible"])
    if entry.kind != "separator":
        line.setTitle_(told["label"])
        line.setEnabled_(told["enabled"])
        line.setState_(AppKit.NSOnState if told["toggle-state"] == 1 else AppKit.NSOffState)


def _is_secondary(event: Any) -> bool:
    with_control = event.modifierFlags() & AppKit.NSEventModifierFlagControl
    return bool(event.type() == AppKit.NSEventTypeRightMouseUp or with_control)
