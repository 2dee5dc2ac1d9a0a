"""What has become of a session: told once, truly, and at whatever cost to nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rig import wait_until
from test_conductor import ASK, Dead, Failing, Stage, Unplugged, palette  # noqa: F401 (a fixture)

from voice_guide.errors import DeviceLost, StoreCorrupt
from voice_guide.output.null import NullOutput
from voice_guide.output.player import Player
from voice_guide.score.compile import Request
from voice_guide.score.model import CueKind
from voice_guide.script.cautions import spoken
from voice_guide.session import events as e
from voice_guide.session.controller import Controller
from voice_guide.session.machine import Mode
from voice_guide.sound.clip import frames_to_seconds
from voice_guide.voice.silent import SilentEngine

CAUTIONS = ("tensing", "driving")
CAREFUL = replace(ASK, request=Request(length_s=120, cautions=CAUTIONS))


@pytest.fixture
def stage(palette):  # noqa: F811
    return Stage(palette)


def play_out(stage):
    """Let a session play until it is over."""
    for _ in range(2000):
        if stage.status.state is Mode.ENDED:
            return
        stage.play(0.5, look_s=0.25)
    raise AssertionError("it never ends")


def stop(stage):
    """End it now."""
    stage.hear(e.Stop(0.0))
    stage.play(0.05)


def end_of(stage, caution):
    """Return the second at which a caution has been said."""
    cues = [cue for cue in stage.conductor._prepared.score.cues if cue.kind is CueKind.SPEECH]
    return frames_to_seconds(max(cue.span.end for cue in cues if cue.text in spoken(caution)))


def test_a_session_that_played_to_its_end_is_finished(stage):
    stage.begin(CAREFUL)
    assert stage.endings == []
    play_out(stage)
    (ending,) = stage.endings
    assert ending.script == "short"
    assert ending.finished
    assert ending.fault is None
    assert ending.cautions_heard == CAUTIONS
    assert ending.length_s == pytest.approx(120, abs=1)
    assert ending.heard_s == pytest.approx(ending.length_s, abs=0.1)
    stage.conductor.close()
    assert len(stage.endings) == 1


def test_pauses_take_nothing_from_it(stage):
    stage.begin(CAREFUL)
    for _ in range(3):
        stage.play(4.0)
        stage.hear(e.Toggle())
        stage.play(1.0)
        stage.hear(e.Toggle())
    play_out(stage)
    (ending,) = stage.endings
    assert ending.finished
    assert ending.length_s <= ending.heard_s <= ending.length_s + 3 * 8


def test_one_that_was_stopped_is_not_finished(stage):
    stage.begin(CAREFUL)
    stage.play(10.0)
    stage.hear(e.Stop(0.5))
    play_out(stage)
    (ending,) = stage.endings
    assert not ending.finished
    assert ending.heard_s == pytest.approx(10.5, abs=0.3)


def test_stopped_in_its_very_last_moment_it_was_stopped(stage):
    stage.begin(CAREFUL)
    stage.play(stage.status.length_s - 0.5)
    stage.hear(e.Stop(0.2))
    play_out(stage)
    assert [one.finished for one in stage.endings] == [False]


def test_whoever_skips_to_the_last_section_and_hears_its_end_has_finished(stage):
    stage.begin(CAREFUL)
    stage.play(2.0)
    stage.hear(e.Skip(), e.Skip(), e.Skip(), e.Skip(), e.Skip())
    assert stage.endings == [], "past the last section nothing is skipped"
    play_out(stage)
    (ending,) = stage.endings
    assert ending.finished
    assert ending.heard_s < ending.length_s / 2
    assert ending.cautions_heard == CAUTIONS


def test_a_caution_is_met_when_it_was_heard_to_its_end(stage):
    stage.begin(CAREFUL)
    first, second = (end_of(stage, one) for one in CAUTIONS)
    assert first < second
    heard = {}
    for at_s in (first - 0.2, first + 0.2, second - 0.2, second + 0.2):
        stage.begin(CAREFUL)
        stage.play(at_s)
        stop(stage)
        heard[at_s] = stage.endings[-1].cautions_heard
    assert list(heard.values()) == [(), CAUTIONS[:1], CAUTIONS[:1], CAUTIONS]


def test_one_that_was_skipped_is_met_too(stage):
    stage.begin(CAREFUL)
    stage.play(1.5)
    stage.hear(e.Skip())
    stop(stage)
    (ending,) = stage.endings
    assert ending.cautions_heard == CAUTIONS
    assert ending.heard_s == pytest.approx(1.5, abs=0.1)


def test_to_go_back_takes_nothing_away_and_counts_as_heard_again(stage):
    stage.begin(CAREFUL)
    stage.hear(e.Skip())
    stage.play(1.0)
    stage.hear(e.Back())
    stage.play(2.0)
    stop(stage)
    (ending,) = stage.endings
    assert ending.cautions_heard == CAUTIONS
    assert ending.heard_s == pytest.approx(3.0, abs=0.2)


@pytest.mark.parametrize("engine", [Dead(), Failing(lambda call: call == 9)])
def test_where_the_voice_failed_no_caution_is_met(palette, engine):  # noqa: F811
    stage = Stage(palette, engine)
    stage.begin(CAREFUL)
    assert stage.status.notice
    play_out(stage)
    (ending,) = stage.endings
    assert ending.finished
    assert ending.cautions_heard == ()


def test_only_what_was_spoken_can_be_met(stage):
    stage.begin(ASK)
    play_out(stage)
    assert stage.endings[0].cautions_heard == ()


def test_another_session_ends_the_one_before(stage):
    stage.begin(CAREFUL)
    stage.play(3.0)
    stage.hear(e.Play(replace(ASK, name="other")))
    (ending,) = stage.endings
    assert (ending.script, ending.finished) == ("short", False)
    assert ending.heard_s == pytest.approx(3.0, abs=0.1)
    stage.wait()
    stage.wait()
    play_out(stage)
    assert [(one.script, one.finished) for one in stage.endings] == [
        ("short", False),
        ("other", True),
    ]


def test_stopped_before_a_word_was_ready_nothing_was_met(stage):
    stage.hear(e.Play(CAREFUL))
    stage.wait()
    stage.play(1.0)
    stop(stage)
    (ending,) = stage.endings
    assert (ending.length_s, ending.finished, ending.cautions_heard) == (0.0, False, ())


def test_an_opening_that_ran_out_is_no_end(stage):
    stage.hear(e.Play(replace(ASK, request=Request(cautions=CAUTIONS))))
    stage.wait()
    stage.play(125.0)
    assert stage.endings == []
    stage.wait()
    play_out(stage)
    assert len(stage.endings) == 1


def test_how_far_it_has_come_is_told_while_it_sounds(stage):
    stage.begin(replace(CAREFUL, ritual="morning"))
    assert stage.heard == []
    stage.play(3.0)
    stage.hear(e.Toggle())
    stage.play(1.0)
    so_far = stage.heard[-1].heard_s
    stage.play(5.0)
    assert stage.heard[-1].heard_s == so_far, "a pause is not heard"
    stage.hear(e.Toggle())
    play_out(stage)
    (ending,) = stage.endings
    seconds = [one.heard_s for one in stage.heard]
    assert 0 < seconds[0] <= 0.1
    assert seconds == sorted(seconds)
    assert seconds[-1] == pytest.approx(ending.heard_s, abs=0.2)
    assert {(one.script, one.title, one.ritual) for one in [*stage.heard, ending]} == {
        ("short", ASK.script.header.title, "morning")
    }
    assert {one.length_s for one in stage.heard} == {ending.length_s}
    assert not any(one.finished for one in stage.heard)


def test_whoever_fails_to_hear_how_far_it_has_come_harms_nobody(palette):  # noqa: F811
    stage = Stage(palette)
    stage.conductor._on_heard = lambda _so_far: 1 / 0
    stage.begin(CAREFUL)
    play_out(stage)
    assert [one.finished for one in stage.endings] == [True]
    assert not stage.status.notice


def test_a_fault_is_told_with_its_reason(stage):
    stage.begin(replace(CAREFUL, request=Request(length_s=7200)))
    (ending,) = stage.endings
    assert not ending.finished
    assert ending.fault is stage.status.fault
    assert ending.fault is not None


def test_where_nothing_can_be_heard_it_is_told_once(palette):  # noqa: F811
    stage = Stage(palette, output=Unplugged())
    stage.hear(e.Play(CAREFUL))
    with pytest.raises(DeviceLost):
        stage.wait()
    fault = DeviceLost("There is no sound output.")
    stage.conductor.report(fault)
    stage.conductor.report(fault)
    stage.conductor.close()
    assert [one.fault for one in stage.endings] == [fault]


STORY = st.lists(
    st.sampled_from([e.Play(CAREFUL), e.Toggle(), e.Skip(), e.Back(), e.Ease(), e.Stop(0.0)]),
    max_size=12,
)


@given(story=STORY)
def test_every_session_ends_once_whatever_is_pressed(palette, story):  # noqa: F811
    stage = Stage(palette)
    for command in story:
        stage.hear(command)
        if isinstance(command, e.Play):
            stage.wait()
            stage.wait()
        stage.play(0.2)
    stage.conductor.close()
    stage.conductor.close()
    assert len(stage.endings) == story.count(e.Play(CAREFUL))
    assert not any(one.finished for one in stage.endings)


class TestController:
    """The same from the session's own thread."""

    @pytest.fixture
    def make(self, palette):  # noqa: F811
        made = []

        def make_one(on_ended):
            player = lambda: Player(NullOutput(paced=True))  # noqa: E731
            made.append(Controller(SilentEngine, lambda: palette, player, on_ended))
            return made[-1]

        yield make_one
        for one in made:
            one.close()

    def test_the_end_of_the_program_is_an_end(self, make):
        endings = []
        controller = make(endings.append)
        controller.send(e.Play(CAREFUL))
        wait_until(lambda: controller.status.position_s > 0.1)
        controller.close()
        controller.close()
        (ending,) = endings
        assert not ending.finished
        assert 0.1 <= ending.heard_s < ending.length_s / 2

    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (StoreCorrupt("It cannot be remembered.", "Play on."), "It cannot be remembered. Play"),
            (ZeroDivisionError("a wire"), "a wire"),
        ],
    )
    def test_whoever_fails_to_listen_gets_a_notice_and_harms_nobody(self, make, error, told):
        def fail(_ending):
            raise error

        controller = make(fail)
        for _ in range(2):
            controller.send(e.Play(CAREFUL))
            wait_until(lambda: controller.status.state is Mode.PLAYING)
            controller.send(e.Stop(0.0))
            wait_until(lambda: controller.status.state is Mode.ENDED)
            assert told in controller.status.notice
            assert "\n" not in controller.status.notice
            assert controller.status.fault is None
        assert controller._thread.is_alive()
