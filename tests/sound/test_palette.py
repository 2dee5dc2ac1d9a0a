from collections.abc import Callable

import numpy as np
import pytest
from palettes import shipped_palette, unused_palette

from voice_guide.errors import SoundNotFound
from voice_guide.sound.clip import SAMPLE_RATE, Clip
from voice_guide.sound.palette import Palette

PALETTE = shipped_palette()
BELLS, BEDS, PACERS = (PALETTE.names(kind) for kind in ("bell", "bed", "pacer"))
BREATH = (("in", 4 * SAMPLE_RATE), ("hold", 2 * SAMPLE_RATE), ("out", 6 * SAMPLE_RATE))

SOUND: dict[str, Callable[[Palette], Clip]] = {
    **{name: lambda palette, name=name: palette.bell(name) for name in BELLS},
    **{name: lambda palette, name=name: palette.bed(name) for name in BEDS},
    **{name: lambda palette, name=name: palette.breath(name, BREATH) for name in PACERS},
    "tense": lambda palette: palette.tense(5 * SAMPLE_RATE),
    "release": lambda palette: palette.release(15 * SAMPLE_RATE),
}
every_sound = pytest.mark.parametrize("name", SOUND)
every_edged_sound = pytest.mark.parametrize("name", sorted(SOUND.keys() - set(BEDS)))


def test_the_palette_has_its_sounds() -> None:
    assert BELLS == ("chime", "low-gong", "singing-bowl", "small-bell", "wood-block")
    assert BEDS == ("brown", "night", "ocean", "pink", "rain", "warm-drone")
    assert PACERS == ("breath-like", "soft-swell", "two-tones")


@every_sound
def test_every_clip_is_stereo_by_channel_finite_and_cannot_be_changed(name: str) -> None:
    samples = SOUND[name](PALETTE).samples
    assert samples.dtype == np.float32
    assert samples.shape[1:] == (2,)
    assert samples.strides[0] == samples.itemsize
    assert np.isfinite(samples).all()
    assert not samples.flags.writeable


@every_sound
def test_the_same_patch_gives_the_same_bits(name: str) -> None:
    again = SOUND[name](unused_palette())
    assert again is not SOUND[name](PALETTE)
    assert again.samples.tobytes("F") == SOUND[name](PALETTE).samples.tobytes("F")


def test_what_was_made_is_kept() -> None:
    assert PALETTE.bell("singing-bowl") is PALETTE.bell("singing-bowl")
    assert PALETTE.breath("soft-swell", BREATH) is PALETTE.breath("soft-swell", list(BREATH))


@pytest.mark.parametrize(
    ("ask", "message", "hint"),
    [
        (lambda: PALETTE.bell("singing-bol"), "no bell called singing-bol", "mean singing-bowl?"),
        (lambda: PALETTE.bed("Ocean"), "no bed called Ocean", "mean ocean?"),
        (lambda: PALETTE.bed("xyzzy"), "no bed called xyzzy", "brown, night, ocean"),
        (lambda: PALETTE.bell("rain"), "rain is a bed, not a bell", "low-gong"),
        (lambda: PALETTE.breath("none", BREATH), "no pacer called none", "two-tones"),
        (lambda: Palette().bed("rain"), "no bed called rain", "folder of sounds"),
    ],
)
def test_an_unknown_sound_is_explained(ask: Callable[[], Clip], message: str, hint: str) -> None:
    with pytest.raises(SoundNotFound) as caught:
        ask()
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_at_rest_only_the_bells_are_kept():
    palette = unused_palette()
    bell, bed, tense = palette.bell("chime"), palette.bed("pink"), palette.tense(SAMPLE_RATE)
    assert palette.bed("pink") is bed
    palette.rest()
    assert palette.bell("chime") is bell
    again = palette.bed("pink")
    assert again is not bed
    assert np.array_equal(again.samples, bed.samples)
    assert palette.tense(SAMPLE_RATE) is not tense
