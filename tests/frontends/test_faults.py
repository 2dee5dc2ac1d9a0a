"""Everything that can be said wrongly: a clear message, a way out, the right exit code."""

from __future__ import annotations

import json
import os
import re

import pytest

from voice_guide.frontends.cli.commands import app

GOOD = """---
title: A word
kind: moments
length: 20-60 s
---

You are here.
[pause 1-60s]
"""

EVERY = [
    command.name or command.callback.__name__
    for command in app.registered_commands
    if command.callback
]


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "word.md"
    path.write_text(GOOD)
    return path


def test_no_words_show_the_help(say):
    code, out, _ = say()
    assert code == 0
    assert "voice-guide play 4-7-8" in out


@pytest.mark.parametrize("command", EVERY)
def test_every_command_has_help_with_an_example(say, command):
    code, out, _ = say(command, "--help")
    assert code == 0
    assert f"\n  voice-guide {command}" in out


def test_the_version_is_told(say):
    assert say("--version")[1].startswith("voice-guide ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["plai"], "play"),
        (["show"], "SCRIPT"),
        (["play", "4-7-8", "--lenght", "5m"], "--length"),
        (["play", "4-7-8", "--length", "soon"], "90s"),
        (["play", "4-7-8", "--length", "0"], "90s"),
        (["play", "4-7-8", "--length", "-3m"], "90s"),
        (["play", "4-7-8", "--length", "nan"], "90s"),
        (["play", "4-7-8", "--seed", "x"], "--seed"),
        (["render", "4-7-8"], "--output"),
        (["play", "4-7-8", "too", "many"], "many"),
    ],
)
def test_wrong_usage(say, words, told):
    code, out, err = say(*words)
    assert code == 2
    assert told in err
    assert "--help" in err
    assert not out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("4-7-9", "breathing/4-7-8"),
        ("brething/4-7-8", "breathing/4-7-8"),
        ("", "voice-guide list"),
        ("nothing-like-it", "voice-guide list"),
        ("x" * 5000, "voice-guide list"),
    ],
)
@pytest.mark.parametrize("command", ["show", "play"])
def test_a_script_that_is_not_there(say, command, name, told):
    code, _, err = say(command, name)
    assert code == 1
    assert told in err


def test_an_ambiguous_name_lists_both(say, own_home):
    own = own_home / "data" / "scripts" / "other" / "4-7-8.md"
    own.parent.mkdir(parents=True)
    own.write_text(GOOD)
    try:
        code, _, err = say("show", "4-7-8")
    finally:
        own.unlink()
    assert code == 1
    assert "breathing/4-7-8" in err
    assert "other/4-7-8" in err


