"""A private sound server whose output is recorded sample by sample: PulseAudio with a null sink."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

SAMPLE_RATE = 48_000
SINK = "vg"
_NULL_SINK = (
    *(f"sink_name={SINK}", f"rate={SAMPLE_RATE}", "channels=2"),
    *("format=float32le", "norewinds=1"),
)
TOOLS = ("pulseaudio", "parec", "pactl")

MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
needs_rig = pytest.mark.skipif(bool(MISSING), reason=f"not on this system: {', '.join(MISSING)}")


def wait_until(condition: Callable[[], bool], timeout_s: float = 20.0, what: str = "") -> float:
    """Return the seconds it took until the condition held; fail when it never does."""
    asked = began = time.monotonic()
    while not condition():
        now = time.monotonic()
        if now - began > timeout_s:
            raise AssertionError(f"waited {timeout_s} s in vain: {what or condition}")
        # What is dear to find out is asked less often: the processor is for what is waited for.
        time.sleep(min(0.05, max(0.005, 3 * (now - asked))))
        asked = time.monotonic()
    return time.monotonic() - began


@dataclass
class Recording:
    """What a sink's monitor gave, growing until it is stopped."""

    process: subprocess.Popen[bytes]
    path: Path
    server: subprocess.Popen[bytes] | None = None
    began: tuple[float, int] = (0.0, 0)
    """A moment, and the frames there were then."""

    def frames(self) -> int:
        return self.path.stat().st_size // 8

    def samples(self) -> NDArray[np.float32]:
        """Return float32 `[frames, 2]` as far as it is recorded."""
        count = self.frames() * 2
        return np.fromfile(self.path, np.float32, count=count).reshape(-1, 2)

    def catch_up(self) -> None:
        """Wait until all that was heard by now is recorded; the sink has to be there all along."""
        moment_s, frames = self.began
        now = frames + (time.monotonic() - moment_s + 0.1) * SAMPLE_RATE
        wait_until(lambda: self.frames() >= now, what="the recording does not go on")

    def stop(self) -> NDArray[np.float32]:
        # parec hands over what it holds when it is asked to end; its own latency is 20 ms
        end_process(self.process)
        return self.samples()


def end_process(process: subprocess.Popen[bytes], *, hard: bool = False) -> None:
    """End one process that we started, by its own pid."""
    if process.poll() is None:
        process.kill() if hard else process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


