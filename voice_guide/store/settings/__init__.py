"""What the listener has chosen, in a small file that can be written by hand."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

_Words = Annotated[str, Meta(min_length=1, max_length=200)]
_Clock = Annotated[
    str,
    Meta(
        pattern=r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$",
        description='a time from "00:00" to "23:59", such as "07:30"',
    ),
]


class _Section(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One table of the file; what is absent keeps the program's own choice."""


class Listener(_Section, frozen=True, kw_only=True):
    """Who listens: the `[listener]` table."""

    name: Annotated[str, Meta(max_length=80)] = ""
    """Spoken where a script says `{name}`."""
    anchors: Annotated[tuple[_Words, ...], Meta(max_length=20)] = ()
    """People, places and memories that feel safe, spoken where a script says `{anchor}`."""


class Voice(_Section, frozen=True, kw_only=True):
    """Who speaks: the `[voice]` table. `None` leaves the choice to the program."""

    id: _Words | None = None
    """As `voice-guide voices` lists it."""
    rate_wpm: Annotated[int, Meta(ge=80, le=300)] | None = None
    """Nominal words a minute; 80 is the least that espeak can do."""
    pitch: Annotated[int, Meta(ge=0, le=100)] | None = None


class Sound(_Section, frozen=True, kw_only=True):
    """What is heard, and where: the `[sound]` table."""

    device: _Words | int | None = None
    """A part of the output's name, or its number; `None` is the system's own choice."""
    volume_db: Annotated[float, Meta(ge=-60, le=0)] = 0.0
    """Never above 0: a session is mixed to be loud enough."""
    bed: _Words | None = None
    """The sound underneath every session; `None` leaves it to the script."""


class Breathing(_Section, frozen=True, kw_only=True):
    """How to breathe: the `[breathing]` table."""

    hold_free: bool = False
    """Whether held breaths are always replaced by their twins without a hold."""


class Companion(_Section, frozen=True, kw_only=True):
    """The program in the tray: the `[companion]` table."""

    favourite: _Words = "breathing/calm-count"
    """What a click on the icon begins."""
    hotkey: Annotated[str, Meta(max_length=80)] = ""
    """A key that does what a click does, on X11: `ctrl+alt+b`. Empty for none."""
    pause_in_calls: bool = True
    """Whether a session pauses when another program begins to record."""
    pause_others: bool = True
    """Whether music and films pause while a session lasts."""


class JournalDays(_Section, frozen=True, kw_only=True):
    """How the journal counts: the `[journal]` table."""

    day_begins: _Clock = "04:00"
    """When a day begins: what is practised before belongs to the evening before."""


_DAYS = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_Day = Annotated[_DAYS, Meta(description='"mon", "tue", "wed", "thu", "fri", "sat" or "sun"')]
_RitualName = Annotated[
    str,
    Meta(
        pattern=r"^\w[\w .'-]{0,39}\Z",
        description="a name of up to 40 letters, digits, blanks, _ and -",
    ),
]


class Ritual(_Section, frozen=True, kw_only=True):
    """A session at a fixed time: one `[ritual.NAME]` table each."""

    at: _Clock
    """Local time, wherever the listener is."""
    days: Annotated[tuple[_Day, ...], Meta(min_length=1, max_length=7)] = get_args(_DAYS)
    """Days of the week; every day where nothing is said."""
    script: _Words = "favourite"
    """A session, or `favourite`, `path` for its next step, `rotate:KIND` for another each day."""
    on: bool = True
    """Whether it is offered."""
    length_s: Annotated[float, Meta(gt=0, le=86_400)] | None = None
    """Seconds; `None` leaves it to the script."""
    grace_min: Annotated[float, Meta(ge=1, le=720)] = 20.0
    """Minutes that it waits for an answer, and how late it may still be offered."""
    begins_by_itself: bool = False
    """Whether it begins unless somebody objects, rather than wait for a yes."""
    volume_db: Annotated[float, Meta(ge=-60, le=0)] | None = None
    """As in `[sound]`; `None` for the same."""
    bed: _Words | None = None
    voice: _Words | None = None


class Settings(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All choices, one field a table."""

    listener: Listener = Listener()
    voice: Voice = Voice()
    sound: Sound = Sound()
    breathing: Breathing = Breathing()
    companion: Companion = Companion()
    journal: JournalDays = JournalDays()
    ritual: dict[_RitualName, Ritual] = {}
    """By name."""
