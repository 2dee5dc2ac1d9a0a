from __future__ import annotations

import pytest

from voice_guide.errors import Fault
from voice_guide.script.lint import lint
from voice_guide.script.parse import parse

SOUNDS = ("rain", "singing-bowl", "small-bell", "soft-swell")


def warnings_of(body: str, *, bed: str = "rain", more: str = "") -> tuple[Fault, ...]:
    cautions = "" if "cautions" in more else "cautions: [breath-hold, tensing]\n"
    header = f"---\ntitle: Rest\nkind: rituals\nlength: 3-12 min\nbed: {bed}\n{cautions}{more}---\n"
    return lint(parse(header + body), SOUNDS)


@pytest.mark.parametrize(
    ("body", "more", "rule", "line", "column"),
    [
        ("[pause 2s] [bell singing-bow]", "", "unknown-sound", 8, 12),
        ("[repeat 2 times]\nA.\n[bed rian]\n[end]", "", "unknown-sound", 10, 1),
        ("A.", "bell: gong\n", "unknown-sound", 7, 7),
        ("A.", "closing_bell: gong\n", "unknown-sound", 7, 15),
        ("A.", "pacer: gong\n", "unknown-sound", 7, 8),
        ("[breathe 4-7-8, 5-8 rounds]", "", "starter-rounds", 8, 1),
        ("[breathe 2-3.5-4, 5 rounds]", "", "starter-rounds", 8, 1),
        ("[repeat 2 times]\n[breathe 4-7-8, 3 rounds]\n[end]", "", "starter-rounds", 9, 1),
        (
            "[breathe 4-7-8, 3 rounds]\nA.\n[breathe 4-7-8, 2 rounds]",
            "",
            "starter-rounds",
            10,
            1,
        ),
        ("A.\n[tense 5-8s]", "", "long-tensing", 9, 1),
        ("Pull your toes down.", "", "cramp", 8, 1),
        ("Now point your toes.", "", "cramp", 8, 1),
        ("Curl all your toes under.", "", "cramp", 8, 1),
        ("[one of]\n- Rest.\n- Toes pointed down.", "", "cramp", 8, 1),
        ("Rest.\n\nLook around the room.", "", "eyes-closed", 10, 1),
        ("Name five things you can see.", "", "eyes-closed", 8, 1),
        ("See four of them.", "", "eyes-closed", 8, 1),
        ("> You failed again.", "", "loss", 8, 1),
        ("Don’t break your promise.", "", "loss", 8, 1),
        ("A new streak begins.", "", "loss", 8, 1),
        ("Yesterday you missed it.", "", "loss", 8, 1),
        ("You lost your place.", "", "loss", 8, 1),
        ("A.", "summary: Keep your streak.\n", "loss", 7, 10),
        ("[breathe 4-4-4-4, 4 rounds]", "cautions: [tensing]\n", "missing-caution", 8, 1),
        ("A.\n[tense 5s]", "cautions: [breath-hold]\n", "missing-caution", 9, 1),
        ("A.", "cautions: [driving, stillnes]\n", "unknown-caution", 6, 21),
        ("A.", "cautions:\n  - tensing\n  - heights\n", "unknown-caution", 8, 5),
        ("A.", "cautions: Careful!\n", "unknown-caution", 6, 11),
    ],
)
def test_what_deserves_a_second_look_is_found(
    body: str, more: str, rule: str, line: int, column: int
) -> None:
    (warning,) = warnings_of(body, more=more)
    assert (warning.rule, warning.line, warning.column) == (rule, line, column)
    assert warning.found
    assert warning.expected


@pytest.mark.parametrize(
    ("body", "more"),
    [
        ("[bell] [bell small-bell] [bed none]", "bell: none\nclosing_bell: small-bell\n"),
        ("[breathe 4-7-8, 4-8 rounds]", ""),
        ("[breathe 4-7-9, 9 rounds]", ""),
        ("[tense 7s]", ""),
        ("Draw your toes up, and never point your toes.", ""),
        ("Let the warmth go down to your toes.", ""),
        ("See if you can soften. Let’s see how that is.", ""),
        ("Picture the sea, and look at it in your mind.", ""),
        ("Open your eyes.\n\nLook around the room.", ""),
        ("Look around the room.", "eyes: open\n"),
        ("You have not lost anything by resting.", ""),
        ("[breathe 4-6, 9 rounds]", "cautions: []\n"),
        ("A.", 'cautions: [slow-breath, "Keep a chair beside you."]\n'),
        ("A.", "cautions: [stillness, strong-feelings, driving]\n"),
        ("[pause 60s] [release 15-50s] [write 2 min]", ""),
    ],
)
def test_what_is_well_is_left_alone(body: str, more: str) -> None:
    assert warnings_of(body, more=more) == ()


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ("[pause 45s]", []),
        ("[pause 5-46s]", [(8, 1)]),
        ("[pause 30s]\n[pause 16s]\n[pause 9s]", [(9, 1)]),
        ("[pause 30s]\nA.\n[pause 30s]", []),
        ("[write 60s]", [(8, 1)]),
        ("[release 15-50s]", [(8, 1)]),
        ("[bed rain]\n[pause 60s]\n[bed none]\n[pause 60s]", [(11, 1)]),
    ],
)
def test_a_long_silence_needs_a_bed(body: str, places: list[tuple[int, int]]) -> None:
    warnings = warnings_of(body, bed="none")
    assert [(warning.line, warning.column) for warning in warnings] == places
    assert {warning.rule for warning in warnings} <= {"bare-silence"}


def test_a_near_name_is_offered_for_an_unknown_sound() -> None:
    (warning,) = warnings_of("[bell singing-bow]")
    assert warning.hint == "Did you mean singing-bowl?"


def test_a_near_name_is_offered_for_an_unknown_caution() -> None:
    (warning,) = warnings_of("A.", more="cautions: [breath-hodl]\n")
    assert warning.hint == "Did you mean breath-hold?"
    assert "strong-feelings" in warning.expected


def test_warnings_come_in_the_order_of_their_lines() -> None:
    warnings = warnings_of("[tense 9s]\n\nLook at your toes.\n\n[bell gong]", bed="gong")
    assert [(warning.line, warning.rule) for warning in warnings] == [
        (5, "unknown-sound"),
        (8, "long-tensing"),
        (10, "eyes-closed"),
        (12, "unknown-sound"),
    ]
