"""What was practised, as gentle facts and a list, as JSON, or as a table for a spreadsheet."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, TextIO

from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.cli.library.wrapping import (
    columns_of,
    pad,
    printable,
    screen_width,
    wrap,
)
from voice_guide.frontends.journal.days import parse_since, read_time
from voice_guide.frontends.journal.facts import facts_to_text, gather_facts
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import length_to_text
from voice_guide.store.journal.sessions import Session

COLUMNS: Final = (
    *("started_at", "script", "length_s", "heard_s", "ended"),
    *("ritual", "calm_before", "calm_after", "note"),
)

_FEW: Final = 20
"""Sessions that are listed where no number was asked for: one screen."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""


def show_history(
    services: Services, since: str | None, limit: int | None, *, as_json: bool, as_csv: bool
) -> int:
    """Print the sessions, the newest first."""
    now = datetime.now().astimezone()
    begins = read_time(services.settings().journal.day_begins)
    first = None if since is None else parse_since(since, now, begins)
    journal = services.journal()
    found = journal.sessions(first)
    shown = found[:limit]
    if as_json:
        print_json([session_to_json(one) for one in shown])
    elif as_csv:
        write_csv(shown, sys.stdout)
    else:
        facts = facts_to_text(gather_facts(journal.sessions(), now, begins))
        shown = found[: limit or _FEW]
        print("\n".join(_page(facts, shown, len(found) - len(shown), screen_width())))
    return 0


def session_to_json(session: Session) -> dict[str, Any]:
    """Return a session as programs read it; what nobody has said is left out."""
    row = {
        "started_at": session.started_at.isoformat(),
        "script": session.script,
        "length_s": round(session.length_s, 3),
        "heard_s": round(session.heard_s, 3),
        "ended": session.ended,
        "ritual": session.ritual,
        "calm_before": session.calm_before,
        "calm_after": session.calm_after,
        "note": session.note,
    }
    return {name: value for name, value in row.items() if value is not None}


def write_csv(sessions: Iterable[Session], file: TextIO) -> None:
    """Write a table in which no text can be taken for a formula: an apostrophe goes before it."""
    table = csv.writer(file, lineterminator="\n")
    table.writerow(COLUMNS)
    for one in sessions:
        row = session_to_json(one)
        table.writerow([_harmless(row.get(name, "")) for name in COLUMNS])


def when_to_text(at: datetime, now: datetime) -> str:
    """Return `4 May, 21:30`, with the year where it is another one."""
    year = "" if at.year == now.year else f" {at.year}"
    return f"{at.day} {at:%b}{year}, {at:%H:%M}"


def title_of(session: Session) -> str:
    """Return what a listener knows the session by."""
    return printable(session.title or session.script)


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\r\n", "\n").replace("\r", "\n")  # alone it would end the row
    return f"'{text}" if text.startswith(_FORMULA) else text


def _page(facts: str, sessions: Sequence[Session], others: int, width: int) -> Iterator[str]:
    if facts:
        yield from wrap(facts, width)
        yield ""
    if not sessions:
        yield from wrap("Nothing is written here. What you hear from now on will be.", width)
        return
    now = datetime.now()
    whens = [f"{one.started_at:%a} {when_to_text(one.started_at, now)}" for one in sessions]
    titles = [title_of(one) for one in sessions]
    when_columns, title_columns = max(map(len, whens)), max(map(columns_of, titles))
    for when, title, one in zip(whens, titles, sessions, strict=True):
        tail = "   ".join(filter(None, (_heard(one), _calm(one))))
        yield f"{when:<{when_columns}}  {pad(title, title_columns)}  {tail}"
        yield from wrap(printable(" ".join((one.note or "").split())), width, " " * 5)
    if others:
        yield ""
        yield from wrap(
            f"{others} more before these; --limit {others + len(sessions)} shows all.", width
        )


def _heard(session: Session) -> str:
    heard = length_to_text(session.heard_s)
    if session.ended == "finished" or not session.length_s:
        return heard
    return f"{heard} of {length_to_text(session.length_s)}"


def _calm(session: Session) -> str:
    before, after = session.calm_before, session.calm_after
    if before is None:
        return "" if after is None else f"calm {after}"
    return f"calm {before} before" if after is None else f"calm {before} to {after}"
