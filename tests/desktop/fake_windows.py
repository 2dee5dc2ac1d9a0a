"""What pystray asks of Windows, answered as Windows does: windows, messages, icons and menus."""

import contextlib
import ctypes
import importlib
import io
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from PIL import Image

from voice_guide.frontends.desktop.tray.names import Base

WM_QUIT, WM_LBUTTONUP, WM_RBUTTONUP, WM_MBUTTONUP = 0x12, 0x202, 0x205, 0x208
WM_DISPLAYCHANGE, WM_POWERBROADCAST, WM_NOTIFY, WM_TASKBARCREATED = 0x7E, 0x218, 0x40B, 0xC001
ADD, MODIFY, DELETE = 0, 1, 2


@dataclass
class Told:
    """One call of Shell_NotifyIcon."""

    code: int
    tip: str
    info: str
    info_title: str
    sizes: set[tuple[int, int]]
    thread: int


@dataclass
class Line:
    """One line of a menu, as it was put in."""

    number: int
    text: str | None
    state: int
    kind: int
    submenu: int | None


@dataclass
class Windows:
    """One session of Windows, with one person before it."""

    module: ModuleType = field(default_factory=lambda: ModuleType("none"))
    told: list[Told] = field(default_factory=list)
    windows: list[int] = field(default_factory=list)
    menus: dict[int, list[Line]] = field(default_factory=dict)
    open_menu: Callable[[list[Line]], int] = lambda _lines: 0
    """What the person does with a menu that opens: the number of a line, 0 for none."""
    _images: dict[int, set[tuple[int, int]]] = field(default_factory=dict)
    _messages: "queue.SimpleQueue[tuple[int, int, int, int]]" = field(
        default_factory=queue.SimpleQueue
    )
    _handles: Iterator[int] = field(default_factory=lambda: iter(range(100, 100_000)))

    # What a person and the system do.

    def send(self, message: int, wparam: int = 0, lparam: int = 0) -> None:
        """Send the icon's window a message."""
        self._messages.put((self.windows[0], message, wparam, lparam))

    def click(self, button: int = WM_LBUTTONUP) -> None:
        self.send(WM_NOTIFY, 0, button)

    @property
    def is_shown(self) -> bool:
        return bool(self.told) and self.told[-1].code != DELETE

    # What pystray calls, by Windows' own names.

    def RegisterWindowMessageW(self, _name: str) -> int:  # noqa: N802
        return WM_TASKBARCREATED

    def RegisterClassExW(self, _about: Any) -> int:  # noqa: N802
        return next(self._handles)

    def CreateWindowExW(self, *_about: Any) -> int:  # noqa: N802
        self.windows.append(next(self._handles))
        return self.windows[-1]

    def DestroyWindow(self, window: int) -> int:  # noqa: N802
        self.windows.remove(window)
        return 1

    def PostMessageW(self, window: int, message: int, wparam: int, lparam: int) -> int:  # noqa: N802
        if window not in self.windows:
            return 0
        self._messages.put((window, message, wparam, lparam))
        return 1

    def PostQuitMessage(self, _code: int) -> None:  # noqa: N802
        self._messages.put((0, WM_QUIT, 0, 0))

    def GetMessageW(self, place: Any, *_filter: Any) -> int:  # noqa: N802
        window, message, wparam, lparam = self._messages.get(timeout=20)
        msg = place._obj
        msg.hWnd, msg.message, msg.wParam, msg.lParam = window, message, wparam, lparam
        return int(message != WM_QUIT)

    def DispatchMessageW(self, place: Any) -> int:  # noqa: N802
        msg = place._obj
        return self._dispatch((msg.hWnd, msg.message, msg.wParam, msg.lParam))

    def _dispatch(self, message: tuple[int, int, int, int]) -> int:
        return int(self.module._dispatcher(*message))

    def LoadImageW(self, _instance: Any, path: str, *_how: Any) -> int:  # noqa: N802
        handle = next(self._handles)
        with Image.open(io.BytesIO(Path(path).read_bytes())) as icon:
            self._images[handle] = icon.info["sizes"]
        return handle

    def DestroyIcon(self, handle: int) -> int:  # noqa: N802
        del self._images[handle]
        return 1

    def Shell_NotifyIconW(self, code: int, about: Any) -> int:  # noqa: N802
        if (code == ADD) == self.is_shown:
            return 0  # it is there already, or is not
        image = self._images[about.hIcon] if about.hIcon else set()
        self.told.append(
            Told(code, about.szTip, about.szInfo, about.szInfoTitle, image, threading.get_ident())
        )
        return 1

    def CreatePopupMenu(self) -> int:  # noqa: N802
        handle = next(self._handles)
        self.menus[handle] = []
        return handle

    def DestroyMenu(self, handle: int) -> int:  # noqa: N802
        for line in self.menus.pop(handle):
            if line.submenu:
                self.DestroyMenu(line.submenu)
        return 1

    def InsertMenuItemW(self, menu: int, index: int, _by_place: bool, place: Any) -> int:  # noqa: N802
        item = place._obj
        line = Line(item.wID, item.dwTypeData, item.fState, item.fType, item.hSubMenu)
        self.menus[menu].insert(index, line)
        return 1

    def TrackPopupMenuEx(self, menu: int, *_where: Any) -> int:  # noqa: N802
        picked = self.open_menu(self.menus[menu])
        while not self._messages.empty():  # its own loop, while it is open
            self._dispatch(self._messages.get())
        return picked


class _Function:
    """One function of a library, on which ctypes' own attributes can be set."""

    def __init__(self, work: Callable[..., Any]) -> None:
        self._work = work

    def __call__(self, *args: Any) -> Any:
        return self._work(*args)


def _library(windows: Windows) -> Callable[[str], Any]:
    class Library:
        def __init__(self, _name: str) -> None:
            pass

        def __getattr__(self, name: str) -> _Function:
            function = _Function(getattr(windows, name, lambda *_: 1))
            setattr(self, name, function)
            return function

    return Library


OURS = "voice_guide.frontends.desktop.tray.native.windows"
SYSTEM = "voice_guide.frontends.desktop.systems.windows"
LOADED = ("pystray._win32", "pystray._util.win32", OURS, SYSTEM)


def forget(names: Iterable[str]) -> None:
    """Have these modules imported anew, the next time that somebody asks for them."""
    for name in names:
        if sys.modules.pop(name, None) is not None:
            package, _, own = name.rpartition(".")
            vars(sys.modules[package]).pop(own, None)


@contextlib.contextmanager
def windows() -> Iterator[Windows]:
    """Give a Windows on which pystray's own back end runs, whatever this system is."""
    made = Windows()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ctypes, "WinDLL", _library(made), raising=False)
        patch.setattr(ctypes, "WINFUNCTYPE", ctypes.CFUNCTYPE, raising=False)
        patch.setattr(ctypes, "HRESULT", ctypes.c_long, raising=False)
        try:
            assert Base.__module__ == "pystray._base"  # loaded by now, with no back end
            made.module = importlib.import_module("pystray._win32")
            yield made
        finally:
            forget(LOADED)
