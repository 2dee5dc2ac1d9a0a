"""What a session looks like in a terminal: where it is, how to breathe, how long it takes."""

from __future__ import annotations

import math
import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

_WIDTH: Final = 40
_CARE_SHOWN_S: Final = 40.0
"""From the start on: time to read all of it, and then to close one's eyes."""
_EIGHTHS: Final = " ▏▎▍▌▋▊▉█"
_KEYS: Final = "space pauses   left/right sections   e eases   q ends"
_PHASES: Final = {
    "in": "breathe in",
    "hold": "hold",
    "out": "breathe out",
    "rest": "rest",
    "tense": "tense",
    "release": "let go",
    "write": "write",
}


class Display:
    """The live picture of a session; a context manager."""

    def __init__(self, care: Sequence[str] = ()) -> None:
        self._care = care
        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._is_plain = not _can_draw(sys.stdout.encoding)
        self._shown: list[Text] = []

    def __enter__(self) -> Display:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, status: Status) -> None:
        """Bring the picture up to date; costs nothing when nothing changed."""
        width = min(self._console.width, 100)
        lines = list(picture_lines(status, self._care, width, plain=self._is_plain))
        if lines != self._shown:
            self._shown = lines
            self._live.update(Text("\n").join(lines), refresh=True)


def picture_lines(
    status: Status, care: Sequence[str], width: int, *, plain: bool
) -> Iterator[Text]:
    """Yield the picture line by line; `care` is what to take care of, told at the start."""
    yield Text("")
    yield _fit(f"  {status.title}", width, "bold")
    for one in care if status.position_s < _CARE_SHOWN_S else ():
        for line in textwrap.wrap(one, max(1, width - 2)):
            yield _fit(f"  {line}", width, "dim")
    yield _fit(f"  {_place(status)}", width)
    yield Text("")
    bar = breath_bar(status.phase, status.phase_share, min(_WIDTH, width - 24), plain=plain)
    seconds = f"{math.ceil(status.phase_left_s)}" if status.phase else ""
    yield _fit(f"  {bar}  {_PHASES.get(status.phase, ''):<12}{seconds:>3}", width, "cyan")
    yield Text("")
    yield _fit(f"  {status.caption}", width, "italic")
    yield Text("")
    if status.notice:
        yield _fit(f"  {status.notice}", width, "yellow")
    yield _fit(f"  {_time_left(status):<14}{_KEYS}", width, "dim")


def _fit(line: str, width: int, style: str = "") -> Text:
    text = Text(line, style=style, no_wrap=True, overflow="ellipsis", end="")
    text.truncate(width, overflow="ellipsis")
    return text


def _place(status: Status) -> str:
    parts = [status.section]
    if status.round and status.rounds:
        parts.append(f"round {status.round} of {status.rounds}")
    if status.eased:
        parts.append("without holding")
    if status.state is Mode.PAUSED:
        parts.append("paused")
    elif status.state is Mode.PREPARING:
        parts.append("a moment")
    return "  ·  ".join(part for part in parts if part)


def _time_left(status: Status) -> str:
    if not status.length_s:
        return ""
    minutes, seconds = divmod(math.ceil(max(0.0, status.length_s - status.position_s)), 60)
    return f"{minutes}:{seconds:02d} left"


def fullness(phase: str, share: float) -> float:
    """Return how full the chest is, 0 to 1: it fills and empties as softly as the tone does."""
    eased = 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, share)))
    return {"in": eased, "hold": 1.0, "out": 1.0 - eased, "tense": 1.0, "release": 1.0 - eased}.get(
        phase, 0.0
    )


def breath_bar(phase: str, share: float, width: int, *, plain: bool = False) -> str:
    """Return a bar `width` wide that grows with the inhale and shrinks with the exhale."""
    if width <= 0:
        return ""
    if plain:
        return ("#" * round(fullness(phase, share) * width)).ljust(width, "." if phase else " ")
    eighths = round(fullness(phase, share) * width * 8)
    whole, rest = divmod(eighths, 8)
    bar = "█" * whole + (_EIGHTHS[rest] if rest else "")
    return bar.ljust(width, "·" if phase else " ")


def _can_draw(encoding: str | None) -> bool:
    try:
        (_EIGHTHS + "·…").encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
