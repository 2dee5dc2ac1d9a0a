"""What was met and finished: kept line by line, whatever else is in the file or writes to it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import StoreCorrupt
from voice_guide.store.progress import Progress

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(
    lambda name: name.split() == [name]
)
as_root = pytest.mark.skipif(
    hasattr(os, "geteuid") and os.geteuid() == 0, reason="the administrator may write anywhere"
)


class HandClock:
    """A clock that goes on by a minute at each look."""

    def __init__(self) -> None:
        self.at = datetime(2025, 5, 4, 21, 30, tzinfo=timezone(timedelta(hours=2)))

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "progress.txt"


def test_nothing_is_there_before_anything_was_written(path: Path) -> None:
    progress = Progress(path)
    assert progress.met() == frozenset()
    assert progress.finished() == {}
    progress.meet(())
    assert not path.parent.exists(), "and looking leaves nothing behind"


def test_what_is_met_and_finished_is_known_to_the_next_program(path: Path) -> None:
    progress = Progress(path, HandClock())
    progress.meet(["breath-hold", "Keep a chair beside you."])
    progress.finish("path/01-track")
    progress.finish("breathing/4-7-8")
    again = Progress(path)
    assert again.met() == {"breath-hold", "Keep a chair beside you."}
    done = again.finished()
    assert list(done) == ["path/01-track", "breathing/4-7-8"]
    assert done["path/01-track"].astimezone(UTC).hour == 19
    assert all(at.tzinfo for at in done.values())


def test_a_person_can_read_it(path: Path) -> None:
    progress = Progress(path)
    progress.meet(["tensing"])
    progress.finish("path/01-track")
    first, second = path.read_text().splitlines()
    stamp, word, name = first.split(" ")
    assert (word, name) == ("met", "tensing")
    assert datetime.fromisoformat(stamp).tzinfo
    assert second.endswith(" finished path/01-track")


def test_what_is_taken_back_counts_as_open_and_every_line_stays(path: Path) -> None:
    progress = Progress(path, HandClock())
    progress.finish("path/01-track")
    progress.unfinish("path/01-track")
    assert progress.finished() == {}
    progress.finish("path/01-track")
    assert list(progress.finished()) == ["path/01-track"]
    assert len(path.read_text().splitlines()) == 3


def test_the_last_time_counts(path: Path) -> None:
    clock = HandClock()
    progress = Progress(path, clock)
    progress.finish("a/b")
    progress.finish("a/b")
    assert progress.finished()["a/b"] == clock.at


def test_it_is_nobody_elses(path: Path) -> None:
    Progress(path).finish("a/b")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


FOREIGN = (
    "# mine\n2025-05-04 finished a/naive\nyesterday finished a/b\n2025-05-04T21:30:00+02:00\n\n"
)


def test_torn_and_foreign_lines_are_left_alone(path: Path) -> None:
    path.parent.mkdir()
    before = FOREIGN.encode() + b"\xff\xfe\n2025-05-04T21:30:00+02:00 finished path/0"
    path.write_bytes(before)
    progress = Progress(path)
    progress.finish("path/02-soothe")
    assert path.read_bytes().startswith(before)
    assert set(progress.finished()) == {"path/0", "path/02-soothe"}
    path.write_bytes(before[:-25])
    progress.meet(["tensing"])
    assert progress.met() == {"tensing"}
    assert progress.finished() == {}


@given(st.lists(st.tuples(st.sampled_from(["met", "finished", "unfinished"]), NAMES)))
def test_any_story_is_read_as_it_was_written(tmp_path_factory, story) -> None:
    progress = Progress(tmp_path_factory.mktemp("story") / "progress.txt")
    met, done = set(), set()
    for word, name in story:
        if word == "met":
            progress.meet([name])
            met.add(name)
        elif word == "finished":
            progress.finish(name)
            done.add(name)
        else:
            progress.unfinish(name)
            done.discard(name)
    assert progress.met() == met
    assert set(progress.finished()) == done


@given(st.binary(max_size=300))
def test_no_file_does_any_harm(tmp_path_factory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "progress.txt"
    path.write_bytes(raw)
    progress = Progress(path)
    before = progress.met(), set(progress.finished())
    progress.finish("a/b")
    assert path.read_bytes().startswith(raw)
    assert (progress.met(), set(progress.finished())) == (before[0], before[1] | {"a/b"})


def test_a_name_over_two_lines_becomes_one(path: Path) -> None:
    Progress(path).meet(["Sit.\nOr lie.\u2028Or stand."])
    assert Progress(path).met() == {"Sit. Or lie. Or stand."}


def test_programs_that_write_at_once_lose_nothing(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from voice_guide.store.progress import Progress\n"
        "for n in range(200): Progress(Path(sys.argv[1])).finish(f'{sys.argv[2]}/{n}')"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "abc"]
    assert [one.wait(60) for one in writers] == [0, 0, 0]
    assert len(Progress(path).finished()) == 600
    # Who looks while another's line is half written begins a new one: that leaves an empty one.
    assert len([line for line in path.read_text().splitlines() if line]) == 600


@pytest.mark.parametrize("kind", ["folder", "pipe", "full", "folder that is a file"])
def test_what_cannot_be_used_is_explained(path: Path, kind: str) -> None:
    if kind == "folder that is a file":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "full":
        path.symlink_to("/dev/full")
    progress = Progress(path)
    with pytest.raises(StoreCorrupt) as fault:
        progress.finish("a/b")
    assert str(path) in fault.value.message
    assert "Sessions play" in fault.value.hint
    with pytest.raises(StoreCorrupt):
        progress.met()


def test_a_full_disk_is_explained_and_what_was_torn_off_is_left_alone(path: Path) -> None:
    Progress(path).finish("a/b")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from voice_guide.errors import StoreCorrupt\n"
        "from voice_guide.store.progress import Progress\n"
        "path = Path(sys.argv[1]); room = path.stat().st_size + 20\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))\n"
        "try: Progress(path).finish('c/d')\n"
        "except StoreCorrupt as fault: print(fault)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True)
    assert str(path).encode() in done.stdout
    assert set(Progress(path).finished()) == {"a/b"}
    Progress(path).finish("c/d")
    assert set(Progress(path).finished()) == {"a/b", "c/d"}


@as_root
def test_what_may_not_be_written_is_explained(path: Path) -> None:
    Progress(path).meet(["tensing"])
    path.chmod(0o400)
    assert Progress(path).met() == {"tensing"}
    with pytest.raises(StoreCorrupt, match="denied"):
        Progress(path).finish("a/b")
