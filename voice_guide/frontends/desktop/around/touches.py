"""Any key, click or touch, anywhere on an X11 desktop: seen by the way, and taken from nobody.

It waits on a connection of its own that is there only as long as somebody wants to know. Wayland
tells no program what is typed or clicked elsewhere.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

_log = logging.getLogger(__name__)

# The X Input Extension 2.2: only from 2.1 on are these told while nobody holds a grab.
_VERSION: Final = (2, 2)
_ALL_MASTERS: Final = 1
_RAW_KEY_PRESS, _RAW_BUTTON_PRESS, _RAW_TOUCH_BEGIN = 13, 15, 22
_WANTED: Final = frozenset({_RAW_KEY_PRESS, _RAW_BUTTON_PRESS, _RAW_TOUCH_BEGIN})

_READY_S: Final = 1.0
_JOIN_S: Final = 2.0


class TouchWatch:
    """Calls back at every key and button that is pressed, from when it is made until it is closed.

    Parameters
    ----------
    on_touch
        Called in the watch's own thread. It is not told which key.
    """

    def __init__(
        self, on_touch: Callable[[], object], environ: Mapping[str, str] = os.environ
    ) -> None:
        self._on_touch = on_touch
        self._environ = environ
        self._line: socket.socket | None = None
        self._is_closed = False
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="touches", daemon=True)
        self._thread.start()
        # Whoever is told that a key will do is not to press it too early.
        self._ready.wait(_READY_S)

    def close(self) -> None:
        """Watch no more. Safe to call twice, and from the callback."""
        self._is_closed = True
        if self._line is not None:
            with contextlib.suppress(OSError):  # wakes the thread out of its wait
                self._line.shutdown(socket.SHUT_RDWR)
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        from Xlib import error  # noqa: PLC0415 - 12 ms that nobody pays who is asked first
        from Xlib.display import Display  # noqa: PLC0415 - as above

        try:
            name = self._environ.get("DISPLAY")
            with contextlib.closing(Display(name)) as display, second_line(display) as line:
                self._line = line
                self._listen(display)
        except (error.ConnectionClosedError, error.DisplayError) as fault:
            _log.info("keys and clicks are not seen: %s", fault)
        except Exception:  # noqa: BLE001 - the one catch-all of this thread
            _log.exception("keys and clicks are not seen any more")
        finally:
            self._ready.set()

    def _listen(self, display: Any) -> None:
        from Xlib.ext import ge, xinput  # noqa: PLC0415 - as above

        query = xinput.XIQueryVersion(
            display=display.display,
            opcode=display.display.get_extension_major(xinput.extname),
            major_version=_VERSION[0],
            minor_version=_VERSION[1],
        )
        _log.debug("X Input %s.%s", query.major_version, query.minor_version)
        mask = sum(1 << kind for kind in _WANTED)
        display.screen().root.xinput_select_events([(_ALL_MASTERS, mask)])
        display.sync()
        self._ready.set()
        while not self._is_closed:
            event = display.next_event()
            if event.type == ge.GenericEventCode and event.evtype in _WANTED:
                self._on_touch()


def second_line(display: Any) -> socket.socket:
    """Return the connection under a second number, to be ended from another thread."""
    return socket.socket(fileno=os.dup(display.fileno()))


def may_watch(environ: Mapping[str, str] = os.environ) -> bool:
    """Say whether this is a desktop that tells: XWayland tells only of windows of its own."""
    return bool(environ.get("DISPLAY")) and not environ.get("WAYLAND_DISPLAY")
