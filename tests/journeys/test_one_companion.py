"""One companion a listener, with the whole program: whoever starts or misbehaves around it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from companion_rig import (
    PROGRAM,
    ROOT,
    START_S,
    World,
    children,
    footprint,
    needs_world,
    sounding,
    wait_for_sound,
    wait_until_at_rest,
    world,
)
from own_bus import Client
from rig import SAMPLE_RATE, end_process, needs_rig, wait_until

from voice_guide.frontends.desktop.instance.door import CLIENT_S

pytestmark = [pytest.mark.real, needs_world]

THERE = "voice-guide is in the tray already."
NOBODY = 65534


@pytest.fixture
def silent_world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def sounding_world() -> Iterator[World]:
    with world(sound=True) as made:
        yield made


def still_running(started: list[subprocess.Popen[bytes]]) -> list[subprocess.Popen[bytes]]:
    return [one for one in started if one.poll() is None]


def test_a_terminal_does_not_stand_still_without_a_word(silent_world: World) -> None:
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as terminal:  # noqa: PTH123 - a number, not a path
        process = subprocess.Popen(
            [*PROGRAM], env=silent_world.env, stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        try:
            assert select.select([terminal], [], [], START_S)[0], "nothing is said"
            (said,) = terminal.read(1000).decode().splitlines()
            assert said.startswith("voice-guide is in the tray, and a click on it begins.")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            end_process(process)


def leftover(said: str, *known: str) -> str:
    """Return what was said besides these; lines of several programs at once may run together."""
    for words in known:
        said = said.replace(words, "")
    return said.strip()


# Who is first.


def test_twenty_starts_at_once_are_one_icon(silent_world: World) -> None:
    started = [silent_world.spawn() for _ in range(20)]
    wait_until(lambda: len(still_running(started)) == 1, 120.0, "not all others leave")
    (silent_world.process,) = still_running(started)
    assert [one.returncode for one in started if one is not silent_world.process] == [0] * 19
    assert silent_world.log.count(THERE) == 19
    assert leftover(silent_world.log, THERE) == ""
    wait_until(lambda: bool(silent_world.tray.registered), START_S, "no icon")
    assert silent_world.status()["state"] == "idle"
    assert len(silent_world.tray.registered) == 1
    silent_world.end()
    assert not list((silent_world.home / "run").iterdir())


@needs_rig
def test_starts_plays_and_keys_at_once_are_one_companion(sounding_world: World) -> None:
    """`play` and `toggle` start a companion where there is none: all meet the same one."""
    words = ((), ("play", "breathing/box"), ("toggle",))
    # In a session that `play` starts nobody reads what the companion says.
    started = [(how, sounding_world.spawn(*how)) for _ in range(6) for how in words]
    by_word = {how: [one for word, one in started if word == how] for how in words}
    others = by_word["play", "breathing/box"] + by_word["toggle",]
    wait_until(lambda: not still_running(others), 120.0, "not all are answered")
    wait_until(lambda: len(still_running(by_word[()])) <= 1, 60.0, "several stay")
    assert {one.returncode for one in others} == {0}
    assert {one.returncode for one in by_word[()]} <= {0, None}
    said = sounding_world.log
    assert said.count("Playing Box breathing.") == 6
    others_said = re.sub(r"Playing [\w ]+\.|Paused\.|Going on\.", "", said)  # what `toggle` does
    assert leftover(others_said, THERE) == ""
    assert len(sounding_world.tray.registered) == 1
    sounding_world.say("stop")
    sounding_world.wait_for("idle")
    assert sounding_world.say("quit") == "Good-bye."
    wait_until(lambda: sounding_world.ask("status") is None, what="it does not leave")


@needs_rig
def test_killed_while_it_plays_and_started_again_at_once(sounding_world: World) -> None:
    one = sounding_world
    assert one.rig
    for _ in range(2):
        one.begin()
        one.play("ninety-second-reset")
        one.wait_for("playing")
        assert one.process
        voice = children(one.process.pid)
        one.process.kill()
        one.process.wait(5)
        assert (one.home / "run" / "companion.sock").exists()
        assert one.ask("status") is None
        # Nothing of it lives on: its voice ends when nobody listens any more.
        wait_until(lambda v=voice: not any(map(alive, v)), what="a child lives on")
    with one.rig.record() as recording:
        one.begin()
        one.play("ninety-second-reset")
        wait_for_sound(recording)
    one.end()


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return False


# What may not go in.


def test_whoever_misbehaves_at_the_door_changes_nothing(silent_world: World) -> None:
    silent_world.begin()
    assert silent_world.process
    pid = silent_world.process.pid
    path = str(silent_world.home / "run" / "companion.sock")

    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CLIENT_S + 5)
        connection.connect(path)
        return connection

    def misbehave() -> list[socket.socket]:
        huge = connect()
        with contextlib.suppress(OSError):
            for _ in range(100 * 16):  # 100 MB
                huge.sendall(b"x" * 65_536)
        assert b"bytes long" in huge.recv(1000)
        nonsense = connect()
        nonsense.sendall(b"\x00\xff" * 100 + b"\n")
        assert b"not understood" in nonsense.recv(1000)
        half = connect()
        half.sendall(b'{"words":["pl')
        half.shutdown(socket.SHUT_WR)
        assert b"middle of a line" in half.recv(1000)
        slow = connect()
        slow.sendall(b'{"wor')
        idle = [connect() for _ in range(100)]
        return [huge, nonsense, half, slow, *idle]

    for one in misbehave():  # for the first time: what is loaded once is loaded
        one.close()
    wait_until_at_rest(pid)
    before = footprint(pid)
    for _ in range(3):
        crowd = misbehave()
        assert silent_world.status()["state"] == "idle"
        # The last of those that wait in silence had not been sent away: nobody waited for it.
        assert not select.select(crowd[-1:], [], [], 0)[0]
        for one in crowd:
            one.close()
    assert silent_world.status()["state"] == "idle"
    after = footprint(pid)
    # A hundred askers would show.
    assert after.rss_mb - before.rss_mb < 8
    assert after.threads - before.threads < 4
    assert after.files - before.files < 8
    assert silent_world.say("toggle").startswith("Playing")
    silent_world.end()


# Where it can be reached.


@contextlib.contextmanager
def as_somebody_else(env: dict[str, str]) -> Iterator[list[str]]:
    """Give the program as another user runs it, since root may write anywhere."""
    program = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *PROGRAM]
    if os.getuid() or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    tried = subprocess.run([*program, "list"], env=env, cwd="/", capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"nobody else may run this Python: {tried.stderr.decode()[-200:]}")
    with alone_on_this_machine():
        yield program


@contextlib.contextmanager
def alone_on_this_machine() -> Iterator[None]:
    """Wait until no other run of these tests uses the one folder that all of these share."""

    def is_ours() -> bool:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    with Path(tempfile.gettempdir(), "voice-guide-tests.lock").open("w") as lock:
        wait_until(is_ours, 300.0, "another run of these tests goes on")
        yield


def run(program: list[str], env: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the program as somebody else, to its end."""
    return subprocess.run(
        [*program, *words],
        env=env,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def odd_places(place: Path) -> dict[str, dict[str, str]]:
    """Return environments in which something about a folder is not as it should be."""
    theirs, own, file = place / "theirs", place / "own", place / "file"
    theirs.mkdir(mode=0o755)
    own.mkdir()
    os.chown(own, NOBODY, NOBODY)
    file.write_text("")
    at_home = {"HOME": str(own)}
    long = str(own / ("x" * 120) / ("y" * 120))
    return {
        "a read-only home": {"HOME": str(theirs)},
        "a home that is missing": {"HOME": "/nonexistent"},
        "no home": {},
        "a long path": {**at_home, "VOICE_GUIDE_HOME": long},
        "too long a name": {**at_home, "VOICE_GUIDE_HOME": str(own / ("q" * 300))},
        "a file for a folder": {**at_home, "VOICE_GUIDE_HOME": str(file)},
        "somebody else's runtime folder": {**at_home, "XDG_RUNTIME_DIR": str(theirs)},
        "a long runtime folder": {**at_home, "XDG_RUNTIME_DIR": long},
        "no runtime folder": {**at_home, "XDG_RUNTIME_DIR": "/nonexistent"},
    }


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that others may reach: pytest's own are closed to them."""
    with tempfile.TemporaryDirectory(prefix="vg-odd-") as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_wherever_its_folders_are_it_can_be_met(silent_world: World, open_place: Path) -> None:
    base = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "DISPLAY": silent_world.desk.display,
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
    }
    with as_somebody_else(base) as program:
        for what, folders in odd_places(open_place).items():
            see_it_work(program, {**base, **folders}, what)


