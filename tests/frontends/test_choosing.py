"""To list, to find, to begin a script, to look for more help: what a listener sees."""

from __future__ import annotations

import json
import os
import pty
import resource
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.library.creating import retitle, title_to_slug
from voice_guide.frontends.cli.library.listing import list_plainly
from voice_guide.frontends.cli.library.wrapping import columns_of, pad, printable, wrap
from voice_guide.frontends.more_help import more_help
from voice_guide.script.parse import parse
from voice_guide.store.paths import shipped

GOOD = """---
title: "{title}"
summary: {summary}
kind: {kind}
length: 2-6 min
when: [the cat is ill]
---

You are here.
[pause 1-600s]
"""


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """Give the scripts folder of a listener who has just arrived."""
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    return tmp_path / "data" / "scripts"


def write(path: Path, title="Mine", summary="For a test.", kind="moments") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(GOOD.format(title=title, summary=summary, kind=kind))
    return path


# ---- list ----------------------------------------------------------------------------------------


def test_the_list_goes_by_kind_and_tells_length_title_and_summary(say, own):
    code, out, err = say("list")
    assert (code, err) == (0, "")
    headings = [line.partition(":")[0] for line in out.splitlines() if line[:1].isalpha()]
    assert headings[:7] == [
        *("Breathing", "Relaxation", "Grounding", "Kindness", "Moments", "Rituals", "The path"),
    ]
    (row,) = [line for line in out.splitlines() if "breathing/4-7-8" in line]
    assert "min" in row
    assert row.endswith("Four, seven, eight")
    assert max(map(len, out.splitlines())) <= 100
    assert out.isascii()
    assert (
        len([line for line in out.splitlines() if line.startswith("  ") and line[2] != " "]) == 39
    )


def test_own_ones_are_marked_and_broken_ones_come_last_with_what_to_do(say, own):
    write(own / "breathing" / "box.md", title="My box", kind="breathing")
    write(own / "zz" / "mine.md", title="Aloft", kind="breathing")
    write(own / "breathing" / "4-7-8.md").write_text("---\ntitle: A\n---\n")
    (own / "a b.md").write_text("")
    out = say("list")[1]
    assert "My box (your own, in place of ours)" in out
    assert "Aloft (your own)" in out
    breathing, _, rest = out.partition("Relaxation:")
    last = breathing.strip().splitlines()[-8:]
    assert "breathing/4-7-8  cannot be played yet (your own, in place of ours)" in "\n".join(last)
    assert "line 1, column 1: a header without kind" in "\n".join(last)
    assert "voice-guide check breathing/4-7-8" in "\n".join(last)
    assert "is there again once this is moved away" in " ".join(" ".join(last).split())
    elsewhere = rest.partition("Elsewhere in your own folder")[2]
    assert "The file is empty." in elsewhere
    assert "voice-guide check 'a b'" in elsewhere


def test_one_kind_alone(say, own):
    out = say("list", "moments")[1]
    assert "moments/waiting-for-a-reply" in out
    assert "breathing" not in out
    assert say("list", " Moments ")[1] == out
    rows = json.loads(say("list", "path", "--json")[1])
    assert len(rows) == 8
    assert {len(row["actions"]) for row in rows} == {3}


@pytest.mark.parametrize(
    ("kind", "told"),
    [("moment", "Did you mean moments?"), ("breath", "breathing"), ("xyz", "There are breathing,")],
)
def test_an_unknown_kind_names_the_kinds(say, own, kind, told):
    code, out, err = say("list", kind)
    assert (code, out) == (1, "")
    assert f'"{kind}"' in err
    assert told in err


def test_json_holds_everything_and_is_never_wrapped(say, own):
    mine = write(own / "mine.md", title="ü – 静けさ", summary="word " * 60)
    (own / "broken.md").write_text("")
    code, out, _ = say("list", "--json")
    assert code == 0
    rows = {row["id"]: row for row in json.loads(out)}
    assert rows["mine"] == {
        "id": "mine",
        "path": str(mine),
        "own": True,
        "overrides": False,
        "kind": "moments",
        "fault": None,
        "title": "ü – 静けさ",
        "summary": ("word " * 60).strip(),
        "length_s": [120.0, 360.0],
        "bed": "none",
        "cautions": [],
        "when": ["the cat is ill"],
        "actions": [],
        "sources": [],
        "take_care": [],
    }
    assert "pregnancy" in rows["breathing/4-7-8"]["take_care"][0]
    assert rows["broken"]["fault"] == "The file is empty."


