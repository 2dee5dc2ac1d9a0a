"""A piece of text to speak, and how."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Voicing:
    """How a voice speaks."""

    voice: str = "en-us"
    """Id of a voice as `voice-guide voices` lists it."""
    rate_wpm: int = 95
    """Nominal words a minute, as the engine counts them: espeak-ng's 95 is 105 to 110 real ones."""
    pitch: int = 42
    """0 to 100; engines without a pitch leave it aside."""


@dataclass(frozen=True, slots=True, order=True)
class Utterance:
    """Text, one sentence or one cue word, with its voicing. The key under which a clip is kept."""

    text: str
    voicing: Voicing = Voicing()
