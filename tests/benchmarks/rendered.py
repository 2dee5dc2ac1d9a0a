"""What a render must be: every cue in its frame, exact lengths, the same bits, calm levels."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from words import Verdict, check_words

from benchmarks import material
from benchmarks.table import Row
from voice_guide.errors import LengthOutOfReach
from voice_guide.output.export import export
from voice_guide.score.model import Cue, CueKind, Score, Stem
from voice_guide.score.orchestra import cue_utterance
from voice_guide.score.render import render
from voice_guide.script.model import Phase
from voice_guide.script.utterance import Utterance
from voice_guide.session.prepare import Prepared
from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples
from voice_guide.sound.loudness import integrated_lufs, momentary_lufs, true_peak_dbtp

SEARCHED: Frames = 480
"""Each side: 10 ms, far more than any error that could be forgiven."""
COMPARED: Frames = 9_600


def measure_placement(_quick: bool) -> list[Row]:
    """Find each cue's own sound in its stem, and compare where it lies with where it should."""
    prepared = material.evening(20)
    errors = [
        offset_of(sound, prepared.score, stem, onset)
        for onset, stem, sound in expected_sounds(prepared)
    ]
    early, late = errors[: len(errors) // 4], errors[-len(errors) // 4 :]
    drift = abs(np.mean(late) - np.mean(early))
    worst = max(map(abs, errors))
    figure = f"{worst} frames at worst in {len(errors)} cues over 20 min, drift {drift:.1f}"
    return [
        Row("placement in a render", figure, "1 frame, no drift", worst <= 1 and bool(drift < 0.5))
    ]


def expected_sounds(prepared: Prepared) -> Iterator[tuple[Frames, Stem, Samples]]:
    """Yield where each cue should begin, in which stem, and what it should sound like there."""
    score, palette = prepared.score, material.services().palette()
    paces = [one for one in score.placements if one.stem is Stem.PACER]
    for cue in score.cues:
        onset = cue.span.onset
        if cue.kind is CueKind.SPEECH:
            yield onset, Stem.VOICE, _speech(prepared, cue)
        elif cue.kind is CueKind.BELL:
            yield onset, Stem.BELLS, palette.bell(cue.text).samples[:, 0]
        elif cue.kind in {CueKind.BREATH, CueKind.TENSE, CueKind.RELEASE}:
            pace = next(one for one in paces if one.span.onset <= onset < one.span.end)
            yield onset, Stem.PACER, pace.clip.samples[onset - pace.span.onset :, 0]


def _speech(prepared: Prepared, cue: Cue) -> Samples:
    voicing = prepared.ask.request.voicing
    of_word = cue_utterance(cue.text, voicing)
    utterance = of_word if cue.phase else Utterance(cue.text, voicing)
    return prepared.clips[utterance].samples


def offset_of(sound: Samples, score: Score, stem: Stem, onset: Frames) -> Frames:
    """Return how many frames late a sound lies in its stem: where it is most like itself."""
    wanted = sound[:COMPARED].astype(np.float64)
    start = max(0, onset - SEARCHED)
    found = render(score, start, onset + len(wanted) + SEARCHED, {stem})[:, 0].astype(np.float64)
    return best_match(found, wanted) - (onset - start)


def best_match(found: NDArray[np.floating], wanted: NDArray[np.floating]) -> Frames:
    """Return where `wanted` begins in `found`, by normalised correlation."""
    size = 1 << (len(found) + len(wanted)).bit_length()
    product = np.fft.rfft(found, size) * np.conj(np.fft.rfft(wanted, size))
    places = len(found) - len(wanted) + 1
    likeness = np.fft.irfft(product, size)[:places]
    energy = np.concatenate([[0.0], np.cumsum(found**2)])
    energy = energy[len(wanted) :] - energy[:places]
    return int(np.argmax(likeness / np.sqrt(np.maximum(energy, energy.max() * 1e-9 + 1e-30))))


def measure_lengths(_quick: bool) -> list[Row]:
    """Compile every script to every whole minute of its range."""
    worst_s, count, faults = 0.0, 0, 0
    for name in material.shipped_ids():
        reach = material.shipped(name).ask.script.header.length
        for minutes in range(-(-int(reach.minimum_s) // 60), int(reach.maximum_s) // 60 + 1):
            count += 1
            try:
                score = material.shipped(name, minutes).score
            except LengthOutOfReach:
                faults += 1
                continue
            worst_s = max(worst_s, abs(score.length / SAMPLE_RATE - 60 * minutes))
            breaths = [cue for cue in score.cues if cue.kind is CueKind.BREATH]
            faults += bool(breaths) and breaths[-1].phase is not Phase.OUT
    figure = f"{worst_s:.3f} s at worst in {count} lengths, {faults} without their end"
    at_least = "1 s, ends on an exhale"
    return [Row("exact length", figure, at_least, worst_s <= 1 and not faults)]


def measure_sameness(_quick: bool) -> list[Row]:
    """Speak, compile, render and export in two processes, and cut one render in many ways."""
    digests = {material.run_part("rendered", seed, env=_hashed(seed)).stdout for seed in (1, 2)}
    score = material.shipped("breathing/4-7-8").score
    whole = render(score, 0, score.length)
    rng = np.random.default_rng(1)
    same = 0
    for pieces in (2, 7, 100, 1_000):
        edges = [0, *sorted(rng.integers(0, score.length, pieces).tolist()), score.length]
        parts = [render(score, a, b) for a, b in pairwise(edges)]
        same += np.array_equal(np.concatenate(parts).view(np.uint32), whole.view(np.uint32))
    alike = "the same" if len(digests) == 1 else "DIFFERENT"
    figure = f"{alike} bytes in two processes with empty caches (render, WAV, FLAC); "
    figure += f"{same} of 4 cuts bit-equal"
    return [Row("determinism", figure, "same bytes, same bits", len(digests) == 1 and same == 4)]


def _hashed(seed: int) -> dict[str, str]:
    return {**os.environ, "PYTHONHASHSEED": str(seed)}


def print_digest() -> None:
    """Print what one process makes of a script, from an empty cache on."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[material.HOME] = folder
        prepared = material.shipped("breathing/4-7-8", 4)
        samples = render(prepared.score, 0, prepared.score.length)
        print(hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest())
        for ending in ("wav", "flac"):
            (path,) = export(prepared.score, Path(folder, f"session.{ending}"))
            print(hashlib.sha256(path.read_bytes()).hexdigest())
        material.services().close()


def measure_loudness(quick: bool) -> list[Row]:
    """Measure every shipped session, by our own meter and by ffmpeg's."""
    voices, theirs, beds, peaks, firsts = [], [], [], [], []
    for name in material.shipped_ids()[: 1 if quick else None]:
        score = material.shipped(name).score
        voice = render(score, 0, score.length, {Stem.VOICE})
        mix = render(score, 0, score.length)
        voices.append(integrated_lufs(voice))
        theirs.append(ebur128(voice))
        beds.append(voices[-1] - _bed_while_speaking(score))
        peaks.append(true_peak_dbtp(mix))
        firsts.append(float(momentary_lufs(mix[:SAMPLE_RATE]).max()))
    apart = max(abs(a - b) for a, b in zip(voices, theirs, strict=True))
    off = max(abs(one + 18) for one in (*voices, *theirs))
    return [
        Row("loudness: voice", _range(voices, "LUFS"), "-18 LUFS within 1", off <= 1),
        Row("loudness: meters", f"{apart:.2f} LU from ebur128", "for orientation", None),
        Row("loudness: bed", f"{min(beds):.1f} dB under the voice", "20 dB", min(beds) >= 20),
        Row("loudness: peak", f"{max(peaks):.1f} dBTP", "-3 dBTP", max(peaks) <= -3),
        Row("loudness: first second", _range(firsts, "LUFS"), "-30 LUFS", max(firsts) <= -30),
    ]


def _range(values: list[float], unit: str) -> str:
    return f"{min(values):.1f} to {max(values):.1f} {unit}"


def _bed_while_speaking(score: Score) -> float:
    """Return the bed's loudest moment of 400 ms while anybody speaks."""
    windows = momentary_lufs(render(score, 0, score.length, {Stem.BED}))
    onsets = np.arange(len(windows)) * (SAMPLE_RATE // 10)
    ends = onsets + 4 * SAMPLE_RATE // 10
    spans = [cue.span for cue in score.cues if cue.kind is CueKind.SPEECH]
    spoken = np.any([(onsets >= span.onset) & (ends <= span.end) for span in spans], axis=0)
    return float(windows[spoken].max())


def ebur128(samples: Samples) -> float:
    """Return ffmpeg's integrated LUFS."""
    command = ["ffmpeg", "-hide_banner", "-nostats", "-f", "f32le", "-ar", str(SAMPLE_RATE)]
    command += ["-ac", "2", "-i", "-", "-af", "ebur128", "-f", "null", "-"]
    data = np.ascontiguousarray(samples).tobytes()
    told = subprocess.run(command, input=data, capture_output=True, check=True).stderr.decode()
    integrated = re.search(r"I:\s+(-?[\d.]+|-inf) LUFS", told[told.rindex("Summary:") :])
    assert integrated is not None
    return float(integrated[1])


def measure_words(quick: bool) -> list[Row]:
    """Decode the clean voice stem in windows round its cues."""
    cues, faults, misplaced, strays = 0, 0, 0, 0
    for name in material.shipped_ids()[: 1 if quick else None]:
        score = material.shipped(name).score
        heard = check_words(score, render(score, 0, score.length, {Stem.VOICE}))
        cues += len(heard.cues)
        faults += len(heard.faults)
        misplaced += sum(one.verdict is not Verdict.WRONG for one in heard.faults)
        strays += len(heard.strays_s)
    figure = f"{cues - faults} of {cues} cues right, {misplaced} out of place, {strays} strays"
    # The recogniser takes a short line for another now and then; see the tests of words.
    at_least = "98 % right, none out of place"
    is_met = faults <= 0.02 * cues and not misplaced and not strays
    return [Row("words", figure, at_least, is_met)]


if __name__ == "__main__":
    print_digest()
