from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from script_strategies import patterns, scripts

from voice_guide.errors import ScriptError
from voice_guide.script.model import Breathe, Pattern, Script
from voice_guide.script.parse import parse
from voice_guide.script.syntax.directions import read_direction
from voice_guide.script.text import pattern_to_text, script_to_text

SHIPPED = sorted((Path(__file__).parents[2] / "scripts").rglob("*.md"))


def _check(text: str) -> None:
    """Read the text; what is wrong with it must be explained, in order and inside the file."""
    try:
        parse(text, "fuzz")
    except ScriptError as error:
        faults = error.faults
    else:
        return
    last = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert faults
    assert list(faults) == sorted(faults)
    for fault in faults:
        assert 1 <= fault.line <= last
        assert fault.column >= 1
        assert fault.found


@settings(suppress_health_check=list(HealthCheck))
@given(scripts())
def test_a_printed_script_reads_back_as_the_same_script(script: Script) -> None:
    text = script_to_text(script)
    again = parse(text)
    assert again == script
    assert script_to_text(again) == text


@given(patterns)
@example(Pattern((3.0, 1.0), 0.0, 8.0))
@example(Pattern((5.5,), 0.0, 5.5))
@example(Pattern((4.0,), 0.0, 4.0, 4.0))
def test_a_printed_pattern_reads_back_as_the_same_breath(pattern: Pattern) -> None:
    item = read_direction(f"breathe {pattern_to_text(pattern)}, 1 round", 1, 1)
    assert isinstance(item, Breathe)
    assert item.pattern == pattern


def test_patterns_are_printed_as_people_write_them() -> None:
    for text in ("4-7-8", "5.5-5.5", "4-4-4-4", "3+1-0-8", "4-0-6-2"):
        item = read_direction(f"breathe {text}, 1 round", 1, 1)
        assert isinstance(item, Breathe)
        assert pattern_to_text(item.pattern) == text


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=400))
@example("")
@example("---")
@example("---\n---\n")
@example("---\n%YAML 9.9\n---\nx")
@example('---\ntitle: "\\U00110000"\n---\nx')
@example("---\n...\n? - &a\n---\n")
@example("\ufeff\r\r\n---\r")
def test_any_text_is_read_or_explained(text: str) -> None:
    _check(text)


_SIGNS = st.text(
    st.sampled_from("[]{}#>-*:\"'&!|\n\r\t <!-->abc 0123456789.,–\x00\u2028\x85"), max_size=200
)


@settings(max_examples=120, deadline=None)
@given(_SIGNS, _SIGNS)
def test_any_header_and_body_are_read_or_explained(header: str, body: str) -> None:
    _check(f"---\ntitle: a\nkind: rituals\nlength: 3 min\n{header}\n---\n{body}")


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@given(data=st.data())
def test_a_shipped_script_with_a_slip_is_read_or_explained(path: Path, data: st.DataObject) -> None:
    text = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, min(len(text), start + 60)))
    _check(text[:start] + data.draw(_SIGNS) + text[stop:])
