"""Notices on a real daemon, dunst: their buttons, their places, and a desktop without any."""

from __future__ import annotations

import asyncio
import json
import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus
from own_bus import Client, OwnBus, needs_bus, own_bus
from rig import end_process, wait_until

from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.notify import Button, Notice, Notifier
from voice_guide.frontends.desktop.notify.freedesktop import DesktopNotifier
from voice_guide.frontends.desktop.notify.native import NativeNotifier
from voice_guide.frontends.desktop.tray.loop import BusThread

TOOLS = ("Xvfb", "dunst", "dunstctl")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.real,
    needs_bus,
    pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}"),
]

RITUAL = Notice(
    "Evening breath",
    "Ten minutes <b>now</b> & here?",
    (Button("begin", "Begin"), Button("later", "Later"), Button("", "Open")),
    slot="ritual",
    expires_s=0,
)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "800x600x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    yield f":{number}"
    end_process(server)


@pytest.fixture
def bus() -> Iterator[OwnBus]:
    with own_bus() as made:
        yield made


class Dunst:
    """The daemon, with a menu that a test answers."""

    def __init__(self, bus: OwnBus, display: str) -> None:
        self.bus = bus
        self.choice = bus.folder / "choice"
        menu = bus.folder / "menu"
        menu.write_text(f'#!/bin/sh\ntee {bus.folder}/offered | grep -F "$(cat {self.choice})"\n')
        menu.chmod(0o755)
        config = bus.folder / "dunstrc"
        config.write_text(f"[global]\ndmenu = {menu}\nnotification_limit = 20\nmarkup = full\n")
        self.client: Client = bus.keep("dunst", "-config", str(config), DISPLAY=display)
        wait_until(lambda: "org.freedesktop.Notifications" in bus.names(), what="no dunst")

    def count(self, kind: str = "displayed") -> int:
        return int(self.bus.run("dunstctl", "count", kind) or 0)

    def choose(self, label: str) -> None:
        self.choice.write_text(label)
        self.bus.run("dunstctl", "context")

    def history(self) -> list[dict[str, dict[str, str]]]:
        """Return what has stood there, the last first."""
        found = json.loads(self.bus.run("dunstctl", "history"))
        return list(found["data"][0])


@pytest.fixture
def dunst(bus: OwnBus, display: str) -> Dunst:
    return Dunst(bus, display)


@pytest.fixture
def thread() -> Iterator[BusThread]:
    made = BusThread()
    yield made
    made.close()


@pytest.fixture
def told() -> queue.SimpleQueue[str]:
    return queue.SimpleQueue()


@pytest.fixture
def pressed() -> queue.SimpleQueue[str]:
    return queue.SimpleQueue()