def see_it_work(program: list[str], env: dict[str, str], what: str) -> None:
    """Start the companion, talk to it from other starts, and have it leave."""

    def say(*words: str) -> str:
        done = run(program, env, *words)
        for nonsense in ("Traceback", "should not have"):
            assert nonsense not in done.stderr, (what, words, done.stderr)
        return done.stdout

    say("doctor")
    with subprocess.Popen(
        program, env=env, cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as companion:
        try:
            wait_until(lambda: "nothing is playing" in say("status"), START_S, what)
            assert say("play", "ninety-second-reset") == "Playing Ninety seconds.\n", what
            assert say("quit") == "Good-bye.\n", what
            _, errors = companion.communicate(timeout=20)
        finally:
            end_process(companion)  # type: ignore[arg-type]
    assert companion.returncode == 0, what
    assert "Traceback" not in errors, (what, errors)


def test_where_nobody_can_be_met_that_is_said(silent_world: World, open_place: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HOME": str(open_place),
        "DISPLAY": silent_world.desk.display,
    }
    last = Path(f"/tmp/voice-guide-{NOBODY}")  # the last of the places that are tried
    with as_somebody_else(env) as program:
        shutil.rmtree(last, ignore_errors=True)
        last.mkdir(mode=0o755)  # root's
        try:
            for words in ((), ("status",), ("toggle",)):
                done = run(program, env, *words)
                assert done.returncode == 1
                assert done.stderr.startswith("There is no folder for the companion"), done.stderr
                assert "somebody else" in done.stderr
            # What is to be played is played without it: here it fails for want of a sound output.
            done = run(program, env, "play", "ninety-second-reset", "--device", "no such device")
            assert "folder" not in done.stderr
            assert "no sound output" in done.stderr
        finally:
            last.rmdir()


# How it ends.


def is_silent(heard: np.ndarray) -> bool:
    """Say whether nothing of this can be heard."""
    return bool(np.abs(heard).max() <= 1e-4)


def is_cut(heard: np.ndarray) -> bool:
    """Say whether the last that sounded was not soft: within 2 ms before silence."""
    end = int(np.flatnonzero(np.abs(heard).max(axis=1) > 1e-4)[-1]) + 1
    return bool(np.abs(heard[end - SAMPLE_RATE // 500 : end]).max() > 2e-3)


@needs_rig
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGHUP and SIGTERM", "quit"])
def test_it_ends_with_a_fade_and_soon(sounding_world: World, how: str) -> None:
    one = sounding_world
    assert one.rig
    one.begin()
    assert one.process
    with one.rig.record() as recording:
        one.play("breathing/calm-count", bed="rain")
        one.wait_for("playing")
        wait_until(lambda: sounding(recording) > 6 * SAMPLE_RATE, 30.0, "it does not go on")
        began = time.monotonic()
        if how == "quit":
            assert one.say("quit") == "Good-bye."
        for name in [word for word in how.split() if word.startswith("SIG")]:
            one.process.send_signal(getattr(signal, name))
            time.sleep(0.05)  # as a logout does it
        assert one.leaves() == (0 if how == "quit" else 130)
        took_s = time.monotonic() - began
        # The recorder may be behind: all has come once nothing is heard any more.
        wait_until(lambda: is_silent(recording.samples()[-SAMPLE_RATE // 5 :]), what="it goes on")
    assert not is_cut(recording.samples())
    assert took_s < 5
    wait_until(lambda: not one.tray.owner(one.tray.registered[-1]), what="the icon stays")
    assert not list((one.home / "run").iterdir())


@needs_rig
def test_other_players_go_on_when_it_leaves(sounding_world: World) -> None:
    one = sounding_world
    stand_in = str(ROOT / "tests" / "bus_stand_ins.py")
    other = Client(
        subprocess.Popen(
            [sys.executable, stand_in, "player", "org.mpris.MediaPlayer2.other", "Playing"],
            env=one.env,
            stdout=subprocess.PIPE,
            text=True,
        )
    )
    try:
        assert other.read() == "ready"
        one.begin()
        assert one.process
        one.play("breathing/box")
        assert other.read() == "Pause"
        one.wait_for("playing")
        one.process.terminate()
        one.leaves()
        assert other.read() == "Play"
    finally:
        other.end()


def test_a_voice_that_hangs_keeps_nobody_from_leaving(silent_world: World) -> None:
    one = silent_world
    for how in ("quit", "SIGTERM"):
        one.begin()
        assert one.process
        one.play("breathing/box")
        wait_until(lambda: bool(children(one.process.pid, "worker.py")), what="no voice")
        voices = children(one.process.pid, "worker.py")  # another may list what there are
        for voice in voices:
            with contextlib.suppress(ProcessLookupError):
                os.kill(voice, signal.SIGSTOP)
        if how == "quit":
            one.say("quit")
        else:
            one.process.terminate()
        one.leaves(9)  # before its own time is up, or the voice's
        wait_until(lambda v=voices: not any(map(alive, v)), what="the voice lives on")
        shutil.rmtree(one.home / "cache", ignore_errors=True)


def test_after_a_logout_it_does_not_stay(silent_world: World) -> None:
    """Nobody ends it: the bus goes, the display goes."""
    one = silent_world
    one.begin()
    assert one.process
    one.desk.kill_bus()
    one.desk.kill_display()
    assert one.leaves(90) == 0
    assert not list((one.home / "run").iterdir())
