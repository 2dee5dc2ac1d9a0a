"""The path: its steps, which of them are done, and the next one."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.catalogue import CatalogueEntry
from voice_guide.frontends.cli.arguments import lengths_to_text, print_json
from voice_guide.frontends.cli.library.wrapping import printable, screen_width, wrap
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
        return printable(short[:1].upper() + short[1:] or self.entry.id)


def show_path(services: Services, *, as_json: bool) -> int:
    """Print the steps, and the next one with its three small actions."""
    steps = read_steps(services)
    following = find_next(steps)
    if as_json:
        print_json([_to_json(step, is_next=step is following) for step in steps])
    else:
        print("\n".join(_page(steps, following, screen_width())))
    return 0


def mark_step(services: Services, name: str, *, done: bool) -> int:
    """Note that a step is done, or let it count as open again."""
    step = _find_step(read_steps(services), name)
    progress = services.progress()
    if done and step.done_at is None:
        progress.finish(step.entry.id)
    elif not done and step.done_at is not None:
        progress.unfinish(step.entry.id)
    print(f"{step.number}  {step.title}: {'done' if done else 'open again'}.")
    following = find_next(read_steps(services))
    if done and following:
        print(f"When you like, the next is {following.number}  {following.title}.")
    return 0


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
    folder = f"{PATH}/"
    entries = [
        one
        for one in services.catalogue().entries()
        if one.kind == PATH or one.id.startswith(folder)
    ]
    entries.sort(key=lambda one: (not one.id.startswith(folder), one.id))
    done: dict[str, datetime] = {}
    try:
        done = services.progress().finished()
    except VoiceGuideError as fault:
        if not quiet:
            print(fault, file=sys.stderr)
    return tuple(Step(number, one, done.get(one.id)) for number, one in enumerate(entries, 1))


def find_next(steps: Sequence[Step]) -> Step | None:
    """Return the first step that is not done yet and can be played."""
    return next((one for one in steps if not one.done_at and not one.entry.fault), None)


def _find_step(steps: Sequence[Step], name: str) -> Step:
    wanted = name.strip().casefold()
    for step in steps:
        if wanted.lstrip("0") == str(step.number) or wanted in map(str.casefold, step.names):
            return step
    known = ", ".join(f"{step.number} or {printable(step.names[-1])}" for step in steps)
    raise VoiceGuideError(
        f'There is no step called "{printable(name[:40])}".',
        f"Say one of these: {known}." if known else "`voice-guide list path` shows them all.",
    )


def _to_json(step: Step, *, is_next: bool) -> dict[str, Any]:
    entry = step.entry
    return {
        "step": step.number,
        "id": entry.id,
        "title": entry.title,
        "done_at": step.done_at.isoformat() if step.done_at else None,
        "next": is_next,
        "actions": list(entry.actions),
        "length_s": list(entry.length_s),
    }


def _page(steps: Sequence[Step], following: Step | None, width: int) -> Iterator[str]:
    if not steps:
        yield "There is no step of the path here."
        return
    yield from wrap(
        "From anxious to secure, a step at a time. Each takes as long as it takes.", width
    )
    yield ""
    for step in steps:
        yield from _rows(step, width, is_next=step is following)
    yield ""
    yield from _closing(following, width)


def _rows(step: Step, width: int, *, is_next: bool) -> Iterator[str]:
    start = f"{'->' if is_next else '  '} {step.number:>2}  {step.title}"
    if step.entry.fault:
        yield f"{start}   cannot be played yet"
        yield from wrap(printable(step.entry.fault), width, " " * 7)
    else:
        yield f"{start}   done {_day(step.done_at)}" if step.done_at else start
    if not is_next:
        return
    yield from wrap(printable(step.entry.summary), width, " " * 7)
    for action in step.entry.actions:
        first, *others = wrap(printable(action), width, " " * 9)
        yield from (f"       - {first.lstrip()}", *others)


def _day(at: datetime) -> str:
    local = at.astimezone()
    return f"{local.day} {local:%B %Y}"


def _closing(following: Step | None, width: int) -> Iterator[str]:
    if following:
        lengths = lengths_to_text(*following.entry.length_s)
        yield from wrap(f"Begin it with: voice-guide play {PATH}   ({lengths})", width)
        return
    told = "All of it is walked, and stays yours. Any step can be taken again, as often as it does "
    told += f"you good; the first of them with: voice-guide play {PATH}"
    yield from wrap(told, width)
