from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st
from palettes import palette_of

from voice_guide.errors import PatchError
from voice_guide.sound.clip import SAMPLE_RATE
from voice_guide.sound.patch import BellPatch, PacerPatch, Partial, parse_patch

SOUNDS = Path(__file__).parents[2] / "sounds"

BELL = """
kind = "bell"
base_hz = 220
[[partials]]
ratio = 1
gain = 0.5
decay_s = 3.5
"""


def faults_of(text: str) -> str:
    with pytest.raises(PatchError) as caught:
        parse_patch(text, "test")
    assert caught.value.hint
    return caught.value.message


def test_a_bell_is_read_with_what_it_leaves_out_filled_in() -> None:
    bell = parse_patch(BELL, "test")
    assert bell == BellPatch("test", 220.0, (Partial(1.0, 0.5, 3.5, 0.0),), 12.0)


@pytest.mark.parametrize("path", sorted(SOUNDS.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_shipped_sound_is_of_the_kind_that_its_folder_says(path: Path) -> None:
    patch = parse_patch(path.read_text("utf-8"), path.stem)
    assert palette_of([patch]).names(path.parent.name.removesuffix("s")) == (path.stem,)


def test_all_faults_come_at_once() -> None:
    message = faults_of(
        'kind = "bell"\nbase_hz = -3\natack_ms = 5\n[[partials]]\nratio = nan\ngain = "loud"\n'
    )
    assert "base_hz is -3; expected from 40 to 4000" in message
    assert "'atack_ms' means nothing here; did you mean attack_ms?" in message
    assert "partials 1: ratio is nan" in message
    assert "partials 1: gain is 'loud'; expected a number" in message
    assert "partials 1: decay_s is missing" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "kind is missing; expected bell or bed or pacer"),
        ("kind = 'drum'", "kind is 'drum'"),
        ("kind = [1]", "kind is [1]"),
        ("kind = 'bed'", "there is nothing to hear"),
        ("kind = ", "is not written in TOML"),
        ("a = " + "[" * 5000, "is not written in TOML"),
        ("a = " + "9" * 5000, "is not written in TOML"),
        ("a = 1\n" * 20_000, "far more than a sound needs"),
        ("kind = 'bed'\nlength_s = 0x" + "f" * 9000, "length_s is an immense number"),
        ("kind = 'bed'\nlength_s = inf\n[[drone]]\nhz=90\ngain=1", "length_s is inf"),
        ("kind = 'bed'\nlength_s = true\n[[drone]]\nhz=90\ngain=1", "length_s is True"),
        ("kind = 'bed'\nnoise = 3", "noise is 3; expected 1 to 8 tables"),
        ("kind = 'bed'\nnoise = [3]", "noise 1 is 3; expected a table"),
        (
            "kind = 'bed'\n[[noise]]\ngain=1\nslope_db=0\nlow_hz=500\nhigh_hz=400",
            "noise 1: low_hz is not below high_hz",
        ),
        (BELL.replace("ratio = 1", "ratio = 99"), "partials 1 is at 21780 Hz"),
        ("attack_ms = 400" + BELL.replace("3.5", "0.7"), "attack_ms is 400, when the bell has"),
        (
            "kind = 'pacer'\nshape = 'tone'\nlow_hz = 200\nhigh_hz = 100\nharmonics = [0.0]",
            "harmonics are all 0",
        ),
        ("kind = 'pacer'\nshape = {}\nlow_hz = 100\nhigh_hz = 200", "shape is {}"),
    ],
)
def test_each_fault_is_told(text: str, expected: str) -> None:
    assert expected in faults_of(text)


def test_a_bell_that_lasts_may_rise_slowly() -> None:
    bell = parse_patch("attack_ms = 900" + BELL, "test")
    assert isinstance(bell, BellPatch)
    samples = palette_of([bell]).bell("test").samples
    assert 0.3 < np.abs(samples).max(axis=1).argmax() / SAMPLE_RATE < 0.9


def test_a_pacer_must_rise() -> None:
    text = "kind = 'pacer'\nshape = 'tone'\nlow_hz = 100\nhigh_hz = {}"
    assert isinstance(parse_patch(text.format(100.5), "test"), PacerPatch)
    assert "would not rise" in faults_of(text.format(100))


@given(st.text(max_size=400))
def test_any_text_is_read_or_explained(text: str) -> None:
    try:
        parse_patch(text, "test")
    except PatchError as error:
        assert error.message  # noqa: PT017


KEYS = st.sampled_from(
    [
        "base_hz",
        "partials",
        "ratio",
        "gain",
        "decay_s",
        "beat_hz",
        "noise",
        "drone",
        "hz",
        "slope_db",
        "low_hz",
        "high_hz",
        "shape",
        "harmonics",
        "length_s",
        "odd",
        "swell",
    ]
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.datetimes()
    | st.sampled_from(["tone", "noise", "two-tones"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=12,
)


@given(st.sampled_from(["bell", "bed", "pacer"]), st.dictionaries(KEYS, VALUES, max_size=8))
def test_any_table_is_read_or_explained(kind: str, table: dict[str, Any]) -> None:
    try:
        patch = parse_patch(tomli_w.dumps({"kind": kind, **table}), "test")
    except PatchError as error:
        assert error.message.count("\n") >= 1  # noqa: PT017
    else:
        assert patch.name == "test"
