"""Words made fit to be spoken: what engines stumble over is taken out first."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from voice_guide.errors import SynthesisFailed

LONGEST_PIECE: Final = 300
"""Characters an engine is given at once; espeak's time grows with the square of the length."""

# Nominal 105 gave 122 real words a minute, and a word has six characters with its space:
# measured with espeak-ng 1.52, en-us.
_CHARACTERS_PER_NOMINAL_WORD: Final = 7.0
_SHORTEST_S: Final = 0.35
SLOWEST_WPM: Final = 80
"""espeak's own floor."""
# A digit is a word; a sign, or a letter of a script that the voice does not read, may be called
# by its full name.
_CHARACTERS_IN_A_NUMBER: Final = 6.0
_CHARACTERS_IN_A_NAME: Final = 10.0
_UNNAMED: Final = frozenset(" .,;:!?'\"-()’‘“”–—…")

# Only those that a gentle text may end a line with; any other picture is left out.
_PICTURES: Final = {
    "❤": "heart",
    "♥": "heart",
    "💙": "heart",
    "💚": "heart",
    "💛": "heart",
    "💜": "heart",
    "🙂": "smile",
    "😊": "smile",
    "☺": "smile",
    "🙏": "thank you",
    "🌞": "sun",
    "☀": "sun",
    "🌙": "moon",
    "⭐": "star",
    "🌊": "wave",
    "🌳": "tree",
    "🌸": "flower",
}
_MARKUP: Final = re.compile(r"<[/!?a-zA-Z][^<>]*>|\[\[.*?\]\]", re.DOTALL)
_CLAUSE_ENDS: Final = (r"[.!?。!?]+[\"'”’)]*\s+|[。!?]", r"[;:,、;:,–—]\s*", r"\s+")


def sanitise(text: str) -> str:
    """Return text that every engine can take, in NFC and on one line.

    Raises:
        SynthesisFailed: nothing in it can be spoken.
    """
    plain = unicodedata.normalize("NFC", _MARKUP.sub(" ", text))
    plain = "".join(_speakable(character) for character in plain)
    # What is left of a bracket after that could still open an engine's own language.
    plain = plain.replace("[[", " ").replace("]]", " ").replace("<", " ").replace(">", " ")
    plain = " ".join(plain.split())
    if not any(character.isalnum() for character in plain):
        raise SynthesisFailed(
            f"There is nothing to speak in {_shortened(text)!r}.",
            "Write at least one word or number there, or take the line out.",
        )
    return plain


def split_long(text: str, longest: int = LONGEST_PIECE) -> tuple[str, ...]:
    """Return the text in pieces an engine can take, cut after a sentence, a clause or a word."""
    pieces = []
    rest = text.strip()
    while len(rest) > longest:
        cut = _last_cut(rest, longest)
        pieces.append(rest[:cut].strip())
        rest = rest[cut:].strip()
    return tuple(piece for piece in (*pieces, rest) if _has_words(piece))


def estimate_s(text: str, rate_wpm: int) -> float:
    """Return about how many seconds the text takes to say."""
    digits = sum(character.isdigit() for character in text)
    return _characters_to_s(len(text) + digits * (_CHARACTERS_IN_A_NUMBER - 1.0), rate_wpm)


def plausible_s(text: str, rate_wpm: int) -> tuple[float, float]:
    """Return the fewest and the most seconds that speech of the text can be believed to take.

    A quarter to four times the estimate, and more where the voice may spell out what it cannot
    read.
    """
    plain = sum(c in _UNNAMED or (c.isascii() and c.isalpha()) for c in text)
    named = plain + (len(text) - plain) * _CHARACTERS_IN_A_NAME
    return _characters_to_s(len(text), rate_wpm) / 4.0, _characters_to_s(named, rate_wpm) * 4.0


def _characters_to_s(characters: float, rate_wpm: int) -> float:
    wpm = max(rate_wpm, SLOWEST_WPM)
    return _SHORTEST_S + characters * 60.0 / (wpm * _CHARACTERS_PER_NOMINAL_WORD)


def _speakable(character: str) -> str:
    if character in _PICTURES:
        return f" {_PICTURES[character]} "
    category = unicodedata.category(character)
    if category in ("Cc", "Zl", "Zp", "Zs"):
        return " "
    # Cf: joiners and marks of direction; Cs: lone surrogates; So, Sk: emoji and their skins;
    # Co, Cn: nobody's letters. The selector after an emoji is a mark, and named by its range.
    if category in ("Cf", "Cs", "Co", "Cn", "So", "Sk") or "\ufe00" <= character <= "\ufe0f":
        return ""
    return character


def _last_cut(text: str, longest: int) -> int:
    """Return where to cut: behind the last sentence, else clause, else word that fits."""
    for pattern in _CLAUSE_ENDS:
        ends = [found.end() for found in re.finditer(pattern, text[: longest + 1])]
        fitting = [end for end in ends if longest // 3 <= end <= longest]
        if fitting:
            return fitting[-1]
    return longest


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
