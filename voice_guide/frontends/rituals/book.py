"""The listener's rituals: kept in the settings, where a text editor can change them, too."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.rituals.spelling import DAYS, parse_time
from voice_guide.session.rituals.ritual import Ritual

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services
    from voice_guide.store.settings import Ritual as Table
    from voice_guide.store.settings.changing import Value
    from voice_guide.store.settings.places import Key

SUGGESTED: Final[Mapping[str, Mapping[str, Any]]] = {
    "morning": {"at": "07:30", "script": "rituals/morning-arrival", "on": False},
    "evening": {"at": "21:30", "script": "rituals/evening-wind-down", "on": False},
}
"""What a first run offers: nothing rings before somebody has said yes."""

DECIDED: Final = "ritual-suggestions"
"""Remembered once the listener has made, taken or declined a ritual."""


@dataclass(frozen=True, slots=True)
class RitualBook:
    """All rituals of the listener. Everything here may raise `VoiceGuideError`."""

    services: Services

    def tables(self) -> dict[str, Table]:
        """Return the rituals as the settings have them, or those that are suggested at first."""
        return dict(self.services.settings().ritual) or self._suggested()

    def rituals(self, now: datetime) -> tuple[Ritual, ...]:
        """Return the rituals as they are now; the last good ones while the settings have a fault.

        Parameters
        ----------
        now
            Aware: what nobody has seen before counts from now on.
        """
        own = self.services.settings_file().current().ritual
        if not own:
            return tuple(_to_ritual(*one, now) for one in self._suggested().items())
        return tuple(
            _to_ritual(name, table, self._since(name, table, now)) for name, table in own.items()
        )

    def is_undecided(self) -> bool:
        """Tell whether there are only suggestions, which nobody has answered."""
        return not self.services.settings().ritual and not self._has_decided()

    def decide(self) -> None:
        """Remember that the suggestions were answered."""
        with suppress(VoiceGuideError):  # they are offered again, which harms nobody
            self.services.progress().meet([DECIDED])

    def add(self, name: str, fields: Mapping[str, Any]) -> None:
        """Make a ritual; raises for a name that is taken."""
        if name in self.services.settings().ritual:
            raise VoiceGuideError(
                f"There is a ritual called {name} already.",
                f"Change it with `voice-guide ritual edit {name}`, or choose another name.",
            )
        self._write({name: fields})
        self._count_from_now()

    def change(self, name: str, fields: Mapping[str, Any]) -> None:
        """Give a ritual other values; None leaves one to the program."""
        self.find(name)
        self._keep_suggested()
        changes: dict[Key, Value] = {("ritual", name, key): value for key, value in fields.items()}
        self.services.settings_file().change(changes)
        self._count_from_now()

    def remove(self, name: str) -> None:
        """Let a ritual be no more; what became of it is kept."""
        self.find(name)
        self._keep_suggested()
        self.services.settings_file().change({("ritual", name): None})
        with suppress(VoiceGuideError):  # it is gone all the same; a new one is made from then on
            self.services.ledger().remove(name)

    def find(self, name: str) -> Table:
        """Return one ritual by its name."""
        tables = self.tables()
        if name in tables:
            return tables[name]
        known = ", ".join(tables)
        hint = f"There are: {known}." if known else "Make one with `voice-guide ritual add`."
        raise VoiceGuideError(f'There is no ritual called "{name[:40]}".', hint)

    def _keep_suggested(self) -> None:
        if not self.services.settings().ritual:
            self._write(SUGGESTED)

    def _write(self, tables: Mapping[str, Mapping[str, Any]]) -> None:
        changes: dict[Key, Value] = {
            ("ritual", name): dict(fields) for name, fields in tables.items()
        }
        self.services.settings_file().change(changes)
        self.decide()

    def _suggested(self) -> dict[str, Table]:
        from voice_guide.store.settings import Ritual as Table  # noqa: PLC0415

        if self._has_decided():
            return {}
        return {name: Table(**fields) for name, fields in SUGGESTED.items()}

    def _has_decided(self) -> bool:
        with suppress(VoiceGuideError):
            return DECIDED in self.services.progress().met()
        return False

    def _count_from_now(self) -> None:
        # Not from when a companion happens to read them next.
        self.rituals(datetime.now(UTC))

    def _since(self, name: str, table: Table, now: datetime) -> datetime:
        # What decides when it rings: a change of it begins anew, and nothing before counts. Of one
        # that is off, too: the days until it is on again are not missed.
        timing = f"{table.at} {sorted(table.days)} {table.on}"
        digest = hashlib.sha256(timing.encode()).hexdigest()
        with suppress(VoiceGuideError):  # told by whoever claims an occurrence
            return self.services.ledger().since(name, digest, now)
        return now


def _to_ritual(name: str, table: Table, since: datetime) -> Ritual:
    return Ritual(
        name=name,
        at=parse_time(table.at),
        days=frozenset(DAYS.index(day) for day in table.days),
        script=table.script,
        since=since,
        length_s=table.length_s,
        is_on=table.on,
        grace_s=table.grace_min * 60.0,
        begins_by_itself=table.begins_by_itself,
        volume_db=table.volume_db,
        bed=table.bed,
        voice=table.voice,
    )
