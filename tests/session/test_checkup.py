"""What the doctor finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice_guide.app import gather_palette
from voice_guide.errors import VoiceUnavailable
from voice_guide.script.utterance import Voicing
from voice_guide.session.checkup import examine, one_bell
from voice_guide.sound.palette import Palette
from voice_guide.store.paths import shipped
from voice_guide.store.sounds.finding import find_sounds
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


@pytest.fixture
def palette(tmp_path: Path) -> Palette:
    """The shipped sounds, and a bell of the listener's own that is of no use."""
    (tmp_path / "bells").mkdir()
    (tmp_path / "bells" / "a-bell.toml").write_text("kind = 'bell'")
    return gather_palette(find_sounds((tmp_path, shipped("sounds"))))


def test_the_test_bell_is_one_that_rings(palette: Palette) -> None:
    (placement,) = one_bell(palette).placements
    assert placement.clip is palette.bell("chime")


@pytest.mark.real
def test_a_broken_sound_is_counted_and_no_reason_to_worry(palette: Palette) -> None:
    found = examine(SilentEngine, lambda: palette, None, Voicing(), {})
    sounds = next(one for one in found if one.name == "sounds")
    assert sounds.is_ok
    assert sounds.detail == (
        "5 bells, 6 beds, 3 pacers; one file is of no use, and voice-guide sounds says why"
    )
