"""Windows' and macOS' media keys against stand-ins for their libraries: neither was run."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from voice_guide.frontends.desktop.media import (
    MediaCommand,
    MediaControls,
    NowPlaying,
    Press,
    Seek,
)
from voice_guide.frontends.desktop.media.now_playing import NowPlayingCentre
from voice_guide.frontends.desktop.media.smtc import Smtc

SESSION = NowPlaying(
    is_playing=True,
    title="Calm count",
    section="Arrive",
    position_s=30.0,
    length_s=300.0,
    can_seek=True,
)


class Clock:
    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard() -> list[MediaCommand]:
    return []


# Windows. The names are those of winrt.windows.media, as its packages' type stubs have them.


class Controls:
    def __init__(self) -> None:
        self.is_enabled = False
        self.updates = 0
        self.timelines: list[Any] = []
        self.handlers: dict[str, Any] = {}
        self.display_updater = SimpleNamespace(
            type=None,
            music_properties=SimpleNamespace(title="", artist="", album_title=""),
            update=self._update,
            clear_all=lambda: setattr(self, "updates", 0),
        )

    def _update(self) -> None:
        self.updates += 1

    def add_button_pressed(self, handler: Any) -> str:
        self.handlers["button"] = handler
        return "button"

    def add_playback_position_change_requested(self, handler: Any) -> str:
        self.handlers["position"] = handler
        return "position"

    def remove_button_pressed(self, token: str) -> None:
        del self.handlers[token]

    remove_playback_position_change_requested = remove_button_pressed

    def update_timeline_properties(self, timeline: Any) -> None:
        self.timelines.append(timeline)


class Winrt:
    Status = SimpleNamespace(CLOSED=0, PLAYING=3, PAUSED=4)
    Kind = SimpleNamespace(MUSIC=1)
    Button = SimpleNamespace(PLAY=0, PAUSE=1, STOP=2, NEXT=6, PREVIOUS=7)
    Timeline = SimpleNamespace

    def __init__(self) -> None:
        self.players: list[Any] = []

    def MediaPlayer(self) -> Any:  # noqa: N802
        player = SimpleNamespace(
            command_manager=SimpleNamespace(is_enabled=True),
            system_media_transport_controls=Controls(),
            close=lambda: self.players.remove(player),
        )
        self.players.append(player)
        return player

    @property
    def controls(self) -> Controls:
        (player,) = self.players
        assert not player.command_manager.is_enabled
        controls: Controls = player.system_media_transport_controls
        return controls


def test_windows_shows_a_session_and_hears_its_buttons(
    clock: Clock, heard: list[MediaCommand]
) -> None:
    winrt = Winrt()
    smtc = Smtc(heard.append, lambda: winrt, clock)
    smtc.show(SESSION)
    controls = winrt.controls
    music = controls.display_updater.music_properties
    assert (music.title, music.artist) == ("Calm count", "Arrive")
    assert controls.is_enabled
    assert controls.playback_status == Winrt.Status.PLAYING
    assert controls.timelines[-1].position == timedelta(seconds=30)
    assert controls.timelines[-1].max_seek_time == timedelta(seconds=300)
    for button in (0, 1, 2, 6, 7, 99):
        controls.handlers["button"](None, SimpleNamespace(button=button))
    asked = SimpleNamespace(requested_playback_position=timedelta(seconds=90))
    controls.handlers["position"](None, asked)
    presses = [Press.PLAY, Press.PAUSE, Press.STOP, Press.SKIP, Press.BACK]
    assert heard == [*presses, Seek(90.0)]
    smtc.hide()
    assert not controls.is_enabled
    assert not controls.handlers
    assert not winrt.players
    smtc.close()


def test_windows_is_told_only_news(clock: Clock, heard: list[MediaCommand]) -> None:
    winrt = Winrt()
    smtc = Smtc(heard.append, lambda: winrt, clock)
    for step in range(100):
        clock.now_s = 1000 + step * 0.05
        smtc.show(replace(SESSION, position_s=30 + step * 0.05))
    assert winrt.controls.updates == len(winrt.controls.timelines) == 1
    smtc.show(replace(SESSION, position_s=200.0))
    assert (winrt.controls.updates, len(winrt.controls.timelines)) == (1, 2)
    smtc.show(replace(SESSION, position_s=200.0, is_playing=False, can_skip=False, can_seek=False))
    assert winrt.controls.playback_status == Winrt.Status.PAUSED
    assert not winrt.controls.is_next_enabled
    asked = SimpleNamespace(requested_playback_position=timedelta(seconds=90))
    winrt.controls.handlers["position"](None, asked)
    assert not heard


# macOS. The names are those of Apple's MediaPlayer framework, as pyobjc spells them.


class Command:
    def __init__(self) -> None:
        self.handlers: dict[int, Any] = {}
        self.is_enabled = True

    def addTargetWithHandler_(self, handler: Any) -> int:  # noqa: N802
        self.handlers[id(handler)] = handler
        return id(handler)

    def removeTarget_(self, target: int) -> None:  # noqa: N802
        del self.handlers[target]

    def setEnabled_(self, is_enabled: bool) -> None:  # noqa: N802
        self.is_enabled = is_enabled

    def press(self, event: object = None) -> int:
        (handler,) = self.handlers.values()
        status: int = handler(event)
        return status


class Framework:
    """`MediaPlayer`: its constants are any texts."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.info: Any = None
        self.state = 0
        self.told = 0
        self.MPNowPlayingInfoCenter = SimpleNamespace(defaultCenter=lambda: self)
        self.MPRemoteCommandCenter = SimpleNamespace(sharedCommandCenter=lambda: self)

    def __getattr__(self, name: str) -> Any:
        if name.endswith("Command"):
            return lambda: self.commands.setdefault(name, Command())
        if name.startswith(("MPMediaItemProperty", "MPNowPlayingInfoProperty")):
            return name
        raise AttributeError(name)

    def setNowPlayingInfo_(self, info: Any) -> None:  # noqa: N802
        self.info = info
        self.told += 1

    def setPlaybackState_(self, state: int) -> None:  # noqa: N802
        self.state = state


