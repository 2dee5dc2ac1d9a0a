"""Where the program begins, and the one place where faults become messages and exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

DONE, FAULT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

_LAST_S = 10
"""Nothing that ends takes longer; then the system ends it, whatever it hangs on."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code: 0, 1 (explained), 2 (usage) or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    wants_details = "--debug" in arguments
    _survive_any_terminal()
    try:
        _end_like_ctrl_c()
        shown = [one for one in arguments if one != "--debug"]
        code = _run(shown, wants_details=wants_details)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        # The reader has seen enough, as `head` has; nobody is left to say anything to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = DONE
    except Exception as error:
        if wants_details:
            raise
        code = _tell(error)
    # All is said and done; Ctrl-C must not turn the last milliseconds into a failure.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.alarm(0)
    if code == INTERRUPTED and argv is None:
        _leave_at_once(code)
    return code


def _run(arguments: list[str], *, wants_details: bool) -> int:
    if 0 < len(arguments) <= 2:
        # Bound to a key: whoever presses it waits for an answer, and nothing else is needed for it.
        from voice_guide.frontends.cli.remote import answer_quickly

        code = answer_quickly(arguments)
        if code is not None:
            return code
    from voice_guide.app import build

    services = build()
    try:
        return _carry_out(arguments, services, wants_details=wants_details)
    finally:
        services.close()


def _carry_out(arguments: list[str], services: Services, *, wants_details: bool) -> int:
    if arguments[:1] == ["list"]:
        from voice_guide.frontends.cli.library.listing import list_plainly

        code = list_plainly(arguments[1:], services)
        if code is not None:
            return code
    import logging

    # What only a maker can read is said with --debug alone.
    logging.basicConfig(handlers=None if wants_details else [logging.NullHandler()])
    if not arguments:
        from voice_guide.frontends.cli.remote import has_desktop

        if has_desktop():
            from voice_guide.frontends.desktop.companion import run_companion

            return run_companion(services)
    from voice_guide.frontends.cli.commands import run

    return run(arguments, services)


def _tell(error: Exception) -> int:
    from voice_guide.errors import explain

    fault = explain(error)
    with contextlib.suppress(OSError):
        print(fault.message, file=sys.stderr)
        if fault.hint:
            print(fault.hint, file=sys.stderr)
    return FAULT


def _leave_at_once(code: int) -> None:
    # Python ends itself by SIGINT, whatever code is returned, when Ctrl-C came inside an `exec`, as
    # of a dataclass that was being imported. Everything of ours is closed by now.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)


def _survive_any_terminal() -> None:
    # A terminal that cannot show a letter shows a question mark; that is no reason to stop.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _end_like_ctrl_c() -> None:
    # A closed terminal or a polite kill also ends child processes and leaves no half-written file.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupt)
    # Even where a shell script started us in the background, with SIGINT ignored.
    signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    if number != signal.SIGINT:
        _end_in_peace()
    raise KeyboardInterrupt


def _end_in_peace() -> None:
    # A logout sends several: what has begun to end gently is not cut short by the next. Somebody
    # at a terminal who presses Ctrl-C once more still is in a hurry, and so is SIGALRM.
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    if hasattr(signal, "alarm"):
        signal.alarm(_LAST_S)


if __name__ == "__main__":
    sys.exit(main())
