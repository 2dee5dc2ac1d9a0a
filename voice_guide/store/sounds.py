"""The sounds at hand: the listener's own, and those that ship with the program."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voice_guide.store.reading import read_text
from voice_guide.store.walking import walk_files

SOUND_KINDS = ("bells", "beds", "pacers")
"""The folders of the palette."""

_MOST = 500
"""Files of one kind in one folder; more than this are no palette."""


def read_patches(folders: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Return the text of every sound patch as `{kind: {name: text}}`; earlier folders override.

    Raises
    ------
    StoreCorrupt
        A patch is there but cannot be read.
    """
    patches: dict[str, dict[str, str]] = {}
    for kind in SOUND_KINDS:
        files: dict[str, Path] = {}
        for folder in folders:
            for path in walk_files(folder / kind, (".toml",), _MOST).paths:
                files.setdefault(path.stem, path)
        patches[kind] = {name: read_text(files[name]) for name in sorted(files)}
    return patches
