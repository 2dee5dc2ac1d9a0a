"""The child process in which pyttsx3 speaks: JSON lines in, audio files and JSON lines out.

Run as a file, it imports nothing of the package, so that it is ready soon and a fault of an
engine (a hang, a crash, `exit(1)`) stays in here. On Linux every utterance is spoken in a fork
of a fresh engine: espeak carries the phase of its pitch flutter from one utterance to the next,
so that only a fork gives the same bytes for the same words whatever was said before.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import json
import os
import shutil
import signal
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, Protocol

# espeak keeps its data path in 160 bytes and ends the process when it does not fit.
_LONGEST_DATA_PATH = 120
_UNKNOWN_VOICE = 3
"""The exit code of a fork that was asked for a voice the engine lacks."""


class Asked(NamedTuple):
    """What one line asks to be spoken."""

    text: str
    voice: str
    rate_wpm: int
    pitch: int
    path: str
    limit_s: float


class UnknownVoiceError(Exception):
    """The engine has no voice of that id."""


class Speaker(Protocol):
    """One platform's way with pyttsx3."""

    def voices(self) -> list[dict[str, str]]:
        """Return `id`, `name` and `language` of every voice."""
        ...

    def speak(self, asked: Asked) -> None:
        """Write the words to `asked.path`, or raise."""
        ...


class EspeakSpeaker:
    """pyttsx3's espeak driver, made to work within the call and to begin afresh every time."""

    def __init__(self, folder: Path) -> None:
        _load_bundled_espeak(folder)
        _espeak: Any = import_module("pyttsx3.drivers._espeak")
        espeak: Any = import_module("pyttsx3.drivers.espeak")
        engine_module: Any = import_module("pyttsx3.engine")

        # Speaking within the call leaves no second thread that would lose properties, return
        # too early or forbid a fork. What that mode leaves out is the closing event, on which
        # the driver writes its file, and its nap after every utterance has nothing to wait for.
        _espeak.AUDIO_OUTPUT_RETRIEVAL = _espeak.AUDIO_OUTPUT_SYNCHRONOUS
        espeak.time = SimpleNamespace(sleep=lambda _s: time.sleep(0))
        synthesize, ending = _espeak.Synth, _espeak.EVENT(type=_espeak.EVENT_MSG_TERMINATED)

        def synthesize_and_end(text: bytes, flags: int) -> None:
            synthesize(text, flags=flags)
            self._engine.proxy._driver._onSynth(None, 0, (ending,))

        _espeak.Synth = synthesize_and_end
        self._espeak = _espeak
        self._errors: list[str] = []
        self._engine = engine_module.Engine(None)
        self._engine.connect("error", lambda **told: self._errors.append(str(told["exception"])))
        # The first run of an engine returns at once, whatever it was given.
        self._engine.runAndWait()
        self._identifiers = {
            _language_code(voice.languages[1:]): voice.identifier.decode()
            for voice in reversed(_espeak.ListVoices(None))
        }

    def voices(self) -> list[dict[str, str]]:
        """Return the languages that speak.

        Some come without a dictionary and are silent; mbrola's are written at a wrong rate.
        """
        sounds = self._sounds_folder()
        return [
            {"id": code, "name": voice.name.decode(), "language": code}
            for voice in self._espeak.ListVoices(None)
            if _has_dictionary(sounds, voice.identifier.decode())
            and self._identifiers[code := _language_code(voice.languages[1:])]
            == voice.identifier.decode()
        ]

    def speak(self, asked: Asked) -> None:
        """Speak in a fork, the choice of the voice included.

        Every choice waits in espeak's queue of 170 commands until something is spoken: made here,
        they would pile up until the queue runs over and swallows words.
        """
        child = os.fork()
        if child == 0:
            os._exit(self._speak_in_fork(asked))
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) == _UNKNOWN_VOICE:
            raise UnknownVoiceError(asked.voice)
        if os.WIFSIGNALED(status):
            raise RuntimeError(f"the engine crashed: {signal.strsignal(os.WTERMSIG(status))}")
        if status:
            raise RuntimeError(f"the engine gave up, exit code {os.WEXITSTATUS(status)}")

    def _sounds_folder(self) -> Path:
        place = ctypes.c_char_p()
        self._espeak.dll.espeak_Info(ctypes.byref(place))
        return Path(os.fsdecode(place.value or b""))

    def _set_voice(self, voice: str) -> None:
        code, plus, variant = voice.partition("+")
        identifier = self._identifiers.get(code, "mb/")
        if identifier.startswith("mb/"):
            raise UnknownVoiceError(voice)
        self._engine.setProperty("voice", identifier + plus + variant)
        # A variant that does not exist is dropped without a word.
        current = self._espeak.GetCurrentVoice().contents.identifier.decode()
        if current != identifier + plus + variant:
            raise UnknownVoiceError(voice)

    def _speak_in_fork(self, asked: Asked) -> int:
        try:
            faulthandler.dump_traceback_later(asked.limit_s, exit=True)
            self._set_voice(asked.voice)
            self._still_randomness()
            self._engine.setProperty("rate", asked.rate_wpm)
            self._engine.setProperty("pitch", asked.pitch)
            self._engine.save_to_file(asked.text, asked.path)
            self._engine.runAndWait()
        except UnknownVoiceError:
            return _UNKNOWN_VOICE
        except BaseException as error:  # noqa: BLE001 - a fork must never run on
            self._errors.append(str(error))
        for error_text in self._errors:
            print(error_text, file=sys.stderr, flush=True)
        return 1 if self._errors else 0

    def _still_randomness(self) -> None:
        """Seed what espeak otherwise seeds with the clock: the breath in some voices."""
        seed = getattr(self._espeak.dll, "espeak_ng_SetRandSeed", None)  # since 1.52
        if seed:
            seed(ctypes.c_long(1))


