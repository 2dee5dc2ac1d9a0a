"""What every front end is given: the parts of the program, each made on first need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_guide.frontends.library.catalogue import Catalogue
    from voice_guide.output.player import Player
    from voice_guide.session.controller import Controller
    from voice_guide.sound.palette import Palette
    from voice_guide.store.journal.ledger import Ledger
    from voice_guide.store.journal.sessions import Journal
    from voice_guide.store.library import Library
    from voice_guide.store.paths import Paths
    from voice_guide.store.progress import Progress
    from voice_guide.store.settings import Settings
    from voice_guide.store.settings.file import SettingsFile
    from voice_guide.voice.engine import Engine, VoiceInfo


Device = str | int | None
"""A part of an output's name, or its number; None is the system's own choice."""


@dataclass(frozen=True, slots=True)
class Services:
    """The program's parts, put together by `voice_guide.app`."""

    paths: Paths
    library: Library
    catalogue: Callable[[], Catalogue]
    settings: Callable[[], Settings]
    """The listener's choices as they are now; raises `StoreCorrupt` where the file has a fault."""
    settings_file: Callable[[], SettingsFile]
    """The file that they stand in, to change one, or to go on with what was good before."""
    progress: Callable[[], Progress]
    """What the listener has met and finished; every session adds to it as it ends."""
    journal: Callable[[], Journal]
    """The sessions that were practised; every session writes itself down."""
    ledger: Callable[[], Ledger]
    """What became of each ritual on each day."""
    also_tell: Callable[[Callable[[str], None]], None]
    """Has somebody told that a broken journal was set aside, who reads no terminal; any thread."""
    palette: Callable[[], Palette]
    engine: Callable[[], Engine]
    voices: Callable[[], tuple[VoiceInfo, ...]]
    """Lists who can speak, the recommended one first; in a child process of its own, which ends."""
    controller: Callable[[Device | Callable[[], Device]], Controller]
    """Makes a controller that plays on this output, or on the one named as a session begins."""
    player: Callable[[Device], Player]
    """Makes a player on this output, for a sound on its own."""
    warm: Callable[[], None]
    """Begins to load the sound library in the background: to start it is mostly waiting."""
    close: Callable[[], None]
    """Ends every thread and child process that was started. Safe to call twice."""
