"""Where things lie: the listener's own folders, and what ships with the program."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HOME_VARIABLE = "VOICE_GUIDE_HOME"
"""Environment variable: one folder that holds config, data and cache, for tests and USB sticks."""

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Paths:
    """Every folder the program reads or writes. Nothing is created until it is needed."""

    config: Path
    """Settings, written by hand or by the program."""
    data: Path
    """What the listener would miss: own scripts and sounds, rendered sessions."""
    cache: Path
    """What can be made again: spoken clips."""

    @property
    def settings(self) -> Path:
        """The settings file."""
        return self.config / "settings.toml"

    @property
    def spare_settings(self) -> Path:
        """The copy of the last good settings."""
        return self.data / "settings-last-good.toml"

    @property
    def clips(self) -> Path:
        """The folder of spoken clips."""
        return self.cache / "clips"

    @property
    def catalogue(self) -> Path:
        """The index of what the headers of scripts say."""
        return self.cache / "catalogue.json"

    @property
    def progress(self) -> Path:
        """The file of what was met and finished."""
        return self.data / "progress.txt"

    @property
    def journal(self) -> Path:
        """The database of sessions and rituals."""
        return self.data / "journal.sqlite3"

    @property
    def rendered(self) -> Path:
        """The folder for sessions that were rendered because there was no sound output."""
        return self.data / "rendered"

    @property
    def scripts(self) -> tuple[Path, ...]:
        """The folders of scripts, the listener's own first."""
        return (self.data / "scripts", shipped("scripts") / "en")

    @property
    def sounds(self) -> tuple[Path, ...]:
        """The folders of sound patches, the listener's own first."""
        return (self.data / "sounds", shipped("sounds"))


def find_paths(environ: Mapping[str, str] = os.environ) -> Paths:
    """Return the folders that this system sets aside for programs, or those under one home."""
    home = environ.get(HOME_VARIABLE)
    if home:
        root = Path(home).expanduser().absolute()
        return Paths(root / "config", root / "data", root / "cache")
    from platformdirs import PlatformDirs  # noqa: PLC0415 (only needed here)

    folders = PlatformDirs("voice-guide", appauthor=False)
    return Paths(folders.user_config_path, folders.user_data_path, folders.user_cache_path)


def shipped(name: str) -> Path:
    """Return a folder that ships with the program: inside the package, or beside it in a clone."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
