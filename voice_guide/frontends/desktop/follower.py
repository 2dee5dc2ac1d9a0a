"""Brings a session's status to the desktop: the icon, the media keys, other players, notices."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from voice_guide.frontends.desktop.commander import db_to_share
from voice_guide.frontends.desktop.face import Face, draw_face, status_to_face
from voice_guide.frontends.desktop.media import MediaControls, NowPlaying
from voice_guide.frontends.desktop.systems import Icon, Microphone, Players
from voice_guide.session.machine import ACTIVE, Mode
from voice_guide.session.status import Status

if TYPE_CHECKING:
    from voice_guide.store.settings import Companion


class Follower:
    """Sees every status, in the session's thread, and what waits: it hands on, and never waits.

    Parameters
    ----------
    players, microphone
        None where a system has none.
    wishes
        Says which of them the listener wants sessions to mind; asked when one begins.
    tell
        Says a sentence to the listener.
    remark
        Says what the session has to remark, as that the sound went away; empty takes it back.
    """

    def __init__(
        self,
        name: str,
        icon: Icon,
        media: MediaControls,
        players: Players | None,
        microphone: Microphone | None,
        *,
        wishes: Callable[[], Companion],
        tell: Callable[[str], None],
        remark: Callable[[str], None],
    ) -> None:
        self._name = name
        self._icon = icon
        self._media = media
        self._players = players
        self._microphone = microphone
        self._wishes = wishes
        self._tell = tell
        self._remark = remark
        self._turn = threading.Lock()
        self._status = Status()
        self._waiting = ""
        self._face = Face()
        self._label: tuple[object, ...] = ()
        self._was_active = False
        self._notice = ""

    def wait(self, what: str) -> None:
        """Show on the icon what waits for a yes, empty for nothing. From any thread."""
        with self._turn:
            self._waiting = what
            self._show(self._status)

    def announce(self, title: str) -> None:
        """Take the media keys before a session of this title begins by itself; empty ends it.

        From any thread. While a session is under way they are its own.
        """
        with self._turn:
            if self._was_active:
                return
            if title:
                keys = NowPlaying(is_playing=True, title=title, can_skip=False, can_go_back=False)
                self._media.show(keys)
            else:
                self._media.hide()

    def see(self, status: Status) -> None:
        """Bring the desktop up to date."""
        with self._turn:
            self._see(status)

    def _see(self, status: Status) -> None:
        self._status = status
        is_active = status.state in ACTIVE
        if status.notice != self._notice:
            self._notice = status.notice
            self._remark(status.notice)
        if is_active != self._was_active:
            self._was_active = is_active
            self._begin() if is_active else self._end(status)
        if is_active and status.title:  # which comes with the first bell
            self._media.show(_to_now_playing(status))
        self._show(status)

    def _begin(self) -> None:
        wishes = self._wishes()
        if self._players is not None and wishes.pause_others:
            self._players.pause()
        if self._microphone is not None and wishes.pause_in_calls:
            self._microphone.start()

    def _end(self, status: Status) -> None:
        self._media.hide()
        if self._players is not None:
            self._players.resume()
        if status.fault is not None:
            self._tell(str(status.fault))
        if self._microphone is not None:
            self._microphone.stop()  # which may take a moment

    def _show(self, status: Status) -> None:
        face = status_to_face(status, is_ritual_waiting=bool(self._waiting))
        if face != self._face:
            self._face = face
            self._icon.icon = draw_face(face)
        # The labels of an open menu move with the phase and with each second.
        second = int(status.position_s)
        stage = (status.state, status.is_ending)
        label = (*stage, status.section, status.phase, second, self._waiting)
        if label != self._label:
            self._label = label
            # What is over keeps its last moment, its title among it.
            title = status.title if self._was_active else self._waiting
            self._icon.title = title or self._name
            self._icon.update_menu()


def _to_now_playing(status: Status) -> NowPlaying:
    is_ready = status.length_s > 0
    return NowPlaying(
        is_playing=status.state is not Mode.PAUSED,
        title=status.title,
        section=status.section,
        position_s=status.position_s,
        length_s=status.length_s,
        volume=db_to_share(status.volume_db),
        can_skip=status.has_next,
        can_go_back=is_ready,
        can_seek=is_ready,
    )