def test_what_is_left_out_is_noted_beside_the_list(say, own):
    write(own / "deep" / "mine.md")
    for number in range(8):
        (own / f"loop{number}").symlink_to(own)
    code, out, err = say("list", "--json")
    assert code == 0
    assert "deep/mine" in {row["id"] for row in json.loads(out)}
    assert "loop0" in err
    assert "more things" in err
    assert len(err.splitlines()) < 10


def test_a_name_cannot_move_the_cursor(say, own):
    write(own / "a\nb\x1b[2J.md", title="Odd")
    out = say("list")[1]
    assert "a\\nb\\x1b[2J" in out
    assert "\x1b" not in out


def test_plain_words_and_typer_list_the_same(say, own, monkeypatch):
    plain = say("list", "moments")[1]
    monkeypatch.setattr("voice_guide.frontends.cli.library.listing.list_plainly", lambda *_: None)
    assert say("list", "moments")[1] == plain


@pytest.mark.parametrize("words", [["--help"], ["a", "b"], ["--jsn"], ["-h"], ["a", "--json", "b"]])
def test_words_that_are_not_plain_are_left_to_the_whole_command_line(words):
    assert list_plainly(words, None) is None  # type: ignore[arg-type]


def test_a_list_wakes_nothing_heavy(own):
    """What is imported is most of the time that a list takes."""
    code = "import sys; from voice_guide.__main__ import main; main(['list']); print(*sys.modules)"
    environ = {**os.environ, "VOICE_GUIDE_HOME": str(own.parent.parent)}
    subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=True)
    index = own.parent.parent / "cache" / "catalogue.json"
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True
        )
    heavy = {"numpy", "typer", "rich", "msgspec", "logging", "difflib", "shutil", "platformdirs"}
    heavy |= {"yaml", "voice_guide.script.parse", "voice_guide.script.model"}
    assert index.exists()
    assert not heavy & set(done.stdout.splitlines()[-1].split())


@pytest.mark.long
@pytest.mark.parametrize("columns", [40, 60, 200])
def test_the_terminal_decides_the_width(own, columns):
    write(own / "breathing" / ("long-" * 12 + "name.md"), summary="静けさ " * 30, kind="breathing")
    far, near = pty.openpty()
    termios.tcsetwinsize(near, (24, columns))
    process = subprocess.Popen(
        [sys.executable, "-m", "voice_guide", "list", "breathing"],
        stdout=near,
        stderr=near,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "VOICE_GUIDE_HOME": str(own.parent.parent)},
    )
    os.close(near)
    text = b""
    while True:
        try:
            sent = os.read(far, 65_536)
        except OSError:
            break
        if not sent:
            break
        text += sent
    os.close(far)
    assert process.wait(20) == 0
    lines = text.decode().replace("\r\n", "\n").splitlines()
    widest = max(columns_of(line) for line in lines if "long-long" not in line)
    assert widest <= min(columns, 120)
    assert widest > min(columns, 120) * 0.7
    assert "\x1b" not in text.decode()


# ---- words on a screen ---------------------------------------------------------------------------


@given(st.text(max_size=200), st.integers(10, 80))
def test_wrapping_keeps_every_word_and_the_width(text, width):
    lines = wrap(printable(text), width, "  ")
    assert " ".join(lines).split() == printable(text).split()
    assert all(columns_of(line) <= width or len(line.split()) == 1 for line in lines)


@given(st.text(max_size=40))
def test_what_is_printable_keeps_to_its_line(text):
    shown = printable(text)
    assert len(f"x{shown}x".splitlines()) == 1
    assert columns_of(pad(shown, 60)) == 60 or columns_of(shown) > 60


def test_wide_letters_fill_two_columns_and_marks_none():
    assert columns_of("静けさ") == 6
    assert columns_of("e\u0301") == 1
    assert printable("a\u202eb") == "a\\u202eb"


# ---- find ----------------------------------------------------------------------------------------


def test_what_is_found_is_told_with_length_summary_and_reason(say, own):
    code, out, err = say("find", "can't sleep,", "he hasn't replied")
    assert (code, err) == (0, "")
    assert out.index("moments/waiting-for-a-reply") < out.index("rituals/sleep")
    assert "For: he hasn't replied" in out
    assert "2-8 min" in out
    assert "To begin: voice-guide play moments/waiting-for-a-reply" in out
    assert out.count("For: ") <= 6


def test_own_ones_are_found_and_broken_ones_are_not_in_the_way(say, own):
    write(own / "cat.md", title="For the cat")
    (own / "broken.md").write_text("---\ntitle: the cat is ill\n---\n")
    out = say("find", "my cat is ill")[1]
    assert out.splitlines()[:2] == ["For the cat, 2-6 min", "    cat"]
    assert "broken" not in out


