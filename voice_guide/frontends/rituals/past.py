"""The journal's ledger, as rituals ask it."""

from __future__ import annotations

from datetime import date, datetime

from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Key, Occurrence, Pause
from voice_guide.session.rituals.usher import Past
from voice_guide.store.journal.ledger import Ledger


class JournalLedger:
    """What became of occurrences, kept in the journal. Everything here may raise `StoreCorrupt`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def stamp(self) -> object:
        """Return what equals an earlier stamp only if nothing was written since."""
        return self._ledger.database.stamp()

    def read(self, since: date) -> Past:
        """Return what was claimed on this day and later, what is put off, and the last pause."""
        claims = {
            Key(*key): outcome
            for key, word in self._ledger.handled(since).items()
            if (outcome := to_outcome(word)) is not None
        }
        snoozed = {Key(*key): until for key, until in self._ledger.snoozed().items()}
        pause = self._ledger.last_pause()
        return Past(claims, snoozed, Pause(*pause) if pause else None)

    def offered(self, since: date) -> dict[Key, datetime]:
        """Return when what nobody has answered yet was offered, of this day and later."""
        return {Key(*key): at for key, at in self._ledger.offered(since).items()}

    def claim(self, occurrence: Occurrence, record: Record) -> bool:
        """Take an occurrence or its snooze; True only for the one program that got it."""
        key = occurrence.key
        take = self._ledger.unsnooze if occurrence.is_snoozed else self._ledger.claim
        return take(key.ritual, key.day, record.outcome, record.at, record.why, record.until)

    def add(self, key: Key, record: Record) -> None:
        """Write down what else happened."""
        if record.outcome is Outcome.SNOOZED and record.until:
            self._ledger.snooze(key.ritual, key.day, record.until, record.at, record.why)
        elif record.outcome is Outcome.DEFERRED:
            self._ledger.note(key.ritual, key.day, record.outcome, record.at, record.why)
        elif not self._ledger.settle(
            key.ritual, key.day, record.outcome, record.at, record.why, record.until
        ):
            # The ritual was made anew meanwhile, and its day may be claimed again.
            self._ledger.note(key.ritual, key.day, record.outcome, record.at, record.why)

    def skip(self, one: Occurrence, now: datetime) -> None:
        """Leave an occurrence out, be it still to come, offered or put off."""
        until = self.read(one.day).snoozed.get(one.key)
        if until is not None:
            one = Occurrence(one.ritual, one.day, until, is_snoozed=True)
        record = Record(Outcome.SKIPPED, now)
        if not self.claim(one, record):
            self.add(one.key, record)

    def records(self, key: Key) -> tuple[Record, ...]:
        """Return everything that happened to an occurrence, in its order."""
        return tuple(
            Record(outcome, one.at, one.why, one.until)
            for one in self._ledger.events(key.ritual, key.day)
            if (outcome := to_outcome(one.what)) is not None
        )

    def days(self, ritual: str) -> tuple[date, ...]:
        """Return the days on which anything happened to a ritual, the latest last."""
        return tuple(dict.fromkeys(one.day for one in self._ledger.events(ritual)))

    def pause(self, until: datetime, now: datetime) -> None:
        """Let all rituals rest until then."""
        self._ledger.pause(until, now)

    def resume(self, now: datetime) -> bool:
        """Let the pause end now; False where there is none."""
        return self._ledger.resume(now)


def to_outcome(word: str) -> Outcome | None:
    """Return what a word in the journal means; None for one that a newer program may know."""
    try:
        return Outcome(word)
    except ValueError:
        return None
