"""Every sound that ships, measured: it must be what its patch says, and never startle.

Each test prints its figure; `pytest -s` shows them.
"""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from palettes import shipped_palette, shipped_patches

from voice_guide.sound.bed import weave_bed
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Samples
from voice_guide.sound.loudness import crest_lufs, integrated_lufs, momentary_lufs, true_peak_dbtp
from voice_guide.sound.palette import BED_LUFS, BELL_LUFS, MUSCLE_LUFS, PACER_LUFS, Palette
from voice_guide.sound.patch import BedPatch, BellPatch, Noise, PacerPatch, Partial

pytestmark = pytest.mark.long

PALETTE = shipped_palette()
PATCHES = shipped_patches()
BELLS = {name: patch for name, patch in PATCHES.items() if isinstance(patch, BellPatch)}
BEDS = {name: patch for name, patch in PATCHES.items() if isinstance(patch, BedPatch)}
PACERS = {name: patch for name, patch in PATCHES.items() if isinstance(patch, PacerPatch)}
BREATH = (("in", 4 * SAMPLE_RATE), ("hold", 2 * SAMPLE_RATE), ("out", 6 * SAMPLE_RATE))
SOUND: dict[str, tuple[float, Callable[[Palette], Clip]]] = {
    **{name: (BELL_LUFS, lambda palette, name=name: palette.bell(name)) for name in BELLS},
    **{name: (BED_LUFS, lambda palette, name=name: palette.bed(name)) for name in BEDS},
    **{
        name: (PACER_LUFS, lambda palette, name=name: palette.breath(name, BREATH))
        for name in PACERS
    },
    "tense": (MUSCLE_LUFS, lambda palette: palette.tense(5 * SAMPLE_RATE)),
    "release": (MUSCLE_LUFS, lambda palette: palette.release(15 * SAMPLE_RATE)),
}
LAYERS = {
    f"{name} {place}": (patch, layer)
    for name, patch in BEDS.items()
    for place, layer in enumerate(patch.noise, 1)
}
every_sound = pytest.mark.parametrize("name", SOUND)
every_edged_sound = pytest.mark.parametrize("name", sorted(SOUND.keys() - BEDS.keys()))

Floats = NDArray[np.float64]


def samples_of(name: str) -> Samples:
    return SOUND[name][1](PALETTE).samples


@every_sound
def test_it_is_as_loud_as_its_kind(name: str) -> None:
    samples, wanted = samples_of(name), SOUND[name][0]
    measured = integrated_lufs(samples) if name in BEDS else crest_lufs(samples)
    peak = true_peak_dbtp(samples)
    print(f"{name}: {measured:.2f} LUFS, wanted {wanted:.0f}; true peak {peak:.1f} dBTP")
    assert measured == pytest.approx(wanted, abs=0.5)
    assert peak < -12.0


@pytest.mark.parametrize("name", BEDS)
def test_no_moment_of_a_bed_stands_out(name: str) -> None:
    over = crest_lufs(samples_of(name)) - BED_LUFS
    print(f"{name}: the loudest moment is {over:.1f} LU over the whole")
    assert over < BELL_LUFS - BED_LUFS


@every_edged_sound
def test_it_begins_and_ends_at_nothing(name: str) -> None:
    samples = samples_of(name)
    peak = np.abs(samples).max()
    ends = max(np.abs(samples[:10]).max(), np.abs(samples[-10:]).max()) / peak
    print(f"{name}: {20 * np.log10(ends + 1e-12):.0f} dB against its peak at the ends")
    assert not samples[0].any()
    assert not samples[-1].any()
    assert ends < 0.01


