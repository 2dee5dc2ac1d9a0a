"""How the program ends: like Ctrl-C whoever asks for it, in peace, and in time."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from types import FrameType
from typing import Final, NoReturn

LAST_S: Final = 10
"""Nothing that ends takes longer; then the system ends it, whatever it hangs on."""

_LOADING_S: Final = 3.0
"""How long somebody who interrupts waits for what is being loaded: seldom a tenth of that."""
_AGAIN_S: Final = 0.02
_LOADER: Final = "<frozen importlib._bootstrap>"


class _Course:
    """How far the end has come."""

    waits_since_s: float | None = None
    """Since when somebody who interrupts waits for what is being loaded."""
    is_in_peace = False


_course: Final = _Course()


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
    _course.is_in_peace = True
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it may be waiting for what is being loaded
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


def _interrupt(number: int, frame: FrameType | None) -> None:
    # Out of the loading of a library written in C++ no exception may come: it takes the process
    # with it, and leaves half of what was being written.
    if _is_loading(frame) and _may_wait():
        signal.signal(signal.SIGALRM, lambda _, later: _interrupt(number, later))
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
        return
    _course.waits_since_s = None
    if number != signal.SIGINT:
        end_in_peace()
    raise KeyboardInterrupt


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _LOADER:
            return True
        frame = frame.f_back
    return False


def _may_wait() -> bool:
    # In peace the alarm is set already; and Windows has none.
    if _course.is_in_peace or not hasattr(signal, "setitimer"):
        return False
    now_s = time.monotonic()
    if _course.waits_since_s is None:
        _course.waits_since_s = now_s
    return now_s - _course.waits_since_s < _LOADING_S
