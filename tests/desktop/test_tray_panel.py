"""The icon on a real panel and in a real X tray, clicked with a real pointer."""

import contextlib
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from panel_rig import Desktop, Panel, desktop, needs_panel, panel
from rig import end_process, wait_until

from voice_guide.frontends.desktop.tray.icon import SETTLE_S

pytestmark = [pytest.mark.real, needs_panel]

needs_trayer = pytest.mark.skipif(
    not (shutil.which("trayer") and shutil.which("openbox")),
    reason="not on this system: trayer, openbox",
)

# A program as somebody else would write it: prints what it is told.
PROGRAM = textwrap.dedent("""
    import logging, sys, threading
    from PIL import Image, ImageDraw
    from voice_guide.frontends.desktop.tray.linux import Icon
    from voice_guide.frontends.desktop.tray.names import Menu, MenuItem

    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="LOG %(message)s")

    def say(*what):
        print(*what, flush=True)

    def ring(colour):
        image = Image.new("RGBA", (64, 64))
        ImageDraw.Draw(image).ellipse((4, 4, 60, 60), fill=colour)
        return image

    chosen = ["five"]

    def length(name):
        def choose():
            chosen[0] = name
            say("length", name)
        return MenuItem(name, choose, checked=lambda _: chosen[0] == name, radio=True)

    clicks = [0]

    def go(icon):
        clicks[0] += 1
        icon.icon = ring("orange" if clicks[0] % 2 else "teal")
        say("go")

    menu = Menu(
        MenuItem(lambda _: f"Breathe now ({clicks[0]})", go, default=True),
        MenuItem("Not now", None, enabled=False),
        Menu.SEPARATOR,
        MenuItem("Length", Menu(length("three"), length("five"), length("ten"))),
        MenuItem("Quit", lambda icon: icon.stop()),
    )
    icon = Icon(
        "probe", ring("teal"), "Probe", menu,
        on_secondary=lambda icon: say("middle"),
        on_context=lambda icon: say("right"),
        on_scroll=lambda icon, delta, way: say("wheel", delta, way),
        on_host_changed=lambda icon, here: say("host", here),
        host_grace_s=0.5,
    )
    def listen():
        if sys.stdin.readline():
            icon.stop()
    threading.Thread(target=listen, daemon=True).start()
    icon.run()
    say("ended")
""")


@dataclass
class Program:
    process: subprocess.Popen[bytes]
    log: Path

    def said(self, line: str) -> int:
        return self.log.read_text().splitlines().count(line)

    def wait(self, line: str, times: int = 1) -> float:
        return wait_until(lambda: self.said(line) >= times, 15.0, f"{line!r}: {self.log_text()}")

    def log_text(self) -> str:
        return self.log.read_text()

    def end(self) -> None:
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(b"stop\n")
            self.process.stdin.close()
        assert self.process.wait(15) == 0
        assert "LOG" not in self.log_text()


@contextlib.contextmanager
def running(desk: Desktop, **env: str) -> Iterator[Program]:
    log = desk.folder / "program.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env={**desk.env, "PYTHONPATH": os.pathsep.join(sys.path), **env},
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Program(process, log)
    finally:
        end_process(process)
        if process.stdin:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()


@pytest.fixture(params=["dark", "light"])
def desk(request: pytest.FixtureRequest) -> Iterator[Panel]:
    with panel(dark=request.param == "dark") as shown:
        yield shown


def near(pixels: np.ndarray, colour: tuple[int, int, int]) -> int:
    """Count the pixels of about this colour."""
    return int((np.abs(pixels.astype(int) - colour).max(axis=-1) < 24).sum())


TEAL, ORANGE = (0, 128, 128), (255, 165, 0)


def test_the_icon_on_a_panel_is_clicked_picked_and_redrawn(desk: Panel) -> None:
    with running(desk) as program:
        program.wait("host True")
        desk.wait_for_icon()
        wait_until(lambda: near(desk.pixels()[:32], TEAL) > 100, what="it is not what was drawn")
        assert brightness(desk) < 90 if desk.dark else brightness(desk) > 160
        desk.click_icon()
        program.wait("go")
        wait_until(lambda: near(desk.pixels()[:32], ORANGE) > 100, what="the icon is not redrawn")
        desk.click_icon("middle")
        program.wait("middle")
        desk.pick("Length", "ten")
        program.wait("length ten")
        wait_until(lambda: desk.menu()[3].children[2].properties["toggle-state"] == 1)
        assert desk.menu()[0].label == "Breathe now (1)"
        desk.pick("Breathe now")
        program.wait("go", 2)
        assert program.said("right") == 0
        desk.pick("Quit")
        program.wait("ended")
        wait_until(lambda: not desk.icons(), what="the icon stays")
        assert program.process.wait(15) == 0


def brightness(desk: Panel) -> float:
    return float(desk.pixels()[4:28, 400:].mean())


def test_the_icon_is_back_when_the_panel_is() -> None:
    with panel() as desk, running(desk) as program:
        program.wait("host True")
        desk.wait_for_icon()
        # It may have been told once before, where the panel was slow to answer.
        gone = program.said("host False")
        desk.end_panel()
        program.wait("host False", gone + 1)
        back = program.said("host True")
        desk.start_panel()
        program.wait("host True", back + 1)
        desk.wait_for_icon()
        desk.click_icon()
        program.wait("go")
        program.end()


