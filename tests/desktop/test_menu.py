"""The tray menu over the real library, settings and session, read and picked as a panel would."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import pytest
from rig import wait_until

from voice_guide.app import NULL_DEVICE, build
from voice_guide.frontends.asking import Wishes, read_ask
from voice_guide.frontends.desktop.autostart import DesktopAutostart
from voice_guide.frontends.desktop.commander import SAME_S, Commander, share_to_db
from voice_guide.frontends.desktop.instance.wire import Request
from voice_guide.frontends.desktop.menu.contents import QUIET_S, ContentsWatch
from voice_guide.frontends.desktop.menu.tree import TrayMenu
from voice_guide.frontends.desktop.notify import Notice
from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.library.catalogue import Catalogue
from voice_guide.frontends.services import Services
from voice_guide.session.controller import Controller
from voice_guide.session.machine import Mode

pytestmark = pytest.mark.real
"""A voice speaks, and time passes: a session is never shorter than it is."""

SHORT = """---
title: {title}
summary: A word.
kind: {kind}
length: {length}
---

# One

Breathe.
[breathe 4-7-8, {rounds}]

# Two

Rest.
[pause 5-600s]
"""


class Notices:
    """A desktop that shows notices to nobody."""

    def __init__(self) -> None:
        self.shown: list[Notice] = []

    def show(self, notice: Notice, on_pressed: object = None) -> None:
        self.shown.append(notice)

    def withdraw(self, slot: str) -> None: ...

    def close(self) -> None: ...


@dataclass
class Tray:
    """The menu as somebody at a panel meets it."""

    services: Services
    controller: Controller
    commander: Commander
    notices: Notices
    menu: TrayMenu
    items: Menu
    changes: list[None] = field(default_factory=list)
    left: list[None] = field(default_factory=list)

    @property
    def home(self) -> Path:
        return self.services.paths.data.parent

    @property
    def settings(self) -> Path:
        return self.services.paths.settings

    def level(self, *path: str) -> list[MenuItem]:
        """Return what is to be seen below these labels (their beginnings)."""
        level = list(self.items)
        for label in path:
            below = self.item(level, label).submenu
            assert below is not None, f"{label} opens nothing"
            level = list(below)
        return level

    def item(self, level: list[MenuItem], label: str) -> MenuItem:
        found = [one for one in level if one.text.startswith(label)]
        assert found, f"{label!r} is not among {[one.text for one in level]}"
        return found[0]

    def labels(self, *path: str) -> list[str]:
        return [one.text for one in self.level(*path) if one is not Menu.SEPARATOR]

    def marked(self, *path: str) -> list[str]:
        return [one.text for one in self.level(*path) if one.checked]

    def pick(self, *path: str) -> None:
        """Choose the last of these, as the panel does: nothing that is greyed out."""
        item = self.item(self.level(*path[:-1]), path[-1])
        assert item.enabled
        item(None)

    def wait(self, label: str, *path: str) -> None:
        """Wait until something is there: the menu is looked at again and again, as when open."""
        self.wait_until(lambda: any(label in one for one in self.labels(*path)), label)

    def wait_until(self, condition: object, what: str = "") -> None:
        wait_until(lambda: bool(self.labels()) and condition(), 30.0, what)  # type: ignore[operator]

    def wait_for(self, *modes: Mode) -> None:
        wait_until(lambda: self.commander.status.state in modes, 30.0, f"never {modes}")


def make_tray(home: Path) -> Tray:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOICE_GUIDE_HOME", str(home))
        services = build()
    services = replace(services, settings=services.settings_file().current)
    controller = services.controller(NULL_DEVICE)
    left: list[None] = []
    changes: list[None] = []
    clock = count(step=10).__next__  # nothing here is a double click
    notices = Notices()
    commander = Commander(
        services,
        lambda: controller,
        lambda: controller.status,
        lambda: left.append(None),
        lambda text: notices.show(Notice("voice-guide", text)),
        clock,
    )
    menu = TrayMenu(
        services,
        commander,
        DesktopAutostart(("voice-guide",), home / "autostart"),
        notices,
        lambda: left.append(None),
        lambda: changes.append(None),
    )
    return Tray(services, controller, commander, notices, menu, menu.build(), changes, left)


@pytest.fixture
def tray(tmp_path: Path) -> Iterator[Tray]:
    tray = make_tray(tmp_path)
    tray.menu.start()
    try:
        tray.wait("Deep, American", "Sound", "Voice")
        yield tray
    finally:
        tray.menu.close()
        tray.controller.close()
        tray.services.close()


def write(tray: Tray, name: str, text: str) -> Path:
    path = tray.services.paths.scripts[0] / f"{name}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def short(title: str, kind: str = "breathing", length: str = "1-3 min", rounds: int = 2) -> str:
    return SHORT.format(title=title, kind=kind, length=length, rounds=f"{rounds} rounds")


def test_at_rest_it_offers_what_there_is(tray: Tray) -> None:
    labels = tray.labels()
    assert labels[0] == "Breathe now"
    assert tray.level()[0].default
    assert labels[1:8] == [
        *("Breathing", "Relaxation", "Grounding", "Kindness", "Moments", "Rituals", "Path"),
    ]
    assert labels[8].startswith("Path: next step")
    assert labels[9:] == ["Length", "Sound", "Start at login", "Help now", "Quit"]
    assert "Four, seven, eight  ·  3-8 min" in tray.labels("Breathing")
    suggested = ["No ritual is on", "morning: 07:30, every day", "evening: 21:30, every day"]
    assert tray.labels("Rituals")[:3] == suggested
    assert not tray.marked("Rituals")
    sessions = sum(len(tray.labels(kind)) for kind in labels[1:8]) - len(suggested)
    assert sessions == len(tray.services.library.entries())


def test_before_anything_is_known_nothing_waits(tmp_path: Path) -> None:
    tray = make_tray(tmp_path)
    try:
        assert tray.labels()[0] == "Breathe now"
        assert tray.labels("Breathing") == tray.labels("Sound", "Voice") == ["One moment…"]
        assert not any(one.enabled for one in tray.level("Breathing"))
        assert tray.labels("Sound") == ["Voice", "Bed", "Volume"]
    finally:
        tray.controller.close()
        tray.services.close()


def test_a_menu_that_is_closed_while_it_looks_starts_no_voice(tmp_path: Path) -> None:
    """Nobody would end it: the voice of the program is closed by then."""
    tray = make_tray(tmp_path)
    looking, go_on = threading.Event(), threading.Event()
    asked: list[None] = []

    def catalogue() -> Catalogue:
        looking.set()
        go_on.wait(10)
        return tray.services.catalogue()

    services = replace(tray.services, catalogue=catalogue, voices=lambda: asked.append(None) or ())
    watch = ContentsWatch(services, lambda: None)
    try:
        watch.start()
        assert looking.wait(10)
        closing = threading.Thread(target=watch.close)
        closing.start()
        wait_until(lambda: watch._is_leaving)
        go_on.set()
        closing.join(10)
        watch._thread.join(10)
        assert not watch._thread.is_alive()
        assert watch.contents is not None
        assert asked == []
    finally:
        tray.controller.close()
        tray.services.close()


def test_scripts_that_come_change_and_go_are_seen_when_it_is_looked_at(tray: Tray) -> None:
    path = write(tray, "breathing/mine", short("Mine alone"))
    tray.wait("Mine alone (your own)  ·  1-3 min", "Breathing")
    path.write_text("---\ntitle: x\n---\n")
    tray.wait("mine (your own): cannot be played yet", "Breathing")
    last = tray.level("Breathing")[-1]
    assert last.text.startswith("mine")
    assert not last.enabled
    path.unlink()
    tray.wait_until(lambda: not any("mine" in one for one in tray.labels("Breathing")))


def test_a_kind_with_hundreds_of_sessions_stays_a_menu(tray: Tray) -> None:
    for number in range(100):
        write(tray, f"moments/m{number:03}", short(f"Moment {number}", "moments"))
    tray.wait("more: voice-guide list moments", "Moments")
    assert len(tray.labels("Moments")) == 61


def test_nothing_is_looked_at_while_nobody_looks(tray: Tray) -> None:
    write(tray, "breathing/later", short("Later"))
    tray.wait("Later", "Breathing")

    def is_noticed(before: int) -> bool:
        try:
            wait_until(lambda: len(tray.changes) > before, QUIET_S + 1.0)
        except AssertionError:
            return False
        return True

    # What was asked for last: the look has begun, and it is over once nothing more comes of it.
    wait_until(lambda: not tray.menu._watch._asked.is_set())
    while is_noticed(len(tray.changes)):
        pass
    write(tray, "breathing/unseen", short("Unseen"))
    assert not is_noticed(len(tray.changes))
    tray.wait("Unseen", "Breathing")


def test_a_click_begins_pauses_and_goes_on(tray: Tray) -> None:
    write(tray, "moments/f", short("My favourite", "moments"))
    tray.settings.parent.mkdir(exist_ok=True)
    tray.settings.write_text('[companion]\nfavourite = "moments/f"\n')
    tray.items(None)
    tray.wait_for(Mode.PLAYING)
    assert tray.commander.status.script == "moments/f"
    assert tray.labels()[0] == "Pause"
    assert " left  ·  My favourite" in tray.labels()[1]
    time.sleep(SAME_S)  # or it would be the second half of a double click
    tray.items(None)
    tray.wait_for(Mode.PAUSED)
    assert tray.labels()[0] == "Resume"
    time.sleep(SAME_S)  # or it would be the second half of a double click
    tray.items(None)
    tray.wait_for(Mode.PLAYING)
    assert not tray.notices.shown


def test_a_session_that_plays_can_be_skipped_eased_and_ended(tray: Tray) -> None:
    write(tray, "breathing/held", short("Held"))
    tray.wait("Held", "Breathing")
    tray.pick("Breathing", "Held")
    tray.wait_for(Mode.PLAYING)
    wait_until(lambda: tray.commander.status.section == "One")
    labels = tray.labels()
    start = labels.index("Length") + 1
    assert labels[start : start + 4] == ["Skip", "Back", "Ease: no holding", "End"]
    tray.pick("Ease")
    wait_until(
        lambda: "Ease: no holding" not in tray.labels(), what="there is nothing left to ease"
    )
    tray.pick("Skip")
    wait_until(lambda: tray.commander.status.section == "Two")
    assert not tray.item(tray.level(), "Skip").enabled
    tray.pick("Back")
    wait_until(lambda: tray.commander.status.section == "One")
    tray.pick("End")
    tray.wait_for(Mode.ENDED)
    assert tray.labels()[0] == "Breathe now"
    assert "Skip" not in tray.labels()


def test_a_length_holds_for_what_is_begun_next(tray: Tray) -> None:
    write(tray, "breathing/brief", short("Brief", length="1-3 min"))
    tray.wait("Brief", "Breathing")
    assert tray.marked("Length") == ["As the script says"]
    tray.pick("Length", "2 min")
    assert tray.marked("Length: 2 min") == ["2 min"]
    tray.pick("Breathing", "Brief")
    tray.wait_for(Mode.PLAYING)
    assert tray.commander.status.length_s == pytest.approx(120.0, abs=1.0)
    assert tray.marked("Length") == ["As the script says"]
    # A script that cannot be so long is as long as it can be: a menu is no place for a refusal.
    tray.pick("Length", "30 min")
    tray.pick("Breathing", "Brief")
    wait_until(lambda: tray.commander.status.length_s > 170.0, what="it is not the longest")
    assert not tray.notices.shown


def test_the_next_step_of_the_path_is_named_and_played(tray: Tray) -> None:
    step = next(one for one in tray.labels() if one.startswith("Path: next step"))
    assert step.endswith("Track your triggers")
    tray.pick("Path: next step")
    tray.wait_for(Mode.PREPARING, Mode.PLAYING)
    wait_until(lambda: tray.commander.status.script == "path/01-track-your-triggers")
    tray.services.progress().finish("path/01-track-your-triggers")
    tray.wait_until(lambda: step not in tray.labels())


FILE = """\
# mine
[sound]
bed = "rain"  # under every session
volume_db = -6

