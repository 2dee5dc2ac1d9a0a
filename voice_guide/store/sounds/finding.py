"""The sounds at hand: the listener's own, and those that ship with the program."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voice_guide.store.walking import walk_files

KINDS: Final = {"bells": "bell", "beds": "bed", "pacers": "pacer"}
"""The folders of the palette, and the kind of sound that lies in each."""

PATCH: Final = ".toml"
RECORDINGS: Final = (".wav", ".flac", ".ogg", ".oga", ".opus", ".aiff", ".aif")
"""What libsndfile reads, but for MP3: on a damaged one its decoder talks to the terminal."""
_OTHERS: Final = (".mp3", ".m4a", ".aac", ".wma", ".caf", ".mp4", ".webm", ".mid")
"""What somebody might put there all the same."""
_MOST_FILES: Final = 500
"""In one folder of sounds; a palette of more could not be taken in."""


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file in a folder of sounds."""

    kind: str
    """`bell`, `bed` or `pacer`, by the folder; empty for one that lies beside those."""
    name: str
    path: Path
    is_own: bool
    is_recording: bool
    stamp: tuple[int, int, int] | None
    """When it was changed, its size and its number: another stamp, another sound."""


@dataclass(frozen=True, slots=True)
class SoundFiles:
    """What lies in the folders of sounds: equal as long as nothing there has changed."""

    files: tuple[SoundFile, ...]
    """Of files with one kind and name, the one to be taken comes first."""
    notes: tuple[str, ...]
    """A sentence for each thing that was left out."""


def find_sounds(folders: Sequence[Path]) -> SoundFiles:
    """Return the files in the folders of sounds, of which the last one ships with the program.

    An earlier folder comes first; within one, what lies less deep; and of a recording and a patch
    side by side the recording.
    """
    files: list[SoundFile] = []
    notes: list[str] = []
    for number, folder in enumerate(folders, 1):
        found = walk_files(folder, (PATCH, *RECORDINGS, *_OTHERS), _MOST_FILES)
        here = [_look_at(path, folder, is_own=number < len(folders)) for path in found.paths]
        files += sorted(here, key=lambda file: (len(file.path.parts), not file.is_recording))
        notes += found.notes
    return SoundFiles(tuple(files), tuple(notes))


def _look_at(path: Path, folder: Path, *, is_own: bool) -> SoundFile:
    stamp = None
    with contextlib.suppress(OSError):
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    first, *rest = path.relative_to(folder).parts
    kind = KINDS.get(first, "") if rest else ""
    is_recording = path.suffix.lower() != PATCH
    return SoundFile(kind, path.stem, path, is_own, is_recording, stamp)
