"""Going to sleep and waking, as logind tells it on the system bus of Linux."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable
from typing import Final

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BUS, BusLine, watch

_log = logging.getLogger(__name__)

_MANAGER: Final = "org.freedesktop.login1.Manager"
_LOGIND: Final = ("org.freedesktop.login1", "/org/freedesktop/login1", _MANAGER)
_SIGNAL: Final = "PrepareForSleep"
_RULES: Final = (
    f"type='signal',interface='{_MANAGER}',member='{_SIGNAL}',path='/org/freedesktop/login1'",
    f"type='signal',interface='{BUS[2]}',member='NameOwnerChanged',arg0='{_LOGIND[0]}'",
)

FADE_S: Final = 1.0
"""Sleep is held off this long, or the rest of the fade would be heard at waking: the fade itself
takes 0.3 s, and what the sound device holds already up to half a second. logind grants 5 s."""


class SleepWatch:
    """Calls back with True before the machine sleeps and with False once it is awake.

    Parameters
    ----------
    line
        To the system bus.
    on_sleep
        Called in the bus's thread: hand it on, and return at once.
    """

    def __init__(
        self, line: BusLine, on_sleep: Callable[[bool], None], fade_s: float = FADE_S
    ) -> None:
        self._line = line
        self._on_sleep = on_sleep
        self._fade_s = fade_s
        self._bus: MessageBus | None = None
        self._hold: int | None = None
        self._is_wanted = False
        self._turn = asyncio.Lock()
        self._line.keep(self._arrange)

    def close(self) -> None:
        """Listen no more, and hold nothing off. Safe to call twice."""
        self._line.drop(self._arrange)
        self._line.post(self._leave())

    async def _arrange(self, bus: MessageBus) -> None:
        self._release()
        if self._bus is not None:
            self._bus.remove_message_handler(self._hear)
        self._bus = bus
        bus.add_message_handler(self._hear)
        for rule in _RULES:
            await watch(bus, rule)
        await self._take_hold(bus)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == _LOGIND[0]:
            if message.body[2] and self._is_wanted and self._bus is not None:
                self._line.post(self._take_hold(self._bus))  # it came after us, or came back
            return
        is_ours = message.member == _SIGNAL and message.interface == _MANAGER
        if not is_ours or message.signature != "b":
            return
        going_to_sleep = bool(message.body[0])
        try:
            self._on_sleep(going_to_sleep)
        finally:
            self._line.post(self._let_sleep() if going_to_sleep else self._wake())

    async def _let_sleep(self) -> None:
        self._is_wanted = False
        if self._hold is not None:
            await asyncio.sleep(self._fade_s)
            self._release()

    async def _wake(self) -> None:
        if self._bus is not None:
            self._release()
            await self._take_hold(self._bus)

    async def _take_hold(self, bus: MessageBus) -> None:
        self._is_wanted = True
        async with self._turn:
            if self._hold is None and bus.connected:
                await self._ask_for_hold(bus)

    async def _ask_for_hold(self, bus: MessageBus) -> None:
        words = ["sleep", "voice-guide", "Fading out the session", "delay"]
        request = Message(
            destination=_LOGIND[0],
            path=_LOGIND[1],
            interface=_LOGIND[2],
            member="Inhibit",
            signature="ssss",
            body=words,
        )
        with contextlib.suppress(TimeoutError, OSError, EOFError):
            reply = await asyncio.wait_for(bus.call(request), 2.0)
            if reply and reply.message_type is MessageType.METHOD_RETURN and reply.unix_fds:
                self._hold = reply.unix_fds[0]
                if not self._is_wanted:  # closed, or asleep again, while logind was answering
                    self._release()
                return
        _log.info("sleep cannot be held off for the fade")

    def _release(self) -> None:
        if self._hold is not None:
            os.close(self._hold)
            self._hold = None

    async def _leave(self) -> None:
        self._is_wanted = False
        self._release()
        if self._bus is not None:
            self._bus.remove_message_handler(self._hear)
            self._bus = None
