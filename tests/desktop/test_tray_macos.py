"""The icon on macOS: pystray's own code on a stand-in for AppKit, which was not run.

The stand-in refuses every call outside of the main thread, which is the test's; whatever a person
does comes from another one.
"""

import importlib
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_macos import CONTROL, LEFT_UP, OURS, RIGHT_UP, SYSTEM, Mac, macos
from fake_macos import Menu as NSMenu
from PIL import Image
from rig import wait_until

from voice_guide.frontends.desktop.tray.names import Menu, MenuItem

TEAL = [Image.new("RGBA", (side, side), "teal") for side in (16, 24, 48)]
RED = Image.new("RGBA", (64, 64), "red")


@pytest.fixture
def mac() -> Iterator[Mac]:
    with macos() as made:
        yield made


@pytest.fixture
def heard() -> "queue.SimpleQueue[Any]":
    return queue.SimpleQueue()


def make(menu: Menu | None = None, **options: Any) -> Any:
    return importlib.import_module(OURS).Icon("probe", TEAL, "Probe", menu, **options)


def run(icon: Any, person: Callable[[], None]) -> None:
    """Run the icon in this thread until the person, in another one, has done everything."""
    faults: list[BaseException] = []

    def act() -> None:
        try:
            person()
        except BaseException as fault:  # noqa: BLE001 - raised again in the test's own thread
            faults.append(fault)
        finally:
            icon.stop()

    somebody = threading.Thread(target=act)

    def show(shown: Any) -> None:
        shown.visible = True
        somebody.start()

    icon.run(show)
    somebody.join(10)
    if faults:
        raise faults[0]


def told(mac: Mac) -> dict[str, Any]:
    """What the button in the menu bar was told last, read in the main thread."""
    return dict(mac.do(lambda: mac.items[0].button().told))


def test_everything_is_asked_in_the_main_thread(mac: Mac, heard: "queue.SimpleQueue[Any]") -> None:
    icon = make(on_host_changed=lambda _, here: heard.put(here))

    def person() -> None:
        assert heard.get(timeout=5) is True
        wait_until(lambda: told(mac).get("Hidden") is False, what="it is not shown")
        image = told(mac)["Image"]
        # Twice as many pixels as points, for the screens of today.
        assert mac.do(lambda: image.told["Pixels"]) == (44, 44)
        assert mac.do(lambda: image.told["Size"]) == (22, 22)
        icon.icon = RED
        icon.title = "Box breathing"
        wait_until(lambda: told(mac)["ToolTip"] == "Box breathing")
        assert told(mac)["Image"] is not image
        icon.visible = False
        wait_until(lambda: told(mac)["Hidden"] is True)
        icon.visible = True
        wait_until(lambda: told(mac)["Hidden"] is False)

    run(icon, person)
    assert mac.app.policy == 1
    assert not mac.items


def test_many_changes_are_made_at_once(mac: Mac) -> None:
    icon = make()

    def person() -> None:
        go_on = threading.Event()
        mac.events.put(lambda: go_on.wait(10))  # the main thread is busy
        for round_ in range(100):
            icon.icon = RED
            icon.title = f"Round {round_}"
            icon.update_menu()
        waiting = mac.events.qsize()
        go_on.set()
        assert waiting <= 2
        wait_until(lambda: told(mac)["ToolTip"] == "Round 99")

    run(icon, person)


@pytest.mark.parametrize(
    ("kind", "flags", "opens"), [(LEFT_UP, 0, False), (RIGHT_UP, 0, True), (LEFT_UP, CONTROL, True)]
)
def test_a_left_click_acts_and_any_other_opens_the_menu(
    mac: Mac, heard: "queue.SimpleQueue[Any]", kind: int, flags: int, opens: bool
) -> None:
    def go() -> None:
        heard.put(threading.current_thread())

    icon = make(Menu(MenuItem("Go", go, default=True), MenuItem("Quit", None)))

    def open_menu(menu: NSMenu) -> None:
        heard.put(menu.titles())

    def person() -> None:
        mac.on_menu = open_menu
        mac.click(kind, flags)
        if opens:
            assert heard.get(timeout=5) == ["Go", "Quit"]
        else:
            assert heard.get(timeout=5) not in {threading.main_thread(), threading.current_thread()}
        # The menu was there for that one click.
        mac.click()
        assert heard.get(timeout=5) is not threading.main_thread()

    run(icon, person)
    assert heard.empty()


