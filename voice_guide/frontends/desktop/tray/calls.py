"""Callbacks, one after the other, in a thread of their own: a slow one never holds up the icon."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class Calls:
    """A line of callbacks to be made. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Begin to make them; what was added before comes first."""
        threading.Thread(target=self._run, name="tray", daemon=True).start()

    def add(self, callback: Callable[..., object] | None, *arguments: object) -> None:
        """Have this called in its turn."""
        if callback is not None:
            self._waiting.put(lambda: callback(*arguments))

    def close(self) -> None:
        """End once all that was added before has been called."""
        self._waiting.put(None)

    def _run(self) -> None:
        while (call := self._waiting.get()) is not None:
            try:
                call()
            except Exception:  # noqa: BLE001 - the callback's fault, and the icon lives on
                _log.exception("a callback of the tray icon failed")
