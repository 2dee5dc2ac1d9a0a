"""The folders of sounds: what is found there, how it is read, and how a broken file is told."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.app import build, gather_palette
from voice_guide.errors import PatchError, SoundNotFound, StoreCorrupt
from voice_guide.script.syntax.header import _NAME as SCRIPT_NAME
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import NAME
from voice_guide.store.paths import shipped
from voice_guide.store.sounds.finding import KINDS, find_sounds
from voice_guide.store.sounds.recordings import measure_recording_s, read_recording

pytestmark = pytest.mark.long

RATE = 48_000
BED = 'kind = "bed"\nsummary = "Mine."\nlength_s = 4\n[[drone]]\nhz = 110\ngain = 1\n'
BELL = 'kind = "bell"\nbase_hz = 300\n[[partials]]\nratio = 1\ngain = 1\ndecay_s = 1\n'


TOUCHED: list[object] = []
"""What was asked of the file system; such a listener can never be taken away again."""
sys.addaudithook(
    lambda event, asked: TOUCHED.append(asked) if event in {"open", "os.scandir"} else None
)


def write(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def record(
    path: Path, seconds: float = 3.0, rate: int = RATE, channels: int = 2, **more: str
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    chance = np.random.default_rng(1)
    sound = 0.1 * chance.standard_normal((round(seconds * rate), channels))
    soundfile.write(path, sound, rate, **more)
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def palette(own: Path) -> Palette:
    return gather_palette(find_sounds((own, shipped("sounds"))))


def faults(own: Path) -> str:
    told = [one.fault for one in palette(own).sounds() if one.fault]
    assert all(fault.hint for fault in told)
    return "\n".join(fault.message for fault in told)


# What is found


def test_everything_shipped_can_be_read_and_has_a_summary() -> None:
    found = find_sounds((shipped("sounds"),))
    assert len(found.files) == 14
    assert found.notes == ()
    for one in gather_palette(found).sounds():
        assert one.fault is None
        assert one.summary
        assert not one.is_own


def test_a_bell_and_a_bed_may_have_one_name(own: Path) -> None:
    write(own / "beds" / "singing-bowl.toml", BED)
    mine = palette(own)
    assert mine.bed("singing-bowl").length == 4 * RATE
    assert mine.bell("singing-bowl").length > 4 * RATE
    assert mine.kinds_of("singing-bowl") == ("bell", "bed")


def test_own_sounds_come_first_and_recordings_before_patches(own: Path) -> None:
    write(own / "beds" / "rain.toml", BED)
    assert palette(own).bed("rain").length == 4 * RATE
    record(own / "beds" / "rain.wav", 8.0)
    assert palette(own).bed("rain").length == 6 * RATE
    write(own / "beds" / "deep" / "pink.toml", BED)
    write(own / "beds" / "pink.toml", BED.replace("4", "5"))
    assert palette(own).bed("pink").length == 5 * RATE


def test_a_shipped_patch_gives_way_to_an_own_recording(own: Path) -> None:
    record(own / "bells" / "small-bell.flac", 2.0)
    record(own / "pacers" / "soft-swell.ogg", 4.0)
    mine = palette(own)
    assert mine.bell("small-bell").length <= 2 * RATE
    assert mine.breath("soft-swell", (("in", RATE), ("out", RATE))).length == 2 * RATE
    listed = {(one.kind, one.name): one for one in mine.sounds()}
    assert listed["bell", "small-bell"].is_recording
    assert listed["pacer", "soft-swell"].length_s == pytest.approx(4.0)


# What is broken


def test_a_broken_file_is_told_and_the_shipped_sound_is_used_meanwhile(own: Path) -> None:
    broken = write(own / "beds" / "rain.toml", "kind = 'bed'\nlength = 3")
    mine = palette(own)
    assert mine.bed("rain").length == 20 * RATE
    first, second = [one for one in mine.sounds() if one.name == "rain"]
    assert first.fault is not None
    assert str(broken) in first.fault.message
    assert "length" in first.fault.message
    assert (second.fault, second.is_own, second.note) == (None, False, "used meanwhile")


def test_a_broken_file_without_a_stand_in_is_told_when_it_is_asked_for(own: Path) -> None:
    broken = write(own / "beds" / "attic.toml", "kind = 'bed'\nlength = 3")
    mine = palette(own)
    assert "attic" in mine.names("bed")
    assert mine.bed("pink").length == 24 * RATE
    with pytest.raises(PatchError) as caught:
        mine.bed("attic")
    assert "The bed attic cannot be heard." in caught.value.message
    assert str(broken) in caught.value.message
    assert caught.value.hint


def test_a_recording_that_proves_broken_when_read_gives_way_too(own: Path) -> None:
    record(own / "beds" / "rain.wav", 4.0)
    samples = np.zeros((5 * RATE, 1))
    soundfile.write(own / "beds" / "rain.wav", samples, RATE)
    mine = palette(own)
    assert mine.bed("rain").length == 20 * RATE
    assert [bool(one.fault) for one in mine.sounds() if one.name == "rain"] == [True, False]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("bells/x.toml", BED, "kind is 'bed', but it lies with the bells; move it to the beds"),
        ("beds/x.toml", "kind = 'bed", "is not written in TOML"),
        ("beds/x.toml", b"\xff\xfe", "is not UTF-8"),
        ("beds/x.toml", b"a\0b", "is not text"),
        ("beds/x.toml", "", "is empty"),
        ("beds/x.toml", "kind = 'bed'\nsummary = \"a\\u001bb\"", "summary"),
        ("beds/x.toml", f"kind = 'bed'\nsummary = '{'a' * 101}'", "at most 100 characters"),
        ("beds/my rain.toml", BED, "cannot be named in a script"),
        ("beds/none.toml", BED, "cannot be named in a script"),
        ("beds/-x.toml", BED, "cannot be named in a script"),
        (f"beds/{'x' * 65}.toml", BED, "cannot be named in a script"),
        ("x.toml", BED, "lies in none of the folders"),
        ("bed/x.toml", BED, "lies in none of the folders"),
        ("beds/x.wav", "I am a text.", "is no recording"),
        ("beds/x.flac", b"fLaC" + b"\0" * 40, "is no recording"),
        ("beds/x.ogg", b"OggS", "is no recording"),
        ("beds/x.wav", "", "is empty"),
        ("beds/x.mp3", "anything", "is no recording"),
    ],
)
def test_each_broken_file_is_listed_with_its_reason(
    own: Path, name: str, text: str | bytes, expected: str
) -> None:
    path = write(own / name, text)
    told = faults(own)
    assert str(path) in told
    assert expected in told
    assert len([one for one in palette(own).sounds() if not one.fault]) == 14


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (make_folder, "is a folder"),
        (os.mkfifo, "is not an ordinary file"),
        (make_link_to("/dev/zero"), "is not an ordinary file"),
        (make_link_to("/nowhere"), "is not there"),
        (make_link_to("x"), "leads back to itself"),
    ],
)
@pytest.mark.parametrize("ending", ["wav", "toml"])
def test_what_is_no_file_never_keeps_anybody_waiting(
    own: Path, make: Callable[[Path], None], expected: str, ending: str
) -> None:
    (own / "beds").mkdir(parents=True)
    path = own / "beds" / f"x.{ending}"
    make(path)
    if expected == "leads back to itself":
        path.unlink()
        path.symlink_to(path)
    assert expected in faults(own)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda path: record(path, rate=4_000), "has 4,000 frames a second"),
        (lambda path: record(path, channels=40), "has 40 channels"),
        (lambda path: record(path, 1.0), "has 1.0 s of sound"),
        (lambda path: soundfile.write(path, np.zeros((0, 1)), RATE), "has no sound in it"),
    ],
)
def test_odd_recordings_are_told_in_the_list(
    own: Path, make: Callable[[Path], object], expected: str
) -> None:
    (own / "beds").mkdir(parents=True)
    make(own / "beds" / "x.wav")
    assert expected in faults(own)


def test_notes_reach_the_listener(own: Path) -> None:
    write(own / "beds" / "mine.toml", BED)
    (own / "beds" / "again").symlink_to(own)
    mine = palette(own)
    assert "mine" in mine.names("bed")
    assert any("listed already" in note for note in mine.notes)


def test_thousands_of_files_are_cut_short_and_told(own: Path) -> None:
    (own / "beds").mkdir(parents=True)
    for number in range(2000):
        os.close(os.open(own / "beds" / f"{number}.toml", os.O_CREAT))
    began = time.process_time()
    mine = palette(own)
    took_ms = 1000 * (time.process_time() - began)
    print(f"2000 files: {took_ms:.0f} ms")
    assert took_ms < 500
    assert any("only the first 500" in note for note in mine.notes)
    assert mine.bed("rain").length == 20 * RATE


# What is asked for


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a/b",
        "a\\b",
        "rain\0",
        "rain.toml",
        "rain\n",
        "é",
        "x" * 100_000,
    ],
)
@pytest.mark.parametrize("kind", KINDS.values())
def test_a_name_that_is_a_path_touches_no_file(own: Path, name: str, kind: str) -> None:
    mine = palette(own)
    makers = {"bell": mine.bell, "bed": mine.bed, "pacer": lambda name: mine.breath(name, ())}
    TOUCHED.clear()
    with pytest.raises(SoundNotFound) as caught:
        makers[kind](name)
    assert not TOUCHED
    assert "is no name of a sound" in caught.value.message
    assert len(caught.value.message) < 100
    assert len(caught.value.hint) < 400


@given(st.text(max_size=70))
def test_a_sound_may_be_called_what_a_script_can_name(name: str) -> None:
    assert bool(NAME.fullmatch(name)) == bool(SCRIPT_NAME.fullmatch(name))


# What changes


def test_a_change_is_seen_at_once_and_else_nothing_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    services = build()
    own = services.paths.sounds[0]
    first = services.palette()
    rain = first.bed("rain")
    assert services.palette() is first
    assert services.palette().bed("rain") is rain
    mine = write(own / "beds" / "mine.toml", BED)
    added = services.palette()
    assert added is not first
    assert added.bed("mine").length == 4 * RATE
    write(mine, BED.replace("4", "5"))
    assert services.palette().bed("mine").length == 5 * RATE
    record(own / "beds" / "mine.wav", 8.0)
    assert services.palette().bed("mine").length == 6 * RATE
    (own / "beds" / "mine.wav").unlink()
    mine.unlink()
    assert "mine" not in services.palette().names("bed")


def test_to_look_for_changes_is_cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path))
    services = build()
    write(services.paths.sounds[0] / "beds" / "mine.toml", BED)
    services.palette()
    took_ms = []
    for _ in range(20):
        began = time.perf_counter()
        services.palette()
        took_ms.append(1000 * (time.perf_counter() - began))
    print(f"to look for changes: {np.median(took_ms):.2f} ms")
    assert np.median(took_ms) < 5


def test_one_palette_serves_many_threads(own: Path) -> None:
    record(own / "beds" / "mine.wav", 5.0)
    mine = palette(own)
    lengths: list[int] = []
    threads = [
        threading.Thread(target=lambda: lengths.append(mine.bed("mine").length)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(lengths)) == 1
    assert len(lengths) == 8


# How a recording is read


@pytest.mark.parametrize(
    ("ending", "more"),
    [
        ("wav", {}),
        ("wav", {"subtype": "FLOAT"}),
        ("wav", {"subtype": "PCM_24"}),
        ("flac", {}),
        ("ogg", {}),
        ("oga", {"format": "OGG"}),
        ("opus", {"format": "OGG", "subtype": "OPUS"}),
        ("aiff", {}),
    ],
)
@pytest.mark.parametrize("rate", [RATE, 16_000])
def test_every_kind_of_recording_is_read(
    tmp_path: Path, ending: str, more: dict[str, str], rate: int
) -> None:
    time_s = np.arange(3 * rate) / rate
    sound = 0.3 * np.stack([np.sin(2 * np.pi * hz * time_s) for hz in (440, 880)], 1)
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, sound, rate, **more)
    assert measure_recording_s(path) == pytest.approx(3.0, abs=0.1)
    samples = read_recording(path, RATE, 2.0)
    assert samples.shape == (2 * RATE, 2)
    assert samples.dtype == np.float32
    power = np.abs(np.fft.rfft(samples[RATE // 2 : 3 * RATE // 2], axis=0))
    assert power.argmax(axis=0).tolist() == [440, 880]
    assert np.sqrt((samples**2).mean(axis=0)) == pytest.approx(0.3 / np.sqrt(2), rel=0.1)


def test_many_channels_are_folded_into_two(tmp_path: Path) -> None:
    time_s = np.arange(RATE) / RATE
    sound = 0.1 * np.stack([np.sin(2 * np.pi * 100 * k * time_s) for k in range(1, 7)], 1)
    soundfile.write(tmp_path / "a.wav", sound, RATE)
    power = np.abs(np.fft.rfft(read_recording(tmp_path / "a.wav", RATE, 1.0), axis=0))
    assert (power[[100, 300, 400, 500, 600], 0] > 1000).all()
    assert power[200, 0] < 10
    assert power[200, 1] > 1000


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("place", [0, 70_000, -1])
def test_numbers_that_are_no_sound_are_refused(tmp_path: Path, value: float, place: int) -> None:
    sound = np.full((3 * RATE, 1), 0.1, np.float32)
    sound[place] = value
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    with pytest.raises(StoreCorrupt, match="numbers that are no sound"):
        read_recording(tmp_path / "a.wav", RATE, 10.0)


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus"])
def test_a_recording_that_breaks_off_is_read_so_far_or_told(tmp_path: Path, ending: str) -> None:
    more = {"format": "OGG", "subtype": "OPUS"} if ending == "opus" else {}
    path = record(tmp_path / f"a.{ending}", 8.0, **more)
    whole = path.read_bytes()
    for share in (0.999, 0.7, 0.3, 0.05, 0.01):
        path.write_bytes(whole[: int(share * len(whole))])
        try:
            samples = read_recording(path, RATE, 10.0)
        except StoreCorrupt as fault:
            assert str(path) in fault.message  # noqa: PT017
            assert fault.hint  # noqa: PT017
        else:
            assert np.isfinite(samples).all()


@given(st.data())
def test_any_bytes_are_read_or_told(tmp_path_factory: pytest.TempPathFactory, data) -> None:  # type: ignore[no-untyped-def]
    ending = data.draw(st.sampled_from(["wav", "flac", "ogg", "aiff"]))
    folder = tmp_path_factory.mktemp("bytes")
    whole = bytearray(record(folder / f"a.{ending}", 0.2).read_bytes())
    for _ in range(data.draw(st.integers(0, 8))):
        whole[data.draw(st.integers(0, min(len(whole) - 1, 400)))] = data.draw(st.integers(0, 255))
    path = write(folder / f"b.{ending}", bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    try:
        samples = read_recording(path, RATE, 10.0)
    except StoreCorrupt as fault:
        assert fault.hint  # noqa: PT017
    else:
        assert np.isfinite(samples).all()


def test_a_recording_that_vanishes_is_told(own: Path) -> None:
    path = record(own / "beds" / "gone.wav", 5.0)
    mine = palette(own)
    assert [one.fault for one in mine.sounds() if one.name == "gone"] == [None]
    path.unlink()
    with pytest.raises(PatchError, match=r"gone\.wav is not there"):
        mine.bed("gone")


MEASURE = """
import sys
from voice_guide.sound.palette import Palette
from voice_guide.app import gather_palette
from voice_guide.store.sounds.finding import find_sounds
from pathlib import Path
palette = gather_palette(find_sounds((Path(sys.argv[1]), Path(sys.argv[2]))))
palette.bed("long"), palette.bell("long")
palette.breath("long", (("in", 192_000), ("hold", 336_000), ("out", 384_000)))
# Not what `resource` tells: that begins with what the parent had.
print(int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise elsewhere")
def test_a_long_recording_takes_little_time_and_memory(own: Path, tmp_path: Path) -> None:
    """A hundred megabytes, as a bed, a bell and a pacer: only what is needed is read."""
    path = record(own / "beds" / "long.wav", 10.0, 44_100, subtype="PCM_16")
    piece = path.read_bytes()[44:]
    with path.open("r+b") as file:
        file.seek(44)
        for _ in range(60):
            file.write(piece)
        size = file.tell()
        file.seek(4)
        file.write((size - 8).to_bytes(4, "little"))
        file.seek(40)
        file.write((size - 44).to_bytes(4, "little"))
    for kind in ("bells", "pacers"):
        (own / kind).mkdir()
        (own / kind / "long.wav").symlink_to(path)
    assert size > 100_000_000
    listed = [one for one in palette(own).sounds() if one.name == "long"]
    assert [one.note for one in listed] == [
        "only the first 30 seconds are used",
        "only the first 2 minutes are used",
        "only the first 60 seconds are used",
    ]
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(own), str(shipped("sounds"))],
        capture_output=True,
        text=True,
        check=True,
    )
    print(f"{done.stdout.strip()} MB at most, {time.perf_counter() - began:.1f} s")
    assert int(done.stdout) < 300