def worst_bend(samples: Samples) -> float:
    """Return the largest second difference over what is usual within 50 ms around it."""
    worst = 0.0
    for channel in samples.T:
        bends = np.abs(np.diff(channel.astype(np.float64), 2))
        bends = bends[: bends.size // 240 * 240].reshape(-1, 240)
        power = np.convolve((bends**2).mean(axis=1), np.ones(11) / 11, "same")
        # What is 80 dB under the loudest bends cannot click.
        usual = np.sqrt(np.maximum(power, power.max() * 1e-8))
        worst = max(worst, float((bends.max(axis=1) / usual).max()))
    return worst


@every_sound
def test_nothing_clicks(name: str) -> None:
    """Noise reaches 5 to 6 times its usual bend by chance; drops and strikes are sharper."""
    samples = samples_of(name)
    worst = worst_bend(samples)
    broken = samples.copy()
    loud = int(np.abs(samples[:, 0]).argmax())
    broken[loud] += 0.5 * abs(samples[loud])
    broken_worst = worst_bend(broken)
    print(f"{name}: largest bend {worst:.1f} times the usual; with a click {broken_worst:.1f}")
    assert worst < 8.0 < broken_worst


@pytest.mark.parametrize("name", ["soft-swell", "two-tones", "tense", "release", *BELLS])
def test_nothing_splatters_into_the_treble(name: str) -> None:
    """A click is broad: it would show above 8 kHz, where these sounds have nothing."""
    samples = samples_of(name)
    print(f"{name}: {splatter_db(samples):.0f} dB above 8 kHz")
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


def seam_ranks(samples: Samples) -> tuple[float, float]:
    """Return how many of the loop's own steps and bends are smaller than those at the seam."""
    around = np.concatenate([samples[-2:], samples[:2]])
    ranks = []
    for order in (1, 2):
        own = np.abs(np.diff(samples, order, axis=0))
        at_seam = np.abs(np.diff(around, order, axis=0))
        if order == 1:
            at_seam = at_seam[1:2]
        ranks.append(float((own < at_seam.max(axis=0)).mean(axis=0).max()))
    return ranks[0], ranks[1]


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_no_seam(name: str) -> None:
    samples = samples_of(name)
    step, bend = seam_ranks(samples)
    print(f"{name}: the seam's step is over {step:.1%} of its own, its bend over {bend:.1%}")
    assert step <= 0.999
    assert bend <= 0.999
    levels = momentary_lufs(samples)
    at_seam = momentary_lufs(np.concatenate([samples[-9600:], samples[:9600]]))
    assert levels.min() - 1.0 < at_seam[0] < levels.max() + 1.0


@pytest.mark.parametrize("name", BEDS)
def test_a_seam_would_be_found(name: str) -> None:
    samples = samples_of(name)
    cuts = [seam_ranks(samples[: -1000 * number])[1] > 0.999 for number in range(1, 11)]
    print(f"{name}: {sum(cuts)} of {len(cuts)} loops that were cut short are found")
    assert sum(cuts) >= len(cuts) // 2


@pytest.mark.parametrize("name", sorted(BEDS.keys() - {"warm-drone"}))
def test_noise_is_wide(name: str) -> None:
    left, right = samples_of(name).T
    alike = float(np.corrcoef(left, right)[0, 1])
    print(f"{name}: the ears are alike by {alike:.2f}")
    assert abs(alike) < 0.2


def cut_bands(low_hz: float, high_hz: float, an_octave: int = 3) -> list[tuple[float, float]]:
    count = int(an_octave * np.log2(high_hz / low_hz))
    edges = low_hz * 2.0 ** (np.arange(count + 1) / an_octave)
    return list(pairwise(edges.tolist()))


def band_powers_db(samples: Samples, bands: list[tuple[float, float]]) -> Floats:
    """Return the power a hertz in each band, both ears together."""
    hz = np.fft.rfftfreq(samples.shape[0], 1 / SAMPLE_RATE)
    power = sum(np.abs(np.fft.rfft(channel)) ** 2 for channel in samples.T)
    return np.array([10 * np.log10(power[(hz >= a) & (hz < b)].mean()) for a, b in bands])


@pytest.mark.parametrize("layer", LAYERS)
def test_each_noise_slopes_as_written(layer: str) -> None:
    """Well inside low to high, where the soft ends of a layer do not reach."""
    patch, noise = LAYERS[layer]
    alone = weave_bed(replace(patch, noise=(replace(noise, swell=0.0),), drone=()))
    bands = cut_bands(1.5 * noise.low_hz, noise.high_hz / 1.5, 6)
    octaves = np.log2([np.sqrt(a * b) for a, b in bands])
    slope_db = float(np.polyfit(octaves, band_powers_db(alone, bands), 1)[0])
    print(f"{layer}: {slope_db:.2f} dB an octave, written {noise.slope_db:.1f}")
    assert slope_db == pytest.approx(noise.slope_db, abs=1.0)


def written_power(noise: Noise, hz: Floats) -> Floats:
    """Return the power a hertz of a layer, as the fields of a patch describe it."""
    colour = 10 ** (noise.slope_db * np.log2(hz / 1000.0) / 10)
    colour /= (1 + (noise.low_hz / hz) ** 4) * (1 + (hz / noise.high_hz) ** 4)
    crest = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1000) / 1000)) ** noise.swell_sharpness
    moving = np.mean((1 - noise.swell + noise.swell * crest) ** 2)
    return np.asarray(noise.gain**2 * moving * colour / np.sum(colour))


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_the_spectrum_that_is_written(name: str) -> None:
    patch, samples = BEDS[name], samples_of(name)
    hz = np.fft.rfftfreq(samples.shape[0], 1 / SAMPLE_RATE)
    audible = (hz >= 20) & (hz < 16_000)
    power = np.zeros(hz.size)
    for noise in patch.noise:
        power[audible] += written_power(noise, hz[audible])
    for drone in patch.drone:
        for beat_hz in {0.0, drone.beat_hz}:
            halves = 2 if drone.beat_hz else 1
            power[round((drone.hz + beat_hz) * patch.length_s)] += drone.gain**2 / 2 / halves**2
    bands = cut_bands(31.5, 16_000.0)
    wanted = np.array([10 * np.log10(power[(hz >= a) & (hz < b)].mean()) for a, b in bands])
    measured = band_powers_db(samples, bands)
    heard = wanted > wanted.max() - 60
    off = (measured - wanted)[heard]
    off -= np.median(off)
    print(f"{name}: within {np.abs(off).max():.2f} dB in {off.size} thirds of an octave")
    assert np.abs(off).max() < 1.5


