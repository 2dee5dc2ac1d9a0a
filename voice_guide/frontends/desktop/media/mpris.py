"""Media keys on Linux: MPRIS 2.2 (specifications.freedesktop.org/mpris-spec), on our own line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from typing import Final

from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BUS, BusLine, call
from voice_guide.frontends.desktop.media import NowPlaying, OnCommand
from voice_guide.frontends.desktop.media.mpris_player import Player, Root
from voice_guide.frontends.desktop.media.timing import Shown, compare

NAME: Final = "org.mpris.MediaPlayer2.voice_guide"
PATH: Final = "/org/mpris/MediaPlayer2"

_DO_NOT_QUEUE: Final = 4  # DBUS_NAME_FLAG_DO_NOT_QUEUE in the D-Bus specification
_IN_USE: Final = 3  # DBUS_REQUEST_NAME_REPLY_EXISTS there


class Mpris:
    """A session as a media player, on the bus only between `show` and `hide`."""

    def __init__(
        self,
        line: BusLine,
        on_command: OnCommand,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._clock = clock
        self._shown: Shown | None = None
        self._place: MessageBus | None = None
        self._name = ""
        self._turn = asyncio.Lock()  # a session of a moment: what it takes is given back after that
        self._root = Root()
        self._player = Player(on_command, clock)

    def show(self, now: NowPlaying) -> None:
        """Take the keys, or tell what changed; a mere passing of time wakes nobody."""
        at_s = self._clock()
        if self._shown is None:
            self._shown = Shown(now, at_s)
            self._line.post(self._update(self._shown, jumped=False))
            self._line.keep(self._appear)
            return
        news = compare(self._shown, now, at_s)
        self._shown = news.shown
        if news.changed or news.jumped:
            self._line.post(self._update(news.shown, jumped=news.jumped))

    def hide(self) -> None:
        """Give the name, and with it the keys, back."""
        if self._shown is not None:
            self._shown = None
            self._line.drop(self._appear)
            self._line.post(self._vanish())

    def close(self) -> None:
        """Hide. Safe to call twice; the line is somebody else's."""
        self.hide()

    async def _update(self, shown: Shown, *, jumped: bool) -> None:
        self._player.update(shown, jumped=jumped)

    async def _appear(self, bus: MessageBus) -> None:
        async with self._turn:
            if self._shown is not None:
                await self._take_name(bus)

    async def _take_name(self, bus: MessageBus) -> None:
        self._leave()  # the bus before, if that one is gone
        self._place = bus
        for interface in (self._root, self._player):
            bus.export(PATH, interface)
        # A second listener's companion on this bus goes by the name the specification gives it.
        for name in (NAME, f"{NAME}.instance{os.getpid()}"):
            if (await call(bus, BUS, "RequestName", "su", [name, _DO_NOT_QUEUE]))[0] != _IN_USE:
                self._name = name
                return

    async def _vanish(self) -> None:
        async with self._turn:
            if self._shown is not None:  # the next session has begun meanwhile
                return
            bus, name, self._name = self._line.bus, self._name, ""
            try:
                if bus is not None and name:
                    await call(bus, BUS, "ReleaseName", "s", [name])
            finally:
                self._leave()  # who finds the name also finds what answers to it

    def _leave(self) -> None:
        if self._place is not None:
            with contextlib.suppress(Exception):  # it may be gone in the middle of something
                self._place.unexport(PATH)
            self._place = None
