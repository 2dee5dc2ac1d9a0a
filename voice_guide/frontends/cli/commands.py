"""The commands, their options and their help. What they do stands in the modules beside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice_guide import __version__
from voice_guide.frontends.cli.arguments import Wishes, parse_length, read_ask, seed_of_today
from voice_guide.frontends.services import Services

app = typer.Typer(
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# What typer calls a usage error, whichever parser lies underneath.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]

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


def run(arguments: list[str], services: Services) -> int:
    """Carry out one command line and return its exit code."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("voice-guide", arguments or ["--help"], obj=services) as context:
            result = command.invoke(context)
    except typer.Exit as end:
        return end.exit_code
    except _UsageError as error:
        place = getattr(error, "ctx", None)
        path = place.command_path if place else "voice-guide"
        typer.echo(str(getattr(error, "format_message", error.__str__)()), err=True)
        typer.echo(f"Try '{path} --help'.", err=True)
        return 2
    return result if isinstance(result, int) else 0


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
    voice-guide list                      what there is to hear
    voice-guide play 4-7-8                begin
    voice-guide play 4-7-8 --length 5m    five minutes
    voice-guide render 4-7-8 -o calm.mp3  into a file
    voice-guide check my-own.md           look over a script of your own
    voice-guide doctor                    see whether all is well
    """


@app.command()
def play(
    context: typer.Context,
    script: Name,
    length: Length = None,
    voice: Voice = None,
    hold_free: HoldFree = False,
    quiet: Quiet = False,
    bed: Bed = None,
    device: Device = None,
    seed: Seed = None,
) -> int:
    """Speak a session.

    Space pauses, left and right go back and skip, e goes on without held breaths, q ends gently.

    \b
    voice-guide play 4-7-8
    voice-guide play breathing/4-7-8 --length 5m --hold-free
    voice-guide play my-own.md --voice en-us+f2 --bed rain
    """
    services: Services = context.obj
    services.warm()
    from voice_guide.frontends.cli.playing import play as begin_playing

    wishes = Wishes(length, voice, hold_free, seed_of_today() if seed is None else seed, bed)
    begin_playing(services, read_ask(services, script, wishes), device, quiet=quiet)
    return 0


@app.command()
def render(
    context: typer.Context,
    script: Name,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="Ends in wav, flac, ogg, opus or mp3."),
    ],
    length: Length = None,
    voice: Voice = None,
    hold_free: HoldFree = False,
    captions: Annotated[
        bool, typer.Option("--captions", help="Write WebVTT and SRT beside it.")
    ] = False,
    stems: Annotated[
        bool, typer.Option("--stems", help="Write voice, pacer, bells and bed beside it.")
    ] = False,
    seed: Seed = None,
    bed: Bed = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    quiet: Quiet = False,
) -> int:
    """Write a session to a sound file.

    \b
    voice-guide render 4-7-8 -o calm.wav
    voice-guide render 4-7-8 -o calm.mp3 --length 5m --captions
    """
    from voice_guide.frontends.cli.rendering import Target
    from voice_guide.frontends.cli.rendering import render as write

    services: Services = context.obj
    ask = read_ask(services, script, Wishes(length, voice, hold_free, seed, bed))
    write(services, ask, Target(output, force=force, stems=stems, captions=captions), quiet=quiet)
    return 0


@app.command("list")
def list_scripts(context: typer.Context, as_json: Json = False) -> int:
    """List every script.

    \b
    voice-guide list
    voice-guide list --json
    """
    from voice_guide.frontends.cli.reading import list_scripts as show_list

    return show_list(context.obj, as_json=as_json)


@app.command()
def show(context: typer.Context, script: Name) -> int:
    """Show a script: what it is for, its cautions, and its words.

    \b
    voice-guide show 4-7-8
    """
    from voice_guide.frontends.cli.reading import show as show_script

    return show_script(context.obj, script)


@app.command()
def check(
    context: typer.Context,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Paths or ids.")],
) -> int:
    """Look over scripts: faults with their places, warnings, and how the words are paced.

    Ends with 1 if there is anything to mend.

    \b
    voice-guide check my-own.md
    voice-guide check scripts/*.md
    """
    from voice_guide.frontends.cli.reading import check as look_over

    return look_over(context.obj, files)


@app.command()
def voices(context: typer.Context, as_json: Json = False) -> int:
    """List the voices.

    \b
    voice-guide voices
    voice-guide voices --json
    """
    from voice_guide.frontends.cli.reading import list_voices

    return list_voices(context.obj, as_json=as_json)


@app.command()
def doctor(
    context: typer.Context,
    as_json: Json = False,
    sound: Annotated[bool, typer.Option("--sound", help="Play a soft bell.")] = False,
    device: Device = None,
) -> int:
    """See whether sound, voice and folders are well, and what to do where they are not.

    \b
    voice-guide doctor
    voice-guide doctor --sound --device headset
    """
    from voice_guide.frontends.cli.reading import doctor as examine

    return examine(context.obj, device, as_json=as_json, with_sound=sound)


@app.command()
def score(
    context: typer.Context,
    script: Name,
    length: Length = None,
    voice: Voice = None,
    hold_free: HoldFree = False,
    seed: Seed = None,
    bed: Bed = None,
    as_json: Json = False,
) -> int:
    """Print when everything sounds.

    \b
    voice-guide score 4-7-8
    voice-guide score 4-7-8 --length 5m --json
    """
    from voice_guide.frontends.cli.reading import print_score

    services: Services = context.obj
    ask = read_ask(services, script, Wishes(length, voice, hold_free, seed, bed))
    return print_score(services, ask, as_json=as_json)
