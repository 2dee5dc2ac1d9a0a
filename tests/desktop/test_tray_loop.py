"""The shared loop, the pace of updates, and what the tray package may depend on."""

import ast
import asyncio
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import wait_until

import voice_guide.frontends.desktop.tray as package
from voice_guide.frontends.desktop.tray.loop import BusThread, Pace

FOLDER = Path(package.__file__).parent


@pytest.fixture
def thread() -> Iterator[BusThread]:
    made = BusThread()
    yield made
    made.close()


async def echo(value: str) -> str:
    return value


def test_it_runs_and_answers(thread: BusThread) -> None:
    assert thread.run(echo("here")) == "here"
    assert thread.start(echo("later")).result(5) == "later"


def test_waiting_ends(thread: BusThread) -> None:
    with pytest.raises(TimeoutError):
        thread.run(asyncio.sleep(60), 0.05)


def test_its_own_thread_may_not_wait_for_itself(thread: BusThread) -> None:
    async def foolish() -> str:
        return thread.run(echo("never"))

    with pytest.raises(RuntimeError, match="own thread"):
        thread.run(foolish())


def test_closing_ends_tasks_and_thread_and_may_be_repeated() -> None:
    before = set(threading.enumerate())
    thread = BusThread()
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    future = thread.start(wait())
    thread.run(echo("begun"))
    thread.close()
    thread.close()
    assert cancelled.is_set()
    assert future.cancelled()
    assert set(threading.enumerate()) <= before
    thread.post(print, "nobody hears it")
    with pytest.raises(RuntimeError):
        thread.run(echo("too late"))


def test_a_loop_that_runs_elsewhere_is_used_and_left_alone(thread: BusThread) -> None:
    guest = BusThread(thread.loop)
    assert guest.run(echo("guest")) == "guest"
    guest.close()
    assert thread.run(echo("still here")) == "still here"


def test_a_pace_gathers_and_never_loses_the_last(
    thread: BusThread, caplog: pytest.LogCaptureFixture
) -> None:
    value, seen = [0], []
    pace = Pace(thread, lambda: seen.append(value[0]), burst=1, period_s=0.05)
    began = time.monotonic()
    for number in range(1, 2001):
        value[0] = number
        pace.ask()
    wait_until(lambda: bool(seen) and seen[-1] == 2000)
    assert len(seen) <= 2 + (time.monotonic() - began) / 0.05
    failing = Pace(thread, lambda: 1 // 0)
    with caplog.at_level(logging.ERROR):
        failing.ask()
        wait_until(lambda: "ZeroDivisionError" in caplog.text)
    assert thread.run(echo("alive")) == "alive"


def test_it_imports_nothing_of_the_program_around_it() -> None:
    own = package.__name__
    for module in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text())):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0
                names = [node.module or ""]
            foreign = [n for n in names if n.startswith("voice_guide") and not n.startswith(own)]
            assert not foreign, module


ALONE = """
import threading
from PIL import Image
from voice_guide.frontends.desktop.tray.linux import Icon
told = threading.Event()
def tell(_icon, here):
    print(here)
    told.set()
icon = Icon("probe", Image.new("RGBA", (16, 16)), on_host_changed=tell, host_grace_s=0.2)
icon.run_detached()
told.wait(5)
icon.stop()
"""


@pytest.mark.real
def test_without_any_desktop_it_says_so_and_ends() -> None:
    env = {k: v for k, v in os.environ.items() if k not in {"DISPLAY", "WAYLAND_DISPLAY"}}
    env |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus", "PYSTRAY_BACKEND": "xorg"}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", ALONE],
        env=env | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
    assert time.monotonic() - began < 10
