"""Commands for the companion in the tray, from a terminal or bound to a key."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from voice_guide.frontends.desktop.instance.client import START_S, ask
from voice_guide.frontends.desktop.instance.place import find_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from voice_guide.frontends.asking import Wishes
    from voice_guide.frontends.desktop.instance.wire import Reply
    from voice_guide.frontends.services import Services

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

_NOBODY: Final = "voice-guide is not in the tray."

_LOOK_S: Final = 0.05

_PLAY_S: Final = 60.0
"""A length that is doubtful is told only after all of the script was spoken."""


def has_desktop(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether there may be a tray: always on Windows and macOS, else with a display."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def answer_quickly(words: Sequence[str]) -> int | None:
    """Carry out what people bind to keys, without all that a command line needs.

    Returns None for what is no such command, or is misspelt: that is for the command line to say.
    """
    match words:
        case ["toggle"]:
            return toggle()
        case ["status", *options] if options in ([], ["--json"]):
            return show_status(as_json=bool(options))
        case ["volume", *percent] if len(percent) < 2 and not "".join(percent).startswith("-"):
            return tell_companion(*words)
        case [word] if word in COMMANDS:
            return tell_companion(word)
    return None


def hand_over(services: Services, name: str, wishes: Wishes) -> int | None:
    """Let the companion play this, and return the code; None when it is to be played here.

    Where there is a desktop and nobody watches in a terminal, a companion is started for it.
    """
    from pathlib import Path

    from voice_guide.errors import VoiceGuideError
    from voice_guide.frontends.asking import wishes_to_text

    try:
        folder = find_folder()
    except VoiceGuideError:  # nowhere to meet a companion, which is no reason not to play
        return None
    is_watched = sys.stdout is not None and sys.stdout.isatty()
    if ask(folder, ("status",), START_S) is None and (is_watched or not has_desktop()):
        return None
    # What is meant is found out here, where a path begins at the caller's own folder.
    entry = services.library.find(name)
    told = str(entry.path.absolute()) if entry.path == Path(name) else entry.id
    reply = _ask_or_start(folder, "play", wishes_to_text(told, wishes))
    return None if reply is None else _tell(reply)


def toggle() -> int:
    """Begin, pause or go on; where there is no companion yet, one is started for it."""
    reply = _ask_or_start(find_folder(), "toggle")
    if reply is not None:
        return _tell(reply)
    if has_desktop():
        way_out = "Say voice-guide in a terminal, and see why it cannot be started."
    else:
        way_out = "There is no desktop here to have a tray. Play here with: voice-guide play 4-7-8"
    print(_NOBODY, way_out, sep="\n", file=sys.stderr)
    return 1


def tell_companion(*words: str) -> int:
    """Hand a command to the companion, print its answer, and return its code."""
    reply = ask(find_folder(), words)
    if reply is None:
        print(f"{_NOBODY} Start it with: voice-guide", file=sys.stderr)
        return 1
    return _tell(reply)


def show_status(*, as_json: bool) -> int:
    """Print what the companion does; with none there is, that it is absent."""
    found = read_status()
    print(json.dumps(found) if as_json else status_to_text(found))
    return 0


def read_status() -> Mapping[str, Any]:
    """Return what the companion does, by the names of `ABSENT`, which stands for none."""
    reply = ask(find_folder(), ("status",))
    found: Mapping[str, Any] = json.loads(reply.answer) if reply and not reply.code else ABSENT
    return found


def _ask_or_start(folder: str, *words: str) -> Reply | None:
    """Return what the companion answers, one that is started for it if need be and possible."""
    reply = ask(folder, words, _PLAY_S)
    if reply is None and has_desktop():
        _start_companion(folder)
        reply = ask(folder, words, _PLAY_S)
    return reply


def _start_companion(folder: str) -> None:
    """Start one, and wait until it answers, ends, or takes longer than anybody would wait."""
    import subprocess

    from voice_guide.frontends.desktop.autostart import find_command

    try:
        process = subprocess.Popen(
            find_command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError:  # no room for one more process, or its program was moved away
        return
    deadline = time.monotonic() + START_S
    while ask(folder, ("status",), START_S) is None and time.monotonic() < deadline:
        if process.poll() is not None:
            return
        time.sleep(_LOOK_S)


def _tell(reply: Reply) -> int:
    print(reply.answer, file=sys.stderr if reply.code else sys.stdout)
    return reply.code


def status_to_text(status: Mapping[str, Any]) -> str:
    """Return a status in a sentence."""
    from voice_guide.frontends.wording import length_to_text

    state, waiting = status["state"], status["ritual_waiting"]
    if state == "absent":
        return _NOBODY
    if state == "idle":
        now = f"{waiting} waits for your answer" if waiting else "nothing is playing"
        return f"voice-guide is in the tray, and {now}."
    left_s = max(0.0, status["length_s"] - status["position_s"])
    left = f"{length_to_text(left_s)} left" if status["length_s"] else ""
    parts = (status["script"], status["section"], left)
    return f"{state.capitalize()}: {', '.join(part for part in parts if part)}."
