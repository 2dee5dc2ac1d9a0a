from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voice_guide.script.text import split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ()),
        ("Rest", ("Rest",)),
        ("One here. Two\nhere!  Three?", ("One here.", "Two here!", "Three?")),
        ("Dr. Lee is kind. Mrs. Ray too.", ("Dr. Lee is kind.", "Mrs. Ray too.")),
        ("At 7 p.m. we rest. It is 4.5 now.", ("At 7 p.m. we rest.", "It is 4.5 now.")),
        ("Wake at 7 a.m. Then rest.", ("Wake at 7 a.m.", "Then rest.")),
        ("Some things, e.g. Tea, help.", ("Some things, e.g. Tea, help.",)),
        ("J. K. Lee wrote it.", ("J. K. Lee wrote it.",)),
        ("Here am I. Now rest.", ("Here am I.", "Now rest.")),
        ("In… and out… Rest.", ("In… and out…", "Rest.")),
        ("Wait... and go. Then... Rest.", ("Wait... and go.", "Then...", "Rest.")),
        ("“Are you there?” she asked.", ("“Are you there?” she asked.",)),
        ("Say “I am here.” Then rest.", ("Say “I am here.”", "Then rest.")),
        ('"Rest." (Or not.) So.', ('"Rest."', "(Or not.)", "So.")),
        ("Well done. {name}, rest.", ("Well done.", "{name}, rest.")),
        ("你好。再见！", ("你好。", "再见！")),
        ("… Rest. … !", ("… Rest.", "… !")),
    ],
)
def test_a_paragraph_falls_into_its_sentences(text: str, sentences: tuple[str, ...]) -> None:
    assert split_sentences(text) == sentences


@given(st.one_of(st.text(max_size=200), st.text(st.sampled_from("abC.!?…。\"'”) \n"), max_size=60)))
@example("a.b. C")
def test_no_letter_is_lost(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())
    assert all(sentence == " ".join(sentence.split()) for sentence in split_sentences(text))
