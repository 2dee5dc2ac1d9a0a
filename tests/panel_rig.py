"""A desktop of the test's own: X server, session bus, and a panel with a tray to click on."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from PIL import Image
from rig import end_process, wait_until
from Xlib import X, display, error

from voice_guide.frontends.desktop.tray.loop import BusThread
from voice_guide.frontends.rituals.book import DECIDED
from voice_guide.store.paths import find_paths
from voice_guide.store.progress import Progress

TOOLS = ("Xvfb", "xfce4-panel", "xdotool", "dbus-daemon")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_panel = pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}")

PANEL_PX = 32
WIDTH, HEIGHT = 800, 600

Button = Literal["left", "middle", "right"]
BUTTONS = {"left": "1", "middle": "2", "right": "3"}


@dataclass
class Desktop:
    """An X server and a session bus in a folder that nothing else knows of."""

    folder: Path
    display: str = ""
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    bus: subprocess.Popen[bytes] | None = None
    scale: int = 1
    """Pixels for one: 2 as on a dense screen."""
    places: list[socket.socket] = field(default_factory=list)
    """Of displays that were killed: nobody listens there, and nobody else can."""

    @property
    def address(self) -> str:
        """The address of the session bus."""
        return f"unix:path={self.folder / 'bus'}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of a program on this desktop."""
        own = {
            "HOME": "home",
            "XDG_CONFIG_HOME": "config",
            "XDG_CACHE_HOME": "cache",
            "XDG_DATA_HOME": "share",
            "XDG_STATE_HOME": "state",
            "XDG_RUNTIME_DIR": "run",
        }
        inherited = {k: v for k, v in os.environ.items() if k != "WAYLAND_DISPLAY"}
        return {
            **inherited,
            **{name: str(self.folder / place) for name, place in own.items()},
            "DISPLAY": self.display,
            "DBUS_SESSION_BUS_ADDRESS": self.address,
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
            "GDK_SCALE": str(self.scale),
            "GIO_USE_VFS": "local",
            "LC_ALL": "C.UTF-8",
        }

    def start(self, *command: str, env: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a program on this desktop; it is ended with it, by its own pid."""
        log = (self.folder / f"{Path(command[0]).name}.log").open("ab")
        with log:
            child = subprocess.Popen(
                command,
                env=self.env if env is None else env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.children.append(child)
        return child

    def start_display(self) -> None:
        """Start the X server on the first free number."""
        reading, writing = os.pipe()
        server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(writing)),
                *("-screen", "0", f"{self.scale * WIDTH}x{self.scale * HEIGHT}x24"),
                *("-nolisten", "tcp", "-noreset"),
            ],
            pass_fds=[writing],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.children.append(server)
        os.close(writing)
        with os.fdopen(reading) as answer:
            self.display = f":{answer.readline().strip()}"

    def kill_display(self) -> None:
        """Take the X server away without a farewell."""
        for child in self.children:
            if child.args[0] == "Xvfb":  # type: ignore[index]
                end_process(child, hard=True)
        # Another run of these tests takes the first number that is free, and would bring it back.
        self.places.append(socket.socket(socket.AF_UNIX))
        self.places[-1].bind(f"\0/tmp/.X11-unix/X{self.display.removeprefix(':')}")

    def start_window_manager(self) -> None:
        """Start openbox, and wait until it has looked around: it loses what is mapped meanwhile."""
        self.start("openbox")
        screen = display.Display(self.display)
        try:
            root, listed = screen.screen().root, screen.intern_atom("_NET_CLIENT_LIST")
            wait_until(lambda: listed in root.list_properties(), what="openbox does not start")
        finally:
            screen.close()

    def owns(self, selection: str) -> bool:
        """Say whether somebody owns a selection, as window managers and X trays do."""
        screen = display.Display(self.display)
        try:
            return bool(screen.get_selection_owner(screen.intern_atom(selection)))
        finally:
            screen.close()

    def start_bus(self) -> None:
        """Start the session bus; after `kill_bus` at the same address as before."""
        (self.folder / "bus").unlink(missing_ok=True)
        self.bus = self.start("dbus-daemon", "--session", "--nofork", f"--address={self.address}")
        wait_until(self._bus_listens, what="the session bus does not start")

    def _bus_listens(self) -> bool:
        """Say whether it can be reached: its socket is there a moment before it listens."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.folder / "bus")) == 0

    def kill_bus(self) -> None:
        """Take the session bus away without a farewell."""
        assert self.bus is not None
        end_process(self.bus, hard=True)

    def owns_name(self, name: str) -> bool:
        """Say whether somebody on the session bus goes by this name; nobody is started for it."""
        where = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")

        async def ask(bus: MessageBus) -> bool:
            return bool((await _call(bus, *where, "NameHasOwner", "s", name))[0])

        return bool(_with_bus(self.address, ask))

    def xdotool(self, *words: str, check: bool = True) -> str:
        """Have something done with pointer or keys, or a window found."""
        done = subprocess.run(
            ["xdotool", *words],
            env=self.env,
            capture_output=True,
            text=True,
            check=check,
            timeout=10,
        )
        return done.stdout

    def windows(self, *search: str) -> list[str]:
        """Return the numbers of the visible windows that `xdotool search` finds."""
        return self.xdotool("search", "--onlyvisible", *search, check=False).split()

    def paint(self, colour: int) -> None:
        """Paint what is behind everything, 0xRRGGBB."""
        screen = display.Display(self.display)
        try:
            root = screen.screen().root
            root.change_attributes(background_pixel=colour)
            root.clear_area()
            screen.sync()
        finally:
            screen.close()

    def screenshot(self, path: Path) -> Path:
        """Write what is on the screen as a PNG."""
        Image.fromarray(self.pixels()).save(path, optimize=True)
        return path

    def pixels(self) -> np.ndarray:
        """Return what is on the screen, uint8 `[rows, columns, 3]`."""
        screen = display.Display(self.display)
        try:
            width, height = self.scale * WIDTH, self.scale * HEIGHT
            root = screen.screen().root
            blue_first = root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF).data
        finally:
            screen.close()
        return np.frombuffer(blue_first, np.uint8).reshape(height, width, 4)[..., 2::-1].copy()

    def click(self, x: int, y: int, button: Button = "left") -> None:
        """Click at a place on the screen."""
        self.xdotool("mousemove", str(x), str(y), "click", BUTTONS[button])

    def close(self) -> None:
        """End everything that was started, the newest first."""
        for child in reversed(self.children):
            end_process(child)
        for place in self.places:
            place.close()


