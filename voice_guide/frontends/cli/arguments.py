"""What is typed on the command line, turned into what is asked for."""

from __future__ import annotations

import json
import re
from typing import Any, Final

_LENGTH: Final = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)\s*(?:h|hours?)\s*)?"
    r"(?:(?P<m>\d+(?:\.\d+)?)\s*(?:m|min|mins|minutes?|$)\s*)?"
    r"(?:(?P<s>\d+(?:\.\d+)?)\s*(?:s|secs?|seconds?)\s*)?",
    re.IGNORECASE | re.ASCII,
)
_CLOCK: Final = re.compile(r"(?P<m>\d{1,3}):(?P<s>[0-5]\d)", re.ASCII)
_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0}


def parse_length(text: str) -> float:
    """Return seconds for `5m`, `5`, `90s`, `1m30s`, `5min` or `1:30`."""
    written = text.strip()
    match = _CLOCK.fullmatch(written) or (_LENGTH.fullmatch(written) if len(written) < 40 else None)
    parts = {unit: value for unit, value in match.groupdict().items() if value} if match else {}
    length_s = sum(float(value) * _SECONDS[unit] for unit, value in parts.items())
    if not 0 < length_s <= 86_400:
        from typer import BadParameter  # a list is shown without it

        raise BadParameter(
            f'"{text}" is not a length. Say 5m or 5 for minutes, 90s for seconds, or 1m30s.'
        )
    return length_s


def print_json(value: Any) -> None:
    """Print plain values for programs to read."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
