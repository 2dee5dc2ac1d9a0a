"""The command line: every command registered, and one line of it carried out."""

from __future__ import annotations

from functools import cache

import typer

from voice_guide.frontends.cli.commands import (  # noqa: F401 (they register)
    companion,
    journal,
    library,
    listening,
    rituals,
)
from voice_guide.frontends.cli.commands.options import app
from voice_guide.frontends.services import Services

# What typer calls a usage error, whichever parser lies underneath.
_UsageError: type[Exception] = typer.BadParameter.__mro__[1]


def run(arguments: list[str], services: Services) -> int:
    """Carry out one command line and return its exit code."""
    command = _commands()
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


@cache
def _commands() -> typer.core.TyperGroup:
    # 20 ms of typer's each time, for what never changes while the program runs.
    return typer.main.get_group(app)