[voice]
id = "en-gb"
"""


def test_what_is_picked_is_kept_and_used_by_the_next_session(tray: Tray) -> None:
    tray.settings.parent.mkdir(exist_ok=True)
    tray.settings.write_text(FILE)
    write(tray, "breathing/f", short("My favourite"))
    tray.wait("My favourite", "Breathing")
    tray.wait_until(lambda: tray.marked("Sound", "Bed") == ["Rain"])
    assert tray.marked("Sound", "Voice") == ["Calm, lower, British English"]
    assert tray.marked("Sound", "Volume: 50%") == ["50%"]
    tray.pick("Sound", "Bed", "Warm drone")
    tray.pick("Sound", "Voice", "Deep, American English")
    tray.pick("Sound", "Volume", "70%")
    tray.pick("Breathing", "My favourite")
    tray.wait_for(Mode.PLAYING)
    tray.pick("Favourite")
    assert tray.settings.read_text() == (
        FILE.replace('"rain"', '"warm-drone"').replace("-6", "-3.1").replace("en-gb", "en-us+m3")
        + '\n[companion]\nfavourite = "breathing/f"\n'
    )
    tray.wait_until(lambda: tray.item(tray.level(), "Favourite").checked, "it is not marked")
    assert tray.marked("Sound", "Bed") == ["Warm drone"]
    assert tray.marked("Sound", "Voice") == ["Deep, American English"]
    assert tray.marked("Sound", "Volume: 70%") == ["70%"]
    assert tray.commander.status.volume_db == pytest.approx(share_to_db(0.7), abs=0.1)
    tray.pick("Sound", "Bed", "As the script says")
    tray.pick("Sound", "Voice", "The program's own choice")
    kept = tomllib.loads(tray.settings.read_text())
    assert "bed" not in kept["sound"]
    assert "id" not in kept["voice"]
    assert "# under every session" in tray.settings.read_text()
    assert not tray.notices.shown


def test_a_pick_takes_part_in_what_is_begun_at_once(tray: Tray) -> None:
    tray.pick("Sound", "Bed", "Ocean")
    tray.pick("Sound", "Voice", "No voice")
    ask = read_ask(tray.services, "breathing/4-7-8", Wishes())
    assert (ask.request.bed, ask.request.voicing.voice) == ("ocean", "silent")


def test_volume_is_for_the_session_that_plays_too(tray: Tray) -> None:
    tray.pick("Breathing", "Box")
    tray.wait_for(Mode.PLAYING)
    tray.pick("Sound", "Volume", "20%")
    wait_until(
        lambda: tray.commander.status.volume_db == pytest.approx(share_to_db(0.2), abs=0.1),
        what="it does not become softer",
    )


def test_a_volume_that_was_turned_holds_for_the_next_session_and_is_not_written(
    tray: Tray,
) -> None:
    assert tray.commander.answer(Request(("volume", "50"))).answer == "Volume 50%."
    assert not tray.settings.exists()
    assert tray.labels("Sound")[2] == "Volume: 50%"
    tray.pick("Breathing", "Box")
    tray.wait_for(Mode.PLAYING)
    assert tray.commander.status.volume_db == pytest.approx(share_to_db(0.5))
    # What is written later, by the menu or by hand, is the newer wish.
    tray.settings.parent.mkdir(exist_ok=True)
    tray.settings.write_text("[sound]\nvolume_db = -20\n")
    tray.pick("Breathing", "Box")
    wait_until(lambda: tray.commander.status.volume_db == -20.0)


def test_a_file_with_a_fault_is_told_and_kept(tray: Tray) -> None:
    tray.settings.parent.mkdir(exist_ok=True)
    tray.settings.write_text("[sound]\nbed = 3 # mine\n")
    tray.pick("Sound", "Bed", "Ocean")
    assert tray.settings.read_text() == "[sound]\nbed = 3 # mine\n"
    (notice,) = tray.notices.shown
    assert "line 2" in notice.message
    assert "bed in [sound] is 3" in notice.message


def test_a_volume_is_turned_also_where_it_cannot_be_kept(tray: Tray) -> None:
    tray.services.paths.config.write_text("a file where the folder should be")
    tray.pick("Sound", "Volume", "35%")
    assert tray.commander.volume_db == pytest.approx(share_to_db(0.35))
    (notice,) = tray.notices.shown
    assert "could not be saved" in notice.message


def test_start_at_login_is_switched(tray: Tray) -> None:
    item = tray.item(tray.level(), "Start at login")
    assert item.checked is False
    tray.pick("Start at login")
    assert item.checked is True
    tray.pick("Start at login")
    assert item.checked is False


def test_quit_leaves(tray: Tray) -> None:
    tray.pick("Quit")
    assert tray.left


def opener(folder: Path, code: int) -> Path:
    """Make a stand-in for the desktop's own opener, which notes what it is given."""
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    program = bin_folder / "xdg-open"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > "{folder}/opened"\nexit {code}\n')
    program.chmod(0o755)
    return bin_folder


