"""The companion as its listener meets it: a real pointer on a real panel, and real sound."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from benchmarks.rendered import best_match
from companion_on_panel import OnPanel, on_panel
from hearing import Ear, fade_gain, listening, steepest_fall, undisturbed
from panel_rig import PANEL_PX, needs_panel
from PIL import Image
from rig import needs_rig, wait_until

from voice_guide.score.model import Cue, CueKind, Score, Stem
from voice_guide.score.render import render
from voice_guide.session.prepare import Prepared, recompile
from voice_guide.sound.clip import SAMPLE_RATE, Frames

pytestmark = [pytest.mark.real, needs_rig, needs_panel]

FAVOURITE = "moments/waiting-for-a-reply"
MS = SAMPLE_RATE // 1000


@pytest.fixture
def companion() -> Iterator[OnPanel]:
    with on_panel() as made:
        made.begin()
        yield made


def mono(score: Score, start: Frames, stop: Frames, *stems: Stem) -> np.ndarray:
    return render(score, start, stop, set(stems or Stem)).mean(axis=1, dtype=np.float64)


def test_a_session_is_begun_heard_paused_resumed_and_ended_by_clicks() -> None:
    with on_panel() as companion:
        prepared = companion.prepare_favourite(FAVOURITE)
        companion.begin()
        companion.point_at_icon()
        fault: AssertionError | None = None
        for _ in undisturbed(companion.rig):  # what is heard is compared frame by frame
            try:
                click_through_a_session(companion, prepared)
            except AssertionError as found:
                fault = found
                companion.say("stop")
                companion.wait_for("idle")
                prepared = companion.prepare_favourite(FAVOURITE)  # a caution is spoken but once
            else:
                return
        assert fault is not None
        raise fault


def click_through_a_session(companion: OnPanel, prepared: Prepared) -> None:
    """Begin the favourite, pause it, let it go on and end it, and hear that each is as written."""
    with listening(companion.rig) as ear:
        clicked_s = companion.click()
        ear.wait_for_sound(clicked_s)
        origin, score = hear_bell_and_word(ear, prepared, ear.frame_at(clicked_s))
        silent_s = math.inf
        for _ in range(3):  # whoever else works on this machine may hold one of them up
            phrase = long_phrase(score, after=ear.recording.frames() - origin)
            wait_for_frame(ear, origin + phrase.span.onset + SAMPLE_RATE)
            clicked_s = companion.click()
            silent_s = min(silent_s, ear.wait_for_silence(clicked_s))
            check_fade(ear, score, origin, ear.frame_at(clicked_s))
            companion.wait_for("paused")
            before = ear.recording.frames()
            companion.click()
            companion.wait_for("playing")
            origin = hear_phrase_again(ear, score, phrase, before)
            if silent_s < 0.3:
                break
        assert silent_s < 0.3
        wait_for_frame(ear, origin + phrase.span.end + SAMPLE_RATE)
        clicked_s = companion.click("middle")
        assert 1.0 < ear.wait_for_silence(clicked_s, 1.0) < 5.0
        check_fade(ear, score, origin, ear.frame_at(clicked_s))
        companion.wait_for("idle")


def wait_for_frame(ear: Ear, frame: Frames) -> None:
    wait_until(lambda: ear.recording.frames() >= frame, 60.0, "it does not go on")


def hear_bell_and_word(ear: Ear, prepared: Prepared, start: int) -> tuple[int, Score]:
    """Return the frame of the recording at which the score begins, and the score as it is heard."""
    score = prepared.score
    word = next(cue for cue in score.cues if cue.kind is CueKind.SPEECH)
    wait_for_frame(ear, start + word.span.end + 3 * SAMPLE_RATE)
    heard = ear.recording.samples()[start:].mean(axis=1, dtype=np.float64)
    bell = mono(score, 0, word.span.onset, Stem.BELLS)
    origin = best_match(heard[: 2 * SAMPLE_RATE], bell)
    assert likeness(heard[origin:], bell) > 0.9, "what is heard first is the bell"
    spoken = mono(score, word.span.onset, word.span.end, Stem.VOICE)
    found = best_match(heard, spoken)
    assert likeness(heard[found:], spoken) > 0.9, "then the first word"
    # A machine that is busy speaks a little later; the score then says so, too.
    late = found - origin - word.span.onset
    assert 0 <= late < 2 * SAMPLE_RATE
    if late:
        later = prepared.first_word_at + late
        score = recompile(prepared, first_word_at=later).score
    return start + origin, score


def likeness(heard: np.ndarray, wanted: np.ndarray) -> float:
    """Return the correlation of the one with the beginning of the other."""
    return float(np.corrcoef(heard[: len(wanted)], wanted)[0, 1])


def long_phrase(score: Score, after: Frames) -> Cue:
    """Return the next phrase that is spoken for so long that one can click in its middle."""
    return next(
        cue
        for cue in score.cues
        if cue.kind is CueKind.SPEECH
        and cue.span.onset > after + SAMPLE_RATE // 2
        and cue.span.length > 2 * SAMPLE_RATE
    )


def check_fade(ear: Ear, score: Score, origin: int, clicked: int) -> None:
    """What is heard is what is written, ever softer, and nowhere by a step."""
    end = ear.last_sound(clicked) + 20 * MS
    heard = ear.recording.samples()[clicked:end]
    written = render(score, clicked - origin, end - origin)
    gains = fade_gain(heard, written)
    assert gains[~np.isnan(gains)][0] == pytest.approx(1.0, abs=1e-3)
    # A fade of 10 ms splatters at -96 dB already.
    assert steepest_fall(gains) < 1 / (10 * MS)
    cut = heard.copy()
    cut[len(cut) // 4 :] = 0.0
    assert steepest_fall(fade_gain(cut, written)) > 0.1, "a cut would have been found"


def hear_phrase_again(ear: Ear, score: Score, phrase: Cue, start: int) -> int:
    """Return the frame of the recording at which the score would have begun."""
    wait_until(lambda: ear.last_sound(start) > start, what="it does not go on")
    first = start + int(np.flatnonzero(ear.recording.samples()[start:].any(axis=1))[0])
    wait_for_frame(ear, first + 2 * SAMPLE_RATE)
    # After the short fade with which it comes back.
    heard = ear.recording.samples()[first + 100 * MS : first + 1100 * MS]
    near = max(0, phrase.span.onset - 5 * SAMPLE_RATE)
    written = mono(score, near, phrase.span.end + 5 * SAMPLE_RATE)
    place = near + best_match(written, heard.mean(axis=1, dtype=np.float64))
    resumed = place - 100 * MS
    assert resumed == pytest.approx(phrase.span.onset, abs=MS), "the phrase is heard again"
    return first - resumed


def test_a_double_click_begins(companion: OnPanel) -> None:
    companion.point_at_icon()
    companion.desk.xdotool("click", "--repeat", "2", "--delay", "120", "1")
    companion.wait_for("playing")
    with listening(companion.rig) as ear:
        began_s = ear.came_s(ear.recording.frames())
        ear.wait_for_sound(began_s)
    assert companion.state() == "playing"


def test_a_menu_pick_begins_that_session(companion: OnPanel) -> None:
    companion.desk.pick("Breathing", "Box")
    companion.wait_for("playing")
    assert json.loads(companion.say("status", "--json"))["script"] == "breathing/box"

    def labels() -> list[str]:
        return [line.label for line in companion.desk.menu()]

    wait_until(lambda: any("left" in label for label in labels()), what="no time left is told")
    assert labels()[0] == "Pause"


def test_every_command_is_answered(companion: OnPanel) -> None:
    assert companion.say("pause") == "Nothing is playing."
    assert companion.say("toggle").startswith("Playing")
    companion.wait_for("playing")
    assert companion.say("volume", "50") == "Volume 50%."
    assert companion.say("pause") == "Paused."
    companion.wait_for("paused")
    assert companion.say("resume") == "Going on."
    companion.wait_for("playing")
    assert companion.say("stop") == "Ending gently."
    companion.wait_for("idle")
    assert companion.say("quit") == "Good-bye."
    wait_until(lambda: companion.process.poll() == 0, what="it does not end")
    assert json.loads(companion.say("status", "--json"))["state"] == "absent"


# Pictures, from a panel as dense screens show it.

BEHIND = 0x5F7683
LOOK_PX = 2 * PANEL_PX


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The folder for pictures; with `VOICE_GUIDE_PICTURES=docs/pictures` ours are made anew."""
    return Path(os.environ.get("VOICE_GUIDE_PICTURES", tmp_path))


