"""Find the files under a folder that belongs to the listener, whatever it may hold."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEPTH_LIMIT = 8
"""Folders within folders; deeper than this nobody sorts scripts or sounds."""

_LOOKED_AT_LIMIT = 20_000
"""Entries of any sort: some 50 ms of looking. A folder with more holds something else."""

_MOST_NOTES = 6
"""Beyond these something else lies there than was meant, and more would only hide the rest."""


@dataclass(frozen=True, slots=True)
class Found:
    """The files that were found, and what was left out."""

    paths: tuple[Path, ...]
    """Sorted; each may still turn out to be missing, unreadable or no file at all."""
    notes: tuple[str, ...]
    """A sentence for each thing left out, for the listener."""


def walk_files(folder: Path, suffixes: tuple[str, ...], limit: int) -> Found:
    """Return at most `limit` files that end in one of `suffixes` (lower case, with their dots).

    Hidden names are passed over. A link to a folder is followed once and never in a circle; a
    folder that is there in its own right comes before any link to it. Whatever carries the
    ending is returned, be it a broken link, a pipe or a folder, so that reading it can explain.
    A folder that is not there, or goes away meanwhile, holds nothing.
    """
    walk = _Walk(suffixes, limit)
    walk.look_under(folder)
    more = len(walk.notes) - _MOST_NOTES
    if more > 1:
        walk.notes[_MOST_NOTES:] = [f"{more} more things under {folder} are left out."]
    paths = sorted(walk.paths, key=lambda path: path.split(os.sep))  # noqa: PTH206 (quicker)
    return Found(tuple(Path(path) for path in paths), tuple(walk.notes))


class _Walk:
    def __init__(self, suffixes: tuple[str, ...], limit: int) -> None:
        self.paths: list[str] = []
        self.notes: list[str] = []
        self._suffixes = suffixes
        self._limit = limit
        self._seen: set[tuple[int, int]] = set()
        self._looked_at = 0
        self._real: deque[tuple[str, int]] = deque()
        self._links: deque[tuple[str, int]] = deque()

    def look_under(self, folder: Path) -> None:
        self._real.append((str(folder), 0))
        while self._real or self._links:
            is_link = not self._real
            place, depth = (self._links if is_link else self._real).popleft()
            if not self._is_new(place, is_link=is_link):
                continue
            if depth > DEPTH_LIMIT:
                self.notes.append(f"{place} lies more than {DEPTH_LIMIT} folders deep: left out.")
                continue
            for entry in self._entries(place):
                if not self._take(entry, depth):
                    self.notes.append(
                        f"{folder} holds more than can be listed: only the first"
                        f" {len(self.paths)} are taken."
                    )
                    return

    def _is_new(self, place: str, *, is_link: bool) -> bool:
        try:
            status = os.stat(place)  # noqa: PTH116 (quicker than a Path each)
        except OSError:
            return False
        key = (status.st_dev, status.st_ino)
        if key in self._seen:
            if is_link:
                self.notes.append(f"{place} leads to a folder that is listed already: left out.")
            return False
        self._seen.add(key)
        return True

    def _entries(self, place: str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(place) as entries:
                taken = [entry for entry, _ in zip(entries, range(_LOOKED_AT_LIMIT), strict=False)]
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            self.notes.append(f"{place} cannot be looked into: {error.strerror}.")
            return
        yield from sorted(taken, key=lambda entry: entry.name)

    def _take(self, entry: os.DirEntry[str], depth: int) -> bool:
        """Take in one entry; return whether there is room for another."""
        self._looked_at += 1
        if entry.name.startswith("."):
            pass
        elif entry.name.lower().endswith(self._suffixes):
            if len(self.paths) == self._limit:
                return False
            self.paths.append(entry.path)
        elif _is_folder(entry):
            (self._links if entry.is_symlink() else self._real).append((entry.path, depth + 1))
        return self._looked_at < _LOOKED_AT_LIMIT


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
