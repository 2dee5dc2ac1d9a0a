"""The companion's own icon and menu, as any panel may use them: walked, watched, and waited for.

A panel that is killed and a bus that is lost are in `test_companion_faults`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from companion_rig import START_S, World, needs_world, world
from fake_tray import Line
from rig import needs_rig, wait_until

from voice_guide.store.library import Library
from voice_guide.store.paths import shipped

pytestmark = [pytest.mark.real, needs_rig, needs_world]

KINDS = ("Breathing", "Relaxation", "Grounding", "Kindness", "Moments", "Rituals", "Path")

# What the program is told to leave, or to open or write elsewhere.
NOT_HERE = ("Quit", "Help now", "Start at login")


@pytest.fixture
def companion() -> Iterator[World]:
    with world(sound=True) as made:
        made.begin()
        wait_until(lambda: len(leaves(made)) > 40, START_S, "the menu stays empty")
        # Last of all come the voices: from then on it stays as it is.
        wait_until(lambda: len(voices(made)) > 5, START_S, "no voices are listed")
        yield made


def leaves(companion: World) -> list[Line]:
    """Return every entry of the menu that can be picked."""
    return [
        line
        for line in companion.tray.layout()[1].walk()
        if not line.children
        and line.label
        and line.properties.get("enabled", True)
        and line.properties.get("visible", True)
    ]


def voices(companion: World) -> list[Line]:
    """Return the entries that choose a voice."""
    companion.tray.menu("AboutToShow", "i", 0)
    return companion.tray.layout()[1].find("Voice").children


def sessions(companion: World) -> list[Line]:
    """Return the entries that begin a session: those of the kinds, which tell a length."""
    root = companion.tray.layout()[1]
    below = [line for line in root.children if line.label in KINDS]
    return [line for kind in below for line in kind.walk() if "  ·  " in line.label]


def left(companion: World) -> list[Line]:
    """Return the entry that tells how much is left."""
    return [line for line in companion.tray.layout()[1].children if " left  ·  " in line.label]


def test_the_whole_menu_is_walked_and_every_session_in_it_begins(companion: World) -> None:
    tray = companion.tray
    _, root = tray.layout()
    numbers = [line.number for line in root.walk()]
    assert len(numbers) == len(set(numbers))
    for line in root.walk():
        tray.click(line.number, "opened")
        tray.menu("AboutToShow", "i", line.number)
        if line.children:
            assert line.properties["children-display"] == "submenu"
    begun = set()
    entries = sessions(companion)
    for entry in entries:
        before = companion.status()["script"]
        tray.click(entry.number)
        wait_until(lambda b=before: companion.status()["script"] != b, what=f"not {entry.label}")
        begun.add(companion.status()["script"])
    every = {entry.id for entry in Library((shipped("scripts") / "en",)).look().entries}
    assert begun == every
    assert len(entries) == len(every)
    assert companion.say("stop")
    companion.wait_for("idle")
    assert not [one for one in tray.notices if one.startswith("voice-guide: ")]


def test_every_choice_in_the_menu_is_marked_once_it_is_made(companion: World) -> None:
    tray = companion.tray
    radios = [line for line in leaves(companion) if line.properties.get("toggle-type") == "radio"]
    assert len(radios) > 15
    for radio in radios:
        tray.click(radio.number)

        def is_marked(label: str = radio.label) -> bool:
            tray.menu("AboutToShow", "i", 0)
            found = [line for line in leaves(companion) if line.label == label]
            return any(line.properties["toggle-state"] == 1 for line in found)

        wait_until(is_marked, what=f"{radio.label} is not marked")
    assert companion.status()["state"] == "idle"


def test_an_open_menu_follows_the_session_and_stays_as_it_is(companion: World) -> None:
    tray = companion.tray
    companion.play("breathing/box")
    companion.wait_for("playing")
    wait_until(lambda: bool(left(companion)), what="no time left is told")
    tray.click(0, "opened")
    tray.menu("AboutToShow", "i", 0)
    (now,) = left(companion)
    structure = [line.number for line in tray.layout()[1].walk()]
    restructured = tray.count("LayoutUpdated")

    def told() -> list[str]:
        """Return what an open menu was told to show in that line since."""
        updates = [body[0] for name, body in tray.signals if name == "ItemsPropertiesUpdated"]
        lines = [line for update in updates for line in update if line[0] == now.number]
        return [values["label"].value for _, values in lines if "label" in values]

    seen = len(told())
    wait_until(lambda: len(set(told()[seen:])) >= 4, 20.0, "the time left does not move")
    assert all(" left  ·  Box breathing" in label for label in told()[seen:])
    assert tray.count("LayoutUpdated") == restructured, "an open menu would close or jump"
    assert [line.number for line in tray.layout()[1].walk()] == structure
    first = tray.layout()[1].children[0]
    assert first.label == "Pause"
    tray.click(first.number)
    companion.wait_for("paused")
    wait_until(lambda: tray.layout()[1].children[0].label == "Resume", what="it still says Pause")
    assert tray.layout()[1].children[0].number == first.number


def test_a_host_that_comes_late_is_waited_for_and_its_lack_is_told() -> None:
    with world(sound=True) as made:
        made.tray.stop()
        made.tray.start(hosted=False)
        made.process = made.spawn()
        made.wait_for_notice("shows no tray", 30.0)
        assert made.say("toggle").startswith("Playing")
        made.wait_for("playing")
        made.tray.host_comes()
        wait_until(lambda: bool(made.tray.withdrawn), 10.0, "it is still told")
        wait_until(lambda: bool(made.tray.registered), 10.0, "no icon")
        made.tray.item("Activate", "ii", 0, 0)
        made.wait_for("paused")
        made.tray.host_comes(here=False)
        made.tray.host_comes()
        made.tray.item("SecondaryActivate", "ii", 0, 0)
        made.wait_for("idle")
        made.end()
