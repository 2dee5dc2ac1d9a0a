"""The icon in the notification area of Windows: pystray's own, mended.

All that Windows is asked goes through the thread that owns the window, and no callback runs in it.
The menu is read when it opens: its labels stand still until it is opened again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

from pystray._util import serialized_image
from pystray._win32 import Icon as Native
from pystray._win32 import win32

from voice_guide.frontends.desktop.tray.calls import Calls
from voice_guide.frontends.desktop.tray.icon import Hook
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.native.text import cut
from voice_guide.frontends.desktop.tray.notifier.layout import Entry, Layout
from voice_guide.frontends.desktop.tray.pixmap import Picture, as_images

_REFRESH: Final = win32.WM_USER + 12  # pystray's own messages are the two before it

# From winuser.h.
_WM_MBUTTONUP: Final = 0x0208
_WM_POWERBROADCAST: Final = 0x0218
_PBT_APMSUSPEND: Final = 0x0004
_PBT_APMRESUMEAUTOMATIC: Final = 0x0012

_END_S: Final = 2.0
"""An icon whose thread is cut off stays in the notification area until a pointer passes it."""

_ROOM: Final = {"szTip": 128, "szInfo": 256, "szInfoTitle": 64}
"""UTF-16 units in NOTIFYICONDATAW of shellapi.h, the null at the end among them."""


class Icon(Native):  # type: ignore[misc] # pystray has no types
    """pystray's `Icon`, whose setters and methods may be called from any thread.

    Parameters
    ----------
    icon
        One image, or a list of the same one drawn at several sizes.
    on_secondary
        Middle click.
    on_host_changed
        Icon and True, once it is shown: there is always a notification area.
    on_sleep
        True before the machine sleeps, False once it is awake; in the window's thread, to be quick.
    """

    def __init__(
        self,
        name: str,
        icon: Picture | None = None,
        title: str | None = None,
        menu: Menu | None = None,
        *,
        on_secondary: Hook | None = None,
        on_host_changed: Callable[[Any, bool], object] | None = None,
        on_sleep: Callable[[bool], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, icon, title, menu, **options)
        self.on_secondary = on_secondary
        self.on_host_changed = on_host_changed
        self.on_sleep = on_sleep
        self._calls = Calls()
        self._layout = Layout()
        self._menu_handle: tuple[Any, list[Callable[[Any], None]]] | None = None
        self._icon_handle: Any = None
        self._window_thread: int | None = None
        self._ended = threading.Event()
        self._asked = False
        self._shown = False
        self._told: tuple[Picture | None, str] | None = None
        """What the notification area shows; None while it shows nothing."""
        self._message_handlers[_REFRESH] = lambda *_: self._refresh()
        self._message_handlers[_WM_POWERBROADCAST] = self._on_power

    # What pystray asks of a back end.

    def _run(self) -> None:
        self._window_thread = threading.get_ident()
        self._calls.start()
        try:
            super()._run()
        finally:
            self._visible = False
            self._calls.close()
            self._ended.set()

    def _stop(self) -> None:
        super()._stop()
        if self._window_thread not in {None, threading.get_ident()}:
            self._ended.wait(_END_S)

    def _show(self) -> None:
        self._shown = True
        self._ask()
        self._calls.add(self.on_host_changed, self, True)

    def _hide(self) -> None:
        self._shown = False
        self._ask()

    def _update_icon(self) -> None:
        self._icon_valid = True
        self._ask()

    def _update_title(self) -> None:
        self._ask()

    def _update_menu(self) -> None:
        """Do nothing: the menu is read when it opens."""

    def _message(self, code: int, flags: int, **told: Any) -> None:
        for name, room in _ROOM.items():
            if name in told:
                told[name] = cut(told[name], room - 1)
        super()._message(code, flags, **told)

    # In the window's thread.

    def _ask(self) -> None:
        if threading.get_ident() == self._window_thread:
            self._refresh()
        elif self._hwnd and not self._asked:
            # Cleared before the state is read, so a request that finds it set is always served.
            self._asked = True
            win32.PostMessage(self._hwnd, _REFRESH, 0, 0)

    def _refresh(self) -> None:
        self._asked = False
        if not self._shown:
            if self._told is not None:
                self._told = None
                self._message(win32.NIM_DELETE, 0)
            return
        picture, title = self.icon, self.title
        if self._told == (picture, title):
            return
        if self._told is None or self._told[0] is not picture:
            self._release_icon()
        self._assert_icon_handle()
        self._message(
            win32.NIM_ADD if self._told is None else win32.NIM_MODIFY,
            win32.NIF_MESSAGE | win32.NIF_ICON | win32.NIF_TIP,
            uCallbackMessage=win32.WM_NOTIFY,
            hIcon=self._icon_handle,
            szTip=title,
        )
        self._told = (picture, title)

    def _assert_icon_handle(self) -> None:
        if self._icon_handle or not self.icon:
            return
        images = as_images(self.icon)
        sizes = [image.size for image in images]
        save = partial(images[-1].save, append_images=list(images[:-1]), sizes=sizes)
        with serialized_image(SimpleNamespace(save=save), "ICO") as path:
            self._icon_handle = win32.LoadImage(
                None, path, win32.IMAGE_ICON, 0, 0, win32.LR_DEFAULTSIZE | win32.LR_LOADFROMFILE
            )

    def _on_display_change(self, _wparam: int, _lparam: int) -> None:
        self._on_taskbarcreated(0, 0, is_new=False)

    def _on_taskbarcreated(self, _wparam: int, _lparam: int, *, is_new: bool = True) -> None:
        """Show it again: Explorer has started anew, or draws at another size."""
        if self._told is not None and not is_new:
            self._message(win32.NIM_DELETE, 0)
        self._told = None
        self._refresh()

    def _on_power(self, event: int, _lparam: int) -> int:
        if self.on_sleep is not None and event in {_PBT_APMSUSPEND, _PBT_APMRESUMEAUTOMATIC}:
            self.on_sleep(event == _PBT_APMSUSPEND)
        return 1  # granted

    def _on_notify(self, wparam: int, lparam: int) -> None:
        if lparam == _WM_MBUTTONUP:
            self._calls.add(self.on_secondary, self)
            return
        if lparam == win32.WM_RBUTTONUP:
            self._read_menu()
        super()._on_notify(wparam, lparam)

    def _read_menu(self) -> None:
        self._layout.refresh(self.menu)
        old, self._menu_handle = self._menu_handle, None
        if old is not None:
            win32.DestroyMenu(old[0])
        callbacks: list[Callable[[Any], None]] = []
        handle = self._create_menu(tuple(_lines(self._layout.root)), callbacks)
        self._menu_handle = (handle, callbacks) if handle else None

    # Callbacks, away from the window's thread.

    def __call__(self) -> None:
        """Do what the default entry of the menu does."""
        self._calls.add(super().__call__)

    def _handler(self, line: _Line) -> Callable[[Any], None]:
        return lambda _icon: self._calls.add(line.item, self)


@dataclass(frozen=True, slots=True)
class _Line:
    """An entry of the menu as pystray reads one, as it is at this moment."""

    item: MenuItem
    text: str
    enabled: bool
    checked: bool
    radio: bool
    default: bool
    submenu: tuple[_Line | MenuItem, ...]


def _lines(entry: Entry) -> Iterator[_Line | MenuItem]:
    for child in entry.children:
        told = child.properties
        if not told.get("visible", True):
            continue
        if child.kind == "separator" or child.item is None:
            yield Menu.SEPARATOR
            continue
        yield _Line(
            child.item,
            # A single ampersand would underline the letter after it.
            str(told.get("label", "")).replace("&", "&&"),
            enabled=bool(told.get("enabled", True)),
            checked=told.get("toggle-state") == 1,
            radio=told.get("toggle-type") == "radio",
            default=child.item.default,
            submenu=tuple(_lines(child)),
        )
