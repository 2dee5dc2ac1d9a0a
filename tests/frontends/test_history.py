"""The journal on the command line: gentle facts, kind refusals, and nothing left when forgotten."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import stat
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.app import build
from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.journal.days import (
    beginning_of,
    day_of,
    is_trusted,
    parse_since,
    read_time,
)
from voice_guide.frontends.journal.facts import Facts, facts_to_text, gather_facts, part_of_day
from voice_guide.store.journal.sessions import Session

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 5, 14, 22, 0, tzinfo=ZONE)
"""A Thursday."""
FOUR = time(4)

LOSS = re.compile(
    r"streak|missed|lost|fail|behind|only|broke|less than|unfortunately", re.IGNORECASE
)


def a_session(at: datetime = NOW, script: str = "breathing/4-7-8", **more) -> Session:
    given = {"length_s": 300.0, "heard_s": 300.0, "ended": "finished", "title": "Four", **more}
    return Session(0, at, script, **given)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def journal(home):
    return build().journal()


@pytest.fixture
def tell(say):
    """Run a command that is to succeed; give what it says."""

    def run(*words):
        code, out, err = say(*words)
        assert (code, err) == (0, "")
        return out

    return run


@pytest.fixture
def refuse(say):
    """Run a command that is to be refused; give the reason."""

    def run(*words, code=1):
        got, out, err = say(*words)
        assert (got, out) == (code, "")
        return err

    return run


# Days


@pytest.mark.parametrize(("text", "at"), [("04:00", FOUR), ("4:00", FOUR), ("23:59", time(23, 59))])
def test_a_time_as_settings_have_it(text, at):
    assert read_time(text) == at


def test_a_day_begins_at_four():
    assert day_of(datetime(2026, 5, 5, 3, 59, tzinfo=ZONE), FOUR) == date(2026, 5, 4)
    assert day_of(datetime(2026, 5, 5, 4, 0, tzinfo=ZONE), FOUR) == date(2026, 5, 5)
    assert day_of(datetime(2026, 5, 5, 0, 0, tzinfo=ZONE), time()) == date(2026, 5, 5)


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)
def test_every_day_begins_on_itself_and_after_the_one_before(day, begins):
    at = beginning_of(day, begins)
    assert day_of(at, begins) == day
    assert day_of(at - timedelta(minutes=1), begins) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", date(2026, 5, 14)),
        ("yesterday", date(2026, 5, 13)),
        ("1d", date(2026, 5, 14)),
        ("7d", date(2026, 5, 8)),
        (" 7D ", date(2026, 5, 8)),
        ("this-week", date(2026, 5, 11)),
        ("this month", date(2026, 5, 1)),
        ("this-year", date(2026, 1, 1)),
        ("2026-02-28", date(2026, 2, 28)),
    ],
)
def test_since_when(text, day):
    assert parse_since(text, NOW.astimezone(UTC), FOUR) == beginning_of(day, FOUR)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "feb 30",
        "",
        "0d",
        "99999d",
        "-1d",
        "d",
        "7 days ago",
        "0001-01-01x",
        "٧d",
        "x" * 999,
    ],
)
def test_what_is_no_day_is_refused(text):
    with pytest.raises(VoiceGuideError, match="is no day") as fault:
        parse_since(text, NOW, FOUR)
    assert "this-week" in fault.value.hint
    assert len(fault.value.message) < 80


@given(st.text(max_size=12))
def test_any_word_is_a_day_or_refused(text):
    with contextlib.suppress(VoiceGuideError):
        parse_since(text, NOW, FOUR)


# Facts


def test_facts_are_gentle():
    evening = datetime(2026, 5, 14, 21, 30, tzinfo=ZONE)
    evenings = [
        a_session(evening - timedelta(days=days), calm_before=3, calm_after=5) for days in range(9)
    ]
    facts = gather_facts(evenings, NOW, FOUR)
    assert facts == Facts(4, 9, {"evenings": 2.0}, "Four")
    assert facts_to_text(facts) == (
        "Nine sessions this month, four of them this week; evenings leave you calmer by 2."
        " You come back most to “Four”."
    )


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        (Facts(), ""),
        (Facts(1, 1), "One session this week."),
        (Facts(3, 1), "Three sessions this week."),
        (Facts(0, 13), "13 sessions this month."),
        (Facts(0, 0, {"nights": 1.25}), "Nights leave you calmer by 1.2."),
        (
            Facts(0, 2, {"nights": 1.5, "mornings": -3.0}),
            "Two sessions this month; nights leave you calmer by 1.5.",
        ),
        (Facts(0, 0, {"mornings": 0.2, "nights": -1.0}), ""),
        (Facts(0, 0, {}, "Sea"), "You come back most to “Sea”."),
    ],
)
def test_what_is_said_of_them(facts, text):
    assert facts_to_text(facts) == text


def test_two_rated_sessions_say_nothing_yet():
    rated = [a_session(calm_before=1, calm_after=9)] * 2
    unrated = [a_session(calm_after=9), a_session(calm_before=2)]
    assert gather_facts([*rated, *unrated], NOW, FOUR).calmer_by == {}
    assert gather_facts([*rated, rated[0]], NOW, FOUR).calmer_by == {"nights": 8.0}


def test_a_tie_has_no_favourite():
    heard = [a_session(script="a")] * 3
    assert gather_facts([*heard, a_session(script="b")], NOW, FOUR).most_heard == "Four"
    assert gather_facts([*heard, *[a_session(script="b")] * 3], NOW, FOUR).most_heard == ""
    assert gather_facts(heard[:2], NOW, FOUR).most_heard == ""


@pytest.mark.parametrize(
    ("hour", "part"),
    [
        *((0, "nights"), (3, "nights"), (4, "mornings"), (11, "mornings"), (12, "afternoons")),
        *((17, "afternoons"), (18, "evenings"), (21, "evenings"), (22, "nights")),
    ],
)
def test_the_parts_of_a_day(hour, part):
    assert part_of_day(NOW.replace(hour=hour)) == part


def test_the_hours_after_midnight_belong_to_the_day_before():
    first = datetime(2026, 5, 1, 3, 0, tzinfo=ZONE)
    monday = datetime(2026, 5, 11, 3, 0, tzinfo=ZONE)
    facts = gather_facts([a_session(first), a_session(monday)], NOW, FOUR)
    assert (facts.this_week, facts.this_month) == (0, 1)
    facts = gather_facts([a_session(first), a_session(monday)], NOW, time())
    assert (facts.this_week, facts.this_month) == (1, 2)


@pytest.mark.parametrize("year", [1970, 2001, 2040])
def test_a_wrong_clock_tells_nothing(year):
    wrong = datetime(year, 5, 14, 21, 0, tzinfo=ZONE)
    assert gather_facts([a_session(wrong, calm_before=1, calm_after=9)] * 5, NOW, FOUR) == Facts()
    assert not is_trusted(wrong, NOW)
    facts_to_text(gather_facts([a_session()] * 3, wrong, FOUR))


INSTANTS = st.datetimes(datetime(1969, 1, 1), datetime(2099, 1, 1), timezones=st.just(ZONE))
CALM = st.none() | st.integers(0, 10)
SESSIONS = st.builds(
    a_session,
    at=INSTANTS | st.timedeltas(timedelta(), timedelta(days=40)).map(lambda ago: NOW - ago),
    script=st.sampled_from(["a", "b", "c"]),
    calm_before=CALM,
    calm_after=CALM,
    title=st.sampled_from(["", "Sea"]),
)


@given(st.lists(SESSIONS, max_size=30), st.just(NOW) | INSTANTS, st.sampled_from([FOUR, time()]))
def test_facts_hold_for_any_journal(sessions, now, begins):
    facts = gather_facts(sessions, now, begins)
    trusted = [one for one in sessions if is_trusted(one.started_at, now)]
    assert 0 <= facts.this_week <= len(trusted)
    assert 0 <= facts.this_month <= len(trusted)
    assert all(-10 <= change <= 10 for change in facts.calmer_by.values())
    assert facts == gather_facts(sessions[::-1], now, begins), "their order does not matter"
    text = facts_to_text(facts)
    assert not LOSS.search(text)
    assert not re.search(r"calmer by (-|0\b(?!\.))", text)
    assert re.fullmatch(r"(?:[A-Z0-9].*\.)?", text)


@given(st.lists(SESSIONS, max_size=12), SESSIONS)
def test_one_session_more_takes_nothing_away(sessions, another):
    before, after = (gather_facts(them, NOW, FOUR) for them in (sessions, [*sessions, another]))
    assert after.this_week >= before.this_week
    assert after.this_month >= before.this_month


# history


def test_an_empty_journal_is_a_beginning(tell, home):
    told = tell("history")
    assert "from now on" in told
    assert not LOSS.search(told)
    assert json.loads(tell("history", "--json")) == []
    assert len(tell("history", "--csv").splitlines()) == 1
    assert list(home.iterdir()) == []


def test_the_json_has_the_keys_that_were_promised(tell, journal):
    journal.begin(a_session(NOW))
    number = journal.begin(
        a_session(NOW + timedelta(hours=1), heard_s=9.12345, ended="lost", ritual="evening")
    )
    journal.rate(number, before=3, after=0, note="“quiet”")
    newest, oldest = json.loads(tell("history", "--json"))
    assert oldest == {
        "started_at": "2026-05-14T22:00:00+02:00",
        "script": "breathing/4-7-8",
        "length_s": 300.0,
        "heard_s": 300.0,
        "ended": "finished",
    }
    assert newest == {
        **oldest,
        "started_at": "2026-05-14T23:00:00+02:00",
        "heard_s": 9.123,
        "ended": "lost",
        "ritual": "evening",
        "calm_before": 3,
        "calm_after": 0,
        "note": "“quiet”",
    }


def test_the_page_is_kind_and_the_newest_come_first(tell, journal):
    now = datetime.now().astimezone()
    for _ in range(3):
        journal.begin(a_session(now))
    number = journal.begin(
        a_session(now, "own/x", title="", heard_s=59.6, ended="lost", length_s=300.0)
    )
    journal.rate(number, before=3, after=6, note="a line\nand \x1b[31mmore")
    told = tell("history")
    lines = told.splitlines()
    assert lines[0].startswith("Four sessions this week.")
    assert "own/x" in lines[2]
    assert "1 min of 5 min   calm 3 to 6" in lines[2]
    assert lines[3].strip() == r"a line and \x1b[31mmore"
    assert lines[4].endswith("5 min")
    assert not LOSS.search(told)


def test_a_few_are_shown_and_the_others_told(tell, journal):
    rows = [(f"s/{n}",) for n in range(25)]
    journal.database.write(
        lambda on: on.executemany(
            "INSERT INTO sessions (started_at, started_unix, script, length_s, heard_s, ended)"
            " VALUES ('2026-05-04T21:30:00+02:00', 1777923000, ?, 60, 60, 'finished')",
            rows,
        )
    )
    assert "5 more before these; --limit 25" in tell("history")
    assert "more before" not in tell("history", "--limit", "25")
    assert len(json.loads(tell("history", "--json"))) == 25
    assert [one["script"] for one in json.loads(tell("history", "--json", "--limit", 1))] == [
        "s/24"
    ]


def test_since_leaves_out_what_was_before(tell, journal):
    now = datetime.now().astimezone()
    for days in (0, 3, 10):
        journal.begin(a_session(now - timedelta(days=days), f"s/{days}"))
    found = lambda *words: [one["script"] for one in json.loads(tell("history", "--json", *words))]  # noqa: E731
    assert found("--since", "7d") == ["s/0", "s/3"]
    assert found("--since", (now - timedelta(days=11)).date()) == ["s/0", "s/3", "s/10"]
    assert found("--since", "2999-01-01") == []


def test_a_day_begins_when_the_listener_says(tell, refuse, home, journal):
    now = datetime.now().astimezone()
    journal.begin(a_session(now - timedelta(minutes=2)))
    (home / "config").mkdir()
    settings = home / "config" / "settings.toml"
    begins = now - timedelta(minutes=1)
    settings.write_text(f'[journal]\nday_begins = "{begins:%H:%M}"\n')
    if begins.date() == now.date():
        assert json.loads(tell("history", "--json", "--since", "today")) == []
    settings.write_text('[journal]\nday_begins = "25:61"\n')
    told = refuse("history")
    assert "line 2" in told
    assert "day_begins" in told


def test_history_says_what_does_not_go_together(refuse):
    assert "together" in refuse("history", "--json", "--csv", code=2)
    refuse("history", "--limit", "0", code=2)
    assert "is no day" in refuse("history", "--since", "2026-02-30")


@pytest.mark.parametrize(
    "note", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "x\ry", 'a "b", c\nd', "plain"]
)
def test_no_note_is_a_formula_for_a_spreadsheet(tell, journal, note):
    journal.rate(journal.begin(a_session()), note=note)
    header, row = csv.reader(io.StringIO(tell("history", "--csv"), newline=""))
    assert header == [
        *("started_at", "script", "length_s", "heard_s", "ended"),
        *("ritual", "calm_before", "calm_after", "note"),
    ]
    assert row[-1][0] not in "=+-@\t\r"
    assert row[-1].removeprefix("'") == note.replace("\r", "\n")


# rate


def test_the_last_session_is_rated(tell, journal):
    journal.begin(a_session(NOW, "first"))
    journal.begin(a_session(NOW - timedelta(days=1), "second"))
    assert "calm 7 after it, a note" in tell("rate", "7", "--note", "I could sleep")
    assert "calm 3 before it" in tell("rate", "3", "--before")
    rows = {one["script"]: one for one in json.loads(tell("history", "--json"))}
    assert "calm_after" not in rows["first"]
    assert [rows["second"][key] for key in ("calm_before", "calm_after", "note")] == [
        3,
        7,
        "I could sleep",
    ]
    assert "taken away" in tell("rate", "--note", "")
    assert "a note" in tell("rate", "--note", "better")
    tell("rate", "0", "--before", "--note", "and so on")
    assert journal.last().calm_before == 0
    assert journal.last().calm_after == 7


@pytest.mark.parametrize("calm", ["11", "x", "", "-1", "7.5", "٧", "1e3", "9" * 5000, "ten"])
def test_what_is_not_on_the_scale_is_refused_kindly(refuse, journal, calm):
    journal.begin(a_session())
    told = refuse("rate", calm)
    assert "from 0" in told
    assert "to 10" in told
    assert len(told) < 200
    assert journal.last().calm_after is None


def test_rate_with_nothing_to_note_or_to_note_it_on(refuse, journal):
    assert "no session yet" in refuse("rate", "7")
    journal.begin(a_session())
    assert "--note" in refuse("rate")
    assert "before" in refuse("rate", "--before")
    assert "4,000" in refuse("rate", "--note", "x" * 5000)


# export-data


@pytest.fixture
def full(home, journal):
    """A home with something of everything."""
    services = build()
    journal.rate(journal.begin(a_session(ritual="evening")), after=7, note="quiet")
    services.ledger().claim("evening", NOW.date(), "started", NOW, "a yes")
    services.ledger().snooze("morning", NOW.date(), NOW, NOW)
    services.ledger().pause(NOW + timedelta(days=1), NOW)
    services.progress().finish("path/01-track-your-triggers")
    own = home / "data" / "scripts" / "mine"
    own.mkdir(parents=True)
    (own / "a-habit.md").write_text("Rest.")
    (home / "data" / "sounds" / "beds").mkdir(parents=True)
    (home / "data" / "sounds" / "beds" / "sea.toml").write_text("")
    (home / "config").mkdir()
    (home / "config" / "settings.toml").write_text('[listener]\nname = "Sam"\n')
    return home


def test_everything_is_taken_along_and_only_for_its_owner(tell, full, tmp_path):
    told = tell("export-data", tmp_path / "new" / "place")
    (target,) = (tmp_path / "new" / "place").iterdir()
    assert str(target) in told
    assert date.today().isoformat() in target.name
    names = {str(one.relative_to(target)) for one in target.rglob("*") if one.is_file()}
    assert names == {
        *("journal.json", "sessions.csv", "sounds.json", "settings.toml", "progress.txt"),
        "scripts/mine/a-habit.md",
    }
    assert all(name in told for name in names)
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {stat.S_IMODE((target / name).stat().st_mode) for name in names} == {0o600}
    kept = json.loads((target / "journal.json").read_text())
    (session,) = kept["sessions"]
    assert (session["note"], session["title"], session["ritual"]) == ("quiet", "Four", "evening")
    assert [one["what"] for one in kept["rituals"]["events"]] == ["started", "snoozed", "paused"]
    assert {one["outcome"] for one in kept["rituals"]["outcomes"]} == {"started", "snoozed"}
    assert len(kept["rituals"]["snoozed"]) == 1
    assert kept["rituals"]["last_pause"]["since"] == NOW.isoformat()
    assert "quiet" in (target / "sessions.csv").read_text()
    assert (target / "scripts" / "mine" / "a-habit.md").read_text() == "Rest."
    (sound,) = json.loads((target / "sounds.json").read_text())
    assert (sound["kind"], sound["name"]) == ("bed", "sea")


def test_nothing_is_ever_overwritten(tell, full, tmp_path):
    for _ in range(3):
        tell("export-data", tmp_path / "out")
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_an_empty_home_can_be_taken_along(tell, home, tmp_path):
    tell("export-data", tmp_path / "out")
    assert not (home / "data").exists()


def test_what_cannot_be_read_is_told_and_the_rest_taken_along(say, full, tmp_path):
    (full / "data" / "scripts" / "folder.md").mkdir()
    os.mkfifo(full / "data" / "scripts" / "pipe.md")
    code, out, err = say("export-data", tmp_path / "out")
    assert code == 0
    assert len(err.splitlines()) == 2
    assert "pipe.md" in err
    assert "a-habit.md" in out


def test_where_nothing_can_be_written_is_told(refuse, full, tmp_path):
    (tmp_path / "file").write_text("")
    assert "No folder can be made" in refuse("export-data", tmp_path / "file" / "x")
    assert "No folder can be made" in refuse("export-data", "/proc/nowhere")


def test_an_export_that_does_not_fit_leaves_nothing(full, tmp_path):
    (full / "data" / "scripts" / "long.md").write_text("Rest. " * 10_000)
    code = (
        "import resource, sys; from voice_guide.__main__ import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000,) * 2); sys.exit(main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, "export-data", str(tmp_path / "out")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Nothing was left" in done.stderr
    assert list((tmp_path / "out").iterdir()) == []


# forget

SECRET = "the lighthouse keeper"


def holders(folder: Path, words: str = SECRET) -> list[str]:
    files = [one for one in folder.rglob("*") if one.is_file() and "sounds" not in str(one)]
    return sorted(one.name for one in files if words.encode() in one.read_bytes())


def test_what_is_forgotten_is_in_no_file_any_more(tell, home, journal):
    services = build()
    for number in range(30):
        journal.rate(journal.begin(a_session(script=f"own/{SECRET}/{number}")), note=SECRET)
    services.ledger().claim(SECRET, NOW.date(), "offered", NOW, SECRET)
    services.ledger().since(SECRET, "07:30", NOW)
    services.progress().finish(f"own/{SECRET}")
    broken = home / "data" / "journal-broken-2026-05-04.sqlite3"
    broken.write_text(SECRET)
    clips = home / "cache" / "clips"
    clips.mkdir(parents=True)
    (clips / "a.clip").write_text(SECRET)
    (home / "cache" / "catalogue.json").write_text(SECRET)
    assert holders(home) == [
        *("a.clip", "catalogue.json", "journal-broken-2026-05-04.sqlite3"),
        *("journal.sqlite3", "progress.txt"),
    ]
    tell("forget", "--yes")
    assert holders(home) == ["a.clip", "catalogue.json", "progress.txt"]
    tell("forget", "--everything", "--yes")
    assert holders(home) == []
    assert json.loads(tell("history", "--json")) == []
    assert services.progress().finished() == {}


def test_the_listeners_own_work_stays(tell, full):
    before = {one: one.read_bytes() for one in full.rglob("*") if one.suffix in {".md", ".toml"}}
    assert len(before) == 3
    tell("forget", "--everything", "--yes")
    assert {one: one.read_bytes() for one in before} == before
    assert build().ledger().last_pause() is not None


def test_only_the_end_of_it(tell, journal):
    now = datetime.now().astimezone()
    for days in (0, 5, 9):
        journal.begin(a_session(now - timedelta(days=days), f"s/{days}"))
    tell("forget", "--since", "7d", "--yes")
    assert [one.script for one in journal.sessions()] == ["s/9"]


def test_nobody_is_asked_where_nobody_is(refuse, journal):
    journal.begin(a_session())
    assert "--yes" in refuse("forget")
    assert "together" in refuse("forget", "--everything", "--since", "today", "--yes", code=2)
    assert "is no day" in refuse("forget", "--since", "someday", "--yes")
    assert len(journal.sessions()) == 1


@pytest.mark.parametrize(
    ("answer", "left"), [("y\n", 0), ("Yes\n", 0), ("\n", 1), ("n\n", 1), ("\x04", 1)]
)
def test_it_asks_first(home, journal, answer, left):
    journal.begin(a_session())
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "voice_guide", "forget"]
    with subprocess.Popen(words, stdin=theirs, stdout=subprocess.PIPE) as child:
        os.close(theirs)
        os.write(ours, answer.encode())
        told = child.stdout.read().decode()
    os.close(ours)
    assert child.returncode == 0
    assert "one session" in told
    assert "cannot be taken back" in told
    assert len(journal.sessions()) == left


def test_to_forget_nothing_is_no_fault(tell):
    assert "Forgotten" in tell("forget", "--everything", "--yes")


# What goes wrong


def test_a_newer_journal_is_refused_by_every_command_and_nothing_else_is_lost(
    refuse, home, journal
):
    journal.begin(a_session())
    build().progress().finish("a/b")
    journal.database.write(lambda on: on.execute("PRAGMA user_version = 99"))
    before = journal.path.read_bytes()
    for words in (
        ("history",),
        ("rate", "7"),
        ("export-data", home / "out"),
        ("forget", "--everything", "--yes"),
    ):
        assert "newer voice-guide" in refuse(*words)
    assert journal.path.read_bytes() == before
    assert build().progress().finished()
    assert not (home / "out").exists()


def test_a_broken_journal_is_said_once_and_doctor_knows(say, home, journal):
    journal.begin(a_session())
    journal.path.write_text("Dear diary")
    code, out, err = say("history", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert err.count("set aside") == 1
    assert say("history", "--json") == (0, "[]\n", "")
    _, out, _ = say("doctor", "--json")
    (finding,) = (one for one in json.loads(out) if one["name"] == "journal")
    assert not finding["ok"]
    assert "doctor --recover" in finding["hint"]


def test_a_journal_that_was_set_aside_gives_back_what_it_holds(tell, journal, home):
    assert "nothing to recover" in tell("doctor", "--recover")
    journal.rate(journal.begin(a_session()), note="quiet")
    journal.path.rename(home / "data" / "journal-broken-2026-05-04.sqlite3")
    (home / "data" / "journal-broken-2026-05-05.sqlite3").write_text("Dear diary")
    told = tell("doctor", "--recover")
    assert "can still be read: 1; brought back: 1." in told
    assert "nothing in it can be read" in told
    assert [one["note"] for one in json.loads(tell("history", "--json"))] == ["quiet"]
    assert "brought back: 0." in tell("doctor", "--recover")


def test_nothing_of_it_is_loaded_before_it_is_needed():
    """The first bell must not wait for a journal."""
    code = (
        "import sys; from voice_guide.app import build; services = build()\n"
        "services.controller('null').close(); services.close()\n"
        "print([name for name in sys.modules if 'sqlite' in name or 'journal' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
