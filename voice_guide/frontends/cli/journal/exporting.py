"""Everything that is the listener's own, written to a folder that is made for it."""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from voice_guide.errors import ExportFailed, StoreCorrupt
from voice_guide.frontends.cli.journal.history import session_to_json, write_csv
from voice_guide.frontends.services import Services

_MOST_FOLDERS: Final = 1_000
"""Exports of one day."""


def export_all(services: Services, folder: Path) -> int:
    """Write all of it into a new folder inside this one, and print what was written."""
    journal = _journal(services)
    target = _make_folder(folder)
    try:
        _write(target / "journal.json", _json(journal))
        table = io.StringIO()
        sessions = services.journal().sessions()
        write_csv(sessions, table)
        _write(target / "sessions.csv", table.getvalue().encode())
        copied = list(_copy_files(services, target))
        _write(target / "sounds.json", _json(_sounds(services)))
    except OSError as error:
        shutil.rmtree(target, ignore_errors=True)
        raise ExportFailed(
            f"It could not all be written to {target}: {error.strerror}.",
            "Nothing was left there. Is the disk full? Another folder may have more room.",
        ) from error
    print(f"Written to {target}, for nobody but you to read:")
    rituals = len(journal["rituals"]["events"])
    print(f"  journal.json   {len(sessions)} sessions, {rituals} lines about rituals")
    print("  sessions.csv   the sessions, for a spreadsheet")
    print("  sounds.json    which sounds are your own; their files stay where they are")
    for name in copied:
        print(f"  {name}")
    return 0


def _journal(services: Services) -> dict[str, Any]:
    ledger = services.ledger()
    pause = ledger.last_pause()
    return {
        "exported_at": datetime.now().astimezone().isoformat(timespec="seconds"),
        "sessions": [
            {**session_to_json(one), "title": one.title} for one in services.journal().sessions()
        ],
        "rituals": {
            "events": [asdict(one) for one in ledger.events()],
            "outcomes": [
                {"ritual": ritual, "day": day, "outcome": outcome}
                for (ritual, day), outcome in ledger.handled(date.min).items()
            ],
            "snoozed": [
                {"ritual": ritual, "day": day, "until": until}
                for (ritual, day), until in ledger.snoozed().items()
            ],
            "last_pause": pause and {"since": pause[0], "until": pause[1]},
        },
    }


def _sounds(services: Services) -> list[dict[str, str]]:
    from voice_guide.store.sounds.finding import find_sounds

    found = find_sounds(services.paths.sounds).files
    return [
        {"kind": one.kind, "name": one.name, "path": str(one.path)} for one in found if one.is_own
    ]


def _copy_files(services: Services, target: Path) -> Iterator[str]:
    """Copy what lies in files, and yield the names; what cannot be read is told."""
    paths = services.paths
    own = {f"scripts/{one.id}.md": one.path for one in services.library.entries() if one.own}
    for name, path in {
        paths.settings.name: paths.settings,
        "progress.txt": paths.progress,
        **own,
    }.items():
        if not os.path.lexists(path):
            continue
        try:
            raw = _read(path)
        except StoreCorrupt as fault:
            print(f"Left out: {fault.message}", file=sys.stderr)
            continue
        (target / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(target / name, raw)
        yield name


def _read(path: Path) -> bytes:
    from voice_guide.store.reading import explained, open_ordinary

    with explained(path), open_ordinary(path) as file:
        return file.read()


def _json(value: Any) -> bytes:
    def plain(other: Any) -> str:
        return str(other.isoformat())

    return json.dumps(value, indent=2, ensure_ascii=False, default=plain).encode() + b"\n"


def _make_folder(folder: Path) -> Path:
    """Return a new folder of today; raises `ExportFailed`."""
    stem = f"voice-guide-{date.today().isoformat()}"
    names = (f"{stem}-{number}" if number > 1 else stem for number in range(1, _MOST_FOLDERS))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in names:
            target = folder.absolute() / name
            if not os.path.lexists(target):
                target.mkdir(mode=0o700)
                return target
    except OSError as error:
        raise ExportFailed(
            f"No folder can be made in {folder}: {error.strerror}.", "Name another place."
        ) from error
    raise ExportFailed(f"{folder} is full of exports of today.", "Name another place.")


def _write(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
