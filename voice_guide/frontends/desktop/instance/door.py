"""The companion's Unix socket: one thread, many askers, and none of them can hold up another."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from voice_guide.frontends.desktop.instance.wire import (
    REFUSED,
    REQUEST_LIMIT,
    Reply,
    reply_to_line,
)

_log = logging.getLogger(__name__)

CLIENT_S: Final = 2.0
"""How long an asker may take to send its line, and again to read the reply."""

_MOST_CLIENTS: Final = 100
_QUEUE: Final = 128
_REST_S: Final = 0.1
_CLOSE_S: Final = 3.0
_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: `struct ucred` in unix(7)

_TOO_LONG = Reply(f"This was not understood: it is over {REQUEST_LIMIT} bytes long.", REFUSED)
_TOO_SLOW = Reply(f"This was not understood: no whole line came in {CLIENT_S:g} s.", REFUSED)
_CUT_OFF = Reply("This was not understood: it ends in the middle of a line.", REFUSED)
_TOO_MANY = Reply("Too many are asking at once. Try again.", REFUSED)
_NOT_YOURS = Reply("This companion belongs to somebody else.", 1)


@dataclass(eq=False)
class _Client:
    connection: socket.socket
    deadline: float
    got: bytearray = field(default_factory=bytearray)
    left: bytes | None = None
    """What it still has to be told; None until there is an answer."""


class SocketDoor:
    """Listens from the start, so that an early asker waits rather than being turned away."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._path.unlink(missing_ok=True)  # of one that was killed: we hold the lock
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(path)
            self._path.chmod(0o600)
            self._listener.listen(_QUEUE)
            self._listener.setblocking(False)
        except BaseException:
            self._listener.close()
            raise
        self._wakes, self._wake = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._clients: set[_Client] = set()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._answer: Callable[[bytes], bytes] = bytes

    def serve(self, answer: Callable[[bytes], bytes]) -> None:
        """Answer every line from now on, in a thread of its own."""
        self._answer = answer
        self._selector.register(self._wakes, selectors.EVENT_READ)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="instance", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and take the socket away."""
        self._ending.set()
        with contextlib.suppress(OSError):
            self._wake.send(b".")
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_S)
        # First the name, so that nobody reaches a socket that nobody listens to.
        with contextlib.suppress(OSError):
            self._path.unlink()
        for client in tuple(self._clients):
            self._drop(client)
        self._selector.close()
        for one in (self._listener, self._wakes, self._wake):
            one.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._turn()
            except Exception:  # noqa: BLE001 - the one catch-all of this thread
                _log.exception("the companion's socket stumbled")
                self._ending.wait(_REST_S)

    def _turn(self) -> None:
        # Without a client there is no time limit: an idle companion is not woken.
        nearest = min((client.deadline for client in self._clients), default=None)
        timeout = None if nearest is None else max(0.0, nearest - time.monotonic())
        ready = [key for key, _ in self._selector.select(timeout)]
        if self._ending.is_set():
            return
        for key in ready:
            if isinstance(key.data, _Client):
                self._attend(key.data)
        # After those who have come: one that has spoken already is not sent away unheard.
        if any(key.fileobj is self._listener for key in ready):
            self._welcome()
        now = time.monotonic()
        for client in [one for one in self._clients if one.deadline <= now]:
            self._send_away(client, _TOO_SLOW)

    def _welcome(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.setblocking(False)
        if len(self._clients) >= _MOST_CLIENTS:
            # Who wants something says so at once: of those that say nothing the oldest goes.
            self._send_away(min(self._clients, key=lambda one: one.deadline), _TOO_MANY)
        client = _Client(connection, time.monotonic() + CLIENT_S)
        self._clients.add(client)
        self._selector.register(connection, selectors.EVENT_READ, client)
        if not is_ours(connection):
            self._tell(client, reply_to_line(_NOT_YOURS))

    def _send_away(self, client: _Client, why: Reply) -> None:
        if client.left is None:
            self._tell(client, reply_to_line(why))
        self._drop(client)

    def _attend(self, client: _Client) -> None:
        try:
            if client.left is None:
                self._hear(client)
            else:
                self._tell(client, client.left)
        except BlockingIOError:
            pass
        except OSError:  # it went away, which is its own affair
            self._drop(client)

    def _hear(self, client: _Client) -> None:
        piece = client.connection.recv(REQUEST_LIMIT)
        client.got += piece
        line, end, _ = client.got.partition(b"\n")
        if len(line) > REQUEST_LIMIT:
            self._tell(client, reply_to_line(_TOO_LONG))
        elif end:
            self._tell(client, self._answer(bytes(line)))
        elif not piece:
            if client.got:
                self._tell(client, reply_to_line(_CUT_OFF))
            else:
                self._drop(client)

    def _tell(self, client: _Client, words: bytes) -> None:
        if client.left is None:
            client.deadline = time.monotonic() + CLIENT_S
            self._selector.modify(client.connection, selectors.EVENT_WRITE, client)
        client.left = words
        try:
            client.left = words[client.connection.send(words) :]
        except BlockingIOError:
            return
        except OSError:
            client.left = b""
        if not client.left:
            self._drop(client)

    def _drop(self, client: _Client) -> None:
        if client in self._clients:
            self._clients.remove(client)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(client.connection)
            client.connection.close()


def is_ours(connection: socket.socket) -> bool:
    """Return whether the other side runs as the same user, where the system can tell.

    macOS has no such option in Python; there the folder alone keeps others out.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(raw)
    return bool(uid == os.getuid())
