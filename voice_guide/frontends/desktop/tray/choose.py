"""Which kind of tray this desktop has, and why."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from typing import Final, Literal

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.tray.icon import TrayIcon
from voice_guide.frontends.desktop.tray.loop import CALL_S, BusThread
from voice_guide.frontends.desktop.tray.notifier.watcher import WATCHER
from voice_guide.frontends.desktop.tray.sni import connect, until_lost

_log = logging.getLogger(__name__)

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
    """Look at the desktop and return what fits; takes milliseconds, and at most a few seconds.

    Nothing at all may be there yet when a program starts at login: then it is `sni`, which waits.
    When its `on_host_changed` says that no panel came, look again: an X tray may have.
    """
    looking = thread or BusThread()
    try:
        return _choose(looking)
    finally:
        if thread is None:
            looking.close()


def icon_class(choice: Choice) -> type[TrayIcon]:
    """Return the backend's `Icon`; with nothing at all, the one that waits for a bus."""
    if choice.kind == "xembed":
        # Imported only where it is needed: python-xlib takes 20 ms and 2 MB.
        from voice_guide.frontends.desktop.tray.xembed import Icon as Embedded  # noqa: PLC0415

        return Embedded
    from voice_guide.frontends.desktop.tray.sni import Icon as Notifier  # noqa: PLC0415

    return Notifier


def _choose(thread: BusThread) -> Choice:
    found = _look(thread, settle_s=0.0)
    if found == "watcher":
        return Choice("sni", "The desktop has a tray on its session bus.")
    if not _has_old_tray():
        if found == "bus":
            return Choice("sni", "The session bus answers; a tray may come any time.")
        return Choice("none", "There is neither a session bus nor an X tray.")
    # i3bar, tint2 or trayer: a session bus answers there too, but the icon would wait in vain.
    if found == "bus" and _look(thread, settle_s=SETTLE_S) == "watcher":
        return Choice("sni", "The desktop has a tray on its session bus.")
    return Choice("xembed", "There is an X tray, and none on the session bus.")


def _look(thread: BusThread, settle_s: float) -> Literal["watcher", "bus", "nothing"]:
    try:
        return thread.run(_find(settle_s), 3 * CALL_S)
    except (TimeoutError, OSError, EOFError) as error:
        _log.debug("the session bus did not answer: %s", error)
        return "nothing"


async def _find(settle_s: float) -> Literal["watcher", "bus", "nothing"]:
    bus = await connect()
    if bus is None:
        return "nothing"
    lost = until_lost(bus)
    deadline = asyncio.get_running_loop().time() + settle_s
    try:
        while not (found := await _has_watcher(bus)):
            if asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(_LOOK_S)
        return "watcher" if found else "bus"
    finally:
        bus.disconnect()
        await asyncio.wait([lost], timeout=1.0)


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
    reply = await asyncio.wait_for(bus.call(question), CALL_S)
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
