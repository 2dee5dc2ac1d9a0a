"""The icon for desktops with a session bus: GNOME's extension, Plasma, XFCE, LXQt, waybar.

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

from voice_guide.frontends.desktop.tray.icon import IconStatus, TrayIcon
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


async def connect() -> MessageBus | None:
    """Return a connection to the session bus, or None where none answers."""
    try:
        bus = MessageBus(bus_address(), BusType.SESSION)
        return await asyncio.wait_for(bus.connect(), CALL_S)
    except (OSError, EOFError, TimeoutError, DBusError, AuthError, InvalidAddressError) as error:
        _log.debug("no session bus: %s", error)
        return None


def until_lost(bus: Any) -> asyncio.Task[None]:
    """Return a task that ends with the connection, however that ends, and never fails."""

    async def wait() -> None:
        with contextlib.suppress(Exception):
            await bus.wait_for_disconnect()

    return asyncio.ensure_future(wait())


def bus_address() -> str:
    """Return where the session bus is, by the environment or in the user's runtime folder."""
    if given := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return given
    socket = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "bus"
    return f"unix:path={socket}"


class Icon(TrayIcon):
    """A StatusNotifierItem. `bus`, if given, is connected and runs in `bus_thread`."""

    HAS_DEFAULT_ACTION = True
    HAS_MENU = True
    HAS_MENU_RADIO = True

    def __init__(self, *arguments: Any, bus: MessageBus | None = None, **options: Any) -> None:
        if bus is not None and options.get("bus_thread") is None:
            raise ValueError("a bus comes with the thread that it runs in")
        super().__init__(*arguments, **options)
        self._bus = bus
        self._drawn: tuple[Picture | None, tuple[Pixmap, ...]] = (None, ())
        gestures = Gestures(
            self._activated, self._clicked_secondary, self._clicked_context, self._scrolled
        )
        self._item = ItemService(self._face(), gestures)
        self._menu_service = MenuService(lambda: self.menu, self._clicked)
        self._watch: Watch | None = None
        self._registered = False
        self._bus_name = f"org.kde.StatusNotifierItem-{os.getpid()}-{next(_counter)}"

    async def _live(self) -> None:
        delay_s = RETRY_FIRST_S
        shared, self._bus = self._bus, None
        while True:
            bus = shared if shared is not None and shared.connected else await connect()
            if bus is not None:
                delay_s = RETRY_FIRST_S
                try:
                    await self._serve(bus, shared=bus is shared)
                except Exception as error:
                    # A bus that dies while we arrive says so in many ways.
                    if bus.connected:
                        raise
                    _log.debug("the session bus is gone: %r", error)
            self._saw_host(False)
            await asyncio.sleep(delay_s)
            delay_s = min(2 * delay_s, RETRY_LAST_S)

    async def _serve(self, bus: MessageBus, *, shared: bool) -> None:
        """Be on this bus for as long as it lives."""
        watch = Watch(bus, self._bus_name, self._saw_host)
        lost = until_lost(bus)
        # Before anybody listens, so that nobody is told of what is new only to us.
        self._menu_service.refresh()
        try:
            bus.export(ITEM_PATH, self._item)
            bus.export(MENU_PATH, self._menu_service)
            await watch.open()
            self._watch, self._registered = watch, False
            self._refresh()
            await asyncio.wait([lost])
        finally:
            self._watch = None
            try:
                await watch.close()
            finally:
                bus.unexport(ITEM_PATH, self._item)
                bus.unexport(MENU_PATH, self._menu_service)
                if not shared:
                    bus.disconnect()
                    await asyncio.wait([lost], timeout=CALL_S)

    def _refresh(self) -> None:
        if self._watch is None:
            return
        self._item.show(self._face())
        self._menu_service.refresh()
        if self._shown != self._registered:
            self._registered = self._shown
            change = self._watch.show() if self._shown else self._watch.hide()
            self._switch = asyncio.ensure_future(change)

    def _face(self) -> Face:
        picture = self._icon
        if picture is not self._drawn[0]:
            self._drawn = (picture, as_pixmaps(picture) if picture else ())
        status = _STATUS[self._status] if self._shown else "Passive"
        return Face(self.name, self.title, self._tooltip, status, self._drawn[1])
