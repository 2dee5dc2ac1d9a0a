"""Recordings that stand in for patches: struck, looped and breathed, whatever they hold."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phases import hear

from voice_guide.errors import PatchError, VoiceGuideError
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Samples
from voice_guide.sound.loudness import crest_lufs, integrated_lufs, true_peak_dbtp
from voice_guide.sound.palette import BED_LUFS, BELL_LUFS, CEILING_DBTP, PACER_LUFS, Palette
from voice_guide.sound.sources.breathing import even_out
from voice_guide.sound.sources.recording import Recording, loop_recording, ring_recording
from voice_guide.sound.sources.source import Source

pytestmark = pytest.mark.long

HELD = (("in", 4), ("hold", 7), ("out", 8))
EASY = (("in", 4), ("out", 6))


def noise(seconds: float, seed: int = 1) -> Samples:
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.standard_normal((round(seconds * SAMPLE_RATE), 2)), axis=0)
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.shape[0]), 100.0))[:, np.newaxis]
    sound = np.fft.irfft(spectrum, axis=0)
    return np.asfortranarray(0.1 * sound / sound.std(), np.float32)


def tone(seconds: float, hz: float = 220.0, overtones: int = 20) -> Samples:
    """Return a reed of one pitch, its level wandering as a player's does."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    parts = (np.sin(2 * np.pi * hz * k * time + k * k) / k for k in range(1, overtones + 1))
    wander = 1.0 + 0.4 * np.sin(2 * np.pi * 0.31 * time)
    return (0.1 * wander * sum(parts)).astype(np.float32)[:, np.newaxis]


def recording(samples: Samples) -> Recording:
    def load(longest_s: float) -> Samples:
        return samples[: round(longest_s * SAMPLE_RATE)].copy(order="F")

    return Recording("here.wav", samples.shape[0] / SAMPLE_RATE, load)


def palette(kind: str, samples: Samples) -> Palette:
    made = recording(samples)
    return Palette([Source(kind, "mine", lambda: made, "here.wav", is_own=True)])


def bell(samples: Samples) -> Samples:
    return palette("bell", samples).bell("mine").samples


def bed(samples: Samples) -> Samples:
    return palette("bed", samples).bed("mine").samples


def breath(samples: Samples, pattern: tuple[tuple[str, int], ...] = HELD) -> Samples:
    parts = tuple((phase, seconds * SAMPLE_RATE) for phase, seconds in pattern)
    return palette("pacer", samples).breath("mine", parts).samples


def struck(seconds: float, wait_s: float = 0.0) -> Samples:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    ring = np.exp(-time / 0.6) * np.sin(2 * np.pi * 400 * time)
    room = 1e-4 * np.random.default_rng(3).standard_normal(round(wait_s * SAMPLE_RATE))
    return np.concatenate([room, ring]).astype(np.float32)[:, np.newaxis]


def test_a_bell_sets_in_at_once_and_dies_away_to_nothing() -> None:
    samples = bell(struck(8.0, wait_s=1.3))
    loud = np.abs(samples[:, 0]) > 0.1 * np.abs(samples).max()
    assert loud.argmax() < 0.01 * SAMPLE_RATE
    assert 3 * SAMPLE_RATE < samples.shape[0] < 6 * SAMPLE_RATE
    assert not samples[0].any()
    assert not samples[-1].any()
    assert np.abs(samples[-200:]).max() < 1e-4
    assert crest_lufs(samples) == pytest.approx(BELL_LUFS, abs=0.1)


def test_a_long_bell_is_faded_out_at_thirty_seconds() -> None:
    samples = bell(tone(45.0))
    assert samples.shape[0] <= 30 * SAMPLE_RATE
    seconds = np.sqrt((samples[:, 0].reshape(-1, 4800) ** 2).mean(axis=1))
    assert seconds[-2] < 0.01 * seconds[-60]
    assert seconds[-10] < seconds[-20] < seconds[-28]


def test_a_click_of_a_bell_is_no_louder_than_the_ceiling() -> None:
    samples = np.zeros((SAMPLE_RATE, 1), np.float32)
    samples[20_000] = 1.0
    made = bell(samples)
    assert true_peak_dbtp(made) <= CEILING_DBTP + 0.1
    assert made.shape[0] >= SAMPLE_RATE // 2


