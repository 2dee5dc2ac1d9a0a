"""What is said on the screen about a ritual that waits."""

from __future__ import annotations

from typing import Final

from voice_guide.frontends.desktop.notify import Button, Notice
from voice_guide.frontends.rituals.choosing import Chosen
from voice_guide.session.rituals.offer import SNOOZE_S, Offer, Skip, Snooze, Stage, Start

SLOT: Final = "ritual"

SNOOZE: Final = f"Snooze {SNOOZE_S / 60:.0f} min"

_START, _SNOOZE, _SKIP = "start", "snooze", "skip"
_BUTTONS: Final = (Button(_START, "Start"), Button(_SNOOZE, SNOOZE), Button(_SKIP, "Skip"))

_ANSWERS: Final[dict[str, Start | Snooze | Skip]] = {
    _START: Start(),
    _SNOOZE: Snooze(),
    _SKIP: Skip(),
}

_ASKING: Final = "begins when you say so."
_ANNOUNCED: Final = "begins by itself in a moment. Any key or a click lets it wait."
_COUNTING: Final = "begins in ten seconds. Any key or a click lets it wait."


def offer_to_notice(offer: Offer, chosen: Chosen) -> Notice:
    """Return the notice of an open offer; it stands there until it is answered."""
    what = {Stage.ANNOUNCING: _ANNOUNCED, Stage.COUNTING: _COUNTING}.get(offer.stage, _ASKING)
    message = f"Your ritual “{offer.occurrence.ritual.name}” {what}"
    if chosen.notice:
        message += f" {chosen.notice}"
    return Notice(chosen.title, message, _BUTTONS, SLOT, expires_s=0)


def key_to_answer(key: str) -> Start | Snooze | Skip | None:
    """Return what a button of that notice means."""
    return _ANSWERS.get(key)
