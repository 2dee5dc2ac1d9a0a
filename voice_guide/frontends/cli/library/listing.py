"""Scripts to choose from: all of them in a list, one of them to read."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.asking import read_script
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.cli.library.wrapping import (
    columns_of,
    pad,
    printable,
    screen_width,
    wrap,
)
from voice_guide.frontends.library.catalogue import HEADINGS, CatalogueEntry
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import lengths_to_text

_WIDTH: Final = 88
_ELSEWHERE: Final = "Elsewhere in your own folder"
_WIDEST_ID: Final = 36
"""Columns; a longer id pushes its own row aside and not all others."""


def list_plainly(words: Sequence[str], services: Services) -> int | None:
    """Carry out `list` and these words where they are plain: a kind, `--json` or nothing.

    Returns None, and does nothing, where they are not. What reads every other command line takes
    longer to load than all that a list needs.
    """
    kinds = [word for word in words if word != "--json"]
    if len(kinds) > 1 or any(word.startswith("-") for word in kinds):
        return None
    return list_scripts(services, *kinds, as_json=len(kinds) < len(words))


def list_scripts(services: Services, kind: str | None = None, *, as_json: bool) -> int:
    """Print every script, or those of one kind; one that cannot be read with its fault."""
    wanted = read_kind(kind) if kind else None
    catalogue = services.catalogue()
    entries = [one for one in catalogue.entries() if wanted in (None, one.kind)]
    if as_json:
        print_json([entry_to_json(one) for one in entries])
    else:
        print("\n".join(_page(entries, screen_width())))
    for note in catalogue.notes:
        print(printable(note), file=sys.stderr)
    return 0


def read_kind(written: str) -> str:
    """Return the kind of session that is meant; raise `VoiceGuideError` when there is none."""
    kind = written.strip().casefold()
    if kind in HEADINGS:
        return kind
    import difflib

    near = difflib.get_close_matches(kind[:40], HEADINGS, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}? " if near else ""
    shown = printable(written if len(written) <= 40 else f"{written[:40]}…")
    raise VoiceGuideError(
        f'There is no kind of session called "{shown}".',
        f"{hint}There are {', '.join(HEADINGS)}.",
    )


def entry_to_json(entry: CatalogueEntry) -> dict[str, Any]:
    """Return everything there is to know of a script, in plain values."""
    from voice_guide.script.cautions import shown

    return {name: getattr(entry, name) for name in entry.__slots__} | {
        "path": str(entry.path),
        "take_care": [shown(caution) for caution in entry.cautions],
    }


def _page(entries: Sequence[CatalogueEntry], width: int) -> Iterator[str]:
    if not entries:
        yield "There is nothing here yet."
        return
    ids = min(_WIDEST_ID, max(columns_of(printable(one.id)) for one in entries))
    groups = {kind: [one for one in entries if one.kind == kind] for kind in HEADINGS}
    groups["elsewhere"] = [one for one in entries if one.kind not in HEADINGS]
    for kind, group in groups.items():
        if not group:
            continue
        yield from wrap(HEADINGS.get(kind, _ELSEWHERE), width)
        yield ""
        # A broken one comes last: what can be heard is what somebody is looking for.
        for entry in sorted(group, key=lambda one: one.fault is not None):
            yield from _broken_row(entry, width) if entry.fault else _row(entry, ids, width)
        yield ""
    yield from wrap('Find one by how you feel: voice-guide find "can\'t sleep"', width)


def _row(entry: CatalogueEntry, ids: int, width: int) -> Iterator[str]:
    length = lengths_to_text(*entry.length_s)
    name = f"  {printable(entry.id)}"
    title = printable(entry.title) + _mark(entry)
    row = f"{pad(name, ids + 2)}  {length:<9}  {title}"
    if columns_of(row) <= width:
        yield row
    else:
        yield name
        yield from wrap(f"{length}  {title}", width, " " * 6)
    yield from wrap(printable(entry.summary), width, " " * 6)


def _broken_row(entry: CatalogueEntry, width: int) -> Iterator[str]:
    import shlex

    yield f"  {printable(entry.id)}  cannot be played yet{_mark(entry)}"
    name = printable(shlex.quote(entry.id))
    told = [printable(entry.fault or ""), f"Mend {printable(str(entry.path))}"]
    told += [f"and look it over: voice-guide check {name}"]
    if entry.overrides:
        told += ["The one that came with the program is there again once this is moved away."]
    for line in told:
        yield from wrap(line, width, " " * 6)


def _mark(entry: CatalogueEntry) -> str:
    if not entry.own:
        return ""
    return " (your own, in place of ours)" if entry.overrides else " (your own)"


def show(services: Services, name: str) -> int:
    """Print a script for a person to read."""
    from voice_guide.script.cautions import shown
    from voice_guide.script.text import script_to_text

    script_id, script = read_script(services, name)
    header = script.header
    print(f"{header.title}\n{'=' * columns_of(header.title)}")
    _print_wrapped(header.summary)
    lengths = lengths_to_text(header.length.minimum_s, header.length.maximum_s)
    print(f"{header.kind}, {lengths}   ({printable(script_id)})")
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
        print(before + "\n".join(wrap(text, min(_WIDTH, screen_width()))))
