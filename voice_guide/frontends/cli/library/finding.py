"""Sessions found by how somebody feels, with the reason why each was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.cli.library.listing import entry_to_json
from voice_guide.frontends.cli.library.wrapping import printable, screen_width, wrap
from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import lengths_to_text
from voice_guide.script.find import Match, rank, speaks_of_danger

_MOST: Final = 6
_FAR_BEHIND: Final = 0.2
"""Of the best one's score: what answers to so much less is only in the way."""
_COMPANY: Final = "breathing/calm-count"
"""Good for any state, and safe in panic."""


def find(services: Services, words: Sequence[str], *, as_json: bool) -> int:
    """Print the few sessions that answer best to these words."""
    query = " ".join(words)
    entries = {one.id: one for one in services.catalogue().entries() if not one.fault}
    matches = rank(query, entries.values())
    near = [one for one in matches if one.score >= _FAR_BEHIND * matches[0].score][:_MOST]
    danger = speaks_of_danger(query)
    if as_json:
        found = [
            entry_to_json(entries[one.id]) | {"score": round(one.score, 3), "why": one.why}
            for one in near
        ]
        print_json({"query": query, "seek_help": danger, "found": found})
        return 0
    width = screen_width()
    lines = list(_safety(width)) if danger else []
    if near:
        for one in near:
            lines += _result(entries[one.id], one, width)
        lines += [f"To begin: voice-guide play {printable(near[0].id)}"]
    elif danger:
        lines += wrap(f"For company meanwhile: voice-guide play {_COMPANY}", width)
    else:
        lines += _nothing(query, width)
    print("\n".join(lines))
    return 0


def _result(entry: CatalogueEntry, match: Match, width: int) -> Iterator[str]:
    yield from wrap(f"{printable(entry.title)}, {lengths_to_text(*entry.length_s)}", width)
    yield f"    {printable(entry.id)}"
    yield from wrap(printable(entry.summary), width, "    ")
    yield from wrap(f"For: {printable(', '.join(match.why))}", width, "    ")
    yield ""


def _nothing(query: str, width: int) -> Iterator[str]:
    if any(character.isalnum() for character in query):
        told = "Nothing here answers to those words, and that says nothing about them."
    else:
        told = "Say in a few words how it is. They need not be the right ones."
    yield from wrap(told, width)
    yield ""
    yield from wrap(
        f"This is good company whatever it is: voice-guide play {_COMPANY}", width, "    "
    )
    yield from wrap("This shows all there is: voice-guide list", width, "    ")
    yield from wrap("And this is for when it is too much: voice-guide more-help", width, "    ")


def _safety(width: int) -> Iterator[str]:
    yield from wrap(
        "You matter more than any exercise here. If you are in danger, or might hurt yourself, "
        "call 112 in Europe, 911 in North America or 999 in the United Kingdom, or a crisis line "
        "(findahelpline.com). Who else can help: voice-guide more-help",
        width,
    )
    yield ""
