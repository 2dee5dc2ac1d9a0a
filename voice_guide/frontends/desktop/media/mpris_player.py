"""What answers on the bus while a session is shown there: the two interfaces of an MPRIS player."""

# Annotations are not postponed here: dbus-fast reads them, and cannot read "None" as a text.
import asyncio
import itertools
from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import unquote, urlsplit

from dbus_fast import DBusError, PropertyAccess, Variant
from dbus_fast.annotations import (
    DBusBool,
    DBusDict,
    DBusDouble,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.media import NowPlaying, OnCommand, Open, Press, Seek, SetVolume
from voice_guide.frontends.desktop.media.timing import Shown

PLAYER: Final = "org.mpris.MediaPlayer2.Player"

_TRACK: Final = "/org/voice_guide/session"
_SECOND: Final = 1_000_000  # the specification counts in microseconds
_READ: Final = PropertyAccess.READ
_Texts = Annotated[list[str], DBusSignature("as")]

Properties = dict[str, Any]


class Root(ServiceInterface):
    """The program itself: `org.mpris.MediaPlayer2`.

    It has no window to raise. Nor does it quit: what a widget is there for is the session, which
    has its Stop, and whoever ends the companion there would miss it in the tray.
    """

    def __init__(self) -> None:
        super().__init__("org.mpris.MediaPlayer2")

    @dbus_method("Raise")
    def raise_(self) -> None:
        """Do nothing, as the specification asks where it cannot be done."""

    @dbus_method("Quit")
    def quit_(self) -> None:
        """Do nothing, as the specification asks where it cannot be done."""

    @dbus_property(_READ, "CanQuit")
    def can_quit(self) -> DBusBool:
        return False

    @dbus_property(_READ, "CanRaise")
    def can_raise(self) -> DBusBool:
        return False

    @dbus_property(_READ, "HasTrackList")
    def has_track_list(self) -> DBusBool:
        return False

    @dbus_property(_READ, "Identity")
    def identity(self) -> DBusStr:
        return "voice-guide"

    @dbus_property(_READ, "DesktopEntry")
    def desktop_entry(self) -> DBusStr:
        return "voice-guide"

    @dbus_property(_READ, "SupportedUriSchemes")
    def uri_schemes(self) -> _Texts:
        return ["file"]

    @dbus_property(_READ, "SupportedMimeTypes")
    def mime_types(self) -> _Texts:
        return ["text/markdown", "text/plain"]


class Player(ServiceInterface):
    """The session: `org.mpris.MediaPlayer2.Player`. Everything here runs in the bus's thread."""

    def __init__(self, on_command: OnCommand, clock: Callable[[], float]) -> None:
        super().__init__(PLAYER)
        self._on_command = on_command
        self._clock = clock
        self._shown = Shown(NowPlaying(is_playing=False, title=""), clock())
        self._numbers = itertools.count(1)
        self._track = f"{_TRACK}/0"
        self._told: Properties = {}

    def update(self, shown: Shown, *, jumped: bool) -> None:
        """Take this in, and signal each property that differs from what was signalled last."""
        if shown.now.title != self._shown.now.title:
            self._track = f"{_TRACK}/{next(self._numbers)}"
        self._shown = shown
        properties = self._signalled()
        changed = {
            name: value for name, value in properties.items() if self._told.get(name) != value
        }
        self._told = properties
        if changed:
            self.emit_properties_changed(changed)
        if jumped:
            self.seeked()

    def _signalled(self) -> Properties:
        now = self._shown.now
        return {
            "PlaybackStatus": "Playing" if now.is_playing else "Paused",
            "Metadata": self._metadata(),
            "Volume": now.volume,
            "CanGoNext": now.can_skip,
            "CanGoPrevious": now.can_go_back,
            "CanSeek": now.can_seek,
        }

    def _metadata(self) -> dict[str, Variant]:
        now = self._shown.now
        # Lock screens show title and artist, and no more: there the section is of most use.
        told = {
            "mpris:trackid": Variant("o", self._track),
            "xesam:title": Variant("s", now.title),
            "xesam:artist": Variant("as", [now.section or "voice-guide"]),
            "xesam:album": Variant("s", "voice-guide"),
        }
        if now.section:
            told["xesam:comment"] = Variant("as", [now.section])
        if now.length_s:
            told["mpris:length"] = Variant("x", round(now.length_s * _SECOND))
        return told

    def _position_s(self) -> float:
        return self._shown.position_s(self._clock())

    @dbus_method("Play")
    def play(self) -> None:
        self._on_command(Press.PLAY)

    @dbus_method("Pause")
    def pause(self) -> None:
        self._on_command(Press.PAUSE)

    @dbus_method("PlayPause")
    def play_pause(self) -> None:
        self._on_command(Press.TOGGLE)

    @dbus_method("Stop")
    def stop(self) -> None:
        self._on_command(Press.STOP)

    @dbus_method("Next")
    def next_(self) -> None:
        if self._shown.now.can_skip:
            self._on_command(Press.SKIP)

    @dbus_method("Previous")
    def previous(self) -> None:
        if self._shown.now.can_go_back:
            self._on_command(Press.BACK)

    @dbus_method("Seek")
    def seek(self, offset: DBusInt64) -> None:
        position_s = self._position_s() + offset / _SECOND
        length_s = self._shown.now.length_s
        if not self._shown.now.can_seek:
            return
        if length_s and position_s > length_s:
            self._on_command(Press.SKIP)  # past the end it acts like Next, says the specification
        else:
            self._on_command(Seek(max(0.0, position_s)))

    @dbus_method("SetPosition")
    def set_position(self, track: DBusObjectPath, position: DBusInt64) -> None:
        position_s = position / _SECOND
        length_s = self._shown.now.length_s
        is_inside = position_s >= 0 and not (length_s and position_s > length_s)
        # Of another track, or outside of this one: the asker looks at something old.
        if self._shown.now.can_seek and track == self._track and is_inside:
            self._on_command(Seek(position_s))

    @dbus_method("OpenUri")
    async def open_uri(self, uri: DBusStr) -> None:
        try:
            # A file is read, which must not hold up the bus.
            await asyncio.to_thread(self._on_command, Open(_uri_to_path(uri)))
        except VoiceGuideError as fault:
            raise DBusError("org.mpris.MediaPlayer2.voice_guide.Fault", str(fault)) from fault

    @dbus_signal("Seeked")
    def seeked(self) -> DBusInt64:
        return round(self._position_s() * _SECOND)

    @dbus_property(_READ, "PlaybackStatus")
    def playback_status(self) -> DBusStr:
        return str(self._signalled()["PlaybackStatus"])

    @dbus_property(_READ, "Metadata")
    def metadata(self) -> DBusDict:
        return self._metadata()

    @dbus_property(_READ, "Position")
    def position(self) -> DBusInt64:
        return round(self._position_s() * _SECOND)

    @dbus_property(PropertyAccess.READWRITE, "Volume")
    def volume(self) -> DBusDouble:
        return self._shown.now.volume

    @volume.setter
    def set_volume(self, volume: DBusDouble) -> None:
        self._on_command(SetVolume(min(1.0, max(0.0, volume))))

    @dbus_property(PropertyAccess.READWRITE, "Rate")
    def rate(self) -> DBusDouble:
        return 1.0

    @rate.setter
    def set_rate(self, rate: DBusDouble) -> None:
        if rate == 0:  # to be taken as Pause, says the specification
            self._on_command(Press.PAUSE)

    @dbus_property(_READ, "MinimumRate")
    def minimum_rate(self) -> DBusDouble:
        return 1.0

    @dbus_property(_READ, "MaximumRate")
    def maximum_rate(self) -> DBusDouble:
        return 1.0

    @dbus_property(_READ, "CanGoNext")
    def can_go_next(self) -> DBusBool:
        return self._shown.now.can_skip

    @dbus_property(_READ, "CanGoPrevious")
    def can_go_previous(self) -> DBusBool:
        return self._shown.now.can_go_back

    @dbus_property(_READ, "CanPlay")
    def can_play(self) -> DBusBool:
        return True

    @dbus_property(_READ, "CanPause")
    def can_pause(self) -> DBusBool:
        return True

    @dbus_property(_READ, "CanSeek")
    def can_seek(self) -> DBusBool:
        return self._shown.now.can_seek

    @dbus_property(_READ, "CanControl")
    def can_control(self) -> DBusBool:
        return True


def _uri_to_path(uri: str) -> str:
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise VoiceGuideError(f'"{uri}" is no file on this machine.', "Open a script by its path.")
    return unquote(parts.path, errors="surrogateescape")
