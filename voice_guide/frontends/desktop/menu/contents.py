"""What the menu offers, looked at in the background, so that to open it never waits."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.frontends.library.steps import Step, find_next, find_steps
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.menu.seen import RitualsLook, Seen
    from voice_guide.store.settings import Settings
    from voice_guide.voice.engine import VoiceInfo

_log = logging.getLogger(__name__)

QUIET_S: Final = 2.0
"""Between two looks: an open menu is read each second, and a look takes some milliseconds."""

_AGAIN_S: Final = 60.0
"""Between two tries to list the voices, where there are none: each starts an engine."""

_JOIN_S: Final = 2.0

_WAIT: Final = (MenuItem("One moment…", None, enabled=False),)


@dataclass(frozen=True, slots=True)
class Contents:
    """All that there is to choose from, and what is chosen, at one moment."""

    entries: tuple[CatalogueEntry, ...]
    step: Step | None
    """The next step of the path; None when all are done, or there is none."""
    beds: tuple[str, ...]
    settings: Settings
    voices: tuple[VoiceInfo, ...]
    """Empty until they are known."""
    rituals: Seen

    def find(self, name: str) -> CatalogueEntry | None:
        """Return the session with this id, else with this last part."""
        named = [one for one in self.entries if name in {one.id, one.id.rpartition("/")[2]}]
        return next((one for one in named if one.id == name), named[0] if named else None)


class ContentsWatch:
    """Looks at what there is whenever somebody asks, in a thread that else costs nothing.

    Parameters
    ----------
    changed
        Called after a look that found something else than the one before.
    """

    def __init__(self, services: Services, changed: Callable[[], None]) -> None:
        self._services = services
        self._changed = changed
        self._contents: Contents | None = None
        self._voices: tuple[VoiceInfo, ...] = ()
        self._voices_again_at = 0.0
        self._rituals: RitualsLook | None = None
        self._asked = threading.Event()
        self._hurried = threading.Event()
        self._is_leaving = False
        self._thread = threading.Thread(target=self._run, name="menu", daemon=True)

    @property
    def contents(self) -> Contents | None:
        """What was found last; None before the first look is over."""
        return self._contents

    def menu(self, make: Callable[[Contents], Iterable[MenuItem]]) -> Menu:
        """Return a menu whose items are made anew when there is something else to choose from."""
        made: tuple[Contents | None, tuple[MenuItem, ...]] = (None, _WAIT)

        def items() -> tuple[MenuItem, ...]:
            nonlocal made
            # A panel reads it each second while a session plays, and several times at that.
            contents = self._contents
            if contents is not None and made[0] is not contents:
                made = (contents, tuple(make(contents)))
            return made[1]

        return Menu(items)

    def start(self) -> None:
        """Look for the first time, and then whenever asked to."""
        self._asked.set()
        self._thread.start()

    def ask(self, *, hurry: bool = False) -> None:
        """Have it looked at soon, or at once; from any thread, as often as one likes."""
        self._asked.set()
        if hurry:
            self._hurried.set()

    def close(self) -> None:
        """Look no more."""
        self._is_leaving = True
        self.ask(hurry=True)
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while True:
            # Without a time limit nothing wakes this thread while nobody looks at the menu.
            self._asked.wait()
            if self._is_leaving:
                return
            self._asked.clear()
            self._hurried.clear()
            try:
                self._look()
            except Exception:  # noqa: BLE001 - the one catch-all of this thread
                _log.exception("the menu could not be brought up to date")
            self._hurried.wait(QUIET_S)

    def _look(self) -> None:
        self._show()
        is_time = time.monotonic() >= self._voices_again_at
        if is_time and not self._voices and not self._is_leaving:
            self._voices_again_at = time.monotonic() + _AGAIN_S
            self._voices = self._list_voices()
            self._show()

    def _show(self) -> None:
        services = self._services
        entries = services.catalogue().entries()
        found = Contents(
            entries=entries,
            step=find_next(find_steps(services, entries, quiet=True)),
            beds=tuple(services.palette().names("bed")),
            settings=services.settings(),
            voices=self._voices,
            rituals=self._look_at_rituals(),
        )
        if found != self._contents:
            self._contents = found
            self._changed()

    def _look_at_rituals(self) -> Seen:
        # Imported in this thread: the icon does not wait for the journal.
        from voice_guide.frontends.desktop.menu.seen import RitualsLook  # noqa: PLC0415

        self._rituals = self._rituals or RitualsLook(self._services)
        return self._rituals.look()

    def _list_voices(self) -> tuple[VoiceInfo, ...]:
        try:
            return self._services.voices()
        except VoiceGuideError as fault:
            _log.info("no voices to choose from: %s", fault.message)
            return ()
