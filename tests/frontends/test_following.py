"""The path on the command line: in order, marked, taken back, and never a reproach."""

from __future__ import annotations

import json
import logging
import re
import signal
from pathlib import Path

import pytest

from voice_guide.__main__ import main
from voice_guide.app import build
from voice_guide.frontends.library.steps import find_next, find_played, read_steps

STEP = """---
title: "Step {number}: {title}"
summary: What {title} is about.
kind: path
length: 20-60 s
actions: [One of {title}, Two of {title}, Three of {title}]
---

You are here.
[pause 1-60s]
"""


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """An empty home: of the steps there are those that ship."""
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def own(home) -> Path:
    folder = home / "data" / "scripts" / "path"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def say(capsys, monkeypatch):
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def run(*words, code=0):
        assert main([str(word) for word in words]) == code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        assert not re.search(r"streak|missed|behind|lost|fail", captured.out, re.IGNORECASE)
        return captured

    yield run
    for number, handler in kept.items():
        signal.signal(number, handler)
    logging.getLogger().handlers = [
        one for one in logging.getLogger().handlers if not isinstance(one, logging.NullHandler)
    ]


def rows(say):
    return json.loads(say("path", "--json").out)


def done(say):
    return [row["step"] for row in rows(say) if row["done_at"]]


def following(say):
    return [row["step"] for row in rows(say) if row["next"]]


@pytest.mark.usefixtures("home")
def test_the_eight_steps_come_in_order_with_their_actions(say):
    steps = rows(say)
    assert [row["step"] for row in steps] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [row["id"][:7] for row in steps] == [f"path/0{number}" for number in range(1, 9)]
    assert all(len(row["actions"]) == 3 for row in steps)
    assert all(row["length_s"][0] < row["length_s"][1] for row in steps)
    assert set(steps[0]) == {"step", "id", "title", "done_at", "next", "actions", "length_s"}
    assert following(say) == [1]
    assert done(say) == []


@pytest.mark.usefixtures("home")
def test_the_next_step_is_told_with_what_to_do(say):
    told = say("path").out
    first, second = rows(say)[:2]
    assert "->  1  Track your triggers" in told
    assert "    2  Soothe yourself" in told
    folded = " ".join(told.split())
    assert all(f"- {action}" in folded for action in first["actions"])
    assert not any(action in folded for action in second["actions"])
    assert "voice-guide play path" in told


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    "name", ["2", "02", "soothe-yourself", "02-soothe-yourself", "path/02-soothe-yourself", " 2 "]
)
def test_a_step_is_marked_and_taken_back_by_any_of_its_names(say, name):
    assert "Soothe yourself: done" in say("path", "--done", name).out
    assert done(say) == [2]
    assert following(say) == [1]
    assert "Soothe yourself: open again" in say("path", "--undo", name).out
    assert done(say) == []


@pytest.mark.usefixtures("home")
def test_what_is_done_already_keeps_its_day(say):
    say("path", "--done", "1")
    before = rows(say)[0]["done_at"]
    assert "the next is 2" in say("path", "--done", "1").out
    assert rows(say)[0]["done_at"] == before
    assert re.search(r"Track your triggers   done \d{1,2} \w+ \d{4}\n", say("path").out)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("name", ["9", "0", "", "-1", "soothe", "٢", "x" * 9000])
def test_an_unknown_step_names_those_there_are(say, name):
    told = say("path", f"--done={name}", code=1).err
    assert "8 or predictable-connection" in told
    assert len(told) < 1000


@pytest.mark.usefixtures("home")
def test_one_wish_at_a_time(say):
    assert "together" in say("path", "--done", "1", "--undo", "2", code=2).err
    assert "together" in say("path", "--done", "1", "--json", code=2).err


@pytest.mark.usefixtures("home")
def test_when_all_is_done_the_first_may_be_taken_again(say):
    for number in range(1, 9):
        say("path", "--done", number)
    assert following(say) == []
    told = " ".join(say("path").out.split())
    assert "->" not in told
    assert "taken again" in told
    assert find_played(build()) == "path/01-track-your-triggers"


def test_steps_of_ones_own_belong_to_it(say, own):
    (own / "09-rest.md").write_text(STEP.format(number="nine", title="rest"))
    (own / "02-soothe-yourself.md").write_text(STEP.format(number="two", title="a walk"))
    elsewhere = own.parent / "mine" / "a-habit.md"
    elsewhere.parent.mkdir()
    elsewhere.write_text(STEP.format(number="ten", title="a habit"))
    ids = [row["id"] for row in rows(say)]
    assert ids[1] == "path/02-soothe-yourself"
    assert ids[8:] == ["path/09-rest", "mine/a-habit"]
    assert rows(say)[1]["title"] == "Step two: a walk"
    assert "A habit: done" in say("path", "--done", "a-habit").out


def test_a_broken_step_is_told_and_never_the_next(say, own):
    (own / "01-track-your-triggers.md").write_text("[brethe]")
    told = say("path").out
    assert "Track" not in told
    assert "path/01-track-your-triggers   cannot be played yet" in told.replace("Path/", "path/")
    assert following(say) == [2]


def test_an_older_word_counts_for_a_step_that_was_played(say, home):
    build().progress().finish("path/01-track-your-triggers")
    assert following(say) == [2]
    services = build()
    assert find_next(read_steps(services)).number == 2
    assert find_played(services) == "path/02-soothe-yourself"


def test_a_script_that_is_called_path_comes_first(own):
    assert find_played(build()) == "path/01-track-your-triggers"
    (own.parent / "path.md").write_text(STEP.format(number="one", title="mine"))
    assert find_played(build()) == "path"


@pytest.mark.usefixtures("home")
def test_play_path_is_not_at_a_loss(say, tmp_path, monkeypatch):
    """Where a folder happens to be called so as well, the step is still meant."""
    (tmp_path / "path").mkdir()
    monkeypatch.chdir(tmp_path)
    told = say(
        "play", "path", "--device", "null", "--voice", "silent", "--length", "9h", code=1
    ).err
    assert "540:00" in told, "the length of a script was asked for, and no folder was read"


def test_what_cannot_be_remembered_is_told_and_stops_nothing(say, home):
    (home / "data" / "progress.txt").mkdir(parents=True)
    told = say("path")
    assert "->  1" in told.out
    assert len(told.err.strip().splitlines()) == 2
    assert "progress.txt" in told.err
    assert "progress.txt" in say("path", "--done", "1", code=1).err
    assert find_played(build()) == "path/01-track-your-triggers"
