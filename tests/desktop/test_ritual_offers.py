"""A ritual's offer from the chime to what follows from the answer, under a clock of the test's."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from icon_stand_in import Icon
from palettes import shipped_palette
from rig import wait_until

from voice_guide.app import build
from voice_guide.frontends.desktop.busy import Answer, Reason
from voice_guide.frontends.desktop.commander import Commander
from voice_guide.frontends.desktop.follower import Follower
from voice_guide.frontends.desktop.instance.wire import REFUSED, Request
from voice_guide.frontends.desktop.media import NowPlaying, Press
from voice_guide.frontends.desktop.menu.rituals import RitualEntries
from voice_guide.frontends.desktop.menu.seen import RitualsLook
from voice_guide.frontends.desktop.notify import Notice, OnPressed, ignore
from voice_guide.frontends.desktop.rituals.hosting import Desk
from voice_guide.frontends.desktop.rituals.offering import ONE_GESTURE_S, Rituals
from voice_guide.frontends.desktop.rituals.suggesting import MOST, suggest
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.rituals.book import RitualBook
from voice_guide.frontends.rituals.past import JournalLedger
from voice_guide.frontends.services import Services
from voice_guide.output.device import NullOutput
from voice_guide.output.player import Player
from voice_guide.session import events
from voice_guide.session.machine import Mode
from voice_guide.session.rituals.clocks import Moment
from voice_guide.session.rituals.outcome import Outcome
from voice_guide.session.rituals.ritual import Key
from voice_guide.session.status import Status
from voice_guide.store.settings import Companion

# Each of these plays on an output that keeps real time.
pytestmark = pytest.mark.long

SETTINGS = '[voice]\nid = "silent"\n[ritual.morning]\nat = "07:30"\nscript = "{script}"\n{more}\n'
DUE = datetime(2027, 5, 4, 7, 30, tzinfo=UTC)
KEY = Key("morning", DUE.date())
FREE = Answer()
PLAYING = Status(Mode.PLAYING, "a/b", "B", "One", position_s=30.0, length_s=300.0)


@dataclass
class Keys:
    """Media keys, ours or not."""

    shown: NowPlaying | None = None

    def show(self, now: NowPlaying) -> None:
        self.shown = now

    def hide(self) -> None:
        self.shown = None

    def close(self) -> None: ...


@dataclass
class Notices:
    """What stands on the screen, and what was told by the way."""

    standing: dict[str, tuple[Notice, OnPressed]] = field(default_factory=dict)
    shown_s: list[float] = field(default_factory=list)
    """When each was shown."""

    def show(self, notice: Notice, on_pressed: OnPressed = ignore) -> None:
        self.shown_s.append(time.monotonic())
        self.standing[notice.slot] = (notice, on_pressed)

    def withdraw(self, slot: str) -> None:
        self.standing.pop(slot, None)

    def close(self) -> None: ...


class Home:
    """A companion's rituals, with everything around them at hand."""

    def __init__(self, folder: Path, more: str, script: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("VOICE_GUIDE_HOME", str(folder))
            services = build()
        self.sounds = self.reads = 0
        self.services: Services = replace(
            services,
            settings=lambda: services.settings_file().current(),
            player=self._player,
            palette=shipped_palette,
        )
        self.write(more, script)
        self.ahead = DUE - timedelta(seconds=30) - datetime.now(UTC)
        self.status = Status()
        self.sent: list[events.Command] = []
        self.told: list[str] = []
        self.busy = FREE
        self.touched: Callable[[], object] | None = None
        self.icon, self.keys, self.notices = Icon(), Keys(), Notices()
        self.hand_s = 0.0
        self.rituals = Rituals(self.services, lambda: self.hand_s)
        session = SimpleNamespace(send=self.sent.append)
        self.commander = Commander(
            self.services,
            lambda: session,
            lambda: self.status,
            lambda: None,
            self.told.append,
        )
        self.commander.rituals = self.rituals
        self.follower = Follower(
            "voice-guide",
            self.icon,
            self.keys,
            None,
            None,
            wishes=Companion,
            tell=self.told.append,
            remark=self.told.append,
        )

    def _player(self, _device: object) -> Player:
        self.sounds += 1
        return Player(NullOutput(paced=True))

    def write(self, more: str = "", script: str = "breathing/box") -> None:
        path = self.services.paths.settings
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SETTINGS.format(script=script, more=more))

    def read(self) -> Moment:
        self.reads += 1
        return Moment(datetime.now(UTC) + self.ahead, UTC)

    def watch(self, on_touch: Callable[[], object]) -> Home:
        self.touched = on_touch
        return self

    def close(self) -> None:
        """End the watch of keys and clicks."""
        self.touched = None

    def begin(self) -> None:
        desk = Desk(
            self.notices,
            self.commander,
            self.follower,
            busy=lambda: self.busy,
            touches=self.watch,
            tell=self.told.append,
        )
        self.rituals.begin(desk, self.read)
        self.wait(lambda: self.reads)

    def go_to(self, instant: datetime, seconds: float = 0.0) -> None:
        """Set the clock, without a gap that would look like a sleep."""
        self.ahead = instant + timedelta(seconds=seconds) - datetime.now(UTC)
        self.rituals.hasten()

    def wait(self, condition: Callable[[], object], what: str = "") -> None:
        wait_until(lambda: bool(condition()), 10.0, what)

    def offered(self) -> Notice:
        self.wait(lambda: "ritual" in self.notices.standing, "no notice")
        return self.notices.standing["ritual"][0]

    def press(self, key: str) -> None:
        self.offered()
        self.notices.standing["ritual"][1](key)

    def said(self) -> list[Outcome]:
        ledger = JournalLedger(self.services.ledger())
        return [one.outcome for one in ledger.records(KEY)]

    def played(self) -> events.Play:
        self.wait(lambda: any(isinstance(one, events.Play) for one in self.sent), "no session")
        return next(one for one in self.sent if isinstance(one, events.Play))


