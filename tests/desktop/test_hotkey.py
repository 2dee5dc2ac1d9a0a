"""A key of its own on a real X server: pressed, held, locked, moved, taken, and given back."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from panel_rig import Desktop, desktop, needs_panel
from rig import end_process, wait_until
from Xlib import X, display
from Xlib.error import BadAccess, CatchError

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.around.hotkey import Hotkey

pytestmark = [
    pytest.mark.real,
    needs_panel,
    pytest.mark.skipif(shutil.which("setxkbmap") is None, reason="not on this system: setxkbmap"),
]

KEY = "ctrl+alt+z"


@pytest.fixture
def desk() -> Iterator[Desktop]:
    with desktop() as made:
        yield made


class Ear:
    """Hears the presses of a key, and what is said about it."""

    def __init__(self, desk: Desktop) -> None:
        self.desk = desk
        self.presses = 0
        self.told: list[str] = []
        self.made: list[Hotkey] = []

    def listen(self, text: str) -> Hotkey:
        """Take a key, and wait until it is ours or something was said."""
        told = len(self.told)
        hotkey = Hotkey(text, self.press, self.told.append, self.desk.env)
        self.made.append(hotkey)
        wait_until(lambda: len(self.told) > told or self.answers(text), what=f"{text} not taken")
        wait_until(lambda: steady(lambda: self.presses))
        self.presses = 0
        return hotkey

    def answers(self, text: str) -> bool:
        """Press a key, and say whether any press was heard: nothing else shows whose it is.

        To try and take it oneself would keep it from the one who is just about to.
        """
        self.desk.xdotool("key", text)
        return self.presses > 0

    def press(self) -> None:
        self.presses += 1

    def is_taken(self, text: str) -> bool:
        """Say whether nobody else could have this key now; nobody may be about to take it."""
        names = text.split("+")
        masks = {"ctrl": X.ControlMask, "alt": X.Mod1Mask}
        screen = display.Display(self.desk.display)
        try:
            refused = CatchError(BadAccess)
            for code in codes_of(screen, names[-1]):
                mask = sum(masks[name] for name in names[:-1])
                grab = screen.screen().root.grab_key
                grab(code, mask, False, X.GrabModeAsync, X.GrabModeAsync, onerror=refused)
            screen.sync()
            return refused.get_error() is not None
        finally:
            screen.close()

    def change_layout(self, layout: str) -> None:
        """Give the desktop another keyboard."""
        self.presses = 0
        subprocess.run(["setxkbmap", layout], env=self.desk.env, check=True, timeout=10)

    def hears(self, *keys: str) -> None:
        """Press keys one after the other, the last of which has to be heard."""
        before = self.presses
        for key in keys:
            self.desk.xdotool("key", key)
        wait_until(lambda: self.presses == before + 1, what=f"{keys} are not heard")


def codes_of(screen: display.Display, name: str) -> list[int]:
    from Xlib import XK  # noqa: PLC0415

    XK.load_keysym_group("xf86")
    keysym = XK.string_to_keysym(name.replace("XF86", "XF86_"))
    return [code for code, level in screen.keysym_to_keycodes(keysym) if level == 0]


@pytest.fixture
def ear(desk: Desktop) -> Iterator[Ear]:
    made = Ear(desk)
    yield made
    for hotkey in made.made:
        hotkey.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "hotkey"]


def test_a_press_is_heard_whichever_locks_are_on(ear: Ear) -> None:
    ear.listen(KEY)
    ear.hears(KEY)
    for lock in ("Num_Lock", "Caps_Lock", "Num_Lock"):
        ear.hears(lock, KEY)
    for other in ("z", "ctrl+z", "ctrl+alt+shift+z", "ctrl+alt+y"):
        ear.desk.xdotool("key", other)
    ear.hears(KEY)
    assert ear.presses == 5
    assert ear.told == []


def test_a_media_key_is_heard(ear: Ear) -> None:
    ear.listen("XF86AudioPlay")
    ear.hears("XF86AudioPlay")
    ear.hears("XF86AudioPlay")


def test_a_held_key_counts_once(ear: Ear) -> None:
    ear.listen("F9")
    screen = display.Display(ear.desk.display)
    assert screen.get_keyboard_control().global_auto_repeat == X.AutoRepeatModeOn
    screen.close()
    ear.desk.xdotool("keydown", "F9")
    time.sleep(1.5)  # after 0.66 s a server repeats a key, 25 times a second
    ear.desk.xdotool("keyup", "F9")
    wait_until(lambda: ear.presses > 0)
    ear.hears("F9")
    assert ear.presses == 2  # nothing was counted between


def test_the_key_is_found_where_another_keyboard_has_it(ear: Ear) -> None:
    ear.listen(KEY)
    for layout in ("de", "us", "de", "us"):  # where y and z have changed places
        ear.change_layout(layout)
        wait_until(lambda: ear.answers(KEY), what=f"it is not found on {layout}")
        wait_until(lambda: steady(lambda: ear.presses))
        ear.desk.xdotool("key", "ctrl+alt+y")
        ear.hears(KEY)
    assert ear.told == []


def test_a_key_that_goes_away_is_said_and_comes_back(ear: Ear) -> None:
    ear.change_layout("de")
    ear.listen("ctrl+odiaeresis")
    assert ear.told == []
    ear.change_layout("us")
    wait_until(lambda: len(ear.told) == 1, what="nothing is said")
    assert ear.told[0].startswith("This keyboard has no key ctrl+odiaeresis.")
    ear.change_layout("de")
    wait_until(lambda: ear.answers("ctrl+odiaeresis"), what="it is not taken again")


def test_a_key_that_somebody_has_is_said_and_nothing_of_it_kept(ear: Ear) -> None:
    screen = display.Display(ear.desk.display)
    code = codes_of(screen, "z")[0]
    mask = X.ControlMask | X.Mod1Mask
    # One of the places alone: with NumLock.
    screen.screen().root.grab_key(code, mask | X.Mod2Mask, False, X.GrabModeAsync, X.GrabModeAsync)
    screen.sync()
    ear.listen(KEY)
    assert ear.told == ["Another program has the key ctrl+alt+z.\nChoose another in settings.toml."]
    assert not ear.is_taken(KEY)
    screen.close()
    ear.listen("F9")
    ear.hears("F9")


def test_the_key_is_given_back(ear: Ear) -> None:
    hotkey = ear.listen(KEY)
    hotkey.close()
    hotkey.close()
    wait_until(lambda: not ear.is_taken(KEY), what="it is kept")
    ear.listen(KEY)
    ear.hears(KEY)


# python-xlib leaves the sockets open with which it finds no server.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("text", "changes", "said"),
    [
        ("ctrl+nokey", {}, 'There is no key called "nokey".'),
        ("ctrl+ö", {}, "This keyboard has no key ctrl+ö."),
        (KEY, {"WAYLAND_DISPLAY": "wayland-0"}, "A Wayland desktop gives no program"),
        (KEY, {"DISPLAY": ":987"}, "A key of its own needs an X11 desktop."),
        (KEY, {"DISPLAY": ""}, "A key of its own needs an X11 desktop."),
    ],
)
def test_what_keeps_it_from_working_is_said_once(
    text: str, changes: dict[str, str], said: str, desk: Desktop
) -> None:
    told: list[str] = []
    hotkey = Hotkey(text, told.clear, told.append, desk.env | changes)
    wait_until(lambda: len(told) > 0, what="nothing is said")
    hotkey.close()
    assert len(told) == 1
    assert told[0].startswith(said)
    assert "\n" in told[0], "and what to do"


class Unwell(Ear):
    """Fails at each press."""

    def press(self) -> None:
        super().press()
        raise VoiceGuideError("There is no script.", "Write one.")


def test_what_goes_wrong_at_a_press_is_said_and_the_next_is_heard(desk: Desktop) -> None:
    ear = Unwell(desk)
    hotkey = ear.listen("F9")
    ear.hears("F9")
    ear.hears("F9")
    hotkey.close()
    assert set(ear.told) == {"There is no script.\nWrite one."}
    assert len(ear.told) >= 3


def test_a_display_that_is_lost_harms_nobody(ear: Ear) -> None:
    hotkey = ear.listen("F9")
    end_process(ear.desk.children[0], hard=True)
    wait_until(lambda: not hotkey._thread.is_alive(), what="its thread stays")
    assert ear.told == []


def test_waiting_costs_nothing(ear: Ear) -> None:
    hotkey = ear.listen("F9")
    status = Path(f"/proc/self/task/{hotkey._thread.native_id}/status")

    def wakeups() -> int:
        lines = status.read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)

    wait_until(lambda: steady(wakeups), what="it is never at rest")
    before = wakeups()
    time.sleep(2.0)
    assert wakeups() == before


def steady(count: Callable[[], int]) -> bool:
    """Say whether a count stays as it is, at several looks: a process that was held up is late."""
    before = count()
    for _ in range(5):
        time.sleep(0.05)
        if count() != before:
            return False
    return True
