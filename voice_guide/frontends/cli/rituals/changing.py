"""Rituals made, changed and let go."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.asking import check_bed
from voice_guide.frontends.cli.arguments import parse_length
from voice_guide.frontends.cli.rituals.showing import next_line
from voice_guide.frontends.cli.rituals.there import tell_there
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.choosing import check_script, is_fixed
from voice_guide.frontends.rituals.spelling import days_to_text, parse_days, parse_time
from voice_guide.frontends.wording import length_to_text, lengths_to_text
from voice_guide.store.settings import Ritual as Table

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

USUAL: Final = "usual"
"""Leaves a choice to the script and the settings."""

Wishes = Mapping[str, Any]
"""What was said on the command line, by the names of the settings; None for what was not."""


def add_ritual(services: Services, name: str, wishes: Wishes) -> int:
    """Make a ritual, and say when it rings."""
    book = RitualBook(services)
    book.add(name, {key: one for key, one in _read(services, wishes).items() if one is not None})
    return _tell(book, name)


def edit_ritual(services: Services, name: str, wishes: Wishes) -> int:
    """Change what was named of a ritual, and say what it is now."""
    book = RitualBook(services)
    before = book.find(name)
    told = {key: one for key, one in wishes.items() if one is not None}
    if not told:
        raise VoiceGuideError(
            "Nothing was changed: say what should be.",
            f"For example: voice-guide ritual edit {name} --at 08:00",
        )
    context = {"script": before.script, "length": None} | told
    fields = _read(services, context)
    if "script" in told and "length" not in told and before.length_s:
        _check_length(services, fields["script"], before.length_s)
    book.change(name, {key: fields[key] for key in fields if key in _settings_of(told)})
    return _tell(book, name)


def remove_ritual(services: Services, name: str) -> int:
    """Let a ritual be no more, and say how to have it back."""
    book = RitualBook(services)
    before = book.find(name)
    book.remove(name)
    tell_there()
    print(f"{name} is removed. To have it back:")
    print(f"  {shlex.join(['voice-guide', 'ritual', 'add', name, *_words(before)])}")
    return 0


def _words(table: Table) -> Iterator[str]:
    """Yield the options that make a ritual such as this one."""
    yield from ("--at", table.at, "--days", ",".join(table.days), "--script", table.script)
    for option, value in (
        ("--length", table.length_s and f"{table.length_s:g}s"),
        ("--bed", table.bed),
        ("--voice", table.voice),
        ("--volume", table.volume_db),
        ("--grace", None if table.grace_min == Table(at=table.at).grace_min else table.grace_min),
    ):
        if value is not None:
            yield from (option, str(value))
    yield from ["--by-itself"] * table.begins_by_itself
    yield from ["--off"] * (not table.on)


def _settings_of(told: Wishes) -> set[str]:
    """Return the names of the settings behind what was said."""
    return {_SETTINGS.get(key, key) for key in told}


_SETTINGS: Final = {
    "length": "length_s",
    "grace": "grace_min",
    "volume": "volume_db",
    "by_itself": "begins_by_itself",
}


def _read(services: Services, wishes: Wishes) -> dict[str, Any]:
    """Return the settings that were wished for; raises for what cannot be."""
    read: dict[str, Any] = {}
    for key, said in wishes.items():
        name = _SETTINGS.get(key, key)
        if said is None or said == USUAL:
            read[name] = None
        elif key == "at":
            read[name] = f"{parse_time(said):%H:%M}"
        elif key == "days":
            read[name] = list(parse_days(said))
        elif key == "length":
            read[name] = parse_length(said)
        elif key == "script":
            read[name] = check_script(services, said)
        else:
            read[name] = said
    if read.get("bed"):
        check_bed(services, read["bed"])
    if read.get("script") and read.get("length_s"):
        _check_length(services, read["script"], read["length_s"])
    return read


def _check_length(services: Services, script: str, length_s: float) -> None:
    if not is_fixed(script):
        return
    for entry in services.catalogue().entries():
        if entry.id == script and not entry.fault:
            shortest_s, longest_s = entry.length_s
            if not shortest_s <= length_s <= longest_s:
                reach = lengths_to_text(shortest_s, longest_s)
                raise VoiceGuideError(
                    f"{entry.title} cannot last {length_to_text(length_s)}.",
                    f"It can last {reach}.",
                )


def _tell(book: RitualBook, name: str) -> int:
    tell_there()
    table = book.find(name)
    state = "rings" if table.on else "is off; it would ring"
    print(f"{name} {state} at {table.at}, {days_to_text(table.days)}: {table.script}")
    if table.on:
        print(next_line(book.services, name))
    return 0
