"""What a session is told, what happens to it, and what it has done: frozen values.

Commands are named in the imperative, happenings in the past tense; effects are carried out by
the controller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_guide.errors import VoiceGuideError
    from voice_guide.score.model import Score
    from voice_guide.session.prepare import Ask, Prepared

# Commands.


@dataclass(frozen=True, slots=True)
class Play:
    """Begin this session; one that is under way makes room."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class Pause:
    """Rest at the next phrase or phase boundary."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Take up again."""


@dataclass(frozen=True, slots=True)
class Toggle:
    """Pause or take up again."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on to the next section."""


@dataclass(frozen=True, slots=True)
class Back:
    """Go back to the start of this section, or to the one before."""


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to this moment, without cutting a word or a breath. Both a command and its effect."""

    position_s: float
    """From the beginning of the session; what lies outside of it is taken for its nearer end."""


@dataclass(frozen=True, slots=True)
class Ease:
    """Go on without holding the breath."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End, with a fade."""

    fade_s: float = 1.5


@dataclass(frozen=True, slots=True)
class SetVolume:
    """Play this much softer than full level; never above 0. Both a command and its effect."""

    volume_db: float


Command = Play | Pause | Resume | Toggle | Skip | Back | Seek | Ease | Stop | SetVolume

# Happenings.


@dataclass(frozen=True, slots=True)
class OpeningReady:
    """The first bell can sound."""

    score: Score


@dataclass(frozen=True, slots=True)
class ScoreReady:
    """The whole session can sound."""

    prepared: Prepared


@dataclass(frozen=True, slots=True)
class Ended:
    """What was sounding came to its end."""


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """The sound output went away; the player keeps trying."""


@dataclass(frozen=True, slots=True)
class DeviceBack:
    """There is sound again."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The session cannot go on."""

    fault: VoiceGuideError


Event = Command | OpeningReady | ScoreReady | Ended | DeviceLost | DeviceBack | Failed

# Effects.


@dataclass(frozen=True, slots=True)
class Prepare:
    """Compile the opening, then speak and compile the rest, off this thread."""

    ask: Ask


@dataclass(frozen=True, slots=True)
class SoundOpening:
    """Let the opening sound."""

    score: Score


@dataclass(frozen=True, slots=True)
class SoundScore:
    """Let the whole score sound, from where the opening has come to."""

    prepared: Prepared


@dataclass(frozen=True, slots=True)
class PausePlayer:
    """Fade out and rest."""


@dataclass(frozen=True, slots=True)
class ResumePlayer:
    """Fade in and go on."""


@dataclass(frozen=True, slots=True)
class GoToSection:
    """Move the playhead by this many sections; -1 first returns to the start of this one."""

    step: int


@dataclass(frozen=True, slots=True)
class EaseScore:
    """Swap in the hold-free twin from here on."""


@dataclass(frozen=True, slots=True)
class FadeOut:
    """Fade, then fall silent; nothing more is prepared."""

    fade_s: float


@dataclass(frozen=True, slots=True)
class Tell:
    """Show the listener one plain line; empty takes it away."""

    notice: str


@dataclass(frozen=True, slots=True)
class Finish:
    """Let go of the output; `fault` says why when it could not go on."""

    fault: VoiceGuideError | None = None
    complete: bool = False
    """It was played to its end."""


Effect = (
    Prepare
    | SoundOpening
    | SoundScore
    | PausePlayer
    | ResumePlayer
    | GoToSection
    | Seek
    | EaseScore
    | FadeOut
    | SetVolume
    | Tell
    | Finish
)
