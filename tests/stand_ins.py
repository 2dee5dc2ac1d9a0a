"""Others on a bus, each a process of its own that says what was asked of it."""

from __future__ import annotations

import sys
from pathlib import Path

from own_bus import OwnBus

STAND_IN = str(Path(__file__).with_name("bus_stand_ins.py"))


class StandIn:
    """A process on the bus that says what is asked of it, one line each."""

    def __init__(self, bus: OwnBus, kind: str, name: str, *words: str) -> None:
        self.name = name
        self.client = bus.keep(sys.executable, STAND_IN, kind, name, *words)
        self.read = self.client.read
        self.end = self.client.end
        assert self.read() == "ready"

    def hear_of(self, bus: OwnBus, path: str, member: str, word: str) -> None:
        """Have it do something by itself, as its own user would."""
        place = (f"--dest={self.name}", path, member, word)
        bus.run("dbus-send", "--session", "--print-reply", *place)


class Logind(StandIn):
    """What tells of sleep, and is asked to wait for a moment."""

    def __init__(self, bus: OwnBus) -> None:
        super().__init__(bus, "logind", "org.freedesktop.login1")

    def sleeps(self, bus: OwnBus, going: bool) -> None:
        """Tell that the machine goes to sleep, or is awake."""
        place = "/org/freedesktop/login1"
        self.hear_of(bus, place, "stand.In.Sleep", f"boolean:{str(going).lower()}")


class Player(StandIn):
    """What plays music beside us."""

    def __init__(
        self, bus: OwnBus, name: str, status: str, pause_answered_after_s: float = 0.0
    ) -> None:
        words = status, str(pause_answered_after_s)
        super().__init__(bus, "player", f"org.mpris.MediaPlayer2.{name}", *words)

    def set_to(self, bus: OwnBus, status: str) -> None:
        """Have its own user begin or end something."""
        self.hear_of(bus, "/org/mpris/MediaPlayer2", "stand.In.Set", f"string:{status}")
        assert self.read() == status
