"""Every output keeps the same promises: the null output, and a sound device on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from rig import Rig, needs_rig, sound_rig, wait_until

from voice_guide.output import portaudio
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


def test_it_pulls_stereo_float32_at_its_own_pace(output: Output) -> None:
    counter = Counter()
    output.start(counter)
    assert output.is_alive()
    wait_until(lambda: counter.frames >= 36_000)
    began = counter.frames
    took_s = wait_until(lambda: counter.frames >= began + SAMPLE_RATE)
    assert took_s == pytest.approx(1.0, abs=0.25)
    assert all(len(shape) == 2 and shape[1] == 2 for shape in counter.shapes)
    assert counter.kinds == {np.dtype(np.float32)}
    assert output.underflows == 0


def test_what_counts_as_heard_moves_on_and_stays_behind_what_was_pulled(output: Output) -> None:
    counter = Counter()
    output.start(counter)
    heard: list[int] = []

    def is_far_enough() -> bool:
        delay = output.delay_frames()
        assert 0 <= delay <= 2 * SAMPLE_RATE
        heard.append(counter.frames - delay)
        return heard[-1] > SAMPLE_RATE

    wait_until(is_far_enough)
    # One block's worth of slack: pulled and delay are read one after the other.
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
