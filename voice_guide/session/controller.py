"""The session's thread: commands go in by one inbox, frozen values come out."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from voice_guide.output.player import Player
from voice_guide.session.conductor import Conductor
from voice_guide.session.events import Command, Event, Play, Stop
from voice_guide.session.machine import ACTIVE, Mode
from voice_guide.session.prepare import Happening
from voice_guide.session.status import Ending, Status
from voice_guide.sound.palette import Palette
from voice_guide.voice.engine import Engine

_log = logging.getLogger(__name__)

POLL_S: Final = 0.05
"""Between looks at the player: a lost device is noticed, and a display moves, at this pace."""

_CLOSE_S: Final = 3.0

Subscriber = Callable[[Status], None]


class Controller:
    """Plays sessions. Every method may be called from any thread.

    Parameters
    ----------
    engine, palette, player
        Made on first need, in the thread that needs it: what is not needed costs no time. The
        player is asked for as each session begins; another one is for another output.
    on_ended
        Told what has become of each session, once, in the session's own thread. A fault that it
        raises becomes a notice.
    on_heard
        Told how far each session has come, again and again while it sounds, in the session's own
        thread: to be quick there.
    on_rest
        Called when a session is over and none follows, in the session's own thread.
    """

    def __init__(
        self,
        engine: Callable[[], Engine],
        palette: Callable[[], Palette],
        player: Callable[[], Player],
        on_ended: Callable[[Ending], None] = lambda _ending: None,
        on_heard: Callable[[Ending], None] = lambda _so_far: None,
        on_rest: Callable[[], None] = lambda: None,
    ) -> None:
        self._inbox: queue.SimpleQueue[Event | Happening | None] = queue.SimpleQueue()
        self._subscribers: tuple[Subscriber, ...] = ()
        self._status = Status()
        self._coming: Play | None = None
        self._begun: Play | None = None
        self._asking = threading.Lock()
        self._on_rest = on_rest
        self._has_played = False
        self._conductor = Conductor(engine, palette, player, self._inbox.put, on_ended, on_heard)
        self._thread = threading.Thread(target=self._run, name="session", daemon=True)
        self._thread.start()

    @property
    def status(self) -> Status:
        """The last thing there was to see; once a session is asked for, it is that one."""
        # Or whoever begins one and pauses it at once meets the session that it takes the place of.
        coming = self._coming
        if coming is None:
            return self._status
        name, title = coming.ask.name, coming.ask.script.header.title
        return Status(Mode.PREPARING, name, title, volume_db=self._status.volume_db)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call this with every new status, in the session's own thread: be quick there."""
        self._subscribers = (*self._subscribers, subscriber)

    def send(self, command: Command) -> None:
        """Ask for something, and return at once; what comes of it shows in the status."""
        if not isinstance(command, Play):
            self._inbox.put(command)
            return
        with self._asking:  # the last of two at once is also the last to be heard
            self._coming = command
            self._inbox.put(command)

    def close(self, fade_s: float = 0.0) -> None:
        """End, with a fade if asked for, and wait until the thread is gone. Safe to call twice."""
        if fade_s > 0 and self._thread.is_alive():
            self._fade_out(fade_s)
        self._inbox.put(None)
        self._thread.join(_CLOSE_S)

    def _fade_out(self, fade_s: float) -> None:
        is_over = threading.Event()
        self.subscribe(lambda status: None if status.state in ACTIVE else is_over.set())
        self.send(Stop(fade_s))
        if self.status.state in ACTIVE:
            is_over.wait(fade_s + _CLOSE_S)

    def _run(self) -> None:
        while True:
            try:
                if not self._turn():
                    break
            except Exception as error:  # noqa: BLE001 - the one catch-all of this thread
                self._conductor.report(error)
            self._publish()
            self._meet()
        with contextlib.suppress(Exception):
            self._conductor.close()

    def _turn(self) -> bool:
        # Without a time limit nothing wakes this thread: an idle or paused session costs nothing.
        timeout = POLL_S if self._conductor.is_moving() else None
        if self._has_played and self._status.state not in ACTIVE and self._inbox.empty():
            self._has_played = False
            self._on_rest()
        try:
            event = self._inbox.get(timeout=timeout)
        except queue.Empty:
            self._conductor.look_after()
            return True
        if event is None:
            return False
        self._begun = event if isinstance(event, Play) else None
        self._conductor.hear(event)
        return True

    def _meet(self) -> None:
        """See that what has come shows in the status from now on, and is not awaited any more."""
        if self._begun is not None:
            with self._asking:
                if self._begun is self._coming:
                    self._coming = None
            self._begun = None

    def _publish(self) -> None:
        status = self._conductor.status()
        if status == self._status:
            return
        self._status = status
        self._has_played = self._has_played or status.state in ACTIVE
        for subscriber in self._subscribers:
            try:
                subscriber(status)
            except Exception:  # noqa: BLE001 - its fault, not the session's
                _log.exception("a subscriber failed")
