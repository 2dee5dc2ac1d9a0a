"""What was practised, forgotten: asked first, then gone to the last byte."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.journal.days import parse_since, read_time
from voice_guide.frontends.services import Services


def forget(services: Services, since: str | None, *, everything: bool, is_sure: bool) -> int:
    """Delete the journal or the end of it; with everything also progress and what was cached."""
    now = datetime.now().astimezone()
    first = None
    if since is not None:
        first = parse_since(since, now, read_time(services.settings().journal.day_begins))
    count = len(services.journal().sessions(first))
    if not is_sure and not _ask(_question(count, since, everything=everything)):
        print("Nothing was forgotten.")
        return 0
    services.journal().forget(first)
    services.ledger().forget(now, first)
    services.journal().database.sweep()
    if first is None:
        _remove(_broken_journals(services))
    if everything:
        _remove(_kept(services))
    print("Forgotten. Your scripts, sounds and settings are as they were.")
    return 0


def _question(count: int, since: str | None, *, everything: bool) -> str:
    sessions = "one session" if count == 1 else f"{count} sessions"
    what = f"{sessions} of the journal, and what became of rituals"
    what += f" since {since}" if since else ""
    what += ", what you have met and finished, and all that is cached" if everything else ""
    return f"This forgets {what}. It cannot be taken back. Forget it? [y/N] "


def _ask(question: str) -> bool:
    if sys.stdin is None or sys.stdin.closed or not sys.stdin.isatty():
        raise VoiceGuideError(
            "Nothing was forgotten: nobody is here who could be asked.",
            "Add --yes when you are sure.",
        )
    try:
        return input(question).strip().casefold() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _broken_journals(services: Services) -> Iterator[Path]:
    from voice_guide.store.journal.broken import find_aside

    yield from find_aside(services.paths.journal)


def _kept(services: Services) -> Iterator[Path]:
    paths = services.paths
    yield paths.progress
    yield paths.spare_settings
    yield paths.clips
    yield from paths.catalogue.parent.glob(f"{paths.catalogue.name}*")


def _remove(found: Iterator[Path]) -> None:
    for path in found:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise VoiceGuideError(
                f"{path} could not be removed: {error.strerror}.",
                "The rest is forgotten. End voice-guide and try again, or delete it yourself.",
            ) from error
