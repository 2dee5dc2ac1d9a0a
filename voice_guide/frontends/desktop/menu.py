"""The menu of the tray icon, its labels alive while it is open."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from voice_guide.errors import explain
from voice_guide.frontends.asking import Wishes, seed_of_today
from voice_guide.frontends.desktop.autostart import Autostart
from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.frontends.library.steps import find_played
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import length_to_text
from voice_guide.script.syntax.header import KINDS
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.store.paths import shipped

_LENGTHS_MIN: Final = (None, 2, 3, 5, 10, 15, 20, 30)
_VOLUMES: Final = (1.0, 0.7, 0.5, 0.35, 0.2)
_PHASES: Final = {
    "in": "breathing in",
    "hold": "holding",
    "out": "breathing out",
    "rest": "resting",
    "tense": "tightening",
    "release": "letting go",
    "write": "writing",
}


@dataclass
class Choices:
    """What was picked in the menu and holds until the program ends; the menu's thread alone."""

    length_min: int | None = None
    bed: str | None = None
    volume: float = 1.0


class TrayMenu:
    """Builds the menu. Everything in it is asked anew each time it opens."""

    def __init__(
        self,
        services: Services,
        commander: Commander,
        autostart: Autostart,
        tell: Callable[[str], None],
        leave: Callable[[], None],
    ) -> None:
        self._services = services
        self._commander = commander
        self._autostart = autostart
        self._tell = tell
        self._leave = leave
        self._choices = Choices()

    def build(self) -> Menu:
        """Return the whole menu; its first item is what a click on the icon does."""
        commander = self._commander
        active = self._is_active
        return Menu(
            MenuItem(self._first_label, self._do(commander.toggle), default=True),
            MenuItem(self._now_label, None, enabled=False, visible=active),
            Menu.SEPARATOR,
            MenuItem("Skip", self._send(events.Skip), visible=active),
            MenuItem("Back", self._send(events.Back), visible=active),
            MenuItem("Ease: no holding", self._send(events.Ease), visible=active),
            MenuItem("End", self._send(events.Stop), visible=active),
            *(MenuItem(kind.capitalize(), Menu(self._sessions_of(kind))) for kind in KINDS),
            MenuItem(self._path_label, self._do(lambda: self._play("path"))),
            Menu.SEPARATOR,
            MenuItem("Length", Menu(*map(self._length_item, _LENGTHS_MIN))),
            MenuItem(
                "Sound",
                Menu(
                    MenuItem("Volume", Menu(*map(self._volume_item, _VOLUMES))),
                    MenuItem("Bed", Menu(self._beds)),
                ),
            ),
            MenuItem(
                "Start at login",
                self._do(self._switch_autostart),
                checked=lambda _: self._autostart.is_on(),
            ),
            MenuItem("Help now", self._do(self._help_now)),
            MenuItem("Quit", lambda *_: self._leave()),
        )

    def _do(self, work: Callable[[], object]) -> Callable[..., None]:
        """Return a callback that tells what goes wrong in plain words."""

        def callback(*_: Any) -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 - told to the listener
                self._tell(str(explain(error)))

        return callback

    def _send(self, command: Callable[[], events.Command]) -> Callable[..., None]:
        return self._do(lambda: self._commander.send(command()))

    def _is_active(self, _item: Any) -> bool:
        return self._commander.is_active

    def _first_label(self, _item: Any) -> str:
        status = self._commander.status
        if not self._commander.is_active:
            return "Breathe now"
        return "Resume" if status.state is Mode.PAUSED else "Pause"

    def _now_label(self, _item: Any) -> str:
        status = self._commander.status
        left_s = max(0.0, status.length_s - status.position_s)
        minutes, seconds = divmod(int(left_s), 60)
        parts = [status.title or "One moment", _PHASES.get(status.phase, status.section)]
        parts += [f"{minutes}:{seconds:02d} left"] if status.length_s else []
        return "  ·  ".join(part for part in parts if part)

    def _sessions_of(self, kind: str) -> Callable[[], Iterator[MenuItem]]:
        def items() -> Iterator[MenuItem]:
            entries = self._services.catalogue().entries()
            for entry in (one for one in entries if one.kind == kind and not one.fault):
                yield self._session_item(entry)

        return items

    def _session_item(self, entry: CatalogueEntry) -> MenuItem:
        return MenuItem(entry.title, self._do(lambda: self._play(entry.id)))

    def _play(self, name: str) -> None:
        chosen = self._choices
        length_s = chosen.length_min * 60.0 if chosen.length_min else None
        name = self._next_step() if name == "path" else name
        self._commander.play(name, Wishes(length_s, seed=seed_of_today(), bed=chosen.bed))

    def _next_step(self) -> str:
        return find_played(self._services)

    def _path_label(self, _item: Any) -> str:
        name = self._next_step()
        entries = self._services.catalogue().entries()
        title = next((one.title for one in entries if one.id == name), name)
        return f"Path: {title}"

    def _length_item(self, minutes: int | None) -> MenuItem:
        label = length_to_text(minutes * 60) if minutes else "As the session likes"

        def choose() -> None:
            self._choices.length_min = minutes

        return MenuItem(
            label,
            self._do(choose),
            checked=lambda _: self._choices.length_min == minutes,
            radio=True,
        )

    def _volume_item(self, share: float) -> MenuItem:
        def choose() -> None:
            self._choices.volume = share
            self._commander.set_volume(share)

        return MenuItem(
            f"{share:.0%}",
            self._do(choose),
            checked=lambda _: self._choices.volume == share,
            radio=True,
        )

    def _beds(self) -> Iterator[MenuItem]:
        for bed in (None, "none", *self._services.palette().names("bed")):
            yield self._bed_item(bed)

    def _bed_item(self, bed: str | None) -> MenuItem:
        def choose() -> None:
            self._choices.bed = bed

        label = "As the session likes" if bed is None else bed
        return MenuItem(
            label, self._do(choose), checked=lambda _: self._choices.bed == bed, radio=True
        )

    def _switch_autostart(self) -> None:
        if self._autostart.is_on():
            self._autostart.turn_off()
        else:
            self._autostart.turn_on()

    def _help_now(self) -> None:
        webbrowser.open((shipped("scripts") / "en" / "more-help.txt").as_uri())
