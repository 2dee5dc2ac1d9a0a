"""Choosing and opening a device, on a stand-in for PortAudio with devices no test machine has."""

from __future__ import annotations

import builtins
import subprocess
import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from voice_guide.errors import DeviceLost
from voice_guide.output import device, portaudio
from voice_guide.output.device import (
    BETWEEN_S,
    BLOCK,
    LATENCY_S,
    DeviceOutput,
    list_devices,
    mono,
    resampled,
)
from voice_guide.output.portaudio import find_device

MOST_HEARD_SINCE = round(BETWEEN_S * 48_000)
BUFFER = round(LATENCY_S * 48_000)
WASAPI, MME, ALSA = "Windows WASAPI", "MME", "ALSA"


class PortAudioError(Exception):
    pass


class StandIn(types.ModuleType):
    """What we use of sounddevice, with devices of the test's own."""

    PortAudioError = PortAudioError

    def __init__(self, *devices: tuple[str, str, int, int], rates: tuple[int, ...] = ()) -> None:
        super().__init__("sounddevice")
        self.devices, self.rates = list(devices), rates or (48_000, 44_100)
        self.hosts = list(dict.fromkeys(host for _, host, _, _ in devices))
        self.opened: list[dict[str, Any]] = []
        self.refreshed, self.is_initialised, self.is_broken = 0, True, False

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [
            {
                "name": host,
                "default_output_device": next(
                    i for i, each in enumerate(self.devices) if each[1] == host
                ),
            }
            for host in self.hosts
        ]

    def query_devices(self, _device: object = None, kind: str = "") -> Any:
        listed = [
            {
                "index": index,
                "name": name,
                "hostapi": self.hosts.index(host),
                "max_output_channels": channels,
                "default_samplerate": float(rate),
            }
            for index, (name, host, channels, rate) in enumerate(self.devices)
        ]
        if kind == "output":
            if not listed:
                raise PortAudioError("Error querying device -1")
            return listed[0]
        return listed

    def WasapiSettings(self, **settings: object) -> dict[str, object]:  # noqa: N802
        return settings

    def OutputStream(self, **settings: Any) -> Stream:  # noqa: N802
        if settings["samplerate"] not in self.rates:
            raise PortAudioError("Invalid sample rate", -9997)
        if settings["device"] >= len(self.devices):
            raise PortAudioError("Invalid device", -9996)
        self.opened.append(settings)
        return Stream(settings["callback"], settings["channels"])

    def _terminate(self) -> None:
        if not self.is_initialised:
            raise PortAudioError("PortAudio not initialized")
        self.is_initialised = False

    def _initialize(self) -> None:
        self.refreshed += 1
        if self.is_broken:
            raise PortAudioError("Internal PortAudio error", -9993)
        self.is_initialised = True


class Stream:
    def __init__(self, callback: Callable[..., None], channels: int) -> None:
        self.callback, self.channels, self.active = callback, channels, False
        self.may_close = threading.Event()
        self.may_close.set()

    def start(self) -> None:
        self.active = True

    def abort(self, ignore_errors: bool) -> None:
        self.may_close.wait(5)
        self.active = False

    def close(self, ignore_errors: bool) -> None:
        self.active = False

    def pull(self, frames: int, delay_s: float = 0.5, *, is_dry: bool = False) -> np.ndarray:
        out = np.full((frames, self.channels), 9.0, np.float32)
        times = types.SimpleNamespace(currentTime=7.0, outputBufferDacTime=7.0 + delay_s)
        self.callback(out, frames, times, types.SimpleNamespace(output_underflow=is_dry))
        return out


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., StandIn]:
    def install(*devices: tuple[str, str, int, int], **more: Any) -> StandIn:
        made = StandIn(*devices, **more)
        monkeypatch.setitem(sys.modules, "sounddevice", made)
        return made

    return install


SPEAKERS = ("USB Speakers", ALSA, 2, 48_000)
HEADSET = ("Blue Headset", ALSA, 2, 44_100)
MICROPHONE = ("Microphone", ALSA, 0, 48_000)


def test_devices_are_outputs_only_and_know_the_default(stand_in: Callable[..., StandIn]) -> None:
    stand_in(SPEAKERS, MICROPHONE, HEADSET)
    assert [(each.index, each.name, each.is_default) for each in list_devices()] == [
        (0, "USB Speakers", True),
        (2, "Blue Headset", False),
    ]


