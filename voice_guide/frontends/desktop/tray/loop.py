"""One thread with an asyncio loop that tray, media keys and the rest of D-Bus share."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Final, TypeVar

_log = logging.getLogger(__name__)

T = TypeVar("T")

CALL_S: Final = 5.0
"""A desktop that has not answered by then is treated as one that does not answer."""

GATHER_S: Final = 0.02
"""Picture, title and menu are set one after the other, and make one change."""

_JOIN_S: Final = 2.0


class BusThread:
    """A thread that runs an asyncio loop until it is closed. Every method may be called anywhere.

    Parameters
    ----------
    loop
        A loop that runs already, in a thread of its own; this one then starts and ends nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = loop or asyncio.new_event_loop()
        self._thread: threading.Thread | None = None
        if loop is None:
            self.loop.set_exception_handler(_report)
            self._thread = threading.Thread(target=self._run, name="bus", daemon=True)
            self._thread.start()

    def is_here(self) -> bool:
        """Say whether the caller runs in the loop's own thread, where waiting for it would hang."""
        try:
            return asyncio.get_running_loop() is self.loop
        except RuntimeError:
            return False

    def post(self, function: Callable[..., object], *args: object) -> None:
        """Have the loop call this soon; nothing happens once the loop is closed."""
        with contextlib.suppress(RuntimeError):  # "Event loop is closed"
            self.loop.call_soon_threadsafe(function, *args)

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Run the coroutine in the loop, and return at once."""
        try:
            return asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        except RuntimeError:
            coroutine.close()
            raise

    def run(self, coroutine: Coroutine[Any, Any, T], timeout_s: float = CALL_S) -> T:
        """Run the coroutine in the loop, and wait for what it returns.

        Raises TimeoutError, and RuntimeError in the loop's own thread or after `close`.
        """
        if self.is_here():
            coroutine.close()
            raise RuntimeError("the loop's own thread cannot wait for the loop")
        future = self.start(coroutine)
        try:
            return future.result(timeout_s)
        finally:
            if not self.loop.is_closed():
                future.cancel()

    def close(self) -> None:
        """End every task and the thread. Safe to call twice, and from the thread itself."""
        if self._thread is None or self.loop.is_closed():
            return
        self.post(self.loop.stop)
        if not self.is_here():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            self.loop.run_forever()
            if tasks := asyncio.all_tasks(self.loop):
                for task in tasks:
                    task.cancel()
                self.loop.run_until_complete(asyncio.wait(tasks, timeout=_JOIN_S / 2))
                # Who waits for them in another thread is told one turn later.
                self.loop.run_until_complete(asyncio.sleep(0))
        finally:
            self.loop.close()


class Pace:
    """Calls a function for any number of requests: soon, and at most `burst` times in `period_s`.

    Two in two seconds cost no more than one signal a second however often somebody asks, and a
    single change is still seen at once. What a person does is never kept waiting: see `hurry`.
    """

    def __init__(
        self,
        thread: BusThread,
        act: Callable[[], None],
        *,
        burst: int = 2,
        period_s: float = 2.0,
    ) -> None:
        self._thread = thread
        self._act = act
        self._acted: deque[float] = deque(maxlen=burst)
        self._period_s = period_s
        self._asked = False
        self._timer: asyncio.TimerHandle | None = None

    def ask(self) -> None:
        """Have it called. From any thread."""
        # Cleared before the state is read, so a request that finds it set is always served.
        if not self._asked:
            self._asked = True
            self._thread.post(self._plan)

    def hurry(self) -> None:
        """Let what is asked for now, and next, be done at once. From any thread."""
        self._thread.post(self._forget)

    def _forget(self) -> None:
        self._acted.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._plan()

    def _plan(self) -> None:
        loop = self._thread.loop
        full = len(self._acted) == self._acted.maxlen
        wait_s = self._acted[0] + self._period_s - loop.time() if full else 0.0
        self._timer = loop.call_later(max(wait_s, GATHER_S), self._run)

    def _run(self) -> None:
        self._acted.append(self._thread.loop.time())
        self._asked, self._timer = False, None
        try:
            self._act()
        except Exception:  # noqa: BLE001 - the loop has other guests
            _log.exception("the tray icon could not be brought up to date")


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody waited for; that a bus went away is no fault of the program."""
    if isinstance(context.get("exception"), OSError | EOFError):
        _log.debug("the session bus is gone: %s", context["exception"])
    else:
        loop.default_exception_handler(context)
