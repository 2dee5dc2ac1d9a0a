"""Whatever a child process does, the caller gets speech or one clear error, and soon."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rig import wait_until

from voice_guide.errors import SynthesisFailed, VoiceUnavailable
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.voice.child import WORKER, ChildEngine, Limits

PATIENT = Limits(ready_s=30.0, request_s=30.0)
"""For what answers: a busy machine may take its time."""


def limits_of(fault: str, request_s: float) -> Limits:
    """Return how long to wait for a child with this fault: what hangs is waited for in vain."""
    return Limits(30.0, request_s, 0.0) if fault == "hangs" else PATIENT


# A worker that does all it is asked; each test below breaks one thing in it. `lives` counts the
# children there were, so that one can be well again after a fresh start.
GOOD = """
import json, os, struct, sys, time, wave
folder, lives_file = sys.argv[2], sys.argv[1]
lives = os.path.getsize(lives_file) + 1 if os.path.exists(lives_file) else 1
open(lives_file, "a").write("x")

def tell(**told):
    sys.stdout.write(json.dumps(told) + "\\n")
    sys.stdout.flush()

def hum(path, seconds=1.0, level=8000):
    with wave.open(path, "wb") as file:
        file.setnchannels(1); file.setsampwidth(2); file.setframerate(22050)
        period = struct.pack("<h", level) * 100 + struct.pack("<h", -level) * 100
        frames = int(seconds * 22050)
        file.writeframes((period * (frames // 200 + 1))[:2 * frames])

def speak(request):
    hum(request["speak"]["path"])
    tell(number=request["number"])

# BREAK
tell(ready=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "voices":
        tell(number=request["number"], voices=[dict(id="en-us", name="E", language="en-us")])
    else:
        speak(request)
"""


@pytest.fixture(autouse=True)
def temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def engine_with(tmp_path: Path) -> Callable[[str], ChildEngine]:
    engines: list[ChildEngine] = []

    def make(broken: str = "", limits: Limits = PATIENT) -> ChildEngine:
        script = tmp_path / "worker_program.py"
        script.write_text(GOOD.replace("# BREAK", broken))
        command = (sys.executable, "-I", "-S", str(script), str(tmp_path / "lives"))
        engines.append(ChildEngine(command, limits))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def lives(tmp_path: Path) -> int:
    return (tmp_path / "lives").stat().st_size


def broken_speak(body: str) -> str:
    return "def speak(request):\n    " + body.replace("\n", "\n    ")


def once(body: str) -> str:
    """Break only the first child."""
    return "if lives == 1:\n    " + broken_speak(body).replace("\n", "\n    ")


FAULTS = {
    "hangs": "time.sleep(60)",
    "crashes": "os.kill(os.getpid(), 11)",
    "exits": "sys.exit(1)",
    "closes its output": "os.close(1); time.sleep(60)",
    "tells an error": "tell(number=request['number'], error='no breath left')",
    "writes nothing": "tell(number=request['number'])",
    "writes garbage": "open(request['speak']['path'], 'w').write('x' * 999); speak_done(request)",
    "writes an empty file": "open(request['speak']['path'], 'w').close(); speak_done(request)",
    "is silent": "hum(request['speak']['path'], level=0); speak_done(request)",
    "is far too short": "hum(request['speak']['path'], 0.02); speak_done(request)",
    "is far too long": "hum(request['speak']['path'], 40.0); speak_done(request)",
    "answers nonsense": "print('hello', flush=True)",
    "answers a list": "print('[]', flush=True)",
    "writes no samples": "hum(request['speak']['path'], 0.0); speak_done(request)",
}
DONE = "\n".join(["def speak_done(request):", "    tell(number=request['number'])", ""])


def test_a_good_worker_speaks(engine_with, tmp_path: Path) -> None:
    clip = engine_with().speak(Utterance("Let it go"))
    assert clip.text == "Let it go"
    assert 0.9 < clip.length / 48_000 < 1.3
    assert lives(tmp_path) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_mended_by_a_fresh_start(engine_with, tmp_path: Path, fault: str) -> None:
    # The second child has as little time as the first, and has to be well in it.
    engine = engine_with(DONE + once(FAULTS[fault]), limits_of(fault, 2.0))
    assert engine.speak(Utterance("Let it go")).length > 0
    assert lives(tmp_path) == 2


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_is_told_soon(engine_with, tmp_path: Path, fault: str) -> None:
    engine = engine_with(DONE + broken_speak(FAULTS[fault]), limits_of(fault, 0.3))
    started = time.monotonic()
    with pytest.raises(SynthesisFailed, match="Let it go") as caught:
        engine.speak(Utterance("Let it go"))
    assert time.monotonic() - started < 8.0
    assert caught.value.hint
    assert lives(tmp_path) == 2


def test_a_told_error_and_the_last_complaint_reach_the_message(engine_with) -> None:
    complaint = "print('lungs: empty', file=sys.stderr, flush=True); "
    engine = engine_with(broken_speak(complaint + FAULTS["tells an error"]))
    with pytest.raises(SynthesisFailed, match=r"no breath left.*lungs: empty"):
        engine.speak(Utterance("Let it go"))


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("time.sleep(60)", "no answer within 1 second"),
        ("sys.exit('no espeak here')", "no espeak here"),
        ("os.kill(os.getpid(), 11)", "ended"),
        ("tell(failed='no driver'); sys.exit()", "no driver"),
        ("print('Welcome!', flush=True)", "unreadable"),
    ],
)
def test_an_engine_that_never_gets_ready_is_unavailable(
    engine_with, broken: str, told: str
) -> None:
    engine = engine_with(broken, Limits(ready_s=1.0) if "sleep" in broken else PATIENT)
    with pytest.raises(VoiceUnavailable, match=told) as caught:
        engine.speak(Utterance("Rest"))
    assert "silent" in caught.value.hint


def test_a_program_that_does_not_exist_is_unavailable() -> None:
    with pytest.raises(VoiceUnavailable):
        ChildEngine(("/no/such/program",), PATIENT).speak(Utterance("Rest"))


def test_no_place_for_temporary_files_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/no/such/folder")
    with pytest.raises(VoiceUnavailable, match="temporary") as caught:
        ChildEngine().speak(Utterance("Rest"))
    assert "TMPDIR" in caught.value.hint


def test_an_unknown_voice_names_near_ones_and_keeps_the_child(engine_with, tmp_path: Path) -> None:
    engine = engine_with(
        broken_speak("tell(number=request['number'], unknown_voice=request['speak']['voice'])")
    )
    with pytest.raises(VoiceUnavailable, match="en-uss") as caught:
        engine.speak(Utterance("Rest", Voicing(voice="en-uss")))
    assert "en-us" in caught.value.hint
    assert lives(tmp_path) == 1


def test_a_late_answer_is_not_taken_for_the_next(engine_with) -> None:
    engine = engine_with(
        "def speak(request):\n"
        "    tell(number=request['number'] - 1, error='the one before')\n"
        "    hum(request['speak']['path']); tell(number=request['number'])"
    )
    assert engine.speak(Utterance("Rest")).length > 0


def test_nothing_is_left_behind(engine_with, temporary_files: Path) -> None:
    engine = engine_with()
    engine.speak(Utterance("Rest"))
    assert [path.suffix for path in temporary_files.glob("*/*")] == [".txt"]
    engine.close()
    engine.close()
    assert list(temporary_files.iterdir()) == []


def test_it_speaks_again_after_closing(engine_with, tmp_path: Path) -> None:
    engine = engine_with()
    engine.speak(Utterance("Rest"))
    engine.close()
    assert engine.speak(Utterance("Rest")).length > 0
    assert lives(tmp_path) == 2


@pytest.mark.parametrize("crash", ["sys.exit(1)", "os.kill(os.getpid(), 9)"])
def test_one_that_is_gone_before_it_could_speak_gets_a_second_life(
    engine_with, tmp_path: Path, crash: str
) -> None:
    engine = engine_with(f"if lives == 1: {crash}")
    assert engine.speak(Utterance("Rest")).length > 0
    assert lives(tmp_path) == 2


@pytest.mark.parametrize(
    "broken",
    ["def speak(request): time.sleep(60)", "time.sleep(60)"],
    ids=["while it speaks", "while it starts"],
)
def test_closing_does_not_wait_for_one_that_hangs(engine_with, tmp_path: Path, broken: str) -> None:
    """And whoever waits for a turn meanwhile does not start another."""
    engine = engine_with(broken)
    failed: queue.SimpleQueue[Exception] = queue.SimpleQueue()
    asked: list[str] = []

    def speak() -> None:
        try:
            asked.append("Rest")
            engine.speak(Utterance("Rest"))
        except (SynthesisFailed, VoiceUnavailable) as error:
            failed.put(error)

    speakers = [threading.Thread(target=speak) for _ in range(5)]
    for speaker in speakers:
        speaker.start()
    wait_until(lambda: (tmp_path / "lives").exists() and len(asked) == len(speakers))
    began = time.monotonic()
    engine.close()
    assert time.monotonic() - began < 10
    for speaker in speakers:
        speaker.join(10)
        assert failed.get(timeout=10)
    assert lives(tmp_path) == 1


def test_closing_does_not_wait_for_one_that_comes_to_hang(
    engine_with, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system was still starting it when the close began."""
    engine = engine_with("time.sleep(60)", Limits(ready_s=30.0))
    is_asked, may_start = threading.Event(), threading.Event()
    start = subprocess.Popen

    def start_slowly(*words: object, **how: object) -> subprocess.Popen[bytes]:
        is_asked.set()
        may_start.wait(20)
        return start(*words, **how)  # type: ignore[call-overload, no-any-return]

    monkeypatch.setattr(subprocess, "Popen", start_slowly)
    failed: queue.SimpleQueue[Exception] = queue.SimpleQueue()

    def list_voices() -> None:
        try:
            engine.voices()
        except VoiceUnavailable as error:
            failed.put(error)

    asker = threading.Thread(target=list_voices)
    closer = threading.Thread(target=engine.close)
    asker.start()
    assert is_asked.wait(10)
    closer.start()
    wait_until(lambda: engine._closings > 0)
    may_start.set()
    closer.join(10)
    asker.join(10)
    assert not closer.is_alive()
    assert failed.get(timeout=10)


def test_nothing_speakable_starts_no_child(engine_with, tmp_path: Path) -> None:
    with pytest.raises(SynthesisFailed, match="nothing to speak"):
        engine_with().speak(Utterance("…"))
    assert not (tmp_path / "lives").exists()


@pytest.mark.real
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
def test_the_worker_passes_ctrl_c_by_and_ends_with_its_parent(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with subprocess.Popen(
        (*WORKER, str(folder)), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout is not None
        assert b"ready" in worker.stdout.readline()
        os.kill(worker.pid, signal.SIGINT)
        assert worker.stdin is not None
        worker.stdin.write(b'{"number": 1, "do": "voices"}\n')
        worker.stdin.flush()
        assert b'"en-us"' in worker.stdout.readline()
        worker.stdin.close()  # what a parent's death does
        assert worker.wait(5) == 0
    assert not folder.exists()