@pytest.fixture
def framework() -> Framework:
    return Framework()


@pytest.fixture
def mac(framework: Framework, clock: Clock, heard: list[MediaCommand]) -> NowPlayingCentre:
    library = SimpleNamespace(media=framework, on_main=lambda work, *args: work(*args))
    return NowPlayingCentre(heard.append, lambda: library, clock)


def test_macos_shows_a_session_and_hears_its_commands(
    mac: NowPlayingCentre, framework: Framework, heard: list[MediaCommand]
) -> None:
    mac.show(SESSION)
    assert framework.info["MPMediaItemPropertyTitle"] == "Calm count"
    assert framework.info["MPMediaItemPropertyArtist"] == "Arrive"
    assert framework.info["MPNowPlayingInfoPropertyElapsedPlaybackTime"] == 30.0
    assert framework.info["MPMediaItemPropertyPlaybackDuration"] == 300.0
    assert framework.state == 1
    for name in ("play", "pause", "togglePlayPause", "stop", "nextTrack", "previousTrack"):
        assert framework.commands[f"{name}Command"].press() == 0
    moved = SimpleNamespace(positionTime=lambda: 90.0)
    assert framework.commands["changePlaybackPositionCommand"].press(moved) == 0
    presses = [Press.PLAY, Press.PAUSE, Press.TOGGLE, Press.STOP, Press.SKIP, Press.BACK]
    assert heard == [*presses, Seek(90.0)]
    mac.show(replace(SESSION, is_playing=False, can_skip=False, can_seek=False))
    assert framework.state == 2
    assert framework.info["MPNowPlayingInfoPropertyPlaybackRate"] == 0.0
    assert not framework.commands["nextTrackCommand"].is_enabled
    assert framework.commands["changePlaybackPositionCommand"].press(moved) != 0
    mac.hide()
    mac.close()
    assert framework.info is None
    assert framework.state == 3
    assert not any(command.handlers for command in framework.commands.values())


def test_macos_is_told_only_news(mac: NowPlayingCentre, framework: Framework, clock: Clock) -> None:
    for step in range(100):
        clock.now_s = 1000 + step * 0.05
        mac.show(replace(SESSION, position_s=30 + step * 0.05))
    assert framework.told == 1
    mac.show(replace(SESSION, position_s=200.0))
    assert framework.told == 2


def test_a_system_without_the_library_plays_on(caplog: pytest.LogCaptureFixture) -> None:
    def missing() -> Any:
        raise ModuleNotFoundError("No module named 'winrt'")

    each: list[MediaControls] = [Smtc(print, missing), NowPlayingCentre(print, missing)]
    for one in each:
        one.show(SESSION)
        one.show(replace(SESSION, is_playing=False))
        one.hide()
        one.close()
