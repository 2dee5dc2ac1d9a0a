"""A ritual as its listener meets it: on a real panel, with notices on dunst, and heard."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from companion_on_panel import OnPanel
from panel_rig import needs_panel, panel
from rig import Recording, needs_rig, sound_rig, wait_until

from voice_guide.app import build
from voice_guide.frontends.desktop.face import _WAITING
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.session.rituals.outcome import Outcome, Record
from voice_guide.session.rituals.ritual import Key
from voice_guide.sound.clip import SAMPLE_RATE

MISSING = [tool for tool in ("dunst", "dunstctl", "playerctl") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.real,
    needs_rig,
    needs_panel,
    pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}"),
]

AUDIBLE = 1e-4
RITUAL = '[ritual.{name}]\nat = "03:00"\nscript = "ninety-second-reset"\n{more}\n'
"""Its own time does not matter: what is put off comes when that ends, to the second."""


@dataclass
class Evening(OnPanel):
    """The companion on a panel, with notices, and everything that is heard recorded."""

    recording: Recording | None = None

    def run(self, *words: str) -> str:
        """Run a program to its end, and return what it prints."""
        done = subprocess.run(
            words, env=self.env, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout.strip()

    def write_ritual(self, name: str, more: str = "") -> None:
        """Write a ritual by hand, as with a text editor."""
        path = self.home / "config" / "settings.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(RITUAL.format(name=name, more=more))

    def put_off(self, name: str, wait_s: float) -> datetime:
        """Let a ritual be one that was put off until so soon; return when it comes."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VOICE_GUIDE_HOME", str(self.home))
            services = build()
            now = datetime.now(UTC)
            until = now + timedelta(seconds=wait_s)
            record = Record(Outcome.SNOOZED, now, until=until)
            JournalLedger(services.ledger()).add(Key(name, date.today()), record)
            services.close()
        ask(str(self.home / "run"), ("ritual", "look"))
        return until

    def start_notices(self) -> None:
        folder = self.desk.folder
        menu, config = folder / "menu", folder / "dunstrc"
        menu.write_text(f'#!/bin/sh\ntee {folder}/offered | grep -F "$(cat {folder}/choice)"\n')
        menu.chmod(0o755)
        config.write_text(f"[global]\ndmenu = {menu}\nmarkup = full\n")
        self.desk.start("dunst", "-config", str(config))
        wait_until(lambda: self.run("dunstctl", "count", "displayed") == "0", what="no dunst")

    def notices(self) -> int:
        return int(self.run("dunstctl", "count", "displayed"))

    def press(self, button: str) -> None:
        """Press a button of the notice that stands there."""
        wait_until(lambda: self.notices() == 1, what="no notice")
        (self.desk.folder / "choice").write_text(button)
        wait_until(self._has_opened_menu, 30.0, "its buttons are not offered")

    def _has_opened_menu(self) -> bool:
        offered = self.desk.folder / "offered"
        offered.unlink(missing_ok=True)
        self.run("dunstctl", "context")
        with contextlib.suppress(AssertionError):
            wait_until(offered.exists, 5.0)
            return True
        return False

    def waiting(self) -> str | None:
        """The ritual that waits for an answer."""
        status = self.status()
        assert status is not None
        return None if status["ritual_waiting"] is None else str(status["ritual_waiting"])

    def playing(self, what: str) -> Any:
        """One thing about what is played."""
        return (self.status() or {}).get(what)

    def wait_for_offer(self, name: str, timeout_s: float = 15.0) -> None:
        wait_until(lambda: self.waiting() == name, timeout_s, f"{name} is not offered")

    def is_amber(self) -> bool:
        """Whether the icon has the dot of something that waits."""
        strip = self.desk.pixels()[:32, :64].astype(int)
        return bool((np.abs(strip - _WAITING[:3]).max(axis=2) < 24).any())

    def told(self, name: str) -> list[Outcome]:
        """What was written down of today's."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VOICE_GUIDE_HOME", str(self.home))
            ledger = JournalLedger(build().ledger())
            return [one.outcome for one in ledger.records(Key(name, date.today()))]

    def frames(self) -> int:
        assert self.recording is not None
        return self.recording.frames()

    def first_sound(self, since: datetime) -> float | None:
        """Seconds from then on until the first sound; None while there is none."""
        assert self.recording is not None
        now, frames = datetime.now(UTC), self.recording.frames()
        heard = np.flatnonzero(np.abs(self.recording.samples()[:frames]).max(axis=1) > AUDIBLE)
        if not len(heard):
            return None
        ago_s = (frames - int(heard[0])) / SAMPLE_RATE
        return (now - since).total_seconds() - ago_s

    def is_silent_from(self, frame: int) -> bool:
        assert self.recording is not None
        return bool((np.abs(self.recording.samples()[frame:]) < AUDIBLE).all())


@pytest.fixture
def evening() -> Iterator[Evening]:
    with ExitStack() as stack:
        rig, desk = stack.enter_context(sound_rig()), stack.enter_context(panel())
        made = Evening(desk, rig)
        made.start_notices()
        made.recording = stack.enter_context(rig.record())
        yield made
        log = (desk.folder / f"{Path(sys.executable).name}.log").read_text(errors="replace")
        assert "Traceback" not in log, log


def test_the_first_run_offers_two(evening: Evening) -> None:
    (evening.home / "data" / "progress.txt").unlink()
    evening.begin()
    assert [one["on"] for one in json.loads(evening.say("ritual", "list", "--json"))] == [False] * 2
    evening.press("Both")

    def rituals() -> list[dict[str, Any]]:
        return list(json.loads(evening.say("ritual", "list", "--json")))

    wait_until(lambda: all(one["on"] and one["next_at"] for one in rituals()))
    assert [one["at"] for one in rituals()] == ["07:30", "21:30"]

    def first_line() -> str:
        (entry,) = (line for line in evening.desk.menu() if line.label == "Rituals")
        return entry.children[0].label

    wait_until(lambda: first_line().startswith("Next: "), what="the menu does not know")


def test_due_heard_put_off_offered_again_begun_and_written_down(evening: Evening) -> None:
    """The whole way, with a ritual of the next minute: nothing about its time is made up."""
    evening.begin()
    due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if due - datetime.now(UTC) < timedelta(seconds=8):
        due += timedelta(minutes=1)
    at = f"{due.astimezone():%H:%M}"
    said = evening.say("ritual", "add", "soon", "--at", at, "--script", "ninety-second-reset")
    assert said.startswith("soon rings at")
    assert not evening.is_amber()
    evening.wait_for_offer("soon", 130.0)
    wait_until(lambda: evening.first_sound(due) is not None, what="no chime")
    late_s = evening.first_sound(due)
    assert late_s is not None
    print(f"the chime was heard {late_s:.2f} s after the minute")
    assert -0.1 < late_s < 3.0
    wait_until(evening.is_amber, what="the icon stays as it was")
    wait_until(
        lambda: evening.desk.menu()[0].label == "Start soon", what="the menu does not offer it"
    )
    assert "waits for an answer" in evening.say("why", "soon")
    evening.press("Snooze")
    wait_until(lambda: evening.waiting() is None, what="it is not put off")
    wait_until(lambda: not evening.notices(), what="the notice stays")
    wait_until(lambda: not evening.is_amber(), what="the icon stays amber")
    assert evening.told("soon") == [Outcome.OFFERED, Outcome.SNOOZED]
    evening.put_off("soon", 2.0)  # ten minutes, in two seconds
    evening.wait_for_offer("soon")
    evening.press("Start")
    evening.wait_for("playing")
    assert evening.playing("script") == "breathing/ninety-second-reset"
    wait_until(lambda: not evening.notices(), what="the notice stays")
    wait_until(lambda: evening.playing("position_s") > 3.0)
    evening.say("stop")
    evening.wait_for("idle")
    (row,) = json.loads(evening.say("history", "--json"))
    assert (row["ritual"], row["script"]) == ("soon", "breathing/ninety-second-reset")
    assert row["ended"] == "stopped"
    assert "was begun at" in evening.say("why", "soon")


def test_by_itself_when_nobody_objects(evening: Evening) -> None:
    evening.write_ritual("night", "begins_by_itself = true")
    evening.begin()
    until = evening.put_off("night", 4.0)
    evening.wait_for_offer("night")
    wait_until(lambda: evening.first_sound(until) is not None, what="no chime")
    # Chime, gap and sentence, and then ten seconds.
    evening.wait_for("playing")
    took_s = (datetime.now(UTC) - until).total_seconds()
    print(f"it began {took_s:.1f} s after its time")
    assert 14.0 < took_s < 30.0
    assert evening.waiting() is None
    wait_until(lambda: not evening.notices(), what="the notice stays")
    assert "began by itself" in evening.say("why", "night")


@pytest.mark.parametrize("touch", ["key", "click", "media key"])
def test_whoever_touches_anything_is_asked_first(evening: Evening, touch: str) -> None:
    evening.write_ritual("night", "begins_by_itself = true")
    evening.begin()
    evening.put_off("night", 3.0)
    evening.wait_for_offer("night")
    wait_until(lambda: "Playing" in evening.run("playerctl", "-p", "voice_guide", "status"))
    evening.desk.xdotool("mousemove", "300", "300")  # which is nothing
    if touch == "key":
        evening.desk.xdotool("key", "space")
    elif touch == "click":
        evening.desk.click_icon()  # the same click is no yes
    else:
        evening.run("playerctl", "-p", "voice_guide", "play-pause")
    wait_until(
        lambda: not evening.run("playerctl", "-p", "voice_guide", "status"), what="it goes on"
    )
    # What the device held is heard, and a busy machine is slow to fade; chime and sentence would
    # take eight seconds. Then nothing more, for the ten seconds and some.
    quiet_from = evening.frames() + 3 * SAMPLE_RATE
    quiet_s = 12 if touch == "key" else 5
    wait_until(lambda: evening.frames() > quiet_from + quiet_s * SAMPLE_RATE, 40.0)
    assert evening.is_silent_from(quiet_from)
    assert (evening.state(), evening.waiting()) == ("idle", "night")
    evening.desk.click_icon()  # a yes
    evening.wait_for("playing")
    assert evening.told("night")[-1] is Outcome.STARTED


def test_do_not_disturb_defers_and_a_middle_click_puts_off(evening: Evening) -> None:
    evening.write_ritual("night")
    evening.run("dunstctl", "set-paused", "true")
    evening.begin()
    evening.put_off("night", 2.0)
    wait_until(lambda: Outcome.DEFERRED in evening.told("night"), what="it is not put off")
    assert evening.waiting() is None
    assert evening.is_silent_from(0)
    assert "do not disturb was on" in evening.say("why", "night")
    evening.run("dunstctl", "set-paused", "false")
    ask(str(evening.home / "run"), ("ritual", "look"))  # it would look within 20 s by itself
    evening.wait_for_offer("night", 40.0)
    wait_until(lambda: not evening.is_silent_from(0), what="no chime")
    evening.desk.click_icon("middle")
    wait_until(lambda: evening.told("night")[-1] is Outcome.SNOOZED)
    assert evening.state() == "idle"
