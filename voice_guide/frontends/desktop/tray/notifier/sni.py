"""The icon on desktops with a session bus: GNOME's extension, Plasma, XFCE, LXQt, waybar.

On GNOME a single click always opens the menu, by that extension's design: put the default item
first. A right click is drawn by the panel from the menu that we serve.

When the bus goes away the icon waits, and is back as soon as one answers at the same address. A
bus at a new address cannot be found from inside a program that runs: it has to be started again.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
from pathlib import Path
from typing import Any, Final

from dbus_fast import AuthError, BusType, DBusError, InvalidAddressError
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.tray.icon import IconStatus, OnHost, TrayIcon
from voice_guide.frontends.desktop.tray.loop import CALL_S
from voice_guide.frontends.desktop.tray.notifier.item import (
    ITEM_PATH,
    Face,
    Gestures,
    ItemService,
    Status,
)
from voice_guide.frontends.desktop.tray.notifier.menu import MENU_PATH, MenuService
from voice_guide.frontends.desktop.tray.notifier.watcher import Watch
from voice_guide.frontends.desktop.tray.pixmap import Picture, Pixmap, as_pixmaps

_log = logging.getLogger(__name__)

_counter = itertools.count(1)

RETRY_FIRST_S: Final = 0.5
RETRY_LAST_S: Final = 60.0
"""Between looks for a bus that went away: doubled from the first to the last."""

_STATUS: Final[dict[IconStatus, Status]] = {
    "active": "Active",
    "passive": "Passive",
    "attention": "NeedsAttention",
}


def bus_address() -> str:
    """Return where the session bus is, by the environment or in the user's runtime folder."""
    if given := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return given
    socket = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "bus"
    return f"unix:path={socket}"


class StatusItem:
    """The icon as a StatusNotifierItem, on the session bus and on every one that follows it."""

    def __init__(self, icon: TrayIcon, on_host: OnHost) -> None:
        self._icon = icon
        self._on_host = on_host
        self._drawn: tuple[Picture | None, tuple[Pixmap, ...]] = (None, ())
        gestures = Gestures(
            icon._activated, icon._clicked_secondary, icon._clicked_context, icon._scrolled
        )
        self._item = ItemService(self._face(), gestures)
        self._menu = MenuService(lambda: icon.menu, icon._clicked)
        self._watch: Watch | None = None
        self._registered = False
        self._bus_name = f"org.kde.StatusNotifierItem-{os.getpid()}-{next(_counter)}"

    async def live(self) -> None:
        """Be there until cancelled."""
        delay_s = RETRY_FIRST_S
        while True:
            bus = await _connect()
            if bus is not None:
                delay_s = RETRY_FIRST_S
                try:
                    await self._serve(bus)
                except Exception as error:
                    # A bus that dies while we arrive says so in many ways.
                    if bus.connected:
                        raise
                    _log.debug("the session bus is gone: %r", error)
            self._on_host(False)
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, RETRY_LAST_S)

    def refresh(self) -> None:
        """Show everything as it is now."""
        if self._watch is None:
            return
        self._item.show(self._face())
        self._menu.refresh()
        shown = self._icon._shown
        if shown != self._registered:
            self._registered = shown
            change = self._watch.show() if shown else self._watch.hide()
            self._switch = asyncio.ensure_future(change)

    async def _serve(self, bus: MessageBus) -> None:
        """Be on this bus for as long as it lives."""
        watch = Watch(bus, self._bus_name, self._on_host)
        lost = _until_lost(bus)
        # Before anybody listens, so that nobody is told of what is new only to us.
        self._menu.refresh()
        try:
            bus.export(ITEM_PATH, self._item)
            bus.export(MENU_PATH, self._menu)
            await watch.open()
            self._watch, self._registered = watch, False
            self.refresh()
            await asyncio.wait([lost])
        finally:
            self._watch = None
            try:
                await watch.close()
            finally:
                bus.unexport(ITEM_PATH, self._item)
                bus.unexport(MENU_PATH, self._menu)
                bus.disconnect()
                await asyncio.wait([lost], timeout=CALL_S)

    def _face(self) -> Face:
        icon = self._icon
        picture = icon.icon
        if picture is not self._drawn[0]:
            self._drawn = (picture, as_pixmaps(picture) if picture else ())
        status = _STATUS[icon.status] if icon._shown else "Passive"
        return Face(icon.name, icon.title, icon.tooltip, status, self._drawn[1])


async def _connect() -> MessageBus | None:
    """Return a connection to the session bus, or None where none answers."""
    try:
        bus = MessageBus(bus_address(), BusType.SESSION)
        return await asyncio.wait_for(bus.connect(), CALL_S)
    except (OSError, EOFError, TimeoutError, DBusError, AuthError, InvalidAddressError) as error:
        _log.debug("no session bus: %s", error)
        return None


def _until_lost(bus: Any) -> asyncio.Task[None]:
    """Return a task that ends with the connection, however that ends, and never fails."""

    async def wait() -> None:
        with contextlib.suppress(Exception):
            await bus.wait_for_disconnect()

    return asyncio.ensure_future(wait())
