"""The settings file of a program that runs for weeks: read anew whenever it has changed."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voice_guide.errors import StoreCorrupt
from voice_guide.store.settings import Settings
from voice_guide.store.settings.loading import load

if TYPE_CHECKING:
    from voice_guide.store.settings.changing import Value
    from voice_guide.store.settings.places import Key

_YOUNG_NS: Final = 3 * 10**9
"""A file changed so lately may change again within one tick of its clock (FAT counts in 2 s)."""


def sign(path: Path) -> tuple[int, ...]:
    """Return when the file was changed, in nanoseconds, and what else tells it from another."""
    try:
        status = path.stat()
    except OSError as error:
        return (0, error.errno or 0)
    return (status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)


@dataclass(frozen=True, slots=True)
class _Look:
    """What was found the last time that the file was read."""

    signature: tuple[int, ...]
    """As long as it stays the same, so does the file."""
    was_young: bool
    settings: Settings
    fault: StoreCorrupt | None


class SettingsFile:
    """The listener's settings. Every method may be called from any thread.

    To ask for them costs a look at the file's time and size; nothing is done between.

    Parameters
    ----------
    path
        Where the listener writes them.
    sign
        Tells one state of the file from another.
    spare
        Where a copy of the last good ones is kept, for a program that starts while the file has a
        fault; nowhere for None.
    """

    def __init__(
        self,
        path: Path,
        sign: Callable[[Path], tuple[int, ...]] = sign,
        spare: Path | None = None,
    ) -> None:
        self._path = path
        self._sign = sign
        self._spare = spare
        self._turn = threading.Lock()
        self._last: _Look | None = None
        self._good = Settings()
        self._has_been_good = False
        self._spared: _Look | None = None
        self._untold: StoreCorrupt | None = None

    def read(self) -> Settings:
        """Return the settings as they are now; raises `StoreCorrupt` with every fault."""
        found = self._look()
        if found.fault:
            raise StoreCorrupt(found.fault.message, found.fault.hint)
        return found.settings

    def current(self) -> Settings:
        """Return the settings as they are now, or were before the file had a fault."""
        found = self._look()
        if self._spare is not None and found.fault is None and found is not self._spared:
            self._spared = found
            with contextlib.suppress(OSError):
                _keep(self._path, self._spare)
        return found.settings

    def take_fault(self) -> StoreCorrupt | None:
        """Return what is wrong with the file, once for each time that it was changed."""
        with self._turn:
            fault, self._untold = self._untold, None
            return fault

    def change(self, changes: Mapping[Key, Value]) -> None:
        """Change these settings in the file, each by its whole key: `("sound", "bed")`.

        Raises
        ------
        StoreCorrupt
            The file has a fault, and is kept as it is.
        VoiceGuideError
            The file cannot be written, or a value is none that the setting may have.
        """
        from voice_guide.store.settings.saving import change  # noqa: PLC0415 (seldom needed)

        change(self._path, changes)

    def _look(self) -> _Look:
        with self._turn:
            last, signature = self._last, self._sign(self._path)
            is_young = abs(time.time_ns() - signature[0]) < _YOUNG_NS
            if last and last.signature == signature and (is_young or not last.was_young):
                return last
            fault = None
            try:
                self._good = load(self._path)
                self._has_been_good = True
            except StoreCorrupt as error:
                fault = error
                if not self._has_been_good and self._spare is not None:
                    with contextlib.suppress(StoreCorrupt):
                        self._good = load(self._spare)
                if last is None or last.signature != signature:
                    self._untold = error
            self._last = _Look(signature, is_young, self._good, fault)
            return self._last


def _keep(path: Path, spare: Path) -> None:
    """Copy the settings, unless that was done before; a name and dear places are nobody else's."""
    raw = path.read_bytes() if path.exists() else b""
    if raw == (spare.read_bytes() if spare.exists() else b""):
        return
    spare.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = spare.with_name(f".{spare.name}.{os.getpid()}")
    with open(os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:  # noqa: PTH123
        file.write(raw)
    beside.replace(spare)
