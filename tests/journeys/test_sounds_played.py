"""The sounds command at the ears: what a listener hears of a preview, and when there is nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hearing import undisturbed
from phases import hear
from rig import Rig, needs_rig, sound_rig, wait_until

from voice_guide.sound.clip import SAMPLE_RATE, Samples

pytestmark = [pytest.mark.real, needs_rig]

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def rig() -> Iterator[Rig]:
    with sound_rig() as made:
        yield made


def start(*words: str, env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "voice_guide", "sounds", *words],
        env={**env, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sounding(samples: Samples) -> Samples:
    loud = np.flatnonzero(np.abs(samples).max(axis=1) > 1e-3)
    return samples[loud[0] : loud[-1] + 1]


def test_what_is_rendered_is_what_is_heard(rig: Rig, tmp_path: Path) -> None:
    rendering = start("--render", "--play", "small-bell", "-o", str(tmp_path), env=rig.env)
    rendering.communicate(timeout=60)
    assert rendering.returncode == 0
    written, _ = soundfile.read(tmp_path / "bell-small-bell.wav", dtype="float32")
    for _ in undisturbed(rig):
        with rig.record() as recording:
            playing = start("--play", "small-bell", env=rig.env)
            out, err = playing.communicate(timeout=60)
            recording.catch_up()
    assert (playing.returncode, out, err) == (0, "small-bell, a bell\n", "")
    heard, wanted = sounding(recording.samples()), sounding(written)
    assert abs(heard.shape[0] - wanted.shape[0]) < 100
    count = min(heard.shape[0], wanted.shape[0])
    assert np.abs(heard[:count] - wanted[:count]).max() < 0.01


def test_a_recording_of_ones_own_breathes(rig: Rig, tmp_path: Path) -> None:
    sounds = tmp_path / "data" / "sounds" / "pacers"
    sounds.mkdir(parents=True)
    chance = np.random.default_rng(1)
    soundfile.write(sounds / "hush.flac", 0.1 * chance.standard_normal((220_500, 2)), 44_100)
    for _ in undisturbed(rig):
        with rig.record() as recording:
            playing = start("--play", "hush", env={**rig.env, "VOICE_GUIDE_HOME": str(tmp_path)})
            playing.communicate(timeout=60)
            recording.catch_up()
    assert playing.returncode == 0
    heard = hear(sounding(recording.samples()))
    assert [phase for phase, _ in heard] == ["in", "hold", "out"]
    assert [end for _, end in heard[:2]] == pytest.approx([4, 11], abs=0.1)


def test_ctrl_c_ends_a_preview_softly(rig: Rig) -> None:
    with rig.record() as recording:
        playing = start("--play", "ocean", env=rig.env)
        wait_until(lambda: rig.streams() > 0, 30.0, "nothing is played")
        began = recording.frames()
        wait_until(lambda: recording.frames() > began + 3 * SAMPLE_RATE)
        playing.send_signal(signal.SIGINT)
        _, err = playing.communicate(timeout=30)
    assert playing.returncode == 130
    assert "Traceback" not in err
    heard = sounding(recording.samples())
    assert heard.shape[0] < 6 * SAMPLE_RATE
    assert np.abs(heard[-480:]).max() < 0.2 * np.abs(heard).max()


def test_without_a_sound_output_a_file_is_offered(tmp_path: Path) -> None:
    no_card = tmp_path / "asound.conf"
    no_card.write_text("pcm.!default { type null_which_is_not_there }\n")
    nowhere = {"ALSA_CONFIG_PATH": str(no_card), "PULSE_SERVER": "unix:/nowhere"}
    playing = start("--play", "rain", env={**os.environ, **nowhere})
    _, err = playing.communicate(timeout=60)
    assert playing.returncode == 1
    assert "no sound output" in err
    assert "voice-guide sounds --render --play rain" in err
