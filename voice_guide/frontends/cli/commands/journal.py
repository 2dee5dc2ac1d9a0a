"""Commands about what was practised: to read it, to rate it, to take it along, to forget it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from voice_guide.frontends.cli.commands.options import Json, app

Since = Annotated[
    str | None,
    typer.Option(metavar="DAY", help="2026-05-04, 7d, today, this-week, this-month …"),
]


@app.command()
def history(
    context: typer.Context,
    since: Since = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="The newest N of them.")
    ] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet.")] = False,
) -> int:
    """Show what you have practised, the newest first.

    \b
    voice-guide history
    voice-guide history --since this-month
    voice-guide history --since 7d --json
    voice-guide history --csv > calm.csv
    """
    from voice_guide.frontends.cli.journal.history import show_history

    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv do not go together")
    return show_history(context.obj, since, limit, as_json=as_json, as_csv=as_csv)


# What looks like an option may be a number below nought, which deserves a better answer.
@app.command(context_settings={"ignore_unknown_options": True})
def rate(
    context: typer.Context,
    calm: Annotated[
        str | None, typer.Argument(metavar="[0-10]", help="10 is as calm as can be.")
    ] = None,
    before: Annotated[bool, typer.Option("--before", help="How calm you were before it.")] = False,
    note: Annotated[
        str | None, typer.Option(metavar="TEXT", help='A line about it; "" takes it away.')
    ] = None,
) -> int:
    """Note how calm the last session left you.

    \b
    voice-guide rate 7
    voice-guide rate 3 --before
    voice-guide rate 7 --note "I could sleep"
    voice-guide rate --note "the second half was better"
    """
    from voice_guide.frontends.cli.journal.rating import rate as note_calm

    return note_calm(context.obj, calm, note, before=before)


@app.command("export-data")
def export_data(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder is made inside it.")],
) -> int:
    """Take along everything that is your own: journal, settings, progress and scripts.

    \b
    voice-guide export-data ~/Documents
    """
    from voice_guide.frontends.cli.journal.exporting import export_all

    return export_all(context.obj, folder.expanduser())


@app.command()
def forget(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--everything", help="Also what was met and finished, and the caches.")
    ] = False,
    since: Since = None,
    is_sure: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Forget what you have practised, for good. It asks first.

    A session that is playing is forgotten with the rest. Your scripts, sounds and settings stay.

    \b
    voice-guide forget
    voice-guide forget --since today
    voice-guide forget --everything --yes
    """
    from voice_guide.frontends.cli.journal.forgetting import forget as delete

    if everything and since is not None:
        raise typer.BadParameter("--everything and --since do not go together")
    return delete(context.obj, since, everything=everything, is_sure=is_sure)
