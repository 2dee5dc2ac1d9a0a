"""Titles and chapters in the files that carry them, the same bytes every time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mutagen.flac import FLAC
from mutagen.id3 import CHAP, CTOC, ID3, TIT2, CTOCFlags, Encoding
from mutagen.ogg import OggPage
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from voice_guide.score.model import Score, Section
from voice_guide.sound.clip import SAMPLE_RATE, Frames

OGG_SERIAL: Final = 0x7667_6F67
"""Any number does in a file with one stream; libsndfile's own choice differs from run to run."""

NO_OFFSET: Final = 0xFFFF_FFFF
"""In an ID3 chapter: go by the times, not by byte offsets (ID3v2 Chapter Frame Addendum 1.0)."""

_COMMENTED: Final[dict[str, Callable[[Path], Any]]] = {
    "flac": FLAC,
    "ogg": OggVorbis,
    "opus": OggOpus,
}


def write_tags(path: Path, ending: str, score: Score) -> None:
    """Write title, language and chapters into a finished file; raises `MutagenError` or `OSError`.

    `ending` says which kind it is. A WAV has its title from whoever wrote it.
    """
    if ending == "mp3":
        _write_id3(path, score)
    elif ending in _COMMENTED:
        _write_comments(path, ending, score)
    if ending in {"ogg", "opus"}:
        _fix_serial(path)


def _titled(score: Score) -> list[Section]:
    return [section for section in score.sections if section.title]


def _write_comments(path: Path, ending: str, score: Score) -> None:
    """Write Vorbis comments; chapters as CHAPTERnnn and CHAPTERnnnNAME, as players read them."""
    tagged = _COMMENTED[ending](path)
    tagged["TITLE"] = score.title
    tagged["LANGUAGE"] = score.language
    for number, section in enumerate(_titled(score), start=1):
        tagged[f"CHAPTER{number:03}"] = frames_to_clock(section.onset)
        tagged[f"CHAPTER{number:03}NAME"] = section.title
    tagged.save()


def _write_id3(path: Path, score: Score) -> None:
    tags = ID3()
    tags.add(TIT2(encoding=Encoding.UTF8, text=score.title))
    sections = _titled(score)
    names = [f"chp{number}" for number in range(len(sections))]
    ends = [*(section.onset for section in sections[1:]), score.length]
    for name, section, end in zip(names, sections, ends, strict=False):
        tags.add(
            CHAP(
                element_id=name,
                start_time=_frames_to_ms(section.onset),
                end_time=_frames_to_ms(end),
                start_offset=NO_OFFSET,
                end_offset=NO_OFFSET,
                sub_frames=[TIT2(encoding=Encoding.UTF8, text=section.title)],
            )
        )
    if names:
        flags = CTOCFlags.TOP_LEVEL | CTOCFlags.ORDERED
        tags.add(CTOC(element_id="toc", flags=flags, child_element_ids=names, sub_frames=[]))
    tags.save(path)


def _fix_serial(path: Path) -> None:
    """Give the Ogg stream the same serial number each time; the page sums follow."""
    with path.open("r+b") as file:
        while True:
            onset = file.tell()
            try:
                page = OggPage(file)
            except EOFError:
                return
            page.serial = OGG_SERIAL
            file.seek(onset)
            file.write(page.write())


def _frames_to_ms(frames: Frames) -> int:
    return round(frames * 1_000 / SAMPLE_RATE)


def frames_to_clock(frames: Frames) -> str:
    """Return `HH:MM:SS.mmm`."""
    seconds, ms = divmod(_frames_to_ms(frames), 1_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"
