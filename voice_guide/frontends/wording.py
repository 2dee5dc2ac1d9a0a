"""Lengths and cautions in words, the same wherever a listener meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice_guide.script.model import Header


def length_to_text(seconds: float) -> str:
    """Return `5 min`, `1 min 30 s` or `45 s`."""
    minutes, rest = divmod(round(seconds), 60)
    parts = [f"{minutes} min"] * bool(minutes) + [f"{rest} s"] * bool(rest or not minutes)
    return " ".join(parts)


def lengths_to_text(shortest_s: float, longest_s: float) -> str:
    """Return a range of lengths: `3-15 min`, `90 s`, `90 s to 5 min`."""
    if shortest_s == longest_s:
        return f"{shortest_s:g} s" if shortest_s % 60 else length_to_text(shortest_s)
    if shortest_s % 60 == longest_s % 60 == 0:
        return f"{shortest_s / 60:.0f}-{longest_s / 60:.0f} min"
    return f"{length_to_text(shortest_s)} to {length_to_text(longest_s)}"


def care_lines(header: Header) -> list[str]:
    """Return what to take care of in a session, one line a caution."""
    from voice_guide.script.cautions import shown

    return [f"Take care: {shown(caution)}" for caution in header.cautions]
