"""Whether the moment is bad: what is told, what is not, and that nobody waits for it long."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from rig import wait_until

from voice_guide.frontends.desktop.busy import BLIND, Answer, Reason, ask
from voice_guide.frontends.desktop.busy.full_screen import is_full_screen
from voice_guide.frontends.desktop.busy.windows import find_busy

NO: Callable[[], bool | None] = lambda: False  # noqa: E731
EVERY = tuple(Reason)


def test_every_combination_of_answers_is_one_answer() -> None:
    for answers in product((True, False, None), repeat=3):
        given = dict(zip(EVERY, answers, strict=True))
        answer = ask({reason: lambda told=told: told for reason, told in given.items()})
        assert answer.busy == next((reason for reason in EVERY if given[reason]), None)
        assert answer.unknown == tuple(reason for reason in EVERY if given[reason] is None)
        assert answer.is_sure == (True in answers or None not in answers)
        assert answer.may_sound == (True not in answers and given[Reason.QUIET] is False)


def test_each_answer_is_a_sentence() -> None:
    assert Answer(Reason.MICROPHONE).text == "Another program was using the microphone."
    assert Answer().text == "Nothing was in the way."
    assert Answer(unknown=(Reason.FULL_SCREEN,)).text == (
        "Nothing was in the way, but the desktop does not tell whether a window filled the screen."
    )
    assert BLIND.text.count("whether") == 3
    assert not BLIND.may_sound


def test_what_is_not_asked_or_fails_is_unknown(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> bool:
        raise ValueError("odd")

    answer = ask({Reason.QUIET: NO, Reason.MICROPHONE: fail})
    assert answer == Answer(unknown=(Reason.MICROPHONE, Reason.FULL_SCREEN))
    assert "microphone cannot be asked" in caplog.text
    assert ask({}) == BLIND


def test_all_are_asked_at_once_and_none_is_waited_for_long() -> None:
    meeting = threading.Barrier(3)
    never = threading.Event()
    try:
        # Were they asked one after the other, the first would wait for the second for ever.
        both = {reason: lambda: meeting.wait(5) < 0 for reason in EVERY}
        assert ask(both, 10.0) == Answer()
        hanging = {**both, Reason.QUIET: NO, Reason.FULL_SCREEN: lambda: True}
        answer = ask({**hanging, Reason.MICROPHONE: never.wait}, 1.0)
        assert answer == Answer(Reason.FULL_SCREEN, (Reason.MICROPHONE,))
    finally:
        never.set()
    wait_until(lambda: not [one for one in threading.enumerate() if one.name.startswith("ask ")])


# python-xlib leaves its socket to the garbage collector where nobody answers.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_without_a_screen_it_cannot_be_said_what_fills_it() -> None:
    assert is_full_screen({}) is None
    assert is_full_screen({"DISPLAY": ":9999"}) is None
    assert is_full_screen({"DISPLAY": "not a display"}) is None


# Windows, against stand-ins for its libraries: it was not run.

BOOT_S = 1_700_000_000.0


class Registry:
    """As much of winreg as is used: keys as nested dicts, values as numbers."""

    HKEY_CURRENT_USER = object()

    def __init__(self, programs: dict[str, Any] | None) -> None:
        self.top = programs

    @contextmanager
    def OpenKey(self, key: Any, name: str) -> Iterator[Any]:  # noqa: N802
        if key is self.HKEY_CURRENT_USER:
            assert name.endswith(r"ConsentStore\microphone")
            found = self.top
        else:
            found = key.get(name)
        if not isinstance(found, dict):
            raise FileNotFoundError(name)
        yield found

    def _keys(self, key: dict[str, Any]) -> list[str]:
        return [name for name, found in key.items() if isinstance(found, dict)]

    def QueryInfoKey(self, key: dict[str, Any]) -> tuple[int, int, int]:  # noqa: N802
        return len(self._keys(key)), len(key) - len(self._keys(key)), 0

    def EnumKey(self, key: dict[str, Any], number: int) -> str:  # noqa: N802
        return self._keys(key)[number]

    def QueryValueEx(self, key: dict[str, Any], name: str) -> tuple[int, int]:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(name)
        return key[name], 11


def filetime(unix_s: float) -> int:
    return round((unix_s + 11_644_473_600) * 10_000_000)


def use(started_s: float, stopped: int) -> dict[str, int]:
    return {"LastUsedTimeStart": filetime(started_s), "LastUsedTimeStop": stopped}


def shell(state: int, failure: int = 0) -> Any:
    def query(place: Any) -> int:
        ctypes.cast(place, ctypes.POINTER(ctypes.c_int)).contents.value = state
        return failure

    return SimpleNamespace(SHQueryUserNotificationState=query)


def ask_windows(state: int = 5, failure: int = 0, programs: Any = None) -> Answer:
    registry = Registry(programs)
    return find_busy(lambda: shell(state, failure), lambda: registry, lambda: BOOT_S)


IDLE: dict[str, Any] = {
    "a.packaged.program": use(BOOT_S + 9, filetime(BOOT_S + 10)),
    "allowed.but.unused": {"Value": 1},
    "NonPackaged": {"Value": 1, "C:#call.exe": use(BOOT_S - 999, filetime(BOOT_S - 9))},
}


@pytest.mark.parametrize(
    ("state", "busy", "full_screen_is_known"),
    [
        *((1, None, True), (5, None, True), (7, None, True)),
        *((2, Reason.FULL_SCREEN, True), (3, Reason.FULL_SCREEN, True)),
        *((4, Reason.QUIET, True), (6, Reason.QUIET, True)),
        *((0, None, False), (8, None, False)),
    ],
)
def test_the_shell_of_windows(state: int, busy: Reason | None, full_screen_is_known: bool) -> None:
    answer = ask_windows(state, programs=IDLE)
    assert answer.busy is busy
    assert (Reason.FULL_SCREEN not in answer.unknown) == full_screen_is_known
    assert not answer.may_sound, "focus assist is told to nobody"


def test_a_microphone_in_use_on_windows() -> None:
    call = use(BOOT_S + 60, 0)
    assert Reason.MICROPHONE not in ask_windows(programs=IDLE).unknown
    assert ask_windows(programs=IDLE).busy is None
    assert ask_windows(programs={**IDLE, "a.call": call}).busy is Reason.MICROPHONE
    others = {**IDLE["NonPackaged"], "D:#other.exe": call}
    assert ask_windows(programs={**IDLE, "NonPackaged": others}).busy is Reason.MICROPHONE
    cut_off = {**IDLE, "a.call": use(BOOT_S - 60, 0)}
    assert ask_windows(programs=cut_off).busy is None, "before the power went out"


def test_a_windows_that_tells_nothing() -> None:
    assert ask_windows(failure=-2147467259) == BLIND