def test_found_ones_as_json(say, own):
    found = json.loads(say("find", "panic", "--json")[1])
    assert (found["query"], found["seek_help"]) == ("panic", False)
    assert found["found"][0]["id"] == "breathing/calm-count"
    assert found["found"][0]["why"][0] == "panic"
    scores = [row["score"] for row in found["found"]]
    assert scores == sorted(scores, reverse=True)
    assert json.loads(say("find", "qqqq", "--json")[1])["found"] == []


@pytest.mark.parametrize(
    "words", [(), ("",), ("   ",), ("?!",), ("qqqqq",), ("静けさ",), ("\0",), ("q" * 10_000,)]
)
def test_nothing_found_is_said_kindly_with_a_way_on(say, own, words):
    code, out, err = say("find", *words)
    assert (code, err) == (0, "")
    assert "voice-guide play breathing/calm-count" in out
    assert "voice-guide list" in out
    assert say("show", "breathing/calm-count")[0] == 0


def test_danger_comes_before_any_exercise(say, own):
    out = say("find", "I don't want to live, can't sleep")[1]
    first = " ".join(out.splitlines()[:3])
    assert "112" in first
    assert "more-help" in first
    assert "rituals/sleep" in out
    assert "breathing/calm-count" in say("find", "I want to die")[1]
    assert json.loads(say("find", "I want to die", "--json")[1])["seek_help"]
    assert "112" not in say("find", "tight chest")[1]


# ---- more help -----------------------------------------------------------------------------------


def test_more_help_names_when_who_and_where(say, own):
    code, out, _ = say("more-help")
    assert code == 0
    assert out.rstrip("\n") == more_help()
    for told in (
        *("112", "911", "999", "988", "116 123", "findahelpline.com", "doctor"),
        *("Attachment", "EFT", "Schema", "Trauma", "sleep", "ending your life", "at home"),
    ):
        assert told in out
    assert max(map(len, out.splitlines())) <= 80


# ---- new -----------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_new_script_passes_check_and_plays_as_it_is(say, own):
    code, out, err = say("new", "A", "quiet", "minute")
    path = own / "moments" / "a-quiet-minute.md"
    assert (code, err) == (0, "")
    assert str(path) in out
    assert "voice-guide play moments/a-quiet-minute" in out
    assert parse(path.read_text()).header.title == "A quiet minute"
    code, checked, _ = say("check", path)
    assert code == 0, checked
    assert "[" not in checked, "not even a warning"
    words = ("--voice", "silent", "--length", "2m", "--json")
    score = json.loads(say("score", "a-quiet-minute", *words)[1])
    assert (score["title"], score["length_s"]) == ("A quiet minute", pytest.approx(120, abs=1))


@pytest.mark.long
@pytest.mark.parametrize(
    "title",
    [
        "Rain: a night",
        "- dash first",
        "# a cross",
        "\"Quoted\" and 'not'",
        "back\\slash",
        "null",
        "4-7-8",
        "[brackets], {braces}",
        "&anchor *alias !tag %x @y `z`",
        "静けさ",
        "हिन्दी",
        "Ünïcödé ß",
        "x " * 150,
        "../../etc/passwd",
        "..",
        "CON",
        "nul.txt",
        "a/b\\c:d*e?",
        "   many    blanks ",
        "emoji 🌊 wave",
        "a" * 400,
        "---",
    ],
)
def test_any_title_is_kept_and_names_a_harmless_file(say, own, title):
    code, _, err = say("new", "--", title)
    if not any(one.isalnum() for one in title):
        assert code == 1
        assert "no letter" in err
        assert not own.exists()
        return
    assert (code, err) == (0, "")
    (path,) = own.rglob("*.md")
    assert path.parent == own / "moments"
    assert parse(path.read_text()).header.title == " ".join(title.split())
    assert path.stem not in ("con", "nul")
    assert f"moments/{path.stem}" in say("list", "--json")[1]


@given(st.text(max_size=300))
def test_a_slug_is_a_plain_file_name(title):
    try:
        slug = title_to_slug(title)
    except VoiceGuideError:
        assert not any(one.isascii() and one.isalnum() for one in title)
        return
    assert 0 < len(slug.encode()) <= 130
    assert not set(slug) & set('/\\:*?"<>|. \n\0')
    assert slug[0] != "-"


