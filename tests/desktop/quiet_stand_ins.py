"""Run as a program: a notification daemon that knows do not disturb in the way of one desktop.

Words: the name that it gives itself, then `inhibited=…` (Plasma), `dnd=…` (swaync) or nothing.
"""

# Annotations are not postponed here: dbus-fast reads them.
import asyncio
import sys

from dbus_fast import PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

NAME = "org.freedesktop.Notifications"


class Server(ServiceInterface):
    def __init__(self, name: str) -> None:
        super().__init__(NAME)
        self.server = name

    @dbus_method("GetServerInformation")
    def get_server_information(self) -> "ssss":  # noqa: F821 - a signature
        return [self.server, "stand-in", "1.0", "1.2"]


class Plasma(Server):
    inhibited = False

    @dbus_property(PropertyAccess.READ, "Inhibited")
    def is_inhibited(self) -> DBusBool:
        return self.inhibited


class Swaync(ServiceInterface):
    def __init__(self, is_quiet: bool) -> None:
        super().__init__("org.erikreider.swaync.cc")
        self.is_quiet = is_quiet

    @dbus_method("GetDnd")
    def get_dnd(self) -> DBusBool:
        return self.is_quiet


class Odd(Server):
    """Answers, but not with what was asked for."""

    @dbus_property(PropertyAccess.READ, "Inhibited")
    def is_inhibited(self) -> DBusStr:
        return "perhaps"


async def main(name: str, *words: str) -> None:
    bus = await MessageBus().connect()
    wishes = dict(word.split("=") for word in words)
    server = (
        Plasma(name) if "inhibited" in wishes else Odd(name) if "odd" in wishes else Server(name)
    )
    if isinstance(server, Plasma):
        server.inhibited = wishes["inhibited"] == "true"
    bus.export("/org/freedesktop/Notifications", server)
    if "dnd" in wishes:
        bus.export("/org/erikreider/swaync/cc", Swaync(wishes["dnd"] == "true"))
    await bus.request_name(NAME)
    print("ready", flush=True)
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
