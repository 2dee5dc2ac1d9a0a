"""Linux: do not disturb over D-Bus, the microphone from the sound server, the screen from X."""

from __future__ import annotations

import os
from collections.abc import Mapping

from voice_guide.frontends.desktop.around.microphone import find_recorders
from voice_guide.frontends.desktop.bus import BusLine
from voice_guide.frontends.desktop.busy import Answer, Reason, ask
from voice_guide.frontends.desktop.busy.full_screen import is_full_screen
from voice_guide.frontends.desktop.busy.quiet import is_quiet
from voice_guide.frontends.desktop.tray.loop import BusThread


def find_busy(thread: BusThread, line: BusLine, environ: Mapping[str, str] | None = None) -> Answer:
    """Ask this desktop, which takes some 0.1 s and two seconds at most.

    `line` is to the session bus. Not to be called in the bus's own thread.
    """
    around = os.environ if environ is None else environ

    def is_recording() -> bool | None:
        recorders = find_recorders(around)
        return None if recorders is None else bool(recorders)

    return ask(
        {
            Reason.QUIET: lambda: is_quiet(thread, line, around),
            Reason.MICROPHONE: is_recording,
            Reason.FULL_SCREEN: lambda: is_full_screen(around),
        }
    )
