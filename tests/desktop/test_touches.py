"""Keys and clicks anywhere on a real X server: seen, and taken from nobody."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator

import pytest
from panel_rig import Desktop, desktop, needs_panel

from voice_guide.frontends.desktop.around.touches import TouchWatch, may_watch

pytestmark = [pytest.mark.real, needs_panel]


@pytest.fixture(scope="module")
def desk() -> Iterator[Desktop]:
    with desktop() as made:
        yield made


def test_keys_and_clicks_are_seen_and_moves_are_not(desk: Desktop) -> None:
    seen: queue.SimpleQueue[float] = queue.SimpleQueue()
    watch = TouchWatch(lambda: seen.put(time.monotonic()), desk.env)
    assert watch._ready.wait(10)
    desk.xdotool("mousemove", "10", "10")
    for words in (("key", "a"), ("click", "1"), ("key", "XF86AudioPlay"), ("click", "3")):
        assert seen.empty()
        pressed = time.monotonic()
        desk.xdotool(*words)
        print(f"{words}: seen {1000 * (seen.get(timeout=5) - pressed):.0f} ms after it was asked")
    watch.close()
    watch.close()
    desk.xdotool("key", "b")
    assert seen.empty()
    assert not watch._thread.is_alive()


def test_it_may_be_closed_by_what_it_calls(desk: Desktop) -> None:
    watches: list[TouchWatch] = []
    closed = threading.Event()

    def close() -> None:
        watches[0].close()
        closed.set()

    watches.append(TouchWatch(close, desk.env))
    assert watches[0]._ready.wait(10)
    desk.xdotool("key", "a")
    assert closed.wait(5)


def test_idle_it_costs_nothing_and_a_server_that_dies_is_no_fault(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with desktop() as own:
        watch = TouchWatch(lambda: None, own.env)
        own.children[0].kill()
        own.children[0].wait(5)
        watch._thread.join(5)
        assert not watch._thread.is_alive()
        watch.close()
    assert "Traceback" not in caplog.text


def test_where_nobody_tells_nobody_is_asked() -> None:
    assert may_watch({"DISPLAY": ":0"})
    assert not may_watch({})
    assert not may_watch({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"})
