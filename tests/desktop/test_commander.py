"""What reaches the session of each command, whoever gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from voice_guide.app import build
from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.asking import Wishes, wishes_to_text
from voice_guide.frontends.desktop.commander import (
    SAME_S,
    SILENT_DB,
    Commander,
    db_to_share,
    share_to_db,
    status_to_json,
)
from voice_guide.frontends.desktop.instance.wire import REFUSED, Reply, Request
from voice_guide.frontends.desktop.media import Open, Press, Seek, SetVolume
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status

PLAYING = Status(Mode.PLAYING, "a/b", "B", "One", has_next=True, position_s=30.0, length_s=300.0)


class Desk:
    """A commander, and what it sends to a session that stands as told."""

    def __init__(self, home: Path) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VOICE_GUIDE_HOME", str(home))
            self.services = build()
        self.status = Status()
        self.sent: list[events.Command] = []
        self.told: list[str] = []
        self.left = 0
        session = SimpleNamespace(send=self.sent.append)
        self.now_s = 100.0
        self.commander = Commander(
            self.services,
            lambda: session,
            lambda: self.status,
            self.leave,
            self.told.append,
            lambda: self.now_s,
        )

    def write_favourite(self, name: str) -> None:
        settings = self.services.paths.settings
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(f'[companion]\nfavourite = "{name}"\n')

    def leave(self) -> None:
        self.left += 1

    def answer(self, *words: str) -> Reply:
        return self.commander.answer(Request(words))

    def played(self) -> events.Play:
        (play,) = (one for one in self.sent if isinstance(one, events.Play))
        return play


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.services.close()


def test_every_wish_of_the_command_line_passes_through(desk: Desk) -> None:
    wishes = Wishes(length_s=180.0, voice="silent", hold_free=True, seed=7, bed="rain")
    reply = desk.answer("play", wishes_to_text("4-7-8", wishes))
    assert reply == Reply("Playing Four, seven, eight.")
    ask = desk.played().ask
    assert ask.name == "breathing/4-7-8"
    request = ask.request
    assert (request.length_s, request.seed, request.bed) == (180.0, 7, "rain")
    assert request.hold_free
    assert request.voicing.voice == "silent"


def test_nothing_is_sent_of_what_cannot_be(desk: Desk) -> None:
    for name, wishes, said in (
        ("nonsense", Wishes(), "no script and no file"),
        ("4-7-8", Wishes(bed="rainn"), "There is no bed called rainn"),
        ("4-7-8", Wishes(length_s=7200.0, voice="silent"), "cannot be 120:00 long"),
    ):
        with pytest.raises(VoiceGuideError, match=said):
            desk.answer("play", wishes_to_text(name, wishes))
    for text in ("", "[]", "{}", '{"script": 3}', '{"script": "4-7-8", "lenght": 3}'):
        with pytest.raises(VoiceGuideError, match="not understood"):
            desk.answer("play", text)
    assert desk.sent == []


@pytest.mark.parametrize("words", [[], [""], ["dance"], ["pause", "now"], ["volume", "1", "2"]])
def test_what_is_no_command_is_refused(words: list[str], desk: Desk) -> None:
    assert desk.answer(*words).code == REFUSED
    assert desk.sent == []


def test_media_keys_and_widgets(desk: Desk, tmp_path: Path) -> None:
    desk.status = PLAYING
    for press, command in (
        (Press.PLAY, events.Resume()),
        (Press.PAUSE, events.Pause()),
        (Press.TOGGLE, events.Toggle()),
        (Press.STOP, events.Stop()),
        (Press.SKIP, events.Skip()),
        (Press.BACK, events.Back()),
        (Seek(90.0), events.Seek(90.0)),
        (SetVolume(1.0), events.SetVolume(0.0)),
    ):
        desk.commander.press(press)
        assert desk.sent[-1] == command
    with pytest.raises(VoiceGuideError):
        desk.commander.press(Open(str(tmp_path / "nowhere.md")))
    for key in Press:
        before = len(desk.sent)
        desk.commander.press(key)
        assert len(desk.sent) == before + 1, f"{key} does nothing"


def test_what_would_do_nothing_is_said_and_not_sent(desk: Desk) -> None:
    for status, word, said in (
        (Status(), "skip", "Nothing is playing."),
        (replace(PLAYING, length_s=0.0), "skip", "The session is only just beginning."),
        (replace(PLAYING, length_s=0.0), "back", "The session is only just beginning."),
        (replace(PLAYING, has_next=False), "skip", "This is the last section."),
        (replace(PLAYING, is_ending=True), "pause", "It is ending."),
        (replace(PLAYING, is_ending=True), "stop", "It is ending."),
    ):
        desk.status = status
        assert desk.answer(word) == Reply(said)
    assert desk.sent == []
    desk.status = PLAYING
    assert desk.answer("skip") == Reply("On to the next section.")
    assert desk.sent == [events.Skip()]


def test_a_toggle_begins_pauses_and_goes_on(desk: Desk) -> None:
    assert desk.answer("toggle").answer.startswith("Playing ")
    assert desk.played().ask.name == "breathing/calm-count"
    desk.status = PLAYING
    desk.now_s += SAME_S
    assert desk.answer("toggle") == Reply("Paused.")
    desk.status = replace(PLAYING, state=Mode.PAUSED)
    desk.now_s += SAME_S
    assert desk.answer("toggle") == Reply("Going on.")
    assert desk.sent[-2:] == [events.Toggle(), events.Toggle()]


def test_a_toggle_in_the_last_fade_begins_anew(desk: Desk) -> None:
    desk.status = replace(PLAYING, is_ending=True)
    assert desk.answer("toggle") == Reply("Playing Counting to five.")
    assert desk.played()


def test_a_double_click_begins_and_does_not_pause(desk: Desk) -> None:
    begun = desk.answer("toggle")
    desk.status = PLAYING
    for _ in range(4):  # and a key that is held down no more than that
        desk.now_s += SAME_S / 5
        assert desk.answer("toggle") == begun
    assert events.Toggle() not in desk.sent
    assert desk.played()
    desk.now_s += SAME_S
    assert desk.answer("toggle") == Reply("Paused.")


def test_a_toggle_that_could_not_be_may_be_tried_again_at_once(desk: Desk) -> None:
    settings = desk.services.paths.settings
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[companion\n")
    for _ in range(2):
        with pytest.raises(VoiceGuideError, match="settings"):
            desk.answer("toggle")


def test_a_favourite_that_is_gone_keeps_nobody_waiting_for_a_voice(desk: Desk) -> None:
    desk.write_favourite("moments/gone")
    assert desk.answer("toggle") == Reply("Playing Counting to five.")
    assert desk.played().ask.name == "breathing/calm-count"
    (told,) = desk.told
    assert told.startswith("Playing Counting to five. Your favourite cannot be played:\n")
    assert "moments/gone" in told


def test_a_bed_of_the_settings_that_is_gone_keeps_no_session_away(desk: Desk) -> None:
    settings = desk.services.paths.settings
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[sound]\nbed = "my-rain"\n')
    assert desk.answer("toggle") == Reply("Playing Counting to five.")
    assert desk.played().ask.request.bed is None
    assert desk.told == ["There is no bed “my-rain” any more, so it is the session's own."]
    # What somebody has just asked for is refused, not replaced.
    with pytest.raises(VoiceGuideError, match="no bed called rainn"):
        desk.answer("play", wishes_to_text("4-7-8", Wishes(bed="rainn")))


def test_only_a_voice_that_was_asked_for_has_to_speak(desk: Desk) -> None:
    settings = desk.services.paths.settings
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text('[voice]\nid = "nobody"\n')
    assert desk.answer("toggle") == Reply("Playing Counting to five.")
    assert desk.answer("play", wishes_to_text("4-7-8", Wishes())).code == 0
    desk.answer("play", wishes_to_text("4-7-8", Wishes(voice="silent")))
    asks = [one.ask for one in desk.sent if isinstance(one, events.Play)]
    assert [one.request.voicing.voice for one in asks] == ["nobody", "nobody", "silent"]
    assert [one.or_usual_voice for one in asks] == [True, True, False]


def test_a_favourite_with_a_fault_does_not_either(desk: Desk, tmp_path: Path) -> None:
    broken = tmp_path / "broken.md"
    broken.write_text("[paws 5s]\n")
    desk.write_favourite(str(broken))
    assert desk.answer("toggle") == Reply("Playing Counting to five.")
    assert "line 1" in desk.told[0]


def test_a_volume_is_told_set_and_kept_for_the_next_session(desk: Desk) -> None:
    assert desk.answer("volume") == Reply("Volume 100%.")
    assert desk.answer("volume", "50%") == Reply("Volume 50%.")
    assert desk.answer("volume") == Reply("Volume 50%.")
    desk.answer("toggle")
    volumes = [one.volume_db for one in desk.sent if isinstance(one, events.SetVolume)]
    assert volumes == pytest.approx([-6.02, -6.02], abs=0.01)
    for wrong in ("101", "-1", "nan", "inf", "loud", ""):
        with pytest.raises(VoiceGuideError, match="is no volume"):
            desk.answer("volume", wrong)


@pytest.mark.parametrize("percent", range(0, 101, 10))
def test_a_slider_stays_where_it_was_put(percent: int) -> None:
    share = percent / 100
    assert db_to_share(share_to_db(share)) == pytest.approx(share)
    assert SILENT_DB <= share_to_db(share) <= 0.0


def test_a_status_for_other_programs(desk: Desk) -> None:
    idle = {
        "state": "idle",
        "script": None,
        "section": None,
        "phase": None,
        "position_s": 0.0,
        "length_s": 0.0,
        "ritual_waiting": None,
    }
    assert json.loads(desk.answer("status").answer) == idle
    assert status_to_json(replace(PLAYING, state=Mode.ENDED)) == idle
    playing = {"state": "playing", "script": "a/b", "section": "One", "phase": None}
    assert status_to_json(PLAYING) == idle | playing | {"position_s": 30.0, "length_s": 300.0}
    begun = {"state": "preparing", "script": "a/b"}
    assert status_to_json(Status(Mode.PREPARING, "a/b", "B")) == idle | begun


def test_quit_leaves(desk: Desk) -> None:
    assert desk.answer("quit") == Reply("Good-bye.")
    assert desk.left == 1
