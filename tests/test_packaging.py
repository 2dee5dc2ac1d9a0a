"""What is built and installed is the whole program, and runs from anywhere."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = sorted(
    str(path.relative_to(ROOT))
    for folder, ending in (("scripts", "md"), ("scripts", "txt"), ("sounds", "toml"))
    for path in (ROOT / folder).rglob(f"*.{ending}")
)

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # The back end is one of the tests' own parts, so that no network is needed here.
    alone = ("--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    run("-m", "pip", "wheel", "--quiet", *alone)
    (built,) = folder.glob("voice_guide-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed with blanks")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def run(*words: str, cwd: Path | None = None, target: Path | None = None) -> str:
    environ = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    if target:
        environ["PYTHONPATH"] = str(target)
    done = subprocess.run(
        [sys.executable, *words], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_script_and_sound(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert SHIPPED
    assert {f"voice_guide/{name}" for name in SHIPPED} <= names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "sounds/"))]
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert b"voice-guide = voice_guide.__main__:main" in read_one(wheel, "entry_points.txt")
    assert b"License-Expression: GPL-3.0-or-later" in read_one(wheel, "METADATA")


def read_one(wheel: Path, ending: str) -> bytes:
    archive = zipfile.ZipFile(wheel)
    (name,) = (name for name in archive.namelist() if name.endswith(ending))
    return archive.read(name)


def test_what_is_installed_finds_what_it_brought(installed: Path, tmp_path: Path) -> None:
    code = (
        "from voice_guide.store.paths import shipped; "
        "print(shipped('scripts')); print(shipped('sounds'))"
    )
    printed = run("-c", code, cwd=tmp_path, target=installed)
    assert printed.splitlines() == [
        str(installed / "voice_guide" / name) for name in ("scripts", "sounds")
    ]


def test_it_renders_a_session_from_a_folder_of_its_own(installed: Path, tmp_path: Path) -> None:
    """`python -P` and a bare folder: nothing of the clone can be what answers."""
    listed = run("-P", "-m", "voice_guide", "list", cwd=tmp_path, target=installed)
    assert "4-7-8" in listed
    words = ("render", "4-7-8", "-o", "session.wav", "--quiet")
    run("-P", "-m", "voice_guide", *words, cwd=tmp_path, target=installed)
    assert (tmp_path / "session.wav").stat().st_size > 1_000_000


def test_the_source_archive_is_complete(tmp_path: Path) -> None:
    code = f"from hatchling.build import build_sdist as b; print(b({str(tmp_path)!r}))"
    name = run("-c", code, cwd=ROOT).strip().splitlines()[-1]
    with tarfile.open(tmp_path / name) as archive:
        names = {entry.partition("/")[2] for entry in archive.getnames()}
    assert {*SHIPPED, "pyproject.toml", "README.md", "LICENSE", "dev", ".ci/run"} <= names
    assert "tests/test_packaging.py" in names
    assert not [entry for entry in names if entry.startswith((".venv", ".git/"))]
