"""What is typed on the command line, turned into what is asked for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.script.model import Header, Script
    from voice_guide.session.prepare import Ask

_LENGTH: Final = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)\s*(?:h|hours?)\s*)?"
    r"(?:(?P<m>\d+(?:\.\d+)?)\s*(?:m|min|mins|minutes?|$)\s*)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?)\s*)?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK: Final = re.compile(r"(?P<m>\d{1,3}):(?P<s>[0-5]\d)", re.ASCII)
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0}


def parse_length(text: str) -> float:
    """Return seconds for `5m`, `5`, `90s`, `1m30s`, `5min` or `1:30`."""
    written = text.strip()
    match = _CLOCK.fullmatch(written) or (_LENGTH.fullmatch(written) if len(written) < 40 else None)
    parts = {unit: value for unit, value in match.groupdict().items() if value} if match else {}
    length_s = sum(float(value) * _SECONDS[unit] for unit, value in parts.items())
    if not 0 < length_s <= 86_400:
        from typer import BadParameter  # a list is shown without it

        raise BadParameter(
            f'"{text}" is not a length. Say 5m or 5 for minutes, 90s for seconds, or 1m30s.'
        )
    return length_s


def length_to_text(seconds: float) -> str:
    """Return `5 min`, `1 min 30 s` or `45 s`."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest or not minutes)
    return " ".join(parts)


def lengths_to_text(shortest_s: float, longest_s: float) -> str:
    """Return a range of lengths: `3-15 min`, `90 s`, `90 s to 5 min`."""
    if shortest_s == longest_s:
        return f"{shortest_s:g} s" if shortest_s % 60 else length_to_text(shortest_s)
    if shortest_s % 60 == longest_s % 60 == 0:
        return f"{shortest_s / 60:.0f}-{longest_s / 60:.0f} min"
    return f"{length_to_text(shortest_s)} to {length_to_text(longest_s)}"


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options that every command about a session shares."""

    length_s: float | None = None
    voice: str | None = None
    hold_free: bool = False
    seed: int | None = None
    bed: str | None = None


def read_script(services: Services, name: str) -> tuple[str, Script]:
    """Return the id and the script that answer to a name or path."""
    from voice_guide.script.parse import parse
    from voice_guide.store.reading import read_text

    entry = services.library.find(name)
    return entry.id, parse(read_text(entry.path), entry.id)


def read_ask(services: Services, name: str, wishes: Wishes) -> Ask:
    """Return the session that is asked for: the options first, then the listener's settings."""
    script_id, script = read_script(services, name)
    return make_ask(services, script_id, script, wishes)


def make_ask(services: Services, script_id: str, script: Script, wishes: Wishes) -> Ask:
    """Return the session for a script that was read already."""
    from voice_guide.score.compile import Request
    from voice_guide.score.plan.expand import Listener
    from voice_guide.script.utterance import Voicing
    from voice_guide.session.prepare import Ask

    settings = services.settings()
    usual = Voicing()
    voicing = Voicing(
        voice=wishes.voice or settings.voice.id or usual.voice,
        rate_wpm=settings.voice.rate_wpm or usual.rate_wpm,
        pitch=usual.pitch if settings.voice.pitch is None else settings.voice.pitch,
    )
    request = Request(
        length_s=wishes.length_s,
        voicing=voicing,
        seed=wishes.seed or 0,
        hold_free=wishes.hold_free or settings.breathing.hold_free,
        listener=Listener(settings.listener.name, settings.listener.anchors),
        bed=wishes.bed or settings.sound.bed,
    )
    return Ask(script, script_id, request)


def care_lines(header: Header) -> list[str]:
    """Return what to take care of in a session, one line a caution."""
    from voice_guide.script.cautions import shown

    return [f"Take care: {shown(caution)}" for caution in header.cautions]


def seed_of_today() -> int:
    """Return a seed that moves on by one each day, so that a daily session stays fresh."""
    return date.today().toordinal()


def print_json(value: Any) -> None:
    """Print plain values for programs to read."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
