"""What an offer looks and sounds like, from the chime to the answer and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from voice_guide.errors import explain
from voice_guide.frontends.asking import Wishes, make_voicing
from voice_guide.frontends.desktop.busy import Answer, Reason
from voice_guide.frontends.desktop.notify import Notifier
from voice_guide.frontends.desktop.rituals.beginning import begin
from voice_guide.frontends.desktop.rituals.notices import SLOT, key_to_answer, offer_to_notice
from voice_guide.frontends.desktop.rituals.ringing import Ringer
from voice_guide.frontends.desktop.systems import Watch
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.choosing import Chosen, choose_script
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.services import Services
from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.offer import ON_TIME, Announced, Offer, OfferEvent, Stage, Touched
from voice_guide.session.rituals.outcome import Deferral, Outcome
from voice_guide.session.rituals.ritual import Ritual
from voice_guide.session.rituals.usher import Usher
from voice_guide.store.journal.presence import Presence

if TYPE_CHECKING:
    from voice_guide.frontends.desktop.commander import Commander
    from voice_guide.frontends.desktop.follower import Follower

_ASLEEP: Final = timedelta(seconds=90)
"""One looks every minute: whoever has not looked for this long was asleep, or not there."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)

_DEFERRALS: Final = {
    Reason.QUIET: Deferral.DO_NOT_DISTURB,
    Reason.MICROPHONE: Deferral.MICROPHONE,
    Reason.FULL_SCREEN: Deferral.FULL_SCREEN,
}


@dataclass(frozen=True, slots=True)
class Desk:
    """What rituals need of the companion."""

    notifier: Notifier
    commander: Commander
    """Plays what got its yes, and says whether a session is under way."""
    follower: Follower
    """Shows on the icon what waits, and takes the media keys."""
    busy: Callable[[], Answer]
    """Asks the desktop whether this is a bad moment."""
    touches: Callable[[Callable[[], object]], Watch | None]
    """Watches keys and clicks anywhere, where a desktop tells of them."""
    tell: Callable[[str], None]
    """Says a sentence to the listener."""


class Host:
    """Brings offers to the listener; in the ticker's thread alone.

    Parameters
    ----------
    read
        Returns what the clocks say.
    see
        Told what is offered now; None for nothing.
    hear
        Takes what happens to an offer.
    touch
        Called at each key and click while a ritual is about to begin by itself.
    """

    def __init__(
        self,
        services: Services,
        desk: Desk,
        read: Callable[[], Moment],
        see: Callable[[Offer | None], None],
        hear: Callable[[OfferEvent, Offer], None],
        touch: Callable[[], object],
    ) -> None:
        self._services = services
        self._desk = desk
        self._read = read
        self._see, self._hear, self._touch = see, hear, touch
        self._book = RitualBook(services)
        self._ringer = Ringer(services)
        self._touches: Watch | None = None
        self._chosen: Chosen | None = None
        self._known: object = None
        self._looked_at = self._awake_since = _LONG_AGO
        self.usher = Usher(
            JournalLedger(services.ledger()),
            lambda: self._book.rituals(self._looked_at),
            self._deferral,
            self._take,
            lambda fault: desk.tell(str(fault)),
        )

    def look_around(self) -> Moment:
        """Return what the clocks say, and see whether the settings have other rituals now."""
        moment = self._read()
        if not -_ASLEEP < moment.now - self._looked_at < _ASLEEP:
            self._awake_since = moment.now
        self._looked_at = moment.now
        known = self._services.settings().ritual
        if known != self._known:
            self._known = known
            self.usher.change()
        return moment

    def _deferral(self) -> Deferral | None:
        if self._desk.commander.is_active or Presence(self._services.paths.journal).is_anyone():
            return Deferral.SESSION
        answer = self._desk.busy()
        if answer.busy is not None:
            return _DEFERRALS[answer.busy]
        return None if answer.may_sound else Deferral.UNKNOWN

    def _take(self, offer: Offer) -> None:
        if offer.stage is Stage.ANSWERED:
            self._see(None)
            self._end(offer)
        else:
            self._see(offer)
            self._bring(offer)

    def _bring(self, offer: Offer) -> None:
        ritual = offer.occurrence.ritual
        is_new = self._chosen is None
        if is_new and self._may_chime(offer):
            self._ringer.chime(self._volume_db(ritual))
        chosen = self._chosen or choose_script(self._services, ritual, offer.occurrence.day)
        self._chosen = chosen
        if offer.stage is Stage.WAITING and not is_new:
            self._rest()
        elif offer.stage is Stage.ANNOUNCING and is_new:
            self._announce(offer, chosen)
        self._desk.follower.wait(f"{ritual.name}: {chosen.title}")
        self._desk.notifier.show(
            offer_to_notice(offer, chosen), lambda key: self._press(key, offer)
        )

    def _press(self, key: str, offer: Offer) -> None:
        if (said := key_to_answer(key)) is not None:
            self._hear(said, offer)

    def _may_chime(self, offer: Offer) -> bool:
        # Whoever opens the lid has a screen to look at, and is not to hear anything unasked.
        was_awake = offer.occurrence.at >= self._awake_since - ON_TIME
        return offer.stage is Stage.WAITING and was_awake and not offer.is_quiet

    def _announce(self, offer: Offer, chosen: Chosen) -> None:
        ritual = offer.occurrence.ritual

        def on_end(was_heard: bool) -> None:
            self._hear(Announced() if was_heard else Touched(), offer)

        voicing = make_voicing(self._services, ritual.voice)
        self._ringer.announce(chosen.title, voicing, self._volume_db(ritual), on_end)
        self._touches = self._desk.touches(self._touch)
        self._desk.follower.announce(chosen.title)

    def _end(self, offer: Offer) -> None:
        self._rest()
        self._desk.notifier.withdraw(SLOT)
        self._desk.follower.wait("")
        chosen, self._chosen = self._chosen, None
        if chosen and offer.answer and offer.answer.outcome is Outcome.STARTED:
            self._start(offer.occurrence.ritual, chosen)

    def _rest(self) -> None:
        """Be silent, and give back what was taken for an announcement."""
        touches, self._touches = self._touches, None
        if touches is not None:
            touches.close()
        self._desk.follower.announce("")
        self._ringer.stop()

    def _start(self, ritual: Ritual, chosen: Chosen) -> None:
        def play(name: str, wishes: Wishes) -> str:
            return self._desk.commander.play(name, wishes, ritual.volume_db, is_awaited=True)

        try:
            notice = begin(self._services, ritual, chosen, play)
        except Exception as error:  # noqa: BLE001 - told to the listener
            notice = str(explain(error))
        if notice:
            self._desk.tell(notice)

    def _volume_db(self, ritual: Ritual) -> float:
        own = ritual.volume_db
        return self._desk.commander.volume_db if own is None else own