class NativeSpeaker:
    """The engines of Windows and macOS, which finish every save only when they are fresh."""

    def __init__(self) -> None:
        engine_module: Any = import_module("pyttsx3.engine")
        self._engine_class = engine_module.Engine
        self._voices = self.voices()

    def voices(self) -> list[dict[str, str]]:
        """Return the voices the system lists."""
        engine = self._engine_class(None)
        return [
            {
                "id": str(voice.id),
                "name": str(voice.name or voice.id),
                "language": _language_code((voice.languages or [""])[0]),
            }
            for voice in engine.getProperty("voices")
        ]

    def speak(self, asked: Asked) -> None:
        """Speak with an engine of its own; a language code stands for its first voice."""
        errors: list[str] = []
        faulthandler.dump_traceback_later(asked.limit_s, exit=True)
        engine = self._engine_class(None)
        engine.connect("error", lambda **told: errors.append(str(told["exception"])))
        engine.setProperty("voice", self._find(asked.voice))
        engine.setProperty("rate", asked.rate_wpm)
        engine.save_to_file(asked.text, asked.path)
        engine.runAndWait()
        faulthandler.cancel_dump_traceback_later()
        if errors:
            raise RuntimeError("; ".join(errors))

    def _find(self, wanted: str) -> str:
        code = _language_code(wanted.partition("+")[0])
        for fits in (
            lambda voice: voice["id"].casefold() == wanted.casefold(),
            lambda voice: voice["language"] == code,
            lambda voice: bool(code) and voice["language"].split("-")[0] == code.split("-")[0],
        ):
            found = next(filter(fits, self._voices), None)
            if found:
                return found["id"]
        raise UnknownVoiceError(wanted)


def _has_dictionary(sounds: Path, identifier: str) -> bool:
    """Tell whether espeak can read words in a language: by its own name unless its file says."""
    try:
        lines = (sounds / "lang" / identifier).read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    said = [line.split()[1] for line in lines if line.startswith("dictionary ")]
    name = said[0] if said else Path(identifier).name.partition("-")[0]
    return (sounds / f"{name}_dict").exists()


def _language_code(text: str | bytes) -> str:
    """Return `en_US` and its like as `en-us`."""
    plain = text.decode(errors="replace") if isinstance(text, bytes) else str(text or "")
    return plain.replace("_", "-").casefold()


def _load_bundled_espeak(folder: Path) -> None:
    """Load the wheel's espeak, so that pyttsx3's later search by name ends at it."""
    spec = find_spec("espeakng_loader")
    if spec is None or not spec.submodule_search_locations:
        return  # then a system espeak has to do
    home = Path(spec.submodule_search_locations[0])
    ctypes.CDLL(str(home / "libespeak-ng.so"), mode=ctypes.RTLD_GLOBAL)
    sounds = home / "espeak-ng-data"
    if len(os.fsencode(sounds)) > _LONGEST_DATA_PATH:
        link = folder / "espeak-ng-data"
        if not link.is_symlink():
            link.symlink_to(sounds, target_is_directory=True)
        sounds = link
    os.environ["ESPEAK_DATA_PATH"] = str(sounds)


def answer(speaker: Speaker, request: dict[str, Any]) -> dict[str, Any]:
    """Do what one line asks; a fault becomes an answer, never an end."""
    try:
        if request["do"] == "voices":
            return {"voices": speaker.voices()}
        speaker.speak(Asked(**request["speak"]))
    except UnknownVoiceError:
        return {"unknown_voice": request["speak"]["voice"]}
    except Exception as error:  # noqa: BLE001 - whatever an engine raises is told, not died of
        return {"error": str(error) or type(error).__name__}
    return {}


def main(folder: Path) -> None:
    """Serve requests from standard input until it closes, then leave nothing behind."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The drivers print; what is not an answer goes where errors go.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 - for as long as the process lives

    def tell(**told: Any) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    try:
        native = sys.platform in ("win32", "darwin")
        speaker: Speaker = NativeSpeaker() if native else EspeakSpeaker(folder)
    except Exception as error:  # noqa: BLE001 - the parent turns it into a message
        tell(failed=str(error) or type(error).__name__)
        return
    with contextlib.suppress(BrokenPipeError):  # nobody waits for the answer any more
        tell(ready=True)
        for line in sys.stdin.buffer:
            request = json.loads(line)
            tell(number=request["number"], **answer(speaker, request))
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
