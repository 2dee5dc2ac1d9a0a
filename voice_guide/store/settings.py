"""What the listener has chosen, in a small file that can be written by hand."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.reading import read_text

_Words = Annotated[str, Meta(min_length=1, max_length=200)]


class _Section(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table of the file; what is absent keeps the program's own choice."""


class Listener(_Section, frozen=True, kw_only=True):
    """Who listens: the `[listener]` table."""

    name: Annotated[str, Meta(max_length=80)] = ""
    """Spoken where a script says `{name}`."""
    anchors: Annotated[tuple[_Words, ...], Meta(max_length=20)] = ()
    """People, places and memories that feel safe, spoken where a script says `{anchor}`."""


class Voice(_Section, frozen=True, kw_only=True):
    """Who speaks: the `[voice]` table. `None` leaves the choice to the program."""

    id: _Words | None = None
    """As `voice-guide voices` lists it."""
    rate_wpm: Annotated[int, Meta(ge=80, le=300)] | None = None
    """Nominal words a minute; 80 is the least that espeak can do."""
    pitch: Annotated[int, Meta(ge=0, le=100)] | None = None


class Sound(_Section, frozen=True, kw_only=True):
    """What is heard, and where: the `[sound]` table."""

    device: _Words | int | None = None
    """A part of the output's name, or its number; `None` is the system's own choice."""
    volume_db: Annotated[float, Meta(ge=-60, le=0)] = 0.0
    """Never above 0: a session is mixed to be loud enough."""
    bed: _Words | None = None
    """The sound underneath every session; `None` leaves it to the script."""


class Breathing(_Section, frozen=True, kw_only=True):
    """How to breathe: the `[breathing]` table."""

    hold_free: bool = False
    """Whether held breaths are always replaced by their twins without a hold."""


class Companion(_Section, frozen=True, kw_only=True):
    """The program in the tray: the `[companion]` table."""

    favourite: _Words = "breathing/calm-count"
    """What a click on the icon begins."""
    pause_in_calls: bool = True
    """Whether a session pauses when another program begins to record."""
    pause_others: bool = True
    """Whether music and films pause while a session lasts."""


class JournalDays(_Section, frozen=True, kw_only=True):
    """How the journal counts: the `[journal]` table."""

    day_begins: Annotated[
        str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='a time such as "04:00"')
    ] = "04:00"
    """When a day begins: what is practised before belongs to the evening before."""


class Settings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All choices, one field a table."""

    listener: Listener = Listener()
    voice: Voice = Voice()
    sound: Sound = Sound()
    breathing: Breathing = Breathing()
    companion: Companion = Companion()
    journal: JournalDays = JournalDays()


_SECTIONS: dict[str, type[_Section]] = {
    field.name: field.type for field in msgspec.structs.fields(Settings)
}

_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a date and time",
    "date": "a date",
    "time": "a time",
}


def load(path: Path) -> Settings:
    """Return the settings in the file, or the defaults where there is no file.

    Raises
    ------
    StoreCorrupt
        The file cannot be read, or something in it is wrong; every fault is named.
    """
    if not os.path.lexists(path):
        return Settings()
    text = read_text(path) if path.stat().st_size else ""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _corrupt(path, [str(error)]) from error
    faults: list[str] = []
    sections: dict[str, Any] = {
        name: _section(name, table, text, faults) for name, table in tables.items()
    }
    if faults:
        raise _corrupt(path, faults)
    return Settings(**sections)


def save(settings: Settings, path: Path) -> None:
    """Write the settings so that the file is at every moment the old one or the new one.

    Raises
    ------
    StoreCorrupt
        The file that is there cannot be read, and is kept as it is.
    VoiceGuideError
        The file cannot be written.
    """
    load(path)
    import tomli_w  # noqa: PLC0415 (only needed here, and reading settings is on the way to sound)

    raw = tomli_w.dumps(msgspec.to_builtins(settings)).encode()
    target = path.resolve()  # a link to a file kept elsewhere stays a link
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, raw)
    except OSError as error:
        raise VoiceGuideError(
            f"The settings could not be saved in {path}: {error.strerror}.",
            "Is the disk full, or the folder someone else's? The old settings are untouched.",
        ) from error


def _section(name: str, table: Any, text: str, faults: list[str]) -> _Section | None:
    kind = _SECTIONS.get(name)
    if kind is None or not isinstance(table, dict):
        where = _place(text, "", name)
        faults.append(f'{where}there is no table "{name}"{_did_you_mean(name, _SECTIONS)}')
        return None
    types = {field.name: field.type for field in msgspec.structs.fields(kind)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        where = f"{_place(text, name, key)}{key} in [{name}] "
        if key not in types:
            faults.append(f"{where}is not a setting{_did_you_mean(key, types)}")
            continue
        try:
            values[key] = msgspec.convert(value, types[key])
        except msgspec.ValidationError as error:
            faults.append(f"{where}is {value!r}: {_in_plain_words(error)}")
    return kind(**values)


def _in_plain_words(error: msgspec.ValidationError) -> str:
    """Return `expected text, got a whole number` for "Expected `str | null`, got `int` - at …"."""
    reason = re.sub("matching regex.*", 'such as "04:00"', str(error).split(" - at")[0])
    kinds = re.compile("`([^`]+)`")
    reason = kinds.sub(
        lambda kind: " or ".join(_KINDS[one] for one in kind[1].split(" | ") if one in _KINDS),
        reason,
    )
    return reason[0].lower() + reason[1:]


def _place(text: str, section: str, key: str) -> str:
    """Return `line N: ` for the line that sets the key, or nothing where it is not plain to see."""
    current = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line)
        current = header[1].split(".")[0] if header else current
        named = re.match(r"\s*[\"']?([\w-]+)[\"']?\s*[=.]", line)
        if (header and not section and current == key) or (
            named and named[1] == key and current == section
        ):
            return f"line {number}: "
    return ""


def _did_you_mean(name: str, known: dict[str, Any]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"


def _corrupt(path: Path, faults: list[str]) -> StoreCorrupt:
    return StoreCorrupt(
        "\n".join([f"The settings in {path} cannot be used:", *(f"  {fault}" for fault in faults)]),
        "Mend the file, or move it away to start afresh. It has not been changed.",
    )


def _replace(target: Path, raw: bytes) -> None:
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with temporary.open("xb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
