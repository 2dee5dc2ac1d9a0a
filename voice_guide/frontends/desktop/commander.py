"""One vocabulary of commands for the tray, media keys, notices and a second start."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.asking import (
    Wishes,
    leave_lost_bed,
    read_ask,
    refuse_early,
    seed_of_today,
    speak_unmet,
)
from voice_guide.frontends.desktop.instance.wire import REFUSED, Reply, Request
from voice_guide.frontends.desktop.media import MediaCommand, Open, Press, Seek, SetVolume
from voice_guide.frontends.services import Services
from voice_guide.session import events
from voice_guide.session.machine import ACTIVE, Mode
from voice_guide.session.status import Status

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.rituals.offering import Rituals
    from voice_guide.session.controller import Controller

SILENT_DB: Final = -60.0
"""Where a slider at nothing lies; the settings allow no less."""

SAME_S: Final = 0.5
"""A second click or key within this belongs to the first: Windows' own time for a double click, and
the longest that desktops wait. Who clicks twice at night wants to begin, not to begin and pause."""

_SIMPLE: Final[dict[str, tuple[Callable[[], events.Command], str]]] = {
    "pause": (events.Pause, "Paused."),
    "resume": (events.Resume, "Going on."),
    "skip": (events.Skip, "On to the next section."),
    "back": (events.Back, "Back to the start of the section."),
    "ease": (events.Ease, "Going on without holding the breath."),
    "stop": (events.Stop, "Ending gently."),
}

_PRESSES: Final[dict[Press, Callable[[], events.Command]]] = {
    Press.PLAY: events.Resume,
    Press.PAUSE: events.Pause,
    Press.TOGGLE: events.Toggle,
    Press.STOP: events.Stop,
    Press.SKIP: events.Skip,
    Press.BACK: events.Back,
}


class Commander:
    """Carries out commands from anywhere. Every method may be called from any thread."""

    def __init__(
        self,
        services: Services,
        controller: Callable[[], Controller],
        status: Callable[[], Status],
        leave: Callable[[], None],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._services = services
        self._controller = controller
        self._status = status
        self._leave = leave
        self._tell = tell
        self._clock = clock
        self._toggled = (-math.inf, "")
        self._volume: tuple[float, float] | None = None
        self.rituals: Rituals | None = None
        """What may wait for an answer; None until it is loaded."""

    @property
    def status(self) -> Status:
        """What there is to see of the session."""
        return self._status()

    @property
    def is_active(self) -> bool:
        """Whether a session is under way."""
        return self.status.state in ACTIVE

    @property
    def ritual_waiting(self) -> str | None:
        """The name of the ritual that waits for an answer."""
        return self.rituals.waiting if self.rituals else None

    def send(self, command: events.Command) -> None:
        """Ask the session for something."""
        self._controller().send(command)

    def play(
        self,
        name: str,
        wishes: Wishes | None = None,
        volume_db: float | None = None,
        *,
        is_awaited: bool = False,
    ) -> str:
        """Begin a session, and return what to say about it; raises what is wrong with the wish.

        Where somebody awaits the answer, that includes what shows only as words are spoken. It is
        as loud as the others, or as `volume_db` says.
        """
        wishes = wishes or Wishes(seed=seed_of_today())
        ask = speak_unmet(self._services, read_ask(self._services, name, wishes))
        lost = ""
        if not wishes.bed:  # it is the settings' own: nobody who clicks has just asked for it
            ask, lost = leave_lost_bed(self._services, ask)
        ask = replace(ask, or_usual_voice=not wishes.voice)
        if is_awaited:
            refuse_early(self._services, ask)
        self._touch()
        self.send(events.SetVolume(self.volume_db if volume_db is None else volume_db))
        self.send(events.Play(ask))
        if lost:
            self._tell(lost)
        return f"Playing {ask.script.header.title}."

    def play_favourite(self, play: Callable[[str], str]) -> str:
        """Begin the session that a click begins; the usual one where the listener's cannot be.

        Whoever clicks at night needs a voice, and only then to know what is wrong with a file.
        """
        name = self._services.settings().companion.favourite
        try:
            return play(name)
        except VoiceGuideError as fault:
            from voice_guide.store.settings import Companion  # noqa: PLC0415 - seldom needed

            usual = Companion().favourite
            if name == usual:
                raise
            said = play(usual)
            self._tell(f"{said} Your favourite cannot be played:\n{fault}")
            return said

    def toggle(self, play: Callable[[str], str] | None = None) -> str:
        """Begin, pause or go on: what a click and a key do; a double click does it once.

        `play` begins the favourite as it is wished, instead of as its script has it.
        """
        toggled_s, said = self._toggled
        if self._clock() - toggled_s >= SAME_S:
            said = self._toggle(play or self.play)
            self._toggled = (self._clock(), said)
        return said

    def _toggle(self, play: Callable[[str], str]) -> str:
        if not self.is_active or self.status.is_ending:
            return (self.rituals and self.rituals.accept()) or self.play_favourite(play)
        is_paused = self.status.state is Mode.PAUSED
        self.send(events.Toggle())
        return "Going on." if is_paused else "Paused."

    @property
    def volume_db(self) -> float:
        """How loud sessions are: as it was set last, here or in the listener's settings."""
        saved_db = self._services.settings().sound.volume_db
        if self._volume is not None:
            volume_db, saved_then_db = self._volume
            if saved_db == saved_then_db:
                return volume_db
        return saved_db

    def stop(self) -> None:
        """End gently, or put off the ritual that waits: what a middle click does."""
        if self.is_active or not (self.rituals and self.rituals.put_off()):
            self.send(events.Stop())

    def set_volume(self, share: float) -> None:
        """Play at this level of a slider, 0 to 1, now and until the program ends.

        A key or a slider is turned for the moment: only the menu keeps it in the settings.
        """
        self._volume = (share_to_db(share), self._services.settings().sound.volume_db)
        self.send(events.SetVolume(self._volume[0]))

    def press(self, command: MediaCommand) -> None:
        """Carry out what a media key or a player's widget asks for."""
        if not isinstance(command, Open) and self._touch():
            return
        match command:
            case Press():
                self.send(_PRESSES[command]())
            case Seek(position_s):
                self.send(events.Seek(position_s))
            case SetVolume(volume):
                self.set_volume(volume)
            case Open(path):
                self.play(path)

    def answer(self, request: Request) -> Reply:
        """Carry out a command line that was handed over."""
        word, *rest = request.words or ("",)
        if word == "ritual" and self.rituals is not None:
            return self.rituals.answer(rest)
        if word in _SIMPLE and not rest:
            return Reply(self._simply(word))
        said: str | None = None
        match word, rest:
            case "play", [text]:
                said = self._play_as_told(text)
            case "toggle", []:
                said = self.toggle()
            case "status", []:
                said = json.dumps(status_to_json(self.status, self.ritual_waiting))
            case "volume", []:
                said = f"Volume {db_to_share(self.volume_db):.0%}."
            case "volume", [percent]:
                said = self._volume_as_told(percent)
            case "quit", []:
                self._leave()
                said = "Good-bye."
        if said is None:
            return Reply(f'There is no command "{" ".join(request.words)[:80]}".', REFUSED)
        return Reply(said)

    def _touch(self) -> bool:
        """Let a ritual that is about to begin by itself be; False where there is none."""
        return self.rituals is not None and self.rituals.touch()

    def _simply(self, word: str) -> str:
        status = self.status
        if status.state not in ACTIVE:
            return "Nothing is playing."
        if status.is_ending:
            return "It is ending."
        if word in {"skip", "back"} and not status.length_s:
            return "The session is only just beginning."
        if word == "skip" and not status.has_next:
            return "This is the last section."
        command, said = _SIMPLE[word]
        self.send(command())
        return said

    def _play_as_told(self, text: str) -> str:
        try:
            told = json.loads(text)
            name, wishes = told.pop("script"), Wishes(**told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise VoiceGuideError("That session was not understood.") from error
        if not isinstance(name, str):
            raise VoiceGuideError("That session was not understood.")
        return self.play(name, wishes, is_awaited=True)

    def _volume_as_told(self, percent: str) -> str:
        try:
            share = float(percent.removesuffix("%")) / 100
        except ValueError:
            share = math.nan
        if not 0.0 <= share <= 1.0:
            raise VoiceGuideError(f'"{percent}" is no volume.', "Say a number from 0 to 100.")
        self.set_volume(share)
        return f"Volume {share:.0%}."


def share_to_db(share: float) -> float:
    """Return decibels for a slider from 0 to 1: half of it is 6 dB softer."""
    if not share > 0.0:
        return SILENT_DB
    return max(SILENT_DB, min(0.0, 20.0 * math.log10(share)))


def db_to_share(volume_db: float) -> float:
    """Return where a slider from 0 to 1 stands."""
    return 0.0 if volume_db <= SILENT_DB else 10.0 ** (volume_db / 20.0)


def status_to_json(status: Status, ritual_waiting: str | None = None) -> dict[str, Any]:
    """Return what `voice-guide status --json` prints."""
    state = Mode.IDLE if status.state is Mode.ENDED else status.state
    is_idle = state is Mode.IDLE
    return {
        "state": state.value,
        "script": None if is_idle else status.script,
        "section": (status.section or None) if not is_idle else None,
        "phase": (status.phase or None) if not is_idle else None,
        "position_s": 0.0 if is_idle else round(status.position_s, 3),
        "length_s": 0.0 if is_idle else round(status.length_s, 3),
        "ritual_waiting": ritual_waiting,
    }
