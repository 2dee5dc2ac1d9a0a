"""The catalogue: every script by its header, whatever the folders hold, and nothing read twice."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from voice_guide.frontends.library.catalogue import HEADINGS, Catalogue, CatalogueEntry
from voice_guide.script.syntax.header import KINDS
from voice_guide.store.library import Library

GOOD = """---
title: {title}
summary: One line.
kind: {kind}
length: 2-6 min
bed: rain
cautions: [slow-breath]
when: [waiting, "no reply"]
actions: [one, two, three]
sources: ["ours"]
---

You are here.
[pause 1-90s]
"""
LONG_AGO = time.time() - 3600


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def ships(tmp_path: Path) -> Path:
    folder = tmp_path / "ships"
    write(folder / "breathing" / "box.md", GOOD.format(title="Box", kind="breathing"))
    write(folder / "kindness" / "friend.md", GOOD.format(title="Friend", kind="kindness"))
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "catalogue.json"


def write(path: Path, text: str | bytes, age: float = LONG_AGO) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    os.utime(path, (age, age))
    return path


def look(own: Path, ships: Path, index: Path) -> tuple[dict[str, CatalogueEntry], Catalogue]:
    """Look as a fresh start of the program does."""
    catalogue = Catalogue(Library((own, ships)), index)
    return {entry.id: entry for entry in catalogue.entries()}, catalogue


def test_headings_follow_the_kinds() -> None:
    assert tuple(HEADINGS) == KINDS


def test_everything_a_header_says_is_there_and_survives_the_index(
    own: Path, ships: Path, index: Path
) -> None:
    mine = write(own / "moments" / "mine.md", GOOD.format(title="Mine", kind="rituals"))
    expected = CatalogueEntry(
        "moments/mine",
        mine,
        own=True,
        overrides=False,
        kind="rituals",
        title="Mine",
        summary="One line.",
        length_s=(120.0, 360.0),
        bed="rain",
        cautions=("slow-breath",),
        when=("waiting", "no reply"),
        actions=("one", "two", "three"),
        sources=("ours",),
    )
    first, _ = look(own, ships, index)
    again, catalogue = look(own, ships, index)
    assert first == again
    assert first["moments/mine"] == expected
    assert catalogue.parsed == 0
    assert not first["breathing/box"].own


def test_nothing_is_read_again_that_has_not_changed(own: Path, ships: Path, index: Path) -> None:
    _, catalogue = look(own, ships, index)
    assert catalogue.parsed == 2
    before = index.stat()
    _, catalogue = look(own, ships, index)
    catalogue.entries()
    assert catalogue.parsed == 0
    assert index.stat() == before, "what is the same is not written again"


def test_changes_are_seen_at_once_and_only_they_are_read(
    own: Path, ships: Path, index: Path
) -> None:
    mine = write(own / "moments" / "mine.md", GOOD.format(title="Mine", kind="moments"))
    catalogue = Catalogue(Library((own, ships)), index)
    catalogue.entries()
    write(mine, GOOD.format(title="New!", kind="moments"), LONG_AGO + 1)
    write(own / "moments" / "more.md", GOOD.format(title="More", kind="moments"))
    (ships / "breathing" / "box.md").unlink()
    seen = {entry.id: entry.title for entry in catalogue.entries()}
    assert seen == {"kindness/friend": "Friend", "moments/mine": "New!", "moments/more": "More"}
    assert catalogue.parsed == 5
    assert {entry.id: entry.title for entry in look(own, ships, index)[0].values()} == seen


def test_a_change_that_keeps_time_and_size_is_seen(own: Path, ships: Path, index: Path) -> None:
    mine = write(own / "mine.md", GOOD.format(title="One", kind="moments"))
    assert look(own, ships, index)[0]["mine"].title == "One"
    write(mine, GOOD.format(title="Two", kind="moments"))
    assert look(own, ships, index)[0]["mine"].title == "Two"


def test_what_was_written_just_now_is_not_taken_for_known(
    own: Path, ships: Path, index: Path
) -> None:
    """It may be written again within the same tick of the clock."""
    write(own / "mine.md", GOOD.format(title="One", kind="moments"), time.time())
    look(own, ships, index)
    entries, catalogue = look(own, ships, index)
    assert (entries["mine"].title, catalogue.parsed) == ("One", 1)


BROKEN = {
    "syntax": ("---\ntitle: A\n---\n", "line 1, column 1: a header without"),
    "direction": (GOOD.format(title="A", kind="moments") + "[pauze 3s]\n", "Did you mean pause?"),
    "latin": ("---\ntitle: Café\n".encode("latin-1"), "line 2, column 11"),
    "binary": (b"\x7fELF\0\0", "not text"),
    "empty": (b"", "The file is empty."),
    "huge": (b"a" * 1_000_001, "larger than 1 MB"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_listed_with_its_fault_in_one_line(
    own: Path, ships: Path, index: Path, name: str
) -> None:
    text, told = BROKEN[name]
    write(own / "moments" / f"{name}.md", text)
    for _ in range(2):
        entries, _ = look(own, ships, index)
        broken = entries[f"moments/{name}"]
        assert broken.fault
        assert told in broken.fault
        assert "\n" not in broken.fault
        assert (broken.kind, broken.title) == ("moments", "")
        assert set(entries) == {"breathing/box", "kindness/friend", f"moments/{name}"}


@pytest.mark.parametrize("name", ["latin", "binary", "empty"])
def test_what_could_not_be_read_is_tried_anew(
    own: Path, ships: Path, index: Path, name: str
) -> None:
    """A disk that stumbled once must not leave its fault in the index."""
    write(own / "mine.md", BROKEN[name][0])
    look(own, ships, index)
    assert look(own, ships, index)[1].parsed == 1


def test_several_faults_are_counted(own: Path, ships: Path, index: Path) -> None:
    write(own / "mine.md", "---\ntitle: A\n---\n[pauze 3s]\n")
    assert look(own, ships, index)[0]["mine"].fault.endswith("(and 2 more)")


def test_a_broken_own_one_does_not_let_the_shipped_one_pass_for_it(
    own: Path, ships: Path, index: Path
) -> None:
    mine = write(own / "breathing" / "box.md", "")
    box = look(own, ships, index)[0]["breathing/box"]
    assert box.fault
    assert (box.own, box.overrides, box.path) == (True, True, mine)
    mine.unlink()
    box = look(own, ships, index)[0]["breathing/box"]
    assert (box.own, box.overrides, box.fault, box.title) == (False, False, None, "Box")


def test_odd_things_that_carry_the_ending_are_explained(
    own: Path, ships: Path, index: Path
) -> None:
    own.mkdir()
    (own / "dangling.md").symlink_to(own / "gone")
    (own / "loop.md").symlink_to(own / "loop.md")
    (own / "folder.md").mkdir()
    os.mkfifo(own / "pipe.md")
    write(own / "wait\ning.md", GOOD.format(title="Named oddly", kind="moments"))
    entries, _ = look(own, ships, index)
    told = {name: entry.fault for name, entry in entries.items() if entry.fault}
    assert told == {
        "dangling": "The file is not there.",
        "loop": "The file is a link that leads back to itself.",
        "folder": "The file is a folder.",
        "pipe": "The file is not an ordinary file.",
    }
    assert entries["wait\ning"].title == "Named oddly"


class Vanishing(Library):
    """A library out of which a file goes between being listed and being read."""

    def look(self):
        shelf = super().look()
        for entry in shelf.entries:
            if entry.own:
                entry.path.unlink()
        return shelf


def test_a_file_that_vanishes_meanwhile_hides_nothing(own: Path, ships: Path, index: Path) -> None:
    write(own / "mine.md", GOOD.format(title="Mine", kind="moments"))
    catalogue = Catalogue(Vanishing((own, ships)), index)
    faults = {entry.id: entry.fault for entry in catalogue.entries()}
    assert faults == {
        "breathing/box": None,
        "kindness/friend": None,
        "mine": "The file is not there.",
    }
    assert "mine" not in {entry.id for entry in catalogue.entries()}


def test_a_file_that_may_be_read_again_is_read_again(
    own: Path, ships: Path, index: Path, tmp_path: Path
) -> None:
    mine = write(own / "mine.md", GOOD.format(title="Mine", kind="moments"))
    mine.chmod(0)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)
    whoever = os.geteuid()
    if whoever == 0:  # root may read everything, so be somebody else for a moment
        os.seteuid(65534)
    try:
        assert look(own, ships, index)[0]["mine"].fault == "The file may not be read."
    finally:
        os.seteuid(whoever)
    mine.chmod(0o644)
    assert look(own, ships, index)[0]["mine"].title == "Mine"


SPOILT = {
    "empty": lambda raw: b"",
    "cut": lambda raw: raw[:-20],
    "flipped": lambda raw: raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:],
    "foreign": lambda raw: b'{"some": "json"}',
    "older": lambda raw: b"0 " + raw.partition(b" ")[2],
    "binary": lambda raw: bytes(range(256)) * 10,
}


@pytest.mark.parametrize("way", SPOILT)
def test_a_spoilt_index_is_made_anew(own: Path, ships: Path, index: Path, way: str) -> None:
    good, _ = look(own, ships, index)
    raw = index.read_bytes()
    index.write_bytes(SPOILT[way](raw))
    again, catalogue = look(own, ships, index)
    assert (again, catalogue.parsed) == (good, 2)
    assert index.read_bytes() == raw


def test_an_index_that_cannot_be_kept_is_done_without(
    own: Path, ships: Path, tmp_path: Path
) -> None:
    blocked = write(tmp_path / "file", "") / "catalogue.json"
    folder = tmp_path / "folder.json"
    folder.mkdir()
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    for place in (blocked, folder, pipe):
        before = set(tmp_path.iterdir())
        assert len(look(own, ships, place)[0]) == 2
        assert set(tmp_path.iterdir()) == before, "nothing is left lying about"
    assert folder.is_dir()


@pytest.mark.long
def test_a_thousand_and_a_loop_are_listed_soon(own: Path, ships: Path, index: Path) -> None:
    for number in range(1_000):
        write(own / f"f{number % 7}" / f"n{number}.md", GOOD.format(title=number, kind="moments"))
    (own / "f0" / "loop").symlink_to(own)
    began = time.process_time()
    entries, catalogue = look(own, ships, index)
    assert time.process_time() - began < 10
    assert len(entries) == 1_002
    assert any("loop" in note for note in catalogue.notes)
    began = time.process_time()
    assert look(own, ships, index)[0] == entries
    assert time.process_time() - began < 1