@pytest.mark.parametrize("name", [name for name, patch in BEDS.items() if patch.drone])
def test_drones_sound_at_their_frequencies(name: str) -> None:
    patch, samples = BEDS[name], samples_of(name)
    power = sum(np.abs(np.fft.rfft(channel)) ** 2 for channel in samples.T)
    bin_hz = SAMPLE_RATE / samples.shape[0]
    gains = []
    for drone in patch.drone:
        halves = (drone.hz, drone.hz + drone.beat_hz)[: 1 + (drone.beat_hz > 0)]
        for wanted_hz in halves:
            middle = round(wanted_hz / bin_hz)
            found = middle - 1 + int(power[middle - 1 : middle + 2].argmax())
            print(f"{name}: {found * bin_hz:.3f} Hz for {wanted_hz:.3f}")
            assert found * bin_hz == pytest.approx(wanted_hz, abs=bin_hz)
            gains.append(np.sqrt(power[found]) * len(halves) / drone.gain)
    off_db = 20 * np.log10(np.array(gains) / np.median(gains))
    print(f"{name}: gains within {np.abs(off_db).max():.1f} dB")
    assert np.abs(off_db).max() < 3.0  # for the noise lies in the same place


def fit_partial(channel: Samples, bell: BellPatch, partial: Partial) -> tuple[float, float]:
    """Return the gain at the strike and the decay in seconds that fit one partial best.

    The partial is brought down to 0 Hz, parted from the others by a Gaussian, and compared with
    pairs of decaying tones a beat apart, of any gain and phase.
    """
    blur_s = min(0.03, partial.decay_s / 12)
    first_s = bell.attack_ms / 1000 + 4 * blur_s
    last_s = min(0.75 * partial.decay_s, 0.78 * channel.size / SAMPLE_RATE)
    channel = channel[: round((last_s + 4 * blur_s) * SAMPLE_RATE)]
    time = np.arange(channel.size) / SAMPLE_RATE
    down = channel * np.exp(-2j * np.pi * bell.base_hz * partial.ratio * time)
    reach = np.arange(-4 * blur_s, 4 * blur_s, 1 / SAMPLE_RATE)
    window = np.exp(-((reach / blur_s) ** 2) / 2)
    frames = 1 << int(np.ceil(np.log2(down.size + window.size)))
    blurred = np.fft.ifft(np.fft.fft(down, frames) * np.fft.fft(window / window.sum(), frames))
    middle = blurred[window.size // 2 : window.size // 2 + channel.size]
    chosen = np.linspace(first_s * SAMPLE_RATE, last_s * SAMPLE_RATE, 250).astype(int)
    at, heard = time[chosen], middle[chosen]
    halves = (0.5, -0.5) if partial.beat_hz else (0.0,)
    best = (np.inf, 0.0, 0.0)
    for decay_s in partial.decay_s * np.geomspace(0.5, 2.0, 81):
        damping = np.log(1000.0) / decay_s
        tones = np.stack(
            [np.exp((2j * np.pi * half * partial.beat_hz - damping) * at) for half in halves], 1
        )
        # Late and faint counts as much as early and loud.
        weights = np.exp(np.log(1000.0) / partial.decay_s * at)[:, np.newaxis]
        gains, *_ = np.linalg.lstsq(tones * weights, heard * weights[:, 0], rcond=None)
        error = float(np.linalg.norm((tones @ gains - heard) * weights[:, 0]))
        blur = (damping * blur_s) ** 2 - (np.pi * partial.beat_hz * blur_s) ** 2
        gain = float(np.linalg.norm(gains) * np.exp(-blur / 2))
        best = min(best, (error, gain, float(decay_s)))
    return best[1], best[2]


@pytest.mark.parametrize("name", BELLS)
def test_a_bell_rings_and_dies_away_as_written(name: str) -> None:
    patch, samples = BELLS[name], samples_of(name)
    # A bin of half a hertz where it rings that long: the halves of a pair may then be told apart.
    seconds = min(2.0, samples.shape[0] / SAMPLE_RATE)
    start = round(patch.attack_ms / 1000 * SAMPLE_RATE)
    piece = samples[start : start + round(seconds * SAMPLE_RATE)].sum(axis=1)
    frames = 1 << 20
    power = np.abs(np.fft.rfft(piece * np.hanning(piece.size), frames)) ** 2
    hz = np.fft.rfftfreq(frames, 1 / SAMPLE_RATE)
    gains = []
    for partial in patch.partials:
        wanted_hz = patch.base_hz * partial.ratio
        near = (hz > wanted_hz * 0.93) & (hz < wanted_hz * 1.07)
        found_hz = float(hz[near][power[near].argmax()])
        fits = [fit_partial(ear, patch, partial) for ear in samples.T]
        gains.append(float(np.hypot(*(gain for gain, _ in fits))))
        decay_s = float(np.mean([decay_s for _, decay_s in fits]))
        print(f"{name}: {found_hz:.1f} Hz for {wanted_hz:.1f}", end=", ")
        print(f"{decay_s:.2f} s for {partial.decay_s:.2f}, gain {gains[-1] / gains[0]:.3f}")
        assert decay_s == pytest.approx(partial.decay_s, rel=0.15)
        slack_hz = max(0.01 * wanted_hz, 1 / seconds) + partial.beat_hz / 2
        assert found_hz == pytest.approx(wanted_hz, abs=slack_hz)
    written = [partial.gain for partial in patch.partials]
    loudest = int(np.argmax(written))
    assert np.array(gains) / gains[loudest] == pytest.approx(np.array(written), rel=0.1)


def test_the_singing_bowl_beats() -> None:
    samples = PALETTE.bell("singing-bowl").samples[SAMPLE_RATE : 9 * SAMPLE_RATE, 0]
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size), 1 << 20)) ** 2
    hz = np.fft.rfftfreq(1 << 20, 1 / SAMPLE_RATE)
    for ratio, beat_hz in ((1.0, 1.0), (2.77, 0.8)):
        for half in (-0.5, 0.5):
            wanted = 220.0 * ratio + half * beat_hz
            near = (hz > wanted - beat_hz / 2) & (hz < wanted + beat_hz / 2)
            assert hz[near][power[near].argmax()] == pytest.approx(wanted, abs=0.15)


