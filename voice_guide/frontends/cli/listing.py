"""Scripts to choose from: all of them in a list, one of them to read."""

from __future__ import annotations

import textwrap
from itertools import groupby
from typing import Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.arguments import length_to_text, print_json, read_script
from voice_guide.frontends.services import Services

_WIDTH: Final = 88


def list_scripts(services: Services, *, as_json: bool) -> int:
    """Print every script with its title; one that cannot be read is listed with its fault."""
    rows = [_row(services, entry.id, entry.kind) for entry in services.library.entries()]
    if as_json:
        print_json(rows)
        return 0
    width = max((len(row["id"]) for row in rows), default=0)
    for kind, group in groupby(rows, key=lambda row: str(row["kind"])):
        print(kind)
        for row in group:
            told = f"{row['title']}. {row['summary']}" if row["title"] else f"! {row['fault']}"
            print(f"  {row['id']:<{width}}  {told}")
    return 0


def _row(services: Services, script_id: str, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": script_id, "kind": kind, "title": "", "summary": ""}
    try:
        header = read_script(services, script_id)[1].header
    except VoiceGuideError as error:
        return row | {"fault": error.message.splitlines()[0]}
    return row | {
        "title": header.title,
        "summary": header.summary,
        "length_s": [header.length.minimum_s, header.length.maximum_s],
        "cautions": list(header.cautions),
    }


def show(services: Services, name: str) -> int:
    """Print a script for a person to read."""
    from voice_guide.script.cautions import shown
    from voice_guide.script.text import script_to_text

    script_id, script = read_script(services, name)
    header = script.header
    print(f"{header.title}\n{'=' * len(header.title)}")
    _print_wrapped(header.summary)
    shortest, longest = header.length.minimum_s, header.length.maximum_s
    lengths = f"{length_to_text(shortest)} to {length_to_text(longest)}"
    print(f"{header.kind}, {lengths}   ({script_id})")
    if header.when:
        _print_wrapped(f"For: {', '.join(header.when)}")
    for caution in header.cautions:
        _print_wrapped(f"Take care. {shown(caution)}", before="\n")
    _, _, body = script_to_text(script).removeprefix("---\n").partition("\n---\n")
    print(f"\n{body.strip()}")
    for source in header.sources:
        _print_wrapped(f"Source: {source}", before="\n")
    return 0


def _print_wrapped(text: str, before: str = "") -> None:
    if text:
        print(before + textwrap.fill(text, _WIDTH))
