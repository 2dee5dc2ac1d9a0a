"""Writes the settings file, so that it is at every moment the old one or the new one."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.store.settings.changing import Value, change_text
from voice_guide.store.settings.loading import load
from voice_guide.store.settings.places import Key

_ABANDONED_S: Final = 3.0
"""A change waits for the disk, but not so long: whoever began it has ended in the middle."""

_LOOK_S: Final = 0.01


def change(path: Path, changes: Mapping[Key, Value]) -> None:
    """Change these settings, each by its whole key: `("sound", "bed")`; None takes one out.

    All else stays as it is written. Several programs may do so at once: they take turns.

    Raises
    ------
    StoreCorrupt
        The file that is there has a fault, and is kept as it is.
    VoiceGuideError
        The file cannot be written, or the settings would not be right afterwards.
    """
    load(path)
    target = path.resolve()  # a link to a file kept elsewhere stays a link
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _change(target, changes)
    except OSError as error:
        raise VoiceGuideError(
            f"The settings could not be saved in {path}: {error.strerror}.",
            "Is the disk full, or the file not to be written to? The old settings are untouched.",
        ) from error


def _change(target: Path, changes: Mapping[Key, Value]) -> None:
    # Whoever makes this file has the turn, and gives it back by moving it into its place.
    beside = target.with_name(f".{target.name}.new")
    _take_turn(beside)
    try:
        load(target)
        old = target.read_bytes() if target.exists() else b""
        new = change_text(old.decode(), changes).encode()
        if new == old:
            beside.unlink()
            return
        _write(beside, new, target)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _keep_name(target.parent)


def _take_turn(beside: Path) -> None:
    held: tuple[int, int] | None = None
    since = 0.0
    while True:
        try:
            os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            now = _identify(beside)
            if now != held:
                held, since = now, time.monotonic()
            elif time.monotonic() - since > _ABANDONED_S:
                beside.unlink(missing_ok=True)
            time.sleep(_LOOK_S)
        else:
            return


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return (status.st_ino, status.st_mtime_ns)


def _write(beside: Path, raw: bytes, target: Path) -> None:
    if target.exists():
        if not target.stat().st_mode & stat.S_IWUSR:  # which would not hinder a move
            raise PermissionError(errno.EACCES, "it is read-only")
        shutil.copymode(target, beside)
    with beside.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _keep_name(folder: Path) -> None:
    """Have the disk remember which file has the name now; where it cannot, it will soon."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