@pytest.mark.skipif(sys.platform != "linux", reason="another opener")
def test_help_now_opens_the_text_numbers_first(
    tray: Tray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{opener(tmp_path, 0)}{os.pathsep}{os.environ['PATH']}")
    tray.pick("Help now")
    opened = tmp_path / "opened"
    wait_until(lambda: opened.exists() and opened.read_text() != "")
    text = Path(opened.read_text()).read_text()
    assert text.index("112") < 200
    assert "findahelpline.com" in text
    assert not tray.notices.shown


@pytest.mark.skipif(sys.platform != "linux", reason="another opener")
@pytest.mark.parametrize("is_there", [True, False])
def test_where_nothing_opens_a_text_help_now_tells_the_numbers(
    tray: Tray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    folder = opener(tmp_path, 3)
    if not is_there:
        shutil.rmtree(folder)
        folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/nowhere" if not is_there else str(folder))
    shutil.rmtree(tray.services.paths.cache, ignore_errors=True)
    tray.services.paths.cache.write_text("a file where the folder should be")
    tray.pick("Help now")
    wait_until(lambda: bool(tray.notices.shown), what="nobody is told")
    (notice,) = tray.notices.shown
    for number in ("112", "911", "999", "988", "116 123"):
        assert number in notice.message
    assert notice.expires_s == 0, "it stays until it is closed"
