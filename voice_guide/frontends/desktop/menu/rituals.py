"""Rituals in the menu of the tray icon: what waits, what comes next, and which of them are on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from voice_guide.frontends.desktop.menu.seen import Seen, Switch
from voice_guide.frontends.desktop.rituals.notices import SNOOZE
from voice_guide.frontends.desktop.rituals.offering import Rituals
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.rituals.book import SUGGESTED, RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.rituals.spelling import parse_time, parse_until
from voice_guide.frontends.services import Services
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.offer import SNOOZE_S
from voice_guide.session.rituals.ritual import Occurrence

Do = Callable[[Callable[[], object]], Callable[..., None]]
"""Makes a callback of a deed: it tells what goes wrong."""


class RitualEntries:
    """Makes what the menu says of rituals, and carries out what is picked there.

    Parameters
    ----------
    changed
        Called when there is something else to tell.
    """

    def __init__(
        self, services: Services, rituals: Rituals, changed: Callable[[], object], do: Do
    ) -> None:
        self._services = services
        self._rituals = rituals
        self._changed = changed
        self._do = do

    def answers(self) -> tuple[MenuItem, ...]:
        """Return what can be said to a ritual that waits, besides yes."""

        def say(*words: str) -> Callable[..., None]:
            return self._do(lambda: self._rituals.answer(words))

        def is_waiting(_item: object) -> bool:
            return self._rituals.waiting is not None

        return (
            MenuItem(SNOOZE, say("snooze", "", f"{SNOOZE_S:g}"), visible=is_waiting),
            MenuItem("Skip", say("skip"), visible=is_waiting),
        )

    def items(self, seen: Seen) -> Iterator[MenuItem]:
        """Yield all that is to be told, and done about it."""
        yield MenuItem(seen.next, None, enabled=False)
        if (today := seen.today) is not None:
            yield MenuItem(f"Skip {today.ritual.name} today", self._do(lambda: self._skip(today)))
        if seen.is_paused:
            yield MenuItem("Resume all", self._do(self._resume))
        elif any(one.is_on for one in seen.switches):
            yield MenuItem("Pause all until tomorrow", self._do(self._pause))
        yield Menu.SEPARATOR
        yield from map(self._switch, seen.switches)

    def _switch(self, switch: Switch) -> MenuItem:
        def turn() -> None:
            book, name = RitualBook(self._services), switch.name
            if name in book.tables():
                book.change(name, {"on": not switch.is_on})
            else:
                book.add(name, {**SUGGESTED[name], "on": True})
            self._tell_all()

        return MenuItem(switch.label, self._do(turn), checked=lambda _: switch.is_on)

    def _skip(self, one: Occurrence) -> None:
        JournalLedger(self._services.ledger()).skip(one, datetime.now(UTC))
        self._tell_all()

    def _pause(self) -> None:
        moment = read_moment()
        begins = parse_time(self._services.settings().journal.day_begins)
        until = parse_until("tomorrow", moment.now.astimezone(moment.zone), begins)
        JournalLedger(self._services.ledger()).pause(until.astimezone(UTC), moment.now)
        self._tell_all()

    def _resume(self) -> None:
        JournalLedger(self._services.ledger()).resume(datetime.now(UTC))
        self._tell_all()

    def _tell_all(self) -> None:
        self._rituals.change()
        self._changed()
