"""Rituals from the command line, at times of the test's choosing."""

from __future__ import annotations

import json
import shlex
import time
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import time_machine

from voice_guide.app import build
from voice_guide.frontends.desktop.instance.claim import claim
from voice_guide.frontends.desktop.instance.wire import Reply
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Occurrence

MORNING = ("--at", "07:30", "--days", "mon-fri", "--script", "rituals/morning-arrival")

MONDAY = "2026-11-23T06:00:00+01:00"


@pytest.fixture(autouse=True)
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=True) as traveller:
        yield lambda at: traveller.move_to(datetime.fromisoformat(f"2026-11-{at}+01:00"))


@pytest.fixture
def tell(say, clock):
    """Run a command that must succeed; give what it prints."""

    def run(*words):
        code, out, err = say(*words)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def refuse(say, clock):
    """Run a command that must not succeed; give what it complains of."""

    def run(*words):
        code, out, err = say(*words)
        assert code in {1, 2}
        assert out == ""
        return err

    return run


def rituals(tell) -> list[dict]:
    return json.loads(tell("ritual", "list", "--json"))


def settings(home: Path) -> dict:
    return tomllib.loads((home / "config" / "settings.toml").read_text())


def test_a_companion_is_told_of_every_change(tell, home):
    """It may look once a minute: what is made for the next one would come late."""
    told = []

    def handle(request):
        told.append(request.words)
        return Reply("No ritual waits for an answer now.", 1)

    words = ("add morning --at 07:30", "edit morning --at 08:00", "skip-today morning")
    with claim(str(home / "run")) as companion:
        companion.serve(handle)
        for line in (*words, "pause-all", "resume-all", "remove morning"):
            told.clear()
            tell("ritual", *line.split())
            assert told[-1:] == [("ritual", "look")], line


def test_a_companion_that_is_asked_by_too_many_keeps_nobody_from_hearing_why(tell, home, clock):
    tell("ritual", "add", "morning", *MORNING)
    clock("23T07:35")
    with claim(str(home / "run")) as companion:
        companion.serve(lambda request: Reply("Too many are asking at once. Try again.", 2))
        assert "Its time came at 07:30" in tell("why", "morning")


def test_a_ritual_is_made_and_listed_for_programs(tell):
    tell("ritual", "add", "morning", *MORNING, "--length", "6m")
    assert rituals(tell) == [
        {
            "name": "morning",
            "at": "07:30",
            "days": ["mon", "tue", "wed", "thu", "fri"],
            "script": "rituals/morning-arrival",
            "length_s": 360.0,
            "on": True,
            "next_at": "2026-11-23T07:30:00+01:00",
        }
    ]


def test_two_are_suggested_and_silent_until_one_is_taken(tell):
    assert [(one["name"], one["at"], one["on"]) for one in rituals(tell)] == [
        ("morning", "07:30", False),
        ("evening", "21:30", False),
    ]
    assert "suggestions" in tell("ritual", "list")
    tell("ritual", "edit", "morning", "--on")
    assert [(one["name"], one["on"]) for one in rituals(tell)] == [
        ("morning", True),
        ("evening", False),
    ]
    tell("ritual", "remove", "morning")
    tell("ritual", "remove", "evening")
    assert rituals(tell) == []


def test_whoever_makes_a_ritual_is_suggested_none(tell):
    tell("ritual", "add", "night", "--at", "23:00")
    assert [one["name"] for one in rituals(tell)] == ["night"]
    tell("ritual", "remove", "night")
    assert rituals(tell) == []


def test_an_edit_changes_what_is_named_and_nothing_else(tell, home):
    tell("ritual", "add", "morning", *MORNING, "--length", "6m", "--bed", "rain")
    file = home / "config" / "settings.toml"
    file.write_text("# mine\n" + file.read_text())
    before = rituals(tell)[0]
    tell("ritual", "edit", "morning", "--at", "8:05", "--length", "usual")
    after = rituals(tell)[0]
    next_at = "2026-11-23T08:05:00+01:00"
    assert after == before | {"at": "08:05", "length_s": None, "next_at": next_at}
    assert file.read_text().startswith("# mine\n")
    assert 'bed = "rain"' in file.read_text()


