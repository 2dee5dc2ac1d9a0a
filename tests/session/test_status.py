"""What is seen at any moment agrees with the score."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from voice_guide.score.model import Cue, CueKind, Score, Section, Span
from voice_guide.script.model import Phase
from voice_guide.session.status import Status
from voice_guide.session.view.moments import View


def breath(onset, end, phase, number, section=1):
    return Cue(CueKind.BREATH, Span(onset, end), section, phase=phase, round=number)


CUES = (
    Cue(CueKind.SPEECH, Span(100_000, 150_000), 0, "You are here."),
    breath(500_000, 600_000, Phase.IN, 1),
    Cue(CueKind.SPEECH, Span(500_000, 540_000), 1, "Breathe in", Phase.IN, 1),
    breath(600_000, 700_000, Phase.OUT, 1),
    breath(700_000, 800_000, Phase.IN, 2),
    breath(800_000, 900_000, Phase.OUT, 2),
    breath(1_000_000, 1_100_000, Phase.IN, 1),
    Cue(CueKind.TENSE, Span(1_200_000, 1_300_000), 1),
)
SCORE = Score(
    script="a/b",
    title="B",
    length=2_000_000,
    sections=(Section("One", 0), Section("Two", 500_000)),
    cues=CUES,
    placements=(),
    master=(),
    boundaries=(0,),
)
VIEW = View(SCORE)


def look(frame):
    return VIEW.look(frame, Status())


@given(st.integers(0, 2_100_000))
def test_a_phase_is_shown_exactly_while_it_lasts(frame):
    here = [
        cue for cue in CUES if cue.kind is not CueKind.SPEECH and cue.span[0] <= frame < cue.span[1]
    ]
    seen = look(frame)
    assert seen.phase == (str(here[0].phase or here[0].kind) if here else "")
    assert 0.0 <= seen.phase_share < 1.0
    assert seen.section == ("Two" if frame >= 500_000 else "One")
    assert seen.position_s <= 2_000_000 / 48_000


def test_rounds_are_counted_run_by_run():
    assert [(look(f).round, look(f).rounds) for f in (500_000, 850_000, 1_050_000, 1_250_000)] == [
        (1, 2),
        (2, 2),
        (1, 1),
        (None, None),
    ]


def test_a_caption_stays_for_a_moment_and_goes():
    assert look(99_999).caption == ""
    assert look(100_000).caption == "You are here."
    assert look(150_000 + 4 * 48_000 - 1).caption == "You are here."
    assert look(150_000 + 4 * 48_000).caption == ""


FRAMES = st.integers(0, SCORE.length)
WHOLES = [cue.span for cue in CUES if not (cue.kind is CueKind.SPEECH and cue.phase)]


@given(FRAMES, FRAMES)
def test_a_jump_cuts_no_word_and_no_breath_and_goes_where_it_was_wished(wish, here):
    entry = VIEW.find_entry(wish, here)
    assert not [span for span in WHOLES if span.onset < entry < span.end]
    around = [span for span in WHOLES if span.onset <= wish < span.end]
    if not around:
        assert entry == wish
    elif wish > here:
        assert here < entry
        assert entry in around[0]
    else:
        assert entry == around[0].onset


def test_a_section_that_follows_is_told():
    assert look(0).has_next
    assert not look(500_000).has_next


def test_holds_are_left_until_the_last_one_is_over():
    held = replace(
        SCORE,
        cues=(
            breath(500_000, 600_000, Phase.IN, 1),
            breath(600_000, 700_000, Phase.HOLD, 1),
            breath(700_000, 800_000, Phase.OUT, 1),
            breath(800_000, 900_000, Phase.REST, 1),
        ),
    )
    whole = Status(length_s=40.0)
    assert View(held).look(0, whole).has_holds
    assert View(held).look(899_999, whole).has_holds
    assert not View(held).look(900_000, whole).has_holds
    assert not View(SCORE).look(0, whole).has_holds
    assert View(SCORE).look(0, Status()).has_holds, "an opening does not tell"
