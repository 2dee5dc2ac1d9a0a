"""The icon on Windows: pystray's own code on a stand-in for the system, which was not run."""

import importlib
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_windows import (
    ADD,
    DELETE,
    MODIFY,
    OURS,
    SYSTEM,
    WM_DISPLAYCHANGE,
    WM_MBUTTONUP,
    WM_POWERBROADCAST,
    WM_RBUTTONUP,
    WM_TASKBARCREATED,
    Line,
    Windows,
    windows,
)
from PIL import Image
from rig import wait_until

from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.native.text import cut

TEAL = [Image.new("RGBA", (side, side), "teal") for side in (16, 24, 32, 64)]
RED = Image.new("RGBA", (64, 64), "red")
DEFAULT, CHECKED, DISABLED, RADIO = 0x1000, 0x8, 0x3, 0x200

Make = Callable[..., Any]


@pytest.fixture
def system() -> Iterator[Windows]:
    with windows() as made:
        yield made


@pytest.fixture
def make(system: Windows) -> Iterator[Make]:
    made: list[Any] = []

    def show(menu: Menu | None = None, **options: Any) -> Any:
        icon = importlib.import_module(OURS).Icon("probe", TEAL, "Probe", menu, **options)
        made.append(icon)
        icon.run_detached()
        wait_until(lambda: system.is_shown, what="the icon is not shown")
        return icon

    yield show
    for icon in made:
        icon.stop()
    wait_until(lambda: not system.windows, what="its windows stay")


@pytest.fixture
def heard() -> "queue.SimpleQueue[Any]":
    return queue.SimpleQueue()


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@pytest.mark.parametrize(
    ("text", "room", "left"),
    [
        ("calm", 4, "calm"),
        ("calmer", 5, "calm…"),
        ("🙏🙏", 4, "🙏🙏"),
        ("🙏🙏", 3, "🙏…"),
        ("🙏🙏", 2, "…"),
        ("a 🙏", 3, "a…"),
        ("", 1, ""),
    ],
)
def test_no_character_is_cut_in_half(text: str, room: int, left: str) -> None:
    assert cut(text, room) == left
    assert units(cut(text, room)) <= room


def test_long_texts_fit(system: Windows, make: Make) -> None:
    icon = make()
    icon.title = "Breathe 🙏" * 40
    wait_until(lambda: system.told[-1].tip.startswith("Breathe"))
    tip = system.told[-1].tip
    assert 125 <= units(tip) <= 127
    assert tip.endswith("…")
    icon.notify("rest 🌙" * 100, "moon 🌙" * 40)
    assert 253 <= units(system.told[-1].info) <= 255
    assert 61 <= units(system.told[-1].info_title) <= 63


def test_the_icon_is_drawn_at_every_size(system: Windows, make: Make) -> None:
    make()
    assert (system.told[0].code, system.told[0].tip) == (ADD, "Probe")
    assert system.told[0].sizes == {(16, 16), (24, 24), (32, 32), (64, 64)}


def test_a_slow_callback_holds_nothing_up(
    system: Windows, make: Make, heard: "queue.SimpleQueue[Any]"
) -> None:
    go_on = threading.Event()

    def go() -> None:
        heard.put(threading.get_ident())
        go_on.wait(10)

    icon = make(Menu(MenuItem("Go", go, default=True)))
    system.click()
    caller = heard.get(timeout=5)
    # While it lasts the icon changes and a second click waits its turn.
    system.click()
    icon.title = "Going"
    wait_until(lambda: system.told[-1].tip == "Going", what="the icon stands still")
    assert caller != system.told[-1].thread
    assert heard.empty()
    go_on.set()
    assert heard.get(timeout=5) == caller


def test_changes_from_anywhere_are_made_in_one_thread_and_only_once(
    system: Windows, make: Make
) -> None:
    icon = make()

    def change() -> None:
        for round_ in range(20):
            icon.icon = RED
            icon.title = f"Round {round_}"
            icon.update_menu()

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    wait_until(lambda: system.told[-1].tip == "Round 19")
    assert len({told.thread for told in system.told}) == 1
    assert threading.get_ident() not in {told.thread for told in system.told}
    before = len(system.told)
    icon.icon = RED
    icon.update_menu()
    icon.title = "Last"
    wait_until(lambda: system.told[-1].tip == "Last")
    assert len(system.told) <= before + 2
    assert system.told[-1].code == MODIFY


