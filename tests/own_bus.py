"""A D-Bus of the test's own, which may be killed and started again at the same address."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest
from dbus_fast.aio import MessageBus
from rig import end_process, wait_until

from voice_guide.frontends.desktop.bus import BUS, call, until_lost
from voice_guide.frontends.desktop.tray.loop import BusThread

MISSING = [tool for tool in ("dbus-daemon", "dbus-send") if shutil.which(tool) is None]
needs_bus = pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}")

CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


class Client:
    """A process that goes on; what it says is waited for, but not for ever."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line.strip())
        self._lines.put("ended")

    def read(self, *wanted: str) -> str:
        """Return the next line, or the next that has one of these words in it."""
        while True:
            line = self._lines.get(timeout=20)
            if not wanted or any(word in line for word in wanted):
                return line

    def end(self) -> None:
        end_process(self.process)  # type: ignore[arg-type]
        self._thread.join(5)
        assert self.process.stdout
        self.process.stdout.close()


@dataclass
class OwnBus:
    """One bus in a folder of its own. No service is ever started by it."""

    folder: Path
    daemon: subprocess.Popen[bytes] | None = None
    started: list[Client] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "bus"

    @property
    def address(self) -> str:
        return f"unix:path={self.socket}"

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of a client; nothing of the tester's own is in it."""
        home = str(self.folder)
        folders = {f"XDG_{kind}_HOME": home for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
        return {
            **os.environ,
            **folders,
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "LC_ALL": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": self.address,
        }

    def start(self) -> None:
        config = self.folder / "bus.conf"
        config.write_text(CONFIG.format(socket=self.socket))
        self.socket.unlink(missing_ok=True)
        self.daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile"],
            env=self.env,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, what="the bus does not come")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
            connection.connect(str(self.socket))
            return True
        return False

    def kill(self) -> None:
        assert self.daemon is not None
        end_process(self.daemon, hard=True)

    def run(self, *words: str, check: bool = True, errors: bool = False) -> str:
        """Run a client to its end, and return what it says, or what it complains of."""
        done = subprocess.run(
            words, env=self.env, capture_output=True, text=True, timeout=10, check=False
        )
        if check:
            assert done.returncode == 0, f"{words}: {done.stderr}"
        return (done.stderr if errors else done.stdout).strip()

    def names(self) -> set[str]:
        """Return every name that somebody owns."""
        said = self.run(
            *("dbus-send", f"--bus={self.address}", "--print-reply"),
            *("--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"),
            "org.freedesktop.DBus.ListNames",
        )
        return {line.split('"')[1] for line in said.splitlines() if '"' in line}

    def keep(self, *words: str, **env: str) -> Client:
        """Start a client that goes on; it is ended with the bus."""
        client = Client(
            subprocess.Popen(
                words,
                env=self.env | env,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
        )
        self.started.append(client)
        return client

    def close(self) -> None:
        for client in self.started:
            client.end()
        if self.daemon is not None:
            end_process(self.daemon)


@contextlib.contextmanager
def own_bus() -> Iterator[OwnBus]:
    """Give a running bus in a fresh folder, and clear it away."""
    # The path of a socket may have 107 characters: pytest's own folders are longer at times.
    with tempfile.TemporaryDirectory(prefix="vg-bus-", ignore_cleanup_errors=True) as folder:
        made = OwnBus(Path(folder))
        try:
            made.start()
            yield made
        finally:
            made.close()


class Mortal(Protocol):
    """A bus that may be killed and started again."""

    @property
    def address(self) -> str: ...
    def kill(self) -> None: ...
    def start(self) -> None: ...


def see_that_no_other_is_harmed(bus: Mortal, by: Callable[[MessageBus], Awaitable[None]]) -> None:
    """Do this on a bus that is gone: the next file that is opened gets the number of its own."""

    async def see() -> None:
        first = await MessageBus(bus_address=bus.address).connect()
        bus.kill()
        await until_lost(first)
        bus.start()
        second = await MessageBus(bus_address=bus.address).connect()
        await by(first)
        assert await call(second, BUS, "ListNames")
        second.disconnect()
        await until_lost(second)

    thread = BusThread()
    try:
        thread.run(see(), 20.0)
    finally:
        thread.close()
