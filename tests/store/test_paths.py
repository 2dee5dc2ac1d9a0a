import os
import subprocess
import sys
from pathlib import Path

import pytest

from voice_guide.store.paths import find_paths, shipped


def test_one_variable_moves_everything(tmp_path: Path) -> None:
    paths = find_paths({"VOICE_GUIDE_HOME": str(tmp_path)})
    own = [paths.config, paths.data, paths.cache, paths.settings, paths.clips, paths.rendered]
    own += [paths.scripts[0], paths.sounds[0]]
    assert all(path.is_relative_to(tmp_path) for path in own)
    assert len(set(own)) == len(own)
    assert not list(tmp_path.iterdir()), "looking must not create anything"


def test_a_relative_home_does_not_move_with_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_paths({"VOICE_GUIDE_HOME": "here"}).data == tmp_path / "here" / "data"


def test_without_it_the_system_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        monkeypatch.delenv(name)
    paths = find_paths({})
    assert "voice-guide" in str(paths.config)
    assert "voice-guide" in str(paths.data)
    assert "voice-guide" in str(paths.cache)
    assert len({paths.config, paths.data, paths.cache}) >= 2


def test_the_shipped_folders_are_found() -> None:
    assert (shipped("sounds") / "bells").is_dir()
    assert (shipped("scripts") / "en").is_dir()


def test_the_store_is_light_to_import() -> None:
    """No speech, sound or display library may come in by way of the store."""
    code = (
        "import sys; import voice_guide.store.library, voice_guide.store.settings; "
        "print(*{'numpy', 'yaml', 'typer', 'rich', 'sounddevice', 'asyncio'} & set(sys.modules))"
    )
    heavy = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.stdout.strip() == ""
