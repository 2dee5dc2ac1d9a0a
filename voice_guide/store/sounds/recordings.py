"""Recordings that anybody may have put there: measured and read, or said plainly why not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from voice_guide.errors import StoreCorrupt
from voice_guide.store.reading import explained, open_ordinary
from voice_guide.store.sounds.finding import RECORDINGS

_MOST_CHANNELS: Final = 16
_SLOWEST_HZ: Final = 8_000
_FASTEST_HZ: Final = 384_000
_SPAN: Final = 1 << 16
"""Frames read at a time."""
_LOUDEST: Final = 1e4
"""Full scale is 1; a number far over it is no sound."""
_SAVE_AGAIN: Final = "Open it in an audio editor and save it as WAV, FLAC or OGG."


def measure_recording_s(path: Path) -> float:
    """Return how long a recording is, by its first bytes alone.

    Raises
    ------
    StoreCorrupt
        It is no recording that can be read.
    """
    with _open_recording(path) as sound:
        return float(sound.frames / sound.samplerate)


def read_recording(path: Path, sample_rate: int, longest_s: float) -> NDArray[Any]:
    """Return the start of a recording at another sample rate.

    Read, folded and resampled piece by piece, so that neither a long file nor many channels take
    more memory than what is returned.

    Parameters
    ----------
    path
        WAV, FLAC, OGG (Vorbis or Opus) or AIFF.
    sample_rate
        Frames a second of what is returned.
    longest_s
        Seconds at most.

    Returns
    -------
    NDArray[float32]
        `[frames, channels]`, Fortran order, one or two channels, all finite. Of more channels
        the first two are left and right, and the others are heard in both.

    Raises
    ------
    StoreCorrupt
        It is no recording that can be read, breaks off, or holds numbers that are no sound.
    """
    with _open_recording(path) as sound:
        channels = min(sound.channels, 2)
        wanted = min(sound.frames, round(longest_s * sound.samplerate))
        frames = round(wanted * sample_rate / sound.samplerate)
        samples = np.zeros((frames, channels), np.float32, order="F")
        stream = soxr.ResampleStream(sound.samplerate, sample_rate, channels, dtype="float32")
        done = 0
        for piece, is_last in _pieces(path, sound, wanted):
            part = stream.resample_chunk(piece, last=is_last)[: frames - done]
            samples[done : done + len(part)] = part
            done += len(part)
        return samples


def _pieces(path: Path, sound: Any, wanted: int) -> Iterator[tuple[NDArray[Any], bool]]:
    """Yield the first `wanted` frames in pieces of one or two channels, and which is the last."""
    done = 0
    while done < wanted:
        try:
            piece = sound.read(min(_SPAN, wanted - done), dtype="float32", always_2d=True)
        except soundfile.SoundFileError:
            piece = np.empty((0, sound.channels), np.float32)
        at_s = done / sound.samplerate
        done += len(piece)
        if not len(piece):
            raise StoreCorrupt(
                f"{path} breaks off after {at_s:.1f} s.", f"Copy it again. {_SAVE_AGAIN}"
            )
        if not (np.abs(piece) < _LOUDEST).all():
            raise StoreCorrupt(
                f"{path} holds numbers that are no sound, after {at_s:.1f} s.", _SAVE_AGAIN
            )
        if piece.shape[1] > 2:
            piece[:, :2] += piece[:, 2:].sum(axis=1, keepdims=True) * np.float32(0.5**0.5)
        yield np.ascontiguousarray(piece[:, :2]), done >= wanted


@contextlib.contextmanager
def _open_recording(path: Path) -> Iterator[Any]:
    if path.suffix.lower() not in RECORDINGS:
        raise StoreCorrupt(f"{path} is no recording that I can read.", _SAVE_AGAIN)
    with _open(path) as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise StoreCorrupt(f"{path} is empty.", "Put a recording there, or remove it.")
        try:
            # libsndfile reads from the descriptor: it was looked at, and cannot become a pipe.
            with soundfile.SoundFile(file.fileno(), closefd=False) as sound:
                _check_form(path, sound)
                yield sound
        except (soundfile.SoundFileError, ValueError) as error:
            raise StoreCorrupt(f"{path} is no recording that I can read.", _SAVE_AGAIN) from error


def _open(path: Path) -> BinaryIO:
    try:
        with explained(path):
            return open_ordinary(path)
    except StoreCorrupt as fault:
        raise StoreCorrupt(fault.message, "Put a recording in its place, or remove it.") from fault


def _check_form(path: Path, sound: Any) -> None:
    if not sound.frames:
        raise StoreCorrupt(f"{path} has no sound in it.", "Record it again, or remove it.")
    if sound.channels > _MOST_CHANNELS:
        found = f"{sound.channels} channels, where a sound has one or two"
    elif not _SLOWEST_HZ <= sound.samplerate <= _FASTEST_HZ:
        found = f"{sound.samplerate:,} frames a second, where 48,000 are usual"
    else:
        return
    raise StoreCorrupt(f"{path} has {found}.", _SAVE_AGAIN)
