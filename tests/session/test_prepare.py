"""What can be told before anything is spoken."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voice_guide.score.compile import Request
from voice_guide.script.parse import parse
from voice_guide.session.prepare import Ask, can_surely_last

SCRIPT = parse(
    "---\ntitle: T\nkind: kindness\nlength: 2-4 min\n---\n\nRest here.\n\n[pause 100-200s]\n", "t"
)


@pytest.mark.parametrize(
    ("length_s", "expected"),
    [(None, True), (150.0, True), (20.0, False), (104.0, False), (214.0, False), (9e3, False)],
)
def test_a_doubtful_length_is_told_from_a_sure_one(length_s, expected):
    ask = Ask(SCRIPT, "t", replace(Request(), length_s=length_s))
    assert can_surely_last(ask) is expected
