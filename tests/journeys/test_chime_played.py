"""The chime and the announcement as they arrive at the ears, on a real sound server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hearing import tries
from palettes import shipped_palette
from rig import Rig, needs_rig, sound_rig, wait_until

from voice_guide.output import portaudio
from voice_guide.score.render import render
from voice_guide.script.utterance import Voicing
from voice_guide.session.announce.announcement import announcement, announcement_utterance
from voice_guide.session.announce.chime import chime_score
from voice_guide.session.announce.sounding import sound_alone
from voice_guide.sound.clip import SAMPLE_RATE, Clip
from voice_guide.sound.loudness import crest_lufs

pytestmark = [pytest.mark.real, needs_rig]


@pytest.fixture
def rig() -> Iterator[Rig]:
    with sound_rig() as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.env.items():
            patch.setenv(name, value)
        portaudio.refresh()
        yield made


def test_the_chime_arrives_whole_and_as_soft_as_it_was_made(rig: Rig) -> None:
    score = chime_score(shipped_palette())
    for player in tries(rig):
        with rig.record() as recording:
            assert sound_alone(player, score)
            recording.catch_up()
    heard = recording.samples()
    wanted = render(score, 0, score.length)
    assert crest_lufs(heard) == pytest.approx(crest_lufs(wanted), abs=0.1)
    assert np.abs(np.diff(heard, axis=0)).max() <= 1.01 * np.abs(np.diff(wanted, axis=0)).max()
    assert rig.streams() == 0, "nothing is held open for what comes next"


def test_a_stop_is_heard_as_a_fade(rig: Rig) -> None:
    """The device holds half a second already when the key is pressed; the fade comes after it."""
    tone = 0.3 * np.sin(2 * np.pi * 200 / SAMPLE_RATE * np.arange(6 * SAMPLE_RATE))
    utterance = announcement_utterance("Sleep", Voicing())
    score = announcement(utterance, Clip(tone.astype(np.float32)), shipped_palette())
    for player in tries(rig):
        stopped = threading.Event()
        results: list[bool] = []

        def sound(on=player, until=stopped, told=results) -> None:  # type: ignore[no-untyped-def]
            told.append(sound_alone(on, score, until))

        thread = threading.Thread(target=sound)
        with rig.record() as recording:
            thread.start()
            wait_until(lambda by=recording: bool((np.abs(by.samples()) > 0.1).any()), 20.0)
            pressed, frames = time.monotonic(), recording.frames()
            stopped.set()
            thread.join(10)
            took_s = time.monotonic() - pressed
    heard = recording.samples()
    silent_s = (np.flatnonzero(np.abs(heard[:, 0]) > 1e-4)[-1] - frames) / SAMPLE_RATE
    print(f"silent {silent_s:.2f} s after the key, done after {took_s:.2f} s")
    assert results == [False]
    assert silent_s < 3.0, "long before the sentence is over"
    usual = np.abs(np.diff(tone)).max() / 2
    assert np.abs(np.diff(heard[:, 0])).max() < 1.2 * usual, "no click"
