"""Commands about scripts: to find one, to read one, to write one."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_guide.frontends.cli.commands.options import Json, Name, app


@app.command("list")
def list_scripts(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="breathing, moments, path …")
    ] = None,
    as_json: Json = False,
) -> int:
    """List every script, or those of one kind.

    Your own are marked. One that cannot be read is listed with its fault.

    \b
    voice-guide list
    voice-guide list moments
    voice-guide list --json
    """
    from voice_guide.frontends.cli.library.listing import list_scripts as show_list

    return show_list(context.obj, kind, as_json=as_json)


@app.command()
def find(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS...", help="How it is, in your own words.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Find a session by how you feel.

    \b
    voice-guide find "can't sleep, he hasn't replied"
    voice-guide find tight chest
    """
    from voice_guide.frontends.cli.library.finding import find as search

    return search(context.obj, words or [], as_json=as_json)


@app.command("more-help")
def more_help() -> int:
    """Tell when to look for more help, and where.

    \b
    voice-guide more-help
    """
    from voice_guide.frontends.more_help import more_help as text

    print(text())
    return 0


@app.command()
def show(context: typer.Context, script: Name) -> int:
    """Show a script: what it is for, its cautions, and its words.

    \b
    voice-guide show 4-7-8
    """
    from voice_guide.frontends.cli.library.listing import show as show_script

    return show_script(context.obj, script)


@app.command()
def new(
    context: typer.Context,
    title: Annotated[list[str], typer.Argument(metavar="TITLE...", help="Also names the file.")],
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="breathing, moments, path …")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", metavar="SCRIPT", help="Begin with this one's text.")
    ] = None,
) -> int:
    """Begin a script of your own.

    Its comments show how scripts are written. It goes into your own folder, and never over
    anything. One of the same kind and file name as a script that came with the program takes its
    place.

    \b
    voice-guide new "A quiet minute" --kind moments
    voice-guide new "4-7-8" --from 4-7-8
    """
    from voice_guide.frontends.cli.library.creating import Wish, create

    return create(context.obj, Wish(" ".join(title), kind, source))


@app.command()
def check(
    context: typer.Context,
    files: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE...]", help="Paths or ids; none for all.")
    ] = None,
    as_json: Json = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a table to publish.")] = False,
) -> int:
    """Look over scripts: faults with their places, warnings, and how the words are paced.

    Without a name it looks over every script there is. Ends with 1 if there is anything to mend.

    \b
    voice-guide check my-own.md
    voice-guide check scripts/*.md
    voice-guide check
    """
    from voice_guide.frontends.cli.checking import check as look_over

    return look_over(context.obj, files or [], as_json=as_json, as_markdown=as_markdown)


@app.command()
def path(
    context: typer.Context,
    done: Annotated[
        str | None, typer.Option("--done", metavar="STEP", help="Note a step as done.")
    ] = None,
    undo: Annotated[
        str | None, typer.Option("--undo", metavar="STEP", help="Let a step be open again.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Show the path from anxious to secure: its steps, what is done, and the next one.

    A step that was heard to its end counts as done. STEP is its number or its name.

    \b
    voice-guide path
    voice-guide play path
    voice-guide path --done 2
    voice-guide path --undo soothe-yourself
    """
    from voice_guide.frontends.cli.library import following

    if (done is not None) + (undo is not None) + as_json > 1:
        raise typer.BadParameter("--done, --undo and --json do not go together")
    if done is not None:
        return following.mark_step(context.obj, done, done=True)
    if undo is not None:
        return following.mark_step(context.obj, undo, done=False)
    return following.show_path(context.obj, as_json=as_json)
