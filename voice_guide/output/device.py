"""Where sound goes: the protocol of an output, and the one that plays through a sound device."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
import soxr

from voice_guide.errors import DeviceLost
from voice_guide.output import portaudio
from voice_guide.output.null import NullOutput
from voice_guide.output.portaudio import DeviceInfo, list_devices
from voice_guide.sound.clip import SAMPLE_RATE, Frames, Samples

__all__ = ["BLOCK", "DeviceInfo", "DeviceOutput", "Fill", "NullOutput", "Output", "list_devices"]

BLOCK: Final[Frames] = 2_048
"""Frames a callback: a power of two, 43 ms. At 1,024 and fewer a busy machine left 2 to 2,417 gaps
a minute in what was recorded; 4,096 saves a quarter of a percent of a core, and adds 43 ms to the
answer to a pause."""

LATENCY_S: Final = 0.2
"""Depth of the device buffer. A pause is heard one buffer later, and should be an answer: half a
second deep, silence came 0.9 s after a click. Depth also carries the load: with 0.1 s a machine
asked for three times what it can do left 13 gaps in three minutes, with this none. Sound starts as
soon all the same, since PortAudio fills the buffer at once."""

HAND_OVER_S: Final = 0.0005
"""How long a Python thread may keep the lock that another waits for; usually 5 ms, and each block
takes it many times. Beside a thread that never lets go, on a machine asked for seven times what it
can do, 5 of 12 recordings of 8 s had gaps, and none with this."""

SILENT_FOR_S: Final = max(1.0, 3 * LATENCY_S)
"""A stream that asked for nothing this long is dead, though PortAudio may still call it active:
that is how a suspended sink looks."""

BETWEEN_S: Final = LATENCY_S
"""The longest pause between two callbacks in which sound is taken to be heard on: a sound server
asks for several blocks at once, every 0.1 s and more; after this the buffer has run dry."""

CLOSING_S: Final = 2.0
"""An unplugged ALSA device can hang the close for ever (portaudio #1037); wait no longer."""

Fill = Callable[[Samples], None]
"""Fills float32 `[frames, 2]` in place. Runs in the audio callback: never raises, never blocks."""


class Output(Protocol):
    """Something that pulls samples at 48 kHz and makes them heard."""

    def start(self, fill: Fill) -> None:
        """Begin to pull; raises `DeviceLost` when nothing can be heard here."""

    def stop(self) -> None:
        """Fall silent at once and pull no more; harmless when not started."""

    def is_alive(self) -> bool:
        """Tell whether it was started and is still pulling."""

    def delay_frames(self) -> Frames:
        """Return how many of the frames pulled so far are not heard yet."""

    @property
    def underflows(self) -> int:
        """How often it ran dry since it was started."""


class DeviceOutput:
    """A sound device, through PortAudio.

    Parameters
    ----------
    device
        Index or part of the name of an output; None plays on the system's default. Once it has
        played on a chosen device and that device is gone, the default takes its place.

    There is one at a time: to start may start PortAudio afresh, which ends every other stream.
    """

    def __init__(self, device: str | int | None = None) -> None:
        self._choice = device
        self._line: _Line | None = None
        self._ran_dry = 0  # while it was open last
        self._has_played = False
        self._is_stale = False
        self._is_hung = False

    def start(self, fill: Fill) -> None:
        """Open the device and begin to pull; raises `DeviceLost`."""
        self.stop()
        self._ran_dry = 0
        sys.setswitchinterval(min(HAND_OVER_S, sys.getswitchinterval()))
        # Elsewhere than on Linux "the default" means what it was when PortAudio started: a headset
        # may have come since. PortAudio cannot start afresh while a close of its own hangs.
        if (self._is_stale or sys.platform != "linux") and not self._is_hung:
            portaudio.refresh()
        self._is_stale = True  # until it has opened
        self._line = self._open(fill)
        self._is_stale = False
        self._has_played = True

    def _open(self, fill: Fill) -> _Line:
        try:
            return _Line(portaudio.find_device(self._choice), fill)
        except DeviceLost:
            if self._choice is None or not self._has_played:
                raise
            return _Line(portaudio.find_device(None), fill)

    def stop(self) -> None:
        """Fall silent at once; never waits longer than two seconds."""
        line, self._line = self._line, None
        if line is None:
            return
        self._is_stale, self._ran_dry = not line.is_alive(), line.underflows
        closing = threading.Thread(target=line.close, name="close sound output", daemon=True)
        closing.start()
        closing.join(CLOSING_S)
        self._is_hung = self._is_hung or closing.is_alive()

    def is_alive(self) -> bool:
        """Tell whether the device asked for sound lately."""
        return self._line is not None and self._line.is_alive()

    def delay_frames(self) -> Frames:
        """Return the frames pulled but not heard, by the device's own report."""
        return 0 if self._line is None else self._line.delay_frames()

    @property
    def underflows(self) -> int:
        """How often the device ran dry; PortAudio counts too few."""
        return self._ran_dry if self._line is None else self._line.underflows


class _Line:
    """One open stream. The callback writes its fields and nobody else does."""

    def __init__(self, device: DeviceInfo, fill: Fill) -> None:
        self.underflows = 0
        self._is_finished = False
        self._channels = min(2, device.channels)
        self._report = (0.0, 0, time.monotonic())  # delay_s, frames of the block, when
        self._stream: Any = None
        try:
            self._open(device, fill, SAMPLE_RATE)
        except DeviceLost:
            if device.sample_rate == SAMPLE_RATE:
                raise
            self._open(device, resampled(fill, device.sample_rate), device.sample_rate)

    def _open(self, device: DeviceInfo, fill: Fill, sample_rate: int) -> None:
        self._fill = fill if self._channels == 2 else mono(fill)
        self._sample_rate = sample_rate
        self._stream = portaudio.open_stream(
            device,
            self._pull,
            self._finish,
            samplerate=sample_rate,
            channels=self._channels,
            blocksize=BLOCK,
            latency=LATENCY_S,
        )

    def _pull(self, out: Samples, frames: int, times: Any, status: Any) -> None:
        delay_s = times.outputBufferDacTime - times.currentTime
        if not 0.0 <= delay_s <= 10.0:  # some drivers leave the times at zero
            delay_s = LATENCY_S
        self._fill(out)
        self._report = (delay_s, frames, time.monotonic())
        if status.output_underflow:
            self.underflows += 1

    def _finish(self) -> None:
        self._is_finished = True

    def is_alive(self) -> bool:
        if self._is_finished or time.monotonic() - self._report[2] > SILENT_FOR_S:
            return False
        return bool(self._stream.active)

    def delay_frames(self) -> Frames:
        """Return the delay after the last block, less what was heard since.

        Of a dead stream nothing was heard since, so nothing is taken off.
        """
        delay_s, frames, reported = self._report
        since_s = min(time.monotonic() - reported, BETWEEN_S) if self.is_alive() else 0.0
        pending_s = delay_s + frames / self._sample_rate - since_s
        return round(max(0.0, pending_s) * SAMPLE_RATE)

    def close(self) -> None:
        with contextlib.suppress(Exception):  # a device that is gone complains; it is closed anyway
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)


def mono(fill: Fill) -> Fill:
    """Return a fill for `[frames, 1]`: the mean of both channels."""

    def fill_mono(out: Samples) -> None:
        both = np.zeros((len(out), 2), np.float32)
        fill(both)
        np.mean(both, axis=1, keepdims=True, out=out)

    return fill_mono


def resampled(fill: Fill, sample_rate: int) -> Fill:
    """Return a fill at another rate, in Hz, for a device that refuses 48 kHz."""
    stream = soxr.ResampleStream(SAMPLE_RATE, sample_rate, 2, dtype="float32")
    ready = np.zeros((0, 2), np.float32)

    def fill_resampled(out: Samples) -> None:
        nonlocal ready
        while len(ready) < len(out):
            source = np.zeros((BLOCK, 2), np.float32)
            fill(source)
            ready = np.concatenate([ready, stream.resample_chunk(source)])
        out[:] = ready[: len(out)]
        ready = ready[len(out) :]

    return fill_resampled
