"""What a person writes for a key, such as `ctrl+alt+b`, as X11 knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from Xlib import XK

from voice_guide.errors import VoiceGuideError

XK.load_keysym_group("xf86")

MODIFIERS: Final = {
    "shift": "Shift_L",
    "ctrl": "Control_L",
    "control": "Control_L",
    "alt": "Alt_L",
    "super": "Super_L",
    "win": "Super_L",
    "windows": "Super_L",
    "meta": "Super_L",
}
"""What people call them, and the key that stands for each."""

_ALIASES: Final = {"enter": "return", "esc": "escape", "printscreen": "print", "break": "pause"}

# Code points follow this offset where no older keysym exists (X11 protocol, appendix A).
_UNICODE: Final = 0x0100_0000

# Keys that nobody types with, and that may therefore be taken without a modifier.
_ALONE: Final = (
    range(XK.string_to_keysym("F1"), XK.string_to_keysym("F35") + 1),
    range(0x1008_FE00, 0x1009_0000),  # XF86keysym.h: media keys and the like
    tuple(map(XK.string_to_keysym, ("Pause", "Scroll_Lock", "Print", "Menu", "Help"))),
)

SUCH_AS: Final = "A key is written like ctrl+alt+b, F9 or XF86AudioPlay."


@dataclass(frozen=True, slots=True)
class Keys:
    """A key, and those to be held with it."""

    text: str
    """As the listener wrote it."""
    keysym: int
    """What is on the key, as X11 counts it."""
    modifiers: frozenset[str] = frozenset()
    """X11's names of the keys to be held, such as `Control_L`."""


def read_keys(text: str) -> Keys:
    """Return the key that is meant; raises `VoiceGuideError` where it would not do as one."""
    *held, name = (part.strip() for part in text.split("+"))
    unknown = [part for part in held if part.casefold() not in MODIFIERS]
    keysym = _find_keysym(name)
    if unknown or not keysym:
        raise VoiceGuideError(f'There is no key called "{(*unknown, name)[0]}".', SUCH_AS)
    modifiers = frozenset(MODIFIERS[part.casefold()] for part in held)
    if not modifiers - {"Shift_L"} and not any(keysym in kinds for kinds in _ALONE):
        raise VoiceGuideError(f"The key {text} could no longer be typed with.", SUCH_AS)
    return Keys(text, keysym, modifiers)


def _find_keysym(name: str) -> int:
    """Return the number of a key, whichever letters of its name are large; 0 when there is none."""
    if len(name) == 1:
        code = ord(name.lower()[0])
        return code if code < 0x100 else _UNICODE | code
    plain = _plain(name)
    plain = _ALIASES.get(plain, plain)
    # Of two that differ in size alone, such as of Greek letters, the small one lies on the key.
    names = sorted(known for known in dir(XK) if _plain(known.removeprefix("XK_")) == plain)
    return int(getattr(XK, names[-1])) if names and plain else 0


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()
