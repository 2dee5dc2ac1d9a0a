"""Any length within reach is met to the frame or within a second; any other is explained."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import LengthOutOfReach
from voice_guide.score.plan.fit import Breathing, Fit, Material, Stretch, fit
from voice_guide.sound.clip import SAMPLE_RATE

seconds = st.integers(0, 40).map(lambda s: s * SAMPLE_RATE)
stretches = st.tuples(seconds, seconds).map(lambda ends: Stretch(min(ends), max(ends)))


@st.composite
def breathings(draw: st.DrawFn) -> Breathing:
    cycle = draw(st.integers(4, 30)) * SAMPLE_RATE
    fewest = draw(st.integers(1, 6))
    more = draw(st.integers(0, 8))
    return Breathing(fewest, tuple(cycle * (fewest + n) for n in range(more + 1)))


materials = st.builds(
    Material,
    seconds,
    st.lists(stretches, max_size=8).map(tuple),
    st.lists(breathings(), max_size=3).map(tuple),
)


def total(chosen: Fit, material: Material) -> int:
    breaths = sum(
        one.lengths[count - one.fewest]
        for one, count in zip(material.breathings, chosen.rounds, strict=True)
    )
    return material.fixed + sum(chosen.stretches) + breaths


@given(materials, st.floats(0, 1))
def test_a_length_in_reach_is_met_within_a_second_or_explained(
    material: Material, share: float
) -> None:
    length = round(material.least + share * (material.most - material.least))
    nearest = fit(length, material, exact=False)
    if abs(nearest.length - length) > SAMPLE_RATE:
        with pytest.raises(LengthOutOfReach, match="cannot be") as caught:
            fit(length, material)
        assert "nearest" in caught.value.hint
        return
    chosen = fit(length, material)
    assert abs(chosen.length - length) <= SAMPLE_RATE
    assert total(chosen, material) == chosen.length
    for one, given_length in zip(material.stretches, chosen.stretches, strict=True):
        assert one.least <= given_length <= one.most
    for breathing, count in zip(material.breathings, chosen.rounds, strict=True):
        assert 0 <= count - breathing.fewest < len(breathing.lengths)


@given(materials)
def test_out_of_reach_names_the_range(material: Material) -> None:
    with pytest.raises(LengthOutOfReach) as caught:
        fit(material.most + 2 * SAMPLE_RATE, material)
    assert caught.value.longest_s == pytest.approx(material.most / SAMPLE_RATE)
    assert caught.value.shortest_s == pytest.approx(material.least / SAMPLE_RATE)
    assert "reaches from" in caught.value.hint


def test_pauses_and_rounds_grow_together() -> None:
    minute = 60 * SAMPLE_RATE
    material = Material(
        minute,
        (Stretch(0, 5 * minute), Stretch(0, 5 * minute)),
        (Breathing(4, tuple(minute * n for n in range(4, 15))),),
    )
    middle = fit((material.least + material.most) // 2, material)
    assert middle.rounds == (9,)
    assert middle.stretches == (150 * SAMPLE_RATE, 150 * SAMPLE_RATE)
