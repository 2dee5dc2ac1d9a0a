"""What became of rituals: each occurrence claimed once, and every decision kept in its order."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import ALL, Ledger, RitualEvent

DAY = date(2026, 5, 4)
AT = datetime(2026, 5, 4, 5, 30, tzinfo=UTC)
LATER = AT + timedelta(minutes=10)


@pytest.fixture
def ledger(fast_folder: Path) -> Ledger:
    return Ledger(Database(fast_folder / "data" / "journal.sqlite3"))


def test_an_occurrence_is_claimed_once(ledger: Ledger) -> None:
    assert ledger.claim("morning", DAY, "offered", AT)
    assert not ledger.claim("morning", DAY, "missed", LATER)
    assert ledger.claim("evening", DAY, "offered", AT)
    assert ledger.claim("morning", DAY + timedelta(days=1), "offered", AT)
    assert ledger.handled(DAY) == {
        ("morning", DAY): "offered",
        ("evening", DAY): "offered",
        ("morning", DAY + timedelta(days=1)): "offered",
    }
    assert list(ledger.handled(DAY + timedelta(days=1))) == [("morning", DAY + timedelta(days=1))]
    assert [one.what for one in ledger.events("morning", DAY)] == ["offered"]


def test_what_becomes_of_it_is_kept_in_its_order(ledger: Ledger) -> None:
    assert not ledger.settle("morning", DAY, "started", AT)
    ledger.note("morning", DAY, "deferred", AT, "a session was playing")
    ledger.claim("morning", DAY, "offered", AT)
    assert ledger.settle("morning", DAY, "passed", LATER, "nobody was there")
    assert ledger.handled(DAY) == {("morning", DAY): "passed"}
    assert ledger.events("morning", DAY) == (
        RitualEvent("morning", DAY, "deferred", AT, "a session was playing"),
        RitualEvent("morning", DAY, "offered", AT),
        RitualEvent("morning", DAY, "passed", LATER, "nobody was there"),
    )
    ledger.claim("morning", DAY + timedelta(days=1), "missed", LATER)
    assert len(ledger.events("morning")) == 4
    assert ledger.events("evening") == ()


def test_the_same_decision_again_is_not_written_again(ledger: Ledger) -> None:
    assert ledger.note("morning", DAY, "deferred", AT, "a window filled the screen")
    assert not ledger.note("morning", DAY, "deferred", LATER, "a window filled the screen")
    assert ledger.note("morning", DAY, "deferred", LATER, "a session was playing")
    assert ledger.note("morning", DAY, "deferred", LATER, "a window filled the screen")
    assert ledger.handled(DAY) == {}


def test_a_snoozed_one_stays_claimed_and_is_taken_once(ledger: Ledger) -> None:
    ledger.claim("morning", DAY, "offered", AT)
    ledger.snooze("morning", DAY, LATER, AT)
    assert ledger.snoozed() == {("morning", DAY): LATER}
    assert ledger.handled(DAY) == {("morning", DAY): "snoozed"}
    assert not ledger.claim("morning", DAY, "offered", LATER)
    assert ledger.unsnooze("morning", DAY, "offered", LATER)
    assert not ledger.unsnooze("morning", DAY, "offered", LATER)
    assert ledger.snoozed() == {}
    assert ledger.handled(DAY) == {("morning", DAY): "offered"}
    assert [(one.what, one.until) for one in ledger.events("morning", DAY)] == [
        ("offered", None),
        ("snoozed", LATER),
        ("offered", None),
    ]


def test_one_may_be_put_off_before_it_is_offered_and_again(ledger: Ledger) -> None:
    ledger.snooze("morning", DAY, LATER, AT)
    ledger.snooze("morning", DAY, LATER + timedelta(minutes=10), LATER)
    assert ledger.snoozed() == {("morning", DAY): LATER + timedelta(minutes=10)}
    assert not ledger.claim("morning", DAY, "offered", LATER)


def test_one_that_was_put_off_into_a_pause_says_how_long_it_lasts(ledger: Ledger) -> None:
    ledger.snooze("morning", DAY, LATER, AT)
    ends = LATER + timedelta(days=3)
    assert ledger.unsnooze("morning", DAY, "paused", LATER, until=ends)
    assert ledger.events("morning", DAY)[-1].until == ends


def test_what_nobody_has_answered_yet_is_known_with_when_it_came(ledger: Ledger) -> None:
    ledger.claim("morning", DAY, "offered", LATER)
    ledger.claim("evening", DAY, "offered", AT)
    ledger.settle("evening", DAY, "passed", LATER)
    assert ledger.offered(DAY) == {("morning", DAY): LATER}
    assert ledger.offered(DAY + timedelta(days=1)) == {}


@pytest.mark.parametrize("word", ["offered", "started", "passed", "missed", "skipped"])
def test_one_that_is_made_anew_may_come_again_today(ledger: Ledger, word: str) -> None:
    ledger.since("morning", "07:30", AT)
    ledger.claim("morning", DAY, word, AT)
    ledger.claim("morning", DAY - timedelta(days=2), word, AT - timedelta(days=2))
    ledger.since("morning", "07:30", LATER)
    assert not ledger.claim("morning", DAY, "offered", LATER)
    ledger.since("morning", "08:00", LATER)
    assert ledger.claim("morning", DAY, "offered", LATER) == (word != "skipped")
    assert not ledger.claim("morning", DAY - timedelta(days=2), "offered", LATER)
    ledger.remove("morning")
    ledger.since("morning", "08:00", LATER)
    assert ledger.claim("morning", DAY, "offered", LATER)
    assert len(ledger.events("morning", DAY)) == (2 if word == "skipped" else 3), "all is kept"


def test_one_that_is_put_off_stays_so_when_it_is_made_anew(ledger: Ledger) -> None:
    ledger.snooze("morning", DAY, LATER, AT)
    ledger.since("morning", "08:00", AT)
    assert not ledger.claim("morning", DAY, "offered", LATER)
    assert ledger.unsnooze("morning", DAY, "offered", LATER)


def test_a_pause_is_kept_and_ends_when_it_is_taken_back(ledger: Ledger) -> None:
    assert ledger.last_pause() is None
    assert not ledger.resume(AT)
    ledger.pause(AT + timedelta(days=3), AT)
    assert ledger.last_pause() == (AT, AT + timedelta(days=3))
    assert ledger.resume(LATER)
    assert ledger.last_pause() == (AT, LATER)
    assert not ledger.resume(LATER)
    ledger.pause(LATER + timedelta(days=1), LATER)
    assert ledger.last_pause() == (LATER, LATER + timedelta(days=1))
    assert [one.what for one in ledger.events(ALL)] == ["paused", "resumed", "paused"]


def test_since_when_a_ritual_is_as_it_is(ledger: Ledger) -> None:
    assert ledger.since("morning", "07:30 mon", AT) == AT
    assert ledger.since("morning", "07:30 mon", LATER) == AT
    assert ledger.since("morning", "08:00 mon", LATER) == LATER
    assert ledger.since("evening", "08:00 mon", AT) == AT
    ledger.snooze("morning", DAY, LATER, AT)
    ledger.remove("morning")
    assert ledger.snoozed() == {}
    assert ledger.since("morning", "08:00 mon", LATER + timedelta(1)) == LATER + timedelta(1)
    assert ledger.since("evening", "08:00 mon", LATER) == AT


def test_an_instant_without_a_zone_is_local(ledger: Ledger) -> None:
    naive = datetime(2026, 5, 4, 7, 30)
    ledger.claim("morning", DAY, "offered", naive)
    assert ledger.events("morning")[0].at == naive.astimezone()


def test_forgotten_it_is_neither_kept_nor_offered_again(ledger: Ledger) -> None:
    now = LATER + timedelta(days=2)
    ledger.since("morning", "07:30", AT)
    for days in range(3):
        at = AT + timedelta(days=days)
        ledger.claim("morning", DAY + timedelta(days=days), "offered", at, "a secret")
    ledger.snooze("morning", DAY + timedelta(days=2), now + timedelta(hours=1), now)
    ledger.pause(now + timedelta(days=1), now)
    ledger.forget(now, since=AT + timedelta(days=1))
    assert list(ledger.handled(DAY)) == [("morning", DAY)]
    assert len(ledger.events("morning")) == 1
    assert ledger.events(ALL) == ()
    assert ledger.snoozed() == {}
    assert ledger.since("morning", "07:30", now + timedelta(1)) == now
    assert ledger.last_pause() == (now, now + timedelta(days=1)), "a rest is no record"
    ledger.forget(now)
    assert ledger.handled(DAY) == {}
    assert ledger.events("morning") == ()
    assert ledger.since("morning", "07:30", now + timedelta(1)) == now + timedelta(1)


NAMES, DAYS = st.sampled_from(["morning", "evening"]), st.integers(0, 3)


class Story(RuleBasedStateMachine):
    """Any sequence of claims, snoozes and answers, against a model in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.ledger = Ledger(Database(Path(self.folder.name) / "j.sqlite3"))
        self.claims: dict = {}
        self.snoozes: dict = {}
        self.at = AT

    def key(self, name, day):
        self.at += timedelta(seconds=1)
        return name, DAY + timedelta(days=day)

    @rule(name=NAMES, day=DAYS, outcome=st.sampled_from(["offered", "missed", "skipped"]))
    def claim(self, name, day, outcome):
        key = self.key(name, day)
        assert self.ledger.claim(*key, outcome, self.at) == (key not in self.claims)
        self.claims.setdefault(key, outcome)

    @rule(name=NAMES, day=DAYS)
    def settle(self, name, day):
        key = self.key(name, day)
        assert self.ledger.settle(*key, "started", self.at) == (key in self.claims)
        if key in self.claims:
            self.claims[key] = "started"

    @rule(name=NAMES, day=DAYS)
    def snooze(self, name, day):
        key = self.key(name, day)
        self.ledger.snooze(*key, self.at, self.at)
        self.claims[key], self.snoozes[key] = "snoozed", self.at

    @rule(name=NAMES, day=DAYS)
    def unsnooze(self, name, day):
        key = self.key(name, day)
        assert self.ledger.unsnooze(*key, "offered", self.at) == (key in self.snoozes)
        if self.snoozes.pop(key, None):
            self.claims[key] = "offered"

    @invariant()
    def all_is_as_it_should_be(self):
        assert self.ledger.handled(DAY) == self.claims
        assert self.ledger.snoozed() == self.snoozes
        for (name, day), outcome in self.claims.items():
            assert self.ledger.events(name, day)[-1].what == outcome

    def teardown(self):
        self.folder.cleanup()


class TestStory(Story.TestCase):
    settings = settings(deadline=None, max_examples=8, stateful_step_count=12)


RACER = """
import sys; from datetime import UTC, date, datetime, timedelta; from pathlib import Path
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import Ledger
ledger = Ledger(Database(Path(sys.argv[1])))
print("ready", flush=True); sys.stdin.readline()
for number in range(300):
    day = date(2026, 1, 1) + timedelta(days=number)
    if ledger.claim("morning", day, "offered", datetime(2026, 1, 1, tzinfo=UTC), sys.argv[2]):
        print(day)
"""


@pytest.mark.long
def test_two_programs_that_race_for_300_keys_get_300(fast_folder: Path) -> None:
    path = fast_folder / "journal.sqlite3"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, path, name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    got = [racer.communicate(timeout=120)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert sorted(got[0] + got[1]) == sorted({*got[0], *got[1]}), "none twice"
    assert len(got[0] + got[1]) == 300
    ledger = Ledger(Database(path))
    assert len(ledger.handled(date(2026, 1, 1))) == 300
    whose = [event.why for event in ledger.events("morning")]
    assert (whose.count("one"), whose.count("two")) == (len(got[0]), len(got[1]))
