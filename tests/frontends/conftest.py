"""The program, run in this process."""

from __future__ import annotations

import logging
import signal

import pytest

from voice_guide.__main__ import main


@pytest.fixture(autouse=True)
def calm(monkeypatch):
    """Put back what the program sets for the whole process."""
    kept = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)
    logging.getLogger().handlers = [
        one for one in logging.getLogger().handlers if not isinstance(one, logging.NullHandler)
    ]


@pytest.fixture
def say(capsys):
    """Run a command line in this process; give its exit code, output and complaint."""

    def run(*words):
        code = main([str(word) for word in words])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err + captured.out
        return code, captured.out, captured.err

    return run
