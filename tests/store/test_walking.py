import os
import time
from pathlib import Path

import pytest

from voice_guide.store.walking import DEPTH_LIMIT, Found, walk_files


def plant(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    return folder


def names(folder: Path, found: Found) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in found.paths]


def walk(folder: Path, limit: int = 1000) -> Found:
    return walk_files(folder, (".md", ".toml"), limit)


def test_files_with_an_ending_are_found_in_order_and_hidden_ones_are_not(tmp_path: Path) -> None:
    plant(tmp_path, "b.md", "a/z.md", "a.b/c.TOML", "a/.d.md", ".git/e.md", "f.txt", "md", ".md")
    found = walk(tmp_path)
    assert names(tmp_path, found) == ["a/z.md", "a.b/c.TOML", "b.md"]
    assert found.notes == ()


def test_a_folder_that_is_not_there_or_is_a_file_holds_nothing(tmp_path: Path) -> None:
    plant(tmp_path, "file.md")
    assert walk(tmp_path / "nowhere") == Found((), ())
    assert walk(tmp_path / "file.md") == Found((), ())


def test_circles_are_walked_once_and_told(tmp_path: Path) -> None:
    plant(tmp_path, "sub/a.md")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "sub")
    found = walk(tmp_path)
    assert names(tmp_path, found) == ["sub/a.md"]
    assert len(found.notes) == 2
    assert all("listed already" in note for note in found.notes)


def test_of_many_notes_the_first_are_told(tmp_path: Path) -> None:
    plant(tmp_path, "sub/a.md")
    for number in range(30):
        (tmp_path / f"again{number:02}").symlink_to(tmp_path / "sub")
    found = walk(tmp_path)
    assert names(tmp_path, found) == ["sub/a.md"]
    assert "again00" in found.notes[0]
    assert len(found.notes) < 10
    assert f"more things under {tmp_path}" in found.notes[-1]


def test_a_link_to_a_folder_elsewhere_is_followed_once(tmp_path: Path) -> None:
    plant(tmp_path / "elsewhere", "deep/a.md")
    plant(tmp_path / "own", "b.md")
    for name in ("aa", "zz"):
        (tmp_path / "own" / name).symlink_to(tmp_path / "elsewhere")
    found = walk(tmp_path / "own")
    assert names(tmp_path / "own", found) == ["aa/deep/a.md", "b.md"]
    assert "zz leads to a folder" in found.notes[0]


def test_what_cannot_be_read_is_found_so_that_reading_explains_it(tmp_path: Path) -> None:
    (tmp_path / "broken.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "circle.md").symlink_to(tmp_path / "circle.md")
    (tmp_path / "folder.md").mkdir()
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    found = walk(tmp_path)
    assert names(tmp_path, found) == ["broken.md", "circle.md", "folder.md", "pipe.md"]
    assert found.notes == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_forbidden_folder_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "shut/a.md", "open/b.md")
    (tmp_path / "shut").chmod(0)
    found = walk(tmp_path)
    (tmp_path / "shut").chmod(0o700)
    assert names(tmp_path, found) == ["open/b.md"]
    assert "shut cannot be looked into" in found.notes[0]


def test_too_deep_and_too_many_are_told(tmp_path: Path) -> None:
    deep = "/".join("d" * (DEPTH_LIMIT + 1))
    plant(tmp_path, f"{deep}/far.md", f"{deep[:-2]}/near.md")
    found = walk(tmp_path)
    assert names(tmp_path, found) == [f"{deep[:-2]}/near.md"]
    assert "folders deep" in found.notes[0]
    plant(tmp_path, *(f"{number:02}.md" for number in range(20)))
    found = walk(tmp_path, limit=7)
    assert names(tmp_path, found) == [f"{number:02}.md" for number in range(7)]
    assert "only the first 7" in found.notes[0]


def test_names_that_are_no_text_are_found(tmp_path: Path) -> None:
    with open(os.fsencode(tmp_path) + b"/caf\xe9.md", "w"):  # noqa: PTH123
        pass
    assert len(walk(tmp_path).paths) == 1


def test_thousands_of_files_are_quick(tmp_path: Path) -> None:
    for number in range(3000):
        os.close(os.open(tmp_path / f"{number}.md", os.O_CREAT))
    began = time.process_time()
    assert len(walk(tmp_path, limit=2000).paths) == 2000
    took_ms = 1000 * (time.process_time() - began)
    print(f"3000 files: {took_ms:.1f} ms")
    assert took_ms < 200
