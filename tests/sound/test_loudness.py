import re
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice_guide.sound.clip import SAMPLE_RATE, Samples
from voice_guide.sound.loudness import integrated_lufs, momentary_lufs, true_peak_dbtp


def sine(hz: float, seconds: float, gain: float = 1.0, phase: float = 0.0) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (gain * np.sin(2 * np.pi * hz * time + phase)).astype(np.float32)


def test_full_scale_sine_in_one_channel_reads_what_the_standard_says() -> None:
    assert integrated_lufs(sine(997.0, 20.0)) == pytest.approx(-3.01, abs=0.02)


def test_two_equal_channels_are_three_decibels_louder_than_one() -> None:
    mono = sine(440.0, 3.0, 0.1)
    stereo = np.asfortranarray(np.stack([mono, mono], axis=1))
    assert integrated_lufs(stereo) - integrated_lufs(mono) == pytest.approx(3.01, abs=0.01)


def test_silence_and_nothing_are_minus_infinity() -> None:
    for silent in (np.zeros(96_000, np.float32), np.zeros(0, np.float32), np.zeros((9, 2), "f4")):
        assert integrated_lufs(silent) == float("-inf")
        assert true_peak_dbtp(silent) == float("-inf")


def test_quiet_passages_do_not_count() -> None:
    loud = sine(997.0, 5.0, 0.1)
    quiet = sine(997.0, 20.0, 0.1 * 10 ** (-30 / 20))
    assert integrated_lufs(np.concatenate([loud, quiet])) == pytest.approx(-23.0, abs=0.15)


def test_momentary_follows_the_sound() -> None:
    levels = momentary_lufs(np.concatenate([sine(997.0, 1.0, 0.1), sine(997.0, 1.0, 0.01)]))
    assert levels.shape == (17,)
    assert levels[0] == pytest.approx(-23.0, abs=0.1)
    assert levels[-1] == pytest.approx(-43.0, abs=0.1)


def test_a_short_word_is_measured_over_its_own_length() -> None:
    assert integrated_lufs(sine(997.0, 0.25, 0.1)) == pytest.approx(-23.0, abs=0.2)


def test_true_peak_is_found_between_the_samples() -> None:
    quarter_rate = sine(SAMPLE_RATE / 4, 1.0, 0.5, np.pi / 4)
    edged = quarter_rate * np.hanning(quarter_rate.size).astype(np.float32)
    assert 20 * np.log10(np.abs(edged).max()) == pytest.approx(-9.03, abs=0.02)
    assert true_peak_dbtp(edged) == pytest.approx(-6.02, abs=0.05)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 60_000),
    # A window of sound at least: a stray sample between two windows is too little to measure.
    st.integers(24_000, 200_000),
    st.floats(-40.0, 0.0),
    st.integers(0, 2**32 - 1),
)
def test_gain_moves_every_measure_by_itself(
    start: int, length: int, gain_db: float, seed: int
) -> None:
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * 0.1
    sound = np.concatenate([np.zeros(start, np.float32), noise])
    softer = sound * np.float32(10 ** (gain_db / 20))
    assert true_peak_dbtp(softer) == pytest.approx(true_peak_dbtp(sound) + gain_db, abs=0.01)
    level, softer_level = np.max(momentary_lufs(sound)), np.max(momentary_lufs(softer))
    assert softer_level == pytest.approx(level + gain_db, abs=0.01)


@pytest.mark.real
@pytest.mark.parametrize("seed", range(4))
def test_ffmpeg_agrees(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    channels, seconds = 1 + seed % 2, 9.7 + seed
    frames = round(seconds * SAMPLE_RATE)
    swell = 10 ** ((15 * np.sin(np.linspace(0, 9, frames)) - 30) / 20)
    spectrum = np.fft.rfft(rng.standard_normal((channels, frames)))
    spectrum /= np.maximum(np.arange(spectrum.shape[1]), 20.0) ** (seed / 3)
    noise = np.fft.irfft(spectrum, frames)
    sound = (noise / noise.std() * swell).T.clip(-0.99, 0.99)
    path = tmp_path / "noise.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, SAMPLE_RATE, frames, "NONE", ""))
        file.writeframes((sound * 32767).round().astype("<i2").tobytes())
    report = subprocess.run(
        ["ffmpeg", "-nostats", "-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    summary = report[report.rindex("Summary:") :]
    integrated, peak = (
        float(found[1])
        for found in (
            re.search(r"I:\s+(-?[\d.]+)", summary),
            re.search(r"Peak:\s+(-?[\d.]+)", summary),
        )
        if found
    )
    written = ((sound * 32767).round() / 32767).astype(np.float32)
    mono_or_stereo = written[:, 0] if channels == 1 else written
    assert integrated_lufs(mono_or_stereo) == pytest.approx(integrated, abs=0.1)
    assert true_peak_dbtp(mono_or_stereo) == pytest.approx(peak, abs=0.15)
