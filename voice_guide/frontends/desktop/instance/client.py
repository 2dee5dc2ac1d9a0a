"""How a later start hands its command to the companion and gets the answer."""

from __future__ import annotations

import _socket  # `socket` around it takes 4 ms more to import
import contextlib
import os
import sys
import time
from typing import Final, NoReturn

from voice_guide.frontends.desktop.instance.place import find_socket
from voice_guide.frontends.desktop.instance.wire import (
    REPLY_LIMIT,
    REQUEST_LIMIT,
    Reply,
    Request,
    Unreadable,
    line_to_reply,
    request_to_line,
)

TIMEOUT_S: Final = 5.0
"""More than a busy companion needs; a stopped one is told of after this."""

START_S: Final = 15.0
"""For one that is being started, which on a machine just started takes seconds: longer than anybody
would wait."""

_AGAIN_S: Final = 0.01


def ask(folder: str, words: tuple[str, ...], timeout_s: float = TIMEOUT_S) -> Reply | None:
    """Return what the companion answers to this command line; None when there is no companion.

    One that leaves without a word is none any more.
    """
    line = request_to_line(Request(words, _here()))
    if len(line) > REQUEST_LIMIT:
        return Reply("That command is too long to hand over.", 2)
    try:
        if sys.platform == "win32":
            from voice_guide.frontends.desktop.instance import pipe  # noqa: PLC0415 - there alone

            answer = pipe.ask(pipe.address_of(folder), line, timeout_s)
        else:
            answer = _ask_socket(find_socket(folder), line, time.monotonic() + timeout_s)
        return line_to_reply(answer) if answer else None
    except TimeoutError:
        _give_up("The companion is there but does not answer.")
    except PermissionError:
        _give_up("This companion belongs to somebody else.")
    except Unreadable:
        _give_up("The companion ended in the middle of its answer.")


def _ask_socket(path: str, line: bytes, deadline: float) -> bytes:
    """Return the answer; empty when nobody is there, or hangs up without a word."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        if not _connect(connection, path, deadline):
            return b""
        _send(connection, line, deadline)
        return _receive(connection, deadline)
    except ConnectionError:
        return b""
    finally:
        connection.close()


def _connect(connection: _socket.socket, path: str, deadline: float) -> bool:
    while True:
        connection.settimeout(_left_s(deadline))
        try:
            connection.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except BlockingIOError:  # so many are asking that the queue is full
            time.sleep(_AGAIN_S)
        else:
            return True


def _send(connection: _socket.socket, line: bytes, deadline: float) -> None:
    connection.settimeout(_left_s(deadline))
    # Refused before the end was read: the answer says why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(line)


def _receive(connection: _socket.socket, deadline: float) -> bytes:
    got = bytearray()
    while not got.endswith(b"\n") and len(got) <= REPLY_LIMIT:
        connection.settimeout(_left_s(deadline))
        piece = connection.recv(65_536)
        if not piece:
            break
        got += piece
    return bytes(got)


def _left_s(deadline: float) -> float:
    left_s = deadline - time.monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _here() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib takes 5 ms
    except OSError:  # the folder was removed under us
        return ""


def _give_up(message: str) -> NoReturn:
    from voice_guide.errors import VoiceGuideError  # noqa: PLC0415 - only now needed

    raise VoiceGuideError(message, "Try again; if it stays so, end voice-guide and start it anew.")
