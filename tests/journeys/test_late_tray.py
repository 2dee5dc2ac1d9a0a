"""A tray that comes late, goes, comes again or never, and a start at login, before it all."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from panel_rig import Panel, needs_panel, panel
from rig import wait_until

from voice_guide.frontends.desktop.commander import SAME_S
from voice_guide.frontends.desktop.tray.icon import GRACE_S

needs_dunst = pytest.mark.skipif(not shutil.which("dunst"), reason="not on this system: dunst")
pytestmark = [pytest.mark.real, needs_panel, needs_dunst]

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "voice_guide")
NOTIFICATIONS = "org.freedesktop.Notifications"
NO_TRAY = "This desktop shows no tray"


@dataclass
class Desk:
    """A desktop whose panel is still to come, and the companion on it."""

    panel: Panel

    @property
    def env(self) -> dict[str, str]:
        home = {"VOICE_GUIDE_HOME": str(self.panel.folder / "vg"), "PYTHONPATH": str(ROOT)}
        return {**self.panel.env, **home}

    def start(self) -> None:
        """Start the companion, with an output that is not heard."""
        settings = self.panel.folder / "vg" / "config" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text('[sound]\ndevice = "null"\n')
        self.panel.start(*PROGRAM, env=self.env)
        wait_until(lambda: self.state() == "idle", 15.0, "the companion does not start")

    def start_dunst(self) -> None:
        """Show notices from now on."""
        menu, config = self.panel.folder / "menu", self.panel.folder / "dunstrc"
        menu.write_text(f'#!/bin/sh\ngrep -F "$(cat {self.panel.folder}/choice)"\n')
        menu.chmod(0o755)
        config.write_text(f"[global]\nnotification_limit = 20\ndmenu = {menu}\n")
        self.panel.start("dunst", "-config", str(config))
        # Not asked itself: the bus would start another one, with settings of its own.
        wait_until(lambda: self.panel.owns_name(NOTIFICATIONS), what="no dunst")

    def press(self, label: str) -> None:
        """Press this button of the notice that stands there."""
        (self.panel.folder / "choice").write_text(label)
        self.ask("dunstctl", "context")

    def ask(self, *words: str) -> str:
        """Run a command on this desktop, and return what it prints."""
        done = subprocess.run(
            words, env=self.env, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def state(self) -> str:
        """What the companion says it is doing."""
        return str(json.loads(self.ask(*PROGRAM, "status", "--json"))["state"])

    def notices(self, kind: str = "displayed") -> int:
        """How many notices stand there, or have stood there (`history`)."""
        return int(self.ask("dunstctl", "count", kind))

    def said(self) -> str:
        """What the companion said where it was started."""
        return (self.panel.folder / f"{Path(sys.executable).name}.log").read_text()

    def click_plays(self) -> None:
        """Click on the icon, and see it begin or go on; click again, and see it pause."""
        for state in ("playing", "paused"):
            self.panel.click_icon()
            wait_until(lambda s=state: self.state() == s, 15.0, f"never {state}")
            time.sleep(SAME_S)  # or the next would be the second half of a double click


@pytest.fixture
def desk() -> Iterator[Desk]:
    with panel(running=False) as shown:
        yield Desk(shown)


def test_a_panel_that_is_seconds_late_shows_what_plays(desk: Desk) -> None:
    desk.start_dunst()
    began_s = time.monotonic()
    desk.start()
    desk.ask(*PROGRAM, "play", "ninety-second-reset")
    wait_until(lambda: desk.state() == "playing", 15.0, "it does not play")
    time.sleep(max(0.0, began_s + 4.0 - time.monotonic()))  # how late the panel is
    desk.panel.start_panel()
    desk.panel.wait_for_icon()
    late_s = time.monotonic() - began_s
    assert desk.panel.menu()[0].label == "Pause"
    desk.panel.click_icon()
    wait_until(lambda: desk.state() == "paused", 15.0, "the click is not heard")
    wait_until(lambda: desk.notices() == 0, what="something is told")
    # Where all of this took too long, there was no tray for a while, which was told.
    assert desk.notices("history") == 0 or late_s > GRACE_S


def test_no_tray_is_told_once_and_withdrawn(desk: Desk) -> None:
    desk.start_dunst()
    desk.start()
    wait_until(lambda: desk.notices() == 1, GRACE_S + 10, "nobody says that there is no tray")
    desk.panel.start_panel()
    wait_until(lambda: desk.notices() == 0, what="the notice stays")
    history = json.loads(desk.ask("dunstctl", "history"))["data"][0]
    assert [one["summary"]["data"] for one in history] == [NO_TRAY]
    assert "voice-guide toggle" in history[0]["body"]["data"]
    desk.panel.wait_for_icon()
    desk.click_plays()
    desk.panel.end_panel()
    time.sleep(GRACE_S + 1)  # when it would be told again
    assert (desk.notices(), desk.notices("history")) == (0, 1)
    desk.panel.start_panel()
    desk.panel.wait_for_icon()
    desk.click_plays()


def test_without_bus_or_tray_it_is_said_as_text_and_both_are_waited_for(desk: Desk) -> None:
    desk.panel.kill_bus()
    desk.start()
    wait_until(lambda: NO_TRAY in desk.said(), GRACE_S + 10, "nobody says that there is no tray")
    for _ in range(2):
        desk.panel.start_bus()
        desk.panel.start_panel()
        desk.panel.wait_for_icon(30.0)  # the bus is looked for at longer and longer intervals
        desk.click_plays()
        desk.panel.kill_bus()
        desk.panel.end_panel()
    assert desk.said().count(NO_TRAY) == 1
    assert "Traceback" not in desk.said()
    assert desk.ask(*PROGRAM, "quit") == "Good-bye."


@pytest.mark.skipif(not shutil.which("trayer"), reason="not on this system: trayer")
def test_in_an_x_tray_the_right_button_offers_what_a_menu_would(desk: Desk) -> None:
    desk.panel.start_window_manager()
    desk.start_dunst()
    desk.start()
    desk.panel.start("trayer", "--edge", "top", "--align", "left", "--SetDockType", "true")
    wait_until(lambda: desk.panel.windows("--class", "voice-guide") != [], 15.0, "no icon")

    def click(button: str) -> None:
        (window,) = desk.panel.windows("--class", "voice-guide")
        desk.panel.xdotool("mousemove", "--window", window, "8", "8", "click", button)

    click("1")
    wait_until(lambda: desk.state() == "playing", 15.0, "the click is not heard")
    for label, state in (("Begin or pause", "paused"), ("End", "idle"), ("Quit", "absent")):
        click("3")
        wait_until(lambda: desk.notices() == 1, what="nothing is offered")
        desk.press(label)
        wait_until(lambda s=state: desk.state() == s, 15.0, f"{label} is not heard")
    assert "Traceback" not in desk.said()


@pytest.mark.skipif(not shutil.which("gio"), reason="not on this system: gio")
def test_the_next_login_starts_it_unless_somebody_took_that_back(desk: Desk) -> None:
    desk.panel.start_panel()
    desk.start()
    desk.panel.pick("Start at login")
    entry = desk.panel.folder / "config" / "autostart" / "voice-guide.desktop"
    wait_until(entry.exists, what="no entry is written")
    desk.ask(*PROGRAM, "quit")
    wait_until(lambda: desk.state() == "absent", what="it does not end")
    wait_until(lambda: not desk.panel.icons(), what="the icon stays")
    # As a desktop does it: by its own reader, and from the home folder.
    login = subprocess.Popen(["gio", "launch", str(entry)], env=desk.env, cwd=desk.panel.folder)
    assert login.wait(10) == 0
    wait_until(lambda: desk.state() == "idle", 15.0, "the entry starts nothing")
    try:
        desk.panel.wait_for_icon()
        assert is_marked(desk, "Start at login")
        text = entry.read_text()
        entry.write_text(text + "Hidden=true\n")  # what session settings write
        assert not is_marked(desk, "Start at login")
        assert entry.read_text() == text + "Hidden=true\n"
        desk.panel.pick("Start at login")
        wait_until(lambda: is_marked(desk, "Start at login"), what="it cannot be turned on again")
        desk.panel.pick("Start at login")
        wait_until(lambda: not entry.exists(), what="it cannot be turned off")
    finally:
        desk.ask(*PROGRAM, "quit")
        wait_until(lambda: desk.state() == "absent", what="it does not end")


def is_marked(desk: Desk, label: str) -> bool:
    """Open the menu, and say whether this entry has its mark."""
    desk.panel.open_menu()
    line = next(line for line in desk.panel.menu() if line.label == label)
    desk.panel.close_menu()
    return line.properties["toggle-state"] == 1
