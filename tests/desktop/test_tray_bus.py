"""The icon on a session bus, against a tray that does what panels do."""

import itertools
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from dbus_fast.aio import MessageBus
from fake_tray import GREEN, ITEM, RED, Bus, FakeTray, session_bus
from own_bus import see_that_no_other_is_harmed
from rig import wait_until

from voice_guide.frontends.desktop.tray import icon as tray_icon
from voice_guide.frontends.desktop.tray.linux import Icon
from voice_guide.frontends.desktop.tray.loop import CALL_S, BusThread
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.notifier.watcher import Watch

pytestmark = pytest.mark.real

Make = Callable[..., Icon]


class Heard:
    """What the callbacks were told, in order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __call__(self, *what: Any) -> None:
        self._queue.put(what)

    def next(self, timeout: float = 5.0) -> Any:
        return self._queue.get(timeout=timeout)

    def is_silent(self) -> bool:
        return self._queue.empty()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with session_bus() as daemon:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", daemon.address)
        monkeypatch.delenv("DISPLAY", raising=False)
        yield daemon


@pytest.fixture
def tray(bus: Bus) -> Iterator[FakeTray]:
    fake = FakeTray(bus.address)
    yield fake
    fake.close()


@pytest.fixture
def make(bus: Bus) -> Iterator[Make]:
    made: list[Icon] = []

    def show(menu: Menu | None = None, **options: Any) -> Icon:
        icon = Icon("probe", options.pop("icon", GREEN), "Probe", menu, **options)
        made.append(icon)
        icon.run_detached()
        return icon

    yield show
    for icon in made:
        icon.stop()


def registered(tray: FakeTray, times: int = 1) -> FakeTray:
    wait_until(lambda: len(tray.registered) >= times, what="the icon is not registered")
    return tray


def settle(icon: Icon) -> None:
    """Wait until nothing that was set is still to be shown: no look is taken by itself then."""
    wait_until(lambda: not icon._pace._asked, what="the icon is never up to date")


def test_clicks_and_wheel_reach_the_program(tray: FakeTray, make: Make) -> None:
    tray.start()
    heard = Heard()
    make(
        Menu(MenuItem("Go", lambda: heard("default"), default=True)),
        on_secondary=lambda _: heard("middle"),
        on_context=lambda _: heard("right"),
        on_scroll=lambda _, delta, way: heard(delta, way),
    )
    registered(tray)
    tray.item("Activate", "ii", 3, 4)
    assert heard.next() == ("default",)
    tray.item("SecondaryActivate", "ii", 3, 4)
    assert heard.next() == ("middle",)
    tray.item("ContextMenu", "ii", 3, 4)
    assert heard.next() == ("right",)
    tray.item("Scroll", "is", -120, "Vertical")
    assert heard.next() == (-120, "vertical")


def test_the_face_is_what_was_set(tray: FakeTray, make: Make) -> None:
    tray.start()
    make(tooltip="three minutes left", status="attention")
    registered(tray)
    assert tray.read("Id") == "probe"
    assert tray.read("Title") == "Probe"
    assert tray.read("Status") == "NeedsAttention"
    assert tray.read("ItemIsMenu") is False
    assert tray.read("Menu") == "/MenuBar"
    assert list(tray.read("ToolTip"))[2:] == ["Probe", "three minutes left"]
    sizes = [(width, height) for width, height, _ in tray.read("IconPixmap")]
    assert sizes == [(side, side) for side in (16, 22, 24, 32, 48, 64)]
    width, height, pixels = tray.read("IconPixmap")[0]
    assert bytes(pixels) == bytes([255, 40, 160, 120]) * width * height


def test_a_whole_menu_can_be_walked_and_every_entry_picked(tray: FakeTray, make: Make) -> None:
    tray.start()
    heard = Heard()
    chosen = ["five"]

    def length(name: str) -> MenuItem:
        def choose() -> None:
            chosen[0] = name
            heard(name)

        return MenuItem(name, choose, checked=lambda _: chosen[0] == name, radio=True)

    make(
        Menu(
            MenuItem("Breathe_now", lambda: heard("breathe"), default=True),
            MenuItem("Never", lambda: heard("never"), enabled=False),
            MenuItem("Unseen", lambda: heard("unseen"), visible=False),
            Menu.SEPARATOR,
            MenuItem("Length", Menu(length("three"), length("five"))),
            MenuItem("Voice", lambda: heard("voice"), checked=lambda _: True),
        )
    )
    registered(tray)
    _, root = tray.layout()
    labels = [line.label for line in root.children]
    assert labels == ["Breathe__now", "Never", "", "", "Length", "Voice"]
    assert root.children[2].properties == {"visible": False}
    assert root.children[3].properties == {"type": "separator"}
    assert root.find("Length").properties["children-display"] == "submenu"
    assert root.find("Voice").properties["toggle-type"] == "checkmark"
    assert [
        (c.properties["toggle-type"], c.properties["toggle-state"])
        for c in root.find("Length").children
    ] == [("radio", 0), ("radio", 1)]
    for line in root.walk():
        tray.click(line.number, "opened")
        tray.click(line.number)
    assert [heard.next()[0] for _ in range(4)] == ["breathe", "three", "five", "voice"]
    assert heard.is_silent()
    tray.click(root.find("three").number)
    assert heard.next() == ("three",)
    wait_until(lambda: tray.layout()[1].find("three").properties["toggle-state"] == 1)


def test_depth_names_and_groups_are_honoured(tray: FakeTray, make: Make) -> None:
    tray.start()
    make(Menu(MenuItem("A", Menu(MenuItem("B", None)), enabled=False), MenuItem("C", None)))
    registered(tray)
    flat = tray.menu("GetLayout", "iias", 0, 1, ["label"])[1]
    assert [child.value[1].keys() for child in flat[2]] == [{"label"}, {"label"}]
    assert [child.value[2] for child in flat[2]] == [[], []]
    a, c = (child.value[0] for child in flat[2])
    below = tray.menu("GetLayout", "iias", a, -1, [])[1]
    assert [child.value[1]["label"].value for child in below[2]] == ["B"]
    some = tray.menu("GetGroupProperties", "aias", [c, 999], ["label", "enabled"])[0]
    assert [(number, values["label"].value) for number, values in some] == [(c, "C")]
    assert len(tray.menu("GetGroupProperties", "aias", [], [])[0]) == 4
    assert tray.menu("GetProperty", "is", a, "enabled")[0].value is False
    assert tray.menu("GetProperty", "is", c, "enabled")[0].value is True
    with pytest.raises(RuntimeError, match="InvalidArgs"):
        tray.menu("GetLayout", "iias", 999, -1, [])
    from dbus_fast import Variant  # noqa: PLC0415

    events = [[c, "hovered", Variant("i", 0), 0], [999, "clicked", Variant("i", 0), 0]]
    assert tray.menu("EventGroup", "a(isvu)", events) == [[999]]
    assert tray.menu("AboutToShowGroup", "ai", [a, 999]) == [[], [999]]


def test_labels_change_inside_an_open_menu_and_keep_their_numbers(
    tray: FakeTray, make: Make
) -> None:
    tray.start()
    left = ["3 min left"]
    icon = make(Menu(MenuItem(lambda _: left[0], None), MenuItem("Quit", None)))
    registered(tray)
    revision, root = tray.layout()
    number = root.find("3 min left").number
    assert tray.menu("AboutToShow", "i", 0) == [False]
    assert tray.count("LayoutUpdated") == 0
    left[0] = "2 min left"
    icon.update_menu()
    wait_until(lambda: tray.count("ItemsPropertiesUpdated") == 1)
    updated, removed = tray.signals[-1][1]
    assert [(n, {k: v.value for k, v in values.items()}) for n, values in updated] == [
        (number, {"label": "2 min left"})
    ]
    assert removed == []
    assert tray.count("LayoutUpdated") == 0
    assert tray.layout()[0] == revision
    left[0] = "1 min left"
    # No update was asked for: the panel's own question brings it up to date.
    assert tray.menu("AboutToShow", "i", 0) == [False]
    assert tray.layout()[1].find("1 min left").number == number
    assert tray.count("LayoutUpdated") == 0


def test_another_structure_is_told_with_its_parent(tray: FakeTray, make: Make) -> None:
    tray.start()
    names = ["one"]
    sessions = Menu(lambda: [MenuItem(name, None) for name in names])
    icon = make(Menu(MenuItem("Sessions", sessions), MenuItem("Quit", None)))
    registered(tray)
    settle(icon)
    revision, before = tray.layout()
    names.append("two")
    icon.update_menu()
    wait_until(lambda: tray.count("LayoutUpdated") == 1)
    assert tray.signals[-1][1] == [revision + 1, before.find("Sessions").number]
    after = tray.layout()[1]
    assert after.find("one").number == before.find("one").number
    assert after.find("two").number not in {line.number for line in before.walk()}
    names.append("three")
    assert tray.menu("AboutToShow", "i", before.find("Sessions").number) == [True]


def test_many_updates_cost_one_signal(tray: FakeTray, make: Make) -> None:
    tray.start()
    icon = make()
    registered(tray)
    for round_ in range(10):
        icon.icon = RED if round_ % 2 else GREEN.copy()
        icon.title = f"Probe {round_}"
    wait_until(lambda: tray.read("Title") == "Probe 9")
    assert tray.count("NewIcon") <= 2
    assert tray.count("NewTitle") <= 2
    assert bytes(tray.read("IconPixmap")[0][2][:4]) == bytes([255, 200, 60, 60])


def test_ten_updates_a_second_cost_about_one_signal_a_second(tray: FakeTray, make: Make) -> None:
    tray.start()
    icon = make()
    registered(tray)
    began = time.monotonic()
    for round_ in range(40):
        icon.title = str(round_)
        time.sleep(0.1)  # the pace under test, not a wait
    told = tray.count("NewTitle")
    assert 2 <= told <= 2 + (time.monotonic() - began)


def test_what_a_click_changes_is_shown_at_once_however_busy_the_icon_is(
    tray: FakeTray, make: Make
) -> None:
    tray.start()

    def pause(icon: Icon) -> None:
        icon.title = "paused"

    icon = make(Menu(MenuItem("Pause", pause, default=True)))
    registered(tray)
    icon._pace._period_s = 60.0
    ticks = itertools.count()

    def is_busy() -> bool:
        icon.title = f"tick {next(ticks)}"  # faster than the icon is drawn
        return len(icon._pace._acted) == icon._pace._acted.maxlen

    wait_until(is_busy)
    tray.item("Activate", "ii", 0, 0)
    wait_until(lambda: tray.read("Title") == "paused", what="it waits for its turn")


def test_showing_is_never_kept_waiting(tray: FakeTray, make: Make) -> None:
    tray.start()
    icon = make()
    registered(tray)
    icon._pace._period_s = 60.0
    for times in (2, 3, 4):
        icon.visible = False
        wait_until(lambda: not tray.owner(tray.registered[0]), what="it stays")
        icon.visible = True
        wait_until(lambda n=times: len(tray.registered) == n, what="it stays away")


def test_a_host_may_come_late(tray: FakeTray, make: Make) -> None:
    heard = Heard()
    icon = make(on_host_changed=lambda _, here: heard(here), host_grace_s=0.2)
    assert heard.next() == (False,)
    tray.start(hosted=False)
    registered(tray)
    assert not icon.has_host
    tray.host_comes()
    assert heard.next() == (True,)
    assert icon.has_host
    tray.host_comes(here=False)
    assert heard.next() == (False,)


def test_a_panel_that_restarts_is_told_again_and_nobody_is_alarmed(
    tray: FakeTray, make: Make
) -> None:
    tray.start()
    heard = Heard()
    make(on_host_changed=lambda _, here: heard(here))
    registered(tray)
    assert heard.next() == (True,)
    tray.stop()
    tray.start()
    registered(tray, 2)
    assert tray.registered[0] == tray.registered[1]
    assert tray.read("Title") == "Probe"
    assert heard.is_silent()


def test_hiding_takes_the_icon_away_and_showing_brings_it_back(tray: FakeTray, make: Make) -> None:
    tray.start()
    icon = make()
    registered(tray)
    icon.visible = False
    wait_until(lambda: not tray.owner(tray.registered[0]))
    icon.visible = True
    registered(tray, 2)
    assert tray.read("Status") == "Active"


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return our own; dbus-fast logs when its connection ends within a call."""
    ours = [r for r in caplog.records if not r.name.startswith("dbus_fast")]
    return [r.getMessage() for r in ours if r.levelno >= logging.WARNING]