def test_a_menu_is_as_it_is_when_it_opens_and_its_lines_can_be_picked(
    system: Windows, make: Make, heard: "queue.SimpleQueue[Any]"
) -> None:
    left = ["3 min left"]
    chosen = ["three"]

    def length(name: str) -> MenuItem:
        def choose() -> None:
            chosen[0] = name
            heard.put(name)

        return MenuItem(name, choose, checked=lambda _: chosen[0] == name, radio=True)

    make(
        Menu(
            MenuItem("Rest & digest", lambda: heard.put("go"), default=True),
            MenuItem(lambda _: left[0], None, enabled=False),
            MenuItem("Unseen", None, visible=False),
            MenuItem(lambda _: str(1 // 0), None),
            Menu.SEPARATOR,
            MenuItem("Length", Menu(length("three"), length("five"))),
            Menu.SEPARATOR,
        )
    )
    left[0] = "2 min left"
    seen: queue.SimpleQueue[list[Line]] = queue.SimpleQueue()

    def pick(*path: str) -> Callable[[list[Line]], int]:
        def walk(lines: list[Line]) -> int:
            seen.put(lines)
            number = 0
            for label in path:
                line = next(one for one in lines if one.text == label)
                number, lines = line.number, system.menus.get(line.submenu or 0, [])
            return number

        return walk

    system.open_menu = pick("Length", "five")
    system.click(WM_RBUTTONUP)
    assert heard.get(timeout=5) == "five"
    lines = seen.get(timeout=5)
    assert [line.text for line in lines] == [*("Rest && digest", "2 min left", "", None, "Length")]
    assert [line.state for line in lines] == [DEFAULT, DISABLED, DISABLED, 0, 0]
    system.open_menu = pick("Rest && digest")
    system.click(WM_RBUTTONUP)
    assert heard.get(timeout=5) == "go"
    lengths = next(system.menus[line.submenu] for line in seen.get(timeout=5) if line.submenu)
    assert [(one.text, one.state, one.kind) for one in lengths] == [
        ("three", 0, RADIO),
        ("five", CHECKED, RADIO),
    ]
    # Of all the menus that were made only the last one is left.
    assert len(system.menus) == 2


def test_the_middle_button_and_sleep_are_told(
    system: Windows, make: Make, heard: "queue.SimpleQueue[Any]"
) -> None:
    icon = make(
        on_secondary=lambda _: heard.put("middle"),
        on_host_changed=lambda _, here: heard.put(here),
        on_sleep=heard.put,
    )
    assert heard.get(timeout=5) is True
    system.click(WM_MBUTTONUP)
    assert heard.get(timeout=5) == "middle"
    for event in (4, 0x12, 7):  # suspend, resume, and resume by the person's hand, which follows
        system.send(WM_POWERBROADCAST, event)
    assert [heard.get(timeout=5) for _ in range(2)] == [True, False]
    icon.title = "all was heard"
    wait_until(lambda: system.told[-1].tip == "all was heard")
    assert heard.empty()


def test_explorer_may_start_anew_and_the_screen_may_change(system: Windows, make: Make) -> None:
    icon = make()
    system.told.clear()  # a new Explorer knows of nothing
    system.send(WM_TASKBARCREATED)
    wait_until(lambda: system.is_shown, what="it is not shown again")
    system.send(WM_DISPLAYCHANGE)
    wait_until(lambda: [told.code for told in system.told] == [ADD, DELETE, ADD])
    icon.visible = False
    wait_until(lambda: not system.is_shown, what="it is not hidden")
    system.send(WM_TASKBARCREATED)
    icon.visible = True
    wait_until(lambda: system.is_shown)
    assert [told.code for told in system.told[-2:]] == [DELETE, ADD]


def test_stop_takes_the_icon_away_and_ends_every_thread(system: Windows, make: Make) -> None:
    before = set(threading.enumerate())
    icon = make()
    icon.stop()
    wait_until(lambda: not system.windows)
    assert not system.is_shown
    wait_until(lambda: set(threading.enumerate()) <= before, what="threads stay")


def test_the_system_puts_its_parts_together(
    system: Windows, heard: "queue.SimpleQueue[Any]"
) -> None:
    made = importlib.import_module(SYSTEM).Windows(heard.put)
    icon = made.icon(
        "probe",
        TEAL,
        Menu(MenuItem("Go", lambda: heard.put("go"), default=True)),
        on_secondary=lambda _: heard.put("end"),
        on_context=lambda _: None,
        on_host_changed=lambda _, here: heard.put(here),
    )
    made.watch_sleep(heard.put)
    assert made.players() is made.microphone(lambda: None) is None
    leaving = threading.Event()

    def person() -> None:
        try:
            act()
        finally:
            leaving.set()

    def act() -> None:
        assert heard.get(timeout=5) == "shown"
        assert heard.get(timeout=5) is True
        system.click()
        assert heard.get(timeout=5) == "go"
        system.click(WM_MBUTTONUP)
        assert heard.get(timeout=5) == "end"
        system.send(WM_POWERBROADCAST, 4)
        assert heard.get(timeout=5) is True
        heard.put("all is well")

    somebody = threading.Thread(target=person)
    somebody.start()
    made.stay(lambda: heard.put("shown"), leaving)
    somebody.join(5)
    assert heard.get(timeout=1) == "all is well"
    icon.stop()
    made.close()
    made.close()
    wait_until(lambda: not system.windows)
