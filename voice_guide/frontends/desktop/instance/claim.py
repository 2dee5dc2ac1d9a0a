"""Who is first: one lock decides, and whoever holds it answers for all."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from voice_guide.errors import AlreadyRunning, VoiceGuideError, explain
from voice_guide.frontends.desktop.instance.client import START_S, ask
from voice_guide.frontends.desktop.instance.place import LOCK, find_socket, make_private
from voice_guide.frontends.desktop.instance.wire import (
    REFUSED,
    Reply,
    Request,
    Unreadable,
    line_to_request,
    reply_to_line,
)

_log = logging.getLogger(__name__)

_AGAIN_S: Final = 0.02

# The sticky bit asks whoever clears runtime folders to spare this (XDG Base Directory 0.8).
_LOCK_MODE: Final = 0o1600

Handle = Callable[[Request], Reply]


class Door(Protocol):
    """Where later starts come in."""

    def serve(self, answer: Callable[[bytes], bytes]) -> None:
        """Answer every line from now on, in a thread of its own."""

    def close(self) -> None:
        """Stop, and leave nothing behind."""


class Instance:
    """The right to be the companion, held until it is closed or the program ends."""

    def __init__(self, lock: int, path: Path, door: Door) -> None:
        self._lock = lock
        self._path = path
        self._door = door
        self._is_open = True

    def serve(self, handle: Handle) -> None:
        """Let `handle` answer every request, in a thread of its own; it has to be quick."""
        self._door.serve(lambda line: reply_to_line(_answer(handle, line)))

    def close(self) -> None:
        """Take the socket and the lock away. Safe to call twice."""
        if not self._is_open:
            return
        self._is_open = False
        self._door.close()
        if sys.platform == "win32":  # where an open file cannot be removed
            os.close(self._lock)
            return
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, where: TracebackType | None
    ) -> None:
        self.close()


def claim(folder: str) -> Instance | None:
    """Return the right to be the companion of this folder, or None when another holds it."""
    path = Path(folder) / LOCK
    if not make_private(folder):
        raise VoiceGuideError(
            f"{folder} cannot be made a folder of your own.",
            "Look at who owns it, or set XDG_RUNTIME_DIR to a folder that is yours.",
        )
    try:
        lock = _take_lock(path)
        if lock is None:
            return None
        try:
            return Instance(lock, path, _open_door(folder))
        except BaseException:
            os.close(lock)
            raise
    except OSError as error:
        raise VoiceGuideError(
            f"The companion cannot be reached in {folder}: {error.strerror or error}.",
            "Free some space there, or set XDG_RUNTIME_DIR to another folder of your own.",
        ) from error


def claim_or_ask(
    folder: str, words: tuple[str, ...], timeout_s: float = START_S
) -> Instance | Reply:
    """Be the companion, or return what the one there is answers; one that just comes or goes too.

    Between taking the lock and opening the socket, and between closing both, another start finds
    neither: it looks again.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        instance = claim(folder)
        if instance is not None:
            return instance
        reply = ask(folder, words, max(0.1, deadline - time.monotonic()))
        if reply is not None:
            return reply
        if time.monotonic() > deadline:
            raise AlreadyRunning(
                "Another voice-guide is starting or ending and does not answer.",
                "Wait a moment and try again.",
            )
        time.sleep(_AGAIN_S)


def _answer(handle: Handle, line: bytes) -> Reply:
    try:
        request = line_to_request(line)
    except Unreadable as error:
        return Reply(f"This was not understood: {error}.", REFUSED)
    try:
        return handle(request)
    except VoiceGuideError as error:
        return Reply(str(error), 1)
    except Exception as error:  # noqa: BLE001 - the asker is told, and the companion lives
        _log.exception("a request failed")
        return Reply(str(explain(error)), 1)


def _take_lock(path: Path) -> int | None:
    """Return the open lock file, or None when it is held. A file removed meanwhile is no lock."""
    while True:
        # Not inherited by child processes: one that outlives us must not keep the lock.
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        lock = os.open(path, flags, 0o600)
        try:
            if not _lock_file(lock):
                os.close(lock)
                return None
            if _is_same(lock, path):
                with contextlib.suppress(OSError):
                    path.chmod(_LOCK_MODE)
                return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _lock_file(lock: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there alone

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not there

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _is_same(lock: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except FileNotFoundError:
        return False


def _open_door(folder: str) -> Door:
    if sys.platform == "win32":
        from voice_guide.frontends.desktop.instance import pipe  # noqa: PLC0415 - there alone

        return pipe.PipeDoor(pipe.address_of(folder))
    from voice_guide.frontends.desktop.instance.door import SocketDoor  # noqa: PLC0415 - not there

    return SocketDoor(find_socket(folder))