Make = Callable[..., Home]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Make]:
    """Make a home half a minute before its ritual is due."""
    made: list[Home] = []

    def make(more: str = "", script: str = "breathing/box", *, is_begun: bool = True) -> Home:
        made.append(Home(tmp_path, more, script))
        if is_begun:
            made[-1].begin()
        return made[-1]

    yield make
    for one in made:
        one.rituals.close()
        one.services.close()


def test_an_offer_is_seen_and_heard_and_a_yes_begins_it(home: Make) -> None:
    at = home("length_s = 240\nvolume_db = -9\nbed = 'rain'")
    assert at.rituals.waiting is None
    at.go_to(DUE)
    notice = at.offered()
    assert notice.title == "Box breathing"
    assert "morning" in notice.message
    assert [one.label for one in notice.buttons] == ["Start", "Snooze 10 min", "Skip"]
    assert notice.expires_s == 0
    at.wait(lambda: at.icon.title == "morning: Box breathing")
    at.wait(lambda: at.sounds == 1, "it is not heard")
    assert (
        json.loads(at.commander.answer(Request(("status",))).answer)["ritual_waiting"] == "morning"
    )
    at.press("start")
    play = at.played()
    assert (play.ask.name, play.ask.ritual) == ("breathing/box", "morning")
    assert (play.ask.request.length_s, play.ask.request.bed) == (240.0, "rain")
    assert events.SetVolume(-9.0) in at.sent
    assert "ritual" not in at.notices.standing
    assert at.icon.title == "voice-guide"
    assert at.rituals.waiting is None
    assert at.said() == [Outcome.OFFERED, Outcome.STARTED]
    assert at.told == []
    assert at.sounds == 1
    assert threading.active_count() < 20
    assert "chime" not in {thread.name for thread in threading.enumerate()}, "it is silent by now"


def test_no_answer_is_passed_over_in_silence(home: Make) -> None:
    at = home("grace_min = 1")
    at.go_to(DUE)
    at.offered()
    at.go_to(DUE, 50)
    assert at.rituals.waiting == "morning"
    at.go_to(DUE, 62)
    at.wait(lambda: at.said()[-1:] == [Outcome.PASSED])
    at.wait(lambda: "ritual" not in at.notices.standing)
    assert at.told == []
    assert not at.sent


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        (("start",), Outcome.STARTED),
        (("start", "morning"), Outcome.STARTED),
        (("skip", "morning"), Outcome.SKIPPED),
        (("snooze", "morning", "60"), Outcome.SNOOZED),
        (("snooze", "", "43200"), Outcome.SNOOZED),
    ],
)
def test_every_word_of_a_command_answers(
    words: tuple[str, ...], outcome: Outcome, home: Make
) -> None:
    at = home()
    assert at.commander.answer(Request(("ritual", *words))).code == 1, "nothing waits yet"
    at.go_to(DUE)
    at.offered()
    assert at.commander.answer(Request(("ritual", "skip", "evening"))).code == 1
    assert at.commander.answer(Request(("ritual", *words))).code == 0
    at.wait(lambda: at.said()[-1:] == [outcome])
    assert at.commander.answer(Request(("ritual", "look"))).code == 0


