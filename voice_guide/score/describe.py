"""A score in words and in figures: for a snapshot, for a script of one's own, for `check`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from voice_guide.score.model import Cue, CueKind, Score
from voice_guide.sound.clip import SAMPLE_RATE, frames_to_seconds

# Sentences nearer than this are heard as one stretch of speaking.
_ONE_BREATH_S: Final = 1.5
_PACED: Final = (CueKind.SPEECH, CueKind.BREATH, CueKind.TENSE, CueKind.RELEASE)


def describe(score: Score) -> str:
    """Return the score as text, a line a cue, under its section titles."""
    length = frames_to_seconds(score.length)
    lines = [f"{score.title} ({score.script}), {length:.2f} s"]
    section = -1
    for cue in score.cues:
        while section < cue.section:
            section += 1
            start = score.sections[section]
            lines.append(f"\n# {start.title or '(no title)'} at {_stamp(start.onset)}")
        lines.append(_line(cue))
    return "\n".join(lines) + "\n"


def score_to_json(score: Score) -> dict[str, Any]:
    """Return the score as plain values for `voice-guide score --json`, times in seconds."""
    return {
        "script": score.script,
        "title": score.title,
        "length_s": _seconds(score.length),
        "sample_rate": SAMPLE_RATE,
        "sections": [
            {"title": one.title, "onset_s": _seconds(one.onset)} for one in score.sections
        ],
        "cues": [_cue_to_json(cue, score) for cue in score.cues],
    }


@dataclass(frozen=True, slots=True)
class Report:
    """How a score is paced."""

    length_s: float
    words_per_minute: float
    """While speaking: sentences, with the short gaps between them; cue words left out."""
    silence_share: float
    """Share of the session without a voice, 0 to 1."""
    longest_gap_s: float
    """Longest stretch without a word or a pacing tone."""


def report(score: Score) -> Report:
    """Return the figures of a score."""
    said = [cue for cue in score.cues if cue.kind is CueKind.SPEECH]
    sentences = [cue for cue in said if cue.phase is None]
    words = sum(len(cue.text.split()) for cue in sentences)
    speaking_s = sum(frames_to_seconds(cue.span.length) for cue in sentences)
    for cue, following in pairwise(sentences):
        gap_s = frames_to_seconds(following.span.onset - cue.span.end)
        speaking_s += gap_s if 0 <= gap_s < _ONE_BREATH_S else 0.0
    voiced = sum(cue.span.length for cue in said)
    return Report(
        length_s=frames_to_seconds(score.length),
        words_per_minute=60.0 * words / speaking_s if speaking_s else 0.0,
        silence_share=1.0 - voiced / score.length if score.length else 0.0,
        longest_gap_s=max(_gaps_s(score), default=0.0),
    )


def _gaps_s(score: Score) -> Iterator[float]:
    reached = 0
    for cue in score.cues:
        if cue.kind in _PACED:
            yield frames_to_seconds(max(0, cue.span.onset - reached))
            reached = max(reached, cue.span.end)
    yield frames_to_seconds(score.length - reached)


def _cue_to_json(cue: Cue, score: Score) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "kind": cue.kind.value,
        "onset_s": _seconds(cue.span.onset),
        "duration_s": _seconds(cue.span.length),
    }
    if cue.kind is CueKind.SPEECH:
        plain["text"] = cue.text
    if cue.phase is not None:
        plain["phase"] = cue.phase.value
    if cue.round is not None:
        plain["round"] = cue.round
    plain["section"] = score.sections[cue.section].title if score.sections else ""
    return plain


def _line(cue: Cue) -> str:
    words = [_stamp(cue.span.onset), f"{frames_to_seconds(cue.span.length):8.3f}", cue.kind.value]
    if cue.round is not None and cue.phase is not None:
        words.append(f"{cue.round}.{cue.phase.value}")
    if cue.text:
        words.append(cue.text)
    return "  ".join(words)


def _seconds(frames: int) -> float:
    # Six places tell every frame from its neighbour (one lasts 20.8 µs).
    return round(frames_to_seconds(frames), 6)


def _stamp(frames: int) -> str:
    minutes, seconds = divmod(frames_to_seconds(frames), 60)
    return f"{int(minutes):3d}:{seconds:06.3f}"
