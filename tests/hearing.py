"""Listening while it sounds: when each frame of a recording came, on the system's clock."""

from __future__ import annotations

import contextlib
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from rig import Recording, Rig, wait_until

from voice_guide.output.device import DeviceOutput
from voice_guide.output.player import Player, PlayerState, PlayerStatus

TRIES = 3
"""A machine that gives all of its time to somebody else makes a gap in whatever plays."""

AUDIBLE = 1e-4
"""-80 dBFS: what is softer is silence to any ear."""

LOOK_S = 0.002
RECORDER_MS = 5
"""The recorder is handed sound in pieces this long, not in its usual 20 ms."""


class Ear:
    """A recording, and at which moment each of its frames was there to be heard.

    A frame counts from the moment it is on disk, the recorder's own delay included: what is told is
    never earlier than what was heard.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        # Each moment with its count: whoever looks meanwhile finds both or neither.
        self._came = [(time.monotonic(), recording.frames())]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._is_over.wait(LOOK_S):
            frames = self.recording.frames()
            if frames > self._came[-1][1]:
                self._came.append((time.monotonic(), frames))

    def close(self) -> None:
        self._is_over.set()
        self._thread.join()

    def frame_at(self, moment_s: float) -> int:
        """Return how many frames had come by this moment."""
        before = bisect_right(self._came, moment_s, key=lambda one: one[0])
        return self._came[max(0, before - 1)][1]

    def frame_due(self, moment_s: float) -> int:
        """Return how many frames would have come by this moment, had each been as quick as any.

        A recorder that was held up hands over later what sounded before: this is not misled by it.
        """
        rate = 48_000
        # The moment at which a stream of these frames would have begun, at its least delay.
        began_s = min(moment - frames / rate for moment, frames in tuple(self._came))
        return round((moment_s - began_s) * rate)

    def came_s(self, frame: int) -> float:
        """Return the moment at which this frame was there."""
        after = bisect_right(self._came, frame, key=lambda one: one[1])
        return self._came[min(after, len(self._came) - 1)][0]

    def wait_for_sound(self, since_s: float, timeout_s: float = 15.0) -> float:
        """Return how many seconds after this moment the first sound came."""
        start = self.frame_at(since_s)
        wait_until(lambda: bool(len(self._loud(start))), timeout_s, "nothing is heard")
        frame = start + int(self._loud(start)[0])
        wait_until(lambda: self._came[-1][1] > frame, what="the recording does not go on")
        return self.came_s(frame) - since_s

    def wait_for_silence(self, since_s: float, quiet_s: float = 0.5) -> float:
        """Return how many seconds after this moment the last sound came, once it has been quiet."""
        start, rate = self.frame_at(since_s), 48_000
        wait_until(
            lambda: self.recording.frames() > self.last_sound(start) + quiet_s * rate,
            what="it does not fall silent",
        )
        return max(0.0, self.came_s(self.last_sound(start)) - since_s)

    def last_sound(self, start: int = 0) -> int:
        """Return the last frame that can be heard; `start` when none from there on can."""
        loud = self._loud(start)
        return start + (int(loud[-1]) if len(loud) else 0)

    def _loud(self, start: int) -> NDArray[np.int64]:
        samples = self.recording.samples()[start:]
        return np.flatnonzero(np.abs(samples).max(axis=1, initial=0.0) > AUDIBLE)


def undisturbed(rig: Rig) -> Iterator[None]:
    """Try once, and again where the sound server had nothing to play meanwhile."""
    for _ in range(TRIES):
        before = rig.gaps()
        yield
        if rig.gaps() == before:
            break


class CountingPlayer(Player):
    """Plays on the default device, and counts how often that was lost."""

    def __init__(self) -> None:
        super().__init__(DeviceOutput())
        self.losses = 0
        self._is_lost = False

    def poll(self) -> PlayerStatus:
        """As any player's."""
        seen = super().poll()
        was_lost, self._is_lost = self._is_lost, seen.state is PlayerState.RECOVERING
        self.losses += self._is_lost and not was_lost
        return seen


def tries(rig: Rig, losses: int = 0) -> Iterator[CountingPlayer]:
    """Give a player, and another where the last was disturbed, or lost its device too often."""
    for _ in range(TRIES):
        before, player = rig.gaps(), CountingPlayer()
        try:
            yield player
        finally:
            player.stop(0)
        if rig.gaps() == before and player.losses <= losses:
            break


@contextlib.contextmanager
def listening(rig: Rig) -> Iterator[Ear]:
    """Listen to the sink for the length of the block."""
    recording = rig.start_recording(latency_ms=RECORDER_MS)
    ear = Ear(recording)
    try:
        yield ear
    finally:
        ear.close()
        recording.stop()


def fade_gain(heard: NDArray[np.float32], written: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return by how much the one is softer than the other, NaN where there is too little to tell.

    Both float32 `[frames, 2]`, aligned to the frame.
    """
    told = np.abs(written) > 1e-3
    gains = np.divide(heard, written, out=np.full(heard.shape, np.nan), where=told)
    with np.errstate(all="ignore"):
        return np.where(told[:, 0], gains[:, 0], gains[:, 1])


def steepest_fall(gains: NDArray[np.float64]) -> float:
    """Return the greatest loss of gain a frame, between frames that tell."""
    at = np.flatnonzero(~np.isnan(gains))
    return float((-np.diff(gains[at]) / np.diff(at)).max(initial=0.0))