@pytest.mark.parametrize(
    "words",
    [
        *((), ("",), ("dance",), ("look", "here"), ("skip", "a", "b"), ("start", "a", "b")),
        *(("snooze",), ("snooze", "morning"), ("snooze", "morning", "nan")),
        *(("snooze", "", "-1"), ("snooze", "", "inf"), ("snooze", "", "0"), ("snooze", "", "1e9")),
    ],
)
def test_other_words_are_refused(words: tuple[str, ...], home: Make) -> None:
    at = home(is_begun=False)
    assert at.commander.answer(Request(("ritual", *words))).code == REFUSED


def test_a_click_is_a_yes_and_a_middle_click_puts_off(home: Make) -> None:
    at = home()
    at.go_to(DUE)
    at.offered()
    at.commander.stop()
    at.wait(lambda: at.said()[-1:] == [Outcome.SNOOZED])
    assert not at.sent, "there was no session to stop"
    for seconds in range(50, 601, 50):
        reads = at.reads
        at.go_to(DUE, seconds)
        at.wait(lambda before=reads: at.reads > before)
    at.go_to(DUE, 602)
    at.offered()
    at.wait(lambda: at.sounds == 2)  # it is heard again
    assert at.commander.toggle() == "Beginning morning."
    assert at.played().ask.ritual == "morning"
    at.commander.stop()
    at.wait(lambda: events.Stop() in at.sent)


@pytest.mark.parametrize(
    ("busy", "outcome", "sounds"),
    [
        (Answer(busy=Reason.QUIET), Outcome.DEFERRED, 0),
        (Answer(busy=Reason.MICROPHONE), Outcome.DEFERRED, 0),
        (Answer(busy=Reason.FULL_SCREEN), Outcome.DEFERRED, 0),
        (Answer(unknown=(Reason.QUIET,)), Outcome.OFFERED, 0),
        (Answer(unknown=(Reason.FULL_SCREEN,)), Outcome.OFFERED, 1),
    ],
)
def test_a_bad_moment_waits_and_an_unknown_one_is_silent(
    busy: Answer, outcome: Outcome, sounds: int, home: Make
) -> None:
    at = home("begins_by_itself = true" if not sounds else "")
    at.busy = busy
    at.go_to(DUE)
    at.wait(lambda: at.said() == [outcome])
    if outcome is Outcome.OFFERED:
        at.offered()
    at.wait(lambda: at.sounds == sounds)
    assert at.touched is None, "where nobody is to be heard, nothing begins by itself"


def test_a_session_is_not_disturbed_and_its_end_is_noticed(home: Make) -> None:
    at = home()
    at.status = PLAYING
    at.go_to(DUE)
    at.wait(lambda: at.said() == [Outcome.DEFERRED])
    at.status = replace(PLAYING, state=Mode.ENDED)
    at.rituals.hasten()
    at.offered()
    at.wait(lambda: at.sounds == 1, "whoever was there all the time may be called")


@pytest.mark.parametrize("more", ["", "begins_by_itself = true"])
def test_whoever_wakes_the_computer_hears_nothing(more: str, home: Make) -> None:
    at = home(more)
    at.go_to(DUE, 300)  # the lid was closed
    notice = at.offered()
    assert "when you say so" in notice.message
    assert (at.sounds, at.touched) == (0, None)
    assert at.keys.shown is None


def announced(home: Make) -> Home:
    at = home("begins_by_itself = true")
    at.go_to(DUE)
    at.wait(lambda: at.touched is not None, "nobody watches for a touch")
    assert "by itself" in at.offered().message
    assert at.keys.shown is not None
    return at


@pytest.mark.parametrize("touch", ["key", "media key", "click", "middle click"])
def test_a_touch_lets_it_wait_and_is_no_yes(touch: str, home: Make) -> None:
    at = announced(home)
    if touch == "key":
        assert at.touched is not None
        at.touched()
    elif touch == "media key":
        at.commander.press(Press.PLAY)
    elif touch == "click":
        at.commander.toggle()
    else:
        at.commander.stop()
    at.wait(lambda: "when you say so" in at.offered().message)
    at.wait(lambda: at.touched is None)
    assert at.keys.shown is None
    assert at.rituals.accept() == "morning waits until you say so.", "the same click"
    assert at.rituals.put_off()
    assert at.said() == [Outcome.OFFERED]
    assert not at.sent
    at.hand_s += ONE_GESTURE_S
    assert at.rituals.accept() == "Beginning morning."
    assert at.played().ask.ritual == "morning"


