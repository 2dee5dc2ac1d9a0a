"""pyttsx3 in a child process that may hang, crash or mumble without harm to anyone."""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import platform
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from voice_guide.errors import SynthesisFailed, VoiceUnavailable, VoiceUnknown
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import Clip, Samples
from voice_guide.voice.engine import ESPEAK_VOICES, VoiceInfo
from voice_guide.voice.polish import join, polish
from voice_guide.voice.text import SLOWEST_WPM, plausible_s, sanitise, split_long

WORKER: Final = (sys.executable, "-P", str(Path(__file__).with_name("worker.py")))
"""By its file and with a safe path, so that no module in the listener's folder gets in."""

_NATIVE: Final = sys.platform in ("win32", "darwin")
# CREATE_NEW_PROCESS_GROUP and CREATE_NO_WINDOW, which subprocess names on Windows alone.
_APART_ON_WINDOWS: Final = 0x0000_0200 | 0x0800_0000
_SILENT_BELOW: Final = 1e-3

_KILLED_EVERY_S: Final = 0.02
"""Between kills of who holds up a close: to kill again what is dead already costs nothing."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an engine may take before it counts as hung."""

    ready_s: float = 20.0 if sys.platform == "win32" else 10.0
    request_s: float = 5.0
    character_s: float = 0.01


