"""A program that ends while it still begins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

END_AT_ONCE = """
import threading
from voice_guide.app import build

services = build()
services.warm()
services.close()
print(*(thread.name for thread in threading.enumerate()), sep=", ")
"""


def test_the_end_waits_for_the_sound_library_that_is_being_loaded() -> None:
    """It starts threads of its own, and a program that ends during that crashes."""
    done = subprocess.run(
        [sys.executable, "-c", END_AT_ONCE], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "MainThread")


INTERRUPTED = """
import signal, sys
from voice_guide import ending

sys.path.insert(0, sys.argv[1])
ending.end_like_ctrl_c()
try:
    import loaded
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
    print("alarm", signal.getsignal(signal.SIGALRM) is signal.SIG_DFL, signal.alarm(0) > 0)
"""
LOADED = """
import os, signal, time
os.kill(os.getpid(), signal.{which})
for _ in range({rounds}): time.sleep(0.01)
print("whole")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals between processes")
@pytest.mark.parametrize(
    ("which", "rounds", "told"),
    [
        ("SIGINT", 10, "whole interrupted alarm False False"),
        ("SIGTERM", 10, "whole interrupted alarm True True"),
        ("SIGTERM", 6_000, "interrupted alarm True True"),
    ],
)
def test_what_is_being_loaded_is_loaded_whole_but_not_waited_for_long(
    tmp_path: Path, which: str, rounds: int, told: str
) -> None:
    """Some libraries take the process with them where an exception comes out of their loading."""
    (tmp_path / "loaded.py").write_text(LOADED.format(which=which, rounds=rounds))
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, told.split()), done.stderr
