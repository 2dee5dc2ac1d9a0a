"""A menu as a tree of numbered entries, and what changed in it since it was last looked at.

Numbers are what a panel clicks on. An entry keeps its number for as long as it can be recognized,
and a number is never given out twice: a click on its way while the menu changes meets the entry
that the person saw, or what stands in its place under another label, or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from voice_guide.frontends.desktop.tray.names import Menu, MenuItem

_log = logging.getLogger(__name__)

Value = str | bool | int
Kind = Literal["leaf", "submenu", "separator"]

ROOT: Final = 0

DEFAULTS: Final[dict[str, Value]] = {
    "type": "standard",
    "label": "",
    "enabled": True,
    "visible": True,
    "toggle-type": "",
    "toggle-state": -1,
    "children-display": "",
}
"""What dbusmenu's specification has a panel assume for a property that is not sent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu as it is now."""

    number: int
    kind: Kind
    properties: Mapping[str, Value]
    """Only those that differ from `DEFAULTS`."""
    children: tuple[Entry, ...] = ()
    item: MenuItem | None = None

    def walk(self) -> Iterator[Entry]:
        """Give this entry and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Change:
    """What a panel has to be told."""

    updated: Mapping[int, Mapping[str, Value]]
    """New values of properties, by entry. One back at its default is sent as that default, which
    every panel understands; not all of them know what to do with a property that was removed."""
    restructured: tuple[int, ...]
    """Entries whose children are others than before, or stand in another order."""


@dataclass
class Layout:
    """The last tree, and the numbers given out so far."""

    root: Entry = field(default_factory=lambda: _root(()))
    revision: int = 1
    """Grows with every change of structure."""
    _entries: dict[int, Entry] = field(default_factory=dict)
    _last: int = ROOT

    def __post_init__(self) -> None:
        self._entries[ROOT] = self.root

    def find(self, number: int) -> Entry | None:
        """Return the entry with this number, if it is still there."""
        return self._entries.get(number)

    def refresh(self, menu: Menu | None) -> Change:
        """Read the menu anew, every label and mark in it, and say what changed."""
        items = tuple(menu.items) if menu is not None else ()
        before = self._entries
        self.root = _root(self._read_all(items, self.root.children))
        self._entries = {entry.number: entry for entry in self.root.walk()}
        change = _compare(before, self._entries)
        self.revision += bool(change.restructured)
        return change

    def _read_all(self, items: Sequence[MenuItem], before: Sequence[Entry]) -> tuple[Entry, ...]:
        drafts = [_draft(item) for item in items]
        kept = _recognize(drafts, before)
        shown = _shown(drafts)
        return tuple(
            self._read(draft, entry, visible)
            for draft, entry, visible in zip(drafts, kept, shown, strict=True)
        )

    def _read(self, draft: _Draft, before: Entry | None, visible: bool) -> Entry:
        if before is None:
            self._last += 1
        number = self._last if before is None else before.number
        properties = dict(draft.properties)
        if draft.failed and before is not None:
            properties = dict(before.properties)
        elif not visible:
            properties["visible"] = False
        children: tuple[Entry, ...] = ()
        if draft.kind == "submenu" and visible:
            old = before.children if before is not None else ()
            children = self._children(draft.item.submenu, old)
        return Entry(number, draft.kind, properties, children, draft.item)

    def _children(self, menu: Menu | None, before: tuple[Entry, ...]) -> tuple[Entry, ...]:
        try:
            return self._read_all(tuple(menu.items) if menu else (), before)
        except Exception:  # noqa: BLE001 - one submenu must not take the menu away
            _log.exception("a submenu could not be read")
            return before


@dataclass(frozen=True, slots=True)
class _Draft:
    """An item that was read but has no number yet."""

    item: MenuItem
    kind: Kind
    visible: bool
    properties: Mapping[str, Value]
    failed: bool = False


def _root(children: tuple[Entry, ...]) -> Entry:
    return Entry(ROOT, "submenu", {"children-display": "submenu"}, children)


def _draft(item: MenuItem) -> _Draft:
    if item is Menu.SEPARATOR:
        return _Draft(item, "separator", True, {"type": "separator"})
    kind: Kind = "leaf" if item.submenu is None else "submenu"
    try:
        # What is hidden is not asked for its label, which may not be there to give.
        visible = bool(item.visible)
        return _Draft(item, kind, visible, _properties(item, kind) if visible else {})
    except Exception:  # noqa: BLE001 - the program's own function, not ours
        _log.exception("a menu item could not be read")
        return _Draft(item, kind, True, {"enabled": False}, failed=True)


def _properties(item: MenuItem, kind: Kind) -> dict[str, Value]:
    properties: dict[str, Value] = {"label": str(item.text)}
    if not item.enabled:
        properties["enabled"] = False
    if kind == "submenu":
        properties["children-display"] = "submenu"
    elif (checked := item.checked) is not None:
        properties["toggle-type"] = "radio" if item.radio else "checkmark"
        properties["toggle-state"] = int(bool(checked))
    return properties


def _shown(drafts: Sequence[_Draft]) -> list[bool]:
    """Hide separators at either end and beside one another, as pystray does."""
    shown = [draft.visible and draft.kind != "separator" for draft in drafts]
    last: int | None = None
    for index, draft in enumerate(drafts):
        if draft.kind == "separator":
            last = index if any(shown[:index]) and last is None else last
        elif shown[index]:
            if last is not None:
                shown[last] = True
            last = None
    return shown


def _recognize(drafts: Sequence[_Draft], before: Sequence[Entry]) -> list[Entry | None]:
    """Return for each draft the entry it was before: the same item, else label, else place."""
    free = {entry.number: entry for entry in before}
    found: list[Entry | None] = [None] * len(drafts)

    def match(fits: Callable[[int, Entry], bool]) -> None:
        for index, draft in enumerate(drafts):
            if found[index] is None:
                same = (e for e in free.values() if e.kind == draft.kind and fits(index, e))
                if (entry := next(same, None)) is not None:
                    found[index] = free.pop(entry.number)

    match(lambda index, entry: entry.item is drafts[index].item)
    # Menus that are made anew each time have other items with the same labels.
    match(lambda index, entry: _label(drafts[index]) == entry.properties.get("label", ""))
    if len(drafts) == len(before):
        match(lambda index, entry: entry is before[index])
    return found


def _label(draft: _Draft) -> Value:
    return draft.properties.get("label", "")


def _compare(before: Mapping[int, Entry], after: Mapping[int, Entry]) -> Change:
    updated: dict[int, dict[str, Value]] = {}
    restructured: list[int] = []
    for number, entry in after.items():
        old = before.get(number)
        if old is None:
            continue  # its parent is restructured, and it comes along with that
        now, then = DEFAULTS | dict(entry.properties), DEFAULTS | dict(old.properties)
        news = {name: value for name, value in now.items() if value != then[name]}
        if news:
            updated[number] = news
        if [child.number for child in entry.children] != [child.number for child in old.children]:
            restructured.append(number)
    return Change(updated, tuple(restructured))
