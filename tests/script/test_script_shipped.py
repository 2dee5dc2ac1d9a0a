from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from voice_guide.script import model
from voice_guide.script.lint import lint
from voice_guide.script.parse import parse
from voice_guide.script.text import script_to_text, split_sentences

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "scripts").rglob("*.md"))
SOUNDS = frozenset(path.stem for path in (ROOT / "sounds").rglob("*.toml"))


WHOLE = {
    "breathing": "4-7-8 box coherent longer-exhale sigh ninety-second-reset hand-on-chest "
    "calm-count",
    "relaxation": "muscles-full muscles-short muscles-quick release-only",
    "grounding": "five-senses hear-and-feel soles-of-the-feet",
    "kindness": "self-compassion-break kind-friend name-the-thought safety-anchors inner-safe-base "
    "a-kinder-story",
    "moments": "waiting-for-a-reply urge-to-check before-a-hard-talk after-an-argument "
    "alone-tonight",
    "rituals": "morning-arrival midday-check-in evening-wind-down evening-pages sleep",
    "path": "01-track-your-triggers 02-soothe-yourself 03-ask-clearly 04-triggers-and-stories "
    "05-soothe-the-body 06-confirm-the-plan 07-inner-security 08-predictable-connection",
}


def test_the_library_is_whole() -> None:
    names = {path.relative_to(ROOT / "scripts/en").as_posix() for path in SHIPPED}
    assert names == {f"{kind}/{slug}.md" for kind in WHOLE for slug in WHOLE[kind].split()}
    assert len(names) == 39


def spoken_sentences(script: model.Script) -> set[str]:
    """Return every sentence that may be heard, without its capitals and its signs."""
    texts: list[str] = []
    for item in (item for section in script.sections for item in model.walk(section.items)):
        if isinstance(item, model.Paragraph | model.Affirmation):
            texts.append(item.text)
        elif isinstance(item, model.OneOf):
            texts += item.choices
    sentences = (sentence for text in texts for sentence in split_sentences(text))
    return {" ".join(re.findall(r"[\w']+", one.lower().replace("’", "'"))) for one in sentences}


def test_no_two_scripts_share_a_sentence() -> None:
    first: dict[str, str] = {}
    shared = []
    for path in SHIPPED:
        script = parse(path.read_text(encoding="utf-8"), path.stem)
        shared += [
            f"{sentence!r} in {first[sentence]} and in {path.stem}"
            for sentence in spoken_sentences(script)
            if first.setdefault(sentence, path.stem) != path.stem
        ]
    print(f"{len(first)} sentences, {len(shared)} of them shared")
    assert shared == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_header_tells_all(path: Path) -> None:
    header = parse(path.read_text(encoding="utf-8"), path.stem).header
    assert all((header.title, header.summary, header.cautions, header.sources, header.when))
    assert header.bed != "none"
    assert header.bell != "none"
    assert len(header.actions) == (3 if header.kind == "path" else 0)
    if header.kind == "moments":
        assert header.length.minimum_s <= 180


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_script_is_without_fault(path: Path) -> None:
    script = parse(path.read_text(encoding="utf-8"), path.stem)
    assert lint(script, SOUNDS) == ()
    assert script.header.kind == path.parent.name
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