BAD_FILES = {
    "binary": (b"\x7fELF\x00\x01\x02" * 100, "not text"),
    "empty": (b"", "empty"),
    "blank": (b" \n\n", "empty"),
    "latin": ("---\ntitle: Café\n".encode("latin-1"), "UTF-8"),
    "huge": (b"a" * 2_000_000, "larger"),
    "headless": (b"Hello.\n", "line 1,"),
    "zero": (GOOD.encode() + b"\n[breathe 0-0-0, 4 rounds]\n", "line 10, column"),
    "negative": (GOOD.encode() + b"\n[breathe -4-7-8, 4 rounds]\n", "line 10, column"),
    "nan": (GOOD.encode() + b"\n[breathe nan-7-8, 4 rounds]\n", "line 10, column"),
    "absurd": (GOOD.encode() + b"\n[breathe 4-7-8, 9999999999 rounds]\n", "line 10, column"),
    "misspelt": (GOOD.encode() + b"\n[brethe 4-7-8, 4 rounds]\n", "breathe"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("command", ["show", "check", "play", "score"])
def test_a_file_that_cannot_be_spoken(say, tmp_path, command, kind):
    raw, told = BAD_FILES[kind]
    path = tmp_path / f"{kind}.md"
    path.write_bytes(raw)
    code, out, err = say(command, path)
    assert code == 1
    said = err + out
    if command == "check":
        said = re.sub(r":(\d+):(\d+):", r" line \1, column \2:", said)
    assert told in said
    assert kind in said


def test_a_folder_and_a_pipe_are_no_scripts(say, tmp_path):
    code, _, err = say("show", tmp_path)
    assert code == 1
    assert "folder" in err
    pipe = tmp_path / "pipe.md"
    os.mkfifo(pipe)
    code, _, err = say("show", pipe)
    assert code == 1
    assert "ordinary" in err


def test_check_names_file_line_and_column_and_goes_on(say, tmp_path, script):
    bad = tmp_path / "bad.md"
    bad.write_text(GOOD + "\n[pauze 3s]\n\n[breath 4-7-8]\n")
    code, out, _ = say("check", bad, "no-such-script", script)
    assert code == 1
    assert f"{bad}:10:" in out
    assert f"{bad}:12:" in out
    assert "no-such-script" in out
    assert "A word" in out


def test_length_out_of_reach_names_the_range(say, script, tmp_path):
    out = tmp_path / "a.wav"
    code, _, err = say("render", script, "-o", out, "--length", "2h", "--voice", "silent")
    assert code == 1
    assert " s" in err
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a.aiff", ".wav"),
        ("a.wave", "a.wav"),
        ("a", ".wav"),
        ("nowhere/a.wav", "mkdir"),
        (".", ".wav"),
    ],
)
def test_a_file_that_cannot_be_written(say, script, tmp_path, name, told):
    code, _, err = say("render", script, "-o", tmp_path / name, "--voice", "silent")
    assert code == 1
    assert told in err


def test_an_existing_file_is_kept_unless_forced(say, script, tmp_path):
    out = tmp_path / "a.wav"
    out.write_text("mine")
    code, _, err = say("render", script, "-o", out, "--voice", "silent")
    assert code == 1
    assert "--force" in err
    assert out.read_text() == "mine"
    code, told, _ = say("render", script, "-o", out, "--voice", "silent", "--force")
    assert code == 0
    assert str(out) in told
    assert out.stat().st_size > 48_000 * 4 * 19


def test_an_unknown_bed_names_the_beds(say, script, tmp_path):
    code, _, err = say(
        "render", script, "-o", tmp_path / "a.wav", "--voice", "silent", "--bed", "rian"
    )
    assert code == 1
    assert "rain" in err


def test_captions_and_stems_are_written_and_told(say, script, tmp_path):
    code, out, _ = say(
        "render", script, "-o", tmp_path / "a.flac", "--voice", "silent", "--captions", "--stems"
    )
    assert code == 0
    names = sorted(path.name for path in tmp_path.iterdir() if path != script)
    assert all(name in out for name in names)
    assert len(names) == 7


def test_quiet_says_nothing(say, script, tmp_path):
    words = ("render", script, "-o", tmp_path / "a.wav", "--voice", "silent", "--quiet")
    assert say(*words) == (0, "", "")


def test_broken_settings_are_named_and_kept(say, script, own_home):
    path = own_home / "config" / "settings.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("[voice]\nrate_wpm = 'fast'\n")
    try:
        code, _, err = say("score", script)
        assert code == 1
        assert "rate_wpm" in err
        code, out, _ = say("doctor")
        assert "rate_wpm" in out
        assert path.read_text() == "[voice]\nrate_wpm = 'fast'\n"
    finally:
        path.unlink()


def test_list_and_score_speak_json(say, script):
    rows = json.loads(say("list", "--json")[1])
    assert {"breathing/4-7-8"} <= {row["id"] for row in rows}
    score = json.loads(say("score", script, "--voice", "silent", "--json")[1])
    assert list(score) == ["script", "title", "length_s", "sample_rate", "sections", "cues"]
    speech = next(cue for cue in score["cues"] if cue["kind"] == "speech")
    assert speech["text"] == "You are here."
    onsets = [cue["onset_s"] for cue in score["cues"]]
    assert onsets == sorted(onsets)
