"""The journal of sessions: what is written is there, whatever else happens to the file."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journal_values import AT, a_session

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.journal import database as databases
from voice_guide.store.journal.broken import examine, find_aside, put_back, read_what_is_left
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.schema import MIGRATIONS, VERSION
from voice_guide.store.journal.sessions import Journal, Session

CHILD = """
import os, resource, sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])
from journal_values import *
from voice_guide.errors import StoreCorrupt
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import Ledger
from voice_guide.store.journal.sessions import Journal
"""

VERSION_1 = """
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, started_at TEXT NOT NULL, script TEXT NOT NULL,
    length_s REAL NOT NULL, heard_s REAL NOT NULL,
    ended TEXT CHECK (ended IN ('finished', 'stopped', 'lost')),
    calm_before INTEGER CHECK (calm_before BETWEEN 0 AND 10),
    calm_after INTEGER CHECK (calm_after BETWEEN 0 AND 10), note TEXT
) STRICT;
INSERT INTO sessions VALUES
    (1, '2026-05-04T21:30:05+02:00', 'breathing/4-7-8', 300, 300, 'finished', 3, 6, 'quiet'),
    (2, '2026-05-04T22:30:05+05:30', 'kindness/meta', 300, 10.5, 'stopped', NULL, NULL, NULL);