@dataclass
class Rig:
    """One sound server in a folder of its own; ended by its pid."""

    folder: Path
    server: subprocess.Popen[bytes] | None = None
    recordings: list[Recording] = field(default_factory=list)

    @property
    def socket(self) -> Path:
        return self.folder / "pulse" / "native"

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of a client, such as a player."""
        return {
            **os.environ,
            **self._folders(),
            "PULSE_SERVER": f"unix:{self.socket}",
            "ALSA_CONFIG_PATH": str(self.folder / "asound.conf"),
            "HOME": str(self.folder),
        }

    def _folders(self) -> dict[str, str]:
        return {
            "XDG_RUNTIME_DIR": str(self.folder / "xdg"),
            "PULSE_RUNTIME_PATH": str(self.folder / "pulse"),
            "PULSE_STATE_PATH": str(self.folder / "state"),
        }

    def start(self) -> None:
        """Start the server, with one null sink and nothing else."""
        for name in ("xdg", "pulse", "state"):
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        device = f'type pulse server "unix:{self.socket}"'
        (self.folder / "asound.conf").write_text(
            f"pcm.!default {{ {device} }}\nctl.!default {{ {device} }}\npcm.pulse {{ {device} }}\n"
        )
        env = {**os.environ, **self._folders(), "HOME": str(self.folder)}
        env.pop("PULSE_SERVER", None)
        log = (self.folder / "server.log").open("ab")
        with log:
            self.server = subprocess.Popen(
                [
                    *("pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no"),
                    *("--exit-idle-time=-1", "--disallow-exit"),
                    *("--high-priority=no", "--realtime=no", "--log-level=debug"),
                    "-L",
                    f"module-native-protocol-unix auth-anonymous=1 socket={self.socket}",
                    # Without norewinds the first stream stalls for over a second.
                    "-L",
                    " ".join(("module-null-sink", *_NULL_SINK)),
                    *("-L", "module-always-sink"),
                ],
                env=env,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        wait_until(self._answers, what="the sound server does not answer")

    def _answers(self) -> bool:
        return self.socket.exists() and self.pactl("info", check=False).returncode == 0

    def kill(self) -> None:
        """Take the server away without a farewell."""
        assert self.server is not None
        end_process(self.server, hard=True)

    def restart(self) -> None:
        """Bring the server back."""
        self.start()

    def pactl(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Ask the server something."""
        return subprocess.run(
            ["pactl", *words], env=self.env, capture_output=True, text=True, check=check, timeout=10
        )

    def unload_sink(self) -> None:
        """Unload the null sink; module-always-sink brings a dummy in its place."""
        listed = self.pactl("list", "short", "modules").stdout.splitlines()
        number = next(line.split()[0] for line in listed if f"sink_name={SINK}" in line)
        self.pactl("unload-module", number)

    def load_sink(self) -> None:
        """Load the null sink again, and let what plays be heard there."""
        self.pactl("load-module", "module-null-sink", *_NULL_SINK)

    def suspend(self, suspended: bool = True) -> None:
        """Suspend the sink, or wake it."""
        self.pactl("suspend-sink", SINK, "1" if suspended else "0")

    def streams(self) -> int:
        """Count the streams that play into the server now."""
        return len(self.pactl("list", "short", "sink-inputs").stdout.splitlines())

    def gaps(self) -> int:
        """Count how often the server had nothing to play in the middle of a stream.

        It tells of each one itself, whoever was too slow: PortAudio's own count leaves some out.
        """
        log = self.folder / "server.log"
        return log.read_text(errors="replace").count("Implicit underrun")

    def start_recording(self, latency_ms: int = 20) -> Recording:
        """Record the sink from now on; returns once samples flow."""
        path = self.folder / f"recording{len(self.recordings)}.f32"
        with path.open("wb") as file:
            process = subprocess.Popen(
                [
                    *("parec", "-d", f"{SINK}.monitor", f"--rate={SAMPLE_RATE}"),
                    *("--channels=2", "--format=float32le", f"--latency-msec={latency_ms}"),
                ],
                env=self.env,
                stdout=file,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
            )
        recording = Recording(process, path, self.server)
        self.recordings.append(recording)
        wait_until(lambda: recording.frames() > 0, what="nothing is recorded")
        recording.began = time.monotonic(), recording.frames()
        return recording

    @contextlib.contextmanager
    def record(self) -> Iterator[Recording]:
        """Record the sink for the length of the block."""
        recording = self.start_recording()
        try:
            yield recording
        finally:
            recording.stop()

    def close(self) -> None:
        """End everything that was started here."""
        for recording in self.recordings:
            end_process(recording.process)
        if self.server is not None:
            end_process(self.server)


@contextlib.contextmanager
def sound_rig() -> Iterator[Rig]:
    """Give a running rig in a fresh temporary folder, and clear it away."""
    # The path of a socket may have 107 characters: pytest's own folders are longer at times.
    with tempfile.TemporaryDirectory(prefix="vg-rig-", ignore_cleanup_errors=True) as folder:
        rig = Rig(Path(folder))
        try:
            rig.start()
            yield rig
        finally:
            rig.close()


def onsets(samples: NDArray[np.float32], level: float = 0.1, gap: int = 2_400) -> NDArray[np.int64]:
    """Return the frames at which something over `level` begins after `gap` quieter frames."""
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > level)
    if not len(loud):
        return loud
    return loud[np.concatenate([[True], np.diff(loud) > gap])]
