"""How calm the last session left somebody, and a line about it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.journal.history import title_of, when_to_text
from voice_guide.frontends.services import Services
from voice_guide.store.journal.sessions import NOTE_LIMIT

_CALMEST: Final = 10


def rate(services: Services, calm: str | None, note: str | None, *, before: bool) -> int:
    """Write down how calm it was after the last session, or before it, and a note."""
    value = None if calm is None else _read_calm(calm)
    if value is None and (note is None or before):
        raise VoiceGuideError(
            "There is nothing to note yet." if not before else "How calm was it before?",
            "Say a number from 0, not calm at all, to 10; or a line with --note; or both.",
        )
    if note is not None and len(note) > NOTE_LIMIT:
        raise VoiceGuideError(
            f"That note has {len(note):,} characters; there is room for {NOTE_LIMIT:,}.",
            "Keep the whole of it in a file of your own, and the heart of it here.",
        )
    session = services.journal().last()
    if session is None:
        raise VoiceGuideError(
            "There is no session yet that this could be about.",
            "Hear one first: voice-guide play 4-7-8",
        )
    after = None if before else value
    services.journal().rate(session.id, before=value if before else None, after=after, note=note)
    said = [f"calm {value} {'before' if before else 'after'} it"] * (value is not None)
    said += ["a note" if note else "its note taken away"] * (note is not None)
    when = when_to_text(session.started_at, datetime.now())
    print(f"Noted about “{title_of(session)}” ({when}): {', '.join(said)}.")
    return 0


def _read_calm(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text[:9]) <= _CALMEST:
        return int(text)
    raise VoiceGuideError(
        f'"{text[:20]}" cannot be put on the scale.',
        "Any whole number from 0, not calm at all, to 10, as calm as can be, is right.",
    )
