"""An output that nobody hears: driven by hand, or on a real clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

import numpy as np

from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples

BLOCK: Final[Frames] = 4_096
"""Frames at a time, like the sound device's."""


class NullOutput:
    """Pulls samples and lets them fall.

    Parameters
    ----------
    paced
        Pull on a real clock, in a thread of its own; otherwise `advance` pulls.
    depth
        Frames pulled ahead of what counts as heard, as in a device's buffer.
    """

    def __init__(self, *, paced: bool = False, depth: Frames = 0) -> None:
        self._is_paced = paced
        self._depth = depth
        self._fill: Callable[[Samples], None] | None = None
        self._pulled = 0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, fill: Callable[[Samples], None]) -> None:
        """Begin to pull: at once when paced, else at the next `advance`."""
        self.stop()
        self._fill, self._pulled = fill, 0
        if self._is_paced:
            self._ended = threading.Event()
            self._thread = threading.Thread(target=self._keep_time, name="null output", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Pull no more."""
        self._fill = None
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def is_alive(self) -> bool:
        """Tell whether it was started and not stopped."""
        return self._fill is not None

    def delay_frames(self) -> Frames:
        """Return the frames that were pulled and do not count as heard yet."""
        return min(self._depth, self._pulled)

    @property
    def underflows(self) -> int:
        """Nothing runs dry where nobody listens."""
        return 0

    def advance(self, frames: Frames) -> Samples:
        """Pull this many frames, block by block, and return them: float32 `[frames, 2]`.

        When it is stopped, before or on the way, the rest is silence.
        """
        pulled = np.zeros((frames, 2), np.float32)
        for onset in range(0, frames, BLOCK):
            fill = self._fill
            if fill is None:
                break
            block = pulled[onset : onset + BLOCK]
            fill(block)
            self._pulled += len(block)
        return pulled

    def _keep_time(self) -> None:
        ended, due = self._ended, time.monotonic()
        while not ended.is_set():
            self.advance(BLOCK)
            # What a busy machine, or a sleep, kept from it is lost, as with a device: made up for
            # in a rush, it would take lines of the screen along that nobody had seen.
            due = max(due + BLOCK / SAMPLE_RATE, time.monotonic())
            ended.wait(due - time.monotonic())
