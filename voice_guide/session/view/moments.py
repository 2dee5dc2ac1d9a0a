"""What a listener may see at any moment of a score."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import Final

from voice_guide.score.model import Cue, CueKind, Score
from voice_guide.script.model import Phase
from voice_guide.session.status import Status
from voice_guide.sound.clip import Frames, frames_to_seconds, seconds_to_frames

# Long enough to read a line that was just spoken, short enough not to stand there in a silence.
_CAPTION_LINGERS: Final = seconds_to_frames(4.0)

_LED = (CueKind.TENSE, CueKind.RELEASE, CueKind.WRITE)

_HELD = (Phase.HOLD, Phase.REST)
"""What easing takes away."""

_WHOLE = (CueKind.BREATH, CueKind.TENSE)
"""What makes no sense from its middle on, besides words."""


class View:
    """A score, indexed so that any moment of it is found at once."""

    def __init__(self, score: Score) -> None:
        self.score = score
        self._led = [cue for cue in score.cues if cue.kind is CueKind.BREATH or cue.kind in _LED]
        self._led_onsets = [cue.span.onset for cue in self._led]
        self._rounds = _rounds(self._led)
        held = (cue.span.end for cue in self._led if cue.phase in _HELD)
        self._holds_end = max(held, default=0)
        self._words = [cue for cue in score.cues if cue.kind is CueKind.SPEECH]
        self._word_onsets = [cue.span.onset for cue in self._words]
        self._section_onsets = [section.onset for section in score.sections]
        # A cue word within a breath ends with its phase, which is taken up whole.
        self._wholes = [
            cue.span
            for cue in score.cues
            if cue.kind in _WHOLE or (cue.kind is CueKind.SPEECH and cue.phase is None)
        ]

    def find_entry(self, wish: Frames, here: Frames) -> Frames:
        """Return where to take up for somebody at `here` who wishes to hear from `wish` on.

        In a silence that is the wish; a sentence, a phase of breath or a tensing is heard from its
        beginning, and what sounds now is left behind by a wish to go on: it is never begun again.
        """
        index = bisect_right(self._wholes, wish, key=lambda span: span.onset) - 1
        if index < 0 or wish >= self._wholes[index].end:
            return wish
        whole = self._wholes[index]
        return whole.end if whole.onset <= here < wish else whole.onset

    def look(self, frame: Frames, status: Status) -> Status:
        """Return `status` with everything that depends on the playhead filled in."""
        section = bisect_right(self._section_onsets, frame) - 1
        seen = replace(
            status,
            script=self.score.script,
            title=self.score.title,
            section=self.score.sections[section].title if section >= 0 else "",
            has_next=section + 1 < len(self.score.sections),
            position_s=frames_to_seconds(min(frame, self.score.length)),
            caption=self._caption(frame),
            has_holds=frame < self._holds_end or not status.length_s,
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
