"""Commands for the companion in the tray, from a terminal or bound to a key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.desktop.instance.place import find_folder

if TYPE_CHECKING:
    from voice_guide.frontends.asking import Wishes

COMMANDS: Final = {
    "pause": "Pause the session in the tray.",
    "resume": "Let it go on.",
    "toggle": "Begin, pause or go on: bind this to a key.",
    "skip": "Go on to the next section.",
    "back": "Go back to the start of the section.",
    "ease": "Go on without holding the breath.",
    "stop": "End gently.",
    "quit": "End the companion in the tray.",
}
"""Words that mean the same here as in the tray, each with its help."""

ABSENT: Final = {
    "state": "absent",
    "script": None,
    "section": None,
    "phase": None,
    "position_s": 0.0,
    "length_s": 0.0,
    "ritual_waiting": None,
}


_START_S: Final = 15.0
_LOOK_S: Final = 0.05


def has_desktop(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there may be a tray: always on Windows and macOS, else with a display."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def hand_over(name: str, wishes: Wishes) -> int | None:
    """Let the companion play this, and return the code; None when it is to be played here.

    Where there is a desktop and nobody watches in a terminal, a companion is started for it.
    """
    from voice_guide.frontends.asking import wishes_to_text

    folder = find_folder()
    path = Path(name)
    told = str(path.absolute()) if path.suffix and path.exists() else name
    words = ("play", wishes_to_text(told, wishes))
    reply = ask(folder, words)
    if reply is None:
        if not has_desktop() or (sys.stdout is not None and sys.stdout.isatty()):
            return None
        _start_companion(folder)
        reply = ask(folder, words)
        if reply is None:
            return None
    print(reply.answer, file=sys.stderr if reply.code else sys.stdout)
    return reply.code


def _start_companion(folder: str) -> None:
    subprocess.Popen(
        [sys.executable, "-P", "-m", "voice_guide"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and ask(folder, ("status",)) is None:
        time.sleep(_LOOK_S)


def tell_companion(words: tuple[str, ...]) -> int:
    """Hand a command to the companion, print its answer, and return its code."""
    reply = ask(find_folder(), words)
    if reply is None:
        print("voice-guide is not in the tray. Start it with: voice-guide", file=sys.stderr)
        return 1
    print(reply.answer, file=sys.stderr if reply.code else sys.stdout)
    return reply.code


def show_status(*, as_json: bool) -> int:
    """Print what the companion does; with none there is, that it is absent."""
    reply = ask(find_folder(), ("status",))
    found = json.loads(reply.answer) if reply and not reply.code else ABSENT
    if as_json:
        print(json.dumps(found))
    else:
        from voice_guide.frontends.wording import length_to_text

        print(_status_to_text(found, length_to_text))
    return 0


def _status_to_text(status: dict[str, Any], length_to_text: Callable[[float], str]) -> str:
    """Return a status in a sentence."""
    if status["state"] == "absent":
        return "voice-guide is not in the tray."
    if status["state"] == "idle":
        return "voice-guide is in the tray, and nothing is playing."
    left = max(0.0, status["length_s"] - status["position_s"])
    tail = f", {length_to_text(left)} left" if status["length_s"] else ""
    return f"{status['state'].capitalize()}: {status['script']}, {status['section']}{tail}."
