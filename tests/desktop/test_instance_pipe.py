"""The named pipe's code, run over the kind of socket that the same library has on Linux."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from voice_guide.frontends.desktop.instance import pipe

FAMILY = "AF_UNIX"


@pytest.fixture
def address(tmp_path: Path) -> str:
    return str(tmp_path / "pipe")


@pytest.fixture
def door(address: str) -> Iterator[pipe.PipeDoor]:
    made = pipe.PipeDoor(address, FAMILY)
    made.serve(lambda line: b"heard " + line)
    yield made
    made.close()


def test_asked_and_answered(address: str, door: pipe.PipeDoor) -> None:
    assert pipe.ask(address, b"toggle\n", 5, FAMILY) == b"heard toggle\n"


def test_nobody_there(address: str) -> None:
    assert pipe.ask(address, b"toggle\n", 5, FAMILY) == b""


def test_a_slow_asker_holds_nobody_up_and_is_sent_away(
    address: str, door: pipe.PipeDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "CLIENT_S", 60.0)
    with Client(address, FAMILY):
        assert pipe.ask(address, b"quick\n", 5, FAMILY) == b"heard quick\n"
    monkeypatch.setattr(pipe, "CLIENT_S", 0.3)
    with Client(address, FAMILY) as slow:
        assert slow.poll(10), "it is not sent away"
        with pytest.raises(EOFError):
            slow.recv_bytes()


def test_too_much_is_hung_up_on(address: str, door: pipe.PipeDoor) -> None:
    assert pipe.ask(address, b"x" * 200_000, 5, FAMILY) == b""
    assert pipe.ask(address, b"on\n", 5, FAMILY) == b"heard on\n"


def test_one_that_never_answers(address: str) -> None:
    made = pipe.PipeDoor(address, FAMILY)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        pipe.ask(address, b"status\n", 0.2, FAMILY)
    assert time.monotonic() - began < 2
    made.close()


def test_the_end_leaves_no_thread(address: str, door: pipe.PipeDoor) -> None:
    door.close()
    assert "instance" not in [thread.name for thread in threading.enumerate()]
    assert pipe.ask(address, b"toggle\n", 5, FAMILY) == b""


def test_each_folder_has_a_pipe_of_its_own() -> None:
    one, other = pipe.address_of(r"C:\Users\Ann\run"), pipe.address_of(r"C:\Users\Bob\run")
    assert one != other
    assert one == pipe.address_of(r"c:\users\ann\RUN")
    assert one.startswith(r"\\.\pipe\voice-guide-")