def test_one_removed_can_be_had_back_as_it_is_told(tell, home):
    more = ("--length", "6m", "--bed", "rain", "--volume", "-6", "--grace", "5", "--by-itself")
    tell("ritual", "add", "my morning", *MORNING, *more, "--off")
    before = rituals(tell), settings(home)
    said = tell("ritual", "remove", "my morning")
    tell(*shlex.split(said.splitlines()[-1])[1:])
    assert (rituals(tell), settings(home)) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--at", "25:61"), "07:30"),
        (("--at", "0730"), "07:30"),
        (("--at", "half seven"), "07:30"),
        (("--at", "07:30", "--days", "feb 30"), "mon-fri"),
        (("--at", "07:30", "--days", ""), "mon-fri"),
        (("--at", "07:30", "--script", "nowhere"), "voice-guide list"),
        (("--at", "07:30", "--script", "rotate:nothing"), "Kinds: breathing"),
        ((*MORNING, "--length", "90m"), "3-10 min"),
        ((*MORNING, "--length", "3h"), "cannot last"),
        ((*MORNING, "--bed", "rian"), "Did you mean rain"),
        ((*MORNING, "--length", "soon"), "not a length"),
        ((*MORNING, "--grace", "0"), "1"),
        ((*MORNING, "--volume", "3"), "0"),
        ((), "--at"),
    ],
)
def test_what_cannot_be_is_refused_with_what_could(refuse, tell, words, said):
    assert said in refuse("ritual", "add", "morning", *words)
    assert all(not one["on"] for one in rituals(tell))


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 41, "-"])
def test_a_name_can_be_said_and_written(refuse, name):
    refuse("ritual", "add", *MORNING, "--", name)


def test_a_name_that_is_taken_is_refused(tell, refuse):
    tell("ritual", "add", "morning", *MORNING)
    assert "already" in refuse("ritual", "add", "morning", *MORNING)


@pytest.mark.parametrize("word", ["edit", "remove", "skip-today"])
def test_a_name_that_nobody_has_is_refused_with_those_there_are(tell, refuse, word):
    tell("ritual", "add", "morning", *MORNING)
    more = ["--on"] if word == "edit" else []
    assert "There are: morning" in refuse("ritual", word, "mornin", *more)
    assert "There are: morning" in refuse("why", "mornin")


def test_today_is_skipped_once_and_tomorrow_is_not(tell, clock):
    tell("ritual", "add", "morning", *MORNING)
    assert "Tuesday at 07:30" in tell("ritual", "skip-today", "morning")
    assert rituals(tell)[0]["next_at"] == "2026-11-24T07:30:00+01:00"
    assert "already" in tell("ritual", "skip-today", "morning")
    clock("24T06:00")
    assert "skipped" in tell("why", "morning")
    clock("28T06:00")
    assert "does not come today anyway" in tell("ritual", "skip-today", "morning")


def test_after_its_grace_there_is_nothing_to_skip(tell, clock):
    tell("ritual", "add", "morning", *MORNING)
    clock("23T09:00")
    assert "any more" in tell("ritual", "skip-today", "morning")


def test_what_is_due_can_be_put_off_without_a_companion(tell, refuse, clock):
    tell("ritual", "add", "morning", *MORNING)
    assert "No ritual waits" in refuse("ritual", "snooze")
    clock("23T07:35")
    assert "07:45" in tell("ritual", "snooze")
    assert rituals(tell)[0]["next_at"] == "2026-11-23T07:45:00+01:00"
    clock("23T07:46")
    assert "08:16" in tell("ritual", "snooze", "30m")
    assert "put off until 07:45" in tell("why", "morning")


def test_days_on_which_it_was_off_are_not_missed(tell, clock):
    tell("ritual", "add", "morning", *MORNING)
    clock("24T12:00:00")
    tell("ritual", "edit", "morning", "--off")
    clock("27T12:00:00")
    tell("ritual", "edit", "morning", "--on")
    clock("29T12:00:00")
    (made,) = RitualBook(build()).rituals(datetime.now(UTC))
    assert made.since.date().isoformat() == "2026-11-27"


def test_a_pause_ends_by_itself(tell, clock):
    tell("ritual", "add", "morning", *MORNING)
    assert "Wednesday 25 November, 04:00" in tell("ritual", "pause-all", "2", "days")
    assert rituals(tell)[0]["next_at"] == "2026-11-25T07:30:00+01:00"
    assert "paused until" in tell("ritual", "list")
    assert "paused until" in tell("why", "morning")
    clock("25T05:00")
    assert "paused" not in tell("ritual", "list")