@contextlib.contextmanager
def trayer(desk: Desktop, edge: str = "top", tint: str = "0xd0d0d0") -> Iterator[None]:
    words = ("--edge", edge, "--align", "left", "--widthtype", "pixel", "--width", "200")
    child = desk.start(
        *("trayer", *words, "--height", "32", "--SetDockType", "true"),
        *("--transparent", "true", "--alpha", "0", "--tint", tint),
    )
    try:
        wait_until(lambda: desk.owns("_NET_SYSTEM_TRAY_S0"), what="trayer does not start")
        yield
    finally:
        end_process(child)


def window_of(desk: Desktop) -> str:
    wait_until(lambda: in_x_tray(desk), 15.0, "the icon has no window")
    return desk.windows("--class", "probe")[0]


def in_x_tray(desk: Desktop) -> bool:
    return desk.windows("--class", "probe") != []


def click(desk: Desktop, button: str) -> None:
    desk.xdotool("mousemove", "--window", window_of(desk), "8", "8", "click", button)


@needs_trayer
def test_an_x_tray_shows_the_icon_and_hears_every_button() -> None:
    with desktop() as desk:
        desk.start_window_manager()
        with trayer(desk), running(desk) as program:
            program.wait("host True")
            for button, said in [
                ("1", "go"),
                ("2", "middle"),
                ("3", "right"),
                ("4", "wheel -1 vertical"),
                ("5", "wheel 1 vertical"),
            ]:
                click(desk, button)
                program.wait(said)
            wait_until(lambda: near(desk.pixels()[:32], ORANGE) > 100, what="not redrawn")
            # The corners outside the disc show the panel: nothing is painted black there.
            assert near(desk.pixels()[:32, :40], (0, 0, 0)) == 0
            program.end()


@needs_trayer
@pytest.mark.parametrize("bus", ["a bus", "no bus"])
def test_an_x_tray_may_start_late_and_again(bus: str) -> None:
    with desktop() as desk:
        desk.start_window_manager()
        address = desk.address if bus == "a bus" else "unix:path=/nonexistent/bus"
        with running(desk, DBUS_SESSION_BUS_ADDRESS=address) as program:
            program.wait("host False")
            with trayer(desk):
                program.wait("host True")
                click(desk, "1")
                program.wait("go")
            program.wait("host False", 2)
            with trayer(desk):
                program.wait("host True", 2)
                click(desk, "1")
                program.wait("go", 2)
                program.end()


@needs_trayer
def test_the_icon_moves_to_a_panel_that_comes_and_back_when_that_goes() -> None:
    with panel(running=False) as desk:
        desk.start_window_manager()
        with running(desk) as program:
            with trayer(desk, "bottom"):
                program.wait("host True")
                click(desk, "1")
                program.wait("go")
                desk.start_panel()
                desk.wait_for_icon()
                wait_until(lambda: not in_x_tray(desk), what="the icon is there twice")
            # What it had become in the one tray it is in the other.
            wait_until(lambda: near(desk.pixels()[:32], ORANGE) > 100, what="it is another")
            desk.click_icon()
            program.wait("go", 2)
            desk.end_panel()
            with trayer(desk):  # the panel has taken the first one's place among X trays
                click(desk, "1")
                program.wait("go", 3)
                program.end()


@needs_trayer
def test_a_panel_with_both_kinds_of_tray_shows_one_icon() -> None:
    with panel(running=False) as desk, running(desk) as program:
        program.wait("host False")
        for times in (1, 2):
            desk.start_panel()
            program.wait("host True", times)
            # The X tray may come so much sooner that the icon is there for a moment.
            wait_until(lambda: not in_x_tray(desk), what="it is in both")
            wait_until(lambda: len(desk.icons()) == 1, what="not one icon")
            with pytest.raises(AssertionError, match="in vain"):
                wait_until(lambda: in_x_tray(desk), 3 * SETTLE_S)
            desk.end_panel()
            program.wait("host False", times + 1)
        program.end()


@needs_trayer
def test_an_x_tray_is_taken_where_no_bus_answers() -> None:
    with desktop() as desk:
        desk.start_window_manager()
        nowhere = "unix:path=/nonexistent/bus"
        with trayer(desk), running(desk, DBUS_SESSION_BUS_ADDRESS=nowhere) as program:
            program.wait("host True")
            program.end()


@needs_trayer
def test_an_x_server_that_goes_away_ends_nothing_else() -> None:
    with desktop() as desk:
        desk.start_window_manager()
        with trayer(desk), running(desk) as program:
            program.wait("host True")
            end_process(desk.children[0], hard=True)
            program.wait("host False")
            program.end()


def test_an_idle_icon_wakes_nobody_and_is_small() -> None:
    with panel() as desk, running(desk) as program:
        program.wait("host True")
        desk.wait_for_icon()
        folder = Path(f"/proc/{program.process.pid}")

        def is_at_rest() -> bool:
            before = switches(folder)
            time.sleep(3)  # the time that is measured
            return switches(folder) - before <= 1

        wait_until(is_at_rest, 20.0, "it is woken again and again")  # after the last of its start
        size = next(x for x in (folder / "status").read_text().splitlines() if "VmRSS" in x)
        assert int(size.split()[1]) < 45_000
        program.end()


def switches(folder: Path) -> int:
    """Count how often any thread of the process was woken or put aside."""
    lines = [
        x for task in (folder / "task").glob("*/status") for x in task.read_text().splitlines()
    ]
    return sum(int(x.split()[1]) for x in lines if "_ctxt_switches" in x)
