"""Commands that reach the companion in the tray.

Most of the time they are answered before anything of this is loaded: see `answer_quickly`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from voice_guide.frontends.cli.commands.options import Json, app
from voice_guide.frontends.cli.remote import COMMANDS, answer_quickly, show_status, tell_companion

_EXAMPLES = {
    "toggle": ("toggle    bind this to a key",),
    "skip": ("skip", "back"),
    "back": ("back", "skip"),
    "pause": ("pause", "resume"),
    "resume": ("resume", "pause"),
}


def _register(name: str, text: str) -> None:
    def hand_over() -> int | None:
        return answer_quickly((name,))

    shown = "\n".join(f"voice-guide {line}" for line in _EXAMPLES.get(name, (name,)))
    app.command(name, help=f"{text}\n\n\b\n{shown}")(hand_over)


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
    percent: Annotated[
        str | None, typer.Argument(metavar="[0-100]", help="As on a slider; told, if left out.")
    ] = None,
) -> int:
    """Tell or set how loud the session in the tray is.

    \b
    voice-guide volume
    voice-guide volume 70
    """
    return tell_companion("volume", *([percent] if percent else []))
