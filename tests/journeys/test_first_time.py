"""The first time and the second: cautions are spoken once, shown always, and never in a file."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from rig import needs_rig, sound_rig, wait_until
from test_commands import HOME_KEYS, Screen, environment, run, start

from voice_guide.score.plan.expand import BEFORE
from voice_guide.script.cautions import shown, spoken
from voice_guide.store.progress import Progress

pytestmark = pytest.mark.real

TEXT = """---
title: A tiny one
kind: path
length: 11 s
cautions: [driving, "Sit down."]
actions: [One., Two., Three.]
---

# Here

You are here.
[pause 1-20s]
"""
SAID = [*spoken("driving"), "Sit down."]
CARE = [f"Take care: {shown('driving')}", "Take care: Sit down."]


@pytest.fixture
def home(tmp_path):
    """A listener who has met nothing yet."""
    return environment(VOICE_GUIDE_HOME=str(tmp_path / "home"))


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "home" / "data" / "scripts" / "path" / "00-tiny.md"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT)
    return path


def progress_of(home) -> Path:
    return Path(home["VOICE_GUIDE_HOME"], "data", "progress.txt")


def play(home, *more, name="path"):
    words = ("play", name, "--device", "null", *more)
    return run(*words, env=home, stdin=subprocess.DEVNULL)


def lines_of(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().splitlines()


def test_cautions_are_spoken_once_and_shown_always(home, script):
    first = play(home)
    assert lines_of(first) == [
        *("A tiny one", *CARE, f"# {BEFORE}", *SAID),
        *("# Here", "You are here."),
    ]
    assert first.stderr == b""
    progress = Progress(progress_of(home))
    assert progress.met() == {"driving", "Sit down."}
    assert list(progress.finished()) == ["path/00-tiny"]
    steps = json.loads(run("path", "--json", env=home).stdout)
    assert [(row["id"], bool(row["done_at"]), row["next"]) for row in steps[:2]] == [
        ("path/00-tiny", True, False),
        ("path/01-track-your-triggers", False, True),
    ]
    again = play(home, "--voice", "silent", name=script)
    assert lines_of(again) == ["A tiny one", *CARE, "# Here", "You are here."]


def test_whoever_leaves_early_has_not_met_them(home, script):
    process = start("play", "00-tiny", "--device", "null", env=home, stdin=subprocess.DEVNULL)
    assert any(BEFORE.encode() in line for line in process.stdout)
    assert process.stdout.readline().decode().strip() == SAID[0]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    progress = Progress(progress_of(home))
    assert progress.met() == frozenset()
    assert progress.finished() == {}


def test_without_holds_nothing_is_said_of_holding(home):
    words = ("play", "4-7-8", "--hold-free", "--device", "null")
    with start(*words, env=home, stdin=subprocess.DEVNULL) as process:
        assert any(BEFORE.encode() in line for line in process.stdout)
        said = process.stdout.readline().decode().strip()
        process.send_signal(signal.SIGINT)
    assert said == spoken("slow-breath")[0]


def test_a_file_is_heard_many_times_and_says_none(home, script, tmp_path):
    target = tmp_path / "a.wav"
    lines = lines_of(run("render", script, "-o", target, "--captions", env=home))
    assert lines[-2:] == CARE
    assert BEFORE not in target.with_suffix(".vtt").read_text()
    assert SAID[0] not in target.with_suffix(".vtt").read_text()
    assert lines_of(run("render", script, "-o", tmp_path / "b.wav", "--quiet", env=home)) == []
    assert BEFORE.encode() not in run("score", script, env=home).stdout
    assert not progress_of(home).exists()


def test_what_cannot_be_remembered_is_one_notice_and_stops_nothing(home, script):
    progress_of(home).mkdir()
    done = play(home)
    assert lines_of(done)[-1] == "You are here."
    assert done.stderr.decode().count("cannot be remembered") == 1
    assert len(done.stderr.decode().splitlines()) == 1


@needs_rig
def test_the_first_words_that_are_heard_are_the_cautions(home):
    with sound_rig() as rig, rig.record() as recording:
        env = {**rig.env, **{key: home[key] for key in HOME_KEYS}}
        screen = Screen("play", "4-7-8", env=env)
        screen.wait_for("Take care: Holding the breath")
        screen.wait_for(BEFORE)
        screen.wait_for(spoken("breath-hold")[0][:30])
        before = recording.frames()
        wait_until(lambda: recording.frames() > before + 48_000, what="a second was heard")
        spoken_part = recording.samples()[before : before + 48_000]
        screen.press(b"\x1b[C")
        screen.wait_for("Arrive")
        screen.wait_for("You are here.")
        screen.press(b"q")
        assert screen.end() == 0
    assert 20 * np.log10(np.sqrt(np.mean(spoken_part**2))) > -32.0
    met = Progress(progress_of(home)).met()
    assert met == {"breath-hold", "slow-breath"}, "what was skipped is met"
