"""How the program ends: like Ctrl-C whoever asks for it, in peace, and in time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import Final, NoReturn

LAST_S: Final = 10
"""Nothing that ends takes longer; then the system ends it, whatever it hangs on."""


def end_like_ctrl_c() -> None:
    """Have a closed terminal and a polite kill end child processes, too, and leave no half file."""
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    # Even where a shell script started us in the background, with SIGINT ignored.
    signal.signal(signal.SIGINT, _interrupt)


def end_in_peace() -> None:
    """End undisturbed from now on, and within `LAST_S` seconds; only in the main thread.

    A logout sends several: what has begun to end gently is not cut short by the next. Somebody at a
    terminal who presses Ctrl-C once more still is in a hurry, and so is SIGALRM.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.alarm(LAST_S)


def all_is_done() -> None:
    """Let nothing turn the last milliseconds into a failure, Ctrl-C neither."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.alarm(0)


def leave_at_once(code: int) -> NoReturn:
    """End the process with this exit code, and wait for none of its threads."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number != signal.SIGINT:
        end_in_peace()
    raise KeyboardInterrupt
