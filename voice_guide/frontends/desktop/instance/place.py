"""Where the companion can be reached: a folder that nobody else can enter."""

# ruff: noqa: PTH100, PTH101, PTH102, PTH103, PTH111, PTH117, PTH118, PTH120
# Each `voice-guide toggle` imports this: paths are plain strings, because pathlib takes 5 ms.
from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from typing import Final

LOCK: Final = "companion.lock"
SOCKET: Final = "companion.sock"

LONGEST_SOCKET: Final = 103
"""Bytes in the path of a socket: `sun_path` in unix(7) holds 107 and a NUL on Linux, 103 on BSD."""

_HOME_VARIABLE: Final = "VOICE_GUIDE_HOME"  # as in store.paths, which takes 36 ms to import
_OUR_NAME: Final = "voice-guide"


def find_folder(environ: Mapping[str, str] = os.environ) -> str:
    """Return the first folder, of those set aside for it, that is ours alone; make it if needed."""
    tried = ""
    for tried in _candidates(environ):
        if make_private(tried):
            return tried
    from voice_guide.errors import VoiceGuideError  # noqa: PLC0415 - seldom needed, and slow

    raise VoiceGuideError(
        f"There is no folder for the companion: {tried} belongs to somebody else.",
        "Ask for that folder to be removed, or set XDG_RUNTIME_DIR to a folder of your own.",
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    home = environ.get(_HOME_VARIABLE, "")
    mark = ""
    if home:
        home = os.path.abspath(os.path.expanduser(home))
        yield os.path.join(home, "run")
        # A USB stick may be open to everybody, whatever mode is asked for.
        mark = "-" + _short(home)
    if sys.platform == "win32":
        yield os.path.join(environ.get("LOCALAPPDATA") or os.path.expanduser("~"), _OUR_NAME + mark)
        return
    if sys.platform == "darwin":
        yield os.path.join(os.path.expanduser("~/Library/Application Support"), _OUR_NAME + mark)
    else:
        # A hotkey has the variable, a cron job has not: both must find the same companion.
        yield from (
            os.path.join(parent, _OUR_NAME + mark)
            for parent in (environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{os.getuid()}")
            if os.path.isabs(parent)
        )
    yield _shared_place() + mark


def find_socket(folder: str) -> str:
    """Return the path of the socket for this folder, elsewhere when it would be too long there."""
    path = os.path.join(folder, SOCKET)
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    short = _shared_place()
    make_private(short)
    return os.path.join(short, f"{_short(os.path.realpath(folder))}.sock")


def make_private(folder: str) -> bool:
    """Make this folder if need be, and return whether only we can enter it."""
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        found = os.lstat(folder)  # a link could be turned to another place after this look
        if sys.platform == "win32":
            return stat.S_ISDIR(found.st_mode)  # profiles are closed to others by their ACL
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            return False
        if stat.S_IMODE(found.st_mode) != 0o700:
            os.chmod(folder, 0o700)
            found = os.lstat(folder)
    except OSError:
        return False
    return not stat.S_IMODE(found.st_mode) & 0o077


def _shared_place() -> str:
    # Not the TMPDIR of the moment: every process of this listener has to name the same folder.
    return f"/tmp/{_OUR_NAME}-{os.getuid()}"  # noqa: S108 - checked to be ours alone


def _short(text: str) -> str:
    import zlib  # noqa: PLC0415 - seldom needed

    raw = os.fsencode(text)
    return f"{zlib.crc32(raw):08x}{zlib.adler32(raw):08x}"
