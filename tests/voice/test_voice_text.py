"""Words are made fit to be spoken, and cut where a speaker would breathe."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import SynthesisFailed
from voice_guide.voice.text import LONGEST_PIECE, estimate_s, plausible_s, sanitise, split_long


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("  Breathe\tin \n slowly ", "Breathe in slowly"),
        ("Cafe\u0301", "Café"),
        ("one\0two\x07three\x1b", "one two three"),
        ("be \ud800 kind", "be kind"),
        ("soft <break time='1s'/> and <b>calm</b>", "soft and calm"),
        ("say [[h@'loU]] now", "say now"),
        ("[[left open", "left open"),
        ("3 < 4 and 5 > 4", "3 4 and 5 4"),
        ("I love this ❤️", "I love this heart"),
        ("calm 🦄🏽 here", "calm here"),
        ("a\u200bb\u202ec", "abc"),
        ("4-7-8", "4-7-8"),
        ("Don't “hurry” – rest…", "Don't “hurry” – rest…"),
        ("你好，世界", "你好，世界"),
        ("مرحبا", "مرحبا"),
        ("नमस्ते", "नमस्ते"),
    ],
)
def test_text_is_made_speakable(written: str, spoken: str) -> None:
    assert sanitise(written) == spoken


@pytest.mark.parametrize("empty", ["", " ", "...", "🦄", "<b></b>", "[[h@l]]", "\0", "\ud800", "—"])
def test_nothing_to_say_is_said(empty: str) -> None:
    with pytest.raises(SynthesisFailed, match="nothing to speak") as caught:
        sanitise(empty)
    assert "word" in caught.value.hint


@given(st.text(st.characters(), max_size=80))
def test_sanitised_text_is_stable_and_clean(text: str) -> None:
    try:
        spoken = sanitise(text)
    except SynthesisFailed:
        return
    assert sanitise(spoken) == spoken
    assert unicodedata.is_normalized("NFC", spoken)
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Cf", "So") for c in spoken)
    assert "<" not in spoken
    assert "[[" not in spoken
    spoken.encode()


@given(st.lists(st.sampled_from(["rest", "breathe in,", "soft.", "a" * 70, "x;"]), max_size=120))
def test_pieces_are_short_and_lose_no_word(words: list[str]) -> None:
    text = " ".join(words)
    pieces = split_long(text)
    assert " ".join(pieces).split() == text.split()
    assert all(0 < len(piece) <= LONGEST_PIECE for piece in pieces)


def test_pieces_end_at_sentences_before_clauses_before_words() -> None:
    text = "One two. Three, four five six."
    assert split_long(text, 16) == ("One two.", "Three,", "four five six.")
    assert split_long("One two three, four five.", 18) == ("One two three,", "four five.")
    assert split_long("a" * 25, 10) == ("a" * 10, "a" * 10, "a" * 5)


def test_a_short_text_is_one_piece() -> None:
    assert split_long("Rest. Be still.") == ("Rest. Be still.",)


def test_slower_and_longer_text_takes_longer() -> None:
    assert estimate_s("Rest your hands.", 80) > estimate_s("Rest your hands.", 120)
    assert estimate_s("10 20 30", 100) > estimate_s("ab cd ef", 100)
    assert estimate_s("Rest", 20) == estimate_s("Rest", 80)


@given(st.text("abc 12,é你", min_size=1, max_size=60), st.integers(80, 250))
def test_the_estimate_is_plausible(text: str, rate_wpm: int) -> None:
    least_s, most_s = plausible_s(text, rate_wpm)
    assert 0 < least_s < estimate_s(text, rate_wpm) < most_s
