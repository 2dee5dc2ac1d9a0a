"""The voice that says nothing, for as long as the words would take."""

from __future__ import annotations

import numpy as np

from voice_guide.script.utterance import Utterance
from voice_guide.sound.clip import Clip, seconds_to_frames
from voice_guide.voice.engine import VoiceInfo
from voice_guide.voice.text import estimate_s, sanitise


class SilentEngine:
    """Silence in place of speech: a session of tones and captions, timed as if it were spoken."""

    name = "silent"
    version = "1"

    def voices(self) -> tuple[VoiceInfo, ...]:
        """Return the one voice there is."""
        return (VoiceInfo(self.name, "No voice: tones and captions", "", self.name),)

    def speak(self, utterance: Utterance) -> Clip:
        """Return silence of the length the words would have."""
        seconds = estimate_s(sanitise(utterance.text), utterance.voicing.rate_wpm)
        return Clip(np.zeros(seconds_to_frames(seconds), np.float32), utterance.text)

    def close(self) -> None:
        """Do nothing: there is no process."""
