"""PortAudio at arm's length: found late, asked for devices, and its faults put in plain words."""

from __future__ import annotations

import contextlib
import difflib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import DeviceLost

if TYPE_CHECKING:
    from types import ModuleType

INSTALL_HINT: Final = {
    "linux": "Install PortAudio, for example: sudo apt install libportaudio2",
    "darwin": "Install PortAudio, for example: brew install portaudio",
}
NO_OUTPUT_HINT: Final = "Connect a headset or speakers, and try again."


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One sound output of this machine."""

    index: int
    """PortAudio's number for it; may change when devices come and go."""
    name: str
    host: str
    """The sound system that offers it, such as ALSA or Windows WASAPI."""
    channels: int
    """The most it can play at once."""
    sample_rate: int
    """The rate it prefers, in Hz."""
    is_default: bool = False


def load() -> ModuleType:
    """Import sounddevice, only when sound is to be heard: rendering needs no sound library."""
    try:
        import sounddevice  # noqa: PLC0415  # a missing library must not break rendering
    except (OSError, ImportError) as cause:
        hint = INSTALL_HINT.get(sys.platform, "Install the package again: pip install sounddevice")
        raise DeviceLost("The sound library PortAudio is not on this machine.", hint) from cause
    return sounddevice


@contextlib.contextmanager
def explained(doing: str) -> Iterator[ModuleType]:
    """Yield sounddevice, and turn its faults into `DeviceLost`."""
    sounddevice = load()
    try:
        yield sounddevice
    except (sounddevice.PortAudioError, ValueError, OSError) as cause:
        reason = str(cause.args[0]) if cause.args else type(cause).__name__
        raise DeviceLost(f"No sound can be played: {doing} ({reason}).", NO_OUTPUT_HINT) from cause


@contextlib.contextmanager
def quiet_libraries() -> Iterator[None]:
    """Keep what PortAudio and ALSA print by themselves, as when a device goes, off the screen.

    They write to descriptor 2, with no way to ask them not to; `sys.stderr` writes elsewhere
    meanwhile, so that our own words still show. For a whole program to use, not for a part.
    """
    own = sys.stderr
    own.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        with os.fdopen(os.dup(kept), "w", encoding=own.encoding, errors=own.errors) as sys.stderr:
            yield
    finally:
        sys.stderr = own
        os.dup2(kept, 2)
        os.close(kept)


def refresh() -> None:
    """Start PortAudio afresh: its list of devices is frozen at the start.

    Every open stream in the process ends with it.
    """
    with explained("the sound system would not start again") as sounddevice:
        # Not initialised any more, when an earlier refresh failed half-way.
        with contextlib.suppress(sounddevice.PortAudioError):
            sounddevice._terminate()
        sounddevice._initialize()


def list_devices() -> tuple[DeviceInfo, ...]:
    """Return every sound output, in PortAudio's order."""
    with explained("the outputs could not be listed") as sounddevice:
        hosts = [str(host["name"]) for host in sounddevice.query_hostapis()]
        default = _default_index(sounddevice)
        return tuple(
            DeviceInfo(
                index=index,
                name=str(found["name"]),
                host=hosts[found["hostapi"]],
                channels=int(found["max_output_channels"]),
                sample_rate=round(found["default_samplerate"]),
                is_default=index == default,
            )
            for index, found in enumerate(sounddevice.query_devices())
            if found["max_output_channels"] > 0
        )


def _default_index(sounddevice: ModuleType) -> int:
    """Return the index of the default output, -1 when there is none.

    PortAudio's own choice on Windows is MME, the oldest and slowest way in; WASAPI is better.
    """
    for host in sounddevice.query_hostapis():
        if host["name"] == "Windows WASAPI" and host["default_output_device"] >= 0:
            return int(host["default_output_device"])
    try:
        return int(sounddevice.query_devices(kind="output")["index"])
    except sounddevice.PortAudioError:
        return -1


def find_device(choice: str | int | None) -> DeviceInfo:
    """Return the output with this index, or with this text in its name; None asks for the default.

    Raises
    ------
    DeviceLost
        None or several match; the message names the nearest.
    """
    devices = list_devices()
    if not devices:
        raise DeviceLost("There is no sound output on this machine.", NO_OUTPUT_HINT)
    if choice is None:
        found = [device for device in devices if device.is_default] or list(devices[:1])
    elif isinstance(choice, int) or choice.isdecimal():
        found = [device for device in devices if device.index == int(choice)]
    else:
        found = _named(choice, devices)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{device.index} ({device.name})" for device in found)
        raise DeviceLost(
            f"Several sound outputs are called {choice!r}: {names}.", "Choose one by its number."
        )
    raise DeviceLost(f"There is no sound output {choice!r}.", _suggest(str(choice), devices))


def _named(name: str, devices: tuple[DeviceInfo, ...]) -> list[DeviceInfo]:
    wanted = name.casefold()
    exact = [device for device in devices if device.name.casefold() == wanted]
    found = exact or [device for device in devices if wanted in device.name.casefold()]
    # Windows offers each output once per sound system, under the same name.
    modern = [device for device in found if device.host == "Windows WASAPI"]
    return modern or found


def _suggest(name: str, devices: tuple[DeviceInfo, ...]) -> str:
    names = {device.name.casefold(): device.name for device in devices}
    near = difflib.get_close_matches(name.casefold(), names, n=3, cutoff=0.4)
    if near:
        return f"Did you mean {' or '.join(names[each] for each in near)}?"
    return f"There is: {', '.join(device.name for device in devices[:6])}."


def open_stream(
    device: DeviceInfo,
    on_block: Callable[..., None],
    on_finished: Callable[[], None],
    **settings: Any,
) -> Any:
    """Open and start an output-only float32 stream; `settings` are those of an `OutputStream`.

    Output-only, because a stream with an input puts a Bluetooth headset on macOS into its
    hands-free mode.
    """
    with explained(f"{device.name} would not open") as sounddevice:
        convert = device.host == "Windows WASAPI"  # shared mode takes only the mixer's own rate
        stream = sounddevice.OutputStream(
            device=device.index,
            dtype="float32",
            extra_settings=sounddevice.WasapiSettings(auto_convert=True) if convert else None,
            callback=on_block,
            finished_callback=on_finished,
            **settings,
        )
        try:
            stream.start()
        except BaseException:
            stream.close(ignore_errors=True)
            raise
        return stream
