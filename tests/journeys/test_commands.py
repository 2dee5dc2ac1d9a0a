"""The program as a process: interrupted, piped, without a terminal, looked at while it plays."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from rig import needs_rig, sound_rig, wait_until

from voice_guide.script.cautions import CAUTIONS
from voice_guide.store.paths import find_paths
from voice_guide.store.progress import Progress

pytestmark = pytest.mark.real

PROGRAM = (sys.executable, "-m", "voice_guide")
ROOT = Path(__file__).resolve().parents[2]


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def run(*words, timeout=60, **options):
    done = subprocess.run(
        [*PROGRAM, *words],
        capture_output=True,
        env=options.pop("env", environment()),
        timeout=timeout,
        check=False,
        **options,
    )
    assert b"Traceback" not in done.stderr + done.stdout
    return done


def start(*words, **options):
    return subprocess.Popen(
        [*PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=options.pop("env", environment()),
        **options,
    )


def children(pid):
    """Return the pids of a process's children."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid:
            found.append(int(status.parent.name))
    return found


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def hears_signals(pid):
    """Tell whether the program has taken SIGTERM into its own hands: the interpreter never does."""
    caught = re.search(r"SigCgt:\s*(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.fixture
def home(tmp_path):
    """Give the home of a listener who has met every caution."""
    own = tmp_path / "home"
    Progress(find_paths({"VOICE_GUIDE_HOME": str(own)}).progress).meet(CAUTIONS)
    return environment(VOICE_GUIDE_HOME=str(own))


@pytest.fixture
def deaf(home, tmp_path):
    """Give an environment in which no sound output will open."""
    no_card = tmp_path / "asound.conf"
    no_card.write_text("pcm.!default { type hw card 99 }\nctl.!default { type hw card 99 }\n")
    return {**home, "ALSA_CONFIG_PATH": str(no_card), "PULSE_SERVER": "unix:/nowhere"}


@pytest.mark.parametrize("delay_s", [0.0, 0.1, 0.3, 0.6, 1.0, 1.4, 1.9, 2.5])
def test_ctrl_c_while_rendering_leaves_nothing_half_done(tmp_path, home, delay_s):
    target = tmp_path / "out" / "a.mp3"
    target.parent.mkdir()
    words = ("render", "muscles-short", "-o", target, "--length", "10m", "--captions", "--stems")
    process = start(*words, env=home)
    wait_until(lambda: hears_signals(process.pid), 30.0, "the program began")
    # A moment at which to interrupt, not a wait for something to be ready.
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(delay_s)
    started = children(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert b"Traceback" not in err
    assert process.returncode == 130
    assert out == b""
    assert list(target.parent.iterdir()) == []
    wait_until(lambda: not any(map(is_running, started)), what="its children ended")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_polite_kill_ends_as_cleanly(tmp_path, home, number):
    target = tmp_path / "a.wav"
    process = start("render", "4-7-8", "-o", target, env=home)
    wait_until(lambda: bool(children(process.pid)), 30.0, "the voice started")
    started = children(process.pid)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"")
    assert not target.exists()
    wait_until(lambda: not any(map(is_running, started)), what="its children ended")


def test_a_reader_that_has_seen_enough_is_no_fault():
    process = start("score", "4-7-8", "--json")
    with process:
        process.stdout.close()
        assert process.wait(30) == 0
        assert process.stderr.read() == b""


def test_it_works_without_any_input_or_terminal(tmp_path, home):
    target = tmp_path / "a.wav"
    done = run("render", "4-7-8", "-o", target, env=home, stdin=subprocess.DEVNULL)
    assert done.returncode == 0
    assert done.stderr == b""
    with wave.open(str(target)) as sound:
        assert sound.getframerate() == 48_000
        assert abs(sound.getnframes() / 48_000 - 300) < 1


def test_closed_streams_do_no_harm(tmp_path, home):
    words = shlex.join([*PROGRAM, "render", "4-7-8", "-o", str(tmp_path / "a.wav")])
    done = subprocess.run(f"{words} <&- >&- 2>&-", shell=True, env=home, timeout=60, check=False)
    assert done.returncode == 0
    assert (tmp_path / "a.wav").exists()


def test_a_plain_terminal_encoding_is_no_fault(tmp_path):
    script = tmp_path / "ü.md"
    script.write_text(
        "---\ntitle: Ruhe – 静けさ\nkind: moments\nlength: 20-50 s\n---\n\n"
        "Äußerst still 🌊.\n\n[pause 1-40s]\n"
    )
    plain = environment(LC_ALL="C", LANG="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    for words in (("show", script), ("check", script), ("score", script), ("list",)):
        assert run(*words, env=plain).returncode == 0


def test_where_nothing_can_be_heard_the_session_becomes_a_file(deaf, tmp_path):
    paths = []
    for _ in range(2):
        done = run("play", "4-7-8", "--length", "4m", env=deaf, stdin=subprocess.DEVNULL)
        assert done.returncode == 0
        assert len(done.stderr.decode().strip().splitlines()) == 1
        assert b"file instead" in done.stderr
        title, path, *care = done.stdout.decode().splitlines()
        assert title.startswith("Four, seven, eight, 4 min")
        assert care
        assert all(line.startswith("Take care: ") for line in care)
        paths.append(Path(path.strip()))
    assert all(path.stat().st_size > 4 * 48_000 * 200 for path in paths)
    assert paths[0] != paths[1]
    assert tmp_path in paths[0].parents


def test_an_output_that_is_named_and_not_there_is_a_fault(deaf):
    done = run("play", "4-7-8", "--device", "headset", env=deaf)
    assert done.returncode == 1
    assert b"output" in done.stderr


def test_an_unknown_voice_names_a_way_out(tmp_path, home):
    done = run("render", "4-7-8", "-o", tmp_path / "a.wav", "--voice", "bob", env=home)
    assert done.returncode == 1
    assert b"bob" in done.stderr
    assert b"voice-guide voices" in done.stderr or b"mean" in done.stderr


def test_voices_and_doctor_speak_json(home):
    voices = json.loads(run("voices", "--json", env=home).stdout)
    assert voices[0]["id"] == "en-us"
    findings = json.loads(run("doctor", "--json", env=home).stdout)
    assert {"name", "ok", "detail", "hint"} == set(findings[0])
    by_name = {one["name"]: one for one in findings}
    assert by_name["voice"]["ok"], by_name["voice"]
    assert all(one["hint"] for one in findings if not one["ok"])


class Screen:
    """A terminal with the program on it."""

    def __init__(self, *words, env):
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execve(sys.executable, [*PROGRAM, *words], {**env, "TERM": "xterm"})
        self.text = ""

    def read(self):
        while select.select([self.terminal], [], [], 0)[0]:
            try:
                sent = os.read(self.terminal, 65_536)
            except OSError:
                return
            if not sent:
                return
            self.text += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", sent.decode(errors="replace"))

    def wait_for(self, text, timeout_s=60.0):
        """Wait until the text is written from here on, and forget what came before it."""

        def is_there():
            self.read()
            return text in self.text

        try:
            wait_until(is_there, timeout_s, what=text)
        except AssertionError as error:
            raise AssertionError(f"{text!r} is not in {self.text[-600:]!r}") from error
        self.text = self.text.partition(text)[2]

    def press(self, keys):
        os.write(self.terminal, keys)

    def end(self, timeout_s=20.0):
        """Return the exit code."""
        status = []

        def is_over():
            self.read()
            pid, code = os.waitpid(self.pid, os.WNOHANG)
            status.append(code)
            return pid == self.pid

        wait_until(is_over, timeout_s, what="the program ended")
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(status[-1])


@needs_rig
def test_a_session_is_heard_seen_and_steered_by_keys(home):
    with sound_rig() as rig, rig.record() as recording:
        screen = Screen("play", "4-7-8", env={**rig.env, **{k: home[k] for k in HOME_KEYS}})
        screen.wait_for("Four, seven, eight")
        screen.wait_for("You are here.")
        screen.press(b"\x1b[C")
        screen.wait_for("round 1 of")
        screen.wait_for("hold")
        screen.press(b" ")
        screen.wait_for("paused")
        wait_until(lambda: rig.streams() == 0, what="a paused session keeps no stream")
        screen.press(b" ")
        screen.wait_for("breathe in")
        screen.press(b"e")
        screen.wait_for("without holding")
        screen.press(b"\x1b[D\x1b[D")
        screen.wait_for("Arrive")
        screen.press(b"q")
        assert screen.end() == 0
        recording.catch_up()
        samples = recording.samples()
    assert "Traceback" not in screen.text
    assert np.abs(samples).max() > 0.01
    assert np.abs(samples[-2_000:]).max() < 1e-3


HOME_KEYS = ("VOICE_GUIDE_HOME", "PYTHONPATH")


@needs_rig
def test_ctrl_c_ends_a_session_quickly_and_gives_the_terminal_back(home):
    with sound_rig() as rig:
        screen = Screen("play", "4-7-8", env={**rig.env, **{k: home[k] for k in HOME_KEYS}})
        screen.wait_for("You are here.")
        began = time.monotonic()
        screen.press(b"\x03")
        assert screen.end() == 130
        took_s = time.monotonic() - began
        print(f"it ended after {took_s:.1f} s")
        assert took_s < 5.0
        assert "Traceback" not in screen.text


@needs_rig
def test_a_pipe_gets_plain_lines_and_no_bar(home):
    with sound_rig() as rig:
        env = {**rig.env, **{k: home[k] for k in HOME_KEYS}}
        process = start("play", "4-7-8", env=env, stdin=subprocess.DEVNULL)
        lines = [process.stdout.readline().decode().strip() for _ in range(5)]
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    care = [line for line in lines if line.startswith("Take care: ")]
    told = [line for line in lines if line not in care]
    assert care == lines[1 : 1 + len(care)], "before the first words, and after the title"
    assert "Holding the breath" in care[0]
    assert told[:3] == ["Four, seven, eight", "# Arrive", "You are here."]
    assert process.returncode == 130
    assert b"\x1b" not in out + err


@needs_rig
def test_the_doctor_plays_a_bell(home):
    with sound_rig() as rig, rig.record() as recording:
        done = run("doctor", "--sound", env={**rig.env, **{k: home[k] for k in HOME_KEYS}})
        samples = recording.samples()
    assert done.returncode == 0, done.stdout
    assert np.abs(samples).max() > 0.01