@pytest.mark.parametrize("name", PACERS)
def test_a_pacer_reaches_both_ends_of_its_range(name: str) -> None:
    patch = PACERS[name]
    samples = PALETTE.breath(name, BREATH).samples
    ends = {
        "start of the inhale": (0.1, patch.low_hz),
        "end of the inhale": (3.6, patch.high_hz),
        "hold": (4.8, patch.high_hz),
        "end of the exhale": (11.5, patch.low_hz),
    }
    for where, (at_s, wanted_hz) in ends.items():
        piece = samples[round(at_s * SAMPLE_RATE) :][: round(0.3 * SAMPLE_RATE)]
        window = np.hanning(piece.shape[0])
        power = sum(np.abs(np.fft.rfft(ear * window, 1 << 17)) ** 2 for ear in piece.T)
        hz = np.fft.rfftfreq(1 << 17, 1 / SAMPLE_RATE)
        heard = (hz > 60) & (hz < 5000)
        if patch.shape == "noise":
            # Its power lies evenly about its middle, counted in octaves.
            octaves = float(np.average(np.log2(hz[heard]), weights=power[heard]))
            found_hz, slack = 2**octaves, 0.25
        else:
            found_hz, slack = float(hz[heard][power[heard].argmax()]), 0.03
        print(f"{name}: {found_hz:.0f} Hz at the {where}, written {wanted_hz:.0f}")
        assert found_hz == pytest.approx(wanted_hz, rel=slack)
