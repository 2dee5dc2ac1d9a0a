"""Files: the same samples, whole or not at all, and every fault with a way out."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mutagen import File
from mutagen.id3 import ID3
from playing import SECOND, click_score, make_score

from voice_guide.errors import ExportFailed
from voice_guide.output import export as exporting
from voice_guide.output.export import FORMATS, export
from voice_guide.output.tags import frames_to_clock
from voice_guide.score.model import Cue, CueKind, Placement, Score, Section, Span, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import Clip

ENDINGS = tuple(FORMATS)


def tone(length: int, frequency_hz: float, gain: float) -> Clip:
    phase = 2 * np.pi * frequency_hz / 48_000 * np.arange(length)
    one = (gain * np.sin(phase)).astype(np.float32)
    return Clip(np.asfortranarray(np.stack([one, one], axis=1)))


@pytest.fixture(scope="module")
def score() -> Score:
    """Four seconds and a bit, with all four stems, three chapters and one nameless section."""
    length = 4 * SECOND + 123
    placements = [
        Placement(tone(length, 220, 0.05), Span(0, length), Stem.BED),
        Placement(tone(SECOND, 440, 0.2), Span(SECOND, 2 * SECOND), Stem.VOICE),
        Placement(tone(SECOND, 110, 0.1), Span(2 * SECOND, 3 * SECOND), Stem.PACER),
        Placement(tone(SECOND, 880, 0.1), Span(0, SECOND), Stem.BELLS),
    ]
    made = make_score(length, placements, (0, SECOND))
    return dataclasses.replace(
        made,
        title="Vier, sieben, acht – ü",
        sections=(
            Section("Arrive", 0),
            Section("", SECOND),
            Section("Breathe", 2 * SECOND),
            Section("Return", 3 * SECOND + 24),
        ),
        cues=(Cue(CueKind.SPEECH, Span(SECOND, 2 * SECOND), 0, "Let go."),),
    )


def left_in(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_lossless_files_hold_the_render_to_half_a_step(
    tmp_path: Path, score: Score, ending: str
) -> None:
    path = tmp_path / f"session.{ending}"
    assert export(score, path) == (path,)
    samples, sample_rate = soundfile.read(path, dtype="int16")
    assert sample_rate == 48_000
    exact = render(score, 0, score.length).astype(np.float64) * 32_767
    assert np.abs(samples - exact).max() <= 0.5 + 1e-3
    assert left_in(tmp_path) == [path.name]


@pytest.mark.parametrize("ending", ["ogg", "opus"])
def test_lossy_files_keep_length_and_place(tmp_path: Path, ending: str) -> None:
    onsets = [SECOND // 2, SECOND, 2 * SECOND + 7]
    clicks = click_score(3, onsets)
    export(clicks, tmp_path / f"clicks.{ending}")
    samples, _ = soundfile.read(tmp_path / f"clicks.{ending}")
    assert len(samples) == clicks.length
    for onset in onsets:
        near = np.abs(samples[onset - 480 : onset + 480, 0])
        # Codecs smear a click over a few frames; its body stays where it was.
        body = np.flatnonzero(near > near.max() / 2)
        assert abs((body[0] + body[-1]) / 2 - (480 + 23.5)) < 24


def test_mp3_plays_for_as_long(tmp_path: Path, score: Score) -> None:
    export(score, tmp_path / "session.mp3")
    info = soundfile.info(tmp_path / "session.mp3")
    assert abs(info.frames - score.length) <= 1_152


@pytest.mark.long
@pytest.mark.parametrize("ending", ENDINGS)
def test_same_score_same_bytes(tmp_path: Path, score: Score, ending: str) -> None:
    (tmp_path / "again").mkdir()
    export(score, tmp_path / f"a.{ending}")
    export(score, tmp_path / "again" / f"b.{ending}")
    first = (tmp_path / f"a.{ending}").read_bytes()
    assert first == (tmp_path / "again" / f"b.{ending}").read_bytes()


@pytest.mark.parametrize("ending", ["flac", "ogg", "opus"])
def test_title_and_chapters_in_comments(tmp_path: Path, score: Score, ending: str) -> None:
    export(score, tmp_path / f"a.{ending}")
    tags = File(tmp_path / f"a.{ending}").tags
    assert tags["title"] == [score.title]
    assert tags["language"] == ["en"]
    found = {key.upper(): value for key, value in tags if key.upper().startswith("CHAPTER")}
    assert found == {
        "CHAPTER001": "00:00:00.000",
        "CHAPTER001NAME": "Arrive",
        "CHAPTER002": "00:00:02.000",
        "CHAPTER002NAME": "Breathe",
        "CHAPTER003": "00:00:03.000",
        "CHAPTER003NAME": "Return",
    }


def test_title_and_chapters_in_mp3(tmp_path: Path, score: Score) -> None:
    export(score, tmp_path / "a.mp3")
    tags = ID3(tmp_path / "a.mp3")
    assert tags["TIT2"].text == [score.title]
    [contents] = tags.getall("CTOC")
    chapters = [tags[f"CHAP:{name}"] for name in contents.child_element_ids]
    assert [
        (each.sub_frames["TIT2"].text[0], each.start_time, each.end_time) for each in chapters
    ] == [("Arrive", 0, 2_000), ("Breathe", 2_000, 3_000), ("Return", 3_000, 4_003)]


def test_title_in_wav(tmp_path: Path, score: Score) -> None:
    export(score, tmp_path / "a.wav")
    with soundfile.SoundFile(tmp_path / "a.wav") as sound:
        assert sound.title == score.title


@pytest.mark.long
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="ffprobe is not on this system")
def test_others_read_title_and_chapters(tmp_path: Path, score: Score, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    export(score, path)
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-show_format", "-show_streams", "-show_chapters", path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert not shown.stderr
    assert score.title in shown.stdout
    # Those of an mp3 stand in any order; its table of contents tells the right one.
    named = sorted(re.findall(r"TAG:title=(Arrive|Breathe|Return)", shown.stdout))
    assert named == ([] if ending == "wav" else ["Arrive", "Breathe", "Return"])


def test_stems_add_up_to_the_mix(tmp_path: Path, score: Score) -> None:
    told: list[tuple[int, int]] = []
    written = export(
        score,
        tmp_path / "a.flac",
        stems=True,
        captions=True,
        progress=lambda done, total: told.append((done, total)),
    )
    names = ["a.flac", "a.voice.flac", "a.pacer.flac", "a.bells.flac", "a.bed.flac"]
    assert [each.name for each in written] == [*names, "a.vtt", "a.srt"]
    assert left_in(tmp_path) == sorted(each.name for each in written)
    mix, *stems = (soundfile.read(tmp_path / name, dtype="int16")[0].astype(int) for name in names)
    assert all(stem.any() for stem in stems)
    assert np.abs(sum(stems) - mix).max() <= 3  # half a step for each of five files
    assert (tmp_path / "a.vtt").read_text(encoding="utf-8").startswith("WEBVTT")
    assert "Let go." in (tmp_path / "a.srt").read_text(encoding="utf-8")
    assert told == sorted(told)
    assert told[-1] == (5 * score.length, 5 * score.length)


def test_a_wav_beyond_riff_is_an_rf64() -> None:
    hours = 3_600 * 48_000
    assert exporting._container("wav", 6 * hours) == ("WAV", "PCM_16")
    assert exporting._container("wav", 7 * hours) == ("RF64", "PCM_16")
    assert exporting._container("flac", 7 * hours) == ("FLAC", "PCM_16")


def test_nothing_over_full_scale_wraps_round(tmp_path: Path) -> None:
    loud = make_score(4_800, [Placement(tone(4_800, 440, 2.0), Span(0, 4_800), Stem.BED)], (0,))
    export(loud, tmp_path / "a.wav")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert samples.max() == 32_767
    assert np.abs(np.diff(samples[:, 0].astype(int))).max() < 10_000


def test_a_target_that_exists_is_kept_unless_forced(tmp_path: Path, score: Score) -> None:
    path = tmp_path / "a.wav"
    path.write_text("mine")
    with pytest.raises(ExportFailed, match="there already") as caught:
        export(score, path)
    assert "--force" in caught.value.hint
    assert path.read_text() == "mine"
    export(score, path, force=True)
    assert soundfile.info(path).frames == score.length


def test_no_file_of_a_set_is_written_when_one_is_in_the_way(tmp_path: Path, score: Score) -> None:
    (tmp_path / "a.srt").write_text("mine")
    with pytest.raises(ExportFailed, match=r"a\.srt"):
        export(score, tmp_path / "a.wav", captions=True, stems=True)
    assert left_in(tmp_path) == ["a.srt"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.wave", "Did you mean a.wav?"),
        ("a.mp4", "Did you mean a.mp3?"),
        ("a", "no ending"),
        ("a.xyz", ".wav, .flac, .ogg, .opus, .mp3"),
        ("missing/a.wav", "does not exist"),
        ("file/a.wav", "is not a folder"),
        ("folder.wav", "is a folder"),
        ("n" * 250 + ".wav", "could not be written"),
    ],
)
def test_bad_targets_are_explained(tmp_path: Path, score: Score, name: str, said: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(ExportFailed) as caught:
        export(score, tmp_path / name, force=True)
    assert said in str(caught.value)
    assert caught.value.hint
    assert left_in(tmp_path) == ["file", "folder.wav"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_fault_half_way_leaves_nothing_and_keeps_what_was(
    tmp_path: Path, score: Score, ending: str
) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_text("mine")

    def interrupt(done: int, _total: int) -> None:
        if done > score.length:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(score, path, force=True, progress=interrupt, stems=True, captions=True)
    assert left_in(tmp_path) == [path.name]
    assert path.read_text() == "mine"


@contextlib.contextmanager
def files_no_larger_than(limit: int) -> Iterator[None]:
    """Let every write beyond this many bytes fail, as on a full disk."""
    resource = pytest.importorskip("resource", reason="no limits on files on this system")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.long
@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("short_by", ["most", "a little"])
def test_a_place_too_small_is_explained(tmp_path: Path, ending: str, short_by: str) -> None:
    clicks = click_score(3, range(4_800, 3 * SECOND - 480, 4_800))
    path = tmp_path / f"a.{ending}"
    export(clicks, path)
    whole = path.stat().st_size
    path.unlink()
    with (
        files_no_larger_than(whole // 5 if short_by == "most" else whole - 600),
        pytest.raises(ExportFailed, match="could not be written"),
    ):
        export(clicks, path)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("ending", ["flac", "ogg", "opus", "mp3"])
def test_an_end_lost_at_the_close_is_found_though_no_call_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Tags write after the sound, and fail too on a disk that stays full: leave them out here."""
    monkeypatch.setattr(exporting, "write_tags", lambda *_: None)
    clicks = click_score(3, range(4_800, 3 * SECOND - 480, 4_800))
    path = tmp_path / f"a.{ending}"
    export(clicks, path)
    whole = path.stat().st_size
    with files_no_larger_than(whole - 5), pytest.raises(ExportFailed):
        export(clicks, path, force=True)
    assert left_in(tmp_path) == [path.name]
    assert path.stat().st_size == whole, "what was there is kept"


