"""Lengths as people write them."""

from __future__ import annotations

import contextlib

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.frontends.cli.arguments import parse_length
from voice_guide.frontends.wording import length_to_text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5m", 300),
        ("5", 300),
        ("2.5", 150),
        ("90s", 90),
        ("1m30s", 90),
        ("1m 30s", 90),
        ("5min", 300),
        ("5 min", 300),
        ("5 minutes", 300),
        ("1h", 3600),
        ("1h5m", 3900),
        ("1:30", 90),
        ("  7M ", 420),
    ],
)
def test_lengths_people_write(text, seconds):
    assert parse_length(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "0s", "-5", "-5m", "nan", "inf", "1e9", "five", "5x", "m", "5m5m", "99h", "1:75",
     "٥", "5" * 400, "5 m m", "\x00"],
)  # fmt: skip
def test_anything_else_names_the_ways_to_write_one(text):
    with pytest.raises(typer.BadParameter, match="90s"):
        parse_length(text)


@given(st.text(max_size=60))
def test_no_text_does_any_harm(text):
    with contextlib.suppress(typer.BadParameter):
        assert 0 < parse_length(text) <= 86_400


@given(st.integers(1, 86_400))
def test_a_printed_length_is_read_again(seconds):
    assert parse_length(length_to_text(seconds)) == seconds
