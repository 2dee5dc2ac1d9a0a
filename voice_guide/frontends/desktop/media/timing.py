"""What has to be said anew about a session: changes and jumps, not the passing of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from voice_guide.frontends.desktop.media import NowPlaying

JUMP_S: Final = 0.5
"""A position this far from where it was expected is told as a jump. Displays show whole seconds."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What was last told, and when."""

    now: NowPlaying
    at_s: float
    """On a clock that never goes back."""

    def position_s(self, at_s: float) -> float:
        """Return where the session is at this time, as far as anybody can know."""
        passed_s = at_s - self.at_s if self.now.is_playing else 0.0
        position_s = self.now.position_s + max(0.0, passed_s)
        return min(position_s, self.now.length_s) if self.now.length_s else position_s


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a picture of a session."""

    shown: Shown
    """To be compared with next time."""
    changed: bool
    """Something other than the position."""
    jumped: bool


def compare(before: Shown, now: NowPlaying, at_s: float) -> News:
    """Return what is new. A position that drifts is held against what was last told of it."""
    expected_s = before.position_s(at_s)
    changed = replace(now, position_s=0.0) != replace(before.now, position_s=0.0)
    jumped = abs(now.position_s - expected_s) > JUMP_S
    # Between jumps displays count on by themselves: so do we, or many small steps would be lost.
    told_s = now.position_s if jumped else expected_s
    return News(Shown(replace(now, position_s=told_s), at_s), changed, jumped)
