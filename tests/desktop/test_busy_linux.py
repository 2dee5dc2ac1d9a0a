"""Whether the moment is bad, asked of real desktops' parts, and of stand-ins where none is here."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from panel_rig import Desktop, desktop
from rig import Rig, end_process, needs_rig, sound_rig, wait_until
from Xlib import X, display
from Xlib.protocol import event as events

from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.busy import Answer, Reason
from voice_guide.frontends.desktop.busy.full_screen import is_full_screen
from voice_guide.frontends.desktop.busy.linux import find_busy
from voice_guide.frontends.desktop.busy.quiet import is_quiet
from voice_guide.frontends.desktop.tray.loop import BusThread


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not on this system: {', '.join(missing)}")


pytestmark = [pytest.mark.real, needs("Xvfb", "dbus-daemon")]

STAND_INS = str(Path(__file__).with_name("quiet_stand_ins.py"))
BANNERS = ("org.gnome.desktop.notifications", "show-banners")


@pytest.fixture
def desk() -> Iterator[Desktop]:
    with desktop() as made:
        yield made


@pytest.fixture
def line(desk: Desktop) -> Iterator[tuple[BusThread, BusLine]]:
    thread = BusThread()
    made = BusLine(thread, address=desk.address)
    yield thread, made
    made.close()
    thread.close()


Line = tuple[BusThread, BusLine]


def ask_quiet(desk: Desktop, line: Line, **env: str) -> bool | None:
    return is_quiet(*line, {**desk.env, **env})


@contextlib.contextmanager
def notices_by(desk: Desktop, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Have a stand-in show the notices, as far as anybody asks."""
    process = subprocess.Popen(
        [sys.executable, STAND_INS, *words], env=desk.env, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        end_process(process)  # type: ignore[arg-type]
        assert process.stdout
        process.stdout.close()


# Do not disturb.


def test_where_nobody_shows_notices_it_cannot_be_said(desk: Desktop, line: Line) -> None:
    assert ask_quiet(desk, line) is None


def test_where_there_is_no_bus_it_cannot_be_said(desk: Desktop, line: Line) -> None:
    desk.kill_bus()
    assert ask_quiet(desk, line) is None


@needs("dunst", "dunstctl")
def test_dunst(desk: Desktop, line: Line) -> None:
    desk.start("dunst")
    wait_until(lambda: ask_quiet(desk, line) is False)
    for paused in ("true", "false", "true"):
        subprocess.run(["dunstctl", "set-paused", paused], env=desk.env, check=True, timeout=10)
        assert ask_quiet(desk, line) is (paused == "true")


@pytest.mark.parametrize("word", ["inhibited", "dnd"])
@pytest.mark.parametrize("is_on", [True, False])
def test_plasma_and_swaync(desk: Desktop, line: Line, word: str, is_on: bool) -> None:
    with notices_by(desk, "Plasma", f"{word}={str(is_on).lower()}"):
        assert ask_quiet(desk, line) is is_on


@needs("xfconf-query")
def test_xfce(desk: Desktop, line: Line) -> None:
    def have(*words: str) -> None:
        place = ("xfconf-query", "-c", "xfce4-notifyd", "-p", "/do-not-disturb")
        subprocess.run([*place, *words], env=desk.env, check=True, timeout=10)

    with notices_by(desk, "Xfce Notify Daemon"):
        # The first who asks has the bus start the settings' daemon, which may take a while.
        wait_until(lambda: ask_quiet(desk, line) is False, what="never set")
        have("-n", "-t", "bool", "-s", "true")
        assert ask_quiet(desk, line) is True
        have("-s", "false")
        assert ask_quiet(desk, line) is False
        have("-s", "true")
    assert ask_quiet(desk, line) is None, "another desktop has taken its place since"


def has_banners() -> bool:
    with contextlib.suppress(OSError):
        words = ["gsettings", "get", *BANNERS]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0
    return False


@pytest.mark.skipif(not has_banners(), reason="not on this system: GNOME's settings")
def test_gnome(desk: Desktop, line: Line, tmp_path: Path) -> None:
    keep = {"GSETTINGS_BACKEND": "keyfile"}

    def show(banners: str) -> None:
        words = ["gsettings", "set", *BANNERS, banners]
        subprocess.run(words, env=desk.env | keep, check=True, timeout=10)

    with notices_by(desk, "gnome-shell"):
        assert ask_quiet(desk, line, **keep) is False
        show("false")
        assert ask_quiet(desk, line, **keep) is True
        show("true")
        assert ask_quiet(desk, line, **keep) is False
        assert ask_quiet(desk, line, PATH=str(tmp_path)) is None, "without the tool"
        show("false")
    with notices_by(desk, "Some other daemon"):
        assert ask_quiet(desk, line, **keep) is None


def test_an_odd_answer_is_none(desk: Desktop, line: Line) -> None:
    with notices_by(desk, "Plasma", "odd=true"):
        assert ask_quiet(desk, line) is None


def test_a_daemon_that_hangs_is_not_waited_for(desk: Desktop, line: Line) -> None:
    with notices_by(desk, "Plasma", "inhibited=true") as daemon:
        assert ask_quiet(desk, line) is True
        os.kill(daemon.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            answer = find_busy(*line, desk.env)
            took_s = time.monotonic() - began
        finally:
            os.kill(daemon.pid, signal.SIGCONT)
        assert Reason.QUIET in answer.unknown
        assert took_s < 8.0, "two, and a busy machine"
        wait_until(lambda: ask_quiet(desk, line) is True)


# The screen.


class Window:
    """A window that fills the screen, or not."""

    def __init__(self, desk: Desktop, *, fills: bool) -> None:
        self.screen: Any = display.Display(desk.display)
        self.root = self.screen.screen().root
        self.window = self.root.create_window(
            10, 10, 300, 200, 0, self.screen.screen().root_depth, background_pixel=0
        )
        self.state = self.screen.intern_atom("_NET_WM_STATE")
        self.full = self.screen.intern_atom("_NET_WM_STATE_FULLSCREEN")
        if fills:
            atom = self.screen.intern_atom("ATOM")
            self.window.change_property(self.state, atom, 32, [self.full])
        self.window.map()
        self.screen.sync()
        wait_until(lambda: self.active() == self.window.id, what="the window is not the active one")

    def active(self) -> int:
        atom = self.screen.intern_atom("_NET_ACTIVE_WINDOW")
        found = self.root.get_full_property(atom, X.AnyPropertyType)
        return found.value[0] if found else 0

    def fill(self, wanted: bool) -> None:
        request = events.ClientMessage(
            window=self.window, client_type=self.state, data=(32, [int(wanted), self.full, 0, 1, 0])
        )
        mask = X.SubstructureRedirectMask | X.SubstructureNotifyMask
        self.root.send_event(request, event_mask=mask)
        self.screen.sync()

    def close(self) -> None:
        self.screen.close()


@needs("openbox")
def test_a_window_that_fills_the_screen(desk: Desktop) -> None:
    assert is_full_screen(desk.env) is None, "no window manager tells"
    desk.start_window_manager()
    assert is_full_screen(desk.env) is False
    film = Window(desk, fills=True)
    wait_until(lambda: is_full_screen(desk.env) is True)
    film.fill(False)
    wait_until(lambda: is_full_screen(desk.env) is False)
    film.fill(True)
    wait_until(lambda: is_full_screen(desk.env) is True)
    letter = Window(desk, fills=False)
    wait_until(lambda: is_full_screen(desk.env) is False, what="another window is worked in")
    letter.close()
    wait_until(lambda: is_full_screen(desk.env) is True)
    wayland = desk.env | {"WAYLAND_DISPLAY": "wayland-0"}
    assert is_full_screen(wayland) is True, "a game under XWayland"
    film.close()
    wait_until(lambda: is_full_screen(desk.env) is False)
    assert is_full_screen(wayland) is None, "what Wayland's own windows do is not told"


# All of it.


@needs_rig
@needs("dunst", "dunstctl", "openbox")
def test_a_whole_desktop(desk: Desktop, line: Line) -> None:
    desk.start_window_manager()
    desk.start("dunst")
    with sound_rig() as rig:
        rig.pactl("load-module", "module-null-sink", "sink_name=room")
        rig.pactl("load-module", "module-virtual-source", "source_name=mic", "master=room.monitor")
        around = {**desk.env, "PULSE_SERVER": rig.env["PULSE_SERVER"]}

        def ask() -> Answer:
            return find_busy(*line, around)

        wait_until(lambda: ask() == Answer())
        took_s = [_seconds(ask) for _ in range(5)]
        print(f"asked in {sorted(took_s)[2]:.3f} s")
        assert ask().may_sound
        with call(rig):
            wait_until(lambda: ask() == Answer(Reason.MICROPHONE))
            film = Window(desk, fills=True)
            assert ask() == Answer(Reason.MICROPHONE), "the earlier of two"
        wait_until(lambda: ask() == Answer(Reason.FULL_SCREEN))
        subprocess.run(["dunstctl", "set-paused", "true"], env=desk.env, check=True, timeout=10)
        assert ask() == Answer(Reason.QUIET)
        film.close()
        subprocess.run(["dunstctl", "set-paused", "false"], env=desk.env, check=True, timeout=10)
        wait_until(lambda: ask() == Answer())
        rig.kill()
        assert ask() == Answer(unknown=(Reason.MICROPHONE,))
        assert ask().may_sound


def _seconds(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


@contextlib.contextmanager
def call(rig: Rig) -> Iterator[None]:
    process = subprocess.Popen(["parec", "-d", "mic"], env=rig.env, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        end_process(process)
