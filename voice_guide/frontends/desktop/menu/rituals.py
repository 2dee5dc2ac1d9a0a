"""Rituals in the menu of the tray icon: what waits, what comes next, and which of them are on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.menu.seen import Seen, Switch
    from voice_guide.frontends.desktop.rituals.offering import Rituals

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
        self, services: Services, commander: Commander, changed: Callable[[], object], do: Do
    ) -> None:
        self._services = services
        self._commander = commander
        self._changed = changed
        self._do = do

    def answers(self) -> Iterator[MenuItem]:
        """Yield what can be said to a ritual that waits, besides yes."""

        def answer(label: str, say: Callable[[Rituals], object]) -> MenuItem:
            def deed() -> None:
                if self._commander.rituals is not None:
                    say(self._commander.rituals)

            def is_waiting(_item: object) -> bool:
                return self._commander.ritual_waiting is not None

            return MenuItem(label, self._do(deed), visible=is_waiting)

        yield answer("Snooze 10 min", lambda rituals: rituals.put_off())
        yield answer("Skip", lambda rituals: rituals.answer(["skip"]))

    def items(self, seen: Seen) -> Iterator[MenuItem]:
        """Yield all that is to be told, and done about it."""
        # Imported here, where something is known of rituals: the icon does not wait for it.
        from voice_guide.frontends.desktop.rituals import deeds  # noqa: PLC0415
        from voice_guide.frontends.rituals.book import RitualBook  # noqa: PLC0415 - as above

        def change(deed: Callable[[], None]) -> Callable[..., None]:
            def and_tell() -> None:
                deed()
                self._tell_all()

            return self._do(and_tell)

        services = self._services
        yield MenuItem(seen.next, None, enabled=False)
        if (today := seen.today) is not None:
            label = f"Skip {today.ritual.name} today"
            yield MenuItem(label, change(lambda: deeds.skip(services, today)))
        if seen.is_paused:
            yield MenuItem("Resume all", change(lambda: deeds.resume(services)))
        elif any(one.is_on for one in seen.switches):
            pause = change(lambda: deeds.pause_until_tomorrow(services))
            yield MenuItem("Pause all until tomorrow", pause)
        yield Menu.SEPARATOR

        def switch(one: Switch) -> MenuItem:
            turn = change(lambda: deeds.turn(RitualBook(services), one.name, is_on=not one.is_on))
            return MenuItem(one.label, turn, checked=lambda _: one.is_on)

        yield from map(switch, seen.switches)

    def _tell_all(self) -> None:
        if self._commander.rituals is not None:
            self._commander.rituals.change()
        self._changed()
