"""When to look for more help, and where: one text, a command or a click away."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from voice_guide.store.paths import shipped
from voice_guide.store.reading import read_text

_FILE: Final = "more-help.txt"

_OPENED_S: Final = 10.0
"""What cannot open a text says so within a second or two; what shows it itself stays longer."""


def more_help() -> str:
    """Return the text, for a screen or a page; it comes with the program and needs no network."""
    return read_text(_shipped()).rstrip()


def numbers() -> str:
    """Return the part of the text that says where to call now."""
    _title, when, lines, *_rest = more_help().split("\n\n")
    return f"{when}\n{lines}"


def open_more_help(folder: Path, instead: Callable[[str], object]) -> None:
    """Show the text in whatever shows texts on this desktop, and return at once.

    Parameters
    ----------
    folder
        Where a copy is written: what comes with the program may lie where no other can read it.
    instead
        Is given the numbers to call, in a thread of its own, where nothing shows a text.
    """
    path = folder / _FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{more_help()}\n", encoding="utf-8")
    except OSError:
        path = _shipped()
    threading.Thread(target=_open, args=(path, instead), name="help", daemon=True).start()


def _open(path: Path, instead: Callable[[str], object]) -> None:
    try:
        is_open = _open_with_the_system(path)
    except OSError:
        is_open = False
    if not is_open:
        instead(numbers())


def _open_with_the_system(path: Path) -> bool:
    if sys.platform == "win32":
        os.startfile(path)  # noqa: S606 - a text of ours, in what the listener has for texts
        return True
    opener = "open" if sys.platform == "darwin" else "xdg-open"
    child = subprocess.Popen(
        [opener, str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return child.wait(_OPENED_S) == 0
    except subprocess.TimeoutExpired:
        return True


def _shipped() -> Path:
    return shipped("scripts") / "en" / _FILE