def test_a_button_is_an_answer_also_while_it_is_announced(home: Make) -> None:
    at = announced(home)
    at.press("start")
    assert at.played().ask.ritual == "morning"
    assert (at.touched, at.keys.shown) == (None, None)


def test_when_nobody_objects_it_begins_after_the_sentence_and_ten_seconds(home: Make) -> None:
    at = announced(home)
    # Chime and sentence last nine seconds.
    wait_until(lambda: "in ten seconds" in at.offered().message, 45.0, "the sentence never ends")
    assert at.touched is not None
    told_s = at.notices.shown_s[-1]
    wait_until(lambda: any(isinstance(one, events.Play) for one in at.sent), 30.0)
    # At the latest it would begin at the next look, which comes after twenty.
    assert 9.0 < time.monotonic() - told_s < 18.0
    assert (at.touched, at.keys.shown) == (None, None)
    assert at.said() == [Outcome.OFFERED, Outcome.STARTED]


def test_an_announcement_that_nobody_hears_asks_first(home: Make) -> None:
    at = home("begins_by_itself = true", is_begun=False)

    def no_device(_device: object) -> Player:
        raise OSError("nothing is plugged in")

    at.services = replace(at.services, player=no_device)
    at.rituals = Rituals(at.services)
    at.commander.rituals = at.rituals
    at.begin()
    at.go_to(DUE)
    at.wait(lambda: "when you say so" in at.offered().message)
    assert at.said() == [Outcome.OFFERED]


def test_the_end_of_the_program_takes_the_offer_back(home: Make) -> None:
    at = announced(home)
    at.rituals.close()
    assert at.said() == [Outcome.OFFERED, Outcome.WITHDRAWN]
    assert "ritual" not in at.notices.standing
    assert (at.touched, at.keys.shown) == (None, None)


# What is played.


@pytest.mark.parametrize(
    ("more", "script", "name", "length_s", "said"),
    [
        ("", "breathing/gone", "breathing/calm-count", None, "So it is your favourite today."),
        ("length_s = 6000", "breathing/box", "breathing/box", None, ""),
        ("length_s = 240", "breathing/box", "breathing/box", 240.0, ""),
        ("bed = 'gone'", "breathing/box", "breathing/box", None, "no bed “gone” any more"),
    ],
)
def test_what_comes_nearest_is_played(
    more: str, script: str, name: str, length_s: float | None, said: str, home: Make
) -> None:
    at = home(more, script)
    at.go_to(DUE)
    at.press("start")
    play = at.played()
    assert (play.ask.name, play.ask.request.length_s) == (name, length_s)
    at.wait(lambda: not said or at.told)
    assert said in " ".join(at.told)
    assert bool(at.told) == bool(said)


def test_a_broken_script_is_replaced_and_nothing_at_all_is_told(home: Make) -> None:
    at = home("", "mine")
    folder = at.services.paths.scripts[0]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "mine.md").write_text("[breathe]")
    at.go_to(DUE)
    at.press("start")
    assert at.played().ask.name == "breathing/calm-count"
    at.wait(lambda: at.told)
    assert "favourite" in at.told[0]


def test_when_nothing_can_be_played_it_is_said(home: Make) -> None:
    at = home("[companion]\nfavourite = 'gone, too'", "gone")
    at.go_to(DUE)
    at.press("start")
    at.wait(lambda: at.told)
    assert not [one for one in at.sent if isinstance(one, events.Play)]


# Settings, and the menu.


def test_a_ritual_written_by_hand_is_seen_at_the_next_look(home: Make) -> None:
    at = home("on = false")
    at.go_to(DUE, -5)
    at.write("on = true")
    at.rituals.hasten()
    at.wait(lambda: at.reads >= 3)
    at.go_to(DUE)
    at.offered()


def make_entries(at: Home) -> RitualEntries:
    def do(deed: Callable[[], object]) -> Callable[..., None]:
        return lambda *_: (deed(), None)[1]

    return RitualEntries(at.services, at.commander, lambda: None, do)