EXPORT = """
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from playing import click_score
from voice_guide.errors import ExportFailed
from voice_guide.output.export import export
# Where a shell runs the tests in the background, its children are born deaf to Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
path, seconds = Path(sys.argv[1]), float(sys.argv[2])
click = click_score(seconds, range(4_800, int(seconds * 48_000) - 480, 48_000))
def told(done, total):
    if done == 65_536:
        print("going", flush=True)
    time.sleep(0.01)  # an hour takes half a minute: whoever interrupts may be slow
try:
    export(click, path, progress=told)
except ExportFailed as fault:
    print(fault, [each.name for each in path.parent.iterdir()])
"""


def exporting_in_a_child(path: Path, seconds: float, before: str = "") -> subprocess.Popen[str]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", EXPORT, str(path), str(seconds)]
    if before:
        command = ["unshare", "-rm", "sh", "-c", f'{before} && exec "$@"', "sh", *command]
    return subprocess.Popen(
        command,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{Path(__file__).parent}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(
    subprocess.run(
        "unshare -rm true", shell=True, check=False, stderr=subprocess.DEVNULL
    ).returncode
    != 0,
    reason="no small disk can be made on this system",
)
def test_a_full_disk_is_called_by_its_name(tmp_path: Path) -> None:
    mount = f"mount -t tmpfs -o size=256k tmpfs {tmp_path}"
    process = exporting_in_a_child(tmp_path / "a.wav", 6, before=mount)
    printed, said = process.communicate(timeout=30)
    assert not said
    assert "a.wav could not be written: the disk is full" in printed
    assert printed.endswith("[]\n"), "nothing is left there"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for a child here")
@pytest.mark.parametrize("ending", ["wav", "mp3"])
def test_ctrl_c_leaves_nothing(tmp_path: Path, ending: str) -> None:
    process = exporting_in_a_child(tmp_path / f"a.{ending}", seconds=3_600)
    assert process.stdout is not None
    assert process.stdout.readline() == "going\n"
    assert left_in(tmp_path) != [], "the draft stands while it is written"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in said
    assert left_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders have other rights here")
@pytest.mark.parametrize("rights", [0o500, 0o000])
def test_a_folder_one_may_not_write_in(score: Score, rights: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(rights)
        if os.geteuid() == 0:  # root may write everywhere
            Path(folder).chmod(rights | (rights & 0o500) >> 3 | (rights & 0o500) >> 6)
            os.seteuid(65_534)
        try:
            with pytest.raises(ExportFailed, match="Permission denied") as caught:
                export(score, Path(folder) / "a.wav")
        finally:
            with contextlib.suppress(PermissionError):
                os.seteuid(os.getuid())
            Path(folder).chmod(0o700)
        assert caught.value.hint


@pytest.mark.parametrize(
    ("frames", "clock"),
    [(0, "00:00:00.000"), (48, "00:00:00.001"), (3_600 * 48_000 + 61 * 48_000, "01:01:01.000")],
)
def test_frames_to_clock(frames: int, clock: str) -> None:
    assert frames_to_clock(frames) == clock
