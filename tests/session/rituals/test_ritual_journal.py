"""The journal keeps what rituals need: held against a ledger in memory at every step."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from ritual_life import Life
from ritual_values import Memory, ritual
from test_ritual_life import Happenings, everything, live, lives, several

from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause
from voice_guide.session.rituals.usher import Past
from voice_guide.store.journal.database import Database
from voice_guide.store.journal.ledger import Ledger

T = TypeVar("T")


class Both(Memory):
    """Does everything in memory and in a journal, and compares."""

    journal: JournalLedger

    def stamp(self) -> object:
        return self.journal.stamp()

    def read(self, since: date) -> Past:
        found = self.journal.read(since)
        assert found == super().read(since)
        return found

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        return self._twice(
            lambda: self.journal.claim(occurrence, record),
            lambda: Memory.claim(self, occurrence, record),
        )

    def add(self, key: Key, record: Record) -> None:
        self._twice(lambda: self.journal.add(key, record), lambda: Memory.add(self, key, record))

    def skip(self, key: Key, at: datetime) -> bool:
        # A command does this, and not the companion, whose power it is that fails.
        one = Occurrence(ritual(key.ritual), key.day, at)
        was_free = self.journal.claim(one, Record(Outcome.SKIPPED, at))
        assert super().skip(key, at) == was_free
        return was_free

    def renew(self, name: str, at: datetime) -> None:
        # As often as it is told a digest that it does not know.
        self.journal._ledger.since(name, f"{at} {self.version}", at)
        super().renew(name, at)

    def rest(self, pause: Pause) -> None:
        if self.pause and self.pause.since == pause.since and pause.until <= self.pause.until:
            self.journal.resume(pause.until)
        else:
            self.journal.pause(pause.until, pause.since)
        super().rest(pause)

    def _twice(self, kept: Callable[[], T], remembered: Callable[[], T]) -> T:
        """Let the power fail before both or after both, never between them."""
        self.on_write()
        on_write, self.on_write = self.on_write, lambda: None
        result = kept()
        assert remembered() == result
        self.on_write = on_write
        self.on_write()
        return result


@pytest.mark.long
@settings(max_examples=10)
@given(lives(), several(everything))
def test_a_life_with_the_journal_is_the_life_without(
    begun: tuple[Life, date], happenings: Happenings
) -> None:
    model, first_day = begun
    # In memory where there is some: a disk takes its time over each of a thousand writes.
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="vg-", dir=place) as folder:
        both = Both()
        both.journal = JournalLedger(Ledger(Database(Path(folder) / "journal.sqlite3")))
        life = Life(model.now, model.zone, model.rituals, model.answers, memory=both)
        live(life, first_day, happenings)
        for key, records in both.records.items():
            assert list(both.journal.records(key)) == merged(records)


def merged(records: list[Record]) -> list[Record]:
    """Leave out a deferral that says the same as the one before it."""
    kept: list[Record] = []
    for _, same in groupby(records, lambda one: (one.outcome, one.why)):
        run = list(same)
        kept += run[:1] if run[0].outcome is Outcome.DEFERRED else run
    return kept