class ChildEngine:
    """Whatever speech pyttsx3 finds on the system. Any thread may speak; they take turns."""

    name = "pyttsx3"

    def __init__(self, command: Sequence[str] = WORKER, limits: Limits = Limits()) -> None:
        self._command = command
        self._limits = limits
        self._lock = threading.Lock()
        self._worker: _Worker | None = None
        self._closings = 0
        self._asked_at = 0
        """How many closings there were when what holds the lock was asked for."""
        self._voices: tuple[VoiceInfo, ...] = ()

    @property
    def version(self) -> str:
        """The versions of all that shapes the sound."""
        return _versions()

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the chosen ones, then every language the engine has."""
        with self._turn(self._closings):
            return self._all_voices()

    def speak(self, utterance: Utterance) -> Clip:
        """Return the utterance as a polished clip."""
        asked_at = self._closings
        pieces = split_long(sanitise(utterance.text))
        with self._turn(asked_at):
            spoken = [self._render(piece, utterance.voicing) for piece in pieces]
        rate_hz = spoken[0][1]
        raw = join([samples for samples, _ in spoken], rate_hz)
        return Clip(polish(raw, rate_hz), utterance.text)

    def close(self) -> None:
        """End the child, also while it speaks, and let down all who wait for one.

        What is asked for later would start another.
        """
        self._closings += 1
        # Whoever waits for a child's words, perhaps in vain, waits no more; nor for those of a
        # child that was only being started.
        while not self._lock.acquire(timeout=_KILLED_EVERY_S):
            if (worker := self._worker) is not None:
                worker.kill()
        try:
            self._end()
        finally:
            self._lock.release()

    @contextlib.contextmanager
    def _turn(self, asked_at: int) -> Iterator[None]:
        """Have the child for oneself."""
        with self._lock:
            self._asked_at = asked_at
            yield

    @property
    def _is_let_down(self) -> bool:
        """Whether the engine was closed since it was asked for what it is at."""
        return self._asked_at != self._closings

    def _render(self, text: str, voicing: Voicing) -> tuple[Samples, int]:
        """Speak one piece; where that fails, once more with a fresh child."""
        try:
            return self._render_once(text, voicing)
        except _WorkerError:
            self._end()
        try:
            return self._render_once(text, voicing)
        except _WorkerError as fault:
            self._end()
            raise SynthesisFailed(
                f"The speech engine could not say {text[:60]!r}: {fault}.",
                "Another voice may manage it; `voice-guide doctor` looks at the engine.",
            ) from fault

    def _render_once(self, text: str, voicing: Voicing) -> tuple[Samples, int]:
        worker = self._started()
        limit_s = self._limits.request_s + self._limits.character_s * len(text)
        path = worker.new_path()
        code, plus, variant = voicing.voice.partition("+")
        asked = {
            "text": text,
            "voice": code.casefold() + plus + variant,
            "rate_wpm": max(SLOWEST_WPM, int(voicing.rate_wpm)),
            "pitch": min(100, max(0, int(voicing.pitch))),
            "path": str(path),
            "limit_s": limit_s,
        }
        try:
            answer = worker.ask(limit_s, do="speak", speak=asked)
            if "unknown_voice" in answer:
                raise self._unknown_voice(voicing.voice)
            samples, rate_hz = _read(path)
        finally:
            path.unlink(missing_ok=True)
        _check(samples, rate_hz, plausible_s(text, voicing.rate_wpm))
        return samples, rate_hz

    def _started(self) -> _Worker:
        if self._worker is None and not self._is_let_down:
            self._start()
        if self._worker is None or self._is_let_down:
            raise _WorkerError("it is not needed any more")
        return self._worker

    def _start(self) -> None:
        """Start a child; one that is gone before it could speak gets a second life."""
        for is_last in (False, True):
            self._worker = _Worker(self._command)
            try:
                self._worker.await_ready(self._limits.ready_s)
                break
            except _EndedUnasked as fault:
                self._end()
                if is_last or self._is_let_down:
                    raise _unavailable(str(fault)) from fault
            except BaseException:  # also Ctrl-C while it starts
                self._end()
                raise

    def _end(self) -> None:
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.end()

    def _all_voices(self) -> tuple[VoiceInfo, ...]:
        if not self._voices:
            try:
                answer = self._started().ask(self._limits.request_s, do="voices")
                listed = tuple(VoiceInfo(**voice, engine=self.name) for voice in answer["voices"])
            except (_WorkerError, KeyError, TypeError) as fault:
                self._end()
                raise VoiceUnavailable(
                    f"The speech engine does not say which voices it has: {fault}.",
                    "`voice-guide doctor` looks at the engine.",
                ) from fault
            chosen = () if _NATIVE else ESPEAK_VOICES
            known = {voice.id for voice in chosen}
            rest = (voice for voice in listed if voice.id not in known)
            # English before the rest: the scripts are.
            self._voices = chosen + tuple(
                sorted(rest, key=lambda voice: not voice.language.startswith("en"))
            )
        return self._voices

    def _unknown_voice(self, wanted: str) -> VoiceUnknown:
        ids = [voice.id for voice in self._all_voices()]
        near = difflib.get_close_matches(wanted.casefold(), ids, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        return VoiceUnknown(
            f"There is no voice called {wanted!r}.", f"{hint}`voice-guide voices` lists them all."
        )


class _WorkerError(Exception):
    """The child did not do what it was asked; a fresh one may."""


class _EndedUnasked(_WorkerError):
    """The child is gone: it crashed, or was killed, as when memory runs out."""


class _Worker:
    """One child: its process, its folder and the lines between us."""

    def __init__(self, command: Sequence[str]) -> None:
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="voice-guide-"))
        except OSError as error:
            raise VoiceUnavailable(
                f"The voice needs a folder for temporary files: {error}.",
                "Free some space, or set TMPDIR to a folder that can be written to.",
            ) from error
        self._count = 0
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        try:
            self._process = _spawn((*command, str(self._folder)), self._folder / "errors.txt")
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise _unavailable(str(error)) from error
        threading.Thread(
            target=_forward, args=(self._process.stdout, self._answers), daemon=True
        ).start()

    def await_ready(self, limit_s: float) -> None:
        """Wait for its first words; raises `VoiceUnavailable` when it cannot speak."""
        try:
            answer = self._next_answer(limit_s)
        except _EndedUnasked:
            raise
        except _WorkerError as fault:
            raise _unavailable(str(fault)) from fault
        if "ready" not in answer:
            raise _unavailable(str(answer.get("failed", "it said something else than ready")))

    def new_path(self) -> Path:
        """Return where the next utterance goes; never the same twice."""
        self._count += 1
        return self._folder / f"{self._count}.{'aiff' if sys.platform == 'darwin' else 'wav'}"

    def ask(self, limit_s: float, **request: Any) -> dict[str, Any]:
        """Return the child's answer to a request, or raise within the limit."""
        self._count += 1
        number = self._count
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"number": number, **request}).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _WorkerError(f"it has ended {self._last_words()}") from error
        while True:
            answer = self._next_answer(limit_s)
            if answer.get("number") == number:  # an older one was interrupted
                break
        if "error" in answer:
            raise _WorkerError(f"{answer['error']} {self._last_words()}".strip())
        return answer

    def kill(self) -> None:
        """Kill the child, from any thread; `end` has to follow."""
        if self._process.returncode is not None:
            return  # its number may be somebody else's by now
        if sys.platform == "win32":
            self._process.kill()
        else:
            with contextlib.suppress(ProcessLookupError):  # its forks with it
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill the child and remove its folder."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _next_answer(self, limit_s: float) -> dict[str, Any]:
        try:
            line = self._answers.get(timeout=limit_s)
        except queue.Empty:
            raise _WorkerError(f"no answer within {limit_s:.0f} seconds") from None
        if not line:
            raise _EndedUnasked(f"it ended unasked {self._last_words()}".strip())
        try:
            answer = json.loads(line)
        except ValueError as error:
            raise _WorkerError("it answered with something unreadable") from error
        if not isinstance(answer, dict):
            raise _WorkerError("it answered with something unreadable")
        return answer

    def _last_words(self) -> str:
        """Return the last line of what the child complained about, in brackets."""
        with contextlib.suppress(OSError):
            lines = (self._folder / "errors.txt").read_text(errors="replace").split("\n")
            last = next((line.strip() for line in reversed(lines) if line.strip()), "")
            return f"({last[:200]})" if last else ""
        return ""


