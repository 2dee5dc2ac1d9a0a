"""What the doctor finds."""

from __future__ import annotations

import pytest

from voice_guide.errors import VoiceUnavailable
from voice_guide.script.utterance import Voicing
from voice_guide.session.checkup import examine
from voice_guide.sound.palette import Palette
from voice_guide.voice.silent import SilentEngine


class Remembering(SilentEngine):
    """An engine that is gone, whose clips of yesterday are still there."""

    def voices(self):
        raise VoiceUnavailable("No engine.", "Install one.")


@pytest.mark.real  # it looks at this machine's sound devices on its way
def test_kept_clips_do_not_hide_that_the_engine_is_gone():
    found = examine(Remembering, Palette, None, Voicing(), {})
    voice = next(one for one in found if one.name == "voice")
    assert (voice.is_ok, voice.detail, voice.hint) == (False, "No engine.", "Install one.")
