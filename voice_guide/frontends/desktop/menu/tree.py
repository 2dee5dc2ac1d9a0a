"""The menu of the tray icon, its labels alive while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from voice_guide.errors import explain
from voice_guide.frontends.asking import Wishes, seed_of_today
from voice_guide.frontends.desktop.autostart import Autostart
from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.menu.choices import Choices
from voice_guide.frontends.desktop.menu.contents import Contents, ContentsWatch
from voice_guide.frontends.desktop.menu.labels import (
    GAP,
    begin_label,
    now_label,
    session_label,
    shorten,
)
from voice_guide.frontends.desktop.menu.rituals import RitualEntries
from voice_guide.frontends.desktop.notify import Notice, Notifier
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.library.catalogue import HEADINGS, CatalogueEntry
from voice_guide.frontends.library.steps import PATH, find_played
from voice_guide.frontends.more_help import open_more_help
from voice_guide.frontends.services import Services
from voice_guide.session import events
from voice_guide.session.status import Status

_MOST: Final = 60
"""Sessions of one kind: whoever has more finds them with `voice-guide find`."""

_RITUALS: Final = "rituals"
"""A kind of sessions, and what comes at fixed times: one entry has both."""


class TrayMenu:
    """Builds the menu, and carries out what is picked in it.

    Parameters
    ----------
    changed
        Called when there is something else to choose from than before, in a thread of its own.
    """

    def __init__(
        self,
        services: Services,
        commander: Commander,
        autostart: Autostart,
        notifier: Notifier,
        leave: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        self._services = services
        self._commander = commander
        self._autostart = autostart
        self._notifier = notifier
        self._leave = leave
        self._watch = ContentsWatch(services, changed)
        self._choices = Choices(services, commander, self._watch, self._do)
        look_again = partial(self._watch.ask, hurry=True)
        self._ritual_entries = RitualEntries(services, commander, look_again, self._do)

    def start(self) -> None:
        """Look at what there is to choose from: not before the icon is there, which comes first."""
        self._watch.start()

    def close(self) -> None:
        """Look no more."""
        self._watch.close()

    def build(self) -> Menu:
        """Return the whole menu; its first item is what a click on the icon does."""
        items = tuple(self._items())

        def read() -> tuple[MenuItem, ...]:
            self._watch.ask()  # somebody looks at it: what has changed will be there in a moment
            return items

        return Menu(read)

    def _items(self) -> Iterator[MenuItem]:
        yield MenuItem(
            lambda _: begin_label(self._commander.status, self._commander.ritual_waiting),
            self._do(self._toggle),
            default=True,
        )
        yield from self._ritual_entries.answers()
        yield MenuItem(
            lambda _: now_label(self._commander.status),
            None,
            enabled=False,
            visible=lambda _: self._commander.is_active,
        )
        yield Menu.SEPARATOR
        for kind in HEADINGS:
            yield MenuItem(kind.capitalize(), self._watch.menu(self._sessions_of(kind)))
        yield MenuItem(self._step_label, self._do(lambda: self._play(PATH)))
        yield self._choices.length()
        yield Menu.SEPARATOR
        yield from self._controls()
        yield Menu.SEPARATOR
        yield self._choices.sound()
        yield self._choices.favourite()
        yield Menu.SEPARATOR
        yield MenuItem(
            "Start at login",
            self._do(self._switch_autostart),
            checked=lambda _: self._autostart.is_on(),
        )
        yield MenuItem("Help now", self._do(self._help_now))
        yield MenuItem("Quit", lambda *_: self._leave())

    def _controls(self) -> Iterator[MenuItem]:
        """Yield what can be done with a session that is under way."""
        commander = self._commander

        def control(
            label: str,
            command: Callable[[], events.Command],
            can: Callable[[Status], bool] = lambda _: True,
            has: Callable[[Status], bool] = lambda _: True,
        ) -> MenuItem:
            return MenuItem(
                label,
                self._do(lambda: commander.send(command())),
                enabled=lambda _: can(commander.status),
                visible=lambda _: commander.is_active and has(commander.status),
            )

        yield control("Skip", events.Skip, can=lambda status: status.has_next)
        yield control("Back", events.Back, can=lambda status: status.length_s > 0)
        yield control("Ease: no holding", events.Ease, has=lambda status: status.has_holds)
        yield control("End", events.Stop)

    def _sessions_of(self, kind: str) -> Callable[[Contents], Iterator[MenuItem]]:
        def items(contents: Contents) -> Iterator[MenuItem]:
            entries = [one for one in contents.entries if one.kind == kind]
            # A broken one comes last: what can be heard is what somebody is looking for.
            entries.sort(key=lambda one: one.fault is not None)
            if kind == _RITUALS:
                yield from self._ritual_entries.items(contents.rituals)
                yield Menu.SEPARATOR
            for entry in entries[:_MOST]:
                yield self._session(entry)
            if len(entries) > _MOST:
                more = f"{len(entries) - _MOST} more: voice-guide list {kind}"
                yield MenuItem(more, None, enabled=False)

        return items

    def _session(self, entry: CatalogueEntry) -> MenuItem:
        action = None if entry.fault else self._do(lambda: self._play(entry.id))
        return MenuItem(session_label(entry), action, enabled=not entry.fault)

    def _step_label(self, _item: Any) -> str:
        contents = self._watch.contents
        step = contents.step if contents else None
        return f"Path: next step{GAP}{shorten(step.title)}" if step else "Path: next step"

    def _toggle(self) -> None:
        self._commander.toggle(self._play)

    def _play(self, name: str) -> str:
        name = find_played(self._services) if name == PATH else name
        said = self._commander.play(name, self._wishes(name))
        self._choices.length_s = None  # it was for this one
        return said

    def _wishes(self, name: str) -> Wishes:
        """Return the wish for a session, of the chosen length as near as the script comes to it."""
        wishes, wanted_s = Wishes(seed=seed_of_today()), self._choices.length_s
        contents = self._watch.contents
        entry = contents.find(name) if contents else None
        if wanted_s is not None and entry is not None and not entry.fault:
            shortest_s, longest_s = entry.length_s
            wanted_s = min(max(wanted_s, shortest_s), longest_s)
        return replace(wishes, length_s=wanted_s)

    def _switch_autostart(self) -> None:
        if self._autostart.is_on():
            self._autostart.turn_off()
        else:
            self._autostart.turn_on()

    def _help_now(self) -> None:
        def show(text: str) -> None:
            self._notifier.show(Notice("More help", text, slot="help", expires_s=0))

        open_more_help(self._services.paths.cache, show)

    def _do(self, deed: Callable[[], object]) -> Callable[..., None]:
        """Return a callback that tells what goes wrong in plain words."""

        def callback(*_: Any) -> None:
            try:
                deed()
            except Exception as error:  # noqa: BLE001 - told to the listener
                self._notifier.show(Notice("voice-guide", str(explain(error)), slot="fault"))

        return callback
