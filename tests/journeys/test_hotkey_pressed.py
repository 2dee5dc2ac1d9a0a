"""Keys on a real desktop: one of the companion's own, and the media keys that a panel hands on."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from companion_rig import World, world
from panel_rig import Panel, needs_panel
from rig import needs_rig, wait_until

from voice_guide.frontends.desktop.commander import SAME_S

pytestmark = [pytest.mark.real, needs_rig, needs_panel]

KEY = "ctrl+alt+b"

# What takes the media keys on XFCE lies in one of these.
RELAYS = [
    path
    for place in ("lib", "lib64", "lib/*")
    for path in Path("/usr").glob(f"{place}/xfce4/panel/plugins/libpulseaudio-plugin.so")
]


@pytest.fixture
def desk() -> Iterator[World]:
    with world(sound=True) as made:
        yield made


def choose(desk: World, key: str) -> None:
    settings = desk.home / "config" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(f'[companion]\nhotkey = "{key}"\nfavourite = "breathing/box"\n')


def press(desk: World, key: str) -> None:
    """Press a key."""
    desk.desk.xdotool("key", key)


def press_alone(desk: World, key: str) -> None:
    """Press a key when it can no longer be taken for the second half of a double click."""
    time.sleep(2 * SAME_S)  # it counts from when the first half had done its work
    press(desk, key)


def press_until(
    desk: World, key: str, is_heard: Callable[[], bool], again_after_s: float = 2.0
) -> None:
    """Press a key until it is heard.

    From when on that is, nobody can see. Pressed again before it could show that it was heard
    already, it would take back what it did.
    """

    def is_so() -> bool:
        press(desk, key)
        with contextlib.suppress(AssertionError):
            wait_until(is_heard, again_after_s)
            return True
        return False

    wait_until(is_so, 30.0, f"{key} does nothing")


def is_doing(desk: World, *states: str) -> bool:
    return desk.status()["state"] in states


def test_a_key_begins_pauses_and_goes_on(desk: World) -> None:
    choose(desk, KEY)
    desk.begin()
    press_until(desk, KEY, lambda: not is_doing(desk, "idle"))
    desk.wait_for("playing")
    assert desk.status()["script"] == "breathing/box"
    for _ in range(3):
        before = desk.status()["state"]
        press_alone(desk, KEY)
        desk.wait_for({"playing": "paused", "paused": "playing"}[before])
    choose(desk, "F9")
    desk.say("pause")
    desk.say("stop")
    desk.wait_for("idle")
    desk.play("breathing/box")  # another key is heard from the next session on
    desk.wait_for("playing")
    press_until(desk, "F9", lambda: is_doing(desk, "paused"))
    press_alone(desk, KEY)
    press_alone(desk, "F9")
    desk.wait_for("playing")
    assert desk.tray.notices == []


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("ctrl+alt+nokey", 'There is no key called "nokey".'),
        ("b", "The key b could no longer be typed with."),
    ],
)
def test_a_key_that_cannot_be_is_said_and_the_companion_lives(
    key: str, said: str, desk: World
) -> None:
    choose(desk, key)
    desk.begin()
    desk.wait_for_notice(said)
    assert desk.say("toggle").startswith("Playing")


def test_a_wayland_desktop_is_told_what_works_instead(desk: World) -> None:
    desk.extra["WAYLAND_DISPLAY"] = "wayland-0"
    choose(desk, KEY)
    desk.begin()
    assert "voice-guide toggle" in desk.wait_for_notice("A Wayland desktop gives no program a key")


@pytest.mark.skipif(not RELAYS, reason="not on this system: xfce4-pulseaudio-plugin")
def test_the_panel_hands_media_keys_on(desk: World) -> None:
    place = desk.desk
    shown = Panel(place.folder, place.display, place.children, place.bus, has_media_keys=True)
    shown.configure()
    shown.start("xfce4-panel", "--disable-wm-check", env=desk.env)
    desk.begin()
    desk.play("breathing/4-7-8")
    wait_until(lambda: bool(desk.status()["length_s"]), 20.0, "the score is never there")
    press_until(desk, "XF86AudioPlay", lambda: is_doing(desk, "paused"))
    press(desk, "XF86AudioPlay")
    desk.wait_for("playing")
    section = desk.status()["section"]
    press(desk, "XF86AudioNext")
    wait_until(lambda: desk.status()["section"] != section, what="it does not go on")
    # Three seconds into a section one goes back to its own start first, and has to press again.
    press_until(desk, "XF86AudioPrev", lambda: desk.status()["section"] == section, 1.0)
    press(desk, "XF86AudioStop")
    desk.wait_for("idle")
    # Where the desktop has a key already, it keeps it, and the listener is told.
    desk.end()
    choose(desk, "XF86AudioPlay")
    desk.begin()
    desk.wait_for_notice("Another program has the key XF86AudioPlay.")
