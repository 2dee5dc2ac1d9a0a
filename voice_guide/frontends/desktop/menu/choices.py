"""The parts of the menu where one of several is chosen: length, voice, bed, volume, favourite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from voice_guide.frontends.desktop.commander import Commander, db_to_share, share_to_db
from voice_guide.frontends.desktop.menu.contents import Contents, ContentsWatch
from voice_guide.frontends.desktop.menu.labels import bed_label, shorten
from voice_guide.frontends.desktop.menu.voices import choose_voices, find_language
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import length_to_text

LENGTHS_MIN: Final = (2, 3, 5, 10, 15, 20, 30)
VOLUMES: Final = (1.0, 0.7, 0.5, 0.35, 0.2)

Do = Callable[[Callable[[], object]], Callable[..., None]]
"""Makes a callback of a deed: it tells what goes wrong."""


class Choices:
    """What is chosen in the menu. All but the length is kept in the listener's settings."""

    def __init__(
        self, services: Services, commander: Commander, watch: ContentsWatch, do: Do
    ) -> None:
        self._services = services
        self._commander = commander
        self._watch = watch
        self._do = do
        self.length_s: float | None = None
        """For the session that is begun next; None leaves it to the script."""

    def length(self) -> MenuItem:
        """Return the choice of a length."""
        items = (self._length(None), *map(self._length, LENGTHS_MIN))
        return MenuItem(self._length_label, Menu(*items))

    def sound(self) -> MenuItem:
        """Return the choice of voice, bed and volume."""
        return MenuItem(
            "Sound",
            Menu(
                MenuItem("Voice", self._watch.menu(self._voices)),
                MenuItem("Bed", self._watch.menu(self._beds)),
                MenuItem(self._volume_label, Menu(*map(self._volume, VOLUMES))),
            ),
        )

    def favourite(self) -> MenuItem:
        """Return what makes the session that plays the one that a click begins."""
        return MenuItem(
            "Favourite: what a click begins",
            self._do(lambda: self._keep("companion", "favourite", self._commander.status.script)),
            checked=lambda _: self._is_favourite(),
            visible=lambda _: self._commander.is_active,
        )

    def _is_favourite(self) -> bool:
        contents = self._watch.contents
        if contents is None:
            return False
        favourite = contents.settings.companion.favourite
        found = contents.find(favourite)
        return self._commander.status.script == (found.id if found else favourite)

    def _length_label(self, _item: Any) -> str:
        return f"Length: {length_to_text(self.length_s)}" if self.length_s else "Length"

    def _length(self, minutes: int | None) -> MenuItem:
        wanted_s = minutes * 60.0 if minutes else None

        def choose() -> None:
            self.length_s = wanted_s

        label = length_to_text(wanted_s) if wanted_s else "As the script says"
        return self._radio(label, choose, lambda: self.length_s == wanted_s)

    def _voices(self, contents: Contents) -> Iterator[MenuItem]:
        chosen = contents.settings.voice.id
        shown = choose_voices(contents.voices, find_language(), chosen)
        yield self._kept("The program's own choice", "voice", "id", None, chosen)
        for voice in shown:
            yield self._kept(shorten(voice.name), "voice", "id", voice.id, chosen)
        if len(shown) < len(contents.voices):
            yield MenuItem("All others: voice-guide voices", None, enabled=False)

    def _beds(self, contents: Contents) -> Iterator[MenuItem]:
        chosen = contents.settings.sound.bed
        yield self._kept("As the script says", "sound", "bed", None, chosen)
        for bed in ("none", *contents.beds):
            yield self._kept(bed_label(bed), "sound", "bed", bed, chosen)

    def _volume_label(self, _item: Any) -> str:
        share = self._share()
        return "Volume" if share is None else f"Volume: {share:.0%}"

    def _volume(self, share: float) -> MenuItem:
        def choose() -> None:
            self._commander.set_volume(share)  # at once, also where it cannot be kept
            self._keep("sound", "volume_db", round(share_to_db(share), 1))

        return self._radio(f"{share:.0%}", choose, lambda: _is_near(self._share(), share))

    def _share(self) -> float | None:
        # Settings are not read in the thread that shows the icon before they are known.
        known = self._watch.contents is not None
        return db_to_share(self._commander.volume_db) if known else None

    def _kept(
        self, label: str, table: str, key: str, value: str | None, chosen: str | None
    ) -> MenuItem:
        return self._radio(label, lambda: self._keep(table, key, value), lambda: value == chosen)

    def _keep(self, table: str, key: str, value: str | float | None) -> None:
        self._services.settings_file().change({(table, key): value})
        self._watch.ask(hurry=True)

    def _radio(
        self, label: str, choose: Callable[[], object], is_chosen: Callable[[], bool]
    ) -> MenuItem:
        return MenuItem(label, self._do(choose), checked=lambda _: is_chosen(), radio=True)


def _is_near(share: float | None, wanted: float) -> bool:
    return share is not None and round(100 * share) == round(100 * wanted)
