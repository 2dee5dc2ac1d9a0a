"""Commands that reach the companion in the tray."""

from __future__ import annotations

from typing import Annotated

import typer

from voice_guide.frontends.cli.commands.options import Json, app
from voice_guide.frontends.cli.remote import COMMANDS, show_status, tell_companion


def _register(name: str, text: str) -> None:
    def hand_over() -> int:
        return tell_companion((name,))

    app.command(name, help=f"{text}\n\n\b\nvoice-guide {name}")(hand_over)


for _name, _text in COMMANDS.items():
    _register(_name, _text)


@app.command()
def status(as_json: Json = False) -> int:
    """Tell what the companion in the tray is doing.

    \b
    voice-guide status
    voice-guide status --json
    """
    return show_status(as_json=as_json)


@app.command()
def volume(
    percent: Annotated[str, typer.Argument(metavar="0-100", help="As on a slider.")],
) -> int:
    """Set how loud the session in the tray is.

    \b
    voice-guide volume 70
    """
    return tell_companion(("volume", percent))
