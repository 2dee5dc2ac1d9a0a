from pathlib import Path

import pytest

from voice_guide.errors import ScriptNotFound
from voice_guide.store.library import Entry, Library
from voice_guide.store.paths import find_paths


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def library(tmp_path: Path, own: Path) -> Library:
    ships = tmp_path / "ships"
    for name in ("breathing/4-7-8", "breathing/box", "sleep/drift", "kindness/drift"):
        write(ships / f"{name}.md", f"shipped {name}")
    return Library((own, ships))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def fault(library: Library, name: str) -> str:
    with pytest.raises(ScriptNotFound) as caught:
        library.find(name)
    assert caught.value.hint
    return str(caught.value)


def test_entries_are_sorted_and_know_their_parts(library: Library) -> None:
    entries = library.entries()
    assert [e.id for e in entries] == [
        "breathing/4-7-8",
        "breathing/box",
        "kindness/drift",
        "sleep/drift",
    ]
    assert (entries[0].kind, entries[0].slug) == ("breathing", "4-7-8")


def test_found_by_id_and_by_unique_last_part(library: Library) -> None:
    assert library.find("breathing/4-7-8") == library.find("4-7-8")
    assert library.find("sleep/drift").path.read_text() == "shipped sleep/drift"


def test_an_ambiguous_last_part_names_the_candidates(library: Library) -> None:
    message = fault(library, "drift")
    assert "kindness/drift" in message
    assert "sleep/drift" in message


def test_own_scripts_override_and_add(library: Library, own: Path) -> None:
    write(own / "breathing" / "box.md", "my own box")
    write(own / "morning.md", "my morning")
    write(own / ".draft.md", "hidden")
    write(own / "notes.txt", "no script")
    assert library.find("box").path.read_text() == "my own box"
    assert library.find("morning").kind == ""
    assert len(library.entries()) == 5


def test_each_script_knows_whose_it_is(library: Library, own: Path) -> None:
    mine = write(own / "breathing" / "box.md", "my own box")
    write(own / "breathing" / "morning.MD", "my morning")
    by_id = {entry.id: entry for entry in library.entries()}
    assert by_id["breathing/box"] == Entry(
        "breathing/box", mine, "breathing", "box", own=True, overrides=True
    )
    morning = by_id["breathing/morning"]
    assert (morning.own, morning.overrides) == (True, False)
    assert not by_id["sleep/drift"].own


def test_a_name_shared_by_own_and_shipped_ones_tells_them_apart(
    library: Library, own: Path
) -> None:
    write(own / "calm" / "box.md", "my own box")
    message = fault(library, "box")
    assert "breathing/box or calm/box (your own)" in message
    assert "takes the place" in message
    assert library.find("calm/box").path.read_text() == "my own box"
    for number in range(9):
        write(own / str(number) / "box.md", "one of many")
    assert fault(library, "box").endswith("where its folder is the same, too.")
    assert len(fault(library, "box")) < 300


def test_what_is_left_out_is_told(library: Library, own: Path) -> None:
    write(own / "breathing" / "mine.md", "mine")
    (own / "again").symlink_to(own / "breathing")
    (own / "loop").symlink_to(own)
    shelf = library.look()
    assert [entry.id for entry in shelf.entries if entry.own] == ["breathing/mine"]
    assert any("again" in note for note in shelf.notes)
    assert any("loop" in note for note in shelf.notes)


@pytest.mark.parametrize("name", ["with blank", "静けさ", "a\nb", "-x", "a.b", "x" * 240])
def test_any_file_name_is_an_id(library: Library, own: Path, name: str) -> None:
    write(own / name / f"{name}.md", name)
    assert library.find(f"{name}/{name}").path.read_text() == name
    assert library.find(name).slug == name


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("478", "breathing/4-7-8"),
        ("4-7-9", "breathing/4-7-8"),
        ("breathing/4-7-8.md", "breathing/4-7-8"),
        ("Box", "breathing/box"),
        ("sleep/drifft", "sleep/drift"),
    ],
)
def test_near_matches_are_offered(library: Library, name: str, near: str) -> None:
    message = fault(library, name)
    assert name in message
    assert f"Did you mean {near}" in message


@pytest.mark.parametrize("name", ["", "zzzzzz", "no/such/file.md", "a\0b", "x" * 5000, "é\udce9"])
def test_nonsense_is_explained_without_a_guess(library: Library, name: str) -> None:
    message = fault(library, name)
    assert "Did you mean" not in message
    assert "voice-guide list" in message


def test_any_file_can_be_named_by_its_path(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "with blank" / "evening.txt", "Rest.")
    entry = library.find(str(path))
    assert (entry.id, entry.path, entry.slug) == (str(path), path, "evening")
    monkeypatch.chdir(path.parent)
    assert library.find("evening.txt").path.read_text() == "Rest."
    write(path.parent / "box", "not the script")
    assert library.find("box").id == "breathing/box"
    assert library.find("./box").path.read_text() == "not the script"


def test_a_link_in_a_circle_is_found_so_that_reading_can_explain_it(
    library: Library, tmp_path: Path
) -> None:
    loop = tmp_path / "loop.md"
    loop.symlink_to(loop)
    assert library.find(str(loop)).path == loop


def test_missing_folders_are_no_fault(tmp_path: Path) -> None:
    assert Library((tmp_path / "nowhere",)).entries() == ()
    assert "There is no script" in fault(Library(()), "box")


def test_the_shipped_scripts_are_found() -> None:
    ids = [entry.id for entry in Library(find_paths().scripts).entries()]
    assert "breathing/4-7-8" in ids
