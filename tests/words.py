"""Listening for the words of a score: a recogniser decodes the voice round every scheduled cue.

Each window has a small grammar of its own: the words that should come, the sentences nearest to
them in length, and any string of speech sounds at a price, so that something else can win. Words
of a counted breath are short and weak alone; they are decoded as one line, in which every place
may hold any of them, or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import count, pairwise

import numpy as np
import soxr
from numpy.typing import NDArray
from pocketsphinx import Decoder

from voice_guide.score.model import Cue, CueKind, Score
from voice_guide.sound.clip import SAMPLE_RATE, Samples, frames_to_seconds

RATE_HZ = 16_000
"""What the recogniser's model was trained on."""
AROUND_S = 0.3
NOISE_DBFS = -50.0
"""Digital silence breaks the recogniser."""
SILENT_DBFS = -45.0
TOLERANCE_S = 0.15
"""Alignment is good to -40…+50 ms on cues that are known to be in place."""
_RIVALS = 3
"""Sentences on either side, by length, that may be heard instead."""
_SOUND_ODDS = 1e-8
_GARBAGE_ODDS = 1e-3
_SKIP_ODDS = 1e-4
_SOUNDS: Sequence[str] = (
    *("AA", "AE", "AH", "AO", "AW", "AY", "B", "CH", "D", "DH", "EH", "ER", "EY", "F", "G", "HH"),
    *("IH", "IY", "JH", "K", "L", "M", "N", "NG", "OW", "OY", "P", "R", "S", "SH", "T", "TH"),
    *("UH", "UW", "V", "W", "Y", "Z", "ZH"),
)

_names = count()
Arc = tuple[int, int, float] | tuple[int, int, float, str]


class Verdict(StrEnum):
    """What became of a cue."""

    RIGHT = "right"
    WRONG = "wrong"
    MISPLACED = "misplaced"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Heard:
    """One scheduled cue, and what was heard there."""

    text: str
    onset_s: float
    verdict: Verdict
    heard: str = ""
    error_s: float | None = None
    """Heard onset less the scheduled one, where the right words were heard."""


@dataclass(frozen=True, slots=True)
class Listened:
    """All that was heard of a voice stem."""

    cues: tuple[Heard, ...]
    strays_s: tuple[float, ...]
    """Where there is a voice and no cue."""

    @property
    def faults(self) -> tuple[Heard, ...]:
        """The cues that are not as they should be."""
        return tuple(one for one in self.cues if one.verdict is not Verdict.RIGHT)

    def __str__(self) -> str:
        lines = [
            f"{one.onset_s:8.3f}  {one.verdict:9}  {one.text!r}, heard {one.heard!r}"
            for one in self.faults
        ]
        lines += [f"{at:8.3f}  a voice where no word is due" for at in self.strays_s]
        return "\n".join([f"{len(self.cues) - len(self.faults)} of {len(self.cues)} right", *lines])


def check_words(score: Score, voice: Samples) -> Listened:
    """Decode the clean voice stem, `[frames]` or `[frames, 2]`, in windows round the cues."""
    mono = voice if voice.ndim == 1 else voice.mean(axis=1)
    said = [cue for cue in score.cues if cue.kind is CueKind.SPEECH]
    sentences = tuple(
        text
        for _, text in sorted({(cue.span.length, cue.text) for cue in said if cue.phase is None})
    )
    words = tuple(sorted({cue.text for cue in said if cue.phase is not None}))
    pcm = _to_recogniser(mono)
    heard: list[Heard] = []
    for group in _group(said):
        window = _window(pcm, group)
        if group[0].phase is None:
            heard.append(_hear_sentence(group[0], window, mono, sentences))
        else:
            heard += _hear_count(group, window, mono, words)
    return Listened(tuple(heard), tuple(_strays_s(said, mono)))


