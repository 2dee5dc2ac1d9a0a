"""org.kde.StatusNotifierItem: the icon as a panel reads it and clicks on it."""

# No `from __future__ import annotations` here: dbus-fast reads the annotations as signatures.

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from dbus_fast import PropertyAccess
from dbus_fast.annotations import DBusBool, DBusInt32, DBusObjectPath, DBusSignature, DBusStr
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from voice_guide.frontends.desktop.tray.notifier.menu import MENU_PATH
from voice_guide.frontends.desktop.tray.pixmap import Pixmap

ITEM_PATH: Final = "/StatusNotifierItem"
"""Given by the specification."""

Status = Literal["Active", "Passive", "NeedsAttention"]

Pixmaps = Annotated[list[list[Any]], DBusSignature("a(iiay)")]
ToolTip = Annotated[list[Any], DBusSignature("(sa(iiay)ss)")]


@dataclass(frozen=True, slots=True)
class Face:
    """Everything about the icon that a panel may read."""

    name: str
    title: str = ""
    tooltip: str = ""
    """A second, smaller line below the title."""
    status: Status = "Active"
    pixmaps: tuple[Pixmap, ...] = ()


@dataclass(frozen=True, slots=True)
class Gestures:
    """What to do when a person does something with the icon; each must return at once."""

    activate: Callable[[], None]
    secondary: Callable[[], None]
    context: Callable[[], None]
    scroll: Callable[[int, str], None]


class ItemService(ServiceInterface):
    """Serves one icon. Lives in the bus thread."""

    def __init__(self, face: Face, gestures: Gestures) -> None:
        super().__init__("org.kde.StatusNotifierItem")
        self._face = face
        self._gestures = gestures

    def show(self, face: Face) -> None:
        """Become this, and tell the panels of each thing that changed once."""
        before, self._face = self._face, face
        if face.pixmaps != before.pixmaps:
            self.new_icon()
            if face.status == "NeedsAttention":
                self.new_attention_icon()
        if face.title != before.title:
            self.new_title()
        if (face.title, face.tooltip) != (before.title, before.tooltip):
            self.new_tool_tip()
        if face.status != before.status:
            self.new_status(face.status)

    @dbus_method(name="Activate")
    def activate(self, x: DBusInt32, y: DBusInt32) -> None:  # noqa: ARG002
        """Left click; on GNOME double click, since a single one opens the menu there."""
        self._gestures.activate()

    @dbus_method(name="SecondaryActivate")
    def secondary_activate(self, x: DBusInt32, y: DBusInt32) -> None:  # noqa: ARG002
        """Middle click."""
        self._gestures.secondary()

    @dbus_method(name="ContextMenu")
    def context_menu(self, x: DBusInt32, y: DBusInt32) -> None:  # noqa: ARG002
        """Right click on a panel that does not draw the menu itself."""
        self._gestures.context()

    @dbus_method(name="Scroll")
    def scroll(self, delta: DBusInt32, orientation: DBusStr) -> None:
        """The wheel over the icon."""
        self._gestures.scroll(delta, orientation.lower())

    @dbus_method(name="ProvideXdgActivationToken")
    def provide_xdg_activation_token(self, token: DBusStr) -> None:
        """Accept what Plasma sends before each click; we raise no window."""

    @dbus_property(access=PropertyAccess.READ, name="Category")
    def category(self) -> DBusStr:
        """A program's own state, as against hardware or the system."""
        return "ApplicationStatus"

    @dbus_property(access=PropertyAccess.READ, name="Id")
    def id(self) -> DBusStr:
        """The same at every start: panels remember by it what to hide."""
        return self._face.name

    @dbus_property(access=PropertyAccess.READ, name="Title")
    def title(self) -> DBusStr:
        """What it is called."""
        return self._face.title or self._face.name

    @dbus_property(access=PropertyAccess.READ, name="Status")
    def status(self) -> DBusStr:
        """Active, Passive (may be hidden) or NeedsAttention."""
        return self._face.status

    @dbus_property(access=PropertyAccess.READ, name="WindowId")
    def window_id(self) -> DBusInt32:
        """No window belongs to it."""
        return 0

    @dbus_property(access=PropertyAccess.READ, name="IconThemePath")
    def icon_theme_path(self) -> DBusStr:
        """No theme: the picture comes along as pixels."""
        return ""

    @dbus_property(access=PropertyAccess.READ, name="IconName")
    def icon_name(self) -> DBusStr:
        """Empty, so that the pixels are taken."""
        return ""

    @dbus_property(access=PropertyAccess.READ, name="IconPixmap")
    def icon_pixmap(self) -> Pixmaps:
        """The picture at every size."""
        return [list(pixmap) for pixmap in self._face.pixmaps]

    @dbus_property(access=PropertyAccess.READ, name="OverlayIconName")
    def overlay_icon_name(self) -> DBusStr:
        """Nothing is laid over it."""
        return ""

    @dbus_property(access=PropertyAccess.READ, name="OverlayIconPixmap")
    def overlay_icon_pixmap(self) -> Pixmaps:
        """Nothing is laid over it."""
        return []

    @dbus_property(access=PropertyAccess.READ, name="AttentionIconName")
    def attention_icon_name(self) -> DBusStr:
        """Empty, so that the pixels are taken."""
        return ""

    @dbus_property(access=PropertyAccess.READ, name="AttentionIconPixmap")
    def attention_icon_pixmap(self) -> Pixmaps:
        """The same picture: without one, some panels show an empty place."""
        return self.icon_pixmap if self._face.status == "NeedsAttention" else []

    @dbus_property(access=PropertyAccess.READ, name="AttentionMovieName")
    def attention_movie_name(self) -> DBusStr:
        """Nothing moves."""
        return ""

    @dbus_property(access=PropertyAccess.READ, name="ToolTip")
    def tool_tip(self) -> ToolTip:
        """Title and second line."""
        return ["", [], self._face.title or self._face.name, self._face.tooltip]

    @dbus_property(access=PropertyAccess.READ, name="ItemIsMenu")
    def item_is_menu(self) -> DBusBool:
        """False, so that a left click acts. GNOME's extension opens the menu all the same."""
        return False

    @dbus_property(access=PropertyAccess.READ, name="Menu")
    def menu(self) -> DBusObjectPath:
        """Where the menu is, which the panel draws on a right click."""
        return MENU_PATH

    @dbus_signal(name="NewTitle")
    def new_title(self) -> None:
        """Tell that the title changed."""

    @dbus_signal(name="NewIcon")
    def new_icon(self) -> None:
        """Tell that the picture changed."""

    @dbus_signal(name="NewAttentionIcon")
    def new_attention_icon(self) -> None:
        """Tell that the picture changed while it asks to be noticed."""

    @dbus_signal(name="NewToolTip")
    def new_tool_tip(self) -> None:
        """Tell that the tooltip changed."""

    @dbus_signal(name="NewStatus")
    def new_status(self, status: str) -> DBusStr:
        """Tell the new status."""
        return status
