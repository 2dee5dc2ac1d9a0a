"""What is said of a caution: plain, short, and not again to one who has met it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.script.cautions import (
    BREATH_HOLD,
    CAUTIONS,
    is_unknown,
    select_unmet,
    shown,
    spoken,
)

NAMES = ("breath-hold", "slow-breath", "tensing", "stillness", "strong-feelings", "driving")
OWN = "Keep a chair beside you. Sit when you like."


def test_these_are_the_known_ones() -> None:
    assert tuple(CAUTIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_what_is_spoken_is_short_and_can_be_spoken(name: str) -> None:
    sentences = spoken(name)
    assert 1 <= len(sentences) <= 2
    assert all(len(sentence.split()) <= 21 for sentence in sentences)
    assert re.fullmatch(r"[A-Za-z ,.]+", " ".join(sentences)), "no digit, no bracket, no dash"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "breath-hold",
            "pregnancy heart pressure breathing seizure eye surgery panic water driving dizzy "
            "hold-free",
        ),
        ("slow-breath", "dizzy uneasy water driving"),
        ("tensing", "hurts breathing"),
        ("stillness", "uneasy eyes listen stop"),
        ("strong-feelings", "pain feet stop"),
        ("driving", "attention"),
    ],
)
def test_what_is_shown_leaves_nothing_out(name: str, words: str) -> None:
    for word in words.split():
        assert word in shown(name)


def test_an_authors_own_words_are_shown_and_spoken_as_written() -> None:
    assert shown(OWN) == OWN
    assert spoken(OWN) == ("Keep a chair beside you.", "Sit when you like.")
    assert not is_unknown(OWN)


def test_a_name_that_nobody_knows_is_shown_and_not_spoken() -> None:
    assert is_unknown("breath-hodl")
    assert shown("breath-hodl") == "breath-hodl"
    assert spoken("breath-hodl") == ()


@given(
    st.lists(st.sampled_from([*NAMES, OWN, "breath-hodl"]), max_size=8),
    st.sets(st.sampled_from([*NAMES, OWN])),
    st.booleans(),
)
def test_each_is_spoken_once_until_it_is_met(
    cautions: list[str], met: set[str], hold_free: bool
) -> None:
    chosen = select_unmet(cautions, met, hold_free=hold_free)
    assert len(set(chosen)) == len(chosen)
    assert not met & set(chosen)
    assert select_unmet(cautions, {*met, *chosen}, hold_free=hold_free) == ()
    left = set(cautions) - met - set(chosen)
    assert left <= {"breath-hodl", *([BREATH_HOLD] if hold_free else [])}
