"""Windows: what its shell and its registry tell; focus assist itself is told to nobody.

So where neither a presentation nor a first hour is on, do not disturb cannot be asked.
"""

from __future__ import annotations

import contextlib
import ctypes
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, Final

from voice_guide.frontends.desktop.busy import Answer, Reason, ask

# QUERY_USER_NOTIFICATION_STATE in Microsoft's shellapi.h. Busy is a full-screen program.
_BUSY, _GAME, _PRESENTATION, _FIRST_HOUR = 2, 3, 4, 6
_STATES: Final = range(1, 8)

_MICROPHONE: Final = (
    r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone"
)
_NO_PACKAGES: Final = "NonPackaged"
# FILETIMEs, since Windows 10 1903; the second is 0 as long as a program uses the microphone.
_STARTED, _STOPPED = "LastUsedTimeStart", "LastUsedTimeStop"
_FILETIMES_A_SECOND: Final = 10_000_000
_UNIX_EPOCH_S: Final = 11_644_473_600
"""From 1601, where FILETIMEs begin."""


def find_busy(
    shell: Callable[[], Any] = lambda: ctypes.windll.shell32,  # type: ignore[attr-defined]
    registry: Callable[[], Any] = lambda: import_module("winreg"),
    booted_at_s: Callable[[], float] = lambda: time.time() - time.monotonic(),
) -> Answer:
    """Ask Windows, which takes milliseconds."""

    def is_quiet() -> bool | None:
        return True if _state(shell()) in {_PRESENTATION, _FIRST_HOUR} else None

    def is_full_screen() -> bool | None:
        state = _state(shell())
        return None if state is None else state in {_BUSY, _GAME}

    return ask(
        {
            Reason.QUIET: is_quiet,
            Reason.MICROPHONE: lambda: _is_recording(registry(), booted_at_s()),
            Reason.FULL_SCREEN: is_full_screen,
        }
    )


def _state(shell: Any) -> int | None:
    state = ctypes.c_int(0)
    failure = shell.SHQueryUserNotificationState(ctypes.byref(state))
    return state.value if failure == 0 and state.value in _STATES else None


def _is_recording(registry: Any, booted_at_s: float) -> bool | None:
    try:
        with registry.OpenKey(registry.HKEY_CURRENT_USER, _MICROPHONE) as store:
            uses = [*_uses(registry, store)]
            with registry.OpenKey(store, _NO_PACKAGES) as others:
                uses += _uses(registry, others)
    except FileNotFoundError:
        return None
    # After a power cut a use stands there that never ended.
    return any(stopped == 0 and started_s >= booted_at_s for started_s, stopped in uses)


def _uses(registry: Any, store: Any) -> Iterator[tuple[float, int]]:
    """Yield when each program began to record, in Unix time, and when it stopped."""
    count, _, _ = registry.QueryInfoKey(store)
    for name in [registry.EnumKey(store, number) for number in range(count)]:
        # Some were allowed to and never did, and one holds others.
        with contextlib.suppress(FileNotFoundError), registry.OpenKey(store, name) as program:
            started, _ = registry.QueryValueEx(program, _STARTED)
            stopped, _ = registry.QueryValueEx(program, _STOPPED)
            yield started / _FILETIMES_A_SECOND - _UNIX_EPOCH_S, stopped
