"""Logging out, as a program without a window meets it: session bus and display are gone for good.

A program in the tray has no connection to the X server that would end it, and not every desktop
ends what it has started: without this it would stay for ever, and keep the next login from having
a companion of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BusLine, until_lost

LOOK_S: Final = 10.0
"""Between two looks at the display, and only while there is no bus."""

_LOOKS: Final = 2
"""So often in a row it has to be gone: a display may be on its way back."""

_ANSWER_S: Final = 2.0


class LogoutWatch:
    """Calls back once when both the session bus and the display that was there are gone.

    Parameters
    ----------
    line
        To the session bus.
    on_gone
        Called in the bus's thread: hand it on, and return at once.
    """

    def __init__(
        self,
        line: BusLine,
        on_gone: Callable[[], None],
        environ: Mapping[str, str] = os.environ,
        look_s: float = LOOK_S,
    ) -> None:
        self._line = line
        self._on_gone = on_gone
        self._environ = environ
        self._look_s = look_s
        self._looking: asyncio.Task[None] | None = None
        self._line.post(self._begin())

    def close(self) -> None:
        """Look no more. Safe to call twice."""
        self._line.drop(self._arrange)
        self._line.post(self._end())

    async def _begin(self) -> None:
        if await has_display(self._environ):  # one that never was there cannot go
            self._look_again()
            self._line.keep(self._arrange)

    async def _arrange(self, bus: MessageBus) -> None:
        await self._end()
        self._looking = asyncio.ensure_future(self._wait_and_look(bus))

    async def _end(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def _look_again(self) -> None:
        self._looking = asyncio.ensure_future(self._look())

    async def _wait_and_look(self, bus: MessageBus) -> None:
        await until_lost(bus)
        await self._look()

    async def _look(self) -> None:
        gone = 0
        while gone < _LOOKS:
            await asyncio.sleep(self._look_s)
            gone = 0 if await has_display(self._environ) else gone + 1
        self._on_gone()


async def has_display(environ: Mapping[str, str]) -> bool:
    """Say whether the Wayland or X server that these variables name can be reached."""
    for path in _sockets(environ):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError, TimeoutError):
            probe.setblocking(False)
            connecting = asyncio.get_running_loop().sock_connect(probe, path)
            await asyncio.wait_for(connecting, _ANSWER_S)
            return True
    # One on another machine, as over ssh, goes with its connection, which is not ours to watch.
    return not environ.get("DISPLAY", ":").startswith((":", "unix:"))


def _sockets(environ: Mapping[str, str]) -> Iterator[str]:
    if wayland := environ.get("WAYLAND_DISPLAY"):
        yield str(Path(environ.get("XDG_RUNTIME_DIR", "/")) / wayland)
    host, _, number = environ.get("DISPLAY", "").partition(":")
    if host in {"", "unix"} and number:
        path = f"/tmp/.X11-unix/X{number.partition('.')[0]}"  # noqa: S108 - as X(7) has it
        yield from (path, f"\0{path}")
