"""Every output keeps the same promises: the null output, and a sound device on a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from rig import Rig, needs_rig, sound_rig, wait_until

from voice_guide.output import null, portaudio
from voice_guide.output.device import BLOCK, DeviceOutput, NullOutput, Output
from voice_guide.sound.clip import SAMPLE_RATE


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """Give a sound server that this very process plays into."""
    with sound_rig() as made, pytest.MonkeyPatch.context() as patch:
        for name, value in made.env.items():
            patch.setenv(name, value)
        portaudio.refresh()
        yield made


@pytest.fixture(
    params=[
        "null",
        pytest.param("device", marks=[pytest.mark.real, needs_rig]),
    ]
)
def output(request: pytest.FixtureRequest) -> Iterator[Output]:
    if request.param == "device":
        request.getfixturevalue("rig")
        made: Output = DeviceOutput()
    else:
        made = NullOutput(paced=True, depth=24_000)
    yield made
    made.stop()


class Counter:
    """A fill that counts what is asked of it."""

    def __init__(self) -> None:
        self.frames = 0
        self.shapes: set[tuple[int, ...]] = set()
        self.kinds: set[np.dtype] = set()

    def __call__(self, out: np.ndarray) -> None:
        self.shapes.add(out.shape)
        self.kinds.add(out.dtype)
        self.frames += len(out)
        out.fill(0.0)


TRIES = 5
"""A machine that gives all of its time to somebody else holds up both the output and the clock."""


def test_it_pulls_stereo_float32_at_its_own_pace(output: Output) -> None:
    a_second = pytest.approx(1.0, abs=0.25)
    for _ in range(TRIES):
        counter = Counter()
        output.start(counter)
        assert output.is_alive()
        wait_until(lambda one=counter: one.frames >= 36_000)
        began = counter.frames
        took_s = wait_until(lambda one=counter, to=began + SAMPLE_RATE: one.frames >= to)
        if took_s == a_second and not output.underflows:
            break
    assert took_s == a_second
    assert all(len(shape) == 2 and shape[1] == 2 for shape in counter.shapes)
    assert counter.kinds == {np.dtype(np.float32)}
    assert output.underflows == 0


def test_what_counts_as_heard_moves_on_and_stays_behind_what_was_pulled(output: Output) -> None:
    counter = Counter()
    output.start(counter)
    heard: list[int] = []

    def is_far_enough() -> bool:
        before = counter.frames
        delay = output.delay_frames()
        assert 0 <= delay <= 2 * SAMPLE_RATE
        if counter.frames == before:  # else one was read before a block, and one after it
            heard.append(before - delay)
        return bool(heard) and heard[-1] > SAMPLE_RATE

    wait_until(is_far_enough)
    # Some slack: a block is counted a moment before its delay is.
    assert min(np.diff(heard), default=0) >= -2 * BLOCK


def test_stop_pulls_no_more_and_is_harmless_twice(output: Output) -> None:
    counter = Counter()
    output.stop()
    output.start(counter)
    wait_until(lambda: counter.frames > 0)
    output.stop()
    stopped = counter.frames
    assert not output.is_alive()
    assert output.delay_frames() == 0 or isinstance(output, NullOutput)
    output.stop()
    other = Counter()
    output.start(other)
    wait_until(lambda: other.frames > 0)
    assert counter.frames == stopped
    assert output.is_alive()


def test_a_second_start_takes_the_place_of_the_first(output: Output) -> None:
    first, second = Counter(), Counter()
    output.start(first)
    wait_until(lambda: first.frames > 0)
    output.start(second)
    seen = first.frames
    wait_until(lambda: second.frames > 0)
    assert first.frames == seen


def test_what_a_busy_machine_kept_from_it_is_not_made_up_for_in_a_rush() -> None:
    """Nor is it by a device: a session's lines are shown no faster than anybody can read them."""
    a_block_s = null.BLOCK / SAMPLE_RATE
    held_up, is_over = threading.Event(), threading.Event()
    fills: list[float] = []

    def fill(out: np.ndarray) -> None:
        fills.append(time.monotonic())
        if len(fills) == 2:
            held_up.wait(10 * a_block_s)
        if len(fills) == 9:
            is_over.set()

    output = NullOutput(paced=True)
    output.start(fill)
    assert is_over.wait(10)
    output.stop()
    assert fills[8] - fills[2] > 4 * a_block_s
