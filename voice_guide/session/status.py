"""What a listener may see at one moment of a session."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.score.model import Cue, CueKind, Score
from voice_guide.session.machine import Mode
from voice_guide.sound.clip import Frames, frames_to_seconds, seconds_to_frames

# Long enough to read a line that was just spoken, short enough not to stand there in a silence.
_CAPTION_LINGERS: Final = seconds_to_frames(4.0)

_LED = (CueKind.TENSE, CueKind.RELEASE, CueKind.WRITE)


@dataclass(frozen=True, slots=True)
class Status:
    """A frozen view of the session; the last one is always at hand."""

    state: Mode = Mode.IDLE
    script: str = ""
    """Id of the script, or its path."""
    title: str = ""
    section: str = ""
    phase: str = ""
    """`in`, `hold`, `out`, `rest`; `tense`, `release`, `write`; empty when nothing is led."""
    phase_share: float = 0.0
    """How much of the phase has passed, 0 to 1."""
    phase_left_s: float = 0.0
    round: int | None = None
    """1-based, while breathing."""
    rounds: int | None = None
    position_s: float = 0.0
    length_s: float = 0.0
    """0 until the whole score is there."""
    caption: str = ""
    notice: str = ""
    """One plain line that the listener should know."""
    eased: bool = False
    fault: VoiceGuideError | None = None
    """Why the session ended, if not by itself or by the listener's wish."""


class View:
    """A score, indexed so that any moment of it is found at once."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self._led = [cue for cue in score.cues if cue.kind is CueKind.BREATH or cue.kind in _LED]
        self._led_onsets = [cue.span.onset for cue in self._led]
        self._rounds = _rounds(self._led)
        self._words = [cue for cue in score.cues if cue.kind is CueKind.SPEECH]
        self._word_onsets = [cue.span.onset for cue in self._words]
        self._section_onsets = [section.onset for section in score.sections]

    def look(self, frame: Frames, status: Status) -> Status:
        """Return `status` with everything that depends on the playhead filled in."""
        section = bisect_right(self._section_onsets, frame) - 1
        seen = replace(
            status,
            script=self.score.script,
            title=self.score.title,
            section=self.score.sections[section].title if section >= 0 else "",
            position_s=frames_to_seconds(min(frame, self.score.length)),
            caption=self._caption(frame),
            phase="",
            round=None,
            rounds=None,
        )
        index = bisect_right(self._led_onsets, frame) - 1
        if index < 0 or frame >= self._led[index].span.end:
            return seen
        cue = self._led[index]
        return replace(
            seen,
            phase=str(cue.phase or cue.kind),
            phase_share=(frame - cue.span.onset) / max(1, cue.span.length),
            phase_left_s=frames_to_seconds(cue.span.end - frame),
            round=cue.round,
            rounds=self._rounds[index],
        )

    def _caption(self, frame: Frames) -> str:
        index = bisect_right(self._word_onsets, frame) - 1
        if index < 0 or frame >= self._words[index].span.end + _CAPTION_LINGERS:
            return ""
        return self._words[index].text


def _rounds(led: list[Cue]) -> list[int | None]:
    """Return for each cue the number of rounds in its run of breaths."""
    counts: list[int | None] = []
    last: int | None = None
    previous: Cue | None = None
    for cue in reversed(led):
        starts_run = previous is None or previous.round is None or cue.round is None
        if starts_run or (previous and previous.round and (cue.round or 0) > previous.round):
            last = cue.round
        counts.append(last)
        previous = cue
    return counts[::-1]
