"""The settings file of a program that runs on: read anew, changed in place, never harmed."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rig import wait_until

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.settings import Settings, Sound, saving
from voice_guide.store.settings.file import SettingsFile
from voice_guide.store.settings.loading import load

BED, PITCH, FAVOURITE = ("sound", "bed"), ("voice", "pitch"), ("companion", "favourite")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


@pytest.fixture
def file(path: Path) -> SettingsFile:
    path.parent.mkdir()
    return SettingsFile(path)


def beside(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_nothing_is_made_before_it_is_needed(path: Path) -> None:
    file = SettingsFile(path)
    assert file.read() == file.current() == Settings()
    assert file.take_fault() is None
    assert not path.parent.exists()
    file.change({BED: "rain"})
    assert path.read_text() == '[sound]\nbed = "rain"\n'
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600, "a name and dear places are nobody else's"


def test_a_change_by_hand_is_seen_at_once(path: Path, file: SettingsFile) -> None:
    for bed in ("rain", "fire", "waves"):
        path.write_text(f'[sound]\nbed = "{bed}"\n')
        assert file.current().sound.bed == file.read().sound.bed == bed
    path.unlink()
    assert file.current() == Settings()


def test_a_file_that_stays_is_read_once(
    path: Path, file: SettingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_text('[sound]\nbed = "rain"\n')
    os.utime(path, (1e9, 1e9))
    read = file.read()
    opened: list[object] = []
    monkeypatch.setattr("voice_guide.store.settings.file.load", opened.append)
    assert all(file.current() is read for _ in range(100))
    assert not opened


def test_a_change_within_one_tick_of_the_clock_is_seen_once_it_has_gone_by(path: Path) -> None:
    """As on a stick whose clock goes by two seconds: nothing tells one file from the other."""
    path.parent.mkdir()
    written_ns = time.time_ns() - 1_500_000_000
    file = SettingsFile(path, lambda _path: (written_ns,))
    path.write_text('[sound]\nbed = "rain"\n')
    assert file.current().sound.bed == "rain"
    path.write_text('[sound]\nbed = "fire"\n')
    wait_until(lambda: file.current().sound.bed == "fire", 10.0, "the change is never seen")


def test_a_fault_is_told_once_and_the_last_good_settings_hold(
    path: Path, file: SettingsFile
) -> None:
    path.write_text('[sound]\nbed = "rain"\n')
    good = file.current()
    for pitch in (101, 102):
        path.write_text(f"[voice]\npitch = {pitch}\nrate_wpm = 1\n")
        assert file.current() == good
        fault = file.take_fault()
        assert fault is not None
        assert f"line 2, column 1: pitch in [voice] is {pitch}" in fault.message
        assert "line 3" in fault.message
        for _ in range(3):
            assert file.current() == good
            assert file.take_fault() is None
            with pytest.raises(StoreCorrupt, match="pitch"):
                file.read()
    path.write_text('[sound]\nbed = "fire"\n')
    assert file.current().sound.bed == "fire"
    assert file.take_fault() is None


def test_a_file_that_is_faulty_from_the_start_leaves_the_defaults(
    path: Path, file: SettingsFile
) -> None:
    path.write_bytes(b"\xff")
    assert file.current() == Settings()
    fault = file.take_fault()
    assert fault is not None
    assert "UTF-8" in str(fault)


def test_a_program_that_starts_with_a_faulty_file_goes_on_with_what_was_good(path: Path) -> None:
    spare = path.parents[1] / "data" / "spare.toml"
    path.parent.mkdir()
    assert SettingsFile(path, spare=spare).current() == Settings()
    assert not spare.exists(), "nothing is made before it is needed"
    path.write_text('[sound]\nbed = "rain"\n')
    first = SettingsFile(path, spare=spare)
    assert first.current().sound.bed == "rain"
    if sys.platform != "win32":
        assert spare.stat().st_mode & 0o777 == 0o600
    path.write_text("[sound]\nbed = 7\n")
    assert first.current().sound.bed == "rain"
    second = SettingsFile(path, spare=spare)
    assert second.current().sound.bed == "rain"
    assert second.current().sound.bed == "rain"
    assert second.take_fault() is not None
    with pytest.raises(StoreCorrupt):
        second.read()
    path.write_text('[sound]\nbed = "fire"\n')
    assert second.current().sound.bed == "fire"
    path.write_text("[sound]\nbed = 7\n")
    assert second.current().sound.bed == "fire"
    spare.write_text("[sound]\nbed = 8\n")
    assert SettingsFile(path, spare=spare).current() == Settings()
    assert [one.name for one in spare.parent.iterdir()] == ["spare.toml"]


def test_a_spare_that_cannot_be_kept_or_read_stops_nothing(path: Path) -> None:
    path.parent.mkdir()
    blocked = path.parent / "a file"
    blocked.write_text("")
    path.write_text('[sound]\nbed = "rain"\n')
    for spare in (blocked / "spare.toml", path.parent):
        assert SettingsFile(path, spare=spare).current().sound.bed == "rain"
        path.write_text("[sound]\nbed = 7\n")
        assert SettingsFile(path, spare=spare).current() == Settings()
        path.write_text('[sound]\nbed = "rain"\n')


def test_a_faulty_file_is_never_overwritten(path: Path, file: SettingsFile) -> None:
    for raw in (b"[voice]\npitch = 'low'", b"[voice", b"\xff\xfe", b"\0"):
        path.write_bytes(raw)
        with pytest.raises(StoreCorrupt):
            file.change({BED: "rain"})
        assert path.read_bytes() == raw
        assert beside(path) == ["settings.toml"]


def test_a_change_that_changes_nothing_leaves_the_file_alone(
    path: Path, file: SettingsFile
) -> None:
    path.write_text('[sound]\nbed = "rain"\n')
    before = path.stat()
    file.change({BED: "rain", PITCH: None})
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_reader_never_meets_half_a_file(path: Path, file: SettingsFile) -> None:
    long, short = "a" * 200, "b"
    file.change({FAVOURITE: long})
    seen: set[str] = set()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.add(load(path).companion.favourite)

    reader = threading.Thread(target=read)
    reader.start()

    def both_were_met() -> bool:
        file.change({FAVOURITE: short})
        file.change({FAVOURITE: long})
        return {long, short} <= seen

    try:
        for _ in range(20):
            both_were_met()
        wait_until(both_were_met, what="the reader meets one alone")
    finally:
        over.set()
        reader.join()
    assert seen == {long, short}


@pytest.mark.long
def test_programs_that_change_it_at_once_lose_nothing_of_each_other(path: Path) -> None:
    keys = ["listener.name", "voice.id", "sound.device", "sound.bed", "companion.favourite"]
    program = """if True:
        import sys
        from pathlib import Path
        from voice_guide.store.settings.file import SettingsFile
        file, key = SettingsFile(Path(sys.argv[1])), tuple(sys.argv[2].split("."))
        for number in range(10):
            file.change({key: f"{number}"})
        """
    children = [
        subprocess.Popen([sys.executable, "-c", program, str(path), key], stderr=subprocess.PIPE)
        for key in keys
    ]
    for child in children:
        assert child.communicate(timeout=60)[1] == b""
        assert child.returncode == 0
    settings = load(path)
    for key in keys:
        table, name = key.split(".")
        assert getattr(getattr(settings, table), name) == "9", key
    assert beside(path) == ["settings.toml"]


def test_a_change_that_was_killed_in_the_middle_holds_nobody_up(
    path: Path, file: SettingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(saving, "_ABANDONED_S", 0.3)
    path.write_text('[sound]\nbed = "rain"\n')
    (path.parent / ".settings.toml.new").write_text("[sou")
    file.change({BED: "fire"})
    assert file.current().sound.bed == "fire"
    assert beside(path) == ["settings.toml"]


def test_a_link_to_a_file_kept_elsewhere_stays_a_link(
    path: Path, file: SettingsFile, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("# mine\n")
    path.symlink_to(elsewhere)
    file.change({("breathing", "hold_free"): True})
    assert path.is_symlink()
    assert elsewhere.read_text() == "# mine\n\n[breathing]\nhold_free = true\n"
    assert file.current().breathing.hold_free


@pytest.mark.skipif(sys.platform == "win32", reason="permissions of another kind")
def test_who_may_read_it_stays_as_it_is(path: Path, file: SettingsFile) -> None:
    path.write_text("")
    path.chmod(0o640)
    file.change({BED: "rain"})
    assert path.stat().st_mode & 0o777 == 0o640


def test_an_unwritable_place_is_explained(tmp_path: Path) -> None:
    blocker = tmp_path / "config"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(VoiceGuideError, match="settings"):
        SettingsFile(blocker / "settings.toml").change({BED: "rain"})
    assert blocker.read_text() == "a file where the folder should be"


def test_a_file_that_is_read_only_is_left_alone(path: Path, file: SettingsFile) -> None:
    path.write_text('[sound]\nbed = "rain"\n')
    path.chmod(0o400)
    with pytest.raises(VoiceGuideError, match=r"could not be saved in .*read-only") as caught:
        file.change({BED: "fire"})
    assert "untouched" in caught.value.hint
    assert load(path) == Settings(sound=Sound(bed="rain"))
    assert beside(path) == ["settings.toml"]


def test_a_disk_that_fills_up_leaves_no_rubbish(
    path: Path, file: SettingsFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.change({PITCH: 40})

    def refuse(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(VoiceGuideError, match="No space left"):
        file.change({PITCH: 50})
    assert load(path).voice.pitch == 40
    assert beside(path) == ["settings.toml"]


SMALL_DISK = """
set -e
mount -t tmpfs -o size=8k none "$1"
printf '[sound]\\nbed = "rain"\\n' > "$1/settings.toml"
if [ "$2" = full ]; then cat /dev/zero > "$1/filler" 2>/dev/null || true; fi
if [ "$2" = read-only ]; then mount -o remount,ro none "$1"; fi
"$3" -c 'if True:
    import sys
    from pathlib import Path
    from voice_guide.errors import VoiceGuideError
    from voice_guide.store.settings.file import SettingsFile
    try:
        SettingsFile(Path(sys.argv[1])).change({("sound", "bed"): "fire"})
    except VoiceGuideError as error:
        print(error)
' "$1/settings.toml"
cat "$1/settings.toml"
ls -A "$1"
"""


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("unshare"), reason="no disk of its own to be had")
@pytest.mark.parametrize(("how", "told"), [("full", "No space"), ("read-only", "Read-only")])
def test_a_disk_that_takes_nothing_is_told(tmp_path: Path, how: str, told: str) -> None:
    script = ["sh", "-c", SMALL_DISK, "sh", str(tmp_path), how, sys.executable]
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", *script],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if "unshare:" in done.stderr or "mount:" in done.stderr:
        pytest.skip("no disk of its own to be had")
    assert done.returncode == 0, done.stderr
    message, rest = done.stdout.split('[sound]\nbed = "rain"\n')
    assert "The settings could not be saved in" in message
    assert told in message
    assert rest.split() == (["filler"] if how == "full" else []) + ["settings.toml"]