def test_a_pause_is_taken_back(tell):
    tell("ritual", "add", "morning", *MORNING)
    tell("ritual", "pause-all")
    tell("ritual", "resume-all")
    assert rituals(tell)[0]["next_at"] == "2026-11-23T07:30:00+01:00"
    assert "not paused" in tell("ritual", "resume-all")


def test_a_calendar_is_written_and_never_over_another(tell, refuse, tmp_path):
    file = tmp_path / "rituals.ics"
    assert "nothing to write" in refuse("ritual", "export", file)
    tell("ritual", "add", "morning", *MORNING)
    tell("ritual", "export", file)
    assert b"BYDAY=MO,TU,WE,TH,FR" in file.read_bytes()
    assert "--force" in refuse("ritual", "export", file)


def test_a_faulty_file_is_told_and_kept(refuse, home):
    file = home / "config" / "settings.toml"
    file.parent.mkdir(parents=True)
    written = '[ritual.morning]\nat = "25:61"\ndays = ["feb 30"]\n[ritual.evening]\ndays = []\n'
    file.write_text(written)
    for words in (("ritual", "list"), ("ritual", "add", "x", "--at", "07:30"), ("why", "morning")):
        said = refuse(*words)
        assert [line for line in range(1, 6) if f"line {line}," in said] == [2, 3, 4, 5]
    assert file.read_text() == written


def test_an_own_script_that_was_deleted_leaves_its_ritual(tell, tmp_path):
    script = tmp_path / "data" / "scripts" / "mine.md"
    script.parent.mkdir(parents=True)
    script.write_text("---\ntitle: Mine\nlength: 1-3 min\n---\n\nHello.\n\n[pause 10s-3m]\n")
    tell("ritual", "add", "own", "--at", "09:00", "--script", "mine")
    script.unlink()
    assert [one["script"] for one in rituals(tell)] == ["mine"]
    assert "Monday 23 November, 09:00" in tell("why", "own")


def test_in_the_small_hours_today_is_what_the_listener_means_by_it(tell, clock):
    tell("ritual", "add", "night", "--at", "01:30")
    clock("23T23:00")
    assert "skipped today. It comes next on Wednesday at 01:30" in tell(
        "ritual", "skip-today", "night"
    )
    assert "comes today any more" not in tell("ritual", "skip-today", "night")
    tell("ritual", "add", "morning", *MORNING)
    clock("24T02:00")
    assert "Wednesday at 07:30" in tell("ritual", "skip-today", "morning")
    assert "skipped today already" in tell("ritual", "skip-today", "night")
    clock("25T02:00")
    assert "does not come today any more" in tell("ritual", "skip-today", "night")


def test_an_offer_of_yesterday_evening_is_skipped_after_midnight(tell, clock):
    tell("ritual", "add", "night", "--at", "23:55")
    clock("24T00:05")
    assert "Tuesday at 23:55" in tell("ritual", "skip-today", "night")
    assert "skipped at 00:05 on Tuesday" in tell("why", "night")


def test_one_that_is_off_is_not_skipped(tell, clock):
    assert "is off" in tell("ritual", "skip-today", "morning")
    tell("ritual", "edit", "morning", "--on")
    assert rituals(tell)[0]["next_at"] == "2026-11-23T07:30:00+01:00"


def test_what_was_offered_late_can_be_put_off_for_as_long_as_it_waits(tell, refuse, clock):
    """From the offer on: it may have come late, or have been put off before."""
    tell("ritual", "add", "morning", *MORNING)
    clock("23T07:45")
    ledger = JournalLedger(build().ledger())
    ritual = RitualBook(build()).rituals(datetime.now(UTC))[0]
    one = Occurrence(ritual, date(2026, 11, 23), datetime.now(UTC))
    ledger.claim(one, Record(Outcome.OFFERED, datetime.now(UTC)))
    clock("23T08:00")
    assert tell("why", "morning").count("\n") == 2
    assert "waits for an answer" in tell("why", "morning")
    assert "08:10" in tell("ritual", "snooze")
    clock("23T08:10")
    ledger.claim(
        replace(one, at=datetime.now(UTC), is_snoozed=True),
        Record(Outcome.OFFERED, datetime.now(UTC)),
    )
    clock("23T08:20")
    assert "08:30" in tell("ritual", "snooze")
    clock("23T09:00")
    assert "No ritual waits" in refuse("ritual", "snooze")


