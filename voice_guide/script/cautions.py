"""Cautions: what to take care of in a session, spoken once and shown always."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from voice_guide.script.text import split_sentences


class Caution(NamedTuple):
    """One caution in two lengths."""

    shown: str
    """All of it, to read."""
    spoken: str
    """The heart of it, to hear: plain sentences, without digits or brackets."""


BREATH_HOLD: Final = "breath-hold"

# Two cautions that are spoken one after the other say a sentence that they share only once.
_DIZZY: Final = "Stop if you feel dizzy, and never do this in water or while driving."

# Of holds, tensing and kindness: shared practice of the guides to each, gathered with care and not
# clinical advice. Of stillness: Kim & Newman 2019, relaxation can itself make people uneasy.
CAUTIONS: Final[dict[str, Caution]] = {
    BREATH_HOLD: Caution(
        shown="Holding the breath is best left out with pregnancy, with heart, blood pressure, "
        "breathing, seizure or eye-pressure conditions, after recent surgery, and in panic. The "
        "same session is there hold-free, in the same time. Never in water or while driving. Stop "
        "when you feel dizzy.",
        spoken="Please breathe without holding in pregnancy, in panic, after surgery, or with "
        f"heart, blood pressure, lung, eye or seizure conditions. {_DIZZY}",
    ),
    "slow-breath": Caution(
        shown="Breathe as you like whenever you feel dizzy or uneasy. Never in water or while "
        "driving.",
        spoken=f"Breathe as you like whenever this feels uneasy. {_DIZZY}",
    ),
    "tensing": Caution(
        shown="Muscles are tensed for a few seconds. Leave out whatever hurts, and keep breathing.",
        spoken="Leave out whatever hurts, and keep breathing all the while.",
    ),
    "stillness": Caution(
        shown="Resting can make some people uneasy (Kim & Newman 2019). At any time, open your "
        "eyes, listen to the sounds of the room, or stop.",
        spoken="Resting can make some people uneasy. If it does, open your eyes, listen to the "
        "room, or stop at any time.",
    ),
    "strong-feelings": Caution(
        shown="Kindness, memories and hard subjects can bring up old pain. At any time, feel your "
        "feet on the floor, or stop.",
        spoken="Kindness or memories can bring up old pain. If they do, feel your feet on the "
        "floor, or stop at any time.",
    ),
    "driving": Caution(
        shown="Keep this for a time when nothing else needs your attention; never while driving.",
        spoken="Please keep this for a time when nothing else needs your attention.",
    ),
}


def shown(caution: str) -> str:
    """Return a caution to read; one in an author's own words is itself."""
    return CAUTIONS[caution].shown if caution in CAUTIONS else caution


def spoken(caution: str) -> tuple[str, ...]:
    """Return the sentences of a caution to hear; none for a name that nobody knows."""
    if caution in CAUTIONS:
        return split_sentences(CAUTIONS[caution].spoken)
    return () if is_unknown(caution) else split_sentences(caution)


def is_unknown(caution: str) -> bool:
    """Tell whether this is a single word, as names are, and no name: more words are an author's."""
    return caution not in CAUTIONS and not caution.strip().count(" ")


def select_unmet(
    cautions: Sequence[str], met: Collection[str], *, hold_free: bool
) -> tuple[str, ...]:
    """Return the cautions to speak: what a listener has met, or leaves out, needs no words."""
    left_out = {BREATH_HOLD} if hold_free else set()
    return tuple(
        one for one in dict.fromkeys(cautions) if spoken(one) and one not in {*met, *left_out}
    )