PRAGMA user_version = 1;
"""
"""A database as the first version wrote it: never to be changed."""


@pytest.fixture
def path(fast_folder: Path) -> Path:
    return fast_folder / "data" / "journal.sqlite3"


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def journal(path: Path, told: list[str]) -> Journal:
    return Journal(Database(path, told.append))


def test_nothing_is_there_before_anything_was_written(journal: Journal) -> None:
    assert journal.sessions() == ()
    assert journal.last() is None
    assert not journal.path.parent.exists(), "and looking leaves nothing behind"


def test_what_is_written_is_known_to_the_next_program(journal: Journal, path: Path) -> None:
    number = journal.begin(a_session(ritual="morning"))
    again = Journal(Database(path))
    (found,) = again.sessions()
    assert found == Session(
        number, AT, "breathing/4-7-8", "Four, seven, eight", 300.0, 300.0, "finished", "morning"
    )
    assert found.started_at.isoformat() == "2026-05-04T21:30:00+02:00"
    assert again.last() == found


def test_the_newest_come_first_whatever_their_offsets(journal: Journal) -> None:
    east = AT.astimezone(timezone(timedelta(hours=9))) + timedelta(minutes=1)
    for script, at in [("b", east), ("a", AT), ("c", AT + timedelta(days=1))]:
        journal.begin(a_session(script, at))
    assert [one.script for one in journal.sessions()] == ["c", "b", "a"]
    assert [one.script for one in journal.sessions(limit=1)] == ["c"]
    assert [one.script for one in journal.sessions(since=east)] == ["c", "b"]
    assert journal.last().script == "c"


def test_a_session_under_way_is_the_last_one_and_not_yet_history(journal: Journal) -> None:
    lock = journal.presence.enter()
    number = journal.begin(a_session(ended=""))
    assert journal.sessions() == ()
    assert journal.last().ended == ""
    assert journal.go_on(number, 300.0, 61.5)
    assert journal.last().heard_s == 61.5
    assert journal.go_on(number, 300.0, 90.0, "stopped")
    lock.close()
    assert [(one.heard_s, one.ended) for one in journal.sessions()] == [(90.0, "stopped")]


def test_one_whose_program_died_is_lost_with_what_was_heard(journal: Journal, path: Path) -> None:
    code = CHILD + (
        "journal = Journal(Database(Path(sys.argv[1]))); lock = journal.presence.enter()\n"
        "number = journal.begin(a_session(ended='')); journal.go_on(number, 300.0, 42.0)\n"
        "print('ready', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, path, str(Path(__file__).parent)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        assert journal.sessions() == (), "it plays"
        child.kill()
        child.wait(10)
    (found,) = journal.sessions()
    assert (found.heard_s, found.ended) == (42.0, "lost")


def test_it_is_nobody_elses(journal: Journal, path: Path) -> None:
    before = os.umask(0)
    try:
        journal.begin(a_session())
        journal.database.write(lambda _: modes.update(_modes(path.parent)) if (modes := {}) else 0)
        assert set(_modes(path.parent).values()) == {0o600}
        path.chmod(0o644)
        assert journal.sessions()
        seen = journal.database.read(lambda _: _modes(path.parent), {})
    finally:
        os.umask(before)
    assert {f"journal.sqlite3{ending}" for ending in ("", "-wal", "-shm")} <= set(seen)
    assert set(seen.values()) == {0o600}


def write_many(journal: Journal, script: str) -> None:
    """Write 300 sessions at once."""
    columns = "started_at, script, length_s, heard_s, ended"
    row = f"({columns}) VALUES ('2026-05-04T21:30:05+02:00', ?, 300, 9, 'stopped')"
    names = [(f"{script} {number}",) for number in range(300)]
    journal.database.write(lambda on: on.executemany(f"INSERT INTO sessions {row}", names))


def _modes(folder: Path) -> dict[str, int]:
    return {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


def test_a_session_is_rated_and_a_note_taken_back(journal: Journal) -> None:
    number = journal.begin(a_session())
    assert journal.rate(number, after=0)
    assert journal.rate(number, before=10, note="quiet")
    found = journal.last()
    assert (found.calm_before, found.calm_after, found.note) == (10, 0, "quiet")
    assert journal.rate(number, after=7)
    assert (journal.last().calm_before, journal.last().calm_after) == (10, 7)
    assert journal.rate(number, note="")
    assert journal.last().note is None
    assert not journal.rate(number + 1, after=3)


@given(st.text(max_size=60))
def test_any_words_come_back(tmp_path_factory, words: str) -> None:
    journal = Journal(Database(tmp_path_factory.mktemp("words") / "j.sqlite3"))
    number = journal.begin(a_session(words))
    journal.rate(number, note=words)
    found = journal.last()
    assert (found.script, found.note or "") == (words, words)


def test_bytes_that_are_no_text_do_no_harm(journal: Journal) -> None:
    number = journal.begin(a_session(b"caf\xe9.md".decode("utf-8", "surrogateescape")))
    journal.rate(number, note="\udcff")
    assert journal.last().script == "caf?.md"


# Forgetting


def test_what_is_forgotten_is_gone(journal: Journal) -> None:
    for days in range(4):
        journal.begin(a_session(f"s/{days}", AT + timedelta(days=days)))
    assert journal.forget(AT + timedelta(days=2)) == 2
    assert [one.script for one in journal.sessions()] == ["s/1", "s/0"]
    assert journal.forget() == 2
    assert journal.sessions() == ()


def test_no_byte_of_it_is_left(journal: Journal, path: Path) -> None:
    secret = "the lighthouse keeper's daughter"
    write_many(journal, f"own/{secret}")
    journal.rate(1, note=secret)
    reader = sqlite3.connect(path)  # as a companion that looks: the log outlives each write
    reader.execute("SELECT count(*) FROM sessions").fetchone()
    journal.rate(2, note=secret)
    assert _who_holds(path.parent, secret)
    reader.close()
    journal.forget()
    journal.database.sweep()
    assert _who_holds(path.parent, secret) == []
    assert path.stat().st_size < 60_000


def test_a_note_that_is_taken_back_leaves_no_byte_either(journal: Journal, path: Path) -> None:
    secret = "the lighthouse keeper's daughter"
    number = journal.begin(a_session())
    journal.rate(number, note=secret)
    assert _who_holds(path.parent, secret)
    journal.rate(number, note="")
    assert _who_holds(path.parent, secret) == []


def _who_holds(folder: Path, words: str) -> list[str]:
    files = [one for one in folder.rglob("*") if one.is_file()]
    return [one.name for one in files if words.encode() in one.read_bytes()]


def test_who_still_reads_what_was_forgotten_is_named(journal, path, monkeypatch) -> None:
    monkeypatch.setattr(databases, "PATIENCE_S", 0.2)
    journal.begin(a_session())
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM sessions").fetchall()
        journal.forget()
        with pytest.raises(VoiceGuideError, match="Another program"):
            journal.database.sweep()
    journal.database.sweep()


def test_what_was_under_way_is_not_written_any_more(journal: Journal) -> None:
    mark = journal.presence.mark()
    number = journal.begin(a_session(ended=""), mark)
    journal.forget()
    other = journal.begin(a_session("another"))
    assert other == number, "ids are given anew, so the mark must tell"
    assert not journal.go_on(number, 300.0, 90.0, "stopped", mark)
    assert journal.begin(a_session(), mark) is None
    assert [(one.script, one.heard_s) for one in journal.sessions()] == [("another", 300.0)]


def test_a_first_session_of_another_program_is_no_forgetting(journal: Journal) -> None:
    mark = journal.presence.mark()
    journal.presence.enter().close()
    assert journal.presence.mark() == mark
    journal.presence.move_mark()
    first = journal.presence.mark()
    journal.presence.move_mark()
    assert len({mark, first, journal.presence.mark()}) == 3


# Older, newer, broken


def write_version(path: Path, version: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert version in {0, 1}, "for a version that was shipped: its SQL, and a row or two"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1 if version else "")


def test_the_first_tables_are_made_as_they_were() -> None:
    tables = []
    for make in (lambda on: on.execute(MIGRATIONS[0][0]), lambda on: on.executescript(VERSION_1)):
        with closing(sqlite3.connect(":memory:")) as connection:
            make(connection)
            info = connection.execute("PRAGMA table_info(sessions)").fetchall()
            tables.append(info)
    assert tables[0] == tables[1]


@pytest.mark.parametrize("version", range(VERSION))
def test_a_journal_of_every_earlier_version_goes_on(journal, path, version: int) -> None:
    write_version(path, version)
    found = journal.sessions()
    if version == 1:
        assert [one.script for one in found] == ["breathing/4-7-8", "kindness/meta"]
        assert (found[0].calm_before, found[0].calm_after, found[0].note) == (3, 6, "quiet")
        assert (found[0].title, found[0].ritual) == ("", None)
        assert journal.sessions(since=datetime(2026, 5, 4, 19, 0, tzinfo=UTC)) == found[:1]
    journal.begin(a_session("new", ritual="evening"))
    assert journal.sessions()[0].script == "new" or version == 1
    assert journal.last().ritual == "evening"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_newer_one_is_refused_and_left_untouched(journal, path, told, mode: str) -> None:
    journal.begin(a_session())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.execute("ALTER TABLE sessions RENAME COLUMN note TO notes")
        connection.commit()
    before, mark = path.read_bytes(), journal.presence.mark()
    for act in (
        journal.sessions,
        journal.last,
        journal.forget,
        journal.database.sweep,
        lambda: journal.begin(a_session()),
        lambda: journal.rate(1, after=3),
    ):
        with pytest.raises(StoreCorrupt, match="newer voice-guide") as fault:
            act()
        assert "Update" in fault.value.hint
    assert path.read_bytes() == before
    assert journal.presence.mark() == mark
    assert told == []
    assert examine(path).is_ok, "nothing is wrong with it"


def break_it(path: Path, how: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(Database(path))
    write_many(journal, "s")
    raw = path.read_bytes()
    match how:
        case "text":
            path.write_text("Dear diary")
        case "zeros":
            path.write_bytes(bytes(len(raw)))
        case "torn":
            path.write_bytes(raw[: len(raw) // 2])
        case "hole":
            path.write_bytes(raw[:8192] + os.urandom(16_384) + raw[24_576:])
        case "table":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("DROP TABLE sessions")
        case "column":
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("ALTER TABLE sessions DROP COLUMN note")


@pytest.mark.parametrize("how", ["text", "zeros", "torn", "hole", "table", "column"])
def test_a_broken_one_is_set_aside_and_said_once(journal, path, told, how: str) -> None:
    break_it(path, how)
    broken = path.read_bytes()
    journal.sessions()
    journal.begin(a_session("new"))
    assert [one.script for one in journal.sessions()] == ["new"]
    (aside,) = (one for one in find_aside(path) if one.suffix == ".sqlite3")
    assert aside.read_bytes() == broken
    assert datetime.now().date().isoformat() in aside.name
    (line,) = told
    assert str(aside) in line
    assert "doctor" in line
    health = examine(path)
    assert not health.is_ok
    assert str(aside) in health.detail
    assert "--recover" in health.hint


@pytest.mark.parametrize(
    ("how", "least"), [("text", 0), ("zeros", 0), ("torn", 0), ("hole", 100), ("column", 300)]
)
def test_what_can_still_be_read_comes_back_once(journal, path, how: str, least: int) -> None:
    break_it(path, how)
    journal.sessions()
    journal.begin(a_session("new"))
    (aside,) = (one for one in find_aside(path) if one.suffix == ".sqlite3")
    before = aside.read_bytes()
    found = read_what_is_left(aside)
    count = journal.database.write(lambda connection: put_back(connection, found))
    assert count >= least
    assert aside.read_bytes() == before
    assert len(journal.sessions()) == count + 1
    assert {one.script[:2] for one in journal.sessions()} <= {"s ", "ne"}
    assert journal.database.write(lambda connection: put_back(connection, found)) == 0


def test_a_row_that_makes_no_sense_is_left_out(journal) -> None:
    sound = {"started_at": AT.isoformat(), "script": "a/b", "length_s": 1.0, "heard_s": 1.0}
    rows = [
        sound,
        {**sound, "started_at": "yesterday"},
        {**sound, "script": b"\xff"},
        {**sound, "script": "c/d", "calm_after": 99},
        {**sound, "script": None},
        {"note": "alone"},
        {**sound, "script": "e/f", "ended": "somehow"},
    ]
    claims = [{"ritual": "morning"}, {"ritual": "morning", "day": "2026-05-04", "outcome": 7}]
    found = {"sessions": rows, "claims": claims}
    assert journal.database.write(lambda connection: put_back(connection, found)) == 1
    assert [(one.script, one.ended) for one in journal.sessions()] == [("a/b", "lost")]


def test_a_broken_one_of_the_first_version_comes_back_too(journal, path) -> None:
    write_version(path, 1)
    found = read_what_is_left(path)
    path.unlink()
    assert journal.database.write(lambda connection: put_back(connection, found)) == 2
    assert [one.script for one in journal.sessions()] == ["breathing/4-7-8", "kindness/meta"]
    assert journal.sessions()[0].note == "quiet"


def test_a_second_broken_one_does_not_take_the_place_of_the_first(journal, path) -> None:
    for _ in range(3):
        journal.begin(a_session())
        path.write_text("Dear diary")
    journal.begin(a_session())
    asides = [one.name for one in find_aside(path)]
    assert len(set(asides)) == len(asides) == 3


def test_the_log_of_a_broken_one_is_not_taken_for_the_new_ones(journal, path) -> None:
    journal.begin(a_session("old"))
    with closing(sqlite3.connect(path)) as holder:
        holder.execute("SELECT count(*) FROM sessions").fetchone()
        journal.begin(a_session("in the log"))
        path.write_text("Dear diary")
        log = Path(f"{path}-wal").read_bytes()
        assert log
        journal.begin(a_session("new"))
        assert [one.script for one in journal.sessions()] == ["new"]
        assert any(one.read_bytes() == log for one in find_aside(path))


def test_a_table_that_is_broken_inside_loses_nothing_to_sessions(journal, path, told) -> None:
    """A fault that only some reads meet is found when they meet it."""
    break_it(path, "hole")
    assert journal.begin(a_session("new")) is not None or told


def test_doctor_tells_of_a_broken_one_and_changes_nothing(path) -> None:
    assert examine(path).is_ok
    break_it(path, "text")
    before = path.read_bytes()
    health = examine(path)
    assert not health.is_ok
    assert path.read_bytes() == before
    assert find_aside(path) == ()


# What the system will not do


@pytest.mark.parametrize("kind", ["folder", "pipe", "full", "folder that is a file"])
def test_what_cannot_be_used_is_explained(journal, path, kind: str) -> None:
    if kind == "folder that is a file":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "full":
        path.symlink_to("/dev/full")
    for act in (journal.sessions, lambda: journal.begin(a_session())):
        if kind == "folder that is a file" and act == journal.sessions:
            continue
        with pytest.raises(StoreCorrupt) as fault:
            act()
        assert str(path) in fault.value.message
        assert "Sessions play" in fault.value.hint


LITTLE_ROOM = (
    CHILD
    + """