def test_what_a_companion_offers_is_put_off_whatever_is_written(tell, home):
    """A disk may be full: the offer on the screen is what counts."""
    tell("ritual", "add", "morning", *MORNING)
    with claim(str(home / "run")) as companion:
        companion.serve(lambda request: Reply("morning"))
        assert "morning is put off until 06:10" in tell("ritual", "snooze")


def test_whoever_makes_or_moves_one_is_told_when_it_comes(tell, clock):
    assert "next on Monday 23 November, 07:30" in tell("ritual", "add", "morning", *MORNING)
    clock("23T08:00")
    assert "next on Tuesday 24 November, 07:45" in tell("ritual", "edit", "morning", "--at", "7:45")
    assert "next on Monday 23 November, 09:00" in tell("ritual", "edit", "morning", "--at", "9:00")
    assert "next" not in tell("ritual", "edit", "morning", "--off")
    tell("ritual", "pause-all")
    assert "paused until" in tell("ritual", "edit", "morning", "--on")


def test_one_that_was_skipped_and_removed_comes_when_it_is_made_again(tell):
    tell("ritual", "add", "morning", *MORNING)
    tell("ritual", "skip-today", "morning")
    tell("ritual", "edit", "morning", "--at", "08:00")
    assert rituals(tell)[0]["next_at"] == "2026-11-24T08:00:00+01:00"
    tell("ritual", "remove", "morning")
    tell("ritual", "add", "morning", *MORNING)
    assert rituals(tell)[0]["next_at"] == "2026-11-23T07:30:00+01:00"


def test_why_one_that_is_due_is_not_offered(tell, clock, home):
    tell("ritual", "add", "morning", *MORNING)
    clock("23T07:35")
    said = tell("why", "morning")
    assert "Its time came at 07:30, and voice-guide is not running." in said
    assert "offered until 07:50" in said
    told = (("evening", "after evening"), ("morning", "and it waits"), (None, "in a moment"))
    for waiting, words in told:
        answer = json.dumps({"ritual_waiting": waiting})
        with claim(str(home / "run")) as companion:
            companion.serve(lambda _request, answer=answer: Reply(answer))
            assert words in tell("why", "morning")
    clock("23T09:00")
    assert "It was not offered, because voice-guide was not running." in tell("why", "morning")
    clock("24T07:00")
    tell("ritual", "skip-today", "morning")
    assert "not running" not in tell("why", "morning")


def test_under_a_clock_that_was_never_set_it_is_said_that_rituals_wait(tell):
    tell("ritual", "add", "morning", *MORNING)
    with time_machine.travel("1970-01-01T00:10:00+00:00"):
        words = "clock says 1 January 1970"
        for command in ("ritual list", "why morning", "ritual edit morning --at 08:00"):
            assert words in tell(*command.split()), command
        assert rituals(tell)[0]["next_at"] is None


@pytest.mark.parametrize(
    ("script", "title", "begun_by"),
    [
        ("rituals/morning-arrival", "Morning arrival", "play rituals/morning-arrival"),
        ("path", "quiet", "play path"),
        ("favourite", "quiet", ""),
        ("rotate:kindness", "quiet", ""),
    ],
)
def test_a_calendar_names_only_what_can_be_played(tell, tmp_path, script, title, begun_by):
    file = tmp_path / "rituals.ics"
    tell("ritual", "add", "quiet", "--at", "07:30", "--script", script)
    tell("ritual", "export", file)
    text = file.read_bytes().decode().replace("\r\n ", "")
    assert f"SUMMARY:{title}\r\n" in text
    assert ("voice-guide play" in text) == bool(begun_by)
    assert begun_by in text


def test_a_pause_that_ends_before_the_morning_says_so(tell, clock):
    clock("24T02:00")
    assert "until today Tuesday 24 November, 04:00" in tell("ritual", "pause-all")
    clock("24T12:00")
    assert "until Wednesday 25 November, 04:00" in tell("ritual", "pause-all", "until", "tomorrow")


def test_nothing_is_printed_below_a_list_where_there_is_nothing_to_say(tell):
    tell("ritual", "add", "morning", *MORNING)
    assert len(tell("ritual", "list").splitlines()) == 1


def test_why_one_that_was_put_off_does_not_come(tell, clock):
    tell("ritual", "add", "morning", *MORNING)
    clock("23T07:35")
    tell("ritual", "snooze")
    assert "not running" not in tell("why", "morning")
    clock("23T07:50")
    assert "Its time came at 07:45, and voice-guide is not running." in tell("why", "morning")
