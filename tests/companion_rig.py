"""The companion in a world of the test's own: X server, session bus, tray, notices and sound."""

# Annotations are not postponed here: dbus-fast reads them.
import contextlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from dbus_fast import NameFlag, Variant
from dbus_fast.service import ServiceInterface, dbus_method
from fake_tray import FakeTray
from panel_rig import Desktop, desktop
from rig import Recording, Rig, end_process, sound_rig, wait_until

from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.desktop.instance.wire import Reply

ROOT = Path(__file__).parents[1]
PROGRAM = (sys.executable, "-m", "voice_guide")
MPRIS = "org.mpris.MediaPlayer2.voice_guide"
PLAYER = "org.mpris.MediaPlayer2.Player"
PROPERTIES = "org.freedesktop.DBus.Properties"
NOTIFICATIONS = "org.freedesktop.Notifications"

MISSING = [tool for tool in ("Xvfb", "dbus-daemon") if shutil.which(tool) is None]
needs_world = pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}")

ONE_MOMENT = """---
title: One moment
kind: moments
length: 20-90 s
---

# Only this

You are here.
[pause 1-80s]
"""

START_S = 20.0
"""A start takes half a second; beside other tests, on two busy cores, many times that."""


class _Daemon(ServiceInterface):
    """What shows notices on a desktop; it remembers what it was asked to show."""

    def __init__(self, shown: list[str], withdrawn: list[int]) -> None:
        super().__init__(NOTIFICATIONS)
        self.shown, self.withdrawn = shown, withdrawn

    @dbus_method(name="GetCapabilities")
    def capabilities(self) -> "as":  # noqa: F722
        return ["body"]

    @dbus_method(name="Notify")
    def notify(  # noqa: PLR0917 - as the specification has it
        self,
        name: "s",  # noqa: F821
        replaces: "u",  # noqa: F821
        icon: "s",  # noqa: F821
        title: "s",  # noqa: F821
        body: "s",  # noqa: F821
        actions: "as",  # noqa: F722
        hints: "a{sv}",  # noqa: F722
        expires: "i",  # noqa: F821
    ) -> "u":  # noqa: F821
        self.shown.append(f"{title}: {body}")
        return replaces or len(self.shown)

    @dbus_method(name="CloseNotification")
    def close(self, number: "u") -> None:  # noqa: F821
        self.withdrawn.append(number)


class Tray(FakeTray):
    """A tray that also shows notices."""

    notices: list[str]
    withdrawn: list[int]

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.notices, self.withdrawn = [], []

    async def _start(self, hosted: bool) -> None:
        await super()._start(hosted)
        assert self.bus is not None
        self.bus.export("/org/freedesktop/Notifications", _Daemon(self.notices, self.withdrawn))
        await self.bus.request_name(NOTIFICATIONS, NameFlag.NONE)


