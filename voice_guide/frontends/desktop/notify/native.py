"""Notices on Windows and macOS: desktop-notifier, imported when the first one is due.

macOS shows them for a signed bundle alone; elsewhere they are told as text.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from voice_guide.frontends.desktop.notify import Notice, OnPressed, Tell, ignore
from voice_guide.frontends.desktop.tray.loop import BusThread

_log = logging.getLogger(__name__)

_SHOW_S: Final = 30.0
"""The first one may wait until the listener has allowed notices."""


def import_desktop_notifier() -> Any:
    """Return the library: 25 ms and 2 MB that nobody pays before the first notice."""
    import desktop_notifier  # noqa: PLC0415 - as just said

    return desktop_notifier


class NativeNotifier:
    """Shows notices through the system's own centre."""

    def __init__(
        self, thread: BusThread, tell: Tell, library: Callable[[], Any] = import_desktop_notifier
    ) -> None:
        self._thread = thread
        self._tell = tell
        self._import = library
        self._centre: Any = None
        self._slots: dict[str, str] = {}
        self._turn = asyncio.Lock()  # a slot is known to be taken once the centre has answered

    def show(self, notice: Notice, on_pressed: OnPressed = ignore) -> None:
        """Show this; where nobody can, tell it as text."""
        if not self._start(partial(self._show, notice, on_pressed)):
            self._tell(notice.text)

    def withdraw(self, slot: str) -> None:
        """Take the notice of this slot away, if it stands there."""
        self._start(partial(self._withdraw, slot))

    def close(self) -> None:
        """Take all away that has a slot. Safe to call twice."""
        self._start(self._withdraw_all)

    def _start(self, work: Callable[[], Any]) -> bool:
        coroutine = work()
        try:
            self._thread.start(coroutine)
        except RuntimeError:  # the thread has ended
            coroutine.close()
            return False
        return True

    async def _show(self, notice: Notice, on_pressed: OnPressed) -> None:
        try:
            async with self._turn:
                shown = await asyncio.wait_for(self._send(notice, on_pressed), _SHOW_S)
        except Exception as error:  # noqa: BLE001 - whatever a foreign library says no with
            _log.info("a notice is told as text: %s", error)
            shown = False
        if not shown:
            self._tell(notice.text)

    async def _send(self, notice: Notice, on_pressed: OnPressed) -> bool:
        library = self._import()
        if self._centre is None:
            self._centre = library.DesktopNotifier(app_name="voice-guide")
        # Its stand-in for a system without notices can do nothing at all, and says nothing.
        if not await self._centre.get_capabilities():
            return False
        await self._clear(notice.slot)
        sent = asyncio.Event()  # it logs what fails, and does not raise
        number = await self._centre.send(
            title=notice.title,
            message=notice.message,
            buttons=[
                library.Button(title=button.label, on_pressed=partial(on_pressed, button.key))
                for button in notice.buttons
                if button.key
            ],
            on_clicked=partial(on_pressed, "") if _has_click(notice) else None,
            on_dispatched=sent.set,
            timeout=-1 if notice.expires_s is None else round(notice.expires_s),
        )
        if notice.slot:
            self._slots[notice.slot] = number
        return sent.is_set()

    async def _withdraw(self, slot: str) -> None:
        async with self._turn:
            await self._clear(slot)

    async def _withdraw_all(self) -> None:
        async with self._turn:
            for slot in tuple(self._slots):
                await self._clear(slot)

    async def _clear(self, slot: str) -> None:
        number = self._slots.pop(slot, None)
        if number is not None:
            await self._centre.clear(number)


def _has_click(notice: Notice) -> bool:
    return any(not button.key for button in notice.buttons)
