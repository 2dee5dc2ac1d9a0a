"""Run as a program: something on the bus that stands in for logind or for a media player.

It prints one line for each thing that is asked of it, so that a test can wait for it.
"""

# Annotations are not postponed here: dbus-fast reads them.
import asyncio
import os
import sys

from dbus_fast import PropertyAccess
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusBool, DBusStr, DBusUnixFd
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

early: list[tuple[str, ...]] | None = []
"""What was asked before the name was known to be ours; None from then on."""


def say(*words: str) -> None:
    if early is not None:
        early.append(words)
        return
    print(*words, flush=True)


def say_ready() -> None:
    global early
    before, early = early or [], None
    say("ready")
    for words in before:
        say(*words)


class Logind(ServiceInterface):
    def __init__(self) -> None:
        super().__init__("org.freedesktop.login1.Manager")

    @dbus_method("Inhibit")
    def inhibit(self, what: DBusStr, who: DBusStr, why: DBusStr, mode: DBusStr) -> DBusUnixFd:
        ours, theirs = os.pipe()
        loop = asyncio.get_running_loop()

        def let_go() -> None:
            loop.remove_reader(ours)
            os.close(ours)
            say("let go")

        def sent() -> None:  # ours is closed once theirs has been handed over
            os.close(theirs)
            loop.add_reader(ours, let_go)

        say("held", what, mode)
        loop.call_later(0.05, sent)
        return theirs

    @dbus_signal("PrepareForSleep")
    def prepare_for_sleep(self, going: bool) -> DBusBool:
        return going


class SleepKey(ServiceInterface):
    def __init__(self, logind: Logind) -> None:
        super().__init__("stand.In")
        self.logind = logind

    @dbus_method("Sleep")
    def sleep(self, going: DBusBool) -> None:
        self.logind.prepare_for_sleep(going)


class Player(ServiceInterface):
    def __init__(self, status: str, answers_after_s: str = "0") -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self.status = status
        self.answers_after_s = float(answers_after_s)

    @dbus_method("Play")
    def play(self) -> None:
        self.status = "Playing"
        say("Play")

    @dbus_method("Pause")
    async def pause(self) -> None:
        self.status = "Paused"
        say("Pause")
        await asyncio.sleep(self.answers_after_s)

    @dbus_property(PropertyAccess.READ, "PlaybackStatus")
    def playback_status(self) -> DBusStr:
        if self.status == "Hung":
            import time  # noqa: PLC0415

            time.sleep(60)
        return self.status


class StatusKey(ServiceInterface):
    def __init__(self, player: Player) -> None:
        super().__init__("stand.In")
        self.player = player

    @dbus_method("Set")
    def set_(self, status: DBusStr) -> None:
        self.player.status = status
        say(status)


async def main(kind: str, name: str, *words: str) -> None:
    bus = await MessageBus(negotiate_unix_fd=True).connect()
    if kind == "logind":
        logind = Logind()
        bus.export("/org/freedesktop/login1", logind)
        bus.export("/org/freedesktop/login1", SleepKey(logind))
    else:
        player = Player(*words)
        bus.export("/org/mpris/MediaPlayer2", player)
        bus.export("/org/mpris/MediaPlayer2", StatusKey(player))
    await bus.request_name(name)
    say_ready()
    await bus.wait_for_disconnect()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
