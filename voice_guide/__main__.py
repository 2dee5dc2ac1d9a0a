"""Where the program begins, and the one place where faults become messages and exit codes."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from voice_guide import ending

if TYPE_CHECKING:
    from voice_guide.frontends.services import Services

DONE, FAULT, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code: 0, 1 (explained), 2 (usage) or 130."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    wants_details = "--debug" in arguments
    shown = [one for one in arguments if one != "--debug"]
    _survive_any_terminal()
    try:
        ending.end_like_ctrl_c()
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
    ending.all_is_done()
    # Python ends itself by SIGINT, whatever code is returned, when Ctrl-C came inside an `exec`, as
    # of a dataclass that was being imported. And it waits for every thread: what the companion's
    # hang on, as a voice or a sound library, must not keep it.
    if argv is None and (code == INTERRUPTED or not shown):
        ending.leave_at_once(code)
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


def _survive_any_terminal() -> None:
    # A terminal that cannot show a letter shows a question mark; that is no reason to stop.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
