"""The picture of a breath, and the keys."""

from __future__ import annotations

import contextlib
import os
import pty
import sys
import termios

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.frontends.cli.live.display import breath_bar, fullness, picture_lines
from voice_guide.frontends.cli.live.keys import single_keys
from voice_guide.frontends.cli.live.playing import LineTeller
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

PHASES = st.sampled_from(["in", "hold", "out", "rest", "tense", "release", "write", ""])


@given(PHASES, st.floats(0, 1), st.integers(0, 100), st.booleans())
def test_the_bar_keeps_its_width(phase, share, width, plain):
    assert len(breath_bar(phase, share, width, plain=plain)) == width


@given(st.floats(0, 1), st.floats(0, 1))
def test_it_grows_with_the_inhale_and_shrinks_with_the_exhale(one, two):
    early, late = sorted((one, two))
    assert fullness("in", early) <= fullness("in", late)
    assert fullness("out", early) >= fullness("out", late)


def test_it_goes_over_from_phase_to_phase_without_a_jump():
    assert fullness("in", 0.0) == fullness("rest", 0.5) == fullness("out", 1.0) == 0.0
    assert fullness("in", 1.0) == fullness("hold", 0.5) == fullness("out", 0.0) == 1.0


@pytest.fixture
def terminal(monkeypatch):
    """Give the far end of a terminal that stands in for the listener's own."""
    far, near = pty.openpty()
    with os.fdopen(near, "r") as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield far
    os.close(far)


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        (b" ", ["space"]),
        (b"\x1b[C\x1b[D", ["right", "left"]),
        (b"\x1bOC", ["right"]),
        (b"eQ", ["e", "q"]),
        (b"\x1b[15~q", ["", ""]),
        ("ü€".encode(), ["ü", "€"]),
        (b"\xff\xfeq", ["q"]),
    ],
)
def test_keys_are_read_one_by_one(terminal, sent, keys):
    with single_keys() as read_key:
        os.write(terminal, sent)
        assert [read_key(2.0) for _ in keys] == keys if "" not in keys else read_key(2.0) == ""


def test_the_terminal_is_given_back(terminal, monkeypatch):
    before = termios.tcgetattr(sys.stdin.fileno())
    with contextlib.suppress(KeyboardInterrupt), single_keys():
        assert termios.tcgetattr(sys.stdin.fileno()) != before
        raise KeyboardInterrupt
    assert termios.tcgetattr(sys.stdin.fileno()) == before


def test_a_closed_input_is_only_waited_on(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with single_keys() as read_key:
        assert read_key(0.0) == ""


def test_plain_lines_tell_nothing_that_is_not_heard(capsys):
    teller = LineTeller()
    for mode in (Mode.PREPARING, Mode.ENDED):
        teller.tell(Status(state=mode, title="A", section="Arrive"))
    assert not capsys.readouterr().out


def test_plain_lines_tell_each_thing_once(capsys):
    teller = LineTeller()
    playing = Status(state=Mode.PLAYING, title="A", section="Arrive", caption="You are here.")
    breathing = Status(state=Mode.PLAYING, title="A", section="Breathe", round=1, rounds=2)
    for status in (Status(title="A"), playing, playing, breathing):
        teller.tell(status)
    assert capsys.readouterr().out.splitlines() == [
        "A",
        "# Arrive",
        "You are here.",
        "# Breathe",
        "round 1 of 2",
    ]


CARE = ["Take care: Leave out whatever hurts, and keep breathing all the while.", "Take care: Sit."]


def test_plain_lines_tell_of_care_before_the_first_words(capsys):
    teller = LineTeller(CARE)
    teller.tell(Status(state=Mode.PREPARING, title="A", section="Arrive"))
    assert not capsys.readouterr().out
    for caption in ("You are here.", "Still here."):
        teller.tell(Status(state=Mode.PLAYING, title="A", section="Arrive", caption=caption))
    assert capsys.readouterr().out.splitlines() == [
        *("A", *CARE, "# Arrive"),
        *("You are here.", "Still here."),
    ]


@pytest.mark.parametrize("width", [20, 30, 80])
def test_the_picture_tells_of_care_at_the_start_and_in_full(width):
    def draw(position_s):
        status = Status(state=Mode.PLAYING, title="A", section="Arrive", position_s=position_s)
        return [line.plain for line in picture_lines(status, CARE, width, plain=False)]

    early, late = draw(2.0), draw(60.0)
    assert early[1].strip() == "A"
    told = " ".join(line.strip() for line in early[2 : 2 + len(early) - len(late)])
    assert told == " ".join(CARE)
    assert all(len(line) <= width for line in early)
    assert not any("care" in line for line in late)
