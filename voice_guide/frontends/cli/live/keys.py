"""Single keys from a terminal, which is given back as it was."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

ReadKey = Callable[[float], str]
"""Waits at most so many seconds; returns `space`, `left`, `right`, a letter, or nothing."""

_NAMES: Final = {
    " ": "space",
    "\x1b[C": "right",
    "\x1bOC": "right",
    "\x1b[D": "left",
    "\x1bOD": "left",
    "\x03": "ctrl-c",
}
_WINDOWS: Final = {"M": "right", "K": "left"}


@contextlib.contextmanager
def single_keys() -> Iterator[ReadKey]:
    """Yield a reader of keys; where nobody can press any, it only waits."""
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        yield wait
    elif sys.platform == "win32":
        yield _read_windows
    else:
        with _one_by_one(sys.stdin.fileno()):
            yield _Reader(sys.stdin.fileno()).read


def wait(timeout_s: float) -> str:
    """Wait, as nobody can press a key."""
    time.sleep(timeout_s)
    return ""


@contextlib.contextmanager
def _one_by_one(terminal: int) -> Iterator[None]:
    import signal
    import termios
    import tty

    before = termios.tcgetattr(terminal)

    def take(*_: Any) -> None:
        with contextlib.suppress(termios.error):
            # Ctrl-C stays a signal: it ends the session even when nothing reads the keys.
            tty.setcbreak(terminal)

    taken_up_before = signal.signal(signal.SIGCONT, take)  # after Ctrl-Z and fg
    try:
        take()
        yield
    finally:
        signal.signal(signal.SIGCONT, taken_up_before)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)


class _Reader:
    """Reads what a terminal sends, one key at a time."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._pending = ""
        self._is_open = True

    def read(self, timeout_s: float) -> str:
        """Return the next key's name."""
        if not self._pending:
            self._fetch(timeout_s)
        if not self._pending:
            return ""
        for sequence, name in _NAMES.items():
            if self._pending.startswith(sequence):
                self._pending = self._pending[len(sequence) :]
                return name
        if self._pending.startswith("\x1b"):  # some other key of many letters
            self._pending = ""
            return ""
        key, self._pending = self._pending[0].lower(), self._pending[1:]
        return key

    def _fetch(self, timeout_s: float) -> None:
        if not self._is_open:
            time.sleep(timeout_s)
        elif select.select([self._terminal], [], [], timeout_s)[0]:
            try:
                sent = os.read(self._terminal, 64)
            except OSError:
                sent = b""
            self._is_open = bool(sent)  # a closed terminal is always ready and says nothing
            self._pending = sent.decode(errors="ignore")


def _read_windows(timeout_s: float) -> str:  # pragma: no cover - another system
    import msvcrt

    deadline = time.monotonic() + timeout_s
    keyboard: Any = msvcrt
    while not keyboard.kbhit():
        if time.monotonic() >= deadline:
            return ""
        time.sleep(0.01)
    key = str(keyboard.getwch())
    if key in {"\0", "\xe0"}:
        return _WINDOWS.get(str(keyboard.getwch()), "")
    return _NAMES.get(key, key.lower())
