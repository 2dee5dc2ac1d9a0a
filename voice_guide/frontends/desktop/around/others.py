"""Other players: those that play are paused for a session, and exactly those take up again."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Any, Final

from dbus_fast import Variant
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BUS, BusLine, Unanswered, call

_PREFIX: Final = "org.mpris.MediaPlayer2."
_PATH: Final = "/org/mpris/MediaPlayer2"
_PLAYER: Final = "org.mpris.MediaPlayer2.Player"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"

# It plays nothing itself, but stands in for whichever player was used last.
_STAND_IN: Final = _PREFIX + "playerctld"

_PLAYER_S: Final = 1.0
"""A player that has not answered by then is left alone."""


@dataclass(frozen=True, slots=True)
class _Player:
    name: str
    owner: str
    """Its connection: another one under the same name has not been paused by us."""


class OtherPlayers:
    """Pauses and resumes them; returns at once, and no failure is anybody's business."""

    def __init__(self, line: BusLine) -> None:
        self._line = line
        self._paused: tuple[_Player, ...] = ()
        self._turn = asyncio.Lock()  # a session of a second: its pausing comes first

    def pause(self) -> None:
        """Pause whoever plays now. Again in the same session, it adds those that began since."""
        self._line.post(self._pause())

    def resume(self) -> None:
        """Let those go on that were paused here and still are."""
        self._line.post(self._resume())

    async def _pause(self) -> None:
        async with self._turn:
            bus = await self._line.connect()
            names = await _players(bus)
            found = await asyncio.gather(*(_pause(bus, name) for name in names))
            begun = [player for player in found if player and player not in self._paused]
            self._paused = (*self._paused, *begun)

    async def _resume(self) -> None:
        async with self._turn:
            paused, self._paused = self._paused, ()
            if paused:
                bus = await self._line.connect()
                await asyncio.gather(*(_resume(bus, player) for player in paused))


async def _players(bus: MessageBus) -> list[str]:
    (names,) = await call(bus, BUS, "ListNames")
    return [name for name in names if name.startswith(_PREFIX) and name != _STAND_IN]


async def _pause(bus: MessageBus, name: str) -> _Player | None:
    """Return the player if it was playing, is not us, and has been asked to pause."""
    with contextlib.suppress(Unanswered):
        player = _Player(name, await _owner(bus, name))
        if player.owner != bus.unique_name and await _status(bus, name) == "Playing":
            try:
                await _ask(bus, (name, _PATH, _PLAYER), "Pause")
            except Unanswered as error:
                # Who is only slow to answer pauses all the same, and is to go on.
                if not isinstance(error.__cause__, TimeoutError):
                    raise
            return player
    return None


async def _resume(bus: MessageBus, player: _Player) -> None:
    with contextlib.suppress(Unanswered):
        is_same = await _owner(bus, player.name) == player.owner
        if is_same and await _status(bus, player.name) == "Paused":
            await _ask(bus, (player.name, _PATH, _PLAYER), "Play")


async def _owner(bus: MessageBus, name: str) -> str:
    return str((await call(bus, BUS, "GetNameOwner", "s", [name]))[0])


async def _status(bus: MessageBus, name: str) -> object:
    words = [_PLAYER, "PlaybackStatus"]
    answer = await _ask(bus, (name, _PATH, _PROPERTIES), "Get", "ss", words)
    return answer[0].value if answer and isinstance(answer[0], Variant) else None


async def _ask(
    bus: MessageBus,
    where: tuple[str, str, str],
    member: str,
    signature: str = "",
    body: list[str] | None = None,
) -> list[Any]:
    return await call(
        bus, where, member, signature, body or [], may_start=False, timeout_s=_PLAYER_S
    )
