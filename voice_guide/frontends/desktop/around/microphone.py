"""Is somebody in a call? Whether another program records, as PulseAudio and PipeWire tell it.

`pactl subscribe` waits for news without being woken (5.6 MB, 0.7 of them its own, no wakeup in
five seconds), where a look costs two `pactl` of 8 ms of processor time each: so it is looked once
at each new recording, and never by the clock.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

_log = logging.getLogger(__name__)

# pactl takes no notice of a closed pipe, and would outlive a companion that was killed: the shell
# ends it when nobody holds the other end of its input any more.
_LISTEN: Final = ("sh", "-c", "pactl subscribe & exec >&-; read -r _; kill $!")

_LOOK_S: Final = 2.0
_JOIN_S: Final = 2.0

# Level meters of volume controls listen to every microphone, and record nothing.
_METERS: Final = frozenset({"org.PulseAudio.pavucontrol", "org.gnome.VolumeControl"})
_METER_NAMES: Final = frozenset({"Peak detect", "peaks"})


def find_recorders(environ: Mapping[str, str] | None = None) -> frozenset[int] | None:
    """Return the streams that record from a microphone now; None when the server does not say."""
    streams = _ask("source-outputs", environ)
    if not streams:
        return None if streams is None else frozenset()
    sources = _ask("sources", environ)
    if sources is None:
        return None
    monitors = {source.get("index") for source in sources if _is_monitor(source)}
    return frozenset(
        int(stream["index"])
        for stream in streams
        if stream.get("source") not in monitors and _records(stream)
    )


class MicrophoneWatch:
    """Tells when another program begins to record while a session lasts.

    Parameters
    ----------
    on_opened
        Called in the watch's own thread, once for each begin; a microphone that was open at the
        start of the session is no reason to stop it.
    """

    def __init__(
        self, on_opened: Callable[[], None], environ: Mapping[str, str] | None = None
    ) -> None:
        self._on_opened = on_opened
        self._environ = environ
        self._listener: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._known: frozenset[int] | None = None

    def start(self) -> None:
        """Watch from now on; where there is no `pactl`, nothing is ever told."""
        if self._listener is not None:
            return
        if shutil.which("pactl", path=(self._environ or os.environ).get("PATH")) is None:
            _log.info("calls cannot be noticed: there is no pactl")
            return
        try:
            self._listener = subprocess.Popen(
                _LISTEN,
                env=_plain(self._environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
            )
        except OSError as error:
            _log.info("calls cannot be noticed: %s", error)
            return
        self._known = None
        self._thread = threading.Thread(
            target=self._run, args=(self._listener,), name="microphone", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Watch no more. Safe to call twice."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        assert listener.stdin is not None
        listener.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):  # it is slow, and ends all the same
            listener.wait(_JOIN_S)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_JOIN_S)

    def _run(self, listener: subprocess.Popen[str]) -> None:
        try:
            # In this thread, as the first sound must not wait for it.
            self._known = find_recorders(self._environ) or frozenset()
            assert listener.stdout is not None
            with listener.stdout as lines:
                for line in lines:
                    if "on source-output" in line:
                        self._known = self._look(self._known)
        except Exception:  # noqa: BLE001 - the one catch-all of this thread
            _log.exception("calls are no longer noticed")

    def _look(self, known: frozenset[int]) -> frozenset[int]:
        found = find_recorders(self._environ)
        if found is None:
            return known
        if found - known and self._listener is not None:
            self._on_opened()
        return found


def _is_monitor(source: Mapping[str, Any]) -> bool:
    name = source.get("name")
    return bool(source.get("monitor_source")) or str(name).endswith(".monitor")


def _records(stream: Mapping[str, Any]) -> bool:
    about = stream.get("properties", {})
    is_meter = (
        about.get("application.id") in _METERS
        or about.get("media.name") in _METER_NAMES
        or stream.get("resample_method") == "peaks"
    )
    # Filters of the server's own, such as noise reduction, have no client: who uses them has one.
    is_filter = about.get("media.role") == "filter" or stream.get("client") in {None, "n/a"}
    return not (stream.get("corked") or is_meter or is_filter)


def _ask(kind: str, environ: Mapping[str, str] | None) -> list[dict[str, Any]] | None:
    try:
        done = subprocess.run(
            ["pactl", "-f", "json", "list", kind],
            env=_plain(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LOOK_S,
            check=True,
        )
        found = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _log.info("the microphone cannot be looked at: %s", error)
        return None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else None


def _plain(environ: Mapping[str, str] | None) -> dict[str, str]:
    # Events are told in the listener's language, and are to be understood here.
    return {**(os.environ if environ is None else environ), "LC_ALL": "C"}
