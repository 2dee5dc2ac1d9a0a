"""How soon the icon is seen, on a real panel, and what it costs while nobody clicks it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from companion_on_panel import OnPanel, on_panel
from companion_rig import PROGRAM, children
from panel_rig import Panel
from rig import end_process, wait_until

from benchmarks.table import Row

SEEN_S = 1.0
MOST_MB = 60.0
MOST_WAKEUPS_S = 1.0
MOST_SHARE = 0.0005
"""0.0 % when written with one place."""

SETTLE_S = 20.0
"""Past all that is loaded after the icon is there."""

PEERS = {
    "safeeyes": "import gi; gi.require_version('Gtk', '4.0')\n"
    "from gi.repository import Gtk; Gtk.FileDialog",
    "safeeyes<3": "import gi; gi.require_version('Gtk', '3.0')",
}
"""The newest first, and what it cannot do without: since 3.0 that is GTK 4.10."""

SYSTEM_PYTHON = "/usr/bin/python3"
"""PyGObject has no wheel: only the system's own Python has it."""


# ---- The icon ------------------------------------------------------------------------------------


def measure_icon(quick: bool) -> list[Row]:
    """Start the program, and look at the panel until there is something on it."""
    with on_panel() as companion:
        seen_s = [appear(companion) for _ in range(3 if quick else 10)]
    figure = f"{np.median(seen_s) * 1000:.0f} ms, {max(seen_s) * 1000:.0f} at worst"
    figure += f" of {len(seen_s)}"
    at_least = f"{SEEN_S * 1000:.0f} ms"
    return [Row("icon: seen on the panel", figure, at_least, bool(np.median(seen_s) <= SEEN_S))]


def appear(companion: OnPanel) -> float:
    """Start the program once and end it again; return the seconds until its icon was seen."""
    desk = companion.desk
    assert not desk.icons()
    began_s = time.monotonic()
    process = desk.start(*PROGRAM, env=companion.env)
    desk.wait_for_icon()
    took_s = time.monotonic() - began_s
    wait_until(lambda: companion.status() is not None, what="it does not answer")
    companion.say("quit")
    process.wait(20)
    wait_until(lambda: not desk.icons(), what="the icon stays")
    return took_s


# ---- What it costs -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a process and its children have taken so far."""

    rss_mb: float
    wakeups: int
    computed_s: float


def measure_idle(quick: bool) -> list[Row]:
    """Let the icon be, and another program's beside it."""
    seconds = 15 if quick else 60
    with on_panel() as companion, contextlib.ExitStack() as stack:
        companion.begin()
        assert companion.process is not None
        processes = {"ours": companion.process}
        version = why_not = ""
        try:
            version, processes["theirs"] = stack.enter_context(safe_eyes(companion.desk))
        except PeerMissing as missing:
            why_not = str(missing)
        time.sleep(SETTLE_S)
        before = {name: spent(process.pid) for name, process in processes.items()}
        time.sleep(seconds)
        after = {name: spent(process.pid) for name, process in processes.items()}
    ours = _rates(before["ours"], after["ours"], seconds)
    rss_mb, wakeups_s, share = ours
    met = rss_mb < MOST_MB and wakeups_s <= MOST_WAKEUPS_S and share < MOST_SHARE
    rows = [Row("idle: in the tray", _told(ours, seconds), "60 MB, 1 wakeup a second, 0.0%", met)]
    beside = f"not here: {why_not}"
    if "theirs" in after:
        beside = _told(_rates(before["theirs"], after["theirs"], seconds), seconds)
    return [
        *rows,
        Row(
            f"  Safe Eyes {version}, beside it".replace(" ,", ","), beside, "for the contrast", None
        ),
    ]


def _rates(before: Spent, after: Spent, seconds: float) -> tuple[float, float, float]:
    wakeups_s = (after.wakeups - before.wakeups) / seconds
    return after.rss_mb, wakeups_s, (after.computed_s - before.computed_s) / seconds


def _told(rates: tuple[float, float, float], seconds: float) -> str:
    rss_mb, wakeups_s, share = rates
    return f"{rss_mb:.0f} MB, {wakeups_s:.2f} wakeups a second, {share:.1%} over {seconds} s"


def spent(pid: int) -> Spent:
    """Return what this process, its threads and its children have taken, from Linux's own count."""
    total = Spent(0.0, 0, 0.0)
    for one in family(pid):
        folder = Path(f"/proc/{one}")
        status = (folder / "status").read_text()
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        wakeups = sum(
            _number(task, kind)
            for task in (path.read_text() for path in folder.glob("task/*/status"))
            for kind in ("voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        )
        total = Spent(
            total.rss_mb + _number(status, "VmRSS") / 1024,
            total.wakeups + wakeups,
            total.computed_s + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"),
        )
    return total


def family(pid: int) -> list[int]:
    """Return this process and all that came of it."""
    return [pid, *(one for child in children(pid) for one in family(child))]


def _number(status: str, name: str) -> int:
    line = next(line for line in status.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])


# ---- Safe Eyes -----------------------------------------------------------------------------------


class PeerMissing(Exception):
    """Why Safe Eyes cannot be had here."""


@contextlib.contextmanager
def safe_eyes(desk: Panel) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run Safe Eyes on the same panel: the newest that works with the GTK that is here."""
    with tempfile.TemporaryDirectory(prefix="vg-peer-") as folder:
        python = _install_peer(Path(folder))
        told = [python, "-c", "import importlib.metadata as m; print(m.version('safeeyes'))"]
        version = subprocess.run(told, capture_output=True, text=True, check=True).stdout.strip()
        before = len(desk.services())
        # It asks a system bus when the machine goes to sleep, and ends where there is none.
        system = {"DBUS_SYSTEM_BUS_ADDRESS": desk.address}
        process = desk.start(python, "-m", "safeeyes", env={**desk.env, **system})
        try:
            wait_until(lambda: len(desk.services()) > before, 60.0, "Safe Eyes shows no icon")
        except AssertionError as error:
            raise PeerMissing(str(error)) from error
        try:
            yield version, process
        finally:
            end_process(process)


def _install_peer(folder: Path) -> str:
    newest = next((one for one, needs in PEERS.items() if _works(SYSTEM_PYTHON, "-c", needs)), None)
    if newest is None:
        raise PeerMissing("it needs GTK and PyGObject for the system's own Python")
    python = str(folder / "bin" / "python")
    if not (
        _works(SYSTEM_PYTHON, "-m", "venv", "--system-site-packages", str(folder))
        and _works(python, "-m", "pip", "install", "--quiet", newest)
    ):
        raise PeerMissing("it could not be installed from PyPI")
    return python


def _works(*command: str) -> bool:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, timeout=300, check=False)
        return done.returncode == 0
    return False
