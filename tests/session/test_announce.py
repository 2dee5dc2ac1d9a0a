"""The chime cannot startle, and an announcement tells when it is over."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
from palettes import palette_of, shipped_palette, shipped_patches
from rig import wait_until

from voice_guide.errors import DeviceLost, SoundNotFound
from voice_guide.output.device import NullOutput
from voice_guide.output.player import Player, PlayerState
from voice_guide.score.compile import Request, compile_opening
from voice_guide.score.model import CueKind, Score, Stem
from voice_guide.score.render import render
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Voicing
from voice_guide.session.announce.announcement import (
    announcement,
    announcement_utterance,
    prepare_announcement,
)
from voice_guide.session.announce.chime import CHIME_LUFS, chime_score
from voice_guide.session.announce.sounding import STOP_FADE_S, sound_alone
from voice_guide.sound.clip import SAMPLE_RATE, Clip, Samples
from voice_guide.sound.loudness import crest_lufs, momentary_lufs, true_peak_dbtp
from voice_guide.sound.patch import BellPatch, Partial
from voice_guide.store.paths import shipped
from voice_guide.voice.silent import SilentEngine

VOICE_LUFS = -18.0
PALETTE = shipped_palette()
SCRIPTS = sorted((shipped("scripts") / "en").glob("*/*.md"))


def whole(score: Score) -> Samples:
    return render(score, 0, score.length)


def levels_db(samples: Samples, frames: int) -> np.ndarray:
    """Return the level of each stretch of so many frames against the loudest one."""
    pieces = samples[: len(samples) // frames * frames].reshape(-1, frames, 2)
    power = (pieces.astype(np.float64) ** 2).mean(axis=(1, 2))
    return 10 * np.log10(np.maximum(power / power.max(), 1e-30))


def rise_s(samples: Samples) -> float:
    """Return the seconds from -40 dB to the top, in steps of 5 ms."""
    levels = levels_db(samples, 240)
    return float(levels.argmax() - np.flatnonzero(levels > -40.0)[0]) * 0.005


def treble_db(samples: Samples, from_hz: float) -> float:
    """Return the loudest 10 ms over this against the loudest 10 ms of the whole."""
    spectrum = np.fft.rfft(samples, axis=0)
    spectrum[np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) < from_hz] = 0.0
    treble = np.fft.irfft(spectrum, len(samples), axis=0)

    def loudest(of: np.ndarray) -> float:
        return float((of[: len(of) // 480 * 480].reshape(-1, 480, 2) ** 2).mean(axis=(1, 2)).max())

    return float(10 * np.log10(loudest(treble) / loudest(samples.astype(np.float64))))


# The chime.


def test_the_chime_is_short_and_far_softer_than_a_voice() -> None:
    score = chime_score(PALETTE)
    assert 1.0 < score.length / SAMPLE_RATE <= 3.0
    loudest = crest_lufs(whole(score))
    assert loudest <= VOICE_LUFS - 12.0
    assert CHIME_LUFS - 2.0 < loudest <= CHIME_LUFS
    assert true_peak_dbtp(whole(score)) < -30.0


@pytest.mark.long
def test_the_chime_is_softer_than_what_opens_any_session() -> None:
    scripts = [parse(path.read_text("utf-8"), path.name) for path in SCRIPTS]
    one_each = {one.header.bell: one for one in scripts if one.header.bell != "none"}
    assert len(one_each) >= 4
    for bell, script in one_each.items():
        opening = compile_opening(script, PALETTE, Request(), name="")
        softest = momentary_lufs(render(opening, 0, 5 * SAMPLE_RATE)).max()
        assert crest_lufs(whole(chime_score(PALETTE))) < softest - 0.5, bell


def test_the_chime_rises_and_is_never_struck() -> None:
    samples = whole(chime_score(PALETTE))
    assert not samples[0].any()
    assert rise_s(samples) >= 0.3
    levels = levels_db(samples, 240)
    audible = levels[np.flatnonzero(levels > -40.0)[0] :]
    assert np.diff(audible).max() < 4.0, "no 5 ms jump"
    assert levels[-1] < -60.0, "it is gone before it ends"
    struck = PALETTE.bell("small-bell").samples
    assert rise_s(struck) < 0.1, "a strike would be found"


def test_nothing_in_the_chime_clicks_or_hisses() -> None:
    samples = whole(chime_score(PALETTE))
    assert treble_db(samples, 2000.0) < -70.0
    broken = samples.copy()
    broken[np.abs(samples[:, 0]).argmax() :] *= 0.9
    assert treble_db(broken, 2000.0) > -60.0, "a click would be found"


@pytest.mark.parametrize("attack_ms", [2.0, 200.0])
def test_a_bell_of_the_listener_s_own_cannot_startle_either(attack_ms: float) -> None:
    sharp = BellPatch("chime", 1500.0, (Partial(1.0, 1.0, 6.0), Partial(2.7, 0.8, 4.0)), attack_ms)
    samples = whole(chime_score(palette_of([sharp])))
    assert crest_lufs(samples) <= CHIME_LUFS + 0.5
    assert rise_s(samples) >= 0.2
    assert len(samples) <= 3 * SAMPLE_RATE
    assert levels_db(samples, 240)[-1] < -50.0


def test_a_bell_that_is_over_soon_is_a_short_chime() -> None:
    tap = replace(shipped_patches()["wood-block"], name="chime")
    score = chime_score(palette_of([tap]))
    assert score.length == palette_of([tap]).bell("chime").length
    assert not whole(score)[0].any()


def test_without_the_bell_it_is_said_so() -> None:
    with pytest.raises(SoundNotFound, match="chime"):
        chime_score(palette_of([]))


# The announcement.


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Morning arrival", "In ten seconds: Morning arrival; any key or a click lets it be."),
        ("  What now?\n", "In ten seconds: What now; any key or a click lets it be."),
        ("", "In ten seconds: a quiet moment for you; any key or a click lets it be."),
        ("…", "In ten seconds: a quiet moment for you; any key or a click lets it be."),
    ],
)
def test_one_sentence_tells_what_comes_and_how_to_stop_it(title: str, said: str) -> None:
    voicing = Voicing(rate_wpm=80)
    utterance = announcement_utterance(title, voicing)
    assert (utterance.text, utterance.voicing) == (said, voicing)
    assert len(announcement_utterance("x" * 999, voicing).text) < 150


@pytest.fixture(scope="module")
def announced() -> Score:
    score, notice = prepare_announcement("Morning arrival", Voicing(), SilentEngine(), PALETTE)
    assert not notice
    return score


def test_each_part_tells_its_time(announced: Score) -> None:
    assert [part.title for part in announced.sections] == ["Chime", "Sentence"]
    chime, sentence = (part.onset for part in announced.sections)
    bell, speech = announced.cues
    assert (bell.kind, bell.span.onset) == (CueKind.BELL, chime)
    assert (speech.kind, speech.span) == (CueKind.SPEECH, (sentence, announced.length))
    assert speech.text.startswith("In ten seconds: Morning arrival")
    assert bell.span.end <= sentence
    assert announced.boundaries == (chime, sentence)


def noise_clip(seconds: float, level: float) -> Clip:
    noise = np.random.default_rng(1).normal(0, level, round(seconds * SAMPLE_RATE))
    return Clip(noise.astype(np.float32))


def test_the_sentence_is_softer_than_a_session_s() -> None:
    utterance = announcement_utterance("Sleep", Voicing())
    clip = noise_clip(4.0, 0.1)
    score = announcement(utterance, clip, PALETTE)
    sentence = score.sections[1].onset
    spoken = render(score, sentence, score.length)
    stereo = np.stack([clip.samples, clip.samples], axis=1)
    assert crest_lufs(spoken) - crest_lufs(stereo) == pytest.approx(-6.0, abs=0.2)
    (voice,) = [one for one in score.placements if one.stem is Stem.VOICE]
    assert voice.span == (sentence, score.length)


def test_it_may_take_the_place_of_a_chime_that_sounds_already() -> None:
    """The chime is on time even where the voice is not."""
    chime = chime_score(PALETTE)
    score = announcement(announcement_utterance("", Voicing()), noise_clip(2.0, 0.1), PALETTE)
    assert np.array_equal(whole(chime), render(score, 0, chime.length))
    spoken = render(score, score.sections[1].onset, score.length)
    for late_s in (1.0, 2.9, 4.0):
        output = NullOutput()
        player = Player(output)
        player.play(chime)
        heard = [output.advance(round(late_s * SAMPLE_RATE))]
        player.poll()
        player.swap(score)
        heard.append(output.advance(score.length))
        joined = np.concatenate(heard)
        at = int(np.abs(joined).max(axis=1).argmax()) - int(np.abs(spoken).max(axis=1).argmax())
        assert np.array_equal(joined[at : at + len(spoken)], spoken)
        assert np.allclose(joined[: chime.length], whole(chime), rtol=0, atol=1e-7)
        on_time = score.sections[1].onset
        assert at == on_time if late_s < 3.0 else on_time < at < on_time + 1.2 * SAMPLE_RATE


def test_a_silent_voice_announces_in_silence_and_a_broken_one_says_so() -> None:
    voicing = Voicing(voice=SilentEngine.name)
    score, notice = prepare_announcement("Sleep", voicing, Refusing(), PALETTE)
    assert not notice
    assert not render(score, score.sections[1].onset, score.length).any()


class Refusing(SilentEngine):
    def speak(self, _utterance):
        raise AssertionError("nobody asked for this voice")


# Played while nothing else is.


def test_a_stop_is_silent_within_300_ms_and_fades() -> None:
    clip = Clip(np.sin(np.arange(4 * SAMPLE_RATE) / 40).astype(np.float32))
    score = announcement(announcement_utterance("", Voicing()), clip, PALETTE)
    for at_s in (0.1, 0.6, 2.0, 4.0, 5.5):
        output = NullOutput()
        player = Player(output)
        player.play(score)
        output.advance(round(at_s * SAMPLE_RATE))
        player.stop(STOP_FADE_S)
        rest = output.advance(2 * SAMPLE_RATE)
        assert not rest[round(0.3 * SAMPLE_RATE) :].any()
        usual = np.abs(np.diff(whole(score), axis=0)).max()
        assert np.abs(np.diff(rest, axis=0)).max() <= usual, "no click"


def test_played_to_its_end_or_until_it_is_stopped() -> None:
    chime = replace(chime_score(PALETTE), length=SAMPLE_RATE // 4)
    player = Player(NullOutput(paced=True))
    assert sound_alone(player, chime) is True
    assert sound_alone(player, chime, threading.Event()) is True
    stopped = threading.Event()
    results: list[bool] = []
    long = replace(chime, length=60 * SAMPLE_RATE)
    thread = threading.Thread(target=lambda: results.append(sound_alone(player, long, stopped)))
    thread.start()
    stopped.set()
    thread.join(5)
    assert results == [False]
    assert player.poll().state is PlayerState.STOPPED


def test_a_longer_score_takes_the_place_of_the_chime_when_it_is_there() -> None:
    chime = replace(chime_score(PALETTE), length=SAMPLE_RATE // 4)
    longer: Future[Score] = Future()
    output = NullOutput(paced=True)
    player = Player(output)
    results: list[bool] = []
    thread = threading.Thread(
        target=lambda: results.append(sound_alone(player, chime, longer=longer))
    )
    thread.start()
    wait_until(lambda: player.next_frame >= chime.length, what="the chime does not end")
    assert not results, "it waits"
    longer.set_result(replace(chime, length=SAMPLE_RATE // 2))
    thread.join(5)
    assert results == [True]
    assert player.next_frame == SAMPLE_RATE // 2
    broken: Future[Score] = Future()
    broken.set_exception(SoundNotFound("No bell."))
    with pytest.raises(SoundNotFound):
        sound_alone(player, chime, longer=broken)
    assert player.poll().state is PlayerState.STOPPED


class Unplugged(NullOutput):
    """An output that takes a score and is gone."""

    def is_alive(self) -> bool:
        return False


def test_an_output_that_goes_away_is_told_and_not_waited_for() -> None:
    player = Player(Unplugged())
    with pytest.raises(DeviceLost):
        sound_alone(player, chime_score(PALETTE))
    assert player.poll().state is PlayerState.STOPPED
