"""The companion in the tray of a real panel, clicked with a real pointer and heard."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from companion_rig import PROGRAM, ROOT
from panel_rig import BUTTONS, Button, Panel, panel
from rig import Rig, sound_rig, wait_until

from voice_guide.app import build
from voice_guide.frontends.asking import Wishes, read_ask, seed_of_today, speak_unmet
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.session.prepare import Prepared, prepare

READY_S = 30.0
"""A start and a first session take a second; beside other tests, many times that."""


@dataclass
class OnPanel:
    """A panel, a sound server, and the companion between them."""

    desk: Panel
    rig: Rig
    process: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """The folder that it keeps everything in."""
        return self.desk.folder / "vg"

    @property
    def env(self) -> dict[str, str]:
        """The environment of the program, and of every command beside it."""
        sound = {k: v for k, v in self.rig.env.items() if k.startswith(("ALSA", "PULSE"))}
        own = {"PYTHONPATH": str(ROOT), "VOICE_GUIDE_HOME": str(self.home)}
        return {**self.desk.env, **sound, **own}

    def begin(self) -> None:
        """Start the program, and wait until its icon is seen, it answers, its menu is full."""
        self.process = self.desk.start(*PROGRAM, env=self.env)
        self.desk.wait_for_icon(READY_S)
        wait_until(lambda: self.status() is not None, READY_S, "it does not answer")
        wait_until(self._has_sessions, READY_S, "there is nothing in its menu")

    def _has_sessions(self) -> bool:
        # Before they are read there is one line: one moment.
        return any(one.label == "Breathing" and len(one.children) > 1 for one in self.desk.menu())

    def prepare_favourite(self, name: str) -> Prepared:
        """Return the session that a click begins; its words are ready for the program, too."""
        settings = self.home / "config" / "settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f'[companion]\nfavourite = "{name}"\n')
        with mock.patch.dict(os.environ, {"VOICE_GUIDE_HOME": str(self.home)}):
            services = build()
            try:
                wish = speak_unmet(services, read_ask(services, name, Wishes(seed=seed_of_today())))
                return prepare(wish, services.engine(), services.palette())
            finally:
                services.close()

    def click(self, button: Button = "left") -> float:
        """Click where the pointer is, and return the moment just before."""
        began_s = time.monotonic()
        self.desk.xdotool("click", BUTTONS[button])
        return began_s

    def point_at_icon(self) -> None:
        """Put the pointer over the icon, as a hand does before it clicks."""
        x, y = self.desk.wait_for_icon()
        self.desk.xdotool("mousemove", str(x), str(y))

    def say(self, *words: str) -> str:
        """Run a command beside it, and return what it prints."""
        done = subprocess.run(
            [*PROGRAM, *words],
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert "Traceback" not in done.stderr
        return done.stdout.strip()

    def status(self) -> dict[str, Any] | None:
        """Return what it says it is doing; None when there is nobody to say it."""
        reply = ask(str(self.home / "run"), ("status",), READY_S)
        return None if reply is None else dict(json.loads(reply.answer))

    def state(self) -> str:
        """Return what it is doing; "absent" when it is not there."""
        status = self.status()
        return "absent" if status is None else str(status["state"])

    def wait_for(self, *states: str) -> None:
        """Wait until it is doing one of these."""

        wait_until(lambda: self.state() in states, READY_S, f"never {' or '.join(states)}")


@contextlib.contextmanager
def on_panel(*, dark: bool = True, scale: int = 1) -> Iterator[OnPanel]:
    """Give a panel and a sound server; the program is not started yet."""
    with sound_rig() as rig, panel(dark=dark, scale=scale) as desk:
        yield OnPanel(desk, rig)
