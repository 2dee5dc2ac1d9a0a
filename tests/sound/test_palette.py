from collections.abc import Callable

import numpy as np
import pytest
from palettes import shipped_palette

from voice_guide.errors import SoundNotFound
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Samples
from voice_guide.sound.loudness import integrated_lufs, momentary_lufs, true_peak_dbtp
from voice_guide.sound.palette import BED_LUFS, BELL_LUFS, MUSCLE_LUFS, PACER_LUFS, Palette

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
    assert BELLS == ("low-gong", "singing-bowl", "small-bell", "wood-block")
    assert BEDS == ("brown", "night", "ocean", "pink", "rain", "warm-drone")
    assert PACERS == ("breath-like", "soft-swell", "two-tones")


@every_sound
def test_every_sound_is_at_the_level_of_its_kind(name: str) -> None:
    samples = SOUND[name](PALETTE).samples
    if name in BEDS:
        assert integrated_lufs(samples) == pytest.approx(BED_LUFS, abs=0.1)
    else:
        level = BELL_LUFS if name in BELLS else PACER_LUFS if name in PACERS else MUSCLE_LUFS
        assert momentary_lufs(samples).max() == pytest.approx(level, abs=0.1)
    assert true_peak_dbtp(samples) < -12.0


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
    again = SOUND[name](shipped_palette())
    assert again is not SOUND[name](PALETTE)
    assert again.samples.tobytes("F") == SOUND[name](PALETTE).samples.tobytes("F")


@every_edged_sound
def test_it_begins_and_ends_at_nothing_without_a_click(name: str) -> None:
    samples = SOUND[name](PALETTE).samples
    peak = np.abs(samples).max()
    assert not samples[0].any()
    assert not samples[-1].any()
    assert np.abs(samples[:10]).max() < 0.01 * peak
    assert np.abs(samples[-10:]).max() < 0.01 * peak


@pytest.mark.parametrize("name", ["soft-swell", "two-tones", "tense", "release", *BELLS])
def test_nothing_splatters_into_the_treble(name: str) -> None:
    """A click is broad: it would show above 8 kHz, where these sounds have nothing."""
    samples = SOUND[name](PALETTE).samples
    assert splatter_db(samples) < -100.0
    broken = samples.copy()
    broken[np.abs(samples[:, 0]).argmax() :] *= 0.9
    assert splatter_db(broken) > -60.0


def splatter_db(samples: Samples) -> float:
    """Return the loudest 10 ms above 8 kHz against the loudest sample."""
    spectrum = np.fft.rfft(samples[:, 0])
    spectrum[np.fft.rfftfreq(samples.shape[0], 1 / SAMPLE_RATE) < 8000.0] = 0.0
    treble = np.fft.irfft(spectrum, samples.shape[0])
    power = np.add.reduceat(treble**2, np.arange(0, treble.size, 480)) / 480
    return float(10 * np.log10(power.max()) - 20 * np.log10(np.abs(samples).max()))


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_no_seam(name: str) -> None:
    samples = PALETTE.bed(name).samples
    assert samples.shape[0] % SAMPLE_RATE == 0
    steps = np.abs(np.diff(samples, axis=0))
    seam = np.abs(samples[0] - samples[-1])
    assert (seam <= np.quantile(steps, 0.9999, axis=0)).all()
    bends = np.abs(np.diff(samples, n=2, axis=0))
    around = np.concatenate([samples[-3:], samples[:3]])
    assert np.abs(np.diff(around, n=2, axis=0)).max() <= 1.01 * bends.max()
    levels = momentary_lufs(samples)
    at_seam = momentary_lufs(np.concatenate([samples[-9600:], samples[:9600]]))
    assert levels.min() - 1.0 < at_seam[0] < levels.max() + 1.0


@pytest.mark.parametrize("name", sorted(set(BEDS) - {"warm-drone"}))
def test_noise_is_wide(name: str) -> None:
    left, right = PALETTE.bed(name).samples.T
    assert abs(np.corrcoef(left, right)[0, 1]) < 0.2


@pytest.mark.parametrize(("name", "slope_db"), [("pink", -3.0), ("brown", -6.0)])
def test_noise_has_the_colour_of_its_name(name: str, slope_db: float) -> None:
    samples = PALETTE.bed(name).samples
    power = np.abs(np.fft.rfft(samples[:, 0])) ** 2
    hz = np.fft.rfftfreq(samples.shape[0], 1 / SAMPLE_RATE)
    octaves = [power[(hz >= low) & (hz < 2 * low)].mean() for low in (150, 300, 600, 1200)]
    assert np.diff(10 * np.log10(octaves)) == pytest.approx([slope_db] * 3, abs=0.5)


def test_the_singing_bowl_rings_at_its_partials_and_beats() -> None:
    samples = PALETTE.bell("singing-bowl").samples[SAMPLE_RATE : 9 * SAMPLE_RATE, 0]
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 1 << 20)) ** 2
    hz = np.fft.rfftfreq(1 << 20, 1 / SAMPLE_RATE)
    for ratio, beat_hz in ((1.0, 1.0), (2.77, 0.8)):
        for half in (-0.5, 0.5):
            wanted = 220.0 * ratio + half * beat_hz
            near = (hz > wanted - beat_hz / 2) & (hz < wanted + beat_hz / 2)
            assert hz[near][power[near].argmax()] == pytest.approx(wanted, abs=0.15)


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