def test_labels_change_in_an_open_menu(mac: Mac, heard: "queue.SimpleQueue[Any]") -> None:
    left = ["3 min left"]
    icon = make(
        Menu(
            MenuItem(lambda _: left[0], None, enabled=False),
            MenuItem("Unseen", None, visible=lambda _: left[0].startswith("2")),
            Menu.SEPARATOR,
            MenuItem("Loud", lambda: heard.put("loud"), checked=lambda _: left[0].startswith("2")),
        )
    )

    def open_menu(menu: NSMenu) -> None:
        heard.put((menu.titles(), menu.find("Loud").told["State"], menu.lines[0].told["Enabled"]))
        left[0] = "2 min left"
        icon.update_menu()
        mac.settle()
        heard.put((menu.titles(), menu.find("Loud").told["State"]))
        menu.find("Loud").pick()

    def person() -> None:
        mac.on_menu = open_menu
        mac.click(RIGHT_UP)
        assert heard.get(timeout=5) == (["3 min left", "---", "Loud"], 0, False)
        assert heard.get(timeout=5) == (["2 min left", "Unseen", "---", "Loud"], 1)
        assert heard.get(timeout=5) == "loud"

    run(icon, person)


def test_a_click_meets_what_was_seen_though_the_menu_is_another_by_now(
    mac: Mac, heard: "queue.SimpleQueue[Any]"
) -> None:
    names = ["one", "two"]

    def item(name: str) -> MenuItem:
        return MenuItem(name, lambda: heard.put(name))

    icon = make(Menu(MenuItem("Sessions", Menu(lambda: [item(name) for name in names]))))

    def open_menu(menu: NSMenu) -> None:
        lines = [menu.find("Sessions", name) for name in ("one", "two")]
        names[:] = ["zero", "new", "two"]
        icon.update_menu()
        mac.settle()
        for line in lines:
            line.pick()

    def person() -> None:
        mac.on_menu = open_menu
        mac.click(RIGHT_UP)
        assert heard.get(timeout=5) == "two"
        mac.on_menu = lambda menu: menu.find("Sessions", "zero").pick()
        mac.click(RIGHT_UP)
        assert heard.get(timeout=5) == "zero"

    run(icon, person)
    assert heard.empty()


def test_a_failing_label_or_callback_is_logged_and_the_icon_lives(
    mac: Mac, heard: "queue.SimpleQueue[Any]", caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("on purpose")

    icon = make(
        Menu(
            MenuItem("Fail", fail, default=True),
            MenuItem(lambda _: str(1 // 0), None),
            MenuItem("Work", lambda: heard.put("work")),
        )
    )

    def person() -> None:
        mac.click()
        mac.on_menu = lambda menu: menu.find("Work").pick()
        mac.click(RIGHT_UP)
        assert heard.get(timeout=5) == "work"

    run(icon, person)
    assert "on purpose" in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_lets_the_program_end_itself(mac: Mac, number: int) -> None:
    before = set(threading.enumerate())
    icon = make()

    def show(shown: Any) -> None:
        shown.visible = True
        mac.events.put(lambda: mac.signals[number](number))

    icon.run(show)
    assert not mac.items
    wait_until(lambda: set(threading.enumerate()) <= before, what="threads stay")


def test_the_system_puts_its_parts_together(mac: Mac, heard: "queue.SimpleQueue[Any]") -> None:
    made = importlib.import_module(SYSTEM).MacOS(heard.put)
    icon = made.icon(
        "probe",
        TEAL,
        Menu(MenuItem("Go", lambda: heard.put("go"), default=True)),
        on_secondary=lambda _: None,
        on_context=lambda _: None,
        on_host_changed=lambda _, here: heard.put(here),
    )
    made.watch_sleep(lambda is_going: heard.put(("sleep", is_going)))
    assert made.players() is made.microphone(lambda: None) is None
    leaving = threading.Event()

    def person() -> None:
        try:
            act()
        finally:
            leaving.set()

    def act() -> None:
        first = {heard.get(timeout=5), heard.get(timeout=5)}
        assert first == {"shown", True}
        mac.click()
        assert heard.get(timeout=5) == "go"
        for name, is_going in (("sleep", True), ("wake", False)):
            mac.do(lambda name=name: mac.centre.post(name))
            assert heard.get(timeout=5) == ("sleep", is_going)
        heard.put("all is well")

    somebody = threading.Thread(target=person)
    somebody.start()
    made.stay(lambda: heard.put("shown"), leaving)
    somebody.join(5)
    assert heard.get(timeout=1) == "all is well"
    icon.stop()
    made.close()
    made.close()
    assert not mac.centre.blocks
    assert not mac.items