@pytest.mark.parametrize("make", [noise, tone])
@pytest.mark.parametrize("seconds", [2.0, 3.3, 20.0])
def test_a_bed_goes_round_without_a_seam(make: Callable[..., Samples], seconds: float) -> None:
    samples = bed(make(seconds))
    assert samples.shape[0] >= 0.7 * seconds * SAMPLE_RATE
    bends = np.abs(np.diff(samples, 2, axis=0))
    around = np.concatenate([samples[-2:], samples[:2]])
    assert (np.abs(np.diff(around, 2, axis=0)) <= np.quantile(bends, 0.999, axis=0)).all()
    steps = np.abs(np.diff(samples, axis=0))
    assert (np.abs(samples[0] - samples[-1]) <= np.quantile(steps, 0.999, axis=0)).all()
    assert integrated_lufs(samples) == pytest.approx(BED_LUFS, abs=0.1)


@pytest.mark.parametrize("samples", [noise(20.0), tone(20.0, overtones=1)], ids=["unlike", "alike"])
def test_the_level_does_not_change_where_the_loop_melts(samples: Samples) -> None:
    if samples.shape[1] == 1:
        samples = 0.1 * samples / np.abs(samples).max()
        samples = np.sign(samples) * np.minimum(np.abs(samples), 0.02)  # no wandering of its own
    loop = loop_recording(recording(samples), 120.0)
    loop = np.concatenate([loop, loop[: 6 * SAMPLE_RATE]])
    levels = np.sqrt((loop.reshape(-1, SAMPLE_RATE // 2, 2) ** 2).mean(axis=(1, 2)))
    span_db = 20 * np.log10(levels.max() / levels.min())
    print(f"half seconds lie within {span_db:.2f} dB")
    assert span_db < 1.5


def test_fades_at_the_ends_are_not_looped() -> None:
    samples = noise(20.0)
    samples[: 4 * SAMPLE_RATE] *= np.linspace(0, 1, 4 * SAMPLE_RATE, dtype="f4")[:, np.newaxis]
    samples[-4 * SAMPLE_RATE :] *= np.linspace(1, 0, 4 * SAMPLE_RATE, dtype="f4")[:, np.newaxis]
    loop = loop_recording(recording(samples), 120.0)
    levels = np.sqrt(
        (loop[: loop.shape[0] // 24_000 * 24_000].reshape(-1, 24_000, 2) ** 2).mean(axis=(1, 2))
    )
    assert levels.min() > 0.6 * levels.max()


def test_only_the_start_of_a_long_recording_is_used() -> None:
    samples = np.tile(noise(13.0), (10, 1))
    asked = []
    made = recording(samples)
    watched = Recording(made.place, made.length_s, lambda s: [asked.append(s), made.load(s)][1])
    loop = loop_recording(watched, 120.0)
    assert asked == [120.0]
    assert 115 * SAMPLE_RATE <= loop.shape[0] <= 120 * SAMPLE_RATE
    (listed,) = palette("bed", samples).sounds()
    assert listed.length_s == 120.0
    assert listed.note == "only the first 2 minutes are used"


def test_a_clap_of_thunder_is_no_louder_than_a_bell() -> None:
    samples = np.tile(noise(12.0), (5, 1))
    samples[20 * SAMPLE_RATE : round(20.4 * SAMPLE_RATE)] *= 18.0
    made = bed(samples)
    assert crest_lufs(made) <= BELL_LUFS + 0.1
    assert true_peak_dbtp(made) <= CEILING_DBTP + 0.1


def test_an_offset_and_rumble_are_taken_out() -> None:
    time = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
    push = (0.5 + 0.3 * np.sin(2 * np.pi * 1.5 * time)).astype(np.float32)[:, np.newaxis]
    plain, pushed = bed(noise(20.0)), bed(noise(20.0) + push)
    assert abs(pushed.mean()) < 1e-5
    assert np.abs(pushed).max() < 1.2 * np.abs(plain).max()


@pytest.mark.parametrize("channels", [1, 2])
def test_one_channel_or_two_become_stereo_by_channel(channels: int) -> None:
    samples = bed(noise(5.0)[:, :channels])
    assert samples.shape[1] == 2
    assert samples.strides[0] == samples.itemsize
    assert not samples.flags.writeable
    assert np.array_equal(samples[:, 0], samples[:, 1]) == (channels == 1)


def silence(seconds: float) -> Samples:
    return np.full((round(seconds * SAMPLE_RATE), 1), 0.25, np.float32)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: bell(silence(3.0)), "is silent"),
        (lambda: bed(silence(3.0)), "is silent"),
        (lambda: breath(silence(3.0)), "is silent"),
        (lambda: bell(np.zeros((0, 1), np.float32)), "is silent"),
        (lambda: bed(noise(1.5)), "has 1.5 s of sound"),
        (lambda: breath(noise(1.5)), "has 1.5 s of sound"),
        (lambda: bed(np.concatenate([noise(1.5)[:, :1], silence(5.0)])), "of sound"),
        (lambda: bed(noise(5.0) * np.float32(1e-4)), "all but silent"),
    ],
)
def test_what_cannot_be_used_is_explained(make: Callable[[], Samples], expected: str) -> None:
    with pytest.raises(PatchError) as caught:
        make()
    assert "here.wav" in caught.value.message
    assert expected in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("samples", [noise(12.0), tone(12.0)], ids=["noise", "reed"])
@pytest.mark.parametrize(
    "pattern", [HELD, EASY, (*EASY, ("rest", 2))], ids=["held", "easy", "rest"]
)
def test_the_phases_can_be_heard_from_a_recording(
    samples: Samples, pattern: tuple[tuple[str, int], ...]
) -> None:
    made = breath(samples, pattern)
    heard = hear(made)
    assert [phase for phase, _ in heard] == [phase for phase, _ in pattern]
    ends = np.cumsum([seconds for _, seconds in pattern])
    off_s = np.abs(np.array([end for _, end in heard]) - ends).max()
    print(f"off by {1000 * off_s:.0f} ms at most")
    assert off_s <= 0.05
    assert crest_lufs(made) == pytest.approx(PACER_LUFS, abs=0.1)
    assert not made[0].any()
    assert not made[-1].any()


def test_gusts_are_evened_out_so_that_the_breath_alone_rises() -> None:
    time = np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE
    gusts = (1.0 + 0.9 * np.sin(2 * np.pi * 0.35 * time)).astype(np.float32)[:, np.newaxis]
    even = even_out(loop_recording(recording(noise(20.0) * gusts), 60.0))
    levels = np.sqrt((even[: 16 * SAMPLE_RATE].reshape(-1, 9600, 2) ** 2).mean(axis=(1, 2)))
    print(f"within {20 * np.log10(levels.max() / levels.min()):.1f} dB")
    assert levels.max() < 1.6 * levels.min()
    made = breath(noise(20.0) * gusts)
    assert [phase for phase, _ in hear(made)] == ["in", "hold", "out"]
    hold = made[round(4.2 * SAMPLE_RATE) : round(10.8 * SAMPLE_RATE)]
    levels = np.sqrt((hold.reshape(-1, 9600, 2) ** 2).mean(axis=(1, 2)))
    assert levels.max() < 1.6 * levels.min()


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(["bell", "bed", "pacer"]),
    st.integers(1, 4 * SAMPLE_RATE),
    st.integers(0, 2**32 - 1),
    st.floats(-90.0, 40.0),
    st.floats(0.0, 1.0),
)
def test_any_recording_is_heard_safely_or_explained(
    kind: str, frames: int, seed: int, gain_db: float, silent_share: float
) -> None:
    chance = np.random.default_rng(seed)
    samples = (chance.standard_normal((frames, 1)) * 10 ** (gain_db / 20)).astype(np.float32)
    samples[: round(silent_share * frames)] = 0.0
    makers: dict[str, Callable[[Palette], Clip]] = {
        "bell": lambda palette: palette.bell("mine"),
        "bed": lambda palette: palette.bed("mine"),
        "pacer": lambda palette: palette.breath("mine", (("in", 9_000), ("out", 12_345))),
    }
    try:
        made = makers[kind](palette(kind, samples)).samples
    except VoiceGuideError as fault:
        assert fault.hint  # noqa: PT017
    else:
        assert np.isfinite(made).all()
        assert made.any()
        assert true_peak_dbtp(made) <= CEILING_DBTP + 0.1


def test_two_made_from_one_recording_are_the_same_bits() -> None:
    sound = noise(4.0)
    assert bed(sound).tobytes() == bed(sound).tobytes()
    assert breath(sound).tobytes() == breath(sound).tobytes()
    assert ring_recording(recording(sound)).tobytes() == ring_recording(recording(sound)).tobytes()
