"""Menus as numbered trees, and pictures as pixels: without a bus or a screen."""

import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.notifier.layout import DEFAULTS, Entry, Layout
from voice_guide.frontends.desktop.tray.pixmap import SIZES, as_pixmaps, at_size

labels = st.text("abc", max_size=2)
trees = st.recursive(
    labels | st.none(), lambda below: st.tuples(labels, st.lists(below, max_size=4)), max_leaves=12
)
menus = st.lists(trees, max_size=6)


def build(tree: list) -> Menu:
    def item(node: object) -> MenuItem:
        if node is None:
            return Menu.SEPARATOR
        if isinstance(node, tuple):
            return MenuItem(node[0], build(node[1]))
        return MenuItem(node, None)

    return Menu(*(item(node) for node in tree))


def numbers(layout: Layout) -> list[int]:
    return [entry.number for entry in layout.root.walk()]


@given(menus)
def test_numbers_are_unique_and_every_entry_is_found_by_its_own(tree: list) -> None:
    layout = Layout()
    layout.refresh(build(tree))
    assert len(set(numbers(layout))) == len(numbers(layout))
    assert all(layout.find(entry.number) is entry for entry in layout.root.walk())


@given(menus)
def test_the_same_menu_made_anew_changes_nothing(tree: list) -> None:
    layout = Layout()
    layout.refresh(build(tree))
    before, revision = numbers(layout), layout.revision
    change = layout.refresh(build(tree))
    assert numbers(layout) == before
    assert (change.updated, change.restructured, layout.revision) == ({}, (), revision)


@given(st.lists(menus, min_size=2, max_size=6))
def test_a_number_is_never_given_out_twice(history: list[list]) -> None:
    layout = Layout()
    gone: set[int] = set()
    seen: set[int] = set()
    for tree in history:
        layout.refresh(build(tree))
        now = set(numbers(layout))
        assert not now & gone
        gone |= seen - now
        seen |= now
        assert all(layout.find(number) is None for number in gone)


@given(menus, menus)
def test_a_panel_that_follows_what_it_is_told_sees_what_there_is(first: list, then: list) -> None:
    """A model of a host: it keeps what it read, and reads again only what it is told to."""
    layout = Layout()
    layout.refresh(build(first))
    host = {entry.number: _seen(entry) for entry in layout.root.walk()}
    change = layout.refresh(build(then))
    for number, values in change.updated.items():
        children, properties = host[number]
        host[number] = (children, properties | values)
    for number in change.restructured:
        top = layout.find(number)
        assert top is not None
        for entry in top.walk():
            host[entry.number] = _seen(entry)
    assert {n: host[n] for n in numbers(layout)} == {
        entry.number: _seen(entry) for entry in layout.root.walk()
    }


def _seen(entry: Entry) -> tuple[list[int], dict]:
    return [child.number for child in entry.children], DEFAULTS | dict(entry.properties)


@given(st.lists(st.integers(0, 40), unique=True, min_size=1), st.randoms())
def test_entries_keep_their_numbers_when_others_come_go_and_move(
    keys: list, random: object
) -> None:
    items = {key: MenuItem(str(key), None) for key in range(41)}
    layout = Layout()
    layout.refresh(Menu(*(items[key] for key in keys)))
    before = {e.item.text: e.number for e in layout.root.children if e.item}
    other = random.sample(range(41), 20)  # type: ignore[attr-defined]
    # Made anew: only the label tells which is which.
    layout.refresh(Menu(*(MenuItem(str(key), None) for key in other)))
    after = {e.item.text: e.number for e in layout.root.children if e.item}
    if len(keys) != len(other):
        assert all(after[text] == before[text] for text in after if text in before)
        assert not {after[t] for t in after if t not in before} & set(before.values())


def test_a_label_that_changes_in_place_keeps_its_number() -> None:
    layout = Layout()
    layout.refresh(Menu(MenuItem("Pause", None), MenuItem("Quit", None)))
    before = numbers(layout)
    change = layout.refresh(Menu(MenuItem("Resume", None), MenuItem("Quit", None)))
    assert numbers(layout) == before
    assert change.updated == {before[1]: {"label": "Resume"}}
    assert change.restructured == ()