@given(st.text(min_size=1, max_size=120).filter(lambda text: text.strip()))
def test_a_title_is_read_back_as_it_was_given(title):
    text = (shipped("scripts") / "en" / "new-script.txt").read_text()
    title = " ".join(title.split())
    if any(ord(one) < 32 or 0xD7FF < ord(one) < 0xE000 or 127 <= ord(one) < 160 for one in title):
        return
    if {"\ufffe", "\uffff", "\u2028", "\u2029", "\ufeff"} & set(title):
        return
    header = parse(retitle(text, title, "path")).header
    assert (header.title, header.kind) == (title, "path")


@pytest.mark.parametrize("title", ["a\x1bb", "a\0b", "\udce9t\udce9", "w" * 501])
def test_a_title_that_cannot_be_written_is_explained(say, own, title):
    code, out, err = say("new", title)
    assert (code, out) == (1, "")
    assert len(err) < 200
    assert not own.exists()


def test_an_existing_file_is_never_written_over(say, own):
    say("new", "Mine")
    path = own / "moments" / "mine.md"
    path.write_text("all my work")
    code, out, err = say("new", "Mine")
    assert (code, out) == (1, "")
    assert "is there already, and is kept" in err
    assert path.read_text() == "all my work"


@pytest.mark.long
def test_from_another_script_all_but_the_title_is_kept(say, own):
    code, out, _ = say("new", "4-7-8", "--from", "4-7-8")
    assert code == 0
    assert "takes the place of the one that came with the program" in out
    theirs = parse((shipped("scripts") / "en" / "breathing" / "4-7-8.md").read_text())
    mine = parse((own / "breathing" / "4-7-8.md").read_text())
    assert mine.header.title == "4-7-8"
    assert mine.sections == theirs.sections
    assert mine.header.when == theirs.header.when
    assert "4-7-8 (your own, in place of ours)" in say("list", "breathing")[1]
    assert say("show", "4-7-8")[1].startswith("4-7-8\n=====\n")
    code, out, _ = say("new", "Slow", "--from", "4-7-8", "--kind", "rituals")
    assert parse((own / "rituals" / "slow.md").read_text()).header.kind == "rituals"


@pytest.mark.long
def test_every_shipped_script_can_be_begun_from(own):
    for path in sorted((shipped("scripts") / "en").rglob("*.md")):
        text = path.read_text()
        before, after = parse(text), parse(retitle(text, 'A: "b" # c', "moments"))
        assert after.sections == before.sections
        assert (after.header.title, after.header.kind) == ('A: "b" # c', "moments")
        assert after.header.sources == before.header.sources


def test_a_folded_title_is_replaced_whole():
    text = 'x\n---\n"title": >\n  folded\n\n  away\nkind: "path"\nlength: 5 min\n---\n'
    expected = "x\n---\ntitle: New\n\n  away\nkind: moments\nlength: 5 min\n---\n"
    assert retitle(text, "New", "moments") == expected


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("new", ""), "needs a title"),
        (("new", "  "), "needs a title"),
        (("new", "A", "--kind", "moment"), "Did you mean moments?"),
        (("new", "A", "--from", "4-7-9"), "Did you mean breathing/4-7-8"),
    ],
)
def test_wrong_wishes_are_explained(say, own, words, told):
    code, out, err = say(*words)
    assert (code, out) == (1, "")
    assert told in err
    assert not own.exists()


def test_a_broken_source_is_explained_and_nothing_written(say, own):
    write(own / "broken.md").write_text("---\ntitle: A\n---\n")
    code, _, err = say("new", "B", "--from", "broken")
    assert code == 1
    assert "line 1, column 1" in err
    assert [path.name for path in own.rglob("*.md")] == ["broken.md"]


def test_a_folder_that_cannot_be_written_is_explained(say, own):
    own.parent.mkdir()
    own.write_text("a file where the folder should be")
    code, _, err = say("new", "A")
    assert code == 1
    assert "cannot be written" in err
    assert "voice-guide doctor" in err


def test_a_full_disk_leaves_nothing_half_written(say, own):
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, usual[1]))
    try:
        code, _, err = say("new", "A")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert code == 1
    assert "cannot be written" in err
    assert list(own.rglob("*.md")) == []


# ---- by name, as ever ----------------------------------------------------------------------------


def test_own_ones_are_shown_by_id_slug_and_path(say, own):
    path = write(own / "moments" / "mine.md", title="Mine alone")
    shown = {say("show", name)[1].splitlines()[0] for name in ("moments/mine", "mine", path)}
    assert shown == {"Mine alone"}


def test_a_name_that_own_and_shipped_ones_share_is_explained(say, own):
    write(own / "moments" / "box.md")
    code, _, err = say("show", "box")
    assert code == 1
    assert "breathing/box or moments/box (your own)" in err
    assert "whole name" in err
