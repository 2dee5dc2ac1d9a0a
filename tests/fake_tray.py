"""A session bus of the test's own, and on it a tray that does what a panel does."""

import asyncio
import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dbus_fast import Message, MessageType, NameFlag, PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal
from PIL import Image
from rig import end_process, wait_until

from voice_guide.frontends.desktop.tray.loop import BusThread

WATCHER = "org.kde.StatusNotifierWatcher"
ITEM = "org.kde.StatusNotifierItem"
MENU = "com.canonical.dbusmenu"
PROPERTIES = "org.freedesktop.DBus.Properties"
DAEMON = "org.freedesktop.DBus"

GREEN = Image.new("RGBA", (64, 64), (40, 160, 120, 255))
RED = Image.new("RGBA", (64, 64), (200, 60, 60, 255))


@dataclass
class Bus:
    """A dbus-daemon that can be killed and started again at the same address."""

    folder: Path
    daemon: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"unix:path={self.folder / 'bus'}"

    def start(self) -> None:
        (self.folder / "bus").unlink(missing_ok=True)
        env = {**os.environ, "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}
        self.daemon = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={self.address}"],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._listens, what="the bus does not start")

    def _listens(self) -> bool:
        """Say whether it can be reached: its socket is there a moment before it listens."""
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.folder / "bus")) == 0

    def kill(self) -> None:
        assert self.daemon is not None
        end_process(self.daemon, hard=True)


@contextlib.contextmanager
def session_bus() -> Iterator[Bus]:
    with tempfile.TemporaryDirectory(prefix="vg-bus-") as folder:
        bus = Bus(Path(folder))
        bus.start()
        try:
            yield bus
        finally:
            bus.kill()


class _Watcher(ServiceInterface):
    def __init__(self, tray: "FakeTray") -> None:
        super().__init__(WATCHER)
        self.tray = tray
        self.hosted = True

    @dbus_method(name="RegisterStatusNotifierItem")
    def register(self, service: "s") -> None:  # noqa: F821
        self.tray.registered.append(service)

    @dbus_property(access=PropertyAccess.READ, name="IsStatusNotifierHostRegistered")
    def host(self) -> "b":  # noqa: F821
        return self.hosted

    @dbus_signal(name="StatusNotifierHostRegistered")
    def host_came(self) -> None: ...

    @dbus_signal(name="StatusNotifierHostUnregistered")
    def host_went(self) -> None: ...


@dataclass
class FakeTray:
    """Watcher and host in one; methods may be called from the test's thread."""

    address: str
    thread: BusThread = field(default_factory=BusThread)
    registered: list[str] = field(default_factory=list)
    signals: list[tuple[str, list[Any]]] = field(default_factory=list)
    bus: MessageBus | None = None
    watcher: _Watcher | None = None

    def start(self, *, hosted: bool = True) -> None:
        self.thread.run(self._start(hosted))

    async def _start(self, hosted: bool) -> None:
        self.bus = await MessageBus(bus_address=self.address).connect()
        self.watcher = _Watcher(self)
        self.watcher.hosted = hosted
        self.bus.export("/StatusNotifierWatcher", self.watcher)
        self.bus.add_message_handler(self._hear)
        for interface in (ITEM, MENU):
            rule = f"type='signal',interface='{interface}'"
            await self._call(DAEMON, "/org/freedesktop/DBus", DAEMON, "AddMatch", "s", rule)
        await self.bus.request_name(WATCHER, NameFlag.NONE)

    def _hear(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.interface in {ITEM, MENU}:
            self.signals.append((message.member, message.body))

    def host_comes(self, here: bool = True) -> None:
        def change() -> None:
            assert self.watcher is not None
            self.watcher.hosted = here
            self.watcher.host_came() if here else self.watcher.host_went()

        self.thread.post(change)

    def stop(self) -> None:
        self.thread.run(self._stop())

    async def _stop(self) -> None:
        if self.bus is not None:
            self.bus.disconnect()
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.bus.wait_for_disconnect(), 2)
        self.bus = None

    def close(self) -> None:
        self.stop()
        self.thread.close()

    def count(self, member: str) -> int:
        return sum(name == member for name, _ in self.signals)

    def call(self, path: str, interface: str, member: str, *call: Any) -> Any:
        """Call the icon that registered last; returns the body, or raises what it answered."""
        return self.ask(self.registered[-1], path, interface, member, *call)

    def ask(self, to: str, path: str, interface: str, member: str, *call: Any) -> Any:
        """Call anybody on the bus; returns the body, or raises what it answered."""
        return self.thread.run(self._call(to, path, interface, member, *call))

    def owner(self, name: str) -> bool:
        body = self.thread.run(
            self._call(DAEMON, "/org/freedesktop/DBus", DAEMON, "NameHasOwner", "s", name)
        )
        return bool(body[0])

    def item(self, member: str, *call: Any) -> Any:
        return self.call("/StatusNotifierItem", ITEM, member, *call)

    def menu(self, member: str, *call: Any) -> Any:
        return self.call("/MenuBar", MENU, member, *call)

    def read(self, name: str) -> Any:
        body = self.call("/StatusNotifierItem", PROPERTIES, "Get", "ss", ITEM, name)
        return body[0].value

    def layout(self) -> tuple[int, "Line"]:
        revision, root = self.menu("GetLayout", "iias", 0, -1, [])
        return revision, _line(root)

    def click(self, number: int, kind: str = "clicked") -> None:
        from dbus_fast import Variant  # noqa: PLC0415

        self.menu("Event", "isvu", number, kind, Variant("i", 0), 0)

    async def _call(self, to: str, path: str, interface: str, member: str, *call: Any) -> Any:
        signature, *body = call or ("",)
        assert self.bus is not None
        reply = await self.bus.call(
            Message(
                destination=to,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
        if reply.message_type is MessageType.ERROR:
            raise RuntimeError(f"{reply.error_name}: {reply.body}")
        return reply.body


@dataclass(frozen=True)
class Line:
    number: int
    properties: dict[str, Any]
    children: list["Line"]

    @property
    def label(self) -> str:
        return self.properties.get("label", "")

    def find(self, label: str) -> "Line":
        return next(line for line in self.walk() if line.label == label)

    def walk(self) -> Iterator["Line"]:
        yield self
        for child in self.children:
            yield from child.walk()


def _line(entry: list[Any]) -> Line:
    number, properties, children = entry
    values = {name: value.value for name, value in properties.items()}
    return Line(number, values, [_line(child.value) for child in children])