@pytest.fixture(params=["freedesktop", "native"])
def notifier(
    request: pytest.FixtureRequest,
    bus: OwnBus,
    thread: BusThread,
    told: queue.SimpleQueue[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Notifier]:
    """Both ways: desktop-notifier also runs here, which proves how it is called elsewhere."""
    if request.param == "native":
        pytest.importorskip("desktop_notifier")
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        made = NativeNotifier(thread, told.put)
        yield made
        made.close()
        bus_of_its_own = getattr(getattr(made._centre, "_backend", None), "bus", None)
        if bus_of_its_own is not None:  # which the library itself never closes
            thread.post(bus_of_its_own.disconnect)
            wait_until(lambda: not bus_of_its_own.connected)
            thread.run(asyncio.sleep(0.01))  # its socket is closed one turn of the loop later
        return
    line = BusLine(thread, address=bus.address)
    ours = DesktopNotifier(line, told.put)
    yield ours
    ours.close()
    line.close()


@pytest.fixture
def desktop(
    bus: OwnBus, thread: BusThread, told: queue.SimpleQueue[str]
) -> Iterator[DesktopNotifier]:
    line = BusLine(thread, address=bus.address)
    made = DesktopNotifier(line, told.put)
    yield made
    made.close()
    line.close()


@pytest.mark.parametrize(("label", "key"), [("Begin", "begin"), ("Later", "later")])
def test_a_button_is_told(
    label: str,
    key: str,
    dunst: Dunst,
    notifier: Notifier,
    told: queue.SimpleQueue[str],
    pressed: queue.SimpleQueue[str],
) -> None:
    notifier.show(RITUAL, pressed.put)
    wait_until(lambda: dunst.count() == 1, what="no notice")
    dunst.choose(label)
    assert pressed.get(timeout=5) == key
    assert told.empty()


def test_a_click_on_the_notice_itself(
    dunst: Dunst, notifier: Notifier, pressed: queue.SimpleQueue[str]
) -> None:
    notifier.show(RITUAL, pressed.put)
    wait_until(lambda: dunst.count() == 1)
    dunst.bus.run("dunstctl", "action")
    assert pressed.get(timeout=5) == ""


def test_a_slot_holds_one_notice(dunst: Dunst, notifier: Notifier) -> None:
    notifier.show(RITUAL)
    notifier.show(Notice("In five minutes", slot="ritual", expires_s=0))
    notifier.show(Notice("Something else", expires_s=0))
    wait_until(lambda: dunst.count() == 2, what="not two notices")
    notifier.withdraw("ritual")
    wait_until(lambda: dunst.count() == 1, what="the notice stays")
    notifier.withdraw("ritual")
    notifier.withdraw("never shown")
    notifier.show(Notice("Once more", slot="ritual", expires_s=0))
    wait_until(lambda: dunst.count() == 2)
    notifier.close()
    wait_until(lambda: dunst.count() == 1)
    notifier.close()


def test_what_is_read_is_what_was_meant(dunst: Dunst, desktop: DesktopNotifier) -> None:
    desktop.show(RITUAL)
    wait_until(lambda: dunst.count() == 1)
    dunst.bus.run("dunstctl", "close")
    wait_until(lambda: bool(dunst.history()))
    read = dunst.history()[0]
    assert read["summary"]["data"] == "Evening breath"
    # For a daemon that reads markup, this is what shows as it was written.
    assert read["body"]["data"] == "Ten minutes &lt;b&gt;now&lt;/b&gt; &amp; here?"
    assert read["appname"]["data"] == "voice-guide"


def test_a_notice_that_was_closed_gives_no_more(
    dunst: Dunst, desktop: DesktopNotifier, pressed: queue.SimpleQueue[str]
) -> None:
    desktop.show(RITUAL, pressed.put)
    wait_until(lambda: len(desktop._standing) == 1 and dunst.count() == 1)
    dunst.bus.run("dunstctl", "close")
    wait_until(lambda: not desktop._standing, what="it is not noticed")
    assert pressed.empty()


def test_nobody_shows_notices(
    bus: OwnBus, desktop: DesktopNotifier, told: queue.SimpleQueue[str]
) -> None:
    desktop.show(RITUAL)
    assert told.get(timeout=5) == "Evening breath: Ten minutes <b>now</b> & here?"
    desktop.show(Notice("Short"))
    assert told.get(timeout=5) == "Short"
    desktop.withdraw("ritual")
    desktop.close()


def test_no_bus_at_all(bus: OwnBus, desktop: DesktopNotifier, told: queue.SimpleQueue[str]) -> None:
    bus.kill()
    desktop.show(Notice("Short"))
    assert told.get(timeout=5) == "Short"


def test_a_daemon_that_came_back_with_its_bus(
    bus: OwnBus, display: str, desktop: DesktopNotifier, pressed: queue.SimpleQueue[str]
) -> None:
    first = Dunst(bus, display)
    desktop.show(RITUAL)
    wait_until(lambda: first.count() == 1)
    bus.kill()
    first.client.end()
    bus.start()
    second = Dunst(bus, display)
    desktop.show(RITUAL, pressed.put)
    wait_until(lambda: second.count() == 1)
    second.choose("Begin")
    assert pressed.get(timeout=5) == "begin"


def test_after_the_end_it_is_still_told(told: queue.SimpleQueue[str]) -> None:
    thread = BusThread()
    ours = DesktopNotifier(BusLine(thread), told.put)
    native = NativeNotifier(thread, told.put)
    thread.close()
    ours.show(Notice("One"))
    native.show(Notice("Two"))
    assert [told.get(timeout=5) for _ in range(2)] == ["One", "Two"]


def test_a_centre_that_can_do_nothing_is_no_centre(
    thread: BusThread, told: queue.SimpleQueue[str]
) -> None:
    """As on macOS without a signed bundle."""
    pytest.importorskip("desktop_notifier")
    from desktop_notifier.backends.dummy import DummyNotificationCenter  # noqa: PLC0415

    notifier = NativeNotifier(
        thread, told.put, lambda: Library(lambda: DummyNotificationCenter("", None))
    )
    notifier.show(RITUAL)
    assert "Evening breath" in told.get(timeout=5)


class Library:
    """desktop-notifier, on a system of our choice."""

    def __init__(self, centre: Callable[[], object]) -> None:
        self._centre = centre

    def DesktopNotifier(self, app_name: str) -> object:  # noqa: N802
        return self._centre()


def test_a_centre_that_fails_is_no_centre(thread: BusThread, told: queue.SimpleQueue[str]) -> None:
    def fail() -> object:
        raise OSError("no such class is registered")

    notifier = NativeNotifier(thread, told.put, lambda: Library(fail))
    notifier.show(RITUAL)
    assert "Evening breath" in told.get(timeout=5)


def test_nothing_is_imported_before_the_first_notice() -> None:
    code = (
        "import sys; import voice_guide.frontends.desktop.notify.native,"
        " voice_guide.frontends.desktop.notify.freedesktop;"
        "assert 'desktop_notifier' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


class QuickDaemon:
    """Shows notices, and tells of a button before it has told its notice's number.

    So it looks to a program that was held up meanwhile: it reads both in one go.
    """

    NAME = "org.freedesktop.Notifications"

    def __init__(self, thread: BusThread, address: str) -> None:
        self.bus: MessageBus = thread.run(self._start(address))

    async def _start(self, address: str) -> MessageBus:
        bus = await MessageBus(bus_address=address).connect()
        bus.add_message_handler(self._answer)
        await bus.request_name(self.NAME)
        return bus

    def _answer(self, asked: Message) -> Message | None:
        if asked.member == "GetCapabilities":
            return Message.new_method_return(asked, "as", [["actions"]])
        if asked.member != "Notify":
            return None
        for number, key in ((7, "begin"), (8, "somebody else's")):
            words = (asked.path, self.NAME, "ActionInvoked", "us", [number, key])
            self.bus.send(Message.new_signal(*words))
        return Message.new_method_return(asked, "u", [7])


def test_a_button_that_is_pressed_while_the_program_is_held_up_is_heard(
    desktop: DesktopNotifier,
    bus: OwnBus,
    thread: BusThread,
    pressed: queue.SimpleQueue[str],
) -> None:
    daemon = QuickDaemon(thread, bus.address)
    try:
        for _ in range(2):
            desktop.show(RITUAL, pressed.put)
            assert pressed.get(timeout=10) == "begin"
        assert pressed.empty()
    finally:
        thread.post(daemon.bus.disconnect)
        wait_until(lambda: not daemon.bus.connected)
