"""The steps of the path: which of them are done, and the next one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.library.catalogue import CatalogueEntry
from voice_guide.frontends.services import Services

PATH: Final = "path"
"""The kind of its scripts, the folder they lie in, and what `play` calls the next of them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the path."""

    number: int
    entry: CatalogueEntry
    done_at: datetime | None

    @property
    def names(self) -> tuple[str, str, str]:
        """What it is called by: its id, the last part of it, and that without its number."""
        slug = self.entry.id.rpartition("/")[2]
        return self.entry.id, slug, re.sub(r"^\d+-", "", slug)

    @property
    def title(self) -> str:
        """Its title, which stands beside its number: "Step one: breathe" is "Breathe" there."""
        short = re.sub(r"^step \w+: *", "", self.entry.title, flags=re.IGNORECASE)
        return short[:1].upper() + short[1:] or self.entry.id


def find_played(services: Services) -> str:
    """Return which script "path" means to `play`: the next step, or the first once all are done.

    A script that is called so itself comes before.
    """
    if any(PATH in (one.id, one.slug) for one in services.library.entries()):
        return PATH
    steps = read_steps(services, quiet=True)
    step = find_next(steps) or next((one for one in steps if not one.entry.fault), None)
    return step.entry.id if step else PATH


def read_steps(services: Services, *, quiet: bool = False) -> tuple[Step, ...]:
    """Return every step in order: those in the folder of the path, then others of its kind."""
    return find_steps(services, services.catalogue().entries(), quiet=quiet)


def find_steps(
    services: Services, entries: Iterable[CatalogueEntry], *, quiet: bool = False
) -> tuple[Step, ...]:
    """Return those of these scripts that are steps, in order, and which of them are done."""
    folder = f"{PATH}/"
    found = [one for one in entries if one.kind == PATH or one.id.startswith(folder)]
    found.sort(key=lambda one: (not one.id.startswith(folder), one.id))
    done: dict[str, datetime] = {}
    try:
        done = services.progress().finished()
    except VoiceGuideError as fault:
        if not quiet:
            print(fault, file=sys.stderr)
    return tuple(Step(number, one, done.get(one.id)) for number, one in enumerate(found, 1))


def find_next(steps: Sequence[Step]) -> Step | None:
    """Return the first step that is not done yet and can be played."""
    return next((one for one in steps if not one.done_at and not one.entry.fault), None)