@pytest.mark.parametrize(
    ("choice", "index"), [(None, 0), ("headset", 2), ("BLUE", 2), (2, 2), ("2", 2), ("usb sp", 0)]
)
def test_find_device(
    stand_in: Callable[..., StandIn], choice: str | int | None, index: int
) -> None:
    stand_in(SPEAKERS, MICROPHONE, HEADSET)
    assert find_device(choice).index == index


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("usb speekers", "Did you mean USB Speakers?"),
        ("zzz", "There is: USB Speakers, Blue Headset"),
        (1, "no sound output 1"),
        (9, "no sound output 9"),
        ("e", "Several sound outputs"),
    ],
)
def test_a_device_not_found_is_explained(
    stand_in: Callable[..., StandIn], choice: str | int, said: str
) -> None:
    stand_in(SPEAKERS, MICROPHONE, HEADSET)
    with pytest.raises(DeviceLost) as caught:
        find_device(choice)
    assert said in str(caught.value)


def test_windows_prefers_wasapi_and_lets_it_convert(stand_in: Callable[..., StandIn]) -> None:
    made = stand_in(("Speakers", MME, 2, 44_100), ("Speakers", WASAPI, 2, 44_100))
    assert find_device(None).index == find_device("speakers").index == 1
    DeviceOutput().start(lambda out: out.fill(0))
    assert made.opened[0]["extra_settings"] == {"auto_convert": True}
    assert made.opened[0]["samplerate"] == 48_000


def test_no_device_at_all_is_explained(stand_in: Callable[..., StandIn]) -> None:
    stand_in()
    with pytest.raises(DeviceLost, match="no sound output on this machine"):
        DeviceOutput().start(lambda out: out.fill(0))


def test_no_sound_library_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_portaudio(name: str, *more: Any) -> Any:
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
        return real_import(name, *more)

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_portaudio)
    monkeypatch.setattr(portaudio.sys, "platform", "linux")
    with pytest.raises(DeviceLost, match="PortAudio is not on this machine") as caught:
        DeviceOutput().start(lambda out: out.fill(0))
    assert "apt install libportaudio2" in caught.value.hint


