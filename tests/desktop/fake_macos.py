"""What pystray asks of macOS, answered as AppKit does; a wrong thread is told at once."""

import contextlib
import importlib
import io
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fake_windows import forget
from PIL import Image

LEFT_UP, RIGHT_UP = 2, 4  # NSEventType in AppKit's headers
CONTROL = 262_144

OURS = "voice_guide.frontends.desktop.tray.native.macos"
SYSTEM = "voice_guide.frontends.desktop.systems.macos"
LOADED = ("pystray._darwin", OURS, SYSTEM)


class InMain:
    """Something of AppKit: used in the main thread, or never."""

    def __getattribute__(self, name: str) -> Any:
        assert threading.current_thread() is threading.main_thread(), f"{name} off the main thread"
        return super().__getattribute__(name)

    @classmethod
    def alloc(cls) -> Any:
        return cls()

    def init(self) -> Any:
        return self


class View(InMain):
    """Remembers what it was told: `setTitle_` is read as `told["Title"]`."""

    def __init__(self) -> None:
        self.told: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Callable[[Any], None]:
        if not (name.startswith("set") and name.endswith("_")):
            raise AttributeError(name)
        return lambda value: self.told.__setitem__(name[3:-1], value)


class Line(View):
    def initWithTitle_action_keyEquivalent_(self, title: str, action: bytes, _key: str) -> Any:  # noqa: N802
        self.told |= {"Title": title, "Action": action}
        return self

    @classmethod
    def separatorItem(cls) -> "Line":  # noqa: N802
        line = cls()
        line.told["Title"] = "---"
        return line

    def tag(self) -> int:
        return int(self.told["Tag"])

    def find(self, *path: str) -> "Line":
        found: Line = self.told["Submenu"].find(*path)
        return found

    def pick(self) -> None:
        assert self.told["Enabled"]
        self.told["Target"].activate_menu_item(self)


class Menu(View):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Line] = []

    def initWithTitle_(self, _title: str) -> Any:  # noqa: N802
        return self

    def addItem_(self, line: Line) -> None:  # noqa: N802
        self.lines.append(line)

    def titles(self) -> list[str]:
        return [line.told["Title"] for line in self.lines if not line.told.get("Hidden")]

    def find(self, label: str, *path: str) -> Line:
        line = next(line for line in self.lines if line.told["Title"] == label)
        return line.find(*path) if path else line


class Picture(View):
    def initWithData_(self, data: bytes) -> Any:  # noqa: N802
        with Image.open(io.BytesIO(data)) as image:
            self.told["Pixels"] = image.size
        return self

    def size(self) -> Any:
        return self.told["Size"]


class Button(View):
    def __init__(self, item: "Item") -> None:
        super().__init__()
        self.item = item
        self.mask = 0

    def sendActionOn_(self, mask: int) -> int:  # noqa: N802
        self.mask = mask
        return mask

    def performClick_(self, _sender: Any) -> None:  # noqa: N802
        menu = self.item.told.get("Menu")
        if menu is not None:
            self.item.mac.track(menu)
        else:
            self.told["Target"].activate_button(self)


class Item(View):
    def __init__(self, mac: "Mac") -> None:
        super().__init__()
        self.mac = mac
        self._button = Button(self)

    def button(self) -> Button:
        return self._button


class Application(InMain):
    def __init__(self, mac: "Mac") -> None:
        self.mac = mac
        self.event: Any = None
        self.policy: int | None = None
        self.is_stopped = False

    def setActivationPolicy_(self, policy: int) -> None:  # noqa: N802
        self.policy = policy

    def currentEvent(self) -> Any:  # noqa: N802
        return self.event

    def run(self) -> None:
        while not self.is_stopped:  # looked at after each event, as AppKit does
            self.mac.events.get(timeout=20)()

    def stop_(self, _sender: Any) -> None:
        self.is_stopped = True

    def postEvent_atStart_(self, _event: Any, _is_first: bool) -> None:  # noqa: N802
        self.mac.events.put(lambda: None)


class Centre(InMain):
    def __init__(self) -> None:
        self.blocks: dict[object, tuple[str, Callable[[Any], None]]] = {}

    def addObserverForName_object_queue_usingBlock_(  # noqa: N802
        self, name: str, _sender: Any, _queue: Any, block: Callable[[Any], None]
    ) -> object:
        token = object()
        self.blocks[token] = (name, block)
        return token

    def removeObserver_(self, token: object) -> None:  # noqa: N802
        del self.blocks[token]

    def post(self, name: str) -> None:
        for named, block in list(self.blocks.values()):
            if named == name:
                block(None)


