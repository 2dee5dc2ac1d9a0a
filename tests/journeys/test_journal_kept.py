"""A session that is really played is in the journal: to its end, stopped, killed or forgotten."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rig import end_process, wait_until

from voice_guide.store.journal.database import Database
from voice_guide.store.journal.sessions import Journal

pytestmark = pytest.mark.real

SHORT = """---
title: A short one
summary: For a test.
kind: moments
length: 5-60 s
---

You are here.
[pause 1-50s]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    own = tmp_path / "data" / "scripts" / "moments"
    own.mkdir(parents=True)
    (own / "short.md").write_text(SHORT)
    return tmp_path


def run(home: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "voice_guide", *words],
        env=_env(home),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def history(home: Path) -> list[dict]:
    return json.loads(run(home, "history", "--json"))


def is_under_way(home: Path) -> bool:
    last = Journal(Database(home / "data" / "journal.sqlite3")).last()
    return last is not None and not last.ended


def _env(home: Path) -> dict[str, str]:
    return {**os.environ, "VOICE_GUIDE_HOME": str(home)}


@contextmanager
def playing(home: Path, length: str) -> Iterator[subprocess.Popen[bytes]]:
    """Play until the session is written down for the first time."""
    words = ["play", "short", "--device", "null", "--voice", "silent", "--length", length]
    process = subprocess.Popen(
        [sys.executable, "-m", "voice_guide", *words],
        env=_env(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: is_under_way(home), 60, "the session is not written down")
        yield process
    finally:
        end_process(process, hard=True)


def test_a_session_that_is_heard_to_its_end(home: Path) -> None:
    with playing(home, "12s") as process:
        assert process.wait(60) == 0
    (found,) = history(home)
    assert (found["script"], found["length_s"], found["ended"]) == (
        "moments/short",
        12.0,
        "finished",
    )
    assert found["heard_s"] == pytest.approx(12.0, abs=0.5)
    assert list(found) == ["started_at", "script", "length_s", "heard_s", "ended"]


def test_one_that_is_stopped_and_one_that_is_killed(home: Path) -> None:
    with playing(home, "60s") as process:
        assert history(home) == [], "it is not over"
        run(home, "rate", "3", "--before", "--note", "while it plays")
        process.send_signal(signal.SIGINT)
        process.wait(30)
    (stopped,) = history(home)
    assert (stopped["ended"], stopped["calm_before"]) == ("stopped", 3)
    assert 2.0 <= stopped["heard_s"] < 55.0
    with playing(home, "60s") as process:
        process.kill()
        process.wait(30)
    killed, _ = history(home)
    assert killed["ended"] == "lost"
    assert killed["heard_s"] >= 2.0
    run(home, "rate", "5")
    assert history(home)[0]["calm_after"] == 5


def test_what_is_forgotten_while_it_plays_does_not_come_back(home: Path) -> None:
    with playing(home, "12s") as process:
        run(home, "forget", "--everything", "--yes")
        assert process.wait(60) == 0, "it plays to its end all the same"
    assert history(home) == []
    assert not (home / "data" / "progress.txt").exists()
    names = [path.name for path in home.rglob("*") if path.suffix != ".md" and path.is_file()]
    for name in names:
        (found,) = home.rglob(name)
        assert b"moments/short" not in found.read_bytes(), name
