"""Which voices the menu shows, and in which words it says what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_guide.frontends.desktop.menu.labels import (
    bed_label,
    begin_label,
    now_label,
    session_label,
)
from voice_guide.frontends.desktop.menu.voices import MOST, choose_voices, find_language
from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status
from voice_guide.voice.engine import VoiceInfo


def voice(code: str) -> VoiceInfo:
    return VoiceInfo(code, f"voice {code}", code.partition("+")[0], "test")


ENGLISH = [voice(f"en-us+{number}") for number in range(20)]
OTHERS = [voice(code) for code in ("af", "de", "de-at", "es", "fr")]
SILENT = VoiceInfo("silent", "No voice", "", "silent")
ALL = (*ENGLISH, *OTHERS, SILENT)


def ids(language: str, chosen: str | None = None) -> list[str]:
    return [one.id for one in choose_voices(ALL, language, chosen)]


def test_the_listeners_language_comes_first_and_the_list_stays_short() -> None:
    assert ids("en") == [*(one.id for one in ENGLISH[: MOST - 1]), "silent"]
    assert ids("de")[:3] == ["de", "de-at", "en-us+0"]
    assert len(ids("de")) == MOST
    assert ids("xx") == ids("en")


@pytest.mark.parametrize("chosen", [one.id for one in ALL])
def test_the_voice_that_is_chosen_is_always_shown(chosen: str) -> None:
    shown = ids("de", chosen)
    assert shown.count(chosen) == 1
    assert "silent" in shown
    assert len(shown) <= MOST


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({"LANG": "de_AT.UTF-8"}, "de"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_FR"}, "fr"),
        ({"LANG": "de_DE", "LANGUAGE": "pt:en"}, "pt"),
        ({"LANG": "de_DE", "LC_ALL": ""}, "de"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_systems(environ: dict[str, str], language: str) -> None:
    assert find_language(environ) == language


@pytest.mark.parametrize(
    ("mode", "label"),
    [
        (Mode.IDLE, "Breathe now"),
        (Mode.ENDED, "Breathe now"),
        (Mode.PREPARING, "Pause"),
        (Mode.PLAYING, "Pause"),
        (Mode.PAUSED, "Resume"),
    ],
)
def test_the_first_line_says_what_a_click_does(mode: Mode, label: str) -> None:
    assert begin_label(Status(state=mode)) == label


def test_a_session_is_told_by_what_is_left_of_it() -> None:
    playing = Status(Mode.PLAYING, title="Box", section="Arrive", position_s=1.5, length_s=181.0)
    assert now_label(playing) == "2:59 left  ·  Box  ·  Arrive"
    assert now_label(Status(Mode.PREPARING)) == "One moment"
    long = Status(Mode.PLAYING, title="x" * 500, phase="hold")
    assert now_label(long).endswith("…  ·  holding")
    assert len(now_label(long)) < 90


def test_a_session_is_offered_with_its_length_and_whose_it_is() -> None:
    entry = CatalogueEntry(
        "moments/a", Path("a.md"), False, False, "moments", title="A", length_s=(90.0, 300.0)
    )
    assert session_label(entry) == "A  ·  1 min 30 s to 5 min"
    own = CatalogueEntry("moments/b", Path("b.md"), True, False, "moments", "line 3: no")
    assert session_label(own) == "b (your own): cannot be played yet"


def test_a_bed_is_told_in_words() -> None:
    assert [bed_label(name) for name in ("none", "warm-drone")] == ["Silence", "Warm drone"]


def test_a_click_in_the_last_fade_begins_anew_and_says_so() -> None:
    assert begin_label(Status(state=Mode.PLAYING, is_ending=True)) == "Breathe now"
