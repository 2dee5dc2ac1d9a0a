"""What is said to rituals here reaches those that are looked after there: in a companion."""

from __future__ import annotations

import contextlib

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.desktop.instance.place import find_folder


def tell_there() -> None:
    """Let a companion look again at once, and not only at its next look."""
    # What was asked for is done and written; one that hangs finds it when it looks by itself.
    with contextlib.suppress(VoiceGuideError):
        ask(find_folder(), ("ritual", "look"))


def answer_there(*words: str) -> str | None:
    """Let a companion answer its own offer, and return whose it was; None where there is none."""
    reply = ask(find_folder(), ("ritual", *words))
    return None if reply is None or reply.code else reply.answer
