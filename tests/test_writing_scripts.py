"""The page that teaches the language is true: its examples are read, looked over and rendered."""

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from palettes import shipped_palette

from voice_guide.score.compile import Request
from voice_guide.score.render import render
from voice_guide.script.lint import lint
from voice_guide.script.model import Header
from voice_guide.script.parse import parse
from voice_guide.session.prepare import Ask, prepare
from voice_guide.sound.clip import SAMPLE_RATE, frames_to_seconds
from voice_guide.sound.palette import Palette
from voice_guide.voice.silent import SilentEngine

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "writing-scripts.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```markdown\n(.*?)```", PAGE, re.DOTALL)
KEYS = {field.name for field in fields(Header)} - {"places"}
SOUNDS = ("bell", "bed", "pacer")
HEADER = """---
title: An example
kind: rituals
length: 1-20 min
bed: warm-drone
bell: singing-bowl
cautions: [breath-hold, slow-breath, tensing]
---

"""


@pytest.fixture(scope="module")
def palette() -> Palette:
    return shipped_palette()


def whole(example: str) -> str:
    return example if example.startswith("---") else HEADER + example


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_well_and_sounds(example: str, palette: Palette) -> None:
    script = parse(whole(example), "example")
    assert lint(script, [one for kind in SOUNDS for one in palette.names(kind)]) == ()
    prepared = prepare(Ask(script, "example", Request()), SilentEngine(), palette)
    score = prepared.score
    samples = render(score, 0, min(score.length, 60 * SAMPLE_RATE))
    assert np.isfinite(samples).all()
    assert 0.001 < np.abs(samples).max() < 0.9


def test_the_whole_script_fits_each_minute_it_promises(palette: Palette) -> None:
    script = parse(EXAMPLES[0], "example")
    for minutes in range(2, 7):
        ask = Ask(script, "example", Request(length_s=minutes * 60.0))
        score = prepare(ask, SilentEngine(), palette).score
        assert frames_to_seconds(score.length) == pytest.approx(minutes * 60, abs=1)


def test_the_table_of_the_header_is_whole() -> None:
    table = PAGE[PAGE.index("| key |") : PAGE.index("## Words")]
    told = {key for key in re.findall(r"`([a-z_]+)(?::[^`]*)?`", table) if key in KEYS}
    assert told == KEYS - {"language"}


def test_it_teaches_the_whole_language() -> None:
    taught = "\n".join(EXAMPLES)
    for written in ("pause", "breathe", "tense", "release", "bell", "bed", "write", "repeat"):
        assert f"[{written}" in taught
    for written in ("[one of]", "[for each anchor]", "[end]", "{name}", "{anchor}", "> ", "<!--"):
        assert written in taught
