"""The companion on each system: put together from its parts, and from no other system's."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fake_macos
import fake_windows
import pytest
from rig import wait_until

from voice_guide.app import build
from voice_guide.frontends.desktop.commander import SAME_S
from voice_guide.frontends.desktop.companion import Companion, say
from voice_guide.frontends.desktop.instance.claim import Instance, claim_or_ask
from voice_guide.frontends.desktop.instance.client import ask
from voice_guide.frontends.services import Services

NOT_THERE = """
import importlib, sys

class Refuse:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {"dbus_fast", "Xlib"}:
            raise ImportError(f"{name} is Linux' alone")

sys.meta_path.insert(0, Refuse())
import voice_guide.__main__, voice_guide.frontends.desktop.companion
import fake_windows, fake_macos
both = [(fake_windows.windows, fake_windows.SYSTEM), (fake_macos.macos, fake_macos.SYSTEM)]
for made, name in both:
    with made():
        importlib.import_module(name)
"""


def test_windows_and_macos_need_nothing_that_is_linux_alone() -> None:
    subprocess.run(
        [sys.executable, "-c", NOT_THERE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
        timeout=60,
    )


def test_the_icon_waits_for_no_arithmetic() -> None:
    """What plays a session is loaded once the icon is there: its import takes longer than that."""
    modules = "voice_guide.__main__, voice_guide.frontends.desktop.companion"
    system = "voice_guide.frontends.desktop.systems.linux" if sys.platform == "linux" else "sys"
    heavy = "{'numpy', 'msgspec', 'yaml', 'typer', 'sounddevice', 'Xlib'}"
    code = f"import sys, {modules}, {system}; print({heavy} & sys.modules.keys() or 'light')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "light"


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path / "vg"))
    settings = tmp_path / "vg" / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('[sound]\ndevice = "null"\n')
    made = build()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "run").mkdir(mode=0o700)
    return str(tmp_path / "run")


@pytest.fixture
def instance(folder: str) -> Iterator[Instance]:
    held = claim_or_ask(folder, ("status",))
    assert isinstance(held, Instance)
    with held:
        yield held


def use(folder: str, click: Callable[[], None]) -> threading.Thread:
    """Begin a session by a click, pause it by another, and have the program end."""

    def is_(state: str) -> bool:
        reply = ask(folder, ("status",))
        return reply is not None and f'"{state}"' in reply.answer

    def act() -> None:
        try:
            click()
            wait_until(lambda: is_("playing"), 30.0, "never playing")
            time.sleep(SAME_S)  # or it would be the second half of a double click
            click()
            wait_until(lambda: is_("paused"), 30.0, "never paused")
        finally:
            ask(folder, ("quit",))

    somebody = threading.Thread(target=act)
    somebody.start()
    return somebody


@pytest.mark.real
@pytest.mark.parametrize("on", ["windows", "macos"])
def test_a_click_begins_and_another_pauses(
    on: str, services: Services, instance: Instance, folder: str
) -> None:
    with fake_windows.windows() if on == "windows" else fake_macos.macos() as made:
        module = importlib.import_module(f"voice_guide.frontends.desktop.systems.{on}")
        system = module.Windows(say) if on == "windows" else module.MacOS(say)

        def click() -> None:
            is_there = (lambda: made.is_shown) if on == "windows" else (lambda: bool(made.items))
            wait_until(is_there, what="no icon")
            made.click()

        companion = Companion(services, instance, system)
        somebody = use(folder, click)
        companion.run()
        companion.close()
        somebody.join(30)
        assert not (made.windows if on == "windows" else made.items)
