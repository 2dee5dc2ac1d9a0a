"""How much of a session was heard, and what has become of it by that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from voice_guide.score.model import CueKind, Score
from voice_guide.script.cautions import spoken
from voice_guide.session.events import Finish
from voice_guide.session.status import Ending
from voice_guide.sound.clip import Frames, frames_to_seconds

if TYPE_CHECKING:
    from voice_guide.session.prepare import Ask


class Hearing:
    """How much of one session has reached the listener."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._heard: Frames = 0
        self._reached: Frames = 0

    def play(self, start: Frames, end: Frames) -> None:
        """Take in what has sounded since the last look."""
        self._heard += max(0, end - start)
        self.reach(end)

    def reach(self, frame: Frames) -> None:
        """Take in that all before this frame was heard, or skipped by the listener's own wish."""
        self._reached = max(self._reached, frame)

    def look(self, score: Score | None) -> Ending:
        """Return what has become of it so far."""
        return Ending(
            script=self._ask.name,
            title=self._ask.script.header.title,
            ritual=self._ask.ritual,
            length_s=frames_to_seconds(score.length) if score else 0.0,
            heard_s=frames_to_seconds(self._heard),
        )

    def end(self, score: Score | None, cautions: Iterable[str], finish: Finish) -> Ending:
        """Return what has become of it; `cautions` are those that a voice has spoken."""
        return replace(
            self.look(score),
            finished=finish.complete,
            cautions_heard=tuple(
                one for one in cautions if score and _end_of(one, score) <= self._reached
            ),
            fault=finish.fault,
        )


def _end_of(caution: str, score: Score) -> Frames:
    """Return where a caution has been said, in the section before the script's own."""
    said = set(spoken(caution))
    words = (cue for cue in score.cues if cue.kind is CueKind.SPEECH and cue.section == 0)
    return max((cue.span.end for cue in words if cue.text in said), default=0)
