"""What arrives at the ears: a player on a real sound server, its monitor recorded."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hearing import tries, undisturbed
from rig import Rig, needs_rig, onsets, sound_rig, wait_until

from voice_guide.errors import DeviceLost
from voice_guide.output import portaudio
from voice_guide.output.device import SILENT_FOR_S, DeviceOutput
from voice_guide.output.player import Player, PlayerState, PlayerStatus
from voice_guide.score.model import Placement, Score, Section, Span, Stem
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Frames

pytestmark = [pytest.mark.real, needs_rig]

SECOND = SAMPLE_RATE


@pytest.fixture
def rig() -> Iterator[Rig]:
    with sound_rig() as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.env.items():
            patch.setenv(name, value)
        portaudio.refresh()
        yield made


@pytest.fixture
def player(rig: Rig) -> Iterator[Player]:
    made = Player(DeviceOutput())
    yield made
    made.stop(0)


def score_of(length: Frames, clips: Sequence[tuple[Frames, np.ndarray]], stem: Stem) -> Score:
    placed = []
    for onset, samples in clips:
        both = np.asfortranarray(np.stack([samples, samples], axis=1).astype(np.float32))
        placed.append(Placement(Clip(both), Span(onset, onset + len(samples)), stem))
    edges = tuple(sorted({0, *(onset for onset, _ in clips)}))
    sections = (Section("All", 0),)
    return Score("test", "A test", length, sections, (), tuple(placed), (), edges)


def clicks(seconds: float, every: Frames, stem: Stem = Stem.BELLS) -> Score:
    """Return clicks, each louder than the last, so that a recording tells which one it holds."""
    length = round(seconds * SECOND)
    places = range(0, length - 480, every)
    told = [(onset, np.full(48, 0.2 + 0.01 * number)) for number, onset in enumerate(places)]
    return score_of(length, told, stem)


def told_by(samples: np.ndarray, at: np.ndarray) -> list[int]:
    """Return the number of each click, by its loudness."""
    return [round((float(samples[frame + 20, 0]) - 0.2) / 0.01) for frame in at]


def tone(seconds: float, level: float = 0.5) -> Score:
    length = round(seconds * SECOND)
    wave = level * np.sin(2 * np.pi * 200 / SECOND * np.arange(length))
    score = score_of(length, [(0, wave)], Stem.BED)
    return replace(score, boundaries=tuple(range(0, length, SECOND)))


def play_until(
    player: Player, condition: Callable[[PlayerStatus], bool], timeout_s: float = 20
) -> PlayerStatus:
    """Poll as a session does until the condition holds."""
    status = player.poll()

    def is_reached() -> bool:
        nonlocal status
        status = player.poll()
        return condition(status)

    wait_until(is_reached, timeout_s, what="the player never got there")
    return status


def envelope(samples: np.ndarray, window: int = 240) -> np.ndarray:
    """Return the peak of every 5 ms."""
    whole = len(samples) // window * window
    return np.abs(samples[:whole, 0]).reshape(-1, window).max(axis=1)


def largest_gap(samples: np.ndarray) -> int:
    """Return the longest run of silent frames between the first sound and the last."""
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 1e-4)
    return int(np.diff(loud).max())


def test_every_click_arrives_where_the_score_has_it_and_the_end_is_whole(rig: Rig) -> None:
    every = 24_000
    score = clicks(10.02, every)
    for player in tries(rig):
        with rig.record() as recording:
            player.play(score)
            status = play_until(player, lambda now: now.state is PlayerState.ENDED)
            recording.catch_up()
    heard = recording.samples()
    found = onsets(heard)
    assert told_by(heard, found) == list(range(len(score.placements))), "the end is not cut"
    assert np.all(np.diff(found) == every), "not one sample of error"
    assert status.position == score.length
    assert status.underflows == 0


def test_the_position_is_what_the_monitor_hears(rig: Rig, player: Player) -> None:
    with rig.record() as recording:
        player.play(clicks(20, SECOND))
        off_frames = []
        for _ in range(20):
            play_until(player, lambda now: now.position > 48_000)
            time.sleep(0.05)  # not to wait for anything: samples spread over a second
            before, position, after = recording.frames(), player.poll().position, recording.frames()
            off_frames.append(position - (before + after) // 2)
    first = onsets(recording.samples())[0]
    ahead_ms = (np.array(off_frames) + first) / 48
    # parec hands over 20 ms at a time, and the server mixes a little ahead of it.
    assert np.median(ahead_ms) == pytest.approx(0, abs=60)
    # Of twenty looks two may be disturbed by somebody else on either side.
    evenly_ms = np.diff(np.percentile(ahead_ms, (10, 90)))
    assert evenly_ms < 60, "it moves on evenly, though the callbacks come in bursts"


def test_a_killed_server_that_comes_back_is_taken_up_at_a_boundary(rig: Rig) -> None:
    score = clicks(12, 24_000)
    for player in tries(rig, losses=1):
        first = rig.start_recording()
        player.play(score)
        play_until(player, lambda now: now.position > 3.6 * SECOND)
        first.catch_up()
        rig.kill()
        killed = time.monotonic()
        lost = play_until(player, lambda now: now.state is PlayerState.RECOVERING)
        noticed_s = time.monotonic() - killed
        rig.restart()
        second = rig.start_recording()
        play_until(player, lambda now: now.state is PlayerState.PLAYING)
        play_until(player, lambda now: now.state is PlayerState.ENDED)
        second.catch_up()
        heard, again = first.stop(), second.stop()
    assert lost.position in score.boundaries
    before, after = told_by(heard, onsets(heard)), told_by(again, onsets(again))
    assert noticed_s < SILENT_FOR_S, "it is told, and not found out by the watchdog"
    assert before == list(range(before[-1] + 1))
    assert after[-1] == len(score.placements) - 1
    # Nothing is skipped, and at most what the recorder had not handed over yet is said again.
    assert before[-1] - 1 <= after[0] <= before[-1] + 1
    assert np.all(np.diff(onsets(again)) == 24_000)


def test_the_last_sink_unloaded_goes_on_elsewhere(rig: Rig, player: Player) -> None:
    player.play(clicks(8, 24_000))
    play_until(player, lambda now: now.position > 2 * SECOND)
    rig.unload_sink()
    status = play_until(player, lambda now: now.state is PlayerState.ENDED)
    assert status.position == 8 * SECOND


def test_a_suspended_sink_is_noticed_by_the_watchdog(rig: Rig, player: Player) -> None:
    score = clicks(8, 24_000)
    player.play(score)
    play_until(player, lambda now: now.position > 2.2 * SECOND)
    rig.suspend()
    began, there = time.monotonic(), player.poll().position
    lost = play_until(player, lambda now: now.state is PlayerState.RECOVERING)
    assert time.monotonic() - began < SILENT_FOR_S + 3.0
    assert lost.position in score.boundaries
    assert there - SECOND <= lost.position <= there
    rig.suspend(False)
    with rig.record() as recording:
        play_until(player, lambda now: now.state is PlayerState.ENDED)
    heard = recording.samples()
    assert told_by(heard, onsets(heard))[-1] == len(score.placements) - 1


def test_pause_fades_out_and_resume_fades_in_and_nothing_runs_between(rig: Rig) -> None:
    for player in tries(rig):
        with rig.record() as recording:
            player.play(tone(8))
            play_until(player, lambda now: now.position > 1.45 * SECOND)
            player.pause()
            paused = play_until(player, lambda now: now.state is PlayerState.PAUSED)
            assert rig.streams() == 0, "no stream, no work while paused"
            recording.catch_up()
            first_half = recording.frames()
            player.resume()
            on = paused.position + SECOND
            play_until(player, lambda now, on=on: now.position > on)
            player.stop(0.5)
            play_until(player, lambda now: now.state is PlayerState.STOPPED)
    assert paused.position % SECOND == 0, "a boundary"
    heard = recording.samples()
    levels = envelope(heard)
    silent = np.flatnonzero(levels[: first_half // 240] > 1e-3)[-1]
    fading = levels[silent - 50 : silent + 1]  # 250 ms
    assert np.all(np.diff(fading) <= 0.02), "it falls all the way"
    assert fading[0] > 0.45
    # A sine of 200 Hz moves by 0.0131 a frame; a cut would be a step on top of that.
    steps = np.abs(np.diff(heard[first_half // 2 :, 0]))
    assert steps.max() < 0.5 * 2 * np.pi * 200 / SECOND * 1.05


def test_volume_turns_without_a_click_and_silence_is_no_gap(rig: Rig) -> None:
    for player in tries(rig):
        with rig.record() as recording:
            player.play(tone(4))
            play_until(player, lambda now: now.position > SECOND)
            player.volume_db = -20.0
            play_until(player, lambda now: now.state is PlayerState.ENDED)
    levels = envelope(recording.samples())
    levels = levels[levels > 1e-3]
    assert levels[100] == pytest.approx(0.5, rel=0.01)
    assert levels[-100] == pytest.approx(0.05, rel=0.01)
    assert np.abs(np.diff(levels[20:-20])).max() < 0.08
    assert largest_gap(recording.samples()) < 240


def test_a_seek_is_heard_within_the_buffer_and_lands_exactly(rig: Rig) -> None:
    score = clicks(20, SECOND)
    for player in tries(rig):
        with rig.record() as recording:
            player.play(score)
            play_until(player, lambda now: now.position > 2.3 * SECOND)
            player.seek(15 * SECOND - 4_800)
            play_until(player, lambda now: now.position > 17.5 * SECOND)
            recording.catch_up()
    heard = recording.samples()
    found = onsets(heard)
    told = told_by(heard, found)
    assert told[:3] == [0, 1, 2]
    assert told[-3:] == [15, 16, 17]
    assert set(np.diff(found)[-2:]) == {SECOND}


def test_first_syllable_has_a_wake_pad_and_a_bell_has_none(rig: Rig, player: Player) -> None:
    heard_s: dict[Stem, list[float]] = {Stem.BELLS: [], Stem.VOICE: []}
    for stem in (*heard_s, *heard_s, *heard_s):
        with rig.record() as recording:
            began = recording.frames()
            player.play(clicks(1, SECOND, stem))
            play_until(player, lambda now: now.state is PlayerState.ENDED)
        heard_s[stem].append((onsets(recording.samples())[0] - began) / SECOND)
    # What a busy machine delays is not always delayed.
    delays_s = {stem: min(each_s) for stem, each_s in heard_s.items()}
    assert delays_s[Stem.BELLS] < 0.1
    assert delays_s[Stem.VOICE] - delays_s[Stem.BELLS] == pytest.approx(0.4, abs=0.1)


HOG = "import time\nend = time.monotonic() + 9\nwhile time.monotonic() < end: pass"


def test_no_gap_beside_a_busy_core_and_a_python_thread_that_hogs(rig: Rig) -> None:
    program = f"""
