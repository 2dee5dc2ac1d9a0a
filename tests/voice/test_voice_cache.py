"""Clips are kept whole, found again, made anew when damaged, and never too many."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from voice_guide.errors import SynthesisFailed
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import Clip
from voice_guide.voice.cache import CachedEngine
from voice_guide.voice.engine import VoiceInfo


class HummingEngine:
    """Counts what it is asked, and hums: a different tone for every text."""

    name = "humming"

    def __init__(self, version: str = "1", frames: int = 4800) -> None:
        self.version = version
        self.frames = frames
        self.asked: list[Utterance] = []
        self.closed = 0

    def voices(self) -> tuple[VoiceInfo, ...]:
        return (VoiceInfo("hum", "Hum", "en", self.name),)

    def speak(self, utterance: Utterance) -> Clip:
        self.asked.append(utterance)
        hz = 100 + sum(map(ord, utterance.text))
        tone = np.sin(np.arange(self.frames) * hz / 7000).astype(np.float32)
        return Clip(tone, utterance.text)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def humming() -> HummingEngine:
    return HummingEngine()


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_clip_is_spoken_once_and_read_back_the_same(
    humming: HummingEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "not" / "there" / "yet"
    first = CachedEngine(humming, folder).speak(Utterance("Rest"))
    again = CachedEngine(humming, folder).speak(Utterance("Rest"))
    assert len(humming.asked) == 1
    assert again.samples.tobytes() == first.samples.tobytes()
    assert again.samples.dtype == np.float32
    assert again.text == "Rest"
    assert not again.samples.flags.writeable


def test_text_that_sounds_alike_shares_a_clip_and_keeps_its_words(
    humming: HummingEngine, tmp_path: Path
) -> None:
    engine = CachedEngine(humming, tmp_path)
    engine.speak(Utterance("Rest  now"))
    assert engine.speak(Utterance("Rest now ")).text == "Rest now "
    assert len(humming.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        Utterance("Rest!"),
        Utterance("Rest", Voicing(voice="en-gb")),
        Utterance("Rest", Voicing(rate_wpm=106)),
        Utterance("Rest", Voicing(pitch=43)),
    ],
)
def test_whatever_changes_the_sound_is_another_clip(
    humming: HummingEngine, tmp_path: Path, other: Utterance
) -> None:
    engine = CachedEngine(humming, tmp_path)
    engine.speak(Utterance("Rest"))
    engine.speak(other)
    assert humming.asked == [Utterance("Rest"), other]


def test_another_version_of_the_engine_speaks_for_itself(tmp_path: Path) -> None:
    CachedEngine(HummingEngine("1"), tmp_path).speak(Utterance("Rest"))
    newer = HummingEngine("2")
    CachedEngine(newer, tmp_path).speak(Utterance("Rest"))
    assert len(newer.asked) == 1


def flip_a_bit(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"",
        lambda raw: raw[:20],
        lambda raw: raw[:-4],
        lambda raw: raw + b"\0\0\0\0",
        lambda raw: b"RIFF" + raw[4:],
        lambda raw: os.urandom(len(raw)),
        flip_a_bit,
    ],
)
def test_a_damaged_file_is_made_anew(humming: HummingEngine, tmp_path: Path, spoil) -> None:
    engine = CachedEngine(humming, tmp_path)
    good = engine.speak(Utterance("Rest")).samples.tobytes()
    path = only_file(tmp_path)
    path.write_bytes(spoil(path.read_bytes()))
    assert engine.speak(Utterance("Rest")).samples.tobytes() == good
    assert len(humming.asked) == 2
    assert engine.speak(Utterance("Rest")).samples.tobytes() == good
    assert len(humming.asked) == 2


def test_a_clip_under_anothers_name_is_not_believed(humming: HummingEngine, tmp_path: Path) -> None:
    engine = CachedEngine(humming, tmp_path)
    engine.speak(Utterance("Rest"))
    rest = only_file(tmp_path)
    engine.speak(Utterance("Hold"))
    hold = next(path for path in tmp_path.iterdir() if path != rest)
    hold.write_bytes(rest.read_bytes())
    engine.speak(Utterance("Hold"))
    assert len(humming.asked) == 3


def test_a_folder_that_cannot_be_written_is_survived_and_told_once(
    humming: HummingEngine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    engine = CachedEngine(humming, in_the_way)
    assert engine.speak(Utterance("Rest")).length == 4800
    assert engine.speak(Utterance("Rest")).length == 4800
    assert len(caplog.records) == 1
    assert str(in_the_way) in caplog.text


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    class Failing(HummingEngine):
        def speak(self, utterance: Utterance) -> Clip:
            raise SynthesisFailed("no")

    with pytest.raises(SynthesisFailed):
        CachedEngine(Failing(), tmp_path).speak(Utterance("Rest"))
    assert list(tmp_path.iterdir()) == []


def test_the_least_lately_used_go_first(tmp_path: Path) -> None:
    humming = HummingEngine(frames=1000)
    engine = CachedEngine(humming, tmp_path, limit_bytes=5 * 4100)
    for word in ("one", "two", "three", "four"):
        engine.speak(Utterance(word))
    long_ago = time.time() - 1000
    for age, path in enumerate(
        sorted(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
    ):
        os.utime(path, (long_ago + age, long_ago + age))
    engine.speak(Utterance("one"))  # used again, and so the latest
    for word in ("five", "six"):
        engine.speak(Utterance(word))
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5 * 4100
    humming.asked.clear()
    engine.speak(Utterance("one"))
    assert humming.asked == []
    engine.speak(Utterance("two"))
    assert humming.asked == [Utterance("two")]


def test_what_a_crash_left_behind_is_cleared_later(humming: HummingEngine, tmp_path: Path) -> None:
    old, young = tmp_path / "tmpold", tmp_path / "tmpyoung"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (1, 1))
    CachedEngine(humming, tmp_path).speak(Utterance("Rest"))
    assert not old.exists()
    assert young.exists()


def test_many_writers_at_once_leave_only_whole_clips(tmp_path: Path) -> None:
    engines = [CachedEngine(HummingEngine(), tmp_path, limit_bytes=400_000) for _ in range(6)]
    words = [Utterance(f"word {n}") for n in range(25)]
    wrong: list[str] = []

    def speak_all(engine: CachedEngine) -> None:
        wrong.extend(
            word.text
            for word in words
            if engine.speak(word).samples.tobytes() != HummingEngine().speak(word).samples.tobytes()
        )

    threads = [threading.Thread(target=speak_all, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("tmp")]


def test_it_stands_in_for_its_engine(humming: HummingEngine, tmp_path: Path) -> None:
    engine = CachedEngine(humming, tmp_path)
    assert (engine.name, engine.version) == ("humming", "1")
    assert engine.voices() == humming.voices()
    engine.close()
    assert humming.closed == 1
