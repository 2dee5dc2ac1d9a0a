"""One key, anywhere on an X11 desktop, that does what a click on the icon does.

It waits on a connection of its own, so that nothing is woken before the key is pressed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from Xlib import XK, X, error
from Xlib.display import Display

from voice_guide.errors import VoiceGuideError, explain
from voice_guide.frontends.desktop.around.keys import Keys, read_keys
from voice_guide.frontends.desktop.around.touches import second_line

_log = logging.getLogger(__name__)

# A held key repeats itself as pairs of release and press, both at one moment of the X server.
_REPEAT_MS: Final = 5

_JOIN_S: Final = 2.0

_ANOTHER: Final = "Choose another in settings.toml."
_OTHERWISE: Final = 'Bind "voice-guide toggle" to a key in the settings of your desktop instead.'


class Hotkey:
    """Calls back at each press of a key, from the moment it is made until it is closed.

    Parameters
    ----------
    text
        As in the settings: `ctrl+alt+b`, `F9`, `XF86AudioPlay`.
    on_press
        Called in the hotkey's own thread, once however long the key is held.
    tell
        Says why the key does nothing, or what went wrong when it was pressed.
    """

    def __init__(
        self,
        text: str,
        on_press: Callable[[], object],
        tell: Callable[[str], None],
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.text = text
        """As it was written."""
        self._on_press = on_press
        self._tell = tell
        self._environ = environ
        self._line: socket.socket | None = None
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="hotkey", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the key back. Safe to call twice, and from the callback."""
        self._is_closed = True
        if self._line is not None:
            # Wakes the thread out of its wait; the server takes it for good-bye and frees the key.
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)
        if self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _run(self) -> None:
        try:
            keys = read_keys(self.text)
            with (
                contextlib.closing(_connect(self._environ)) as display,
                second_line(display) as line,
            ):
                self._line = line
                self._listen(display, keys)
        except VoiceGuideError as fault:
            self._tell(str(fault))
        except error.ConnectionClosedError:
            _log.info("the hotkey's connection has ended")
        except Exception:  # noqa: BLE001 - the one catch-all of this thread
            _log.exception("the hotkey is gone")

    def _listen(self, display: Display, keys: Keys) -> None:
        grab = _Grab(display, keys)
        told = self._take(grab, "")
        released_ms = -_REPEAT_MS
        while not self._is_closed:
            event = display.next_event()
            if event.type == X.MappingNotify:
                display.refresh_keyboard_mapping(event)
                if not display.pending_events():  # such news comes in bunches
                    told = self._take(grab, told)
            elif event.type == X.KeyRelease:
                released_ms = event.time
            elif event.type == X.KeyPress and abs(event.time - released_ms) >= _REPEAT_MS:
                self._press()

    def _take(self, grab: _Grab, told: str) -> str:
        """Take the key as the keyboard is now; return why that cannot be, empty if it can."""
        try:
            grab.take()
        except VoiceGuideError as fault:
            if str(fault) != told:
                self._tell(str(fault))
            return str(fault)
        return ""

    def _press(self) -> None:
        try:
            self._on_press()
        except Exception as fault:  # noqa: BLE001 - told, and the key goes on working
            self._tell(str(explain(fault)))


def _connect(environ: Mapping[str, str]) -> Display:
    if environ.get("WAYLAND_DISPLAY"):
        # XWayland would grant the key, and then tell of it only over windows of its own.
        raise VoiceGuideError("A Wayland desktop gives no program a key of its own.", _OTHERWISE)
    try:
        return Display(environ.get("DISPLAY"))
    except (error.DisplayError, error.ConnectionClosedError, OSError) as fault:
        raise VoiceGuideError("A key of its own needs an X11 desktop.", _OTHERWISE) from fault


class _Grab:
    """The key on this keyboard: every place where it lies, for us alone."""

    def __init__(self, display: Display, keys: Keys) -> None:
        self._display = display
        self._root = display.screen().root
        self._keys = keys
        self._held: list[tuple[int, int]] = []

    def take(self) -> None:
        """Take it where it lies now; raises when there is none, or somebody else has it."""
        wanted = self._combinations()
        if wanted and wanted == self._held:
            return
        self._release()
        if not wanted:
            raise VoiceGuideError(f"This keyboard has no key {self._keys.text}.", _ANOTHER)
        refused = error.CatchError(error.BadAccess)
        for code, mask in wanted:
            modes = X.GrabModeAsync, X.GrabModeAsync
            self._root.grab_key(code, mask, False, *modes, onerror=refused)
        self._display.sync()
        self._held = wanted
        if refused.get_error():
            self._release()
            raise VoiceGuideError(f"Another program has the key {self._keys.text}.", _ANOTHER)

    def _release(self) -> None:
        for code, mask in self._held:
            self._root.ungrab_key(code, mask)
        self._held = []
        self._display.flush()

    def _combinations(self) -> list[tuple[int, int]]:
        """Return each key code with its modifiers, whichever locks are on."""
        places = sorted((level, code) for code, level in self._codes(self._keys.keysym))
        if not places:
            return []
        lowest, _ = places[0]
        held = {self._mask(name) for name in self._keys.modifiers}
        if 0 in held:
            return []
        mask = sum(held | {X.ShiftMask} if lowest % 2 else held)
        num = self._mask("Num_Lock")
        locks = sorted({0, X.LockMask, num, X.LockMask | num})
        codes = [code for level, code in places if level == lowest]
        return [(code, mask | lock) for code in codes for lock in locks]

    def _codes(self, keysym: int) -> Iterator[tuple[int, int]]:
        yield from self._display.keysym_to_keycodes(keysym)

    def _mask(self, name: str) -> int:
        """Return the bit of the modifier that this key is, 0 where it is none."""
        codes = {code for code, _ in self._codes(XK.string_to_keysym(name))}
        held: Any = self._display.get_modifier_mapping()
        return next((1 << bit for bit, keys in enumerate(held) if codes & set(keys)), 0)
