"""The first run offers a morning and an evening ritual, and does not ask for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError, explain
from voice_guide.frontends.desktop.notify import Button, Notice, Notifier
from voice_guide.frontends.desktop.rituals.deeds import turn
from voice_guide.frontends.rituals.book import SUGGESTED, RitualBook

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

MOST: Final = 3
"""Starts at which it is asked; whoever says nothing so often has said enough."""

_ASKED: Final = "ritual-question-"
_BOTH, _NEITHER = "both", "neither"
_TIMES: Final = " and ".join(f"{fields['at']}" for fields in SUGGESTED.values())

_QUESTION: Final = Notice(
    "A quiet moment, twice a day?",
    f"At {_TIMES} a soft chime could offer you a short session. Nothing begins without a yes,"
    " and the menu of the icon has both, too.",
    (Button(_BOTH, "Both"), Button(_NEITHER, "Not now")),
    slot="ritual-question",
)


def suggest(
    services: Services,
    notifier: Notifier,
    on_change: Callable[[], None],
    tell: Callable[[str], None],
) -> bool:
    """Ask whether the suggested rituals are welcome, if that is open; say whether it was asked.

    `on_change` is called when one may be on now, `tell` with what went wrong.
    """
    try:
        if not RitualBook(services).is_undecided():
            return False
        met = services.progress().met()
        asked = sum(f"{_ASKED}{number}" in met for number in range(MOST))
        if asked >= MOST:
            return False
        services.progress().meet([f"{_ASKED}{asked}"])
    except VoiceGuideError:  # where an answer cannot be kept, nobody is asked
        return False

    def carry_out(key: str) -> None:
        try:
            _answer(RitualBook(services), key)
        except Exception as error:  # noqa: BLE001 - told to the listener
            tell(str(explain(error)))
        on_change()

    def pressed(key: str) -> None:
        # Away from the thread that shows notices: a file is written.
        threading.Thread(target=carry_out, args=(key,), name="rituals on", daemon=True).start()

    notifier.show(_QUESTION, pressed)
    return True


def _answer(book: RitualBook, key: str) -> None:
    if key == _BOTH:
        for name, fields in SUGGESTED.items():
            # Meanwhile one may have been turned on in the menu, or made by hand at another hour.
            known = book.tables().get(name)
            if known is None or known.at == fields["at"]:
                turn(book, name, is_on=True)
    elif key == _NEITHER and book.is_undecided():
        book.decide()
