"""What every backend shares: pystray's `Icon`, marshalled to one loop, with callbacks off it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Any, Final, Literal

from voice_guide.frontends.desktop.tray.calls import Calls
from voice_guide.frontends.desktop.tray.loop import BusThread, Pace
from voice_guide.frontends.desktop.tray.names import Base, Menu, MenuItem
from voice_guide.frontends.desktop.tray.pixmap import Picture

_log = logging.getLogger(__name__)

IconStatus = Literal["active", "passive", "attention"]
Hook = Callable[[Any], object]
"""Is given the icon."""
OnHost = Callable[[bool], None]
"""Is told whether some panel shows the icon; may be told the same twice."""

GRACE_S: Final = 10.0
"""A panel that restarts, or is still on its way at login, is there within that time."""

SETTLE_S: Final = 0.3
"""A panel that brings both kinds of tray, as XFCE's does, has the second one ready by then."""

_CLOSE_S: Final = 2.0


class TrayIcon(Base):
    """pystray's `Icon`, whose setters and methods may be called from any thread.

    The default menu item is the left click. Callbacks run one after the other in a thread of
    their own; labels and marks that are functions run in the bus thread, and must be quick.

    Parameters
    ----------
    icon
        One image, or a list of the same one drawn at several sizes.
    tooltip
        A second, smaller line below the title, where the panel shows one.
    status
        `attention` asks to be noticed, `passive` lets a panel hide the icon.
    on_secondary
        Middle click.
    on_context
        Right click where no menu can be shown.
    on_scroll
        The wheel: icon, steps (down is positive), `vertical` or `horizontal`.
    on_host_changed
        Icon, and whether some panel shows it. True comes at once, False only after `host_grace_s`.
    bus_thread
        A thread to share; without one the icon makes its own, and ends it.
    """

    HAS_NOTIFICATION = False

    _visible = False  # for pystray's `__del__`, when `__init__` was refused

    def __init__(  # noqa: PLR0913 - pystray's, and ours by keyword
        self,
        name: str,
        icon: Picture | None = None,
        title: str | None = None,
        menu: Menu | None = None,
        *,
        tooltip: str = "",
        status: IconStatus = "active",
        on_secondary: Hook | None = None,
        on_context: Hook | None = None,
        on_scroll: Callable[[Any, int, str], object] | None = None,
        on_host_changed: Callable[[Any, bool], object] | None = None,
        host_grace_s: float = GRACE_S,
        bus_thread: BusThread | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, icon, title, menu, **options)
        self.on_secondary = on_secondary
        self.on_context = on_context
        self.on_scroll = on_scroll
        self.on_host_changed = on_host_changed
        self._tooltip = tooltip
        self._status: IconStatus = status
        self._shown = False
        # Made when it runs, so that an icon that never does costs no thread.
        self._thread = bus_thread
        self._owns_thread = bus_thread is None
        self._pace: Pace | None = None
        self._host = _Host(host_grace_s, self._host_changed)
        self._life: asyncio.Task[Any] | None = None
        self._ending = False
        self._gone = threading.Event()
        self._done = threading.Event()
        self._calls = Calls()

    @property
    def tooltip(self) -> str:
        """The second line of the tooltip."""
        return self._tooltip

    @tooltip.setter
    def tooltip(self, text: str) -> None:
        self._tooltip = text
        self._ask()

    @property
    def status(self) -> IconStatus:
        """Whether the icon asks to be noticed."""
        return self._status

    @status.setter
    def status(self, status: IconStatus) -> None:
        self._status = status
        self._ask()

    @property
    def has_host(self) -> bool:
        """Whether some panel shows icons now."""
        return self._host.here

    # What a backend brings; both run in the bus thread.

    async def _live(self) -> None:
        """Be there until cancelled."""
        raise NotImplementedError

    def _refresh(self) -> None:
        """Show everything as it is now."""
        raise NotImplementedError

    # What pystray asks of a backend.

    def _show(self) -> None:
        self._shown = True
        self._ask(hurry=True)

    def _hide(self) -> None:
        self._shown = False
        self._ask(hurry=True)

    def _update_icon(self) -> None:
        self._icon_valid = True
        self._ask()

    def _update_title(self) -> None:
        self._ask()

    def _update_menu(self) -> None:
        self._ask()

    def _run(self) -> None:
        self._run_detached()
        try:
            # Without a time limit nothing wakes this thread, and a signal still does.
            self._done.wait()
        finally:
            self._stop()

    def _run_detached(self) -> None:
        self._calls.start()
        self._thread = self._thread or BusThread()
        self._pace = Pace(self._thread, self._refresh)
        self._thread.post(self._begin)
        self._mark_ready()

    def _stop(self) -> None:
        thread = self._thread
        if thread is None:
            return
        if thread.is_here():
            self._wind_up()
            if self._owns_thread and self._life is not None:
                self._life.add_done_callback(lambda _: thread.close())
        else:
            thread.post(self._wind_up)
            self._gone.wait(_CLOSE_S)
            if self._owns_thread:
                thread.close()
        self._calls.close()
        self._done.set()

    def _begin(self) -> None:
        self._life = asyncio.ensure_future(self._guarded())
        self._life.add_done_callback(lambda _: self._gone.set())

    async def _guarded(self) -> None:
        try:
            await self._live()
        except Exception:  # noqa: BLE001 - a broken desktop must not take the program along
            _log.exception("the tray icon is gone")
            self._saw_host(False)

    def _wind_up(self) -> None:
        # Once only: a second cancellation would cut the farewell to the panel short.
        if self._life is None or self._ending:
            return
        self._ending = True
        self._host.close()
        self._life.cancel()

    def _ask(self, *, hurry: bool = False) -> None:
        if self._pace is not None:
            self._pace.ask()
            if hurry:
                self._pace.hurry()

    # Callbacks, away from the loop.

    def _gesture(self, callback: Callable[..., object] | None, *arguments: object) -> None:
        if self._pace is not None:
            self._pace.hurry()
        self._calls.add(callback, *arguments)

    def _activated(self) -> None:
        self._gesture(self)

    def _clicked(self, item: MenuItem) -> None:
        self._gesture(self._pick, item)

    def _pick(self, item: MenuItem) -> None:
        try:
            item(self)
        finally:
            self.update_menu()

    def _clicked_secondary(self) -> None:
        self._gesture(self.on_secondary, self)

    def _clicked_context(self) -> None:
        self._gesture(self.on_context, self)

    def _scrolled(self, delta: int, orientation: str) -> None:
        self._gesture(self.on_scroll, self, delta, orientation)

    def _saw_host(self, here: bool) -> None:
        if not self._ending:
            self._host.saw(here)

    def _host_changed(self, here: bool) -> None:
        self._calls.add(self.on_host_changed, self, here)


class _Host:
    """Tells that a panel is there at once, and that there is none only when it stays so."""

    def __init__(self, grace_s: float, tell: OnHost) -> None:
        self.here = False
        self._grace_s = grace_s
        self._tell = tell
        self._told: bool | None = None
        self._timer: asyncio.TimerHandle | None = None

    def saw(self, here: bool) -> None:
        """Hear what the desktop says now."""
        self.here = here
        if here:
            self.close()
            self._say(True)
        elif self._told is not False and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._grace_s, self._say, False)

    def close(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _say(self, here: bool) -> None:
        self._timer = None
        if self._told is not here:
            self._told = here
            self._tell(here)
