"""A command beside a running companion: the same words, codes and paths as without one."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from companion_rig import ONE_MOMENT, PROGRAM, World, needs_world, world
from rig import needs_rig, wait_until

from voice_guide.frontends.desktop.commander import SAME_S
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.store.settings import Companion

pytestmark = [pytest.mark.real, needs_rig, needs_world]


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with world(sound=True) as made:
        made.begin()
        yield made


def run(desk: World, *words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, with nobody at a terminal."""
    done = subprocess.run(
        [*PROGRAM, *words],
        env=desk.env,
        cwd=folder or desk.desk.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def plays(desk: World, script: str, *words: str, folder: Path | None = None) -> None:
    """Have something played, and wait until that is what the companion says it plays."""
    done = run(desk, "play", *words, folder=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Playing ")
    wait_until(lambda: desk.status()["script"] == script, 20.0, f"{script} is never played")


def test_a_script_is_named_as_anywhere(shared: World) -> None:
    plays(shared, "breathing/box", "box")
    plays(shared, Companion().favourite)
    plays(shared, "breathing/box", "box")
    plays(shared, Companion().favourite, "favourite")
    plays(shared, "path/01-track-your-triggers", "path")
    plays(shared, "breathing/4-7-8", "4-7-8", "--length", "3m", "--bed", "rain", "--hold-free")
    wait_until(lambda: bool(shared.status()["length_s"]), 20.0, "the score is never there")
    # Cautions that are spoken for the first time may come on top.
    assert 179 <= shared.status()["length_s"] <= 200


def test_a_path_begins_at_the_callers_folder(shared: World, tmp_path: Path) -> None:
    folder = tmp_path / "my scripts ü"
    folder.mkdir()
    # A file in the folder where one happens to be takes the place of no script.
    for name in ("own.md", "other.md", "plain", "box"):
        (folder / name).write_text(ONE_MOMENT, encoding="utf-8")
    for words, script in (
        ("own.md", str(folder / "own.md")),
        ("./other.md", str(folder / "other.md")),
        ("plain", str(folder / "plain")),
        (str(folder / "own.md"), str(folder / "own.md")),
        (f"../{folder.name}/other.md", f"{folder}/../{folder.name}/other.md"),
        ("box", "breathing/box"),
        ("./box", str(folder / "box")),
    ):
        plays(shared, script, words, folder=folder)


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["./nowhere.md"],
        ["4-7-8", "--length", "7h"],
        ["4-7-8", "--length", "9s"],
        ["4-7-8", "--bed", "rainn"],
        ["4-7-8", "--voice", "nobody"],
        ["4-7-8", "--length", "soon"],
    ],
)
def test_what_cannot_be_is_refused_in_the_same_words_and_with_the_same_code(
    words: list[str], shared: World
) -> None:
    shared.say("pause")
    shared.say("stop")
    shared.wait_for("idle")
    handed_over = run(shared, "play", *words)
    alone = run(shared, "play", *words, "--device", "null")
    assert handed_over.returncode == alone.returncode != 0
    assert handed_over.stderr == alone.stderr
    assert handed_over.stdout == ""
    assert shared.status()["state"] == "idle", "nothing was begun in vain"


def test_a_volume_is_told_and_kept(shared: World) -> None:
    assert run(shared, "volume", "40").stdout == "Volume 40%.\n"
    assert run(shared, "volume").stdout == "Volume 40%.\n"
    plays(shared, "breathing/box", "box")
    assert run(shared, "volume").stdout == "Volume 40%.\n"
    for wrong in ("140", "loud"):
        done = run(shared, "volume", wrong)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f'"{wrong}" is no volume.\nSay a number from 0 to 100.\n'
    assert run(shared, "volume", "100%").stdout == "Volume 100%.\n"


def test_each_command_says_what_it_did(shared: World) -> None:
    shared.say("stop")
    shared.wait_for("idle")
    for word in ("pause", "resume", "skip", "back", "ease", "stop"):
        assert run(shared, word).stdout == "Nothing is playing.\n"
    assert run(shared, "toggle").stdout.startswith("Playing ")
    wait_until(lambda: bool(shared.status()["length_s"]), 20.0, "the score is never there")
    time.sleep(SAME_S)  # or it would be the second half of a double click
    assert run(shared, "toggle").stdout == "Paused.\n"
    shared.wait_for("paused")
    time.sleep(SAME_S)
    assert run(shared, "toggle").stdout == "Going on.\n"
    shared.wait_for("playing")
    assert run(shared, "ease").stdout == "Going on without holding the breath.\n"
    sections = 1
    while run(shared, "skip").stdout == "On to the next section.\n":
        sections += 1
    assert sections > 1
    assert run(shared, "skip").stdout == "This is the last section.\n"
    assert run(shared, "back").stdout == "Back to the start of the section.\n"
    assert run(shared, "stop").stdout == "Ending gently.\n"
    shared.wait_for("idle")


@pytest.mark.parametrize("words", [["toggle"], ["play", "box"]])
def test_where_there_is_a_desktop_a_companion_is_started(words: list[str]) -> None:
    with world(sound=True) as desk:
        done = run(desk, *words)
        try:
            assert (done.returncode, done.stderr) == (0, "")
            assert done.stdout.startswith("Playing ")
            desk.wait_for("playing")
            wait_until(lambda: bool(desk.tray.registered), 20.0, "no icon")
        finally:
            run(desk, "quit")
        wait_until(lambda: ask(str(desk.home / "run"), ("status",)) is None, 20.0, "it stays")
