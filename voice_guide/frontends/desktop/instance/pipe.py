"""The companion's named pipe on Windows: the standard library's, and never its pickling."""

from __future__ import annotations

import contextlib
import logging
import threading
import zlib
from collections.abc import Callable
from multiprocessing.connection import Client, Connection, Listener
from typing import Final

from voice_guide.frontends.desktop.instance.wire import REPLY_LIMIT, REQUEST_LIMIT

_log = logging.getLogger(__name__)

CLIENT_S: Final = 2.0
"""How long an asker may take to send its line."""

_MOST_CLIENTS: Final = 32
_REST_S: Final = 0.1
_CLOSE_S: Final = 3.0
_FAMILY: Final = "AF_PIPE"


def address_of(folder: str) -> str:
    """Return the name of the pipe for this folder: every listener has a pipe of their own."""
    mark = zlib.crc32(folder.casefold().encode("utf-8", "surrogatepass"))
    return rf"\\.\pipe\voice-guide-{mark:08x}"


def ask(address: str, line: bytes, timeout_s: float, family: str = _FAMILY) -> bytes:
    """Return the answer; empty when nobody is there, or hangs up without a word.

    Raises `TimeoutError` when somebody is there and does not answer.
    """
    try:
        connection = Client(address, family)
    except (FileNotFoundError, ConnectionRefusedError):
        return b""
    with connection:
        try:
            connection.send_bytes(line)
            if connection.poll(timeout_s):
                return connection.recv_bytes(REPLY_LIMIT)
        except (EOFError, OSError):
            return b""
    raise TimeoutError


class PipeDoor:
    """A thread takes askers in, and each is heard in one of its own: pipes know no select."""

    def __init__(self, address: str, family: str = _FAMILY) -> None:
        self._listener = Listener(address, family)
        self._address = address
        self._family = family
        self._ending = threading.Event()
        self._places = threading.Semaphore(_MOST_CLIENTS)
        self._thread: threading.Thread | None = None

    def serve(self, answer: Callable[[bytes], bytes]) -> None:
        """Answer every line from now on."""
        self._thread = threading.Thread(
            target=self._run, args=(answer,), name="instance", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop; the name of a pipe goes with its last handle."""
        self._ending.set()
        with contextlib.suppress(OSError):
            Client(self._address, self._family).close()  # wakes the thread from its waiting
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_CLOSE_S)
        self._listener.close()

    def _run(self, answer: Callable[[bytes], bytes]) -> None:
        while not self._ending.is_set():
            try:
                connection = self._listener.accept()
                if not self._places.acquire(timeout=CLIENT_S):
                    connection.close()
                    continue
                threading.Thread(
                    target=self._attend, args=(connection, answer), name="asker", daemon=True
                ).start()
            except Exception:  # noqa: BLE001 - the one catch-all of this thread
                if not self._ending.is_set():
                    _log.exception("the companion's pipe stumbled")
                    self._ending.wait(_REST_S)

    def _attend(
        self, connection: Connection[bytes, bytes], answer: Callable[[bytes], bytes]
    ) -> None:
        try:
            with connection:
                if connection.poll(CLIENT_S):
                    # What is too long makes the pipe unusable: such an asker is only hung up on.
                    connection.send_bytes(answer(connection.recv_bytes(REQUEST_LIMIT)))
        except (EOFError, OSError):
            pass  # it went away, which is its own affair
        except Exception:  # noqa: BLE001 - the one catch-all of this thread
            _log.exception("an asker could not be answered")
        finally:
            self._places.release()
