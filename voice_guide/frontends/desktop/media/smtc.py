"""Media keys on Windows: the System Media Transport Controls, by the winrt packages."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final

from voice_guide.frontends.desktop.media import NowPlaying, OnCommand, Press, Seek
from voice_guide.frontends.desktop.media.timing import Shown, compare

_log = logging.getLogger(__name__)

_BUTTONS: Final = {
    "PLAY": Press.PLAY,
    "PAUSE": Press.PAUSE,
    "STOP": Press.STOP,
    "NEXT": Press.SKIP,
    "PREVIOUS": Press.BACK,
}


def import_winrt() -> Any:
    """Return what is needed of winrt: winrt-Windows.Media, and .Playback for its MediaPlayer."""
    media = import_module("winrt.windows.media")
    playback = import_module("winrt.windows.media.playback")
    return SimpleNamespace(
        MediaPlayer=playback.MediaPlayer,
        Status=media.MediaPlaybackStatus,
        Kind=media.MediaPlaybackType,
        Button=media.SystemMediaTransportControlsButton,
        Timeline=media.SystemMediaTransportControlsTimelineProperties,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    player: Any
    """A player that plays nothing: without a window it is what gives the controls."""
    controls: Any
    tokens: tuple[Any, Any]


class Smtc:
    """A session in Windows' own media display, only between `show` and `hide`."""

    def __init__(
        self,
        on_command: OnCommand,
        library: Callable[[], Any] = import_winrt,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_command = on_command
        self._import = library
        self._clock = clock
        self._winrt: Any = None
        self._place: _Place | None = None
        self._shown: Shown | None = None

    def show(self, now: NowPlaying) -> None:
        """Take the keys, or bring up to date what changed."""
        at_s = self._clock()
        changed = jumped = True
        shown = Shown(now, at_s)
        if self._shown is not None:
            news = compare(self._shown, now, at_s)
            shown, changed, jumped = news.shown, news.changed, news.jumped
        self._shown = shown
        if not (changed or jumped):
            return
        try:
            place = self._taken()
            if changed:
                self._describe(place.controls, now)
            self._tell_time(place.controls, now)
        except Exception as error:  # noqa: BLE001 - a session goes on without its media keys
            _log.info("Windows does not show the session: %s", error)

    def hide(self) -> None:
        """Give the keys back."""
        self._shown = None
        place, self._place = self._place, None
        if place is None:
            return
        with contextlib.suppress(Exception):
            place.controls.playback_status = self._winrt.Status.CLOSED
            place.controls.display_updater.clear_all()
            place.controls.is_enabled = False
            place.controls.remove_button_pressed(place.tokens[0])
            place.controls.remove_playback_position_change_requested(place.tokens[1])
        with contextlib.suppress(Exception):
            place.player.close()

    def close(self) -> None:
        """Hide. Safe to call twice."""
        self.hide()

    def _taken(self) -> _Place:
        if self._place is None:
            self._winrt = self._winrt or self._import()
            player = self._winrt.MediaPlayer()
            player.command_manager.is_enabled = False  # it would answer the keys itself
            controls = player.system_media_transport_controls
            tokens = (
                controls.add_button_pressed(self._hear_button),
                controls.add_playback_position_change_requested(self._hear_position),
            )
            self._place = _Place(player, controls, tokens)
        return self._place

    def _describe(self, controls: Any, now: NowPlaying) -> None:
        controls.is_enabled = True
        controls.is_play_enabled = controls.is_pause_enabled = controls.is_stop_enabled = True
        controls.is_next_enabled = now.can_skip
        controls.is_previous_enabled = now.can_go_back
        status = self._winrt.Status
        controls.playback_status = status.PLAYING if now.is_playing else status.PAUSED
        updater = controls.display_updater
        updater.type = self._winrt.Kind.MUSIC
        updater.music_properties.title = now.title
        updater.music_properties.artist = now.section or "voice-guide"
        updater.music_properties.album_title = "voice-guide"
        updater.update()

    def _tell_time(self, controls: Any, now: NowPlaying) -> None:
        if not now.length_s:
            return
        line = self._winrt.Timeline()
        start, end = timedelta(0), timedelta(seconds=now.length_s)
        line.start_time, line.end_time = start, end
        line.position = timedelta(seconds=min(now.position_s, now.length_s))
        # Where it may be dragged to: nowhere else when the session cannot seek.
        line.min_seek_time = start if now.can_seek else line.position
        line.max_seek_time = end if now.can_seek else line.position
        controls.update_timeline_properties(line)

    def _hear_button(self, _controls: Any, event: Any) -> None:
        for name, press in _BUTTONS.items():
            if event.button == getattr(self._winrt.Button, name):
                self._on_command(press)

    def _hear_position(self, _controls: Any, event: Any) -> None:
        shown = self._shown
        if shown is not None and shown.now.can_seek:
            self._on_command(Seek(event.requested_playback_position.total_seconds()))