journal = Journal(Database(Path(sys.argv[1])))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
kept = 0
try:
    for number in range(10_000): kept += journal.begin(a_session(f"s/{number}" * 50)) is not None
except StoreCorrupt as fault: print(kept, fault)
"""
)


@pytest.mark.parametrize("room", [0, 20_000, 120_000])
def test_a_full_disk_is_explained_and_what_was_kept_stays(journal, path, room: int) -> None:
    journal.begin(a_session("first"))
    words = [sys.executable, "-c", LITTLE_ROOM, path, str(Path(__file__).parent), str(room)]
    done = subprocess.run(words, capture_output=True, check=True, text=True)
    kept, said = done.stdout.split(" ", 1)
    assert str(path) in said
    assert "Sessions play" in said
    assert len(journal.sessions()) == int(kept) + 1
    journal.begin(a_session("there is room again"))


READ_ONLY = (
    CHILD
    + """
if os.geteuid() == 0: os.setuid(65534)
journal = Journal(Database(Path(sys.argv[1])))
print(len(journal.sessions()), Ledger(journal.database).handled(AT.date()))
for act in (journal.forget, lambda: journal.begin(a_session())):
    try: act()
    except StoreCorrupt as fault: print(fault.message)
"""
)


def test_what_may_not_be_written_is_read_all_the_same_and_explained() -> None:
    with tempfile.TemporaryDirectory(prefix="vg-") as place:  # where anybody may come to
        path = Path(place) / "journal.sqlite3"
        journal = Journal(Database(path))
        journal.begin(a_session())
        path.chmod(0o444)
        path.parent.chmod(0o555)
        words = [sys.executable, "-c", READ_ONLY, path, str(Path(__file__).parent)]
        done = subprocess.run(words, capture_output=True, check=True, text=True)
        path.parent.chmod(0o755)
        lines = done.stdout.splitlines()
        assert lines.pop(0) == "1 {}"
        assert len(lines) == 2
        assert all(str(path) in line for line in lines)
        assert len(journal.sessions()) == 1


def test_a_journal_that_somebody_holds_is_waited_for_and_then_told(journal, path, monkeypatch):
    monkeypatch.setattr(databases, "PATIENCE_S", 0.3)
    journal.begin(a_session())
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        assert journal.sessions(), "reading goes on"
        with pytest.raises(VoiceGuideError, match="Another program") as fault:
            journal.begin(a_session())
        assert not isinstance(fault.value, StoreCorrupt)
    journal.begin(a_session())
    assert len(journal.sessions()) == 2


def test_a_wrong_clock_loses_nothing(journal: Journal) -> None:
    wrong = datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)
    journal.begin(a_session("first", AT))
    journal.begin(a_session("second", wrong))
    assert journal.last().script == "second"
    assert [one.script for one in journal.sessions()] == ["first", "second"]
    assert journal.rate(journal.last().id, after=5)


def test_programs_that_begin_it_at_once_all_succeed(path: Path) -> None:
    code = CHILD + (
        "journal = Journal(Database(Path(sys.argv[1]))); sys.stdin.read()\n"
        "for n in range(20): journal.begin(a_session(f'{sys.argv[3]}/{n}'))"
    )
    here = str(Path(__file__).parent)
    children = [
        subprocess.Popen([sys.executable, "-c", code, path, here, name], stdin=subprocess.PIPE)
        for name in "abc"
    ]
    for child in children:
        child.stdin.close()
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert len(Journal(Database(path)).sessions()) == 60


def test_a_stamp_tells_when_something_was_written(journal, path) -> None:
    look = journal.database.stamp
    assert look() == look() == ()
    journal.begin(a_session())
    assert look() != look(), "too fresh to be sure"
    long_ago = path.stat().st_mtime - 60
    os.utime(path, (long_ago, long_ago))
    stamp = look()
    assert stamp == look()
    journal.sessions()
    assert stamp == look(), "reading changes nothing"
    journal.begin(a_session())
    assert stamp != look()
