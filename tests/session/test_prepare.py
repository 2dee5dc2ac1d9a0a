"""What can be told before anything is spoken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from palettes import shipped_palette

from voice_guide.errors import VoiceUnknown
from voice_guide.score.compile import Request
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Voicing
from voice_guide.session.prepare import Ask, can_surely_last, prepare
from voice_guide.voice.silent import SilentEngine

SCRIPT = parse(
    "---\ntitle: T\nkind: kindness\nlength: 2-4 min\n---\n\nRest here.\n\n[pause 100-200s]\n", "t"
)


@pytest.mark.parametrize(
    ("length_s", "expected"),
    [(None, True), (150.0, True), (20.0, False), (104.0, False), (214.0, False), (9e3, False)],
)
def test_a_doubtful_length_is_told_from_a_sure_one(length_s, expected):
    ask = Ask(SCRIPT, "t", replace(Request(), length_s=length_s))
    assert can_surely_last(ask) is expected


class Picky(SilentEngine):
    """Has the usual voice alone, or none."""

    def __init__(self, has: str = Voicing().voice) -> None:
        self.has = has

    def speak(self, utterance):
        if utterance.voicing.voice != self.has:
            raise VoiceUnknown(f"There is no voice called {utterance.voicing.voice}.")
        return super().speak(utterance)


def test_the_usual_voice_speaks_where_nobody_asked_for_the_one_that_is_gone():
    lost = Ask(SCRIPT, "t", Request(voicing=Voicing("bob", 120, 30)))
    with pytest.raises(VoiceUnknown, match="bob"):
        prepare(lost, Picky(), shipped_palette())
    prepared = prepare(replace(lost, or_usual_voice=True), Picky(), shipped_palette())
    assert prepared.ask.request.voicing == Voicing(Voicing().voice, 120, 30)
    assert prepared.notice == "There is no voice “bob” any more, so it is the usual one."


def test_where_the_usual_voice_is_gone_as_well_it_is_a_fault():
    ask = Ask(SCRIPT, "t", Request(voicing=Voicing("bob")), or_usual_voice=True)
    with pytest.raises(VoiceUnknown, match=Voicing().voice):
        prepare(ask, Picky("eve"), shipped_palette())
