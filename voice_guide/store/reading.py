"""Read a file that anybody may have written, above all a text, or say plainly why not."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from voice_guide.errors import StoreCorrupt

TEXT_LIMIT_BYTES = 1_000_000
"""Ten hours of narration are about 400 kB; more than this is not a text to be spoken."""

_SAVE_AS_UTF8 = "Open it in a text editor and save it as UTF-8 text."

_REASONS = {
    errno.ENOENT: ("is not there.", "Check the name, and the folder you are in."),
    errno.ENOTDIR: ("is not there.", "A part of its path is a file, not a folder."),
    errno.EACCES: ("may not be read.", "Ask its owner, or change its permissions (chmod +r)."),
    errno.ELOOP: ("is a link that leads back to itself.", "Name the real file."),
    errno.ENAMETOOLONG: ("has too long a name.", "Check the name."),
}


def read_text(path: Path, *, may_be_empty: bool = False) -> str:
    r"""Return the file's text with line ends as `\n` and without a byte order mark.

    Raises
    ------
    StoreCorrupt
        There is no regular file of UTF-8 text below `TEXT_LIMIT_BYTES`, or nothing is in it.
    """
    with explained(path), open_ordinary(path) as file:
        raw = file.read(TEXT_LIMIT_BYTES + 1)
    if len(raw) > TEXT_LIMIT_BYTES:
        limit = f"{TEXT_LIMIT_BYTES // 1_000_000} MB"
        raise StoreCorrupt(f"{path} is larger than {limit}.", "Is it the file that you meant?")
    text = _decode(path, raw)
    if not text.strip() and not may_be_empty:
        raise StoreCorrupt(f"{path} is empty.", "Write something in it, or name another file.")
    return text


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Say in plain words what the system will not do with a file; raises `StoreCorrupt`."""
    try:
        yield
    except OSError as error:
        reason, hint = _REASONS.get(error.errno or 0, (f"cannot be read: {error.strerror}.", ""))
        raise StoreCorrupt(f"{path} {reason}", hint) from error


def open_ordinary(path: Path) -> BinaryIO:
    """Open a file to read, but no folder, pipe or device; raises `StoreCorrupt` or `OSError`."""
    # Looked at before it is opened: a pipe would wait for ever, a device might do anything.
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise StoreCorrupt(f"{path} is a folder.", "Name a file inside it.")
    if not stat.S_ISREG(mode):
        raise StoreCorrupt(f"{path} is not an ordinary file.", "Save it to a file first.")
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    return open(os.open(path, flags), "rb")  # noqa: PTH123 (a descriptor has no Path)


def _decode(path: Path, raw: bytes) -> str:
    raw = raw.removeprefix(codecs.BOM_UTF8)
    start, nul, _ = raw.partition(b"\0")
    if nul:
        raise StoreCorrupt(
            f"{path} is not text: {_place(start.decode(errors='replace'))} holds a zero byte.",
            f"It is a binary file, or text saved as UTF-16. If it is a text: {_SAVE_AS_UTF8}",
        )
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        place = _place(raw[: error.start].decode())
        byte = f"the byte 0x{raw[error.start]:02x}"
        raise StoreCorrupt(f"{path} is not UTF-8: {place} holds {byte}.", _SAVE_AS_UTF8) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _place(before: str) -> str:
    line = before.count("\n") + 1
    return f"line {line}, column {len(before) - before.rfind(chr(10))}"
