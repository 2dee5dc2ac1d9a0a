"""Commands to hear something, and to see whether it can be heard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice_guide.frontends.asking import Wishes, read_ask, seed_of_today
from voice_guide.frontends.cli.commands.options import (
    Bed,
    Device,
    HoldFree,
    Json,
    Length,
    Name,
    Quiet,
    Seed,
    Voice,
    app,
)
from voice_guide.frontends.services import Services


@app.command()
def play(
    context: typer.Context,
    script: Name = "favourite",
    length: Length = None,
    voice: Voice = None,
    hold_free: HoldFree = False,
    quiet: Quiet = False,
    bed: Bed = None,
    device: Device = None,
    seed: Seed = None,
) -> int:
    """Speak a session; your favourite when you name none.

    Space pauses, left and right go back and skip, e goes on without held breaths, q ends gently.

    \b
    voice-guide play
    voice-guide play 4-7-8
    voice-guide play breathing/4-7-8 --length 5m --hold-free
    voice-guide play my-own.md --voice en-us+f2 --bed rain
    voice-guide play path
    """
    services: Services = context.obj
    if script == "path":
        from voice_guide.frontends.library.steps import find_played

        script = find_played(services)
    elif script == "favourite":
        script = services.settings().companion.favourite
    wishes = Wishes(length, voice, hold_free, seed_of_today() if seed is None else seed, bed)
    if device is None and not quiet:
        from voice_guide.frontends.cli.remote import hand_over

        code = hand_over(services, script, wishes)
        if code is not None:
            return code
    services.warm()
    from voice_guide.frontends.cli.live.playing import play as begin_playing

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


@app.command()
def sounds(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Option("--play", metavar="NAME", help="Hear this sound, as rain or bed:rain."),
    ] = None,
    write: Annotated[
        bool, typer.Option("--render", help="Write previews to files, and play nothing.")
    ] = False,
    folder: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Where to; sound-previews, if left."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    as_json: Json = False,
    device: Device = None,
) -> int:
    """List the bells, beds and pacers, or hear what they are like.

    A bell is struck once, a bed runs for eight seconds, a pacer breathes for twenty. Where a name
    stands for a bell and a bed, both are played; bell:NAME asks for one of them.

    \b
    voice-guide sounds
    voice-guide sounds --play rain
    voice-guide sounds --play pacer:soft-swell --device headset
    voice-guide sounds --render -o previews
    voice-guide sounds --render --play singing-bowl --force
    """
    from voice_guide.frontends.cli import previewing

    if as_json and (write or name is not None):
        raise typer.BadParameter("--json is for the list: it goes with neither --play nor --render")
    if write or folder:
        return previewing.render_sounds(context.obj, name, folder, force=force)
    if name is not None:
        return previewing.play_sounds(context.obj, name, device)
    return previewing.list_sounds(context.obj, as_json=as_json)


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
    recover: Annotated[
        bool, typer.Option("--recover", help="Bring back what a broken journal still holds.")
    ] = False,
    device: Device = None,
) -> int:
    """See whether sound, voice and folders are well, and what to do where they are not.

    \b
    voice-guide doctor
    voice-guide doctor --sound --device headset
    """
    if recover:
        from voice_guide.frontends.cli.journal.recovering import recover as bring_back

        return bring_back(context.obj)
    from voice_guide.frontends.cli.reading import doctor as examine

    return examine(context.obj, device, as_json=as_json, with_sound=sound)
