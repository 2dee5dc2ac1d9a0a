"""What a listener may see at one moment of a session, and what has become of it at its end."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.score.model import Cue, CueKind, Score
from voice_guide.script.cautions import spoken
from voice_guide.script.model import Phase
from voice_guide.session.events import Finish
from voice_guide.session.machine import Mode
from voice_guide.sound.clip import Frames, frames_to_seconds, seconds_to_frames

if TYPE_CHECKING:
    from voice_guide.session.prepare import Ask

# Long enough to read a line that was just spoken, short enough not to stand there in a silence.
_CAPTION_LINGERS: Final = seconds_to_frames(4.0)

_LED = (CueKind.TENSE, CueKind.RELEASE, CueKind.WRITE)

_HELD = (Phase.HOLD, Phase.REST)
"""What easing takes away."""

_WHOLE = (CueKind.BREATH, CueKind.TENSE)
"""What makes no sense from its middle on, besides words."""


@dataclass(frozen=True, slots=True)
class Status:
    """A frozen view of the session; the last one is always at hand."""

    state: Mode = Mode.IDLE
    script: str = ""
    """Id of the script, or its path."""
    title: str = ""
    section: str = ""
    has_next: bool = False
    """Another section follows, to which one may skip."""
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
    has_holds: bool = True
    """Held breaths are still to come, or may be: the whole score is not there yet."""
    volume_db: float = 0.0
    """As the listener set it; 0 is full level."""
    fault: VoiceGuideError | None = None
    """Why the session ended, if not by itself or by the listener's wish."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What has become of a session: so far while it is heard, and once when it is over."""

    script: str
    """Id of the script, or its path."""
    title: str = ""
    ritual: str = ""
    """Name of the ritual that it belongs to."""
    length_s: float = 0.0
    """0 when it ended before the whole score was there."""
    heard_s: float = 0.0
    """Seconds that sounded; what was gone back to counts again, pauses do not."""
    finished: bool = False
    """It was played to its end, and not stopped."""
    cautions_heard: tuple[str, ...] = ()
    """Of the cautions that were spoken, those heard to their end or skipped."""
    fault: VoiceGuideError | None = None
    """Why it could not go on."""


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
