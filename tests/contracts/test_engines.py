"""One contract for every engine: the words as a clip, the same every time, or a clear error."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voice_guide.errors import SynthesisFailed, VoiceUnavailable
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.loudness import integrated_lufs, true_peak_dbtp
from voice_guide.voice.cache import CachedEngine
from voice_guide.voice.child import WORKER, ChildEngine
from voice_guide.voice.engine import Engine
from voice_guide.voice.silent import SilentEngine
from voice_guide.voice.text import estimate_s

REAL = (
    pytest.param("child", marks=pytest.mark.real),
    pytest.param("cached", marks=pytest.mark.real),
)


def make(kind: str, folder: Path) -> Engine:
    if kind == "silent":
        return SilentEngine()
    return ChildEngine() if kind == "child" else CachedEngine(ChildEngine(), folder)


@pytest.fixture(params=[*REAL, "silent"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    made = make(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=REAL)
def speaking(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Every engine that can be heard."""
    made = make(request.param, tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize("text", ["In", "ten", "Let your body find a place to rest.", "4-7-8"])
def test_a_clip_is_mono_float32_of_a_sane_length(engine: Engine, text: str) -> None:
    clip = engine.speak(Utterance(text))
    assert clip.text == text
    assert clip.samples.dtype == np.float32
    assert clip.samples.ndim == 1
    seconds, expected_s = clip.length / 48_000, estimate_s(text, 105)
    assert 0.3 * expected_s < seconds < 3.0 * expected_s
    assert clip.samples[0] == 0.0
    assert clip.samples[-1] == 0.0
    assert np.isfinite(clip.samples).all()


def test_the_same_words_give_the_same_bits_whatever_was_said_before(
    engine: Engine, tmp_path: Path
) -> None:
    words = [
        Utterance("Breathe out"),
        Utterance("There is nothing you need to fix right now."),
        Utterance("In", Voicing("en-gb+f2", 120, 30)),  # a voice with a breath of noise
        Utterance("Out", Voicing("en-us+f4", 90, 50)),
    ]
    first = [engine.speak(word).samples.tobytes() for word in words]
    for order in (reversed(words), words[::2], words[1::2]):
        engine.close()
        for kept in tmp_path.glob("*"):
            kept.unlink()
        for word in order:
            assert engine.speak(word).samples.tobytes() == first[words.index(word)]


@pytest.mark.parametrize(
    "text",
    [
        "a\0b",
        "be \ud800 calm",
        "x\x1b[31m",
        "<speak>soft</speak>",
        "[[h@'loU]] you",
        "rest 🙏🏽",
        "你好世界",
        "مرحبا بالعالم",
        "שלום",
        "สวัสดี",
        "नमस्ते",
        "привет",
        "1234567890",
        "%$#@ a",
        "A",
        "-" * 50 + " go",
        "Breathe, and rest. " * 20,
        "a" * 400,
    ],
)
def test_odd_text_is_spoken(engine: Engine, text: str) -> None:
    clip = engine.speak(Utterance(text))
    assert clip.length > 4_800
    assert np.isfinite(clip.samples).all()


@pytest.mark.parametrize("text", ["", "   ", "…", "<b/>", "🦄"])
def test_nothing_to_say_is_explained(engine: Engine, text: str) -> None:
    with pytest.raises(SynthesisFailed, match="nothing to speak"):
        engine.speak(Utterance(text))


def test_slower_is_longer(engine: Engine) -> None:
    slow, fast = (
        engine.speak(Utterance("Let your breath find its own way.", Voicing(rate_wpm=rate)))
        for rate in (90, 140)
    )
    assert slow.length > 1.2 * fast.length


def test_voices_are_listed_with_the_recommended_first(engine: Engine) -> None:
    voices = engine.voices()
    ids = [voice.id for voice in voices]
    assert len(set(ids)) == len(ids)
    assert all(voice.id and voice.name and voice.engine for voice in voices)
    clip = engine.speak(Utterance("Rest", Voicing(voice=ids[0])))
    assert clip.length > 0


def test_closing_twice_is_safe_and_closing_is_not_the_end(engine: Engine) -> None:
    engine.close()
    engine.close()
    assert engine.speak(Utterance("Rest")).length > 0


def test_threads_take_turns(engine: Engine) -> None:
    words = [Utterance(word) for word in ("one", "two", "three", "four", "five", "six")]
    alone = {word: engine.speak(word).samples.tobytes() for word in words}
    together: dict[Utterance, bytes] = {}
    threads = [
        threading.Thread(
            target=lambda word=word: together.update({word: engine.speak(word).samples.tobytes()})
        )
        for word in words
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert together == alone


@pytest.mark.parametrize("rate_wpm", [1, 80, 105, 400])
@pytest.mark.parametrize("pitch", [0, 42, 100])
def test_any_rate_and_pitch_is_loud_enough_and_never_too_loud(
    speaking: Engine, rate_wpm: int, pitch: int
) -> None:
    voicing = Voicing(rate_wpm=rate_wpm, pitch=pitch)
    samples = speaking.speak(Utterance("Let your body rest.", voicing)).samples
    # In a session it plays on both channels, which adds 3 dB, between silences.
    assert integrated_lufs(np.pad(samples, 24_000)) == pytest.approx(-21.0, abs=1.0)
    assert true_peak_dbtp(samples) <= -6.0


@pytest.mark.parametrize("voice", ["nope", "en-us+nope", "EN", "en-us+", "../../etc", "x\0y", ""])
def test_an_unknown_voice_is_explained(speaking: Engine, voice: str) -> None:
    with pytest.raises(VoiceUnavailable, match="no voice called") as caught:
        speaking.speak(Utterance("Rest", Voicing(voice=voice)))
    assert "voice-guide voices" in caught.value.hint


def test_a_near_miss_is_named(speaking: Engine) -> None:
    with pytest.raises(VoiceUnavailable) as caught:
        speaking.speak(Utterance("Rest", Voicing(voice="en-us+f22")))
    assert "en-us+f2" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="these voices are espeak's")
def test_every_voice_that_is_listed_speaks(speaking: Engine) -> None:
    different = set()
    for voice in speaking.voices():
        clip = speaking.speak(Utterance("rest 1", Voicing(voice=voice.id)))
        different.add(clip.samples.tobytes())
    assert len(different) > 0.8 * len(speaking.voices())


@pytest.mark.real
def test_after_its_child_is_killed_the_next_word_is_spoken() -> None:
    engine = ChildEngine()
    try:
        before = engine.speak(Utterance("Rest"))
        for _ in range(3):
            assert engine._worker is not None
            engine._worker._process.kill()
            assert engine.speak(Utterance("Rest")).samples.tobytes() == before.samples.tobytes()
    finally:
        engine.close()


@pytest.mark.real
@pytest.mark.skipif(sys.platform != "linux", reason="the bundled espeak is for Linux")
def test_a_long_way_to_the_sounds_is_shortened(tmp_path: Path) -> None:
    import espeakng_loader  # noqa: PLC0415

    deep = tmp_path / ("a" * 120) / ("b" * 120)
    deep.mkdir(parents=True)
    package = Path(espeakng_loader.__file__).parent
    (deep / "espeakng_loader").symlink_to(package, target_is_directory=True)
    # In front of the real one, so that the worker finds its espeak by the long way.
    command = ("env", f"PYTHONPATH={deep}", *WORKER)
    engine = ChildEngine(command)
    try:
        assert engine.speak(Utterance("Rest")).length > 0
    finally:
        engine.close()


@pytest.mark.real
@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="counts processes in /proc")
def test_no_process_is_left_behind() -> None:
    engine = ChildEngine()
    engine.speak(Utterance("Rest"))
    assert engine._worker is not None
    pid = engine._worker._process.pid
    engine.close()
    assert not Path(f"/proc/{pid}").exists()
