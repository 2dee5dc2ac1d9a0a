"""Text that fits where a system has room for so much and no more."""

from __future__ import annotations

_MORE = "…"


def cut(text: str, units: int) -> str:
    """Return the text if it has no more UTF-16 units than this, else its beginning and an ellipsis.

    Windows counts in such units, of which an emoji takes two: none is ever cut in half.
    """
    if _count(text) <= units:
        return text
    kept, room = [], units - len(_MORE)
    for sign in text:
        room -= _count(sign)
        if room < 0:
            break
        kept.append(sign)
    return "".join(kept).rstrip() + _MORE


def _count(text: str) -> int:
    return len(text) + sum(sign > "\uffff" for sign in text)
