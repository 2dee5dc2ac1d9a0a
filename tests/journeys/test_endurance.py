"""Hundreds of commands from everywhere at once: nothing leaks, and the last one still works."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest
from companion_rig import (
    MPRIS,
    START_S,
    Footprint,
    World,
    footprint,
    needs_world,
    wait_for_sound,
    world,
)
from dbus_fast import Variant
from palettes import shipped_palette
from rig import needs_rig, wait_until

from voice_guide.output.null import NullOutput
from voice_guide.output.player import Player
from voice_guide.score.compile import Request
from voice_guide.script.parse import parse
from voice_guide.session import events
from voice_guide.session.controller import Controller
from voice_guide.session.machine import Mode
from voice_guide.session.prepare import Ask
from voice_guide.store.paths import shipped
from voice_guide.voice.silent import SilentEngine

pytestmark = pytest.mark.real

SEED = 4
WARM_UP, COMMANDS = 50, 200
STATES = {"idle", "preparing", "playing", "paused"}

# What leads out of the program, or into the hours to come.
NEVER = ("Quit", "Help now", "Open page", "Start at login", "morning", "evening")

SESSIONS = ("breathing/box", "breathing/calm-count", "ninety-second-reset", "soles-of-the-feet")
SIMPLE = ("pause", "resume", "toggle", "skip", "back", "ease", "stop")
PRESSES = ("Play", "Pause", "PlayPause", "PlayPause", "Next", "Previous", "Stop")


@pytest.fixture
def companion() -> Iterator[World]:
    with world(sound=True) as made:
        made.begin()
        yield made


class Storm:
    """Three threads that ask for things; a fault in one of them is raised by `join`."""

    def __init__(self, world: World, count: int, seed: int) -> None:
        self.world = world
        self.faults: list[BaseException] = []
        self.sent = 0
        self._left = iter(range(count))
        self._threads = [
            threading.Thread(target=self._run, args=(act, random.Random(seed + number)))
            for number, act in enumerate((self.by_tray, self.by_keys, self.by_words))
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, act: Callable[[random.Random], None], dice: random.Random) -> None:
        try:
            for _ in self._left:  # shared: together they send as many as were asked for
                act(dice)
                self.sent += 1
                # Mostly faster than a person, and now and then long enough for a word.
                time.sleep(dice.choice((0.0, 0.02, 0.1, 0.2, 0.8)))
        except BaseException as fault:
            self.faults.append(fault)
            raise

    def join(self) -> None:
        for thread in self._threads:
            thread.join(180)
            assert not thread.is_alive(), "a command was never answered"
        assert not self.faults, self.faults

    def by_tray(self, dice: random.Random) -> None:
        tray = self.world.tray
        match dice.randrange(3):
            case 0:
                tray.item("Activate", "ii", 0, 0)
            case 1:
                tray.item(dice.choice(("Activate", "SecondaryActivate")), "ii", 0, 0)
            case 2:
                tray.menu("AboutToShow", "i", 0)
                lines = [
                    line
                    for line in tray.layout()[1].walk()
                    if not line.label.startswith(NEVER) and not line.children
                ]
                # It may be gone by now, as it may from under a pointer.
                with contextlib.suppress(RuntimeError):
                    tray.click(dice.choice(lines).number)

    def by_keys(self, dice: random.Random) -> None:
        if dice.random() < 0.8:
            self.world.player(dice.choice(PRESSES))
        else:
            self.world.set_player("Volume", Variant("d", dice.choice((0.0, 0.3, 1.0))))

    def by_words(self, dice: random.Random) -> None:
        match dice.randrange(10):
            case 0 | 1 | 2:
                self.world.play(dice.choice(SESSIONS))
            case 3:
                self.world.say("volume", str(dice.randrange(101)))
            case _:
                self.world.say(dice.choice(SIMPLE))
        see_that_it_fits(self.world.status())


def see_that_it_fits(status: dict[str, Any]) -> None:
    """Check that what is told of a session can be true."""
    assert status["state"] in STATES
    if status["state"] == "idle":
        assert (status["script"], status["section"], status["phase"]) == (None, None, None)
        assert status["position_s"] == 0.0
    elif status["state"] != "preparing":
        assert status["script"]
        assert status["length_s"] == 0 or 0 <= status["position_s"] <= status["length_s"]


def at_rest(companion: World) -> Footprint:
    """End what plays, and return what the companion takes once all has settled."""
    assert companion.process
    pid = companion.process.pid

    def is_over() -> bool:
        companion.say("stop")  # again, as what was picked in the menu may come after the first
        return companion.status()["state"] == "idle" and not companion.tray.owner(MPRIS)

    wait_until(is_over, START_S, "it goes on, or the media keys are kept")
    seen = [footprint(pid)]

    def has_settled() -> bool:
        time.sleep(0.5)  # what ends now takes its threads along
        seen.append(footprint(pid))
        return seen[-1][1:] == seen[-2][1:]

    wait_until(has_settled, 30.0, "it does not come to rest")
    return seen[-1]


@needs_rig
@needs_world
def test_hundreds_of_commands_from_everywhere_leave_nothing_behind(companion: World) -> None:
    assert companion.rig
    Storm(companion, WARM_UP, SEED).join()
    before = at_rest(companion)
    storm = Storm(companion, COMMANDS, SEED + 10)
    storm.join()
    assert storm.sent == COMMANDS
    at_rest(companion)
    companion.play("breathing/box")  # what a storm left half done is given back with the next end
    companion.wait_for("playing")
    after = at_rest(companion)
    assert after.threads <= before.threads, (before, after)
    assert after.files <= before.files, (before, after)
    assert after.children <= before.children, (before, after)
    assert after.rss_mb - before.rss_mb < 15, (before, after)
    assert not [one for one in companion.tray.notices if "should not have" in one]
    assert len(companion.tray.registered) == 1
    with companion.rig.record() as recording:
        companion.say("volume", "100")
        companion.play("ninety-second-reset")
        wait_for_sound(recording)
        companion.wait_for("playing")
        companion.say("stop")
        companion.wait_for("idle")
    companion.end()


# What may follow on what; a session that makes room for another is not seen to end.
FOLLOWS = {
    Mode.IDLE: {Mode.PREPARING},
    Mode.PREPARING: {Mode.PLAYING, Mode.PAUSED, Mode.ENDED},
    Mode.PLAYING: {Mode.PAUSED, Mode.ENDED, Mode.PREPARING},
    Mode.PAUSED: {Mode.PLAYING, Mode.PREPARING, Mode.ENDED},
    Mode.ENDED: {Mode.PREPARING},
}


def test_no_state_follows_on_another_that_it_may_not() -> None:
    """Every status there is, with commands from three threads, and a session quickly made."""
    text = (shipped("scripts") / "en" / "breathing" / "box.md").read_text(encoding="utf-8")
    ask = Ask(parse(text, "box"), "box", Request())
    palette = shipped_palette()
    controller = Controller(SilentEngine, lambda: palette, lambda: Player(NullOutput(paced=True)))
    seen: list[Mode] = [Mode.IDLE]
    controller.subscribe(lambda status: seen.append(status.state))
    commands = (
        *(lambda: events.Play(ask), events.Pause, events.Resume, events.Toggle, events.Toggle),
        *(events.Skip, events.Back, events.Ease, lambda: events.Stop(0.05)),
        lambda: events.SetVolume(-6.0),
    )

    def send(dice: random.Random) -> None:
        for _ in range(200):
            controller.send(dice.choice(commands)())
            time.sleep(dice.choice((0.0, 0.0, 0.005, 0.03)))

    # On a busy machine no session of the storm is ready before the next one takes its place.
    controller.send(events.Play(ask))
    wait_until(lambda: controller.status.state is Mode.PLAYING, what="it never plays")
    senders = [threading.Thread(target=send, args=(random.Random(n),)) for n in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join(60)
    controller.send(events.Stop(0.05))
    wait_until(lambda: controller.status.state in {Mode.IDLE, Mode.ENDED}, what="it does not end")
    controller.close()
    modes = [one for one, after in pairwise([*seen, None]) if one is not after]
    assert {Mode.PLAYING, Mode.PAUSED, Mode.ENDED} <= set(modes)
    wrong = {(one, after) for one, after in pairwise(modes) if after not in FOLLOWS[one]}
    assert not wrong
