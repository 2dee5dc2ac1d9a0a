"""The composition root: which parts the program is made of. Heavy ones are imported when needed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Final

from voice_guide.frontends.services import Device, Services
from voice_guide.store.library import Library
from voice_guide.store.paths import Paths, find_paths

if TYPE_CHECKING:
    from voice_guide.frontends.library.catalogue import Catalogue
    from voice_guide.frontends.remembering import Memory
    from voice_guide.output.player import Player
    from voice_guide.session.controller import Controller
    from voice_guide.sound.palette import Palette
    from voice_guide.sound.sources.source import Source
    from voice_guide.store.journal.database import Database
    from voice_guide.store.journal.ledger import Ledger
    from voice_guide.store.journal.sessions import Journal
    from voice_guide.store.progress import Progress
    from voice_guide.store.settings.file import SettingsFile
    from voice_guide.store.sounds.finding import SoundFile, SoundFiles
    from voice_guide.voice.engine import Engine, VoiceInfo

_LOAD_S: Final = 3.0
"""The longest that an end waits for the sound library: it takes a tenth of a second."""

NULL_DEVICE: Final = "null"
"""The name of the output that keeps time and is not heard: captions alone."""


def build() -> Services:
    """Return the program's parts."""
    paths = find_paths()
    ending = ExitStack()
    palette = _keep_palette(paths)
    engine = cache(lambda: _engine(paths, ending))
    library = Library(paths.scripts)
    settings_file = cache(lambda: _settings_file(paths))
    progress = cache(lambda: _progress(paths))
    listeners: list[Callable[[str], None]] = [_tell]
    database = cache(lambda: _database(paths, listeners))
    journal = cache(lambda: _journal(database()))
    return Services(
        paths=paths,
        library=library,
        catalogue=cache(lambda: _catalogue(paths, library)),
        settings=lambda: settings_file().read(),
        settings_file=settings_file,
        progress=progress,
        journal=journal,
        ledger=cache(lambda: _ledger(database())),
        also_tell=listeners.append,
        palette=palette,
        engine=engine,
        voices=lambda: _voices(ending),
        controller=lambda device: _controller(
            engine, palette, device, ending, cache(lambda: _memory(paths, progress, journal))
        ),
        player=_player,
        warm=lambda: _warm(ending),
        close=ending.close,
    )


def _settings_file(paths: Paths) -> SettingsFile:
    from voice_guide.store.settings.file import SettingsFile

    return SettingsFile(paths.settings, spare=paths.spare_settings)


def _progress(paths: Paths) -> Progress:
    from voice_guide.store.progress import Progress

    return Progress(paths.progress)


def _database(paths: Paths, listeners: Sequence[Callable[[str], None]]) -> Database:
    from voice_guide.store.journal.database import Database

    def tell(text: str) -> None:
        for listener in listeners:
            listener(text)

    return Database(paths.journal, tell)


def _tell(text: str) -> None:
    with suppress(OSError, AttributeError):  # nobody is there to read it
        print(text, file=sys.stderr)


def _journal(database: Database) -> Journal:
    from voice_guide.store.journal.sessions import Journal

    return Journal(database)


def _ledger(database: Database) -> Ledger:
    from voice_guide.store.journal.ledger import Ledger

    return Ledger(database)


def _memory(
    paths: Paths, progress: Callable[[], Progress], journal: Callable[[], Journal]
) -> Memory:
    from voice_guide.frontends.remembering import Memory
    from voice_guide.store.journal.presence import Presence
    from voice_guide.store.journal.recorder import Recorder

    return Memory(progress, Recorder(Presence(paths.journal), journal))


def _catalogue(paths: Paths, library: Library) -> Catalogue:
    from voice_guide.frontends.library.catalogue import Catalogue

    return Catalogue(library, paths.catalogue)


def _keep_palette(paths: Paths) -> Callable[[], Palette]:
    """Return what gives the palette: anew when a file of sounds has changed, else the same."""
    gather = lru_cache(1)(gather_palette)

    def palette() -> Palette:
        from voice_guide.store.sounds.finding import find_sounds

        return gather(find_sounds(paths.sounds))

    return palette


def gather_palette(found: SoundFiles) -> Palette:
    """Return the palette of the sounds in these files; none is read before it is needed."""
    from voice_guide.sound.palette import Palette

    return Palette(map(_file_to_source, found.files), found.notes)


def _file_to_source(file: SoundFile) -> Source:
    from voice_guide.sound.clip import SAMPLE_RATE
    from voice_guide.sound.patch import Patch, parse_patch
    from voice_guide.sound.sources.recording import Recording
    from voice_guide.sound.sources.source import Source
    from voice_guide.store.reading import read_text

    place = str(file.path)

    def read() -> Patch | Recording:
        if not file.is_recording:
            return parse_patch(read_text(file.path), file.name, place, file.kind)
        from voice_guide.store.sounds.recordings import measure_recording_s, read_recording

        load = partial(read_recording, file.path, SAMPLE_RATE)
        return Recording(place, measure_recording_s(file.path), load)

    return Source(file.kind, file.name, read, place, file.is_own)


def _engine(paths: Paths, ending: ExitStack) -> Engine:
    from voice_guide.voice.cache import CachedEngine
    from voice_guide.voice.child import ChildEngine

    engine = CachedEngine(ChildEngine(), paths.clips)
    ending.callback(engine.close)
    return engine


def _voices(ending: ExitStack) -> tuple[VoiceInfo, ...]:
    from voice_guide.voice.child import ChildEngine
    from voice_guide.voice.silent import SilentEngine

    engine = ChildEngine()
    ending.callback(engine.close)  # should it hang while the program ends
    try:
        return (*engine.voices(), *SilentEngine().voices())
    finally:
        engine.close()


def _warm(ending: ExitStack) -> None:
    from threading import Thread

    thread = Thread(target=_load_sound, name="load sound", daemon=True)
    thread.start()
    # A program that ends while a sound library starts its own threads crashes.
    ending.callback(thread.join, _LOAD_S)


def _load_sound() -> None:
    from voice_guide.errors import DeviceLost
    from voice_guide.output import portaudio

    with suppress(DeviceLost):  # told when somebody wants to hear something
        portaudio.load()


def _controller(
    engine: Callable[[], Engine],
    palette: Callable[[], Palette],
    device: Device | Callable[[], Device],
    ending: ExitStack,
    memory: Callable[[], Memory],
) -> Controller:
    from voice_guide.session.controller import Controller

    player = lru_cache(1)(_player)  # which knows, from one session to the next, of a lost device
    # What remembers is loaded once something is heard: the first bell does not wait for it.
    controller = Controller(
        engine,
        palette,
        lambda: player(device() if callable(device) else device),
        on_ended=lambda ending: memory().end(ending),
        on_heard=lambda so_far: memory().hear(so_far),
        on_rest=lambda: _rest(palette()),
    )
    ending.callback(controller.close)
    return controller


def _rest(palette: Palette) -> None:
    from voice_guide.frontends.desktop.systems.memory import give_memory_back

    palette.rest()
    give_memory_back()


def _player(device: Device) -> Player:
    from voice_guide.output.device import DeviceOutput, NullOutput
    from voice_guide.output.player import Player

    return Player(NullOutput(paced=True) if device == NULL_DEVICE else DeviceOutput(device))