@dataclass
class World:
    """Everything around the companion, and the companion itself."""

    desk: Desktop
    tray: Tray
    rig: Rig | None
    process: subprocess.Popen[bytes] | None = None
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment of everything that is started here."""
        sound = self.rig.env if self.rig else {}
        return {
            **self.desk.env,
            **{k: v for k, v in sound.items() if k.startswith(("ALSA", "PULSE"))},
            "PYTHONPATH": str(ROOT),
            "PYTHONFAULTHANDLER": "1",  # what hangs can say where: see `leaves`
            "VOICE_GUIDE_HOME": str(self.home),
            **self.extra,
        }

    @property
    def home(self) -> Path:
        return self.desk.folder / "vg"

    @property
    def log(self) -> str:
        """Everything that was printed by what was started here."""
        log = self.desk.folder / f"{Path(sys.executable).name}.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        """Start the program with these words; it is ended with the world."""
        return self.desk.start(*PROGRAM, *words, env=self.env)

    def run(self, *words: str, timeout_s: float = 60.0) -> subprocess.CompletedProcess[str]:
        """Run the program with these words to its end."""
        return subprocess.run(
            [*PROGRAM, *words],
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def begin(self) -> None:
        """Start the companion, and wait until its icon is there."""
        before = len(self.tray.registered)
        self.process = self.spawn()
        wait_until(lambda: len(self.tray.registered) > before, START_S, "no icon")
        wait_until(lambda: self.ask("status") is not None, START_S, "nobody answers")

    def end(self) -> None:
        """Ask the companion to leave, and see that it does."""
        self.ask("quit")
        assert self.leaves() == 0

    def leaves(self, timeout_s: float = 20.0) -> int:
        """Wait until the companion is gone, and return its exit code."""
        assert self.process is not None
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(10)
            raise AssertionError(f"it does not leave: {self.log}") from None

    def ask(self, *words: str) -> Reply | None:
        """Hand these words to the companion, as a second start does."""
        return ask(str(self.home / "run"), words, START_S)

    def say(self, *words: str) -> str:
        """Hand these words over, and return what is answered."""
        reply = self.ask(*words)
        assert reply is not None, "there is no companion"
        return reply.answer

    def play(self, script: str, **wishes: object) -> str:
        """Have the companion play this."""
        reply = self.ask("play", json.dumps({"script": script, **wishes}))
        assert reply is not None
        assert reply.code == 0, reply.answer
        return reply.answer

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.say("status")))

    def wait_for(self, *states: str, timeout_s: float = START_S) -> None:
        """Wait until it is doing one of these."""
        wait_until(
            lambda: self.status()["state"] in states, timeout_s, f"never {' or '.join(states)}"
        )

    def player(self, member: str, *call: Any) -> bool:
        """Press a button as a media key does; false when there is no session to press it for."""
        return self._ask_player(PLAYER, member, *call)

    def set_player(self, name: str, value: Variant) -> bool:
        """Set a property as a player's widget does; false when there is no session."""
        return self._ask_player(PROPERTIES, "Set", "ssv", PLAYER, name, value)

    def _ask_player(self, interface: str, member: str, *call: Any) -> bool:
        try:
            self.tray.ask(MPRIS, "/org/mpris/MediaPlayer2", interface, member, *call)
        except RuntimeError as error:
            if "ServiceUnknown" not in str(error):
                raise
            return False
        return True

    def wait_for_notice(self, words: str, timeout_s: float = 10.0) -> str:
        """Return the notice with these words in it, as soon as the listener was shown it."""
        wait_until(
            lambda: any(words in one for one in self.tray.notices),
            timeout_s,
            f"no notice with {words!r} in {self.tray.notices}",
        )
        return next(one for one in self.tray.notices if words in one)


def sounding(recording: Recording, since: int = 0) -> int:
    """Count the frames from `since` on that are not silent."""
    return int((np.abs(recording.samples()[since:]).max(axis=1, initial=0.0) > 1e-4).sum())


def wait_for_sound(recording: Recording, timeout_s: float = 15.0) -> None:
    """Wait until something is heard that was not heard before."""
    before = recording.frames()
    wait_until(lambda: sounding(recording, before) > 0, timeout_s, "nothing is heard")


@contextlib.contextmanager
def world(*, sound: bool = False) -> Iterator[World]:
    """Give a desktop with a tray, and a sound server if asked for; the companion is not started."""
    with contextlib.ExitStack() as ending:
        desk = ending.enter_context(desktop())
        rig = ending.enter_context(sound_rig()) if sound else None
        tray = Tray(desk.address)
        ending.callback(tray.close)
        tray.start()
        made = World(desk, tray, rig)
        yield made
        if made.process is not None:
            end_process(made.process)
        assert "Traceback" not in made.log, made.log


class Footprint(NamedTuple):
    """What a process takes of the machine."""

    rss_mb: float
    threads: int
    files: int
    children: int


def footprint(pid: int) -> Footprint:
    """Return what this process takes now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    told = dict(line.split(":", 1) for line in lines if ":" in line)
    return Footprint(
        int(told["VmRSS"].split()[0]) / 1024,
        int(told["Threads"]),
        len(list(Path(f"/proc/{pid}/fd").iterdir())),
        len(children(pid)),
    )


def wait_until_at_rest(pid: int) -> None:
    """Wait until a process has loaded what it needs: its memory stays the same for a second."""
    last = [(0.0, 0.0)]

    def is_at_rest() -> bool:
        rss_mb = footprint(pid).rss_mb
        if rss_mb != last[-1][1]:
            last.append((time.monotonic(), rss_mb))
        return time.monotonic() - last[-1][0] > 1.0

    wait_until(is_at_rest, START_S, "it goes on loading")


def children(pid: int, word: str = "") -> list[int]:
    """Return the processes that this one has started and that have `word` in their command."""
    found = []
    for one in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            number, rest = one.parent.name, one.read_text().rsplit(")", 1)[1].split()
            if int(rest[1]) == pid and word in command_of(int(number)):
                found.append(int(number))
    return found


def command_of(pid: int) -> str:
    """Return the command line of a process; nothing once it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""