def test_what_it_looks_like(pictures: Path) -> None:
    strips = []
    for dark in (True, False):
        with on_panel(dark=dark, scale=2) as companion:
            companion.desk.paint(BEHIND)
            companion.prepare_favourite("kindness/self-compassion-break")
            companion.begin()
            strips.append(np.concatenate(looks(companion, pictures if dark else None), axis=1))
    Image.fromarray(np.concatenate(strips)).save(pictures / "tray.png", optimize=True)


def looks(companion: OnPanel, pictures: Path | None) -> list[np.ndarray]:
    """Return the icon at rest, playing and paused, and save a picture of the menu."""
    seen = [look(companion)]
    companion.desk.click_icon()
    companion.wait_for("playing")
    while played(companion) < 0.35:
        before = played(companion)
        companion.say("skip")
        wait_until(lambda then=before: played(companion) > then + 0.02, what="it skips nothing")
    seen.append(look(companion, unlike=seen[-1]))
    companion.desk.mark("Breathing", "Four")
    whole, bottom, right = np.zeros(0), 0, 0

    def is_painted() -> bool:  # a window is there a moment before that
        nonlocal whole, bottom, right
        whole = companion.desk.pixels()
        rows, columns = np.nonzero((whole != whole[-1, -1]).any(axis=2)[LOOK_PX + 2 :])
        bottom, right = rows.max(initial=0), columns.max(initial=0)
        return bottom > 600 and right > 400

    wait_until(is_painted, what="the menu and what is below its mark are not seen")
    if pictures:
        menu = whole[: LOOK_PX + bottom + 32, : right + 32]
        Image.fromarray(menu).save(pictures / "menu.png", optimize=True)
    companion.desk.close_menu()
    time.sleep(0.6)  # else this click would belong to that of the beginning
    companion.desk.click_icon()
    companion.wait_for("paused")
    seen.append(look(companion, unlike=seen[-1]))
    return seen


def played(companion: OnPanel) -> float:
    """Return how much of the session lies behind, 0 to 1."""
    status = companion.status()
    return status["position_s"] / status["length_s"] if status else 0.0


def look(companion: OnPanel, unlike: np.ndarray | None = None) -> np.ndarray:
    """Return the part of the panel with the icon, once it shows something else and stays so."""
    companion.desk.xdotool("mousemove", "700", "500")  # else its name is shown beside it
    seen = np.zeros(0)
    since_s = 0.0

    def is_settled() -> bool:
        nonlocal seen, since_s
        now = companion.desk.pixels()[:LOOK_PX, : 3 * LOOK_PX // 2]
        if not np.array_equal(now, seen):
            seen, since_s = now, time.monotonic()
        if unlike is not None and np.array_equal(seen, unlike):
            return False
        # Two changes in two seconds are all that a panel is told.
        return time.monotonic() - since_s > 2.2

    wait_until(is_settled, what="the icon does not settle")
    assert len(np.unique(seen.reshape(-1, 3), axis=0)) > 20, "there is something to be seen"
    return seen
