"""The rituals of a companion, as everything in it speaks to them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from voice_guide.frontends.desktop.instance.wire import REFUSED, Reply
from voice_guide.frontends.desktop.rituals.hosting import Desk, Host
from voice_guide.frontends.services import Services
from voice_guide.session.rituals.clocks import Moment, read_moment
from voice_guide.session.rituals.offer import Offer, OfferEvent, Skip, Snooze, Stage, Start, Touched
from voice_guide.session.rituals.ticker import LOOK_S, Ticker

ONE_GESTURE_S: Final = 1.0
"""The click that lets an announced ritual be reaches us twice: on its way, and by the icon."""

_LONGEST_SNOOZE_S: Final = 12 * 3600.0

_NOTHING_WAITS: Final = Reply("No ritual waits for an answer now.", 1)


class Rituals:
    """Looks after rituals from `begin` to `close`. Every method may be called from any thread."""

    def __init__(self, services: Services, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock_s = clock_s
        self._ticker: Ticker | None = None
        self._offer: Offer | None = None
        self._touched_at_s = -math.inf

    def begin(self, desk: Desk, read: Callable[[], Moment] = read_moment) -> None:
        """Look at the clock from now on."""
        host = Host(self._services, desk, read, self._see, self._hear, self.touch)
        # A ritual that is written into the settings by hand is to be seen, be it the first.
        self._ticker = Ticker(host.usher, host.look_around, idle_s=LOOK_S)

    def close(self) -> None:
        """Take back what is offered. Safe to call twice."""
        if self._ticker is not None:
            self._ticker.close()

    def hasten(self) -> None:
        """Look now: the computer woke up, or a session is over."""
        if self._ticker is not None:
            self._ticker.hasten()

    def change(self) -> None:
        """Read rituals, skips, snoozes and pauses anew."""
        if self._ticker is not None:
            self._ticker.change()

    @property
    def waiting(self) -> str | None:
        """The name of the ritual that waits for an answer."""
        offer = self._offer
        return offer.occurrence.ritual.name if offer else None

    def accept(self) -> str | None:
        """Begin what waits, as a click does, and return what to say; None when nothing waits."""
        offer = self._offer
        if offer is None:
            return None
        name = offer.occurrence.ritual.name
        if self._is_let_be(offer):
            return f"{name} waits until you say so."
        self._hear(Start(), offer)
        return f"Beginning {name}."

    def put_off(self) -> bool:
        """Put off what waits, as a middle click does; False when nothing waits."""
        offer = self._offer
        if offer is not None and not self._is_let_be(offer):
            self._hear(Snooze(), offer)
        return offer is not None

    def touch(self) -> bool:
        """Let what would begin by itself wait for a yes; False when nothing would."""
        offer = self._offer
        if offer is None or offer.stage is Stage.WAITING:
            return False
        self._touched_at_s = self._clock_s()
        self._hear(Touched(), offer)
        return True

    def answer(self, words: Sequence[str]) -> Reply:
        """Answer what waits with a command's words; code 1 when that ritual does not wait."""
        if list(words) == ["look"]:
            self.change()
            return Reply()
        event = _to_event(words)
        if event is None:
            return Reply("That is nothing to say to a ritual.", REFUSED)
        offer, (name, *_) = self._offer, (*words[1:], "")
        if offer is None or name not in {"", offer.occurrence.ritual.name}:
            return _NOTHING_WAITS
        self._hear(event, offer)
        return Reply(offer.occurrence.ritual.name)

    def _is_let_be(self, offer: Offer) -> bool:
        """Tell whether this click is the one that lets an announced ritual be."""
        if offer.stage is not Stage.WAITING:
            self.touch()
        return self._clock_s() - self._touched_at_s < ONE_GESTURE_S

    def _see(self, offer: Offer | None) -> None:
        self._offer = offer

    def _hear(self, event: OfferEvent, offer: Offer) -> None:
        # With its key: an answer that is late does not reach what is offered next.
        if self._ticker is not None:
            self._ticker.hear(event, offer.occurrence.key)


def _to_event(words: Sequence[str]) -> Start | Snooze | Skip | None:
    """Return what a command's words say to an offer; None for what nobody understands."""
    match list(words):
        case ["start"] | ["start", _]:
            return Start()
        case ["skip"] | ["skip", _]:
            return Skip()
        case ["snooze", _, text]:
            length_s = _to_length_s(text)
            return Snooze(length_s) if length_s else None
    return None


def _to_length_s(text: str) -> float:
    """Return a snooze's length in seconds; 0 for what is none."""
    try:
        length_s = float(text)
    except ValueError:
        return 0.0
    return length_s if 0 < length_s <= _LONGEST_SNOOZE_S else 0.0