def threads() -> set[threading.Thread]:
    return set(threading.enumerate())


def test_a_lost_bus_is_survived_and_found_again(
    bus: Bus, tray: FakeTray, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    tray.start()
    heard = Heard()
    icon = make(
        Menu(MenuItem("Go", lambda: heard("go"), default=True)),
        on_host_changed=lambda _, here: heard(here),
        host_grace_s=0.1,
    )
    registered(tray)
    assert heard.next() == (True,)
    with caplog.at_level(logging.INFO):
        bus.kill()
        assert heard.next() == (False,)
        icon.icon = RED
        icon.title = "nobody sees it"
        icon.update_menu()
        before = time.process_time()
        time.sleep(1.5)  # the time that is measured: the first looks for a new bus are in it
        assert time.process_time() - before < 0.2
        tray.stop()
        bus.start()
        tray.start()
        registered(tray, 2)
    assert heard.next() == (True,)
    assert tray.read("Title") == "nobody sees it"
    tray.item("Activate", "ii", 0, 0)
    assert heard.next() == ("go",)
    assert not complaints(caplog)


def test_a_bus_that_dies_while_the_icon_arrives_is_waited_for(
    bus: Bus, tray: FakeTray, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    for delay_s in (0.001, 0.003, 0.005, 0.008, 0.012):
        icon = make()
        time.sleep(delay_s)  # somewhere between the first byte and the last
        bus.kill()
        bus.start()
        tray.registered.clear()
        tray.start()
        registered(tray)
        tray.stop()
        icon.stop()
    assert not complaints(caplog)


@pytest.mark.parametrize("state", ["killed", "never there"])
def test_it_ends_cleanly_without_a_bus(
    bus: Bus,
    make: Make,
    state: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tray_icon, "_CLOSE_S", 60.0)
    before = threads()
    if state == "never there":
        bus.kill()
    icon = make()
    wait_until(lambda: icon.visible)
    if state == "killed":
        bus.kill()
    began = time.monotonic()
    icon.stop()
    assert time.monotonic() - began < CALL_S, "it waits for an answer"
    wait_until(lambda: threads() <= before, what=f"threads stay: {threads() - before}")
    assert not complaints(caplog)


def test_an_icon_on_a_bus_that_is_gone_harms_no_other(bus: Bus) -> None:
    async def show(gone: MessageBus) -> None:
        await Watch(gone, f"{ITEM}-1-1", lambda _: None).show()

    see_that_no_other_is_harmed(bus, show)


def test_a_failing_callback_is_logged_and_the_icon_lives(
    tray: FakeTray, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    tray.start()
    heard = Heard()

    def fail() -> None:
        raise RuntimeError("on purpose")

    make(
        Menu(
            MenuItem("Fail", fail, default=True),
            MenuItem(lambda _: str(1 // 0), None),
            MenuItem("Work", lambda: heard("work")),
        )
    )
    registered(tray)
    tray.item("Activate", "ii", 0, 0)
    tray.click(tray.layout()[1].find("Work").number)
    assert heard.next() == ("work",)
    assert "on purpose" in caplog.text
    assert "a menu item could not be read" in caplog.text


def test_a_slow_callback_does_not_hold_up_the_menu(tray: FakeTray, make: Make) -> None:
    tray.start()
    go_on = threading.Event()
    began = threading.Event()

    def slow() -> None:
        began.set()
        go_on.wait(10)

    make(Menu(MenuItem("Slow", slow, default=True)))
    registered(tray)
    tray.item("Activate", "ii", 0, 0)
    assert began.wait(5)
    assert tray.menu("AboutToShow", "i", 0) == [False]
    assert tray.layout()[1].find("Slow")
    go_on.set()


@pytest.mark.parametrize("who", ["another thread", "a callback", "a label", "the setup"])
def test_run_blocks_until_stopped_from_anywhere(tray: FakeTray, who: str) -> None:
    tray.start()
    armed = threading.Event()

    def label(_: MenuItem) -> str:
        if who == "a label" and armed.is_set():
            icon.stop()
        return "Quit"

    icon = Icon("probe", GREEN, "Probe", Menu(MenuItem(label, lambda i: i.stop(), default=True)))

    def setup(shown: Icon) -> None:
        shown.visible = True
        if who == "the setup":
            shown.stop()

    def stop() -> None:
        try:
            registered(tray)
        except AssertionError:
            icon.stop()
            raise
        armed.set()
        if who == "another thread":
            icon.stop()
        elif who == "a callback":
            tray.item("Activate", "ii", 0, 0)
        elif who == "a label":
            icon.update_menu()

    before = threads()
    stopper = threading.Thread(target=stop if who != "the setup" else lambda: None, name="stopper")
    stopper.start()
    began = time.monotonic()
    icon.run(setup)
    stopper.join(5)
    assert time.monotonic() - began < 4
    wait_until(lambda: threads() <= before, what=f"threads stay: {threads() - before}")


def test_the_thread_can_be_shared(bus: Bus, tray: FakeTray) -> None:
    tray.start()
    thread = BusThread()
    for times, title in [(1, "First"), (2, "Second")]:
        icon = Icon("probe", GREEN, title, None, bus_thread=thread)
        icon.run_detached()
        registered(tray, times)
        assert tray.read("Title") == title
        icon.stop()
        wait_until(lambda n=times: not tray.owner(tray.registered[n - 1]))
        assert thread.run(_echo("still here")) == "still here"
    thread.close()


async def _echo(text: str) -> str:
    return text


def test_no_variable_is_left_behind_by_the_import() -> None:
    assert "PYSTRAY_BACKEND" not in os.environ