def _hear_sentence(
    cue: Cue, window: tuple[float, bytes], mono: Samples, sentences: Sequence[str]
) -> Heard:
    onset_s = frames_to_seconds(cue.span.onset)
    if _is_silent(cue, mono):
        return Heard(cue.text, onset_s, Verdict.MISSING)
    at = sentences.index(cue.text)
    rivals = sentences[max(0, at - _RIVALS) : at + _RIVALS + 1]
    tokens = _decode(_sentence_grammar(tuple(rivals)), window)
    said = " ".join(token for _, token in tokens)
    if not tokens or said != " ".join(_words(cue.text)):
        return Heard(cue.text, onset_s, Verdict.WRONG, said)
    return _judge(cue, _first_sound_s(mono, tokens[0][0]), said)


def _hear_count(
    group: Sequence[Cue], window: tuple[float, bytes], mono: Samples, words: tuple[str, ...]
) -> Iterator[Heard]:
    tokens = _decode(_count_grammar(words, len(group)), window)
    for cue in group:
        onset_s = frames_to_seconds(cue.span.onset)
        here = [token for token in tokens if abs(token[0] - onset_s) < 0.5]
        near = min(here, key=lambda token: abs(token[0] - onset_s), default=None)
        if near is None or _is_silent(cue, mono):
            yield Heard(cue.text, onset_s, Verdict.MISSING)
        elif near[1] != _token(cue.text):
            yield Heard(cue.text, onset_s, Verdict.WRONG, near[1])
        else:
            yield _judge(cue, _first_sound_s(mono, near[0]), near[1])


def _judge(cue: Cue, at_s: float, said: str) -> Heard:
    onset_s = frames_to_seconds(cue.span.onset)
    error_s = at_s - onset_s
    verdict = Verdict.RIGHT if abs(error_s) <= TOLERANCE_S else Verdict.MISPLACED
    return Heard(cue.text, onset_s, verdict, said, error_s)


def _group(said: Sequence[Cue]) -> Iterator[list[Cue]]:
    """Yield sentences one by one, the words of a phase together."""
    group: list[Cue] = []
    for cue in said:
        if group and cue.phase and (cue.phase, cue.round) == (group[0].phase, group[0].round):
            group.append(cue)
        else:
            if group:
                yield group
            group = [cue]
    if group:
        yield group


# ---- The recogniser ------------------------------------------------------------------------------


_NEW_WORDS = {
    "breastbone": "B R EH S T B OW N",
    "helpline": "HH EH L P L AY N",
    "paler": "P EY L ER",
    "shins": "SH IH N Z",
    "uncurl": "AH N K ER L",
    "wobbles": "W AA B AH L Z",
}
"""What narrations say and the recogniser's dictionary lacks, in its own alphabet of sounds."""


@cache
def _decoder() -> Decoder:
    decoder = Decoder(
        lm=None,
        samprate=RATE_HZ,
        loglevel="FATAL",
        silprob=0.1,  # the windows begin and end in silence
        bestpath=False,
        beam=1e-64,
        pbeam=1e-64,
        wbeam=1e-50,
    )
    for sound in _SOUNDS:
        decoder.add_word(f"~{sound}", sound, False)
    for word, sounds in _NEW_WORDS.items():
        decoder.add_word(word, sounds, word == next(reversed(_NEW_WORDS)))
    return decoder


@cache
def _sentence_grammar(sentences: tuple[str, ...]) -> str:
    """One of the sentences, or a string of sounds."""
    garbage, end, free = 1, 2, 3
    arcs: list[Arc] = [(0, garbage, _GARBAGE_ODDS), (garbage, end, 1.0)]
    arcs += [(garbage, garbage, _SOUND_ODDS, f"~{sound}") for sound in _SOUNDS]
    for sentence in sentences:
        words = _words(sentence)
        unknown = [word for word in words if not _decoder().lookup_word(word)]
        if unknown:
            raise LookupError(f"Add to _NEW_WORDS how this is said: {', '.join(unknown)}")
        states = [0, *range(free, free + len(words) - 1), end]
        free += len(words) - 1
        arcs += [(a, b, 1.0, word) for (a, b), word in zip(pairwise(states), words, strict=True)]
    return _add_grammar(end, arcs)


