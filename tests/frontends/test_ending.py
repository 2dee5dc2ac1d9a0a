"""A program that ends while it still begins."""

from __future__ import annotations

import subprocess
import sys

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
