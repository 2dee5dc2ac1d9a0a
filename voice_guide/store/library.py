"""The scripts at hand: the listener's own, and those that ship with the program."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from voice_guide.errors import ScriptNotFound


@dataclass(frozen=True, slots=True)
class Entry:
    """A script that can be asked for."""

    id: str
    """`breathing/4-7-8`; for a file outside the library, the path as it was given."""
    path: Path
    kind: str
    """The folder in the library, `breathing`; empty outside it."""
    slug: str
    """The last part of the id, `4-7-8`."""


class Library:
    """Scripts in folders, of which an earlier one overrides a later one by id."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    def entries(self) -> tuple[Entry, ...]:
        """Return every script, sorted by id. The folders are read anew each time."""
        found: dict[str, Entry] = {}
        for folder in self.folders:
            for path in _files(folder, ".md"):
                parts = path.relative_to(folder).with_suffix("").parts
                name = "/".join(parts)
                found.setdefault(name, Entry(name, path, "/".join(parts[:-1]), parts[-1]))
        return tuple(found[name] for name in sorted(found))

    def find(self, name: str) -> Entry:
        """Return the script with this id, else with this last part, else the file at this path.

        Raises
        ------
        ScriptNotFound
            Nothing answers to the name, or more than one script does.
        """
        entries = self.entries()
        matches = [e for e in entries if e.id == name] or [e for e in entries if e.slug == name]
        if len(matches) == 1:
            return matches[0]
        if matches:
            ids = " or ".join(entry.id for entry in matches)
            raise ScriptNotFound(f'"{name}" could be {ids}.', "Say the whole name.")
        path = Path(name)
        if name and os.path.lexists(name):
            return Entry(name, path, "", path.stem)
        raise _not_found(name, entries)


def _files(folder: Path, suffix: str) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(suffix) and not name.startswith("."):
                yield Path(place, name)


def _not_found(name: str, entries: Sequence[Entry]) -> ScriptNotFound:
    if not name:
        return ScriptNotFound("The name of the script is empty.", "`voice-guide list` shows all.")
    wanted = name.casefold().removesuffix(".md")
    by_name = {entry.slug: entry.id for entry in entries} | {
        entry.id: entry.id for entry in entries
    }
    near = difflib.get_close_matches(wanted, by_name, n=4, cutoff=0.5)
    ids = list(dict.fromkeys(by_name[match] for match in near))[:3]
    hint = f"Did you mean {' or '.join(ids)}? " if ids else ""
    return ScriptNotFound(
        f'There is no script and no file called "{name}".',
        f"{hint}`voice-guide list` shows every script; any text file can be given by its path.",
    )
