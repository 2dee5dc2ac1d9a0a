"""Clips kept on disk, so that no sentence is spoken twice."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Final

import numpy as np

from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Samples
from voice_guide.voice.engine import Engine, VoiceInfo
from voice_guide.voice.polish import POLISH_VERSION
from voice_guide.voice.text import SLOWEST_WPM, sanitise

LIMIT_BYTES: Final = 200_000_000
"""About half an hour of speech, every word of it different."""

_MAGIC: Final = b"vg-clip1"
_HEADER: Final = np.dtype([("magic", "S8"), ("key", "S16"), ("frames", "<u8"), ("sum", "<u8")])
_SUFFIX: Final = ".clip"
_KEPT_AFTER_A_CLEARING: Final = 0.9
_ABANDONED_AFTER_S: Final = 3600.0

_log = logging.getLogger(__name__)


class CachedEngine:
    """Another engine, with a memory on disk. Any number of processes may share a folder."""

    def __init__(self, engine: Engine, folder: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._engine = engine
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._held_bytes: int | None = None
        self._warned = False

    @property
    def name(self) -> str:
        """The name of the engine that speaks."""
        return self._engine.name

    @property
    def version(self) -> str:
        """The version of the engine that speaks."""
        return self._engine.version

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices of the engine that speaks."""
        return self._engine.voices()

    def speak(self, utterance: Utterance) -> Clip:
        """Return the clip from disk, memory-mapped, or have it spoken and keep it."""
        key = self._key(utterance)
        path = self._folder / f"{key}{_SUFFIX}"
        samples = _read(path, key)
        if samples is None:
            clip = self._engine.speak(utterance)
            self._keep(path, key, clip.samples)
            return clip
        with contextlib.suppress(OSError):
            os.utime(path)  # the least lately used go first
        return Clip(samples, utterance.text)

    def close(self) -> None:
        """Close the engine that speaks."""
        self._engine.close()

    def _key(self, utterance: Utterance) -> str:
        voicing = utterance.voicing
        parts = (
            self.name,
            self.version,
            voicing.voice,
            max(SLOWEST_WPM, int(voicing.rate_wpm)),
            int(voicing.pitch),
            sanitise(utterance.text),
            POLISH_VERSION,
            SAMPLE_RATE,
        )
        return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:32]

    def _keep(self, path: Path, key: str, samples: Samples) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._make_room(_HEADER.itemsize + samples.nbytes)
            _write(path, key, samples)
        except OSError as error:
            if not self._warned:
                self._warned = True
                _log.warning("Speech cannot be kept in %s: %s", self._folder, error)

    def _make_room(self, coming: int) -> None:
        """Let the least lately used clips go once the limit is passed; look only when it may be."""
        if self._held_bytes is None or self._held_bytes + coming > self._limit_bytes:
            self._held_bytes = _clear(
                self._folder,
                self._limit_bytes - coming,
                int(self._limit_bytes * _KEPT_AFTER_A_CLEARING) - coming,
            )
        self._held_bytes += coming


def _read(path: Path, key: str) -> Samples | None:
    """Return the clip, mapped and not copied, or nothing where the file is not that clip, whole."""
    try:
        with path.open("rb") as file:
            header = np.frombuffer(file.read(_HEADER.itemsize), _HEADER)[0]
            frames = int(header["frames"])
            whole = os.fstat(file.fileno()).st_size == _HEADER.itemsize + 4 * frames
            if header["magic"] != _MAGIC or header["key"] != _short(key) or not whole or not frames:
                return None
            samples = np.memmap(file, "<f4", "r", _HEADER.itemsize, (frames,))
    except (OSError, ValueError, IndexError):
        return None
    # A plain view: a memmap's own arithmetic is slower, and pickles and prints oddly.
    return samples.view(np.ndarray) if _sum(samples) == int(header["sum"]) else None


def _write(path: Path, key: str, samples: Samples) -> None:
    """Write beside the place and move there, so that nobody ever reads half a clip."""
    plain = np.ascontiguousarray(samples, "<f4")
    header = np.array([(_MAGIC, _short(key), plain.size, _sum(plain))], _HEADER)
    handle, beside = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(header.tobytes())
            file.write(plain.data)
        Path(beside).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise


def _short(key: str) -> bytes:
    return key[:16].encode()


def _sum(samples: Samples) -> int:
    """Return a sum over the bits: enough to notice damage, and far faster than a checksum."""
    return int(samples.view("<u4").sum(dtype=np.uint64))


def _clear(folder: Path, limit_bytes: int, target_bytes: int) -> int:
    """Return the bytes that are held, after clearing down to the target if over the limit."""
    clips = []
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):  # another process may have cleared it
            stat = entry.stat()
            if entry.name.endswith(_SUFFIX):
                clips.append((stat.st_mtime, stat.st_size, entry.path))
            elif entry.name.startswith("tmp") and time.time() - stat.st_mtime > _ABANDONED_AFTER_S:
                Path(entry.path).unlink()
    held = sum(size for _, size, _ in clips)
    if held <= limit_bytes:
        return held
    for _, size, path in sorted(clips):
        if held <= target_bytes:
            break
        with contextlib.suppress(OSError):  # Windows keeps what is mapped
            Path(path).unlink()
            held -= size
    return max(0, held)