import sys, threading, time
sys.path[:0] = {[str(Path(__file__).parent), str(Path(__file__).parents[1])]!r}
from test_playback import tone
from voice_guide.output.device import DeviceOutput
from voice_guide.output.player import Player
player = Player(DeviceOutput())
def hog():
    while True:
        sum(range(20_000))
threading.Thread(target=hog, daemon=True).start()
player.play(tone(8))
while player.poll().state != "ended":
    time.sleep(0.05)
print(player.poll().underflows)
"""
    for _ in undisturbed(rig):
        busy = subprocess.Popen([sys.executable, "-c", HOG])
        with rig.record() as recording:
            done = subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                capture_output=True,
                text=True,
                timeout=40,
                check=False,
            )
            recording.catch_up()
        busy.wait(20)
        assert done.returncode == 0, done.stderr
    assert int(done.stdout) == 0
    heard = recording.samples()
    assert np.count_nonzero(np.abs(heard[:, 0]) > 1e-4) > 7.9 * SECOND
    assert largest_gap(heard) < 240


def test_nothing_to_play_on_is_one_clear_message(rig: Rig, player: Player) -> None:
    rig.kill()
    with pytest.raises(DeviceLost) as caught:
        player.play(clicks(1, SECOND))
    assert "sound" in caught.value.message
    assert caught.value.hint