def _spawn(command: Sequence[str], errors: Path) -> subprocess.Popen[bytes]:
    """Start a child in a group of its own, so that Ctrl-C at the terminal passes it by."""
    windows = sys.platform == "win32"
    with errors.open("wb") as complaints:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            start_new_session=not windows,
            creationflags=_APART_ON_WINDOWS if windows else 0,
        )


def _forward(stream: IO[bytes], answers: queue.SimpleQueue[bytes]) -> None:
    """Hand on every line and, at the end, an empty one."""
    with contextlib.suppress(OSError, ValueError):  # closed under our feet when we end it
        for line in stream:
            answers.put(line)
    answers.put(b"")


def _unavailable(why: str) -> VoiceUnavailable:
    package = "" if _NATIVE else ", or install espeak-ng from your system's packages"
    return VoiceUnavailable(
        f"No speech engine could be started: {why}.",
        f"Install voice-guide again with its dependencies{package}. "
        "The voice `silent` gives tones and captions alone.",
    )


def _read(path: Path) -> tuple[Samples, int]:
    """Return mono samples and their rate, by what the file says of itself, never by its name."""
    import soundfile  # noqa: PLC0415 - a clip that is kept needs no codec

    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise _WorkerError("what it wrote is not audio") from error
    return np.ascontiguousarray(samples.mean(axis=1, dtype=np.float32)), int(rate_hz)


def _check(samples: Samples, rate_hz: int, plausible: tuple[float, float]) -> None:
    """Believe only speech: neither silence nor far from the length that the words take."""
    if samples.size == 0 or float(np.abs(samples).max()) < _SILENT_BELOW:
        raise _WorkerError("it gave silence")
    least_s, most_s = plausible
    seconds = samples.size / rate_hz
    if not least_s <= seconds <= most_s:
        raise _WorkerError(f"it spoke for {seconds:.1f} s, expected {least_s:.1f}-{most_s:.1f} s")


@cache
def _versions() -> str:
    # Imported with the first words, not with the program: it takes as long as a tenth of the start.
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

    packages = []
    for name in ("pyttsx3", "espeakng-loader"):
        with contextlib.suppress(PackageNotFoundError):
            packages.append(f"{name} {version(name)}")
    # The voices of Windows and macOS come with the system.
    return ", ".join([*packages, platform.version() if _NATIVE else sys.platform])
