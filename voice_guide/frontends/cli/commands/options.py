"""The options that commands share, and the application they are registered with."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_guide import __version__
from voice_guide.frontends.cli.arguments import parse_length

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Name = Annotated[
    str, typer.Argument(metavar="SCRIPT", help="An id, its last part, or the path of a file.")
]
Length = Annotated[
    float | None,
    typer.Option("--length", "-l", parser=parse_length, metavar="LENGTH", help="5m, 90s, 1m30s."),
]
Voice = Annotated[
    str | None,
    typer.Option(metavar="VOICE", help='As "voice-guide voices" lists it; or: silent.'),
]
HoldFree = Annotated[bool, typer.Option("--hold-free", help="Breathe without holding the breath.")]
Seed = Annotated[int | None, typer.Option(metavar="N", help="Chooses among lines that take turns.")]
Bed = Annotated[str | None, typer.Option(metavar="BED", help="The sound underneath; or: none.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show nothing while it works.")]
Json = Annotated[bool, typer.Option("--json", help="For programs to read.")]
Device = Annotated[
    str | None, typer.Option(metavar="DEVICE", help="Number or part of the name of an output.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"voice-guide {__version__}")
        raise typer.Exit


@app.callback()
def begin(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Tell the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show what lies behind a fault.")] = False,
) -> None:
    """A calm voice that breathes with you, offline.

    \b
    voice-guide                           be there in the tray, a click away
    voice-guide list                      what there is to hear
    voice-guide find "can't sleep"        by how you feel
    voice-guide play 4-7-8                begin
    voice-guide play 4-7-8 --length 5m    five minutes
    voice-guide render 4-7-8 -o calm.mp3  into a file
    voice-guide check my-own.md           look over a script of your own
    voice-guide doctor                    see whether all is well
    """
