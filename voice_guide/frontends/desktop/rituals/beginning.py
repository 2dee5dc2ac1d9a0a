"""A ritual that got its yes: its own session, or what comes nearest to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import LengthOutOfReach, SoundNotFound, VoiceGuideError, VoiceUnknown
from voice_guide.frontends.asking import LOST_BED, Wishes, read_script, seed_of_today
from voice_guide.frontends.rituals.choosing import Chosen
from voice_guide.session.prepare import LOST_VOICE

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services
    from voice_guide.session.rituals.ritual import Ritual

Play = Callable[[str, Wishes], str]
"""Begins a session; raises what is wrong with the wish, also what shows only as it is spoken."""

_WITHOUT: Final[dict[type[Exception], tuple[str, str]]] = {
    LengthOutOfReach: ("length_s", ""),
    VoiceUnknown: ("voice", LOST_VOICE),
    SoundNotFound: ("bed", LOST_BED),
}
"""The wish that a fault is about, and what is said when it is left out."""


def begin(services: Services, ritual: Ritual, chosen: Chosen, play: Play) -> str:
    """Begin the session; return what the listener should know of it, empty where nothing.

    Raises
    ------
    VoiceGuideError
        Not even the favourite can be played.
    """
    wishes = ritual_to_wishes(ritual)
    favourite = services.settings().companion.favourite
    told = chosen.notice
    try:
        lacking = _begin(services, chosen.script, wishes, play)
    except VoiceGuideError as fault:
        if chosen.script == favourite:
            raise
        lacking = _begin(services, favourite, wishes, play)
        told = f"{fault.message} So it is your favourite today."
    return f"{told} {lacking}".strip()


def ritual_to_wishes(ritual: Ritual) -> Wishes:
    """Return how a ritual wants its session."""
    return Wishes(
        length_s=ritual.length_s,
        voice=ritual.voice,
        seed=seed_of_today(),
        bed=ritual.bed,
        ritual=ritual.name,
    )


def _begin(services: Services, script: str, wishes: Wishes, play: Play) -> str:
    """Begin it as near to the wishes as can be; return what is lacking that one would miss."""
    _, read = read_script(services, script)
    promised, wished_s = read.header.length, wishes.length_s
    # A rotation goes through sessions of many lengths: one that is too short or long is as it is.
    if wished_s and not promised.minimum_s <= wished_s <= promised.maximum_s:
        wishes = replace(wishes, length_s=None)
    try:
        play(script, wishes)
    except tuple(_WITHOUT) as fault:
        wish, told = _WITHOUT[type(fault)]
        missed = getattr(wishes, wish)
        if missed is None:
            raise
        without: dict[str, Any] = {wish: None}
        lacking = _begin(services, script, replace(wishes, **without), play)
        return f"{told.format(missed)} {lacking}".strip()
    return ""
