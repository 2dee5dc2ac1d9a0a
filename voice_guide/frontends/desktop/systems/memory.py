"""Memory on Linux: what a session needed is given back, so that waiting in the tray costs little.

glibc keeps what was freed, a part for each thread, and gives back only what lies at the end of the
first: after some sessions 200 MB were held of which 30 were in use. With one part for all threads,
which take turns in Python anyway, 32 MB are left after a session, and nothing gets slower.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from typing import Final

_ARENA_MAX: Final = -8  # M_ARENA_MAX in malloc.h


def share_one_arena() -> None:
    """Let all threads share one part of the memory; to be called before there are any."""
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def give_memory_back() -> None:
    """Free what only refers to itself, and give back all that is free: some 20 ms."""
    gc.collect()  # a sound stream and its callback refer to each other, and to the whole session
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
