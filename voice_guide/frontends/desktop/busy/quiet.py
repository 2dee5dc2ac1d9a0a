"""Do not disturb on Linux, where every desktop keeps it elsewhere.

There is no common place: a proposal to have one in the notification specification was turned down,
and the settings portal of GNOME and of GTK hands out neither this schema nor any like it.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from typing import Final

from dbus_fast import Variant
from dbus_fast.aio import MessageBus

from voice_guide.frontends.desktop.bus import BusLine, Unanswered, call
from voice_guide.frontends.desktop.busy import ASK_S
from voice_guide.frontends.desktop.tray.loop import BusThread

_NAME: Final = "org.freedesktop.Notifications"
_PATH: Final = "/org/freedesktop/Notifications"
_SERVER: Final = (_NAME, _PATH, _NAME)
_PROPERTIES: Final = (_NAME, _PATH, "org.freedesktop.DBus.Properties")

# Whoever shows the notices is asked in their own ways; those of others they do not know.
_PLASMA: Final = [_NAME, "Inhibited"]
_DUNST: Final = ["org.dunstproject.cmd0", "paused"]
_SWAYNC: Final = (_NAME, "/org/erikreider/swaync/cc", "org.erikreider.swaync.cc")

# The others keep it in a setting that outlives them, so it counts only while they are there.
_XFCE: Final = "Xfce Notify Daemon"
_XFCONF: Final = ("org.xfce.Xfconf", "/org/xfce/Xfconf", "org.xfce.Xfconf")
_XFCE_SETTING: Final = ["xfce4-notifyd", "/do-not-disturb"]
_SHOWS_NOTICES: Final = {
    "gnome-shell": ("org.gnome.desktop.notifications", "show-banners"),
    "cinnamon": ("org.cinnamon.desktop.notifications", "display-notifications"),
}


def is_quiet(thread: BusThread, line: BusLine, environ: Mapping[str, str]) -> bool | None:
    """Say whether the listener asked the desktop not to disturb; None where it does not tell.

    Waits for the desktop, so not to be called in the bus's own thread.
    """
    try:
        answer = thread.run(_ask(line), ASK_S)
    except (Unanswered, TimeoutError):
        return None
    return _read_setting(answer, environ) if isinstance(answer, str) else answer


async def _ask(line: BusLine) -> bool | str | None:
    """Return what is said over the bus, or else the name of whoever shows the notices."""
    bus = await line.connect()
    found = await asyncio.gather(
        _get(bus, _PLASMA), _get(bus, _DUNST), _call(bus, _SWAYNC, "GetDnd"), _server(bus)
    )
    *answers, server = found
    told = [answer for answer in answers if isinstance(answer, bool)]
    if told:
        return any(told)
    return await _ask_xfconf(bus) if server == _XFCE else server


async def _server(bus: MessageBus) -> str | None:
    name = await _call(bus, _SERVER, "GetServerInformation")
    return name if isinstance(name, str) else None


async def _ask_xfconf(bus: MessageBus) -> bool | None:
    is_set = await _call(bus, _XFCONF, "PropertyExists", _XFCE_SETTING, may_start=True)
    if is_set is not True:
        return is_set if is_set is False else None
    answer = await _call(bus, _XFCONF, "GetProperty", _XFCE_SETTING)
    return answer if isinstance(answer, bool) else None


async def _get(bus: MessageBus, words: list[str]) -> object:
    return await _call(bus, _PROPERTIES, "Get", words)


async def _call(
    bus: MessageBus,
    where: tuple[str, str, str],
    member: str,
    words: list[str] | None = None,
    *,
    may_start: bool = False,
) -> object:
    """Return the first value of the answer, or None."""
    words = words or []
    try:
        answer = await call(
            bus, where, member, "s" * len(words), words, may_start=may_start, timeout_s=ASK_S
        )
    except Unanswered:
        return None
    value = answer[0] if answer else None
    return value.value if isinstance(value, Variant) else value


def _read_setting(server: str, environ: Mapping[str, str]) -> bool | None:
    where = _SHOWS_NOTICES.get(server)
    if where is None:
        return None
    try:
        done = subprocess.run(
            ["gsettings", "get", *where],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return {b"false": True, b"true": False}.get(done.stdout.strip())
