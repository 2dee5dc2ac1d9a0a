"""Which of a hundred voices a menu should show."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from voice_guide.voice.engine import VoiceInfo

MOST: Final = 15
"""More than these are no choice, but a search: `voice-guide voices` lists them all."""

_SCRIPTS: Final = "en"
"""The language of the scripts that come with the program."""

_VARIABLES: Final = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""Which of them counts first, as gettext has it."""


def find_language(environ: Mapping[str, str] = os.environ) -> str:
    """Return the two letters of the listener's language, English where the system says nothing."""
    spoken = next((environ[name] for name in _VARIABLES if environ.get(name)), "")
    code = spoken[:2].lower()
    # "C" and "POSIX" are the languages of machines.
    return code if code.isalpha() and spoken[2:3] in {"", "_", "-", ".", ":", "@"} else _SCRIPTS


def choose_voices(
    voices: Iterable[VoiceInfo], language: str, chosen: str | None
) -> tuple[VoiceInfo, ...]:
    """Return at most `MOST` voices: of this language, then English, then one that says nothing.

    The one that is chosen is always among them.
    """
    offered = tuple(voices)
    kept = [one for one in offered if one.language and _is(one, language)]
    kept += [one for one in offered if _is(one, _SCRIPTS) and one not in kept]
    ends = [one for one in offered if not one.language]
    ends += [one for one in offered if one.id == chosen and one not in (*kept, *ends)]
    hidden = [one for one in kept[MOST - len(ends) :] if one.id == chosen]
    ends += hidden
    return (*kept[: MOST - len(ends)], *ends)


def _is(voice: VoiceInfo, language: str) -> bool:
    return voice.language[:2].lower() == language
