"""The player on an output that is driven by hand: no clock, no sleep, every sample seen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from playing import (
    SECOND,
    FragileOutput,
    HandClock,
    click_score,
    make_score,
    ramp_score,
    told_frames,
)

from voice_guide.errors import DeviceLost
from voice_guide.output.device import NullOutput
from voice_guide.output.player import TAIL, WAKE, Player, PlayerState, wake_pad
from voice_guide.output.playhead import FADE
from voice_guide.score.model import Placement, Point, Score, Span, Stem
from voice_guide.score.render import render
from voice_guide.sound.clip import Clip

DEPTH = 24_000


def largest_step(samples: np.ndarray) -> float:
    return float(np.abs(np.diff(samples[:, 0])).max(initial=0.0))


def steady(level: float) -> Score:
    """Return ten seconds at one level, with the fades at both ends that every score has."""
    end = 10 * SECOND
    clip = Clip(np.full((end, 2), level, np.float32, order="F"))
    whole = Placement(clip, Span(0, end), Stem.BED)
    fades = (Point(0, 0.0), Point(FADE, 1.0), Point(end - FADE, 1.0), Point(end, 0.0))
    return dataclasses.replace(make_score(end, [whole], range(0, end, 2 * SECOND)), master=fades)


def test_a_score_passes_bit_for_bit_and_ends() -> None:
    output, score = NullOutput(depth=DEPTH), ramp_score(2 * SECOND)
    player = Player(output)
    player.play(score)
    heard = output.advance(2 * SECOND)
    assert np.array_equal(heard, render(score, 0, 2 * SECOND))
    assert player.poll().state is PlayerState.PLAYING
    output.advance(DEPTH + TAIL - 1)
    assert player.poll().state is PlayerState.PLAYING, "the end must be heard before the stop"
    output.advance(1)
    status = player.poll()
    assert status.state is PlayerState.ENDED
    assert status.position == score.length
    assert not output.is_alive()


def test_position_is_what_is_heard_not_what_was_pulled() -> None:
    output = NullOutput(depth=DEPTH)
    player = Player(output)
    player.play(ramp_score())
    assert player.poll().position == 0
    output.advance(DEPTH // 2)
    assert player.poll().position == 0
    output.advance(2 * DEPTH)
    assert player.poll().position == 2 * DEPTH - DEPTH // 2
    assert player.next_frame == 2 * DEPTH + DEPTH // 2


@given(st.integers(0, 6 * SECOND), st.sampled_from([2 * SECOND, 30_000, 5_000]))
def test_pause_fades_and_takes_up_at_a_boundary(pulled: int, step: int) -> None:
    output, score = NullOutput(depth=DEPTH), ramp_score(step=step)
    player = Player(output)
    player.play(score)
    output.advance(pulled)
    player.pause()
    assert player.poll().state is PlayerState.PAUSING
    faded = output.advance(SECOND // 2)
    assert largest_step(faded) < 1e-3
    assert not faded[FADE:].any()
    output.advance(DEPTH + TAIL)
    status = player.poll()
    assert status.state is PlayerState.PAUSED
    assert not output.is_alive(), "no work while paused"
    assert status.position in score.boundaries
    assert pulled - step <= status.position <= pulled + FADE
    later = [each for each in score.boundaries if status.position < each <= pulled]
    assert not later, "nothing between that boundary and the pause is said again needlessly"

    player.resume()
    again = output.advance(SECOND)
    assert again[0, 0] == pytest.approx(0.0, abs=1e-3)
    assert np.array_equal(told_frames(again)[FADE:], status.position + np.arange(FADE, SECOND))
    output.advance(DEPTH)
    assert player.poll().position == status.position + SECOND


def test_resume_while_the_pause_still_fades() -> None:
    output, score = NullOutput(depth=DEPTH), ramp_score()
    player = Player(output)
    player.play(score)
    output.advance(3 * SECOND)
    player.pause()
    output.advance(2_048)
    player.resume()
    assert player.poll().state is PlayerState.PLAYING
    again = output.advance(SECOND)
    assert np.array_equal(told_frames(again)[FADE:], 2 * SECOND + np.arange(FADE, SECOND))


def test_resume_before_the_callback_saw_the_pause_changes_nothing() -> None:
    output, score = NullOutput(depth=DEPTH), ramp_score()
    player = Player(output)
    player.play(score)
    output.advance(3 * SECOND)
    player.pause()
    player.resume()
    assert np.array_equal(output.advance(SECOND), render(score, 3 * SECOND, 4 * SECOND))


@given(st.integers(0, 9 * SECOND), st.integers(-5, 12 * SECOND))
def test_seek_goes_there_with_fades(pulled: int, target: int) -> None:
    output, score = NullOutput(depth=DEPTH), steady(0.5)
    player = Player(output)
    player.play(score)
    before = output.advance(pulled)
    player.seek(target)
    after = output.advance(SECOND // 2)
    assert largest_step(np.concatenate([before, after])) < 0.01
    landed = min(max(0, target), score.length)
    output.advance(DEPTH)
    assert player.poll().position == min(landed + SECOND // 2, score.length)


def test_seek_while_paused_is_where_resume_takes_up() -> None:
    output, score = NullOutput(), ramp_score()
    player = Player(output)
    player.play(score)
    output.advance(SECOND)
    player.pause()
    player.seek(7 * SECOND)
    output.advance(SECOND)
    assert player.poll().position == 7 * SECOND
    player.seek(6 * SECOND)
    assert player.poll().position == 6 * SECOND
    player.resume()
    assert told_frames(output.advance(SECOND))[-1] == 7 * SECOND - 1


@given(st.integers(0, 3 * SECOND), st.integers(1, 5_000))
def test_swap_keeps_the_playhead_and_what_both_scores_share(pulled: int, cut: int) -> None:
    output, opening = NullOutput(), ramp_score(4 * SECOND)
    whole = ramp_score(10 * SECOND)
    player = Player(output)
    player.play(opening)
    output.advance(pulled)
    player.swap(whole)
    pieces = np.concatenate([output.advance(cut), output.advance(SECOND)])
    expected = render(whole, pulled, pulled + cut + SECOND)
    assert np.abs(pieces - expected).max() < 1e-6
    assert np.array_equal(pieces[FADE:], expected[FADE:])


def test_swap_crossfades_where_the_scores_differ() -> None:
    output = NullOutput()
    player = Player(output)
    player.play(steady(0.2))
    output.advance(SECOND)
    player.swap(steady(0.8))
    faded = output.advance(2_048)
    assert largest_step(faded) < 0.002
    assert np.all(faded[FADE:] == np.float32(0.8))


def test_swap_after_the_opening_ran_out_goes_on_from_there() -> None:
    output = NullOutput()
    player = Player(output)
    player.play(ramp_score(SECOND))
    output.advance(2 * SECOND)
    assert player.poll().state is PlayerState.ENDED
    player.swap(ramp_score(10 * SECOND))
    assert told_frames(output.advance(SECOND))[-1] == 2 * SECOND - 1


def test_stop_is_gentle() -> None:
    output = NullOutput(depth=DEPTH)
    player = Player(output)
    player.play(steady(0.5))
    output.advance(SECOND)
    player.stop(1.5)
    assert player.poll().state is PlayerState.STOPPING
    fading = output.advance(2 * SECOND)
    assert largest_step(fading) < 1e-4
    assert fading[SECOND, 0] > 0.05
    assert not fading[72_000:].any()
    output.advance(DEPTH)
    assert player.poll().state is PlayerState.STOPPED
    assert not output.is_alive()


def test_stop_without_a_fade_is_at_once_and_harmless_twice() -> None:
    output = NullOutput()
    player = Player(output)
    player.stop()
    player.play(steady(0.5))
    player.stop(0)
    assert player.poll().state is PlayerState.STOPPED
    assert not output.is_alive()
    player.stop(0)


def test_volume_never_boosts_and_turns_without_a_step() -> None:
    output = NullOutput()
    player = Player(output)
    player.volume_db = 12.0
    assert player.volume_db == 0.0
    player.play(steady(0.5))
    before = output.advance(4_096)
    player.volume_db = -20.0
    turned = output.advance(4_096)
    assert largest_step(np.concatenate([before, turned])) < 4e-4
    assert turned[-1, 0] == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize(
    ("onset", "at", "pad"),
    [
        (0, 0, WAKE),
        (4_800, 0, WAKE - 4_800),
        (WAKE, 0, 0),
        (5 * SECOND, 0, 0),
        (5 * SECOND, 5 * SECOND - 100, WAKE - 100),
        (5 * SECOND, 5 * SECOND + 100, WAKE),
        (5 * SECOND, 6 * SECOND, 0),
    ],
)
def test_wake_pad_is_only_what_is_missing(onset: int, at: int, pad: int) -> None:
    score = click_score(10, [onset], Stem.VOICE)
    score = dataclasses.replace(
        score, placements=(*click_score(10, [0]).placements, *score.placements)
    )
    assert wake_pad(score, at) == pad


def test_first_syllable_waits_for_a_cold_stream_and_the_position_with_it() -> None:
    output = NullOutput()
    player = Player(output)
    player.play(click_score(3, [0], Stem.VOICE))
    opened = output.advance(WAKE + 48)
    assert not opened[:WAKE].any()
    assert np.all(opened[WAKE:] == np.float32(0.5))
    assert player.poll().position == 48


def test_pause_during_the_wake_pad_loses_nothing() -> None:
    output = NullOutput()
    player = Player(output)
    player.play(click_score(3, [0], Stem.VOICE))
    output.advance(4_096)
    player.pause()
    assert not output.advance(SECOND).any()
    status = player.poll()
    assert (status.state, status.position) == (PlayerState.PAUSED, 0)


def test_a_lost_output_is_found_again_at_the_last_boundary_heard() -> None:
    output, clock = FragileOutput(depth=DEPTH), HandClock()
    player = Player(output, clock)
    player.play(ramp_score())
    output.advance(4 * SECOND + DEPTH - 1)  # heard: one frame short of the boundary at 4 s
    output.is_there = False
    status = player.poll()
    assert (status.state, status.position) == (PlayerState.RECOVERING, 2 * SECOND)
    output.is_there = True
    assert player.poll().state is PlayerState.PLAYING
    again = output.advance(SECOND)
    assert told_frames(again)[-1] == 3 * SECOND - 1


def test_an_output_lost_after_the_last_frame_was_heard_is_the_end() -> None:
    output, score = FragileOutput(depth=DEPTH), ramp_score(2 * SECOND)
    player = Player(output, HandClock())
    player.play(score)
    output.advance(score.length + DEPTH)
    output.is_there = False
    status = player.poll()
    assert (status.state, status.position) == (PlayerState.ENDED, score.length)


def test_recovery_backs_off_and_tells_why() -> None:
    output, clock = FragileOutput(), HandClock()
    player = Player(output, clock)
    player.play(ramp_score())
    output.advance(SECOND)
    output.is_there = False
    player.poll()
    output.tries, tried_at_ms = 0, []
    for tick_ms in range(0, 6_000, 10):
        clock.now_s = 200.0 + tick_ms / 1000
        tries = output.tries
        status = player.poll()
        assert output.tries - tries <= 1
        if output.tries > tries:
            tried_at_ms.append(tick_ms)
    gaps_ms = np.diff(tried_at_ms)
    assert tried_at_ms[0] == 0
    assert gaps_ms[0] == pytest.approx(20, abs=10)
    assert np.all(np.diff(gaps_ms) >= -10)
    assert gaps_ms[-1] == pytest.approx(1_000, abs=10)
    assert "There is no sound output" in status.detail
    assert status.state is PlayerState.RECOVERING


def test_commands_while_the_output_is_away() -> None:
    output, clock = FragileOutput(), HandClock()
    player = Player(output, clock)
    player.play(ramp_score())
    output.advance(3 * SECOND)
    output.is_there = False
    player.poll()
    player.seek(5 * SECOND)
    player.pause()
    assert player.poll().state is PlayerState.PAUSED
    player.resume()
    assert player.poll().state is PlayerState.RECOVERING
    player.stop()
    assert player.poll().state is PlayerState.STOPPED


def test_an_output_lost_while_pausing_is_simply_paused() -> None:
    output = FragileOutput()
    player = Player(output, HandClock())
    player.play(ramp_score())
    output.advance(3 * SECOND)
    player.pause()
    output.is_there = False
    status = player.poll()
    assert (status.state, status.position) == (PlayerState.PAUSED, 2 * SECOND)


def test_play_without_an_output_is_explained() -> None:
    output = FragileOutput()
    output.is_there = False
    player = Player(output)
    with pytest.raises(DeviceLost):
        player.play(ramp_score())
    assert player.poll().state is PlayerState.STOPPED


def test_a_fault_in_the_callback_is_silence_there_and_raised_at_the_poll() -> None:
    output, score = NullOutput(), ramp_score()
    player = Player(output)
    torn = Placement(Clip(np.zeros((4, 3, 2), np.float32)), Span(0, 4), Stem.BED)
    player.play(dataclasses.replace(score, placements=(torn, *score.placements)))
    assert not output.advance(4_096).any()
    with pytest.raises(ValueError, match=r".+"):
        player.poll()
    assert player.poll().state is PlayerState.STOPPED


COMMANDS = st.sampled_from(["pause", "resume", "seek", "swap", "stop", "lose", "play", "volume"])


@example([("volume", 716), ("volume", 0)])
@example([("resume", 20_000), ("volume", 30_000), ("volume", 0), ("volume", 1)])
@given(st.lists(st.tuples(COMMANDS, st.integers(0, 30_000)), max_size=12))
def test_whatever_is_asked_the_sound_never_jumps(asked: list[tuple[str, int]]) -> None:
    output, clock = FragileOutput(depth=DEPTH), HandClock()
    player, heard = Player(output, clock), []
    scores = [steady(0.5), steady(0.5)]
    player.play(scores[0])
    for number, (command, frames) in enumerate(asked):
        match command:
            case "seek":
                player.seek(frames * 10)
            case "swap":
                player.swap(scores[number % 2])
            case "play":
                player.play(scores[0], frames)
            case "volume":
                player.volume_db = -frames / 1_000
            case "lose":
                heard.append(None)
                output.is_there = False
                player.poll()
                output.is_there = True
            case _:
                getattr(player, command)()
        before = output.is_alive()
        heard.append(output.advance(frames + 1))
        status = player.poll()
        assert 0 <= status.position <= scores[0].length
        assert before or not heard[-1].any()
    pieces: list[list[np.ndarray]] = [[]]
    for piece in heard:
        pieces.append([]) if piece is None else pieces[-1].append(piece)
    for stretch in pieces:
        if stretch:
            assert largest_step(np.concatenate(stretch)) < 0.02
