"""The sound of an offer: a chime, or a chime and a sentence, in a thread that ends with it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Final

from voice_guide.errors import SynthesisFailed, VoiceGuideError, explain
from voice_guide.session.announce.announcement import prepare_announcement
from voice_guide.session.announce.chime import chime_score
from voice_guide.session.announce.sounding import sound_alone

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services
    from voice_guide.score.model import Score
    from voice_guide.script.utterance import Voicing

_log = logging.getLogger(__name__)

_STOP_S: Final = 2.0
"""The fade takes less than that, and the device what it holds; a hung one delays nothing longer."""


class Ringer:
    """Sounds one thing at a time, on the listener's output; a later one takes its place.

    All calls come from one thread; only `stop` waits, for the end of a fade.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def chime(self, volume_db: float) -> None:
        """Let the chime be heard; without a device there is none."""
        self._begin(lambda stopped: self._sound(volume_db, stopped), lambda _heard: None)

    def announce(
        self, title: str, voicing: Voicing, volume_db: float, on_end: Callable[[bool], None]
    ) -> None:
        """Let chime and sentence be heard; at its end say whether all of it could be."""

        def sound(stopped: threading.Event) -> bool:
            return self._sound(volume_db, stopped, self._prepare(title, voicing))

        self._begin(sound, on_end)

    def stop(self) -> None:
        """Be silent, and wait until nothing is held of the device. Safe to call twice."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(_STOP_S)
            self._thread = None

    def _begin(
        self, sound: Callable[[threading.Event], bool], on_end: Callable[[bool], None]
    ) -> None:
        self.stop()
        stopped = self._stopped = threading.Event()

        def run() -> None:
            heard = False
            try:
                heard = sound(stopped)
            except VoiceGuideError as fault:
                _log.warning("a ritual is offered in silence: %s", fault)
            except Exception:  # noqa: BLE001 - the one catch-all of this thread
                _log.exception("a ritual is offered in silence")
            if not stopped.is_set():
                on_end(heard)

        self._thread = threading.Thread(target=run, name="chime", daemon=True)
        self._thread.start()

    def _sound(
        self, volume_db: float, stopped: threading.Event, longer: Future[Score] | None = None
    ) -> bool:
        player = self._services.player(self._services.settings().sound.device)
        player.volume_db = volume_db
        return sound_alone(player, chime_score(self._services.palette()), stopped, longer)

    def _prepare(self, title: str, voicing: Voicing) -> Future[Score]:
        """Speak meanwhile: the chime is on time even where the voice is not."""
        prepared: Future[Score] = Future()

        def run() -> None:
            try:
                prepared.set_result(self._speak(title, voicing))
            except Exception as error:  # noqa: BLE001 - told to whoever waits for it
                prepared.set_exception(explain(error))

        threading.Thread(target=run, name="announce", daemon=True).start()
        return prepared

    def _speak(self, title: str, voicing: Voicing) -> Score:
        services = self._services
        score, notice = prepare_announcement(title, voicing, services.engine(), services.palette())
        if notice:  # nobody is led who was not told
            raise SynthesisFailed(notice)
        return score
