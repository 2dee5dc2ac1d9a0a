"""A session written down while it is heard: begun, brought up to date, ended, or forgotten."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from rig import wait_until

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.journal import database as databases
from voice_guide.store.journal import recorder as recorders
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.recorder import Recorder
from voice_guide.store.journal.sessions import Journal, Session

AT = datetime(2026, 5, 4, 21, 30, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(Database(tmp_path / "data" / "journal.sqlite3"))


@pytest.fixture
def recorder(journal: Journal) -> Recorder:
    return Recorder(journal.presence, lambda: journal, lambda: AT)


def hear(recorder: Recorder, heard_s: float, script: str = "breathing/4-7-8") -> None:
    recorder.hear(script, "Four", "morning", length_s=300.0, heard_s=heard_s)
    if recorder._writing:
        recorder._writing.exception(10)


def end(recorder: Recorder, heard_s: float, ended: str = "finished") -> bool:
    return recorder.end(length_s=300.0, heard_s=heard_s, ended=ended)


def test_a_session_is_written_down_once_it_is_heard_for_a_while(recorder, journal) -> None:
    hear(recorder, 0.5)
    assert not journal.path.exists()
    hear(recorder, 2.1)
    assert journal.last().ended == ""
    assert journal.last().started_at == AT - timedelta(seconds=1), "as near as a second"
    hear(recorder, 30.0)
    assert journal.last().heard_s == 2.1, "a minute goes by between two looks"
    hear(recorder, 62.2)
    assert journal.last().heard_s == 62.2
    assert journal.sessions() == ()
    assert end(recorder, 300.0)
    (found,) = journal.sessions()
    assert (found.script, found.title, found.ritual) == ("breathing/4-7-8", "Four", "morning")
    assert (found.length_s, found.heard_s, found.ended) == (300.0, 300.0, "finished")


def test_a_short_one_is_written_down_at_its_end(recorder, journal) -> None:
    hear(recorder, 0.5)
    assert end(recorder, 1.0, "stopped")
    (found,) = journal.sessions()
    assert (found.heard_s, found.ended) == (1.0, "stopped")


def test_one_that_was_never_heard_is_no_session(recorder, journal) -> None:
    assert end(recorder, 0.0, "stopped")
    assert not journal.path.exists()


def test_one_that_failed_with_its_first_bell_is_none_either(recorder, journal) -> None:
    hear(recorder, 1.0)
    assert end(recorder, 1.5, "lost")
    assert not journal.path.exists()


def test_one_follows_the_other(recorder, journal) -> None:
    for number, ended in enumerate(["stopped", "finished", "lost"]):
        hear(recorder, 0.1, f"s/{number}")
        hear(recorder, 3.0, f"s/{number}")
        end(recorder, 5.0 + number, ended)
    found = [(one.script, one.heard_s, one.ended) for one in journal.sessions()]
    assert found == [("s/2", 7.0, "lost"), ("s/1", 6.0, "finished"), ("s/0", 5.0, "stopped")]


@pytest.mark.parametrize("heard_s", [1.0, 3.0])
def test_what_is_forgotten_meanwhile_does_not_come_back(recorder, journal, heard_s: float) -> None:
    hear(recorder, heard_s)
    hear(recorder, heard_s)
    journal.forget()
    hear(recorder, 100.0)
    assert not end(recorder, 300.0)
    assert journal.sessions() == ()
    assert journal.last() is None
    hear(recorder, 3.0, "the next")
    assert end(recorder, 9.0)
    assert [one.script for one in journal.sessions()] == ["the next"]


def test_a_disk_that_takes_nothing_is_told_at_the_end(recorder, journal) -> None:
    journal.path.mkdir(parents=True)
    hear(recorder, 3.0)
    hear(recorder, 70.0)
    with pytest.raises(StoreCorrupt, match="journal"):
        end(recorder, 80.0)
    journal.path.rmdir()
    hear(recorder, 3.0)
    assert end(recorder, 5.0)


def test_one_that_could_not_be_begun_is_begun_a_minute_later(recorder, journal, monkeypatch):
    monkeypatch.setattr(databases, "PATIENCE_S", 0.1)
    journal.begin(Session(0, AT, "a/b", "", 1.0, 1.0, "finished"))
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        hear(recorder, 3.0)
    hear(recorder, 63.0)
    assert journal.last().heard_s == 63.0
    end(recorder, 70.0)
    assert len(journal.sessions()) == 2


def test_a_session_never_waits_for_a_disk_but_at_its_end(recorder, journal, monkeypatch) -> None:
    """And there only for so long."""
    monkeypatch.setattr(recorders, "_PATIENCE_S", 0.2)
    go_on, is_writing = threading.Event(), threading.Event()
    slow = Recorder(journal.presence, lambda: (is_writing.set(), go_on.wait(30), journal)[2])
    for heard_s in (0.1, 2.1, 65.0, 130.0):
        slow.hear("a/b", "", "", length_s=300.0, heard_s=heard_s)
    assert is_writing.wait(10)
    with pytest.raises(VoiceGuideError, match="too long"):
        slow.end(length_s=300.0, heard_s=140.0, ended="finished")
    go_on.set()
    wait_until(lambda: bool(journal.sessions()), what="it is written all the same")
    assert journal.sessions()[0].heard_s == 140.0
