"""Media keys on macOS: Now Playing and its remote commands, by pyobjc's MediaPlayer."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final

from voice_guide.frontends.desktop.media import NowPlaying, OnCommand, Press, Seek
from voice_guide.frontends.desktop.media.timing import Shown, compare

_log = logging.getLogger(__name__)

_PRESSES: Final = {
    "playCommand": Press.PLAY,
    "pauseCommand": Press.PAUSE,
    "togglePlayPauseCommand": Press.TOGGLE,
    "stopCommand": Press.STOP,
    "nextTrackCommand": Press.SKIP,
    "previousTrackCommand": Press.BACK,
}

# MPNowPlayingPlaybackState and MPRemoteCommandHandlerStatus in Apple's headers.
_PLAYING, _PAUSED, _STOPPED = 1, 2, 3
_DONE, _CANNOT = 0, 200


def import_pyobjc() -> Any:
    """Return what is needed of pyobjc: pyobjc-framework-MediaPlayer and -Cocoa."""
    media = import_module("MediaPlayer")
    return SimpleNamespace(media=media, on_main=import_module("PyObjCTools.AppHelper").callAfter)


class NowPlayingCentre:
    """A session in macOS' own media display, only between `show` and `hide`."""

    def __init__(
        self,
        on_command: OnCommand,
        library: Callable[[], Any] = import_pyobjc,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._on_command = on_command
        self._import = library
        self._clock = clock
        self._pyobjc: Any = None
        self._shown: Shown | None = None
        self._targets: list[tuple[Any, Any]] = []

    def show(self, now: NowPlaying) -> None:
        """Take the keys, or bring up to date what changed."""
        at_s = self._clock()
        shown, is_news = Shown(now, at_s), True
        if self._shown is not None:
            news = compare(self._shown, now, at_s)
            shown, is_news = news.shown, news.changed or news.jumped
        self._shown = shown
        if is_news:
            self._on_main(self._describe, now)

    def hide(self) -> None:
        """Give the keys back."""
        if self._shown is not None:
            self._shown = None
            self._on_main(self._leave)

    def close(self) -> None:
        """Hide. Safe to call twice."""
        self.hide()

    def _on_main(self, work: Callable[..., None], *args: Any) -> None:
        # AppKit takes changes in its main thread alone.
        try:
            self._pyobjc = self._pyobjc or self._import()
            self._pyobjc.on_main(self._try, work, *args)
        except Exception as error:  # noqa: BLE001 - a session goes on without its media keys
            _log.info("macOS does not show the session: %s", error)

    def _try(self, work: Callable[..., None], *args: Any) -> None:
        try:
            work(*args)
        except Exception as error:  # noqa: BLE001 - as above
            _log.info("macOS does not show the session: %s", error)

    def _describe(self, now: NowPlaying) -> None:
        media = self._pyobjc.media
        centre = media.MPNowPlayingInfoCenter.defaultCenter()
        self._listen(media, now)
        told = {
            media.MPMediaItemPropertyTitle: now.title,
            media.MPMediaItemPropertyArtist: now.section or "voice-guide",
            media.MPMediaItemPropertyAlbumTitle: "voice-guide",
            media.MPNowPlayingInfoPropertyElapsedPlaybackTime: now.position_s,
            media.MPNowPlayingInfoPropertyPlaybackRate: 1.0 if now.is_playing else 0.0,
        }
        if now.length_s:
            told[media.MPMediaItemPropertyPlaybackDuration] = now.length_s
        centre.setNowPlayingInfo_(told)
        centre.setPlaybackState_(_PLAYING if now.is_playing else _PAUSED)

    def _listen(self, media: Any, now: NowPlaying) -> None:
        commands = media.MPRemoteCommandCenter.sharedCommandCenter()
        if not self._targets:
            for name, press in _PRESSES.items():
                self._add(getattr(commands, name)(), self._pressed(press))
            self._add(commands.changePlaybackPositionCommand(), self._hear_position)
        commands.nextTrackCommand().setEnabled_(now.can_skip)
        commands.previousTrackCommand().setEnabled_(now.can_go_back)
        commands.changePlaybackPositionCommand().setEnabled_(now.can_seek)

    def _add(self, command: Any, handler: Callable[[Any], int]) -> None:
        self._targets.append((command, command.addTargetWithHandler_(handler)))

    def _pressed(self, press: Press) -> Callable[[Any], int]:
        def hear(_event: Any) -> int:
            self._on_command(press)
            return _DONE

        return hear

    def _hear_position(self, event: Any) -> int:
        shown = self._shown
        if shown is None or not shown.now.can_seek:
            return _CANNOT
        self._on_command(Seek(float(event.positionTime())))
        return _DONE

    def _leave(self) -> None:
        centre = self._pyobjc.media.MPNowPlayingInfoCenter.defaultCenter()
        for command, target in self._targets:
            with contextlib.suppress(Exception):
                command.removeTarget_(target)
        self._targets.clear()
        centre.setNowPlayingInfo_(None)
        centre.setPlaybackState_(_STOPPED)
