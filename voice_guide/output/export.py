"""A score as a file: the same render as at the ears, block by block, whole or not at all."""

from __future__ import annotations

import contextlib
import difflib
import errno
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
from mutagen import MutagenError
from numpy.typing import NDArray

from voice_guide.errors import ExportFailed
from voice_guide.output.tags import write_tags
from voice_guide.score.captions import score_to_srt, score_to_webvtt
from voice_guide.score.model import Score, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples

FORMATS: Final = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
"""libsndfile's container and coding for each ending."""

SPAN: Final[Frames] = 65_536
"""Frames at a time: rendering is at its fastest, and no more than a second is held in memory."""

RIFF_LIMIT: Final = 2**32 - 2**16
"""Bytes: a RIFF file counts its size in 32 bits. A longer WAV (6.2 hours) becomes an RF64, which
players of long files read alike (EBU Tech 3306)."""

NEARLY_FULL: Final = 2**20
"""Bytes left on a disk that was just found too small."""

# soundfile asserts that all was written.
_FAULTS: Final = (OSError, soundfile.SoundFileError, MutagenError, AssertionError)

Progress = Callable[[Frames, Frames], None]
"""Told the frames done and the frames in all."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One file to write."""

    target: Path
    draft: Path
    """Where it is written before it is whole: beside the target, so that a move is enough."""
    stems: frozenset[Stem] | None = None
    text: str | None = None
    """What stands in it when it holds captions."""


def export(
    score: Score,
    path: Path,
    *,
    force: bool = False,
    progress: Progress | None = None,
    stems: bool = False,
    captions: bool = False,
) -> tuple[Path, ...]:
    """Write a score to a file, and stems and captions beside it if asked; return what was written.

    Every file is written under another name first and moved when all are whole, so that neither
    a fault nor Ctrl-C leaves a half-written one, and what stood there stays until then.

    16 bits are rounded without dither: the rounding lies at -98 dBFS, 80 dB under the voice, the
    beds are noise enough to hide it, and silence stays silence, so that pauses pack to nothing.

    Raises
    ------
    ExportFailed
        An unknown ending, a target that is there already or cannot be written, a full disk.
    """
    ending = _ending(path)
    parts = _plan(score, path, stems=stems, captions=captions)
    sounding = [part for part in parts if part.text is None]
    with _explained(path):
        for part in parts:
            _check(part.target, force=force)
    with _explained(path), _drafts(parts):
        for number, part in enumerate(sounding):
            told = _told(progress, number * score.length, len(sounding) * score.length)
            _write_sound(score, part, ending, told)
        for part in parts:
            if part.text is not None:
                part.draft.write_text(part.text, encoding="utf-8", newline="\n")
        _move(parts)
    return tuple(part.target for part in parts)


def check_target(path: Path, *, force: bool = False) -> None:
    """Raise `ExportFailed` now for what `export` would refuse after all the work of preparing."""
    _ending(path)
    _check(path, force=force)


def _told(progress: Progress | None, done: Frames, total: Frames) -> Callable[[Frames], None]:
    if progress is None:
        return lambda _frames: None
    return lambda frames: progress(done + frames, total)


def _ending(path: Path) -> str:
    ending = path.suffix.lower().removeprefix(".")
    if ending in FORMATS:
        return ending
    known = ", ".join(f".{each}" for each in FORMATS)
    near = difflib.get_close_matches(ending, FORMATS, n=1)
    hint = f"Did you mean {path.with_suffix('.' + near[0]).name}? " if near else ""
    found = f"{path.name} ends in .{ending}" if ending else f"{path.name or path} has no ending"
    raise ExportFailed(f"{found}, which is no sound file I can write.", f"{hint}I know {known}.")


