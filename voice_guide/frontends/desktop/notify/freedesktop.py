"""Notices on Linux: org.freedesktop.Notifications 1.2, on the line that is there anyway."""

from __future__ import annotations

import asyncio
import contextlib
import html
import logging
from dataclasses import dataclass
from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BusLine, Unanswered, call, watch
from voice_guide.frontends.desktop.notify import Notice, OnPressed, Tell, ignore

_log = logging.getLogger(__name__)

_NAME: Final = "org.freedesktop.Notifications"
_PLACE: Final = (_NAME, "/org/freedesktop/Notifications", _NAME)
_RULE: Final = f"type='signal',sender='{_NAME}',interface='{_NAME}'"
_CLICK: Final = "default"  # the key of a click on the notice itself, says the specification
_ITS_OWN: Final = -1

_SHOW_S: Final = 5.0
"""A daemon may first have to be started by the bus."""


@dataclass(frozen=True, slots=True)
class _Standing:
    slot: str
    on_pressed: OnPressed


class DesktopNotifier:
    """Shows notices through the desktop's own daemon."""

    def __init__(self, line: BusLine, tell: Tell) -> None:
        self._line = line
        self._tell = tell
        self._bus: MessageBus | None = None
        self._standing: dict[int, _Standing] = {}
        self._early: list[tuple[int, str]] | None = None
        """What was pressed while a notice is on its way whose number is still to come."""
        self._turn = asyncio.Lock()  # a slot is known to be taken once the daemon has answered

    def show(self, notice: Notice, on_pressed: OnPressed = ignore) -> None:
        """Show this; where nobody can, tell it as text."""
        if self._line.post(self._show(notice, on_pressed)) is None:
            self._tell(notice.text)

    def withdraw(self, slot: str) -> None:
        """Take the notice of this slot away, if it stands there."""
        self._line.post(self._withdraw(slot))

    def close(self) -> None:
        """Take all away that has a slot. Safe to call twice; the line is somebody else's."""
        self._line.post(self._withdraw(None))

    async def _show(self, notice: Notice, on_pressed: OnPressed) -> None:
        try:
            async with self._turn:
                await self._send(notice, on_pressed)
        except Unanswered as error:
            _log.info("a notice is told as text: %s", error)
            self._tell(notice.text)

    async def _send(self, notice: Notice, on_pressed: OnPressed) -> None:
        bus = await self._line.connect()
        await self._listen(bus)
        (abilities,) = await call(bus, _PLACE, "GetCapabilities", timeout_s=_SHOW_S)
        before = self._numbers(notice.slot)[:1] if notice.slot else []
        body = _body(notice, abilities, before[0] if before else 0)
        standing = _Standing(notice.slot, on_pressed)
        self._early = []
        try:
            (number,) = await call(bus, _PLACE, "Notify", "susssasa{sv}i", body, timeout_s=_SHOW_S)
            self._standing[number] = standing
            # Held up, one may read in one go that it stands there, and what was pressed on it.
            for pressed, key in self._early:
                if pressed == number:
                    _press(standing, key)
        finally:
            self._early = None

    async def _listen(self, bus: MessageBus) -> None:
        if self._bus is bus:
            return
        self._bus = bus
        self._standing.clear()  # another bus, and so another daemon, with numbers of its own
        bus.add_message_handler(self._hear)
        await watch(bus, _RULE)

    def _hear(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL or message.interface != _NAME:
            return
        if message.member == "ActionInvoked" and message.signature == "us":
            number, key = message.body
            standing = self._standing.get(number)
            if standing is not None:
                _press(standing, key)
            elif self._early is not None:
                self._early.append((number, key))
        elif message.member == "NotificationClosed" and message.signature == "uu":
            self._standing.pop(message.body[0], None)

    def _numbers(self, slot: str | None) -> list[int]:
        return [
            number
            for number, standing in self._standing.items()
            if standing.slot and slot in {None, standing.slot}
        ]

    async def _withdraw(self, slot: str | None) -> None:
        async with self._turn:
            bus = self._line.bus
            for number in self._numbers(slot):
                self._standing.pop(number, None)
                if bus is not None and bus is self._bus:
                    with contextlib.suppress(Unanswered):  # it was closed just now
                        await call(bus, _PLACE, "CloseNotification", "u", [number])


def _press(standing: _Standing, key: str) -> None:
    standing.on_pressed("" if key == _CLICK else key)


def _body(notice: Notice, abilities: list[str], replaces: int) -> list[Any]:
    actions: list[str] = []
    if "actions" in abilities:
        for button in notice.buttons:
            actions += [button.key or _CLICK, button.label]
    message = notice.message
    if "body-markup" in abilities:
        message = html.escape(message, quote=False)
    expires_ms = _ITS_OWN if notice.expires_s is None else round(1000 * notice.expires_s)
    hints = {"desktop-entry": Variant("s", "voice-guide")}
    return ["voice-guide", replaces, "", notice.title, message, actions, hints, expires_ms]
