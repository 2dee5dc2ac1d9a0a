"""The icon in X trays without D-Bus: trayer, tint2, i3bar, stalonetray and older panels.

It is a small window that the tray takes in. There is no menu: `on_context` hears the right click.
The loop watches the display's own socket, so that an idle icon costs nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

from PIL import Image
from Xlib import X, Xutil, display, error
from Xlib.protocol import event as events

from voice_guide.frontends.desktop.tray.icon import SETTLE_S, OnHost, TrayIcon
from voice_guide.frontends.desktop.tray.pixmap import at_size

_log = logging.getLogger(__name__)

# From the freedesktop.org System Tray and XEMBED specifications.
_REQUEST_DOCK: Final = 0
_XEMBED_VERSION: Final = 0
_XEMBED_MAPPED: Final = 1

_SMALLEST: Final = 24  # trays that ask the window how large it wants to be: a usual icon
_EVENTS: Final = X.ExposureMask | X.StructureNotifyMask | X.ButtonPressMask

_WHEEL: Final = {
    4: (-1, "vertical"),
    5: (1, "vertical"),
    6: (-1, "horizontal"),
    7: (1, "horizontal"),
}


class Embedded:
    """A window docked into whatever owns `_NET_SYSTEM_TRAY_Sn`, now or later."""

    def __init__(self, icon: TrayIcon, on_host: OnHost) -> None:
        self._icon = icon
        self._on_host = on_host
        self._dock: _Dock | None = None

    async def live(self) -> None:
        """Be there until cancelled, or until the X server is gone."""
        loop = asyncio.get_running_loop()
        try:
            screen = display.Display()
        except (error.DisplayError, error.XError, OSError) as fault:
            _log.info("no X display for the tray icon: %s", fault)
            return
        gone = loop.create_future()
        number, listening = screen.fileno(), True

        def lose() -> None:
            # Once, and at once: the number is free, and the next file to be opened may get it.
            nonlocal listening
            if listening:
                listening = False
                loop.remove_reader(number)
            if not gone.done():
                gone.set_result(None)

        dock = _Dock(screen, self._icon, self._on_host, lose)
        loop.add_reader(number, dock.read)
        try:
            self._dock = dock
            dock.watch()
            self.refresh()
            await gone
            _log.info("the X display is gone")
        finally:
            self._dock = None
            lose()
            dock.leave()

    def refresh(self) -> None:
        """Show everything as it is now."""
        if self._dock is not None:
            self._dock.show()
            # An answer that was waited for may have brought events along, which wake nobody.
            asyncio.get_running_loop().call_soon(self._drain)

    def _drain(self) -> None:
        if self._dock is not None:
            self._dock.read()


class _Dock:
    """The window, the tray that it is in, and the paint on it."""

    def __init__(
        self, screen: Any, icon: TrayIcon, on_host: OnHost, lose: Callable[[], None]
    ) -> None:
        self._display = screen
        self._tell = on_host
        self._lose = lose
        self._icon = icon
        self._root = screen.screen().root
        self._selection = screen.intern_atom(f"_NET_SYSTEM_TRAY_S{screen.get_default_screen()}")
        self._opcode = screen.intern_atom("_NET_SYSTEM_TRAY_OPCODE")
        self._manager_atom = screen.intern_atom("MANAGER")
        self._tray: Any = None
        self._window: Any = None
        self._gc: Any = None
        self._alpha = False
        self._size = (0, 0)
        self._named = ""
        self._is_left = False
        screen.set_error_handler(_shrug)

    def watch(self) -> None:
        """Hear of trays that start later."""
        with self._guarded():
            self._root.change_attributes(event_mask=X.StructureNotifyMask)

    def show(self) -> None:
        """Be docked or not, and painted as the icon is now."""
        with self._guarded():
            self._show()
            self._display.flush()

    def leave(self) -> None:
        """Take the window away and end the connection."""
        with self._guarded():
            self._is_left = True
            self._drop_window()
            self._display.close()

    def read(self) -> None:
        """Handle every event that is there."""
        with self._guarded():
            while self._display.pending_events():
                self._handle(self._display.next_event())
            self._display.flush()

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        """Take note of a lost connection, which python-xlib tells in many ways, at any call."""
        try:
            yield
        except Exception:  # noqa: BLE001 - one bad event is not the end of the icon
            if self._display.display.socket_error is not None:
                self._lose()
            else:
                _log.exception("the icon's window is not as it should be")

    def _show(self) -> None:
        if not self._icon._shown:
            self._drop_window()
        elif self._window is None:
            self._enter()
        else:
            self._name()
            self._paint()

    def _handle(self, event: Any) -> None:
        if event.type == X.ClientMessage:
            if event.client_type == self._manager_atom and event.data[1][1] == self._selection:
                self._drop_window()
                asyncio.get_running_loop().call_later(SETTLE_S, self._arrive)
        elif event.type == X.DestroyNotify and event.window == self._tray:
            self._tray = None
            self._drop_window()
            self._tell(False)
        elif self._window is not None and event.window == self._window:
            self._handle_own(event)

    def _arrive(self) -> None:
        if not self._is_left:
            self.show()

    def _handle_own(self, event: Any) -> None:
        if event.type == X.ButtonPress:
            self._press(event.detail)
        elif event.type == X.ReparentNotify:
            self._tell(event.parent != self._root)
        elif event.type == X.ConfigureNotify:
            self._size = (event.width, event.height)
        elif event.type == X.Expose and event.count == 0:
            self._paint()
        elif event.type == X.DestroyNotify:
            self._window = None

    def _press(self, button: int) -> None:
        if button == 1:
            self._icon._activated()
        elif button == 2:
            self._icon._clicked_secondary()
        elif button == 3:
            self._icon._clicked_context()
        elif button in _WHEEL:
            self._icon._scrolled(*_WHEEL[button])

    def _enter(self) -> None:
        """Ask the tray that is there, if any, to take a new window in."""
        owner = self._display.get_selection_owner(self._selection)
        if not owner:
            self._tell(False)
            return
        self._tray = owner
        owner.change_attributes(event_mask=X.StructureNotifyMask)
        self._window = self._make_window(owner)
        self._gc = self._window.create_gc()
        request = events.ClientMessage(
            window=owner,
            client_type=self._opcode,
            data=(32, (X.CurrentTime, _REQUEST_DOCK, self._window.id, 0, 0)),
        )
        owner.send_event(request, event_mask=X.NoEventMask)

    def _make_window(self, tray: Any) -> Any:
        screen = self._display.screen()
        visual = self._alpha_visual(tray)
        self._alpha = visual is not None
        if visual is not None:
            colours = self._root.create_colormap(visual, X.AllocNone)
            look = {"depth": 32, "visual": visual, "colormap": colours}
            look |= {"background_pixel": 0, "border_pixel": 0}
        else:
            # The panel's own colour or picture shows through, to be painted on.
            look = {"depth": screen.root_depth, "background_pixmap": X.ParentRelative}
        window = self._root.create_window(
            0, 0, _SMALLEST, _SMALLEST, 0, window_class=X.InputOutput, event_mask=_EVENTS, **look
        )
        self._size = (_SMALLEST, _SMALLEST)
        name = self._icon.name
        window.set_wm_class(name, name)
        window.set_wm_normal_hints(flags=Xutil.PMinSize, min_width=_SMALLEST, min_height=_SMALLEST)
        info = self._display.intern_atom("_XEMBED_INFO")
        window.change_property(info, info, 32, [_XEMBED_VERSION, _XEMBED_MAPPED])
        self._window, self._named = window, ""
        self._name()
        return window

    def _alpha_visual(self, tray: Any) -> int | None:
        """Return the tray's visual, if it asks for one with transparency."""
        atom = self._display.intern_atom("_NET_SYSTEM_TRAY_VISUAL")
        asked = tray.get_full_property(atom, X.AnyPropertyType)
        if asked is None or not len(asked.value):
            return None
        deep = [depth for depth in self._display.screen().allowed_depths if depth.depth == 32]
        ids = {visual.visual_id for depth in deep for visual in depth.visuals}
        return asked.value[0] if asked.value[0] in ids else None

    def _name(self) -> None:
        title = self._icon.title or self._icon.name
        if title != self._named:
            self._named = title
            utf8 = self._display.intern_atom("UTF8_STRING")
            atom = self._display.intern_atom("_NET_WM_NAME")
            self._window.change_property(atom, utf8, 8, title.encode())
            self._window.set_wm_name(title.encode("latin-1", "replace"))

    def _drop_window(self) -> None:
        if self._window is not None:
            self._window.destroy()
            self._window = None

    def _paint(self) -> None:
        picture, (width, height) = self._icon.icon, self._size
        if self._window is None or not picture or min(width, height) < 1:
            return
        side = min(width, height)
        canvas = Image.new("RGBA", (width, height))
        canvas.paste(at_size(picture, side), ((width - side) // 2, (height - side) // 2))
        if self._alpha:
            # X wants the colours multiplied by alpha.
            self._put(Image.frombytes("RGBA", canvas.size, canvas.convert("RGBa").tobytes()))
        elif (panel := self._behind(width, height)) is not None:
            self._put(Image.alpha_composite(panel, canvas))

    def _behind(self, width: int, height: int) -> Image.Image | None:
        """Return what the panel shows at our place, or None while nobody can see it."""
        self._window.clear_area(0, 0, width, height)
        try:
            got = self._window.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF)
        except error.XError:
            return None
        order = "BGRX" if self._little else "XRGB"
        return Image.frombytes("RGB", (width, height), got.data, "raw", order).convert("RGBA")

    @property
    def _little(self) -> bool:
        return bool(self._display.display.info.image_byte_order == X.LSBFirst)

    def _put(self, image: Image.Image) -> None:
        """Send the picture, in strips that fit into a request."""
        if not self._little:
            red, green, blue, alpha = image.split()
            pixels = Image.merge("RGBA", (alpha, red, green, blue)).tobytes()
        else:
            pixels = image.tobytes("raw", "BGRA")
        depth = 32 if self._alpha else self._display.screen().root_depth
        stride = 4 * image.width
        # The limit is given in units of four bytes, and the request itself takes 24 bytes.
        rows = max(1, (4 * self._display.display.info.max_request_length - 32) // stride)
        for top in range(0, image.height, rows):
            strip = pixels[top * stride : (top + rows) * stride]
            count = len(strip) // stride
            self._window.put_image(self._gc, 0, top, image.width, count, X.ZPixmap, depth, 0, strip)


def _shrug(fault: Any, _request: Any) -> None:
    """Take note that a window is gone, which happens with every panel that ends."""
    _log.debug("X said: %s", fault)