def entries(at: Home) -> tuple[RitualsLook, Callable[[], list[MenuItem]]]:
    look, made = RitualsLook(at.services), make_entries(at)
    return look, lambda: [one for one in made.items(look.look()) if one is not Menu.SEPARATOR]


def pick(items: list[MenuItem], label: str) -> None:
    found = [one for one in items if one.text.startswith(label)]
    assert found, [one.text for one in items]
    found[0](None)


def test_the_menu_pauses_resumes_skips_and_switches(home: Make) -> None:
    at = home(is_begun=False)
    soon = (datetime.now() + timedelta(hours=1)).strftime("%H:%M")
    at.write(f'[ritual.later]\nat = "{soon}"')
    _, items = entries(at)
    labels = [one.text for one in items()]
    assert labels[0].startswith("Next: ")
    assert "Pause all until tomorrow" in labels
    assert [one.checked for one in items()[-2:]] == [True, True]
    pick(items(), "Pause all")
    labels = [one.text for one in items()]
    assert labels[0] == "All are paused until tomorrow 04:00" or datetime.now().hour < 4
    assert "Resume all" in labels
    pick(items(), "Resume all")
    assert items()[0].text.startswith("Next: ")
    for one in [one for one in items() if one.text.startswith("Skip ")]:
        label = one.text
        one(None)
        assert label not in [other.text for other in items()]
    pick(items(), "morning: 07:30")
    assert not RitualBook(at.services).tables()["morning"].on
    pick(items(), "later: ")
    assert items()[0].text == "No ritual is on"
    assert not [one for one in items() if "ause" in one.text]


def test_nothing_is_read_anew_while_nothing_changed(home: Make) -> None:
    at = home(is_begun=False)
    look, _ = entries(at)
    look.look()
    long_ago = time.time() - 60  # what was written just now may change again within the same tick
    os.utime(at.services.paths.journal, (long_ago, long_ago))
    at.wait(lambda: look.look() is look.look(), "it reads again and again")
    first = look.look()
    at.write("grace_min = 3")
    assert look.look() is not first


def test_while_one_waits_the_menu_says_so_first(home: Make) -> None:
    at = home()
    made = make_entries(at)
    assert not any(one.visible for one in made.answers())
    at.go_to(DUE)
    at.offered()
    snooze, skip = made.answers()
    assert (snooze.visible, skip.visible) == (True, True)
    skip(None)
    at.wait(lambda: at.said()[-1:] == [Outcome.SKIPPED])


# The first run.


def asked(at: Home) -> tuple[Notices, Callable[[str], None]]:
    notices = Notices()
    suggest(at.services, notices, lambda: None, at.told.append)

    def press(key: str) -> None:
        notices.standing["ritual-question"][1](key)

    return notices, press


@pytest.mark.parametrize("key", ["both", "neither"])
def test_two_are_offered_until_somebody_answers(key: str, home: Make) -> None:
    at = home(is_begun=False)
    at.services.paths.settings.unlink()
    book = RitualBook(at.services)
    notices, press = asked(at)
    assert "ritual-question" in notices.standing
    press(key)
    wanted = [True, True] if key == "both" else []
    at.wait(lambda: [table.on for table in book.tables().values()] == wanted)
    assert not book.is_undecided()
    for table in book.tables().values():
        assert at.services.library.find(table.script)
    again, _ = asked(at)
    assert not again.standing
    if key == "neither":  # and yet both are a click away
        _, items = entries(at)
        pick(items(), "evening: 21:30")
        assert RitualBook(at.services).tables()["evening"].on


def test_silence_is_an_answer_after_three_starts(home: Make) -> None:
    at = home(is_begun=False)
    at.services.paths.settings.unlink()
    shown = [bool(asked(at)[0].standing) for _ in range(MOST + 2)]
    assert shown == [True] * MOST + [False] * 2
    assert RitualBook(at.services).is_undecided(), "the list goes on to show them"


def test_who_says_yes_to_both_after_one_was_changed_has_what_was_asked_about(home: Make) -> None:
    """The question stands there until somebody answers it, whatever is done meanwhile."""
    at = home(is_begun=False)
    at.services.paths.settings.unlink()
    _, press = asked(at)
    book = RitualBook(at.services)
    book.change("evening", {"at": "22:00"})
    book.remove("morning")
    press("both")
    at.wait(lambda: "morning" in book.tables() and book.tables()["morning"].on)
    assert not book.tables()["evening"].on, "nobody was asked about ten o'clock"