def test_hiding_and_showing_is_no_change_of_structure() -> None:
    playing = [False]
    layout = Layout()
    menu = Menu(
        MenuItem("Breathe now", None),
        Menu.SEPARATOR,
        MenuItem("Skip", None, visible=lambda _: playing[0]),
        Menu.SEPARATOR,
        MenuItem("Quit", None),
    )
    layout.refresh(menu)
    assert _visible(layout) == ["Breathe now", "-", "Quit"]
    playing[0] = True
    change = layout.refresh(menu)
    assert _visible(layout) == ["Breathe now", "-", "Skip", "-", "Quit"]
    assert change.restructured == ()
    assert change.updated[layout.root.children[2].number] == {"label": "Skip", "visible": True}


@given(st.lists(st.sampled_from(["item", "hidden", "separator"]), max_size=8))
def test_separators_are_shown_as_pystray_shows_them(kinds: list[str]) -> None:
    menu = Menu(
        *(
            Menu.SEPARATOR if kind == "separator" else MenuItem("x", None, visible=kind == "item")
            for kind in kinds
        )
    )
    layout = Layout()
    layout.refresh(menu)
    expected = ["-" if item is Menu.SEPARATOR else item.text for item in menu]
    assert _visible(layout) == expected


def _visible(layout: Layout) -> list[object]:
    shown = [e for e in layout.root.children if e.properties.get("visible", True)]
    return [e.properties.get("label", "-") for e in shown]


def test_what_cannot_be_read_keeps_its_last_words(caplog: pytest.LogCaptureFixture) -> None:
    label = ["fine"]
    layout = Layout()
    menu = Menu(MenuItem(lambda _: label[0], None), MenuItem("Quit", None))
    layout.refresh(menu)
    label.clear()
    with caplog.at_level(logging.ERROR):
        change = layout.refresh(menu)
    assert change.updated == {}
    assert layout.root.children[0].properties["label"] == "fine"
    assert "could not be read" in caplog.text


def test_no_menu_is_an_empty_one() -> None:
    layout = Layout()
    layout.refresh(Menu(MenuItem("Quit", None)))
    assert layout.refresh(None).restructured == (0,)
    assert layout.root.children == ()


def test_pixels_are_alpha_red_green_blue() -> None:
    image = Image.new("RGBA", (2, 2), (1, 2, 3, 4))
    assert as_pixmaps(image) == ((2, 2, bytes([4, 1, 2, 3] * 4)),)


@given(st.integers(1, 80), st.integers(1, 80))
def test_any_image_becomes_square_and_no_larger_than_it_is(width: int, height: int) -> None:
    side = max(width, height)
    pixmaps = as_pixmaps(Image.new("RGB", (width, height), (9, 9, 9)))
    assert all(w == h and len(pixels) == 4 * w * h for w, h, pixels in pixmaps)
    assert [w for w, _, _ in pixmaps] == ([s for s in SIZES if s <= side] or [side])


def test_sizes_that_were_drawn_are_taken_as_they_are() -> None:
    small, large = Image.new("RGBA", (16, 16), "red"), Image.new("RGBA", (48, 48), "blue")
    assert [w for w, _, _ in as_pixmaps([large, small])] == [16, 48]
    assert at_size([large, small], 16).getpixel((8, 8)) == (255, 0, 0, 255)
    assert at_size([large, small], 20).getpixel((8, 8)) == (0, 0, 255, 255)
    assert at_size([large, small], 99).size == (99, 99)


def test_scaling_does_not_darken_the_rim() -> None:
    """Transparent black beside white must stay white where it is still seen."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    image.paste((255, 255, 255, 255), (16, 16, 49, 49))
    pixels = np.asarray(at_size(image, 22))
    assert pixels[pixels[..., 3] > 20, 0].min() > 240
