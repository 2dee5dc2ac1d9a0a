"""Commands about rituals: sessions at fixed times."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from voice_guide.frontends.cli.commands.options import Json, app

ritual = typer.Typer(
    rich_markup_mode=None, help="Sessions at fixed times, offered and never forced."
)
app.add_typer(ritual, name="ritual")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What you call it.")]
_At = Annotated[str | None, typer.Option(metavar="HH:MM", help="Local time, such as 07:30.")]
_Days = Annotated[
    str | None, typer.Option(metavar="DAYS", help="mon-fri, sat,sun, weekdays, daily.")
]
_Script = Annotated[
    str | None,
    typer.Option(metavar="SCRIPT", help="A session, or: favourite, path, rotate:kindness."),
]
_Length = Annotated[str | None, typer.Option("--length", "-l", help="6m, 90s; or: usual.")]
_Grace = Annotated[
    float | None, typer.Option(min=1, max=720, metavar="MIN", help="Minutes that it waits: 20.")
]
_Itself = Annotated[
    bool | None,
    typer.Option("--by-itself/--ask", help="Begin unless you object, for closed eyes; or ask."),
]
_Volume = Annotated[
    float | None, typer.Option(min=-60, max=0, metavar="DB", help="Softer by so much: -6.")
]
_Bed = Annotated[str | None, typer.Option(metavar="BED", help="rain, none …; or: usual.")]
_Voice = Annotated[str | None, typer.Option(metavar="VOICE", help="One voice; or: usual.")]
_On = Annotated[bool | None, typer.Option("--on/--off", help="Whether it rings.")]


def _wishes(context: typer.Context) -> dict[str, Any]:
    return {name: value for name, value in context.params.items() if name != "name"}


@ritual.command()
def add(
    context: typer.Context,
    name: _Name,
    at: Annotated[str, typer.Option(metavar="HH:MM", help="Local time, such as 07:30.")],
    days: _Days = "daily",
    script: _Script = "favourite",
    length: _Length = None,
    grace: _Grace = None,
    by_itself: _Itself = None,
    volume: _Volume = None,
    bed: _Bed = None,
    voice: _Voice = None,
    on: _On = None,
) -> int:
    """Make a ritual.

    \b
    voice-guide ritual add morning --at 07:30 --days mon-fri --script rituals/morning-arrival
    voice-guide ritual add evening --at 21:30 --script rotate:kindness --length 6m
    voice-guide ritual add night --at 23:00 --script sleep --by-itself --volume -9
    """
    from voice_guide.frontends.cli.rituals.changing import add_ritual

    return add_ritual(context.obj, name, _wishes(context))


@ritual.command()
def edit(
    context: typer.Context,
    name: _Name,
    at: _At = None,
    days: _Days = None,
    script: _Script = None,
    length: _Length = None,
    grace: _Grace = None,
    by_itself: _Itself = None,
    volume: _Volume = None,
    bed: _Bed = None,
    voice: _Voice = None,
    on: _On = None,
) -> int:
    """Change what you name, and leave the rest.

    \b
    voice-guide ritual edit morning --on
    voice-guide ritual edit morning --at 08:00 --days sat,sun
    voice-guide ritual edit evening --length usual
    """
    from voice_guide.frontends.cli.rituals.changing import edit_ritual

    return edit_ritual(context.obj, name, _wishes(context))


@ritual.command("list")
def list_rituals(context: typer.Context, as_json: Json = False) -> int:
    """List the rituals, and when each comes next.

    \b
    voice-guide ritual list
    voice-guide ritual list --json
    """
    from voice_guide.frontends.cli.rituals.showing import list_rituals as show

    return show(context.obj, as_json=as_json)


@ritual.command()
def remove(context: typer.Context, name: _Name) -> int:
    """Let a ritual be no more.

    \b
    voice-guide ritual remove morning
    """
    from voice_guide.frontends.cli.rituals.changing import remove_ritual

    return remove_ritual(context.obj, name)


@ritual.command("skip-today")
def skip_today(context: typer.Context, name: _Name) -> int:
    """Leave a ritual out today.

    \b
    voice-guide ritual skip-today morning
    """
    from voice_guide.frontends.cli.rituals.resting import skip_today as skip

    return skip(context.obj, name)


@ritual.command()
def snooze(
    context: typer.Context,
    length: Annotated[str, typer.Argument(metavar="[LENGTH]", help="10m, 1h.")] = "10m",
) -> int:
    """Put off the ritual that waits for an answer.

    \b
    voice-guide ritual snooze
    voice-guide ritual snooze 30m
    """
    from voice_guide.frontends.cli.rituals.resting import snooze as put_off

    return put_off(context.obj, length)


@ritual.command("pause-all")
def pause_all(
    context: typer.Context,
    until: Annotated[
        list[str] | None, typer.Argument(metavar="[UNTIL]", help="tomorrow, 3 days, friday.")
    ] = None,
) -> int:
    """Let all rituals rest for a while; they begin again by themselves.

    \b
    voice-guide ritual pause-all               until tomorrow
    voice-guide ritual pause-all 3 days
    voice-guide ritual pause-all until friday
    """
    from voice_guide.frontends.cli.rituals.resting import pause_all as pause

    return pause(context.obj, " ".join(until or ["tomorrow"]))


@ritual.command("resume-all")
def resume_all(context: typer.Context) -> int:
    """End the pause of all rituals.

    \b
    voice-guide ritual resume-all
    """
    from voice_guide.frontends.cli.rituals.resting import resume_all as resume

    return resume(context.obj)


@ritual.command()
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.ics", help="A calendar file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> int:
    """Write the rituals that are on as a calendar file.

    \b
    voice-guide ritual export rituals.ics
    """
    from voice_guide.frontends.cli.rituals.showing import write_calendar

    return write_calendar(context.obj, file, force=force)


@app.command()
def why(context: typer.Context, name: _Name) -> int:
    """Tell why a ritual rang, or why it did not.

    \b
    voice-guide why morning
    """
    from voice_guide.frontends.cli.rituals.showing import tell_why

    return tell_why(context.obj, name)
