from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from voice_guide.script import model
from voice_guide.script.lint import lint
from voice_guide.script.parse import parse
from voice_guide.script.text import script_to_text

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "scripts").rglob("*.md"))
SOUNDS = frozenset(path.stem for path in (ROOT / "sounds").rglob("*.toml"))


def test_the_three_that_prove_the_language_are_there() -> None:
    names = {path.relative_to(ROOT / "scripts/en").as_posix() for path in SHIPPED}
    first = {
        "breathing/4-7-8.md",
        "relaxation/muscles-short.md",
        "kindness/self-compassion-break.md",
    }
    assert first <= names


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_script_is_without_fault(path: Path) -> None:
    script = parse(path.read_text(encoding="utf-8"), path.stem)
    assert lint(script, SOUNDS) == ()
    assert script.header.kind == path.parent.name
    assert script.header.sources
    assert script.header.summary
    assert parse(script_to_text(script)) == script


def test_muscles_go_from_toes_to_head_in_short_form() -> None:
    script = parse((ROOT / "scripts/en/relaxation/muscles-short.md").read_text(encoding="utf-8"))
    items = [item for section in script.sections for item in section.items]
    assert script.sections[1].title == "Feet"
    assert script.sections[-3].title == "Face"
    for item, following in pairwise(items):
        if isinstance(item, model.Tense):
            assert item.length == model.Elastic(5.0, 5.0)
            assert isinstance(following, model.Release)
            assert following.length.minimum_s == 15.0
