"""What passes between a later start and the companion: one line of JSON each way.

These are named tuples, not dataclasses, which take 9 ms to import: a hotkey pays that.
"""

from __future__ import annotations

import json
from typing import Final, NamedTuple

REQUEST_LIMIT: Final = 64 * 1024
"""Bytes in a request. A command with a path is under one kilobyte."""

REPLY_LIMIT: Final = 1024 * 1024
"""Bytes in a reply; more than any answer, and an end for a companion gone mad."""

REFUSED: Final = 2
"""The code of a request that could not be understood, as for wrong usage on the command line."""


class Request(NamedTuple):
    """What a later start was asked to do."""

    words: tuple[str, ...]
    """The command line without the name of the program."""
    folder: str = ""
    """Where it was started: a script may be named by a path relative to it."""


class Reply(NamedTuple):
    """What the later start prints, and with which code it ends."""

    answer: str = ""
    code: int = 0
    """0: done, and `answer` is what was asked for; else `answer` says what is wrong."""


class Unreadable(Exception):
    """A line that is not what was agreed; its text says why."""


def request_to_line(request: Request) -> bytes:
    """Return the request as one line."""
    return _to_line({"words": list(request.words), "folder": request.folder})


def reply_to_line(reply: Reply) -> bytes:
    """Return the reply as one line."""
    return _to_line({"answer": reply.answer, "code": reply.code})


def line_to_request(line: bytes) -> Request:
    """Return the request in this line, or raise `Unreadable`."""
    found = _to_table(line)
    words, folder = found.get("words"), found.get("folder", "")
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise Unreadable("`words` has to be a list of texts")
    if not isinstance(folder, str):
        raise Unreadable("`folder` has to be a text")
    return Request(tuple(words), folder)


def line_to_reply(line: bytes) -> Reply:
    """Return the reply in this line, or raise `Unreadable`."""
    found = _to_table(line)
    answer, code = found.get("answer"), found.get("code")
    if not isinstance(answer, str) or not isinstance(code, int):
        raise Unreadable("an answer and a code are missing")
    return Reply(answer, code)


def _to_line(table: dict[str, object]) -> bytes:
    # Pure ASCII also carries the odd bytes that a file name may have.
    return json.dumps(table, separators=(",", ":")).encode("ascii") + b"\n"


def _to_table(line: bytes) -> dict[str, object]:
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("it is not a JSON object")
    return found
