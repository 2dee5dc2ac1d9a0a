"""Raw speech becomes even, soft and short, whatever the engine gave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_guide.sound.clip import SAMPLE_RATE, Samples
from voice_guide.sound.loudness import integrated_lufs, true_peak_dbtp
from voice_guide.voice.polish import CEILING_DBTP, TARGET_LUFS, polish, trim

RATE_HZ = 22_050
IN_CONTEXT = SAMPLE_RATE // 2


def voiced(
    seconds: float, level: float = 0.3, before_s: float = 0.0, after_s: float = 0.5
) -> Samples:
    """Return a buzz with a syllable's rise and fall four times a second."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    buzz = sum(np.cos(2 * np.pi * 110 * k * t) / k for k in range(1, 40))
    syllables = 0.55 - 0.45 * np.cos(2 * np.pi * 4 * t)
    speech = np.asarray(level * buzz / 4 * syllables, np.float32)
    return np.pad(speech, (round(before_s * RATE_HZ), round(after_s * RATE_HZ)))


@pytest.mark.long
@given(
    seconds=st.floats(0.5, 4.0),
    level=st.floats(0.005, 1.0),
    rate_hz=st.sampled_from([16_000, 22_050, 44_100, 48_000]),
)
@settings(max_examples=15, deadline=None)
def test_every_clip_is_as_loud_and_under_the_ceiling(
    seconds: float, level: float, rate_hz: int
) -> None:
    clip = polish(voiced(seconds, level), rate_hz)
    assert integrated_lufs(np.pad(clip, IN_CONTEXT)) == pytest.approx(TARGET_LUFS, abs=1.0)
    assert true_peak_dbtp(clip) <= CEILING_DBTP


def test_a_sharp_peak_bends_under_the_ceiling_and_costs_no_loudness() -> None:
    raw = voiced(2.0, 0.05)
    raw[RATE_HZ] = 1.0
    clip = polish(raw, RATE_HZ)
    assert true_peak_dbtp(clip) <= CEILING_DBTP
    assert integrated_lufs(np.pad(clip, IN_CONTEXT)) == pytest.approx(TARGET_LUFS, abs=1.0)


def test_a_clip_is_mono_float32_and_zero_at_both_ends() -> None:
    clip = polish(voiced(1.0), RATE_HZ)
    assert clip.dtype == np.float32
    assert clip.ndim == 1
    assert clip[0] == 0.0
    assert clip[-1] == 0.0
    assert np.isfinite(clip).all()


def test_silence_around_speech_is_cut_to_the_same_clip() -> None:
    tight = polish(voiced(1.0), RATE_HZ)
    wide = polish(voiced(1.0, before_s=0.7, after_s=3.0), RATE_HZ)
    assert wide.size == tight.size
    assert np.allclose(wide, tight, atol=1e-4)
    assert tight.size / SAMPLE_RATE == pytest.approx(1.0 + 0.16, abs=0.02)


def test_trimming_fills_a_missing_lead_and_tail() -> None:
    raw = np.ones(100, np.float32)
    trimmed = trim(raw, 1000)
    assert trimmed.size == 10 + 100 + 150
    assert trimmed[:10].max() == 0.0
    assert trimmed[-150:].max() == 0.0
    assert (trimmed[10:110] == 1.0).all()


def level_of(clip: Samples, low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(clip)) ** 2
    at_hz = np.fft.rfftfreq(clip.size, 1 / SAMPLE_RATE)
    return float(10 * np.log10(power[(at_hz >= low_hz) & (at_hz < high_hz)].sum()))


def test_hiss_and_rumble_are_softened() -> None:
    noise = np.random.default_rng(1).standard_normal(2 * RATE_HZ).astype(np.float32) * 0.1
    clip = polish(noise, RATE_HZ)
    middle = level_of(clip, 900, 1100)
    assert level_of(clip, 8000, 8200) < middle - 6.0
    assert level_of(clip, 20, 40) + 10 < middle
    assert level_of(clip, 11_500, 24_000) < middle - 40.0


def test_the_room_rings_on_behind_a_click_and_not_before() -> None:
    raw = np.zeros(RATE_HZ, np.float32)
    raw[RATE_HZ // 2 : RATE_HZ // 2 + 20] = 1.0
    clip = polish(raw, RATE_HZ)
    onset = round(0.010 * SAMPLE_RATE)
    direct = np.abs(clip).max()
    assert np.abs(clip[: onset - 48]).max() < 0.02 * direct
    behind = clip[onset + round(0.05 * SAMPLE_RATE) :]
    assert 1e-4 * direct < np.sqrt(np.mean(behind**2)) < 0.1 * direct


def test_the_same_speech_gives_the_same_bits() -> None:
    assert polish(voiced(1.3), RATE_HZ).tobytes() == polish(voiced(1.3), RATE_HZ).tobytes()
