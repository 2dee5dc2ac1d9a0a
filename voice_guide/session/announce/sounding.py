"""A score on its own, played while no session is: from its beginning to its end, or to a stop."""

from __future__ import annotations

import time
from concurrent.futures import Future
from threading import Event
from typing import Final

from voice_guide.errors import DeviceLost
from voice_guide.output.player import Player, PlayerState
from voice_guide.score.model import Score

STOP_FADE_S: Final = 0.15
"""Soft, and over before anybody wonders whether the key was heard."""

_POLL_S: Final = 0.05
_STOPPING_S: Final = 1.0
"""The fade, and what a device has taken already."""


def sound_alone(
    player: Player,
    score: Score,
    stopped: Event | None = None,
    longer: Future[Score] | None = None,
) -> bool:
    """Play to the end and return True, or fade out soon after `stopped` is set and return False.

    Waits as long as the score lasts. Whatever ends it, Ctrl+C too, ends it with a fade. A `longer`
    score, which begins as this one does, takes its place as soon as it is there, and is waited for.

    Raises
    ------
    DeviceLost
        Nothing can be heard, or no longer; and whatever comes instead of the longer score.
    """
    stopped = stopped or Event()
    player.play(score)
    try:
        while not stopped.wait(_POLL_S):
            state = player.poll().state
            if state is PlayerState.RECOVERING:
                raise DeviceLost("The sound output went away.")
            if longer is not None:
                if longer.done():
                    player.swap(longer.result())
                    longer = None
            elif state is not PlayerState.PLAYING:
                return state is PlayerState.ENDED
        return False
    finally:
        _fade_out(player)


def _fade_out(player: Player) -> None:
    player.stop(STOP_FADE_S)
    for _ in range(round(_STOPPING_S / _POLL_S)):
        if player.poll().state is not PlayerState.STOPPING:
            break
        time.sleep(_POLL_S)
    player.stop(0.0)
