"""com.canonical.dbusmenu: the menu as a panel reads it, opens it and clicks in it."""

# No `from __future__ import annotations` here: dbus-fast reads the annotations as signatures.

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final

from dbus_fast import DBusError, ErrorType, PropertyAccess, Variant
from dbus_fast.annotations import (
    DBusBool,
    DBusInt32,
    DBusSignature,
    DBusStr,
    DBusUInt32,
    DBusVariant,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from voice_guide.frontends.desktop.tray.names import Menu, MenuItem
from voice_guide.frontends.desktop.tray.notifier.layout import (
    DEFAULTS,
    ROOT,
    Change,
    Entry,
    Layout,
    Value,
)

MENU_PATH: Final = "/MenuBar"
"""Where Qt's and Canonical's own implementations have it; some panels expect no other."""

_VERSION: Final = 3
"""Of the dbusmenu protocol, as libdbusmenu states it."""

_TYPES: Final = {str: "s", bool: "b", int: "i"}

Numbers = Annotated[list[int], DBusSignature("ai")]
Names = Annotated[list[str], DBusSignature("as")]
Described = Annotated[list[list[Any]], DBusSignature("a(ia{sv})")]
Tree = Annotated[tuple[int, list[Any]], DBusSignature("u(ia{sv}av)")]
Happenings = Annotated[list[list[Any]], DBusSignature("a(isvu)")]
Answers = Annotated[tuple[list[int], list[int]], DBusSignature("aiai")]
News = Annotated[list[Any], DBusSignature("a(ia{sv})a(ias)")]
Moved = Annotated[list[int], DBusSignature("ui")]


class MenuService(ServiceInterface):
    """Serves one menu. Lives in the bus thread.

    Parameters
    ----------
    read
        Returns the menu as it is now.
    click
        Is given the item that was picked; must return at once.
    """

    def __init__(self, read: Callable[[], Menu | None], click: Callable[[MenuItem], None]) -> None:
        super().__init__("com.canonical.dbusmenu")
        self._menu = read
        self._click = click
        self._layout = Layout()

    def refresh(self) -> Change:
        """Read every label anew and tell the panels what changed, if anything did."""
        change = self._layout.refresh(self._menu())
        if change.updated:
            self.items_properties_updated(change)
        if change.restructured:
            # One parent alone is named, so that the others' open submenus stay as they are.
            single = len(change.restructured) == 1
            self.layout_updated(change.restructured[0] if single else ROOT)
        return change

    def _find(self, number: int) -> Entry:
        entry = self._layout.find(number)
        if entry is None:
            raise DBusError(ErrorType.INVALID_ARGS, f"the menu has no entry {number}")
        return entry

    @dbus_method(name="GetLayout")
    def get_layout(self, parent: DBusInt32, depth: DBusInt32, names: Names) -> Tree:
        """Return the entry and what is below it, `depth` levels deep; -1 is all."""
        return self._layout.revision, _tree(self._find(parent), depth, names)

    @dbus_method(name="GetGroupProperties")
    def get_group_properties(self, numbers: Numbers, names: Names) -> Described:
        """Return properties of several entries; of all when none is named."""
        wanted = numbers or [entry.number for entry in self._layout.root.walk()]
        entries = filter(None, map(self._layout.find, wanted))
        return [[entry.number, _variants(entry, names)] for entry in entries]

    @dbus_method(name="GetProperty")
    def get_property(self, number: DBusInt32, name: DBusStr) -> DBusVariant:
        """Return one property of one entry."""
        value = self._find(number).properties.get(name, DEFAULTS.get(name))
        if value is None:
            raise DBusError(ErrorType.INVALID_ARGS, f"an entry has no property {name}")
        return _variant(name, value)

    @dbus_method(name="Event")
    def event(
        self,
        number: DBusInt32,
        kind: DBusStr,
        value: DBusVariant,  # noqa: ARG002
        time: DBusUInt32,  # noqa: ARG002
    ) -> None:
        """Hear what a person did with an entry."""
        self._hear(self._find(number), kind)

    @dbus_method(name="EventGroup")
    def event_group(self, events: Happenings) -> Numbers:
        """Hear several at once; returns the entries that are not there."""
        missing: list[int] = []
        for number, kind, *_ in events:
            entry = self._layout.find(number)
            if entry is None:
                missing.append(number)
            else:
                self._hear(entry, kind)
        return missing

    @dbus_method(name="AboutToShow")
    def about_to_show(self, number: DBusInt32) -> DBusBool:
        """Bring the menu up to date before it is seen; true if its structure changed."""
        self._find(number)
        return bool(self.refresh().restructured)

    @dbus_method(name="AboutToShowGroup")
    def about_to_show_group(self, numbers: Numbers) -> Answers:
        """Do the same for several entries; returns those that changed, and those not there."""
        changed = self.refresh().restructured
        missing = [number for number in numbers if self._layout.find(number) is None]
        return [number for number in numbers if number in changed], missing

    def _hear(self, entry: Entry, kind: str) -> None:
        enabled = entry.properties.get("enabled", True) and entry.properties.get("visible", True)
        if kind == "clicked" and entry.kind == "leaf" and entry.item is not None and enabled:
            self._click(entry.item)

    @dbus_property(access=PropertyAccess.READ, name="Version")
    def version(self) -> DBusUInt32:
        """The protocol's version."""
        return _VERSION

    @dbus_property(access=PropertyAccess.READ, name="TextDirection")
    def text_direction(self) -> DBusStr:
        """Left to right."""
        return "ltr"

    @dbus_property(access=PropertyAccess.READ, name="Status")
    def status(self) -> DBusStr:
        """Whether the menu asks to be noticed; ours never does."""
        return "normal"

    @dbus_property(access=PropertyAccess.READ, name="IconThemePath")
    def icon_theme_path(self) -> Names:
        """No pictures in the menu."""
        return []

    @dbus_signal(name="ItemsPropertiesUpdated")
    def items_properties_updated(self, change: Change) -> News:
        """Tell new labels and marks: an open menu shows them at once."""
        return [[[n, _packed(values)] for n, values in change.updated.items()], []]

    @dbus_signal(name="LayoutUpdated")
    def layout_updated(self, parent: int) -> Moved:
        """Tell that the structure below an entry changed, so that it is fetched again."""
        return [self._layout.revision, parent]


def _tree(entry: Entry, depth: int, names: list[str]) -> list[Any]:
    below: Iterable[Entry] = entry.children if depth else ()
    children = [Variant("(ia{sv}av)", _tree(child, depth - 1, names)) for child in below]
    return [entry.number, _variants(entry, names), children]


def _variants(entry: Entry, names: list[str]) -> dict[str, Variant]:
    return _packed({k: v for k, v in entry.properties.items() if not names or k in names})


def _packed(values: Mapping[str, Value]) -> dict[str, Variant]:
    return {name: _variant(name, value) for name, value in values.items()}


def _variant(name: str, value: Value) -> Variant:
    if name == "label":
        # A single underscore would underline the letter after it.
        value = str(value).replace("_", "__")
    return Variant(_TYPES[type(value)], value)
