"""The icon for Linux desktops: on the session bus where some panel shows it, else in an X tray.

It may come before either of them: it waits for both, moves to a panel that comes later or again,
and looks for an X tray only while no panel is there.
"""

from __future__ import annotations

import asyncio
import logging
import os
from typing import TYPE_CHECKING, Any

from voice_guide.frontends.desktop.tray.icon import SETTLE_S, TrayIcon
from voice_guide.frontends.desktop.tray.notifier.sni import StatusItem

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.tray.xembed import Embedded

_log = logging.getLogger(__name__)


class Icon(TrayIcon):
    """pystray's `Icon`, shown by whatever tray there is."""

    HAS_DEFAULT_ACTION = True
    HAS_MENU = True
    HAS_MENU_RADIO = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._item = StatusItem(self, self._saw_panel)
        self._window: Embedded | None = None
        self._embedding: asyncio.Task[None] | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._is_on_panel = False
        self._is_in_tray = False

    async def _live(self) -> None:
        try:
            await self._item.live()
        finally:
            if (embedding := self._leave_tray()) is not None:
                await asyncio.wait([embedding])

    def _refresh(self) -> None:
        self._item.refresh()
        if self._window is not None:
            self._window.refresh()

    def _saw_panel(self, here: bool) -> None:
        self._is_on_panel = here
        if here:
            self._leave_tray()
        elif self._looking is None and self._embedding is None:
            loop = asyncio.get_running_loop()
            self._looking = loop.call_later(SETTLE_S, self._look_for_tray)
        self._saw_host(here or self._is_in_tray)

    def _saw_tray(self, here: bool) -> None:
        self._is_in_tray = here
        self._saw_host(here or self._is_on_panel)

    def _look_for_tray(self) -> None:
        self._looking = None
        if _may_have_x_tray():
            self._embedding = asyncio.ensure_future(self._embed())

    def _leave_tray(self) -> asyncio.Task[None] | None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        embedding, self._embedding = self._embedding, None
        if embedding is not None:
            embedding.cancel()
        return embedding

    async def _embed(self) -> None:
        """Be in whatever X tray there is or comes, until cancelled or the X server is gone."""
        # Imported only where it is needed: python-xlib takes 20 ms and 2 MB.
        from voice_guide.frontends.desktop.tray.xembed import Embedded  # noqa: PLC0415

        self._window = Embedded(self, self._saw_tray)
        try:
            await self._window.live()
        except Exception:  # noqa: BLE001 - without an X tray there may still be a panel
            _log.exception("the X tray cannot be used")
        finally:
            self._window = None
            self._saw_tray(False)


def _may_have_x_tray() -> bool:
    # Under Wayland the display is XWayland, which would be started, and kept running, for nothing:
    # the bars of those desktops show icons from the session bus alone.
    return bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")
