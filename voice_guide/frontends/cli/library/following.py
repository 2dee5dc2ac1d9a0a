"""The path: its steps, which of them are done, and the next one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.cli.library.wrapping import printable, screen_width, wrap
from voice_guide.frontends.library.steps import PATH, Step, find_next, read_steps
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import lengths_to_text


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
    print(f"{step.number}  {printable(step.title)}: {'done' if done else 'open again'}.")
    following = find_next(read_steps(services))
    if done and following:
        print(f"When you like, the next is {following.number}  {printable(following.title)}.")
    return 0


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
    start = f"{'->' if is_next else '  '} {step.number:>2}  {printable(step.title)}"
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
