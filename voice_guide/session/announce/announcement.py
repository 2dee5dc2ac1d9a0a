"""Before a ritual that begins by itself: the chime, and one sentence. Then one may still say no."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from voice_guide.score.model import Cue, CueKind, Placement, Score, Section, Span, Stem
from voice_guide.script.utterance import Utterance, Voicing
from voice_guide.session.announce.chime import chime_score
from voice_guide.session.prepare import choose_engine, speak_all
from voice_guide.sound.clip import Clip, Frames, seconds_to_frames
from voice_guide.sound.palette import Palette
from voice_guide.voice.engine import Engine

# The words wait until the chime is gone, and then a moment.
_GAP: Final[Frames] = seconds_to_frames(0.3)
# They come out of silence: -24 LUFS, as the first word of a session does, and as voices at night.
_SOFTER: Final = 0.5
_LONGEST_TITLE: Final = 80


def announcement_utterance(title: str, voicing: Voicing) -> Utterance:
    """Return the sentence that announces a session, to be spoken like any other."""
    words = " ".join(title.split())[:_LONGEST_TITLE].rstrip(" .,;:!?…")
    what = words or "a quiet moment for you"
    return Utterance(f"In ten seconds: {what}; any key or a click lets it be.", voicing)


def announcement(utterance: Utterance, clip: Clip, palette: Palette) -> Score:
    """Return chime and sentence, a section each: where it ends, the ten seconds begin.

    It begins just as `chime_score` does, so it may take the place of
    a chime that sounds already, if the voice was not ready in time.

    Raises
    ------
    SoundNotFound, PatchError
        As for the chime.
    """
    chime = chime_score(palette)
    onset = chime.length + _GAP
    spoken = Span(onset, onset + clip.length)
    return replace(
        chime,
        title="An announcement",
        length=spoken.end,
        sections=(*chime.sections, Section("Sentence", onset)),
        cues=(*chime.cues, Cue(CueKind.SPEECH, spoken, 1, utterance.text)),
        placements=(*chime.placements, Placement(clip, spoken, Stem.VOICE, _SOFTER)),
        boundaries=(0, onset),
    )


def prepare_announcement(
    title: str, voicing: Voicing, engine: Engine, palette: Palette
) -> tuple[Score, str]:
    """Speak and set the announcement; the second value is a notice where it had to stay silent.

    Raises
    ------
    VoiceUnknown
        The engine works but lacks the voice that was asked for.
    SoundNotFound, PatchError
        As for the chime.
    """
    utterance = announcement_utterance(title, voicing)
    clips, notice = speak_all([utterance], choose_engine(voicing, engine))
    return announcement(utterance, clips[utterance], palette), notice