class Mac:
    """One session of macOS, with one person before it."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self.items: list[Item] = []
        self.centre = Centre()
        self.signals: dict[int, Callable[[int], None]] = {}
        self.app = Application(self)
        self.on_menu: Callable[[Menu], None] = lambda _menu: None
        """What the person does with a menu that opens, in the main thread."""

    # What a person does, from a thread of their own.

    def do(self, work: Callable[[], Any]) -> Any:
        """Have this done in the main thread, and return what it gives."""
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def act() -> None:
            try:
                done.put((work(), None))
            except BaseException as error:
                done.put((None, error))
                raise

        self.events.put(act)
        value, error = done.get(timeout=10)
        if error is not None:
            raise error
        return value

    def click(self, kind: int = LEFT_UP, flags: int = 0) -> None:
        """Click on the icon, and see to the end what comes of it."""

        def act() -> None:
            button = self.items[0].button()
            # Both kinds of click are told as the same action, to whoever asked for them.
            if button.mask & (1 << kind):
                self.app.event = SimpleNamespace(type=lambda: kind, modifierFlags=lambda: flags)
                button.performClick_(None)
                self.app.event = None

        self.do(act)

    def track(self, menu: Menu) -> None:
        """Hold the main thread while a menu is open; what is asked of it meanwhile is done."""
        self.on_menu(menu)

    def settle(self) -> None:
        """Do in the main thread what was asked so far; in the main thread."""
        while not self.events.empty():
            self.events.get()()

    # The modules.

    def modules(self) -> dict[str, ModuleType]:
        def status_item(_length: float) -> Item:
            self.items.append(Item(self))
            return self.items[-1]

        bar = SimpleNamespace(
            statusItemWithLength_=status_item,
            removeStatusItem_=self.items.remove,
            thickness=lambda: 22.0,
        )
        app_kit = _module(
            "AppKit",
            NSApplication=SimpleNamespace(sharedApplication=lambda: self.app),
            NSStatusBar=SimpleNamespace(systemStatusBar=lambda: bar),
            NSWorkspace=SimpleNamespace(
                sharedWorkspace=lambda: SimpleNamespace(notificationCenter=lambda: self.centre)
            ),
            NSMenu=Menu,
            NSMenuItem=Line,
            NSImage=Picture,
            NSEvent=_Event,
            NSPoint=lambda x, y: (x, y),
            NSVariableStatusItemLength=-1.0,
            NSApplicationDefined=15,
            NSApplicationActivationPolicyAccessory=1,
            NSEventMaskLeftMouseUp=1 << LEFT_UP,
            NSEventMaskRightMouseUp=1 << RIGHT_UP,
            NSEventTypeRightMouseUp=RIGHT_UP,
            NSEventModifierFlagControl=CONTROL,
            NSOnState=1,
            NSOffState=0,
            NSWorkspaceWillSleepNotification="sleep",
            NSWorkspaceDidWakeNotification="wake",
        )
        helper = _module(
            "AppHelper", callAfter=lambda work, *args: self.events.put(lambda: work(*args))
        )
        signals = _module("MachSignals", signal=self.signals.__setitem__)
        return {
            "AppKit": app_kit,
            "Foundation": _module("Foundation", NSObject=InMain, NSData=bytes),
            "objc": _module("objc", namedSelector=lambda _name: lambda method: method),
            "PyObjCTools": _module("PyObjCTools", AppHelper=helper, MachSignals=signals),
            "PyObjCTools.AppHelper": helper,
            "PyObjCTools.MachSignals": signals,
        }


class _Event:
    @staticmethod
    def otherEventWithType_location_modifierFlags_timestamp_windowNumber_context_subtype_data1_data2_(  # noqa: N802, E501
        *_about: Any,
    ) -> None:
        return None


def _module(name: str, **members: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


@contextlib.contextmanager
def macos() -> Iterator[Mac]:
    """Give a macOS on which pystray's own back end runs, whatever this system is."""
    made = Mac()
    with pytest.MonkeyPatch.context() as patch:
        for name, module in made.modules().items():
            patch.setitem(sys.modules, name, module)
        try:
            importlib.import_module("pystray._darwin")
            yield made
        finally:
            forget(LOADED)
