"""Which session a ritual plays on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.library.steps import PATH, find_played
from voice_guide.script.syntax.header import KINDS
from voice_guide.session.rituals.ritual import Ritual, rotate

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

FAVOURITE: Final = "favourite"
ROTATE: Final = "rotate:"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is played."""

    script: str
    """An id."""
    title: str
    notice: str = ""
    """Why it is not what the ritual names, in a sentence."""


def choose_script(services: Services, ritual: Ritual, day: date) -> Chosen:
    """Return what a ritual plays on this day; the favourite where its own script is gone."""
    try:
        name = _meant(services, ritual, day)
        entry = services.library.find(name)
        return Chosen(name, _title(services, entry.id))
    except VoiceGuideError as fault:
        name = services.settings_file().current().companion.favourite
        notice = f"{fault.message} So it is your favourite today."
        return Chosen(name, _title(services, name), notice)


def check_script(services: Services, script: str) -> str:
    """Return a script by its whole name; raises `VoiceGuideError` for what could not be played."""
    if script.startswith(ROTATE):
        _of_kind(services, script.removeprefix(ROTATE))
    if not is_fixed(script):
        return script
    entry = services.library.find(script)
    is_known = any(one.id == entry.id for one in services.library.entries())
    return entry.id if is_known else str(entry.path.absolute())


def is_fixed(script: str) -> bool:
    """Tell whether a ritual always plays the same."""
    return script not in {FAVOURITE, PATH} and not script.startswith(ROTATE)


def _meant(services: Services, ritual: Ritual, day: date) -> str:
    if ritual.script == FAVOURITE:
        return services.settings_file().current().companion.favourite
    if ritual.script == PATH:
        return find_played(services)
    if ritual.script.startswith(ROTATE):
        return rotate(ritual, day, _of_kind(services, ritual.script.removeprefix(ROTATE)))
    return ritual.script


def _of_kind(services: Services, kind: str) -> list[str]:
    found = [one.id for one in services.catalogue().entries() if one.kind == kind and not one.fault]
    if not found:
        known = ", ".join(KINDS)
        raise VoiceGuideError(f'There is no session of the kind "{kind[:40]}".', f"Kinds: {known}.")
    return found


def _title(services: Services, name: str) -> str:
    entries = services.catalogue().entries()
    return next((one.title for one in entries if one.id == name), name)
