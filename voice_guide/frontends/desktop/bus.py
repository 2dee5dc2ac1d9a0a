"""A line to one D-Bus that is opened when needed, and laid anew when the bus comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import Any, Final

from dbus_fast import BusType, Message, MessageFlag, MessageType
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.tray.loop import BusThread

_log = logging.getLogger(__name__)

CALL_S: Final = 2.0
"""Whoever has not answered by then counts as not there."""

BUS: Final = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
"""The bus itself: its name, path and interface."""

_FIRST_AGAIN_S: Final = 0.5
_LAST_AGAIN_S: Final = 60.0

Arrange = Callable[[MessageBus], Awaitable[None]]


class Unanswered(Exception):
    """No bus, nobody of that name, an error for an answer, or none in time."""


class BusLine:
    """One connection that all of the companion shares. `keep`, `drop`, `post`: from any thread.

    Parameters
    ----------
    address
        Of the bus; without it the one that the environment names.
    """

    def __init__(
        self, thread: BusThread, kind: BusType = BusType.SESSION, address: str | None = None
    ) -> None:
        self._thread = thread
        self._kind = kind
        self._address = address
        self._bus: MessageBus | None = None
        self._kept: list[Arrange] = []
        self._connecting = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._posted: set[asyncio.Task[Any]] = set()
        self._is_trying = False
        self._is_closed = False

    def post(self, coroutine: Coroutine[Any, Any, None]) -> Future[None] | None:
        """Run this in the bus's thread and log what goes wrong; None once that thread has ended."""
        try:
            return self._thread.start(self._see_through(coroutine))
        except RuntimeError:
            coroutine.close()
            return None

    def keep(self, arrange: Arrange) -> Future[None] | None:
        """Arrange this on the bus now, and again each time the bus comes back."""
        return self.post(self._keep(arrange))

    def drop(self, arrange: Arrange) -> Future[None] | None:
        """Arrange this no more; what was arranged stays."""
        return self.post(self._drop(arrange))

    def close(self) -> None:
        """Leave the bus. Safe to call twice; the thread goes on."""
        done = self.post(self._close())
        if done is not None and not self._thread.is_here():
            with contextlib.suppress(TimeoutError):
                done.result(2 * CALL_S)

    async def connect(self) -> MessageBus:
        """Return the connection, or raise `Unanswered`; only in the bus's own thread."""
        async with self._connecting:
            if self._is_closed:
                raise Unanswered("the line is closed")
            if self._bus is not None and self._bus.connected:
                return self._bus
            try:
                bus = MessageBus(self._address, self._kind, negotiate_unix_fd=True)
                await asyncio.wait_for(bus.connect(), CALL_S)
            except Exception as error:
                raise Unanswered(f"no bus: {error}") from error
            self._bus = bus
            self._start(self._await_loss(bus))
            for arrange in tuple(self._kept):
                await _report(arrange(bus))
            return bus

    @property
    def bus(self) -> MessageBus | None:
        """The connection, if there is one now; only in the bus's own thread."""
        return self._bus if self._bus is not None and self._bus.connected else None

    async def _see_through(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._posted.add(task)
        try:
            await _report(coroutine)
        finally:
            self._posted.discard(task)

    async def _keep(self, arrange: Arrange) -> None:
        self._kept.append(arrange)
        bus = self.bus
        if bus is not None:
            await arrange(bus)
            return
        try:
            await self.connect()
        except Unanswered:
            self._try_again()

    async def _drop(self, arrange: Arrange) -> None:
        if arrange in self._kept:
            self._kept.remove(arrange)

    async def _await_loss(self, bus: MessageBus) -> None:
        await until_lost(bus)
        if self._bus is bus:
            self._bus = None
        self._try_again()

    def _try_again(self) -> None:
        if not self._is_trying and not self._is_closed and self._kept:
            self._is_trying = True
            self._start(self._try())

    async def _try(self) -> None:
        wait_s = _FIRST_AGAIN_S
        try:
            while self._kept and not self._is_closed:
                await asyncio.sleep(wait_s)
                wait_s = min(_LAST_AGAIN_S, 2 * wait_s)
                with contextlib.suppress(Unanswered):
                    await self.connect()
                    return
        finally:
            self._is_trying = False

    async def _close(self) -> None:
        # What was asked for before, as that other players go on, is done first.
        others = self._posted - {asyncio.current_task()}
        if others and self.bus is not None:
            await asyncio.wait(others, timeout=CALL_S / 2)
        self._is_closed = True
        self._kept.clear()
        if self._bus is not None:
            self._bus.disconnect()
            with contextlib.suppress(TimeoutError):  # its socket is closed a turn of the loop later
                await asyncio.wait_for(until_lost(self._bus), CALL_S)
        for task in tuple(self._tasks):
            task.cancel()

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._tasks.discard)


async def call(
    bus: MessageBus,
    where: tuple[str, str, str],
    member: str,
    signature: str = "",
    body: Sequence[Any] = (),
    *,
    may_start: bool = True,
    timeout_s: float = CALL_S,
) -> list[Any]:
    """Return what the method of `where` (name, path, interface) answers, or raise `Unanswered`."""
    name, path, interface = where
    # The library would wait for ever, and by a file's number that is another connection's by now.
    if not bus.connected:
        raise Unanswered(f"{member}: the bus is gone")
    flags = MessageFlag.NONE if may_start else MessageFlag.NO_AUTOSTART
    message = Message(
        destination=name,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
        flags=flags,
    )
    try:
        reply = await asyncio.wait_for(bus.call(message), timeout_s)
    except (OSError, EOFError, TimeoutError) as error:
        raise Unanswered(f"{member}: {error or type(error).__name__}") from error
    if reply is None or reply.message_type is MessageType.ERROR:
        raise Unanswered(f"{member}: {reply.error_name if reply else 'no reply'}")
    return list(reply.body)


async def watch(bus: MessageBus, rule: str) -> None:
    """Have the bus send us the signals that fit this rule."""
    await call(bus, BUS, "AddMatch", "s", [rule])


async def until_lost(bus: MessageBus) -> None:
    """Wait until this connection is gone, for whatever reason."""

    async def wait() -> None:
        with contextlib.suppress(Exception):  # why it went does not matter
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]

    # All who wait share one future of the library's, which ends for all when one is cancelled.
    await asyncio.shield(wait())


async def _report(work: Awaitable[None]) -> None:
    try:
        await work
    except Unanswered as error:
        _log.info("the desktop does not answer: %s", error)
    except Exception:  # noqa: BLE001 - the one catch-all of what runs in the bus's thread
        _log.exception("something on the bus failed")
