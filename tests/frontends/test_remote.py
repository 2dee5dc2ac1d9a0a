"""What people bind to keys: answered at once, and in a sentence where there is no companion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from voice_guide.frontends.cli.remote import ABSENT, COMMANDS, status_to_text

Say = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "voice_guide")


def run(home: Path, *words: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the program where there is neither a companion nor a desktop."""
    gone = {"DISPLAY", "WAYLAND_DISPLAY"}
    env = {name: value for name, value in os.environ.items() if name not in gone}
    env |= {"VOICE_GUIDE_HOME": str(home), "PYTHONPATH": str(ROOT), **changes}
    done = subprocess.run(
        [*PROGRAM, *words], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done


def test_with_no_companion_the_state_is_absent(tmp_path: Path) -> None:
    done = run(tmp_path, "status", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "state": "absent",
        "script": None,
        "section": None,
        "phase": None,
        "position_s": 0.0,
        "length_s": 0.0,
        "ritual_waiting": None,
    }
    done = run(tmp_path, "status")
    assert (done.returncode, done.stdout) == (0, "voice-guide is not in the tray.\n")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"state": "idle"}, "voice-guide is in the tray, and nothing is playing."),
        (
            {"state": "idle", "ritual_waiting": "evening"},
            "voice-guide is in the tray, and evening waits for your answer.",
        ),
        ({"state": "preparing", "script": "a/b"}, "Preparing: a/b."),
        (
            {"state": "paused", "script": "a/b", "section": "One", "position_s": 9.0}
            | {"length_s": 99.0},
            "Paused: a/b, One, 1 min 30 s left.",
        ),
    ],
)
def test_a_status_is_told_in_a_sentence(status: dict[str, object], said: str) -> None:
    assert status_to_text({**ABSENT, **status}) == said


@pytest.mark.parametrize("words", [[one] for one in COMMANDS if one != "toggle"] + [["volume"]])
def test_with_no_companion_a_command_says_how_to_start_it(words: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "voice-guide is not in the tray. Start it with: voice-guide\n"


on_linux = pytest.mark.skipif(
    sys.platform in {"darwin", "win32"}, reason="there always is a desktop"
)


@on_linux
def test_toggle_without_a_desktop_says_what_works_there(tmp_path: Path) -> None:
    done = run(tmp_path, "toggle")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no desktop" in done.stderr
    assert "voice-guide play 4-7-8" in done.stderr


@on_linux
def test_a_companion_that_cannot_start_is_not_waited_for(tmp_path: Path) -> None:
    """Its lock is a folder, so it ends at once; nobody waits until it might have come."""
    (tmp_path / "run").mkdir(mode=0o700)
    (tmp_path / "run" / "companion.lock").mkdir()
    done = run(tmp_path, "toggle", DISPLAY=":987", DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    assert done.returncode == 1
    assert "Say voice-guide in a terminal" in done.stderr


@pytest.mark.parametrize(
    "words", [["status", "--jsn"], ["volume", "--json"], ["volume", "1", "2"], ["pause", "now"]]
)
def test_what_is_misspelt_is_said_by_the_command_line(say: Say, words: list[str]) -> None:
    code, _, err = say(*words)
    assert code == 2
    assert f"Try 'voice-guide {words[0]} --help'." in err


@pytest.mark.parametrize("words", [["toggle"], ["status", "--json"], ["volume", "50"]])
def test_whoever_presses_a_key_waits_for_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    code = f"""
import sys
from voice_guide.__main__ import main
main({words!r})
print(*sorted(sys.modules), file=sys.stderr)
"""
    env = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
    env |= {"VOICE_GUIDE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], env=env, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.splitlines()[-1].split())
    ours = {name for name in loaded if name.startswith("voice_guide.")}
    assert ours == {
        "voice_guide.__main__",
        "voice_guide.ending",
        "voice_guide.frontends",
        "voice_guide.frontends.cli",
        "voice_guide.frontends.cli.remote",
        "voice_guide.frontends.desktop",
        "voice_guide.frontends.desktop.instance",
        "voice_guide.frontends.desktop.instance.client",
        "voice_guide.frontends.desktop.instance.place",
        "voice_guide.frontends.desktop.instance.wire",
    }
    heavy = {"dataclasses", "inspect", "logging", "pathlib", "socket", "subprocess", "threading"}
    assert not heavy & loaded
