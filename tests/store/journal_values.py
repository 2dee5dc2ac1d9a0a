"""Sessions for tests of the journal; light to load, because child processes do so too."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from voice_guide.store.journal.sessions import Session

AT = datetime(2026, 5, 4, 21, 30, tzinfo=timezone(timedelta(hours=2)))


def a_session(script: str = "breathing/4-7-8", at: datetime = AT, ended: str = "finished", **more):
    return Session(0, at, script, "Four, seven, eight", 300.0, 300.0, ended, **more)
