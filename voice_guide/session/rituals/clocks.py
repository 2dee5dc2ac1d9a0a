"""What the clocks say: the time, and the zone that the system is in now.

The zone is asked of the system's own C library.

So a change is noticed while the program runs, Windows needs no package of zones, and a
system whose zone has no name is as good as any other.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What all clocks say at one look."""

    now: datetime
    """The wall clock, UTC."""
    zone: tzinfo
    """Where the listener is."""
    uptime_s: float | None = None
    """A clock that nobody sets and that runs on through sleep; None where there is none."""


class SystemZone(tzinfo):
    """The local zone: each conversion asks the system, none is remembered."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        """Return local time less UTC; a time that does not exist counts as before the jump."""
        if when is None:
            return None
        naive = when.replace(tzinfo=None)
        return naive - _EPOCH - timedelta(seconds=naive.timestamp())

    def fromutc(self, when: datetime) -> datetime:
        """Return the local time of an instant."""
        local = datetime.fromtimestamp((when.replace(tzinfo=None) - _EPOCH).total_seconds())
        return local.replace(tzinfo=self)

    def dst(self, _when: datetime | None) -> timedelta | None:
        """Return None: the system does not say which part of the offset is summer time."""
        return None

    def tzname(self, when: datetime | None) -> str | None:
        """Return the zone's abbreviation at this time, such as CET."""
        return None if when is None else when.replace(tzinfo=None).astimezone().tzname()

    def __repr__(self) -> str:
        return "SystemZone()"


def _find_reread() -> Callable[[], object]:
    """Return what makes the C library look whether the system's zone was changed."""
    if sys.platform != "win32":
        return time.tzset
    with contextlib.suppress(OSError, AttributeError):
        # Python offers no tzset there, but its C library does.
        reread: Callable[[], object] = ctypes.CDLL("ucrtbase")._tzset
        return reread
    return lambda: None


_reread = _find_reread()
_ZONE = SystemZone()


def read_moment() -> Moment:
    """Return what the clocks say, after a look at whether the system's zone was changed."""
    _reread()
    return Moment(datetime.now(UTC), _ZONE, _read_uptime())


def _read_uptime() -> float | None:
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return None
