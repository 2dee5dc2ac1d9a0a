"""A script of the listener's own begun: from a first text, or from one that is there."""

from __future__ import annotations

import contextlib
import re
import shlex
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.library.listing import read_kind
from voice_guide.frontends.cli.library.wrapping import printable
from voice_guide.frontends.services import Services
from voice_guide.script.parse import parse
from voice_guide.script.syntax.header import UNSPEAKABLE
from voice_guide.script.text import quote_yaml
from voice_guide.store.library import Entry
from voice_guide.store.paths import shipped
from voice_guide.store.reading import read_text

_LONGEST_TITLE: Final = 500
_LONGEST_SLUG_BYTES: Final = 120
"""File systems take 255; with the folders before it a whole path may have 260 on Windows."""
_DEVICES: Final = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
"""What Windows keeps for its devices, whatever the ending."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of script is wanted."""

    title: str
    kind: str | None = None
    source: str | None = None
    """The name of a script whose text is taken; None begins with a first text."""


def create(services: Services, wish: Wish) -> int:
    """Write a new script into the listener's own folder, and say where it is."""
    title = _check_title(wish.title)
    slug = title_to_slug(title)
    text = _read_source(services, wish.source)
    kind = read_kind(wish.kind) if wish.kind else parse(text).header.kind
    path = services.paths.scripts[0] / kind / f"{slug}.md"
    _write(path, retitle(text, title, kind))
    print("\n".join(_told(path, _find(services, f"{kind}/{slug}"))))
    return 0


def title_to_slug(title: str) -> str:
    """Return a file name for a title, without its ending: letters, digits and hyphens alone.

    Letters of other scripts than Latin stay as they are.
    """
    plain = unicodedata.normalize("NFKC", title.casefold())
    kept = (_to_plain_letter(one) for one in plain if one not in "'’")
    words = "".join(kept).split()
    slug = words[0] if words else ""
    for word in words[1:]:
        if len(f"{slug}-{word}".encode()) > _LONGEST_SLUG_BYTES:
            break
        slug = f"{slug}-{word}"
    slug = slug.encode()[:_LONGEST_SLUG_BYTES].decode(errors="ignore")
    if not slug:
        raise VoiceGuideError(
            f'"{printable(title)}" has no letter and no digit to name a file by.',
            'Give it a word or two: voice-guide new "A quiet minute"',
        )
    return f"{slug}-session" if _DEVICES.fullmatch(slug) else slug


def retitle(text: str, title: str, kind: str) -> str:
    """Return a script's text with another title and kind, and all else as it was."""
    lines = text.split("\n")
    for key, value in (("title", quote_yaml(title)), ("kind", kind)):
        start = next(n for n, line in enumerate(lines) if re.match(rf"[\"']?{key}[\"']?\s*:", line))
        end = start + 1
        while lines[end][:1].isspace() and lines[end].strip():
            end += 1
        lines[start:end] = [f"{key}: {value}"]
    return "\n".join(lines)


def _to_plain_letter(one: str) -> str:
    base = unicodedata.normalize("NFD", one)[0]
    if base.isascii():
        return base if base.isalnum() else " "
    return one if one.isalnum() or unicodedata.category(one).startswith("M") else " "


def _check_title(written: str) -> str:
    title = " ".join(written.split())
    if not title:
        raise VoiceGuideError(
            "A new script needs a title.", 'For example: voice-guide new "A quiet minute"'
        )
    if UNSPEAKABLE.search(title):
        raise VoiceGuideError("The title holds a control character.", "Use plain text.")
    if len(title) > _LONGEST_TITLE:
        raise VoiceGuideError(
            f"The title has {len(title)} letters.", f"Up to {_LONGEST_TITLE} will do."
        )
    return title


def _read_source(services: Services, name: str | None) -> str:
    if name is None:
        return read_text(shipped("scripts") / "en" / "new-script.txt")
    entry = services.library.find(name)
    text = read_text(entry.path)
    parse(text, entry.id)  # a fault is better met here than in the copy
    return text


def _write(path: Path, text: str) -> None:
    place = printable(str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _cannot_write(place, error) from error
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
            except BaseException:
                with contextlib.suppress(OSError):
                    path.unlink()
                raise
    except FileExistsError as error:
        raise VoiceGuideError(
            f"{place} is there already, and is kept.", "Take another title, or go on writing there."
        ) from error
    except OSError as error:
        raise _cannot_write(place, error) from error


def _cannot_write(place: str, error: OSError) -> VoiceGuideError:
    return VoiceGuideError(
        f"{place} cannot be written: {error.strerror}.",
        "Is the disk full, or the folder not yours? `voice-guide doctor` shows your own folder.",
    )


def _find(services: Services, script_id: str) -> Entry | None:
    return next((one for one in services.library.entries() if one.id == script_id), None)


def _told(path: Path, entry: Entry | None) -> list[str]:
    name = shlex.quote(entry.id if entry else str(path))
    lines = [f"Written to {printable(str(path))}", "Change it in any text editor. Then:"]
    lines += [f"  voice-guide check {name}", f"  voice-guide play {name}"]
    if entry and entry.overrides:
        lines += ["It takes the place of the one that came with the program, while it is there."]
    return lines