@cache
def _count_grammar(words: tuple[str, ...], places: int) -> str:
    """As many places as there are cues, each with any of the words, or none."""
    for word in words:
        sounds = " ".join(_decoder().lookup_word(part) for part in _words(word))
        if not _decoder().lookup_word(_token(word)):
            _decoder().add_word(_token(word), sounds, True)
    arcs: list[Arc] = []
    for place in range(places):
        arcs.append((place, place + 1, _SKIP_ODDS))
        arcs += [(place, place + 1, 1.0 / len(words), _token(word)) for word in words]
    return _add_grammar(places, arcs)


def _add_grammar(end: int, arcs: Sequence[Arc]) -> str:
    name = str(next(_names))
    _decoder().add_fsg(name, _decoder().create_fsg(name, 0, end, arcs))
    return name


def _decode(grammar: str, window: tuple[float, bytes]) -> list[tuple[float, str]]:
    """Return (seconds on the score, word) of the best path through the grammar."""
    start_s, pcm = window
    decoder = _decoder()
    decoder.activate_search(grammar)
    decoder.start_utt()
    decoder.process_raw(pcm, no_search=False, full_utt=True)
    decoder.end_utt()
    if decoder.hyp() is None:
        return []
    return [
        (start_s + part.start_frame / 100, re.sub(r"\(\d+\)$", "", part.word))
        for part in decoder.seg()
        if not part.word.startswith(("<", "[", "("))
    ]


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z']+", text.lower().replace("’", "'"))


def _token(text: str) -> str:
    """A cue as one word of the recogniser, so that no other can creep into the middle of it."""
    return "_".join(_words(text)) if " " in text else text.lower()


# ---- Samples -------------------------------------------------------------------------------------


def _to_recogniser(mono: Samples) -> NDArray[np.int16]:
    samples = soxr.resample(mono, SAMPLE_RATE, RATE_HZ).astype(np.float64)
    noise = np.random.default_rng(1).standard_normal(samples.size)
    samples += noise * 10 ** (NOISE_DBFS / 20)
    return (np.clip(samples, -1.0, 1.0) * 32_767).astype(np.int16)


def _window(pcm: NDArray[np.int16], group: Sequence[Cue]) -> tuple[float, bytes]:
    start_s = max(0.0, frames_to_seconds(group[0].span.onset) - AROUND_S)
    stop_s = frames_to_seconds(group[-1].span.end) + AROUND_S
    return start_s, pcm[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)].tobytes()


def _first_sound_s(mono: Samples, from_s: float) -> float:
    """Return where sound begins: an aligned word may take the silence before it as its own."""
    step = SAMPLE_RATE // 100
    at = round(from_s * SAMPLE_RATE)
    while at < mono.size and _level_dbfs(mono[at : at + step]) < SILENT_DBFS:
        at += step
    return frames_to_seconds(at)


def _is_silent(cue: Cue, mono: Samples) -> bool:
    return _level_dbfs(mono[cue.span.onset : cue.span.end]) < SILENT_DBFS


def _level_dbfs(samples: Samples) -> float:
    power = float(np.mean(np.square(samples), dtype=np.float64)) if samples.size else 0.0
    return float(10 * np.log10(power + 1e-12))


def _strays_s(said: Sequence[Cue], mono: Samples) -> Iterator[float]:
    """Yield where the voice sounds for a tenth of a second or more without a cue."""
    rest = mono.copy()
    for cue in said:
        rest[cue.span.onset : cue.span.end] = 0.0
    step = SAMPLE_RATE // 10
    loud = [_level_dbfs(rest[at : at + step]) > SILENT_DBFS for at in range(0, rest.size, step)]
    for number, (before, here) in enumerate(pairwise([False, *loud])):
        if here and not before:
            yield number * step / SAMPLE_RATE
