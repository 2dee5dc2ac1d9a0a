"""What is said, as captions; the tones too, for those who read what others hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from voice_guide.score.model import CueKind, Score, Span
from voice_guide.script.model import Phase
from voice_guide.sound.clip import SAMPLE_RATE, Frames

_TONES: Final = {
    Phase.IN: "(breathe in)",
    Phase.HOLD: "(hold)",
    Phase.OUT: "(breathe out)",
    Phase.REST: "(rest)",
}
_SOUNDS: Final = {
    CueKind.BELL: "(bell)",
    CueKind.TENSE: "(tense)",
    CueKind.RELEASE: "(let go)",
    CueKind.WRITE: "(quiet time to write)",
}
# A bell rings long; its caption need not stay that long.
_LONGEST_SOUND: Final[Frames] = 3 * SAMPLE_RATE


class _Caption(NamedTuple):
    span: Span
    text: str


def score_to_webvtt(score: Score) -> str:
    """Return the captions as WebVTT."""
    blocks = [f"WEBVTT - {_one_line(score.title)}\nLanguage: {score.language}"]
    for caption in _captions(score):
        text = caption.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_times(caption.span, _vtt_stamp)}\n{text}")
    return "\n\n".join(blocks) + "\n"


def score_to_srt(score: Score) -> str:
    """Return the captions as SubRip."""
    blocks = [
        f"{number}\n{_times(caption.span, _srt_stamp)}\n{caption.text}"
        for number, caption in enumerate(_captions(score), start=1)
    ]
    return "\n\n".join(blocks) + "\n"


def _captions(score: Score) -> Iterator[_Caption]:
    """Yield captions that do not overlap, words before tones."""
    spoken = {cue.span.onset for cue in score.cues if cue.kind is CueKind.SPEECH}
    shown = []
    for cue in score.cues:
        if cue.kind is CueKind.SPEECH:
            shown.append(_Caption(cue.span, _one_line(cue.text)))
        elif cue.span.onset in spoken:
            continue
        elif cue.kind is CueKind.BREATH and cue.phase is not None:
            shown.append(_Caption(cue.span, _TONES[cue.phase]))
        elif cue.kind in _SOUNDS:
            end = min(cue.span.end, cue.span.onset + _LONGEST_SOUND)
            shown.append(_Caption(Span(cue.span.onset, end), _SOUNDS[cue.kind]))
    for caption, following in zip(shown, [*shown[1:], None], strict=True):
        end = caption.span.end
        if following is not None:
            end = min(end, following.span.onset)
        if end > caption.span.onset:
            yield _Caption(Span(caption.span.onset, end), caption.text)


def _times(span: Span, stamp: Callable[[Frames], str]) -> str:
    return f"{stamp(span.onset)} --> {stamp(span.end)}"


def _vtt_stamp(frames: Frames) -> str:
    whole, milliseconds = divmod(round(frames * 1000 / SAMPLE_RATE), 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{milliseconds:03d}"


def _srt_stamp(frames: Frames) -> str:
    return _vtt_stamp(frames).replace(".", ",")


def _one_line(text: str) -> str:
    return " ".join(text.split())
