"""org.kde.StatusNotifierWatcher: where an icon is made known, again after each panel restart."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from dbus_fast import DBusError, Message, MessageType, NameFlag, RequestNameReply, Variant
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.tray.loop import CALL_S

_log = logging.getLogger(__name__)

WATCHER: Final = "org.kde.StatusNotifierWatcher"
WATCHER_PATH: Final = "/StatusNotifierWatcher"

_BUS: Final = "org.freedesktop.DBus"
_OWNED: Final = (RequestNameReply.PRIMARY_OWNER, RequestNameReply.ALREADY_OWNER)
_RULES: Final = (
    f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{WATCHER}'",
    f"type='signal',sender='{WATCHER}',interface='{WATCHER}',path='{WATCHER_PATH}'",
)


class Watch:
    """Keeps one icon known to whatever panel there is. Lives in the bus thread.

    Parameters
    ----------
    name
        The bus name that the icon goes by while it is shown.
    on_host
        Is told whether some panel shows icons; may be told the same twice.
    """

    def __init__(self, bus: MessageBus, name: str, on_host: Callable[[bool], None]) -> None:
        self._bus = bus
        self._name = name
        self._service = name
        self._on_host = on_host
        self._wanted = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begin to listen for panels that come and go."""
        self._bus.add_message_handler(self._hear)
        for rule in _RULES:
            await self._ask_bus("AddMatch", "s", rule)

    async def close(self) -> None:
        """Take the icon away, and leave a bus that others use as it was."""
        for task in self._tasks:
            task.cancel()
        if self._bus.connected:
            self._bus.remove_message_handler(self._hear)
            await self.hide()
            for rule in _RULES:
                await self._ask_bus("RemoveMatch", "s", rule)

    async def show(self) -> None:
        """Make the icon known, now and to every panel that comes."""
        self._wanted = True
        flags = NameFlag.DO_NOT_QUEUE.value
        reply = await self._ask_bus("RequestName", "su", self._name, flags)
        owned = reply in {r.value for r in _OWNED}
        # A sandbox may refuse the name. The connection's own does as well, only that the icon
        # then cannot be taken away before the connection ends.
        self._service = self._name if owned else str(self._bus.unique_name)
        await self._register()

    async def hide(self) -> None:
        """Take the icon away: panels drop an icon whose name is gone."""
        self._wanted = False
        if self._service == self._name:
            await self._ask_bus("ReleaseName", "s", self._name)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == WATCHER:
            if message.body[2]:
                self._start()
            else:
                self._on_host(False)
        elif message.interface == WATCHER and message.member in {
            "StatusNotifierHostRegistered",
            "StatusNotifierHostUnregistered",
        }:
            self._start(again=False)

    def _start(self, *, again: bool = True) -> None:
        task = asyncio.ensure_future(self._register() if again else self._look())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _register(self) -> None:
        if self._wanted:
            await self._ask(
                WATCHER, WATCHER_PATH, WATCHER, "RegisterStatusNotifierItem", "s", self._service
            )
        await self._look()

    async def _look(self) -> None:
        get = "org.freedesktop.DBus.Properties"
        reply = await self._ask(
            WATCHER, WATCHER_PATH, get, "Get", "ss", WATCHER, "IsStatusNotifierHostRegistered"
        )
        self._on_host(isinstance(reply, Variant) and reply.value is True)

    async def _ask_bus(self, member: str, *call: Any) -> Any:
        return await self._ask(_BUS, "/org/freedesktop/DBus", _BUS, member, *call)

    async def _ask(self, to: str, path: str, interface: str, member: str, *call: Any) -> Any:
        """Return the first value of the answer; None when there is none, and why in the log."""
        if not self._bus.connected:  # it would end another connection: see `call` in `bus`
            return None
        signature, *body = call
        message = Message(
            destination=to,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
        try:
            reply = await asyncio.wait_for(self._bus.call(message), CALL_S)
        except (OSError, EOFError, DBusError, TimeoutError) as error:
            _log.debug("%s did not answer %s: %s", to, member, error)
            return None
        if reply is None or reply.message_type is MessageType.ERROR:
            _log.debug("%s refused %s: %s", to, member, reply.body if reply else "gone")
            return None
        return reply.body[0] if reply.body else None
