"""Settings that change while the companion runs: picked on a real panel, or written by hand."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from panel_rig import Line, Panel, needs_panel, panel
from rig import wait_until

TOOLS = ("dunst", "dunstctl")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.real,
    needs_panel,
    pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}"),
]

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "voice_guide")

NOTIFICATIONS = "org.freedesktop.Notifications"

FILE = """\
# mine, by hand
[sound]
device = "null"   # heard by nobody
bed = "ocean"     # under every session
volume_db = -6
"""

SCRIPT = """---
title: A quiet minute
summary: One minute.
kind: moments
length: 1-2 min
---

# One

Rest here.
[pause 40-90s]
"""


@dataclass
class Companion:
    """The program in the tray of a panel of its own, with a daemon that shows notices."""

    desk: Panel
    env: dict[str, str]

    @property
    def settings(self) -> Path:
        return self.desk.folder / "vg" / "config" / "settings.toml"

    def menu(self, *path: str) -> list[Line]:
        level = self.desk.menu()
        for label in path:
            level = next(line.children for line in level if line.label.startswith(label))
        return level

    def marked(self, *path: str) -> list[str]:
        return [one.label for one in self.menu(*path) if one.properties.get("toggle-state") == 1]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            words, env=self.env, capture_output=True, text=True, timeout=30, check=False
        )
        assert "Traceback" not in done.stderr
        return done.stdout

    def status(self) -> dict[str, object]:
        told: dict[str, object] = json.loads(self.run(*PROGRAM, "status", "--json"))
        return told

    def notices(self) -> list[str]:
        """Return what was shown, the oldest first: what still stands there is closed."""
        self.run("dunstctl", "close-all")
        history = json.loads(self.run("dunstctl", "history"))["data"][0]
        return [f"{one['summary']['data']}\n{one['body']['data']}" for one in history[::-1]]


@pytest.fixture
def companion() -> Iterator[Companion]:
    with panel() as desk:
        env = {
            **desk.env,
            "PYTHONPATH": str(ROOT),
            "VOICE_GUIDE_HOME": str(desk.folder / "vg"),
        }
        companion = Companion(desk, env)
        companion.settings.parent.mkdir(parents=True)
        companion.settings.write_text(FILE)
        desk.start("dunst", "-config", "/dev/null")
        wait_until(lambda: desk.owns_name(NOTIFICATIONS), what="no dunst")
        desk.start(*PROGRAM, env=env)
        desk.wait_for_icon()
        wait_until(lambda: len(companion.menu("Sound", "Voice")) > 5, 20.0, "no voices are listed")
        yield companion


def test_what_is_picked_on_the_panel_is_kept_in_the_file(companion: Companion) -> None:
    assert companion.marked("Sound", "Bed") == ["Ocean"]
    companion.desk.pick("Sound", "Bed", "Rain")
    expected = FILE.replace('"ocean"', '"rain"')
    wait_until(lambda: companion.settings.read_text() == expected, what="the bed is not kept")
    companion.desk.pick("Sound", "Volume", "70%")
    expected = expected.replace("-6", "-3.1")
    wait_until(lambda: companion.settings.read_text() == expected, what="the volume is not kept")
    wait_until(lambda: companion.marked("Sound", "Bed") == ["Rain"], what="it is not marked")
    wait_until(lambda: companion.marked("Sound", "Volume") == ["70%"], what="it is not marked")
    companion.desk.pick("Breathing", "Box")
    wait_until(lambda: companion.status()["state"] == "playing", 15.0, "it does not play")
    companion.desk.pick("Favourite")
    expected += '\n[companion]\nfavourite = "breathing/box"\n'
    wait_until(lambda: companion.settings.read_text() == expected, what="no favourite is kept")
    assert companion.notices() == []


def test_what_is_written_by_hand_is_seen_as_the_menu_opens(companion: Companion) -> None:
    companion.settings.write_text(FILE.replace("ocean", "rain"))
    scripts = companion.desk.folder / "vg" / "data" / "scripts" / "moments"
    scripts.mkdir(parents=True)
    (scripts / "quiet.md").write_text(SCRIPT)
    companion.desk.open_menu()
    wait_until(lambda: companion.marked("Sound", "Bed") == ["Rain"], what="the bed is not seen")
    wait_until(
        lambda: any(one.label.startswith("A quiet minute") for one in companion.menu("Moments")),
        what="the script is not seen",
    )
    companion.desk.close_menu()
    companion.desk.pick("Moments", "A quiet minute (your own)")
    wait_until(lambda: companion.status()["script"] == "moments/quiet", 15.0, "it does not play")


def test_a_fault_is_told_once_and_what_was_good_holds(companion: Companion) -> None:
    faulty = FILE.replace("-6", "6").replace('"ocean"', "3")
    companion.settings.write_text(faulty)
    companion.desk.open_menu()
    companion.desk.close_menu()
    told: list[str] = []

    def is_told() -> bool:
        told[:] = companion.notices()
        return bool(told)

    wait_until(is_told, what="nobody is told")
    assert "line 4, column 1: bed in [sound] is 3; expected text" in told[0]
    assert "line 5, column 1: volume_db in [sound] is 6; expected a number from -60 to 0" in told[0]
    assert companion.marked("Sound", "Bed") == ["Ocean"]
    companion.desk.click_icon()
    wait_until(lambda: companion.status()["state"] == "playing", 15.0, "it does not play")
    companion.desk.pick("Sound", "Bed", "Rain")
    wait_until(lambda: len(companion.notices()) > 1, what="that it is not kept is not told")
    assert companion.settings.read_text() == faulty
    companion.settings.write_text(FILE.replace("ocean", "rain"))
    companion.desk.open_menu()
    wait_until(lambda: companion.marked("Sound", "Bed") == ["Rain"], what="the mend is not seen")
    companion.desk.close_menu()
    assert len(companion.notices()) == 2
