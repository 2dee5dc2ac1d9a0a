"""Playing a session from a terminal: keys in, a picture or plain lines out."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from voice_guide.errors import DeviceLost
from voice_guide.frontends.asking import refuse_early, speak_unmet
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import care_lines
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

if TYPE_CHECKING:
    from voice_guide.session.controller import Controller
    from voice_guide.session.prepare import Ask

_PICTURE_S: Final = 0.1
"""Between two pictures: a breath is slow, and each picture costs a millisecond."""

_LINE_S: Final = 0.25
"""Between two looks where there is no picture."""

_QUICK_FADE_S: Final = 0.15
_ENDING_S: Final = 1.5

_COMMANDS: Final[dict[str, Callable[[], events.Command]]] = {
    "space": events.Toggle,
    "right": events.Skip,
    "left": events.Back,
    "e": events.Ease,
    "q": events.Stop,
}


def play(services: Services, ask: Ask, device: str | None, *, quiet: bool) -> None:
    """Play to the end; where there is no sound output, render to a file instead."""
    careful = speak_unmet(services, ask)
    refuse_early(services, careful)
    chosen = services.settings().sound.device if device is None else device
    last = _play_on(services, careful, chosen, quiet=quiet)
    if isinstance(last.fault, DeviceLost) and device is None:
        if chosen is not None:
            print(f"{last.fault.message} Trying the system's own.", file=sys.stderr)
            last = _play_on(services, careful, None, quiet=quiet)
        if isinstance(last.fault, DeviceLost):
            from voice_guide.frontends.cli.rendering import render_instead

            render_instead(services, ask, last.fault, quiet=quiet)
            return
    if last.fault:
        raise last.fault


def _play_on(services: Services, ask: Ask, device: str | int | None, *, quiet: bool) -> Status:
    controller = services.controller(device)
    try:
        controller.send(events.SetVolume(services.settings().sound.volume_db))
        controller.send(events.Play(ask))
        return _follow(controller, care_lines(ask.script.header), quiet=quiet)
    except KeyboardInterrupt:
        _end_quickly(controller)
        raise
    finally:
        controller.close()


def _follow(controller: Controller, care: Sequence[str], *, quiet: bool) -> Status:
    is_live = not quiet and _is_terminal(sys.stdout)
    tell = _no_lines if quiet or is_live else LineTeller(care).tell
    notice = ""
    with contextlib.ExitStack() as stack:
        read_key = stack.enter_context(_keys(is_live))
        show = stack.enter_context(_picture(controller, care)) if is_live else tell
        glance_s = _PICTURE_S if is_live else _LINE_S
        while True:
            command = _COMMANDS.get(read_key(glance_s))
            if command:
                controller.send(command())
            status = controller.status
            show(status)
            if status.state is Mode.ENDED:
                break
            notice = status.notice
    if status.notice != notice:
        print(status.notice, file=sys.stderr)
    return status


@contextlib.contextmanager
def _keys(is_live: bool) -> Iterator[Callable[[float], str]]:
    from voice_guide.frontends.cli.live.keys import single_keys, wait

    if not is_live:
        yield wait
        return
    with single_keys() as read_key:
        yield read_key


@contextlib.contextmanager
def _picture(controller: Controller, care: Sequence[str]) -> Iterator[Callable[[Status], None]]:
    # Drawn once there is something to see: by then the bell sounds, and loading this delays it not.
    while controller.status.state is Mode.IDLE:
        time.sleep(0.005)
    from voice_guide.frontends.cli.live.display import Display

    with Display(care) as display:
        yield display.show


def _end_quickly(controller: Controller) -> None:
    controller.send(events.Stop(_QUICK_FADE_S))
    deadline = time.monotonic() + _ENDING_S
    while controller.status.state in {Mode.PREPARING, Mode.PLAYING}:
        if time.monotonic() > deadline:
            return
        time.sleep(0.02)


def _is_terminal(stream: object) -> bool:
    return stream is not None and getattr(stream, "isatty", lambda: False)()


def _no_lines(_status: Status) -> None:
    return


class LineTeller:
    """A session as plain lines, for a pipe, a log or a screen reader."""

    def __init__(self, care: Sequence[str] = ()) -> None:
        self._told: dict[str, str] = {}
        self._care = care

    def tell(self, status: Status) -> None:
        """Print what is new while it is heard."""
        if status.state not in {Mode.PLAYING, Mode.PAUSED}:
            return
        self._print("title", status.title, "\n".join([status.title, *self._care]))
        self._print("notice", status.notice, status.notice)
        self._print("section", status.section, f"# {status.section}")
        if status.round and status.rounds:
            line = f"round {status.round} of {status.rounds}"
            self._print("round", line, line)
        else:
            self._print("caption", status.caption, status.caption)

    def _print(self, kind: str, value: str, line: str) -> None:
        if value and self._told.get(kind) != value:
            print(line, flush=True)
        self._told[kind] = value