@contextlib.contextmanager
def desktop(*, scale: int = 1) -> Iterator[Desktop]:
    """Give an X server and a session bus, without a window manager or a panel."""
    with tempfile.TemporaryDirectory(prefix="vg-desk-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        for place in ("home", "config", "cache", "share", "state", "run"):
            (folder / place).mkdir(mode=0o700)
        # A first start would ask about rituals: here somebody has answered already.
        home = find_paths({"VOICE_GUIDE_HOME": str(folder / "vg")})
        Progress(home.progress).meet([DECIDED])
        desk = Desktop(folder, scale=scale)
        try:
            desk.start_display()
            desk.start_bus()
            yield desk
        finally:
            desk.close()


@dataclass
class Panel(Desktop):
    """A desktop with xfce4-panel on top: nothing on it but a tray at its left end."""

    dark: bool = True
    has_media_keys: bool = False
    """Whether a part of the panel takes the media keys, and hands them to whoever plays."""
    panel: subprocess.Popen[bytes] | None = None

    def start_panel(self) -> None:
        """Start the panel, and wait until it would show icons."""
        self.panel = self.start("xfce4-panel", "--disable-wm-check")
        wait_until(lambda: bool(self._ask_watcher()), 20.0, "the panel has no tray")

    def end_panel(self) -> None:
        """Take the panel away, as a crash would."""
        assert self.panel is not None
        end_process(self.panel, hard=True)

    def configure(self) -> None:
        """Write the panel's settings: a tray, in the colours asked for."""
        folder = self.folder / "config" / "xfce4" / "xfconf" / "xfce-perchannel-xml"
        folder.mkdir(parents=True)
        (folder / "xfce4-panel.xml").write_text(
            _SETTINGS.format(
                dark=str(self.dark).lower(),
                plugins='<value type="int" value="2"/>' if self.has_media_keys else "",
            )
        )

    def icons(self) -> list[tuple[int, int]]:
        """Return where icons are on the panel, from left to right."""
        height = self.scale * PANEL_PX
        strip = self.pixels()[2 : height - 2, : self.scale * WIDTH // 2].astype(int)
        background = strip[:, -1:]
        columns = (np.abs(strip - background).max(axis=2) > 24).any(axis=0)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], columns, [False]]).astype(int)))
        return [
            (int(left + right) // 2, height // 2)
            for left, right in edges.reshape(-1, 2)
            if right - left >= 6
        ]

    def wait_for_icon(self, timeout_s: float = 15.0) -> tuple[int, int]:
        """Return where the first icon is, as soon as there is one."""
        found: list[tuple[int, int]] = []

        def look() -> bool:
            found[:] = self.icons()
            return bool(found)

        wait_until(look, timeout_s, "no icon on the panel")
        return found[0]

    def click_icon(self, button: Button = "left") -> None:
        """Click on the first icon with a real pointer."""
        self.click(*self.wait_for_icon(), button)

    def open_menu(self) -> None:
        """Click with the right button, and wait until the menu is open."""
        self.click_icon("right")
        wait_until(lambda: self.open_menus() == 1, what="no menu opens")

    def close_menu(self) -> None:
        """Close every menu that is open."""
        while levels := self.open_menus():
            self.xdotool("key", "Escape")
            wait_until(lambda n=levels: self.open_menus() < n, what="the menu stays open")

    def pick(self, *path: str) -> None:
        """Open the menu, walk down `path` (beginnings of labels) by keys, and choose the last."""
        self.mark(*path)
        self.xdotool("key", "Return")
        wait_until(lambda: not self.open_menus(), what="the menu stays open")

    def mark(self, *path: str) -> None:
        """Open the menu and walk down `path`, whose end is then marked and not chosen."""
        self.open_menu()
        level = self.menu()
        for depth, label in enumerate(path):
            entries = [e for e in level if e.can_be_picked]
            index = next((i for i, e in enumerate(entries) if e.label.startswith(label)), None)
            assert index is not None, f"{label!r} is not among {[e.label for e in entries]}"
            # A submenu opens with its first entry marked, the menu itself with none.
            for _ in range(index + (depth == 0)):
                self.xdotool("key", "Down")
            level = entries[index].children
            if depth + 1 < len(path):
                self.xdotool("key", "Right")
                wait_until(lambda n=depth + 2: self.open_menus() == n, what="no submenu opens")

    def menu(self, service: str | None = None) -> list[Line]:
        """Return what the icon's menu says now, read from the program itself."""
        return _with_bus(self.address, _read_menu(service))

    def services(self) -> list[str]:
        """Return the bus names of the icons that the panel knows."""
        return [str(s) for s in _with_bus(self.address, _get(_WATCHER, *_ITEMS)) or []]

    def open_menus(self) -> int:
        """Count the menus and submenus that are open, by the type that GTK gives their windows."""
        return sum(kind.endswith("_MENU") for kind in self._window_kinds())

    def _window_kinds(self) -> list[str]:
        """Return the type of every window that can be seen."""
        screen = display.Display(self.display)
        try:
            atom = screen.intern_atom("_NET_WM_WINDOW_TYPE")
            kinds = []
            for window in screen.screen().root.query_tree().children:
                with contextlib.suppress(error.XError):  # it may just have been closed
                    kind = window.get_full_property(atom, X.AnyPropertyType)
                    if kind and window.get_attributes().map_state == X.IsViewable:
                        kinds += [screen.get_atom_name(number) for number in kind.value]
            return kinds
        finally:
            screen.close()

    def _ask_watcher(self) -> object:
        return _with_bus(self.address, _get(_WATCHER, *_HOST))


@contextlib.contextmanager
def panel(*, dark: bool = True, running: bool = True, scale: int = 1) -> Iterator[Panel]:
    """Give a desktop with a panel that runs or is still to come, and clear everything away."""
    with desktop(scale=scale) as bare:
        own = (bare.folder, bare.display, bare.children, bare.bus, scale, bare.places)
        desk = Panel(*own, dark=dark)
        desk.configure()
        if running:
            desk.start_panel()
        yield desk


@dataclass(frozen=True)
class Line:
    """One line of a menu."""

    number: int
    label: str
    properties: dict[str, object]
    children: list[Line]

    @property
    def can_be_picked(self) -> bool:
        plain = self.properties.get("type", "standard") == "standard"
        seen = self.properties.get("visible", True) and self.properties.get("enabled", True)
        return bool(plain and seen)


_WATCHER = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher")
_ITEMS = ("org.kde.StatusNotifierWatcher", "RegisteredStatusNotifierItems")
_HOST = ("org.kde.StatusNotifierWatcher", "IsStatusNotifierHostRegistered")


def _with_bus(address: str, ask):  # type: ignore[no-untyped-def]
    """Connect, ask one thing, and leave."""

    async def run():  # type: ignore[no-untyped-def]
        bus = await MessageBus(bus_address=address).connect()
        try:
            return await ask(bus)
        finally:
            bus.disconnect()
            with contextlib.suppress(Exception):
                await bus.wait_for_disconnect()

    thread = BusThread()
    try:
        return thread.run(run())
    finally:
        thread.close()


def _get(where: tuple[str, str], interface: str, name: str):  # type: ignore[no-untyped-def]
    async def ask(bus: MessageBus) -> object:
        reply = await _call(
            bus, *where, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name
        )
        return reply[0].value if reply else None

    return ask


async def _call(bus: MessageBus, to: str, path: str, interface: str, member: str, *call: object):  # type: ignore[no-untyped-def]
    signature, *body = call or ("",)
    reply = await bus.call(
        Message(
            destination=to,
            path=path,
            interface=interface,
            member=member,
            signature=signature,
            body=body,
        )
    )
    return reply.body if reply.message_type is MessageType.METHOD_RETURN else None


def _read_menu(service: str | None):  # type: ignore[no-untyped-def]
    async def ask(bus: MessageBus) -> list[Line]:
        registered = await _get(_WATCHER, *_ITEMS)(bus)
        names = [str(entry).split("/", 1)[0] for entry in registered or []]  # type: ignore[attr-defined]
        name = service or names[0]
        reply = await _call(
            bus, name, "/MenuBar", "com.canonical.dbusmenu", "GetLayout", "iias", 0, -1, []
        )
        return _line(reply[1]).children

    return ask


def _line(entry: list) -> Line:  # type: ignore[type-arg]
    number, properties, children = entry
    values = {name: value.value for name, value in properties.items()}
    label = str(values.get("label", "")).replace("__", "_")
    return Line(number, label, values, [_line(child.value) for child in children])


_SETTINGS = textwrap.dedent(f"""\
    <?xml version="1.0" encoding="UTF-8"?>
    <channel name="xfce4-panel" version="1.0">
      <property name="configver" type="int" value="2"/>
      <property name="panels" type="array">
        <value type="int" value="1"/>
        <property name="dark-mode" type="bool" value="{{dark}}"/>
        <property name="panel-1" type="empty">
          <property name="position" type="string" value="p=6;x=0;y=0"/>
          <property name="position-locked" type="bool" value="true"/>
          <property name="length" type="uint" value="100"/>
          <property name="size" type="uint" value="{PANEL_PX}"/>
          <property name="icon-size" type="uint" value="0"/>
          <property name="plugin-ids" type="array">
            <value type="int" value="1"/>{{plugins}}
          </property>
        </property>
      </property>
      <property name="plugins" type="empty">
        <property name="plugin-1" type="string" value="systray">
          <property name="square-icons" type="bool" value="true"/>
          <property name="symbolic-icons" type="bool" value="false"/>
        </property>
        <property name="plugin-2" type="string" value="pulseaudio">
          <property name="enable-mpris" type="bool" value="true"/>
          <property name="enable-multimedia-keys" type="bool" value="true"/>
          <property name="enable-keyboard-shortcuts" type="bool" value="false"/>
        </property>
      </property>
    </channel>
    """)
