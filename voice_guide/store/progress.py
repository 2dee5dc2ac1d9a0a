"""What the listener has met and finished: a text file that only ever grows, one fact a line.

    2025-05-04T21:30:05+02:00 finished path/01-track-your-triggers

A line that cannot be read, torn or in somebody else's words, is left alone.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from voice_guide.errors import StoreCorrupt

_MET, _FINISHED, _UNFINISHED = "met", "finished", "unfinished"


class Progress:
    """Facts in a file, to which several programs may add; all here may raise `StoreCorrupt`."""

    def __init__(self, path: Path, now: Callable[[], datetime] = datetime.now) -> None:
        self._path, self._now = path, now

    def met(self) -> frozenset[str]:
        """Return what the listener has met before."""
        return frozenset(name for _, word, name in self._facts() if word == _MET)

    def meet(self, names: Iterable[str]) -> None:
        """Remember that these were met."""
        self._append([(_MET, name) for name in names])

    def finished(self) -> dict[str, datetime]:
        """Return every script that counts as finished, with when it last was."""
        done: dict[str, datetime] = {}
        for at, word, name in self._facts():
            if word == _FINISHED:
                done[name] = at
            elif word == _UNFINISHED:
                done.pop(name, None)
        return done

    def finish(self, script_id: str) -> None:
        """Remember that a script was finished now."""
        self._append([(_FINISHED, script_id)])

    def unfinish(self, script_id: str) -> None:
        """Let a script count as open again; nothing that was written is taken away."""
        self._append([(_UNFINISHED, script_id)])

    def _facts(self) -> Iterator[tuple[datetime, str, str]]:
        for line in self._read().decode(errors="replace").splitlines():
            stamp, word, name = (*line.split(" ", 2), "", "")[:3]
            with suppress(ValueError):
                at = datetime.fromisoformat(stamp)
                if name and at.tzinfo:
                    yield at, word, name

    def _read(self) -> bytes:
        with self._explained():
            try:
                with self._open(os.O_RDONLY) as file:
                    return file.read()
            except FileNotFoundError:
                return b""

    def _append(self, facts: Sequence[tuple[str, str]]) -> None:
        if not facts:
            return
        at = self._now().astimezone().isoformat(timespec="seconds")
        text = "".join(f"{at} {word} {' '.join(name.split())}\n" for word, name in facts)
        is_torn = self._read()[-1:] not in {b"", b"\n"}  # as when a disk ran full
        raw = b"\n" * is_torn + text.encode(errors="replace")
        with self._explained():
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._open(os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
                if os.write(file.fileno(), raw) != len(raw):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _open(self, flags: int) -> BinaryIO:
        flags |= getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        file = open(os.open(self._path, flags, 0o600), "rb")  # noqa: PTH123, SIM115 (a descriptor)
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return file
        file.close()
        raise OSError(errno.EINVAL, "it is not an ordinary file")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"What you have heard cannot be remembered in {self._path}: {error.strerror}."
            raise StoreCorrupt(what, "Sessions play all the same.") from error
