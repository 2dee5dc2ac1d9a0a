"""Whether this machine has what a session needs, and what to do where it has not."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from voice_guide import __version__
from voice_guide.errors import VoiceGuideError, explain
from voice_guide.output.device import DeviceInfo
from voice_guide.output.portaudio import find_device, list_devices
from voice_guide.score.model import Placement, Point, Score, Span, Stem
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.sound.clip import seconds_to_frames
from voice_guide.sound.palette import Palette
from voice_guide.voice.engine import Engine

_PACKAGES: Final = ("pyttsx3", "sounddevice", "soundfile", "soxr", "numpy", "mutagen")
_TEST_BELL_S: Final = 5.0
_USUAL_BELL: Final = "singing-bowl"
_TEST_WORDS: Final = "You are here."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    is_ok: bool
    detail: str
    """What was found, in a few words."""
    hint: str = ""
    """A way out, where it is not well."""


def examine(
    engine: Callable[[], Engine],
    palette: Callable[[], Palette],
    device: str | int | None,
    voicing: Voicing,
    folders: Mapping[str, Path],
) -> Iterator[Finding]:
    """Yield what is found; `folders` are those that the program writes to."""
    yield Finding("voice-guide", True, f"{__version__}, Python {platform.python_version()}")
    yield Finding("system", True, platform.platform())
    yield _look("libraries", _versions)
    yield _look("sound output", lambda: _name(find_device(device)))
    yield _look("all outputs", lambda: "; ".join(_name(one) for one in list_devices()))
    yield _look("voice", lambda: _try_voice(engine(), voicing))
    yield _look("sounds", lambda: _count_sounds(palette()))
    for name, folder in folders.items():
        yield _look_at_folder(f"{name} folder", folder)


def one_bell(palette: Palette) -> Score:
    """Return one soft bell, to hear whether all is well."""
    bells = (one for one in palette.sounds() if one.kind == "bell" and not one.fault)
    shipped_first = sorted(bells, key=lambda one: one.is_own)
    clip = palette.bell(shipped_first[0].name if shipped_first else _USUAL_BELL)
    length = min(clip.length, seconds_to_frames(_TEST_BELL_S))
    fade = seconds_to_frames(1.0)
    return Score(
        script="",
        title="A soft bell",
        length=length,
        sections=(),
        cues=(),
        placements=(Placement(clip, Span(0, clip.length), Stem.BELLS),),
        master=(Point(length - fade, 1.0), Point(length, 0.0)),
        boundaries=(0,),
    )


def _look(name: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, find())
    except Exception as error:  # noqa: BLE001 - whatever is wrong is the finding
        fault: VoiceGuideError = explain(error)
        return Finding(name, False, fault.message, fault.hint)


def _versions() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError as missing:
            raise VoiceGuideError(
                f"The package {package} is missing.", "Install voice-guide again."
            ) from missing
    return ", ".join(found)


def _name(device: DeviceInfo) -> str:
    return f"{device.index} {device.name} ({device.host}, {device.sample_rate} Hz)"


def _try_voice(engine: Engine, voicing: Voicing) -> str:
    # The words may be kept from an earlier day; only a list comes from the engine of today.
    engine.voices()
    clip = engine.speak(Utterance(_TEST_WORDS, voicing))
    return f"{voicing.voice} by {engine.name}, {clip.length / seconds_to_frames(1.0):.1f} s spoken"


def _count_sounds(palette: Palette) -> str:
    sounds = tuple(palette.sounds())
    heard = Counter(one.kind for one in sounds if not one.fault)
    counts = ", ".join(f"{heard[kind]} {kind}s" for kind in ("bell", "bed", "pacer"))
    broken = sum(one.fault is not None for one in sounds)
    if broken:
        files = "one file is" if broken == 1 else f"{broken} files are"
        return f"{counts}; {files} of no use, and voice-guide sounds says why"
    return counts


def _look_at_folder(name: str, folder: Path) -> Finding:
    try:
        nearest = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    except OSError as error:  # its name is too long, or a link leads in a circle
        return Finding(name, False, f"{folder} cannot be used: {error.strerror}.")
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return Finding(name, True, str(folder))
    return Finding(name, False, f"{folder} cannot be written to.", f"Who owns {nearest}?")
