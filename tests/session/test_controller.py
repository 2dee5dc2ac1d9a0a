"""The session's thread: it answers, it reports, it sleeps, and it goes away."""

from __future__ import annotations

import gc
import threading
import weakref
from itertools import pairwise

import pytest
from palettes import shipped_palette
from rig import wait_until

from voice_guide.output.null import NullOutput
from voice_guide.output.player import Player
from voice_guide.score.compile import Request
from voice_guide.script.parse import parse
from voice_guide.session import events as e
from voice_guide.session.controller import Controller
from voice_guide.session.machine import ACTIVE, Mode
from voice_guide.session.prepare import Ask
from voice_guide.sound.palette import Palette
from voice_guide.voice.silent import SilentEngine

TEXT = """---
title: A word
kind: moments
length: 20-60 s
---

You are here.
[pause 1-60s]
"""
ASK = Ask(parse(TEXT, "word"), "word", Request())


@pytest.fixture
def controller():
    palette = shipped_palette()
    made = Controller(SilentEngine, lambda: palette, lambda: Player(NullOutput(paced=True)))
    yield made
    made.close()


def test_it_plays_pauses_and_ends(controller):
    seen = []
    controller.subscribe(seen.append)
    controller.send(e.Play(ASK))
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    wait_until(lambda: controller.status.position_s > 0.2)
    controller.send(e.Pause())
    wait_until(lambda: controller.status.state is Mode.PAUSED)
    controller.send(e.Resume())
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    controller.send(e.Stop(0.05))
    wait_until(lambda: controller.status.state is Mode.ENDED)
    states = list(dict.fromkeys(status.state for status in seen))
    assert states == [Mode.PREPARING, Mode.PLAYING, Mode.PAUSED, Mode.ENDED]
    assert all(one != two for one, two in pairwise(seen))


def test_the_last_fade_can_be_told_and_another_session_may_begin_in_it(controller):
    controller.send(e.Play(ASK))
    wait_until(lambda: controller.status.position_s > 0.1)
    assert not controller.status.is_ending
    controller.send(e.Stop(5.0))
    wait_until(lambda: controller.status.is_ending)
    assert controller.status.state is Mode.PLAYING
    controller.send(e.Play(ASK))
    wait_until(lambda: not controller.status.is_ending, 4.0)  # before the fade is over
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    controller.send(e.Stop(0.05))
    wait_until(lambda: controller.status.state is Mode.ENDED)
    assert not controller.status.is_ending


def test_each_session_plays_on_the_output_that_is_wished_as_it_begins():
    palette = shipped_palette()
    outputs = {name: NullOutput(paced=True) for name in ("speakers", "headphones")}
    players = {name: Player(output) for name, output in outputs.items()}
    wished = ["speakers"]
    made = Controller(SilentEngine, lambda: palette, lambda: players[wished[0]])
    try:
        made.send(e.SetVolume(-6.0))
        for wished[0] in ("speakers", "headphones", "headphones", "speakers"):
            made.send(e.Play(ASK))
            wait_until(outputs[wished[0]].is_alive, what=f"nothing on the {wished[0]}")
            wait_until(lambda: made.status.position_s > 0.1)
            playing = [name for name, output in outputs.items() if output.is_alive()]
            assert playing == wished
            assert players[wished[0]].volume_db == -6.0
            made.send(e.Stop(0.0))
            wait_until(lambda: made.status.state is Mode.ENDED)
    finally:
        made.close()


def test_an_idle_session_sleeps(controller):
    assert not controller._conductor.is_moving()


def test_a_subscriber_that_fails_harms_nobody(controller):
    seen = []
    controller.subscribe(lambda status: 1 / 0)
    controller.subscribe(seen.append)
    controller.send(e.Play(ASK))
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    assert seen


def test_what_nobody_foresaw_is_explained_and_the_thread_goes_on():
    def broken():
        raise RuntimeError("a wire came loose")

    palette = Palette()
    made = Controller(SilentEngine, lambda: palette, broken)
    try:
        made.send(e.Play(ASK))
        wait_until(lambda: made.status.state is Mode.ENDED)
        assert "a wire came loose" in str(made.status.fault)
        made.send(e.Play(ASK))
        wait_until(lambda: made.status.fault is not None and made.status.state is Mode.ENDED)
        assert made._thread.is_alive()
    finally:
        made.close()


def test_what_is_over_is_let_go_of_and_its_last_moment_kept():
    palette = shipped_palette()
    rested = threading.Event()
    made = Controller(
        SilentEngine, lambda: palette, lambda: Player(NullOutput(paced=True)), on_rest=rested.set
    )
    try:
        for _ in range(2):
            rested.clear()
            made.send(e.Play(ASK))
            wait_until(lambda: made.status.state is Mode.PLAYING and made.status.position_s > 0)
            score = weakref.ref(made._conductor._prepared.score)
            assert score() is not None
            assert not rested.is_set()
            made.send(e.Stop(0.05))
            assert rested.wait(10)
            gc.collect()
            # The thread that prepared it may be at its last instructions still.
            wait_until(lambda one=score: one() is None, what="its score is kept")
            status = made.status
            assert (status.state, status.script, status.title) == (Mode.ENDED, "word", "A word")
            assert status.position_s > 0
    finally:
        made.close()


def test_a_session_has_a_name_before_it_can_be_heard(controller):
    seen = []
    controller.subscribe(seen.append)
    controller.send(e.Play(ASK))
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    assert {(status.script, status.title) for status in seen} == {("word", "A word")}


def test_once_a_session_is_asked_for_no_other_is_seen(controller):
    """Or a pause said right after a beginning would meet the session before."""
    other = Ask(ASK.script, "other", Request())
    for end in (None, e.Stop(5.0), e.Stop(0.0)):
        controller.send(e.SetVolume(-6.0))
        controller.send(e.Play(ASK))
        at_once = controller.status
        assert (at_once.state in ACTIVE, at_once.script) == (True, "word")
        wait_until(lambda: controller.status.state is Mode.PLAYING)
        if end is not None:
            controller.send(end)
            wait_until(lambda: controller.status.is_ending or controller.status.state is Mode.ENDED)
        controller.send(e.Play(other))
        seen = [controller.status]
        wait_until(lambda s=seen: s.append(controller.status) or s[-1].state is Mode.PLAYING)
        assert {one.script for one in seen} == {"other"}
        assert not any(one.is_ending for one in seen)
        assert {one.volume_db for one in seen} == {-6.0}


def test_a_session_that_cannot_begin_is_not_awaited_for_ever():
    def no_player():
        raise RuntimeError("no player")

    made = Controller(SilentEngine, shipped_palette, no_player)
    made.send(e.Play(ASK))
    wait_until(lambda: made.status.state is Mode.ENDED)
    assert made.status.fault
    made.close()


def test_nothing_is_left_running(controller):
    controller.send(e.Play(ASK))
    wait_until(lambda: controller.status.state is Mode.PLAYING)
    controller.close()
    controller.close()
    names = {"session", "null output"}
    assert not [thread for thread in threading.enumerate() if thread.name in names]