def test_what_libraries_print_stays_off_the_screen_and_our_words_do_not() -> None:
    program = """
import os, sys
from voice_guide.output.portaudio import quiet_libraries
with quiet_libraries():
    os.write(2, b"Expression failed")
    print("our words", file=sys.stderr)
os.write(2, b"afterwards ")
print("again", file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == "our words\nafterwards again\n"


def sine(frequency_hz: float) -> Callable[[np.ndarray], None]:
    at = 0

    def fill(out: np.ndarray) -> None:
        nonlocal at
        frames = np.arange(at, at + len(out))
        out[:] = 0.5 * np.sin(2 * np.pi * frequency_hz / 48_000 * frames)[:, None]
        at += len(out)

    return fill


def opened_stream(made: StandIn, output: DeviceOutput) -> Stream:
    return output._line._stream  # type: ignore[union-attr]


def test_a_device_that_refuses_48_khz_gets_its_own_rate(stand_in: Callable[..., StandIn]) -> None:
    made = stand_in(HEADSET, rates=(44_100,))
    output = DeviceOutput()
    output.start(sine(1_000))
    assert made.opened[0]["samplerate"] == 44_100
    stream = opened_stream(made, output)
    heard = np.concatenate([stream.pull(BLOCK) for _ in range(40)])[4_410:48_510, 0]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) == 1_000
    assert np.max(np.delete(spectrum, range(995, 1_006))) < 1e-4 * spectrum.max()
    pending = 24_000 + BLOCK * 48_000 / 44_100
    assert pending - MOST_HEARD_SINCE <= output.delay_frames() <= pending


def test_a_device_that_refuses_every_rate_is_explained(stand_in: Callable[..., StandIn]) -> None:
    stand_in(HEADSET, rates=(8_000,))
    with pytest.raises(DeviceLost, match="Blue Headset would not open"):
        DeviceOutput().start(sine(1_000))


def test_a_mono_device_hears_both_sides(stand_in: Callable[..., StandIn]) -> None:
    made = stand_in(("Old speaker", ALSA, 1, 48_000))
    output = DeviceOutput()

    def fill(out: np.ndarray) -> None:
        out[:, 0], out[:, 1] = 0.5, 0.25

    output.start(fill)
    heard = opened_stream(made, output).pull(BLOCK)
    assert heard.shape == (BLOCK, 1)
    assert np.all(heard == 0.375)


def test_a_chosen_device_that_goes_gives_way_to_the_default(
    stand_in: Callable[..., StandIn],
) -> None:
    made = stand_in(SPEAKERS, HEADSET)
    output = DeviceOutput("headset")
    output.start(sine(1_000))
    made.devices.pop()
    output.start(sine(1_000))
    assert [each["device"] for each in made.opened] == [1, 0]
    with pytest.raises(DeviceLost):
        DeviceOutput("headset").start(sine(1_000))


@pytest.mark.parametrize("reported_s", [-3.0, 1e6])
def test_a_driver_without_times_counts_the_whole_buffer(
    stand_in: Callable[..., StandIn], reported_s: float
) -> None:
    made = stand_in(SPEAKERS)
    output = DeviceOutput()
    output.start(sine(1_000))
    opened_stream(made, output).pull(BLOCK, delay_s=reported_s)
    most = BUFFER + BLOCK
    assert most - MOST_HEARD_SINCE <= output.delay_frames() <= most


def test_stop_frees_the_stream_and_is_harmless_twice(stand_in: Callable[..., StandIn]) -> None:
    made = stand_in(SPEAKERS)
    output = DeviceOutput()
    output.stop()
    output.start(sine(1_000))
    stream = opened_stream(made, output)
    assert output.is_alive()
    output.stop()
    output.stop()
    assert not stream.active
    assert not output.is_alive()
    assert output.delay_frames() == 0


def test_after_a_loss_the_devices_are_looked_up_afresh(
    stand_in: Callable[..., StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    made = stand_in(SPEAKERS)
    output = DeviceOutput()
    for _ in range(2):  # an ordinary pause and resume
        output.start(sine(1_000))
        output.stop()
    assert made.refreshed == 0
    output.start(sine(1_000))
    opened_stream(made, output).active = False
    assert not output.is_alive()
    made.is_broken = True
    with pytest.raises(DeviceLost, match="would not start again"):
        output.start(sine(1_000))
    made.is_broken = False
    output.start(sine(1_000))
    assert output.is_alive()
    assert made.refreshed == 2


def test_a_close_that_hangs_holds_nobody_up(
    stand_in: Callable[..., StandIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "CLOSING_S", 0.01)
    made = stand_in(SPEAKERS)
    output = DeviceOutput()
    output.start(sine(1_000))
    refreshed = made.refreshed
    hung = opened_stream(made, output)
    hung.may_close.clear()
    hung.active = False
    output.stop()
    assert not output.is_alive()
    output.start(sine(1_000))
    assert output.is_alive()
    assert made.refreshed == refreshed, "PortAudio would wait for the stream that hangs"
    hung.may_close.set()


@pytest.mark.parametrize("sample_rate", [44_100, 96_000, 22_050])
def test_resampling_goes_on_without_a_seam_whatever_the_blocks(sample_rate: int) -> None:
    whole, cut = np.zeros((30_000, 2), np.float32), np.zeros((30_000, 2), np.float32)
    resampled(sine(300), sample_rate)(whole)
    fill = resampled(sine(300), sample_rate)
    for onset in range(0, 30_000, 777):
        fill(cut[onset : onset + 777])
    assert np.array_equal(whole, cut)
    assert np.abs(np.diff(cut[2_000:, 0])).max() < 0.5 * 2 * np.pi * 300 / sample_rate * 1.01


def test_mono_is_the_mean() -> None:
    out = np.zeros((4, 1), np.float32)
    mono(lambda both: both.__setitem__(slice(None), (1.0, 0.0)))(out)
    assert np.all(out == 0.5)


def test_how_often_it_ran_dry_is_known_until_it_starts_anew(
    stand_in: Callable[..., StandIn],
) -> None:
    """Who plays to the end asks at the end, when it is closed already."""
    made, output = stand_in(SPEAKERS), DeviceOutput()
    assert output.underflows == 0
    output.start(lambda out: out.fill(0))
    for is_dry in (True, False, True):
        opened_stream(made, output).pull(BLOCK, is_dry=is_dry)
    assert output.underflows == 2
    output.stop()
    output.stop()
    assert output.underflows == 2
    output.start(lambda out: out.fill(0))
    assert output.underflows == 0
    output.stop()
