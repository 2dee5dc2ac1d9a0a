"""The shipped palette, and clips that take a plausible time, for compiling without an engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from palettes import shipped_palette, soundless_palette

from voice_guide.score.compile import Request, utterances
from voice_guide.script.model import Script
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import Clip
from voice_guide.sound.palette import Palette
from voice_guide.voice.silent import SilentEngine

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    f"{path.parent.name}/{path.stem}": path for path in sorted(ROOT.glob("scripts/en/*/*.md"))
}


@pytest.fixture(scope="session")
def palette() -> Palette:
    return shipped_palette()


@pytest.fixture(scope="session")
def soundless() -> Palette:
    """A palette for tests of what comes when, which is heard by nobody."""
    return soundless_palette()


@pytest.fixture(params=SCRIPTS, scope="module")
def shipped(request: pytest.FixtureRequest) -> tuple[str, Script]:
    """Each script that comes with the program, with its id."""
    return request.param, parse(SCRIPTS[request.param].read_text(), request.param)


@pytest.fixture(
    scope="module",
    params=[
        "breathing/4-7-8",
        "breathing/box",
        "breathing/sigh",
        "kindness/safety-anchors",
        "kindness/self-compassion-break",
        "relaxation/muscles-short",
        "rituals/evening-pages",
        "rituals/sleep",
    ],
)
def typical(request: pytest.FixtureRequest) -> tuple[str, Script]:
    """One script of each shape, with its id: holds, rests, muscles, anchors, writing, no bell."""
    return request.param, parse(SCRIPTS[request.param].read_text(), request.param)


@pytest.fixture(scope="session")
def clips_for() -> Callable[[Script, Request], dict[Utterance, Clip]]:
    """Silent clips: every length as estimated, so that a score is the same on any machine."""
    engine = SilentEngine()

    def make(script: Script, request: Request) -> dict[Utterance, Clip]:
        return {one: engine.speak(one) for one in utterances(script, request)}

    return make
