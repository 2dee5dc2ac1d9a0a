"""Which kind of tray this desktop has, and why."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Final, Literal

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.tray.icon import TrayIcon
from voice_guide.frontends.desktop.tray.loop import BusThread
from voice_guide.frontends.desktop.tray.notifier.watcher import WATCHER
from voice_guide.frontends.desktop.tray.sni import connect, until_lost

Kind = Literal["sni", "xembed", "none"]

SETTLE_S: Final = 0.3
"""A panel that brings both kinds, as XFCE's does, has the second one ready by then."""

_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Choice:
    """The backend to take."""

    kind: Kind
    reason: str
    """In plain words: what was found, or what is missing."""


def choose(thread: BusThread | None = None) -> Choice:
    """Look at the desktop and return what fits; takes milliseconds, and at most a few seconds."""
    looking = thread or BusThread()
    try:
        return looking.run(_choose(), 15.0)
    except TimeoutError:
        return Choice("none", "The desktop did not answer.")
    finally:
        if thread is None:
            looking.close()


def icon_class(choice: Choice) -> type[TrayIcon]:
    """Return the backend's `Icon`. Raises ValueError for `none`."""
    if choice.kind == "sni":
        from voice_guide.frontends.desktop.tray.sni import Icon as Notifier  # noqa: PLC0415

        return Notifier
    if choice.kind == "xembed":
        # Imported only where it is needed: python-xlib takes 20 ms and 2 MB.
        from voice_guide.frontends.desktop.tray.xembed import Icon as Embedded  # noqa: PLC0415

        return Embedded
    raise ValueError(choice.reason)


async def _choose() -> Choice:
    bus = await connect()
    if bus is None:
        if await asyncio.to_thread(_has_old_tray):
            return Choice("xembed", "There is no session bus, but an X tray.")
        return Choice("none", "There is neither a session bus nor an X tray.")
    try:
        return await _choose_on(bus)
    finally:
        lost = until_lost(bus)
        bus.disconnect()
        await asyncio.wait([lost], timeout=1.0)


async def _choose_on(bus: MessageBus) -> Choice:
    if await _has_watcher(bus):
        return Choice("sni", "The desktop has a tray on its session bus.")
    # i3bar, tint2 or trayer: a session bus answers there too, but the icon would wait in vain.
    if not await asyncio.to_thread(_has_old_tray):
        return Choice("sni", "The session bus answers; a tray may come any time.")
    deadline = asyncio.get_running_loop().time() + SETTLE_S
    while asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(_LOOK_S)
        if await _has_watcher(bus):
            return Choice("sni", "The desktop has a tray on its session bus.")
    return Choice("xembed", "There is an X tray, and none on the session bus.")


async def _has_watcher(bus: MessageBus) -> bool:
    """Say whether a watcher runs."""
    question = Message(
        destination="org.freedesktop.DBus",
        path="/org/freedesktop/DBus",
        interface="org.freedesktop.DBus",
        member="NameHasOwner",
        signature="s",
        body=[WATCHER],
    )
    reply = await asyncio.wait_for(bus.call(question), 2.0)
    return bool(reply and reply.message_type is MessageType.METHOD_RETURN and reply.body[0])


def _has_old_tray() -> bool:
    """Say whether some window owns the selection that X trays own."""
    if not os.environ.get("DISPLAY"):
        return False
    from Xlib import display, error  # noqa: PLC0415 - not needed on most desktops

    try:
        screen = display.Display()
    except (error.DisplayError, error.XError, OSError):
        return False
    try:
        atom = screen.intern_atom(f"_NET_SYSTEM_TRAY_S{screen.get_default_screen()}")
        return bool(screen.get_selection_owner(atom))
    finally:
        screen.close()
