"""The scripts at hand: the listener's own, and those that ship with the program."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from voice_guide.errors import ScriptNotFound
from voice_guide.store.walking import walk_files

_MOST = 5_000
"""Scripts in one folder; some hours of reading for every day of a year."""
_ENDING = ".md"
_LONGEST_NAME = 200
"""Characters of a name that is compared with others, in search of what was meant."""


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
    own: bool = True
    """Whether it is the listener's own, and did not come with the program."""
    overrides: bool = False
    """Whether it stands in the place of another script with the same id."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything in the library at one moment."""

    entries: tuple[Entry, ...]
    """Sorted by id."""
    notes: tuple[str, ...]
    """A sentence for each thing in the folders that was left out."""


class Library:
    """Scripts in folders, of which an earlier one overrides a later one by id.

    The last folder is the one that came with the program; those before it are the listener's own.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    def look(self) -> Shelf:
        """Return what is there now. The folders are read anew each time."""
        found: dict[str, Entry] = {}
        notes: list[str] = []
        for number, folder in reversed(tuple(enumerate(self.folders, 1))):
            files = walk_files(folder, (_ENDING,), _MOST)
            notes.extend(files.notes)
            own = number < len(self.folders)
            start = len(str(folder)) + len(os.sep)
            fresh: dict[str, Entry] = {}
            for path in files.paths:
                name = str(path)[start : -len(_ENDING)].replace(os.sep, "/")
                kind, _, slug = name.rpartition("/")
                # A.md and A.MD share an id: the first of them is taken.
                fresh.setdefault(name, Entry(name, path, kind, slug, own, name in found))
            found |= fresh
        return Shelf(tuple(found[name] for name in sorted(found)), tuple(notes))

    def entries(self) -> tuple[Entry, ...]:
        """Return every script, sorted by id. The folders are read anew each time."""
        return self.look().entries

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
            raise _ambiguous(name, matches)
        path = Path(name)
        if name and os.path.lexists(name):
            return Entry(name, path, "", path.stem)
        raise _not_found(name, entries)


def _ambiguous(name: str, matches: Sequence[Entry]) -> ScriptNotFound:
    ids = [f"{entry.id} (your own)" if entry.own else entry.id for entry in matches[:5]]
    ids += ["others"] * (len(matches) > 5)
    hint = "Say the whole name."
    if {entry.own for entry in matches} == {True, False}:
        hint += " One of your own takes the place of another where its folder is the same, too."
    return ScriptNotFound(f'"{name}" could be {" or ".join(ids)}.', hint)


def _not_found(name: str, entries: Sequence[Entry]) -> ScriptNotFound:
    import difflib  # noqa: PLC0415 (only needed here, and a list should come quickly)

    if not name:
        return ScriptNotFound("The name of the script is empty.", "`voice-guide list` shows all.")
    wanted = name.casefold().removesuffix(_ENDING)
    by_name = {entry.slug: entry.id for entry in entries} | {
        entry.id: entry.id for entry in entries
    }
    near = (
        difflib.get_close_matches(wanted, by_name, n=4, cutoff=0.5)
        if len(wanted) <= _LONGEST_NAME
        else []
    )
    ids = list(dict.fromkeys(by_name[match] for match in near))[:3]
    hint = f"Did you mean {' or '.join(ids)}? " if ids else ""
    return ScriptNotFound(
        f'There is no script and no file called "{name}".',
        f"{hint}`voice-guide list` shows every script; any text file can be given by its path.",
    )
