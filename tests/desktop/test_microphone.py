"""A call is noticed on a real sound server; its monitors, meters and filters are no calls."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import Rig, end_process, needs_rig, sound_rig, wait_until

from voice_guide.frontends.desktop.around import microphone
from voice_guide.frontends.desktop.around.microphone import MicrophoneWatch, find_recorders

pytestmark = [pytest.mark.real, needs_rig]


@pytest.fixture
def rig() -> Iterator[Rig]:
    with sound_rig() as made:
        # A microphone is what is not a monitor: this one hears a sink of its own.
        made.pactl("load-module", "module-null-sink", "sink_name=room")
        made.pactl(
            *("load-module", "module-virtual-source"), "source_name=mic", "master=room.monitor"
        )
        yield made


@contextlib.contextmanager
def recording(rig: Rig, source: str, *words: str) -> Iterator[None]:
    process = subprocess.Popen(
        ["parec", "-d", source, *words], env=rig.env, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        end_process(process)


def count(rig: Rig) -> int:
    return len(rig.pactl("list", "short", "source-outputs").stdout.splitlines())


def test_who_records_is_found_and_who_does_not_is_not(rig: Rig) -> None:
    rig.pactl(*("load-module", "module-virtual-source"), "source_name=clean", "master=mic")
    quiet = count(rig)  # the two filters' own streams, one of them from the microphone
    assert find_recorders(rig.env) == frozenset()
    with recording(rig, "vg.monitor"), recording(rig, "mic", "--stream-name=Peak detect"):
        wait_until(lambda: count(rig) == quiet + 2)
        assert find_recorders(rig.env) == frozenset()
        with recording(rig, "mic"):
            wait_until(lambda: count(rig) == quiet + 3)
            assert len(find_recorders(rig.env) or ()) == 1
    wait_until(lambda: count(rig) == quiet)
    assert find_recorders(rig.env) == frozenset()


@pytest.fixture
def ending() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


def looks_at_a_meter(rig: Rig, watch: MicrophoneWatch) -> bool:
    """Say whether the watch hears of a new recording, which is no call: it listens by now then."""
    before = watch._known
    with recording(rig, "mic", "--stream-name=Peak detect"):
        for _ in range(20):
            if watch._known is not before:
                return True
            time.sleep(0.05)
    return False


def test_a_call_is_told_once_and_soon(rig: Rig, ending: contextlib.ExitStack) -> None:
    told: queue.SimpleQueue[None] = queue.SimpleQueue()
    with recording(rig, "mic"):  # before the session: the listener knows
        wait_until(lambda: len(find_recorders(rig.env) or ()) == 1)
        watch = MicrophoneWatch(lambda: told.put(None), rig.env)
        ending.callback(watch.stop)
        watch.start()
        watch.start()
        wait_until(lambda: watch._known is not None)
        wait_until(lambda: looks_at_a_meter(rig, watch), what="it hears no news")
        assert told.empty()
        with recording(rig, "vg.monitor"), recording(rig, "mic"):
            told.get(timeout=5)
    with recording(rig, "mic"):
        told.get(timeout=5)
    watch.stop()
    watch.stop()
    assert told.empty()
    with recording(rig, "mic"):
        wait_until(lambda: len(find_recorders(rig.env) or ()) == 1)
    assert told.empty()
    assert "microphone" not in [thread.name for thread in threading.enumerate()]


def test_what_listens_ends_with_us_also_when_we_are_killed(rig: Rig) -> None:
    code = (
        "import time\n"
        "from voice_guide.frontends.desktop.around.microphone import MicrophoneWatch\n"
        "MicrophoneWatch(print).start()\n"
        "time.sleep(60)\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", code], env=rig.env)

    def listeners() -> int:
        clients = rig.pactl("list", "short", "clients").stdout.splitlines()
        return sum("pactl" in client for client in clients) - 1  # who asks is one

    try:
        wait_until(lambda: listeners() == 1)
    finally:
        end_process(ours, hard=True)
    wait_until(lambda: listeners() == 0, what="pactl lives on")


def test_a_server_that_goes_or_is_not_there(rig: Rig) -> None:
    watch = MicrophoneWatch(lambda: None, rig.env)
    watch.start()
    rig.kill()
    watch.stop()
    assert find_recorders(rig.env) is None
    watch.start()
    watch.stop()


def test_what_listens_and_does_not_end_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that ends gives other players back right after: nothing is raised on the way."""
    monkeypatch.setattr(microphone, "_JOIN_S", 0.1)
    for name in ("sh", "pactl"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\nexec sleep 60\n")
        program.chmod(0o755)
    watch = MicrophoneWatch(lambda: None, {"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    watch.start()
    listener, thread = watch._listener, watch._thread
    assert listener is not None
    assert thread is not None
    try:
        watch.stop()
        watch.stop()
        assert listener.poll() is None
    finally:
        end_process(listener, hard=True)  # type: ignore[arg-type]
    thread.join(10)
    assert not thread.is_alive()


def test_a_system_without_pactl(tmp_path) -> None:
    bare = {"PATH": str(tmp_path)}
    assert find_recorders(bare) is None
    watch = MicrophoneWatch(lambda: None, bare)
    watch.start()
    watch.stop()
