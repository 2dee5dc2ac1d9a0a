"""What every speech engine offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import Clip


@dataclass(frozen=True, slots=True)
class VoiceInfo:
    """A voice that can be asked for."""

    id: str
    name: str
    """For people: "Calm, lower, American English"."""
    language: str
    engine: str


ESPEAK_VOICES: Final = tuple(
    VoiceInfo(code, name, code.partition("+")[0], "pyttsx3")
    for code, name in (
        ("en-us", "Calm, lower, American English"),
        ("en-us+f2", "Clear, higher, American English"),
        ("en-us+f4", "Warm, higher, American English"),
        ("en-us+m3", "Deep, American English"),
        ("en-gb", "Calm, lower, British English"),
        ("en-gb+f2", "Clear, higher, British English"),
        ("en-gb+f4", "Warm, higher, British English"),
        ("en-gb-scotland", "Calm, lower, Scottish English"),
    )
)
"""What espeak never lists and what sounds best of it; the first is recommended."""


class Engine(Protocol):
    """A speech engine. Every engine passes the one contract test."""

    @property
    def name(self) -> str:
        """What the engine is called."""
        ...

    @property
    def version(self) -> str:
        """Differs wherever the same utterance may sound different: the key of a kept clip."""
        ...

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the voices on offer, the recommended one first."""
        ...

    def speak(self, utterance: Utterance) -> Clip:
        """Return the utterance as a mono clip, polished, at the program's rate and loudness.

        Raises:
            VoiceUnavailable: the engine cannot start, or (`VoiceUnknown`) lacks the voice.
            SynthesisFailed: no usable speech, even after a fresh start.
        """
        ...

    def close(self) -> None:
        """End the engine's process, if it has one. Safe to call twice."""
        ...
