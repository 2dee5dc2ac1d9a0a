"""A file that a sound can be made from: where it lies, and what is found in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voice_guide.errors import PatchError, VoiceGuideError
from voice_guide.sound.patch import KINDS, NAME, BedPatch, BellPatch, PacerPatch, Patch
from voice_guide.sound.sources.recording import USED_S, Recording, check_length

_NOTHING: Final = "none"
"""What a script says for no sound at all."""

Made = Patch | Recording


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A file that a sound can be made from."""

    kind: str
    """`bell`, `bed` or `pacer`, as its folder says; empty where that says nothing."""
    name: str
    read: Callable[[], Made]
    """Looks into the file and gives what is of this kind, or a `VoiceGuideError` that names it."""
    place: str = ""
    """Where it lies, for a person."""
    is_own: bool = False
    """Whether it is the listener's own, and does not ship with the program."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A line of the list of sounds: one that can be heard, or a file that is of no use."""

    kind: str
    name: str
    place: str
    is_own: bool
    summary: str = ""
    length_s: float | None = None
    """How long a bell rings and a loop goes round; none for the pacers of patches."""
    is_recording: bool = False
    note: str = ""
    """What a listener should know about it."""
    fault: VoiceGuideError | None = None


def read(source: Source) -> Made:
    """Look into a source, or raise a fault that names it."""
    if source.kind not in KINDS:
        raise PatchError(
            f"{source.place} lies in none of the folders of sounds.",
            "Move it to the folder bells, beds or pacers beside it.",
        )
    if not is_name(source.name):
        raise PatchError(
            f"{source.place} cannot be named in a script.",
            f"Give it a name of letters, digits, hyphens and underscores, other than {_NOTHING}.",
        )
    made = source.read()
    if isinstance(made, Recording) and source.kind != "bell":
        check_length(made.place, made.length_s)
    return made


def describe(source: Source, made: Made | VoiceGuideError, *, is_meanwhile: bool) -> Sound:
    """Return the line of the list for a source, which may stand in for one that is of no use."""
    note = "used meanwhile" if is_meanwhile else ""
    about = (source.kind, source.name, source.place, source.is_own)
    match made:
        case VoiceGuideError():
            return Sound(*about, fault=made)
        case Recording():
            used_s = USED_S[source.kind]
            if made.length_s > used_s:
                note = f"only the first {_minutes(used_s)} are used"
            length_s = min(made.length_s, used_s)
            return Sound(*about, "A recording.", length_s, is_recording=True, note=note)
        case BellPatch():
            length_s = max(partial.decay_s for partial in made.partials)
            return Sound(*about, made.summary, length_s, note=note)
        case BedPatch():
            return Sound(*about, made.summary, made.length_s, note=note)
        case PacerPatch():
            return Sound(*about, made.summary, note=note)


def is_name(name: str) -> bool:
    """Tell whether a sound can be called so."""
    return NAME.fullmatch(name) is not None and name != _NOTHING


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:g} minutes" if seconds > 60 else f"{seconds:g} seconds"