def _plan(score: Score, path: Path, *, stems: bool, captions: bool) -> list[_Part]:
    token = secrets.token_hex(4)

    def part(name: str, **more: object) -> _Part:
        draft = path.with_name(f".{name}.{token}.part")
        return _Part(path.with_name(name), draft, **more)  # type: ignore[arg-type]

    parts = [part(path.name)]
    if stems:
        parts += [
            part(f"{path.stem}.{stem}{path.suffix}", stems=frozenset({stem})) for stem in Stem
        ]
    if captions:
        parts += [
            part(f"{path.stem}.vtt", text=score_to_webvtt(score)),
            part(f"{path.stem}.srt", text=score_to_srt(score)),
        ]
    return parts


def _check(target: Path, *, force: bool) -> None:
    folder = target.parent
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise ExportFailed(f"{folder} {what}.", f"Make it first: mkdir -p {folder}")
    if target.is_dir():
        raise ExportFailed(f"{target} is a folder.", "Name a file to write.")
    if target.exists() and not force:
        raise ExportFailed(
            f"{target} is there already.", "Add --force to replace it, or choose another name."
        )


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except _FAULTS as cause:
        with contextlib.suppress(OSError):
            if shutil.disk_usage(path.parent).free < NEARLY_FULL:
                raise ExportFailed(
                    f"{path} could not be written: the disk is full.",
                    "Make room, or choose another place. Nothing half-written was left behind.",
                ) from cause
        reason = cause.strerror if isinstance(cause, OSError) else None
        raise ExportFailed(
            f"{path} could not be written: {reason or cause or 'writing stopped half-way'}.",
            "Choose another place, or check that you may write there.",
        ) from cause


@contextlib.contextmanager
def _drafts(parts: list[_Part]) -> Iterator[None]:
    """Make each draft, with the rights of any new file, and leave none behind."""
    try:
        for part in parts:
            part.draft.touch(exist_ok=False)
        yield
    finally:
        for part in parts:
            part.draft.unlink(missing_ok=True)


def _move(parts: list[_Part]) -> None:
    """Move every draft to its place; when one cannot be moved, take back those that were new."""
    new = [part.target for part in parts if not part.target.exists()]
    try:
        for part in parts:
            part.draft.replace(part.target)
    except BaseException:
        for target in new:
            target.unlink(missing_ok=True)
        raise


def _write_sound(score: Score, part: _Part, ending: str, told: Callable[[Frames], None]) -> None:
    with part.draft.open("r+b", buffering=0) as file:
        # libsndfile writes to the descriptor itself: a Python file would swallow Ctrl-C and faults.
        container, coding = _container(ending, score.length)
        with soundfile.SoundFile(
            file.fileno(), "w", SAMPLE_RATE, 2, coding, format=container, closefd=False
        ) as sound:
            if ending == "wav":
                sound.title = score.title
            for onset in range(0, score.length, SPAN):
                stop = min(onset + SPAN, score.length)
                sound.write(_to_pcm(render(score, onset, stop, part.stems), coding))
                told(stop)
        _prove(file.fileno(), score.length)
    write_tags(part.draft, ending, score)


def _container(ending: str, length: Frames) -> tuple[str, str]:
    container, coding = FORMATS[ending]
    is_huge = ending == "wav" and 4 * length > RIFF_LIMIT
    return ("RF64" if is_huge else container), coding


def _to_pcm(samples: Samples, coding: str) -> Samples | NDArray[np.int16]:
    """Return what libsndfile takes: frame by frame, and integers where the file has 16 bits."""
    if coding != "PCM_16":
        return np.ascontiguousarray(samples)
    # Channel by channel, as rendering lays them out: a third of the time.
    channels = samples.T * np.float32(32_767.0)
    np.rint(channels, out=channels)
    np.clip(channels, -32_768.0, 32_767.0, out=channels)
    whole = np.empty(samples.shape, np.int16)
    whole[:, 0], whole[:, 1] = channels
    return whole


def _prove(descriptor: int, length: Frames) -> None:
    """Read the last frame back: what a full disk swallows at the close is reported by nobody."""
    os.lseek(descriptor, 0, os.SEEK_SET)
    with soundfile.SoundFile(descriptor, "r", closefd=False) as sound:
        sound.seek(length - 1)
        if len(sound.read(1)) != 1:
            raise OSError(errno.EIO, "the end of it is missing")
