"""Does the window that one works in fill the screen? X11 tells it; Wayland tells nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_ACTIVE: Final = "_NET_ACTIVE_WINDOW"


def is_full_screen(environ: Mapping[str, str]) -> bool | None:
    """Say whether the active window fills the screen; None where that is not told.

    Under Wayland a yes can be had for X programs alone, as most games are, and a no for none.
    """
    name = environ.get("DISPLAY")
    if not name:
        return None
    from Xlib import display, error  # noqa: PLC0415 - 12 ms that nobody pays before a ritual is due

    try:
        screen = display.Display(name)
    except (error.DisplayError, error.XError, OSError):
        return None
    try:
        answer = _look(screen)
    except error.BadWindow:  # closed just now, and so in nobody's way
        answer = False
    finally:
        screen.close()
    return None if environ.get("WAYLAND_DISPLAY") and not answer else answer


def _look(screen: Any) -> bool | None:
    # The names are from the freedesktop.org Extended Window Manager Hints.
    root = screen.screen().root
    if screen.intern_atom(_ACTIVE) not in _read(screen, root, "_NET_SUPPORTED"):
        return None
    active = next(iter(_read(screen, root, _ACTIVE)), 0)
    if not active:
        return False
    window = screen.create_resource_object("window", active)
    return screen.intern_atom("_NET_WM_STATE_FULLSCREEN") in _read(screen, window, "_NET_WM_STATE")


def _read(screen: Any, window: Any, name: str) -> Any:
    from Xlib import X  # noqa: PLC0415 - as above

    found = window.get_full_property(screen.intern_atom(name), X.AnyPropertyType)
    return () if found is None else found.value
