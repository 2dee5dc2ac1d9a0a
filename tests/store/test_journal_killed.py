"""Killed at any moment: what was acknowledged is there, and nothing was claimed twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from voice_guide.store.journal.broken import examine
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import Ledger
from voice_guide.store.journal.sessions import Journal

FIRST = date(2026, 1, 1)
ENOUGH = 10_000
"""Claims and sessions, each of which is written to two times more."""
KILLS = 30
"""At the least, on a machine that writes so much in no time."""
AT_ONCE = 2
SEED = 20_260_504

WRITER = """
import random, sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import Ledger
from voice_guide.store.journal.sessions import Journal, Session
FIRST, AT = date(2026, 1, 1), datetime(2026, 5, 4, 21, 30, tzinfo=UTC)
database = Database(Path(sys.argv[1]))
journal, ledger, name = Journal(database), Ledger(database), sys.argv[2]
say = lambda *words: print(*words, flush=True)
number = 0
while True:
    number += 1
    # Each claims what the others claim, too; some of it is given back for a while and taken again.
    day = FIRST + timedelta(days=random.randrange(20_000))
    if ledger.claim("morning", day, "offered", AT, name):
        say("claimed", day)
        if number % 5 == 0:
            ledger.snooze("morning", day, AT, AT)
            say("snoozed", day)
            if ledger.unsnooze("morning", day, "offered", AT):
                say("taken", day)
    script = f"{name}/{number}"
    row = journal.begin(Session(0, AT, script, "", 300.0, 2.0, ""))
    say("began", script)
    journal.go_on(row, 300.0, 62.0)
    say("heard", script)
    journal.go_on(row, 300.0, 300.0, "finished")
    say("ended", script)
"""


@pytest.mark.long
def test_killed_at_random_over_ten_thousand_records(fast_folder: Path) -> None:
    """Two programs write at once, and each is killed again and again."""
    path = fast_folder / "journal.sqlite3"
    chance = random.Random(SEED)
    kills, count = 0, 0
    writers: list[subprocess.Popen[bytes]] = []
    while count < ENOUGH or kills < KILLS:
        while len(writers) < AT_ONCE:
            writers.append(_start_writer(path, kills + len(writers)))
        time.sleep(chance.uniform(0.3, 1.0))  # no condition: any moment is as good as another
        writer = writers.pop(0)
        assert writer.poll() is None, "it has not failed by itself"
        _kill(writer)
        kills += 1
        told = _read_all_that_was_told(fast_folder)
        count = len(told["claimed"]) + len(told["began"])
    for writer in writers:
        _kill(writer)
    told = _read_all_that_was_told(fast_folder)
    _check_claims(path, told)
    _check_sessions(path, told)
    assert examine(path).is_ok


def _start_writer(path: Path, number: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-c", WRITER, path, str(number)]
    with path.with_name(f"{number}.said").open("wb") as log:
        return subprocess.Popen(words, stdout=log)


def _kill(writer: subprocess.Popen[bytes]) -> None:
    writer.kill()
    writer.wait(10)


def _read_all_that_was_told(folder: Path) -> dict[str, list[str]]:
    told: dict[str, list[str]] = defaultdict(list)
    for one in folder.glob("*.said"):
        whole, _, _torn = one.read_text().rpartition("\n")
        for line in whole.splitlines():
            word, what = line.split(" ", 1)
            told[word].append(what)
    return told


def _check_claims(path: Path, told: dict[str, list[str]]) -> None:
    ledger = Ledger(Database(path))
    claimed, taken = Counter(told["claimed"]), Counter(told["taken"])
    assert max(claimed.values()) == max(taken.values()) == 1, "nothing is claimed twice"
    handled = {str(day) for _, day in ledger.handled(FIRST)}
    assert set(claimed) <= handled, "nothing that was acknowledged is lost"
    offers = Counter(
        str(event.day) for event in ledger.events("morning") if event.what == "offered"
    )
    assert set(offers) == handled
    assert all(1 + taken[day] <= offers[day] <= 2 for day in claimed)
    waiting = {str(day) for _, day in ledger.snoozed()}
    assert set(told["snoozed"]) <= waiting | set(offers - Counter(handled))
    assert waiting.isdisjoint(taken)


def _check_sessions(path: Path, told: dict[str, list[str]]) -> None:
    journal = Journal(Database(path))
    found = {one.script: one for one in journal.sessions()}
    assert journal.database.read(
        lambda on: on.execute("SELECT count(*) FROM sessions WHERE ended IS NULL").fetchone(), ()
    ) == (0,), "none is under way"
    assert set(told["began"]) <= set(found)
    assert all(found[script].heard_s >= 62.0 for script in told["heard"])
    assert all(found[script].ended == "finished" for script in told["ended"])
    assert {one.ended for one in found.values()} == {"finished", "lost"}
