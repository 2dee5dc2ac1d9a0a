"""What a listener may see at one moment of a session, and what has become of it at its end.

Values alone, and no arithmetic behind them: the companion's icon is there before numpy is.
"""

from __future__ import annotations

from dataclasses import dataclass

from voice_guide.errors import VoiceGuideError
from voice_guide.session.machine import Mode


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
    is_ending: bool = False
    """The last fade is on its way."""
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
