"""What a login would really start, and that a removal made elsewhere is believed."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rig import wait_until

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop import autostart
from voice_guide.frontends.desktop.autostart import (
    AgentAutostart,
    Autostart,
    DesktopAutostart,
    RegistryAutostart,
    command_to_exec,
    find_command,
    find_config,
)

COMMAND = ("/home/ann/.local/share/pipx/venvs/voice-guide/bin/voice-guide",)


class Registry:
    """What we use of `winreg`, with a dictionary underneath."""

    HKEY_CURRENT_USER = "HKCU"
    KEY_SET_VALUE = 2
    REG_SZ = 1

    def __init__(self) -> None:
        self.keys: dict[str, dict[str, object]] = {}
        self.is_locked = False

    class Key(dict):
        def __enter__(self):
            return self

        def __exit__(self, *_: object) -> None:
            pass

    def _check(self, root: str) -> None:
        assert root == "HKCU"
        if self.is_locked:
            raise PermissionError(13, "Access is denied")

    def OpenKey(self, root: str, path: str, reserved: int = 0, access: int = 1):  # noqa: N802
        self._check(root)
        if path not in self.keys:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return self.keys[path]

    def CreateKey(self, root: str, path: str):  # noqa: N802
        self._check(root)
        return self.keys.setdefault(path, self.Key())

    def QueryValueEx(self, key, name: str):  # noqa: N802
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        return key[name], self.REG_SZ

    def SetValueEx(self, key, name: str, reserved: int, kind: int, value: object) -> None:  # noqa: N802
        key[name] = value

    def DeleteValue(self, key, name: str) -> None:  # noqa: N802
        if name not in key:
            raise FileNotFoundError(2, "The system cannot find the file specified")
        del key[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "not yet there" / "autostart"


def each(folder: Path) -> list[Autostart]:
    return [
        DesktopAutostart(COMMAND, folder),
        AgentAutostart(COMMAND, folder),
        RegistryAutostart(COMMAND, Registry()),
    ]


def test_on_and_off_on_each_system(folder: Path) -> None:
    for one in each(folder):
        assert not one.is_on()
        one.turn_off()
        one.turn_on()
        assert one.is_on()
        one.turn_on()
        assert one.is_on()
        one.turn_off()
        assert not one.is_on()
        one.turn_off()
    assert not list(folder.iterdir())


# Linux.


@pytest.mark.parametrize(
    "line",
    ["Hidden=true", "Hidden = True", "X-GNOME-Autostart-enabled=false"],
)
def test_a_removal_made_in_the_desktops_settings_is_believed(folder: Path, line: str) -> None:
    one = DesktopAutostart(COMMAND, folder)
    one.turn_on()
    (path,) = folder.iterdir()
    text = path.read_text().replace("X-GNOME-Autostart-enabled=true", line)
    path.write_text(text)
    assert not one.is_on()
    assert path.read_text() == text
    one.turn_on()
    assert one.is_on()


def test_what_another_group_says_does_not_count(folder: Path) -> None:
    one = DesktopAutostart(COMMAND, folder)
    one.turn_on()
    (path,) = folder.iterdir()
    path.write_text(path.read_text() + "\n[Desktop Action Quit]\nHidden=true\n")
    assert one.is_on()
    path.write_text("# Exec=x\n[Other]\nExec=x\n")
    assert not one.is_on()
    path.write_bytes(b"\xff\xfe\0")
    assert not one.is_on()


ODD = (
    '/opt/my tools/it\'s "so" $HOME `x` 100% back\\slash/ü/voice-guide',
    "--name=a b",
    "%U",
    "~",
    "a;b&c|d<e>f*g?h#i(j)k",
)


def unquote(line: str) -> list[str]:
    """Read an `Exec` value by the letter of the specification: string, then words, then codes."""
    plain = line.replace("\\\\", "\0").replace("\\n", "\n").replace("\\t", "\t")
    plain = plain.replace("\0", "\\")
    words: list[str] = []
    rest = plain
    while rest:
        assert rest[0] == '"'
        word, at = "", 1
        while rest[at] != '"':
            if rest[at] == "\\":
                at += 1
                assert rest[at] in '"`$\\'
            word += rest[at]
            at += 1
        words.append(word.replace("%%", "%"))
        rest = rest[at + 1 :].lstrip(" ")
    return words


@pytest.mark.parametrize("command", [COMMAND, ODD], ids=["plain", "odd"])
def test_every_word_arrives_as_it_was(command: tuple[str, ...]) -> None:
    words = unquote(command_to_exec(command))
    assert words == (["env", *command] if "%" in command[0] else list(command))
    assert "\n" not in command_to_exec((*command, "two\nlines"))


@pytest.mark.real
@pytest.mark.skipif(shutil.which("gio") is None, reason="not on this system: gio")
def test_the_desktop_starts_what_was_meant(tmp_path: Path) -> None:
    """GLib's own reader, which GNOME, XFCE, Cinnamon and MATE start their sessions with."""
    script = tmp_path / "my tools" / 'it\'s "so" $HOME `x` 100% \\ ü' / "voice-guide"
    script.parent.mkdir(parents=True)
    out = tmp_path / "out"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > "{out}.new"; mv "{out}.new" "{out}"\n')
    script.chmod(0o755)
    folder = tmp_path / "autostart"
    DesktopAutostart((str(script), *ODD[1:]), folder).turn_on()
    (entry,) = folder.iterdir()
    subprocess.run(["gio", "launch", str(entry)], check=True, timeout=10, capture_output=True)
    wait_until(out.exists, what="nothing was started")
    assert out.read_text().splitlines() == list(ODD[1:])


@pytest.mark.real
@pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None, reason="not on this system: desktop-file-utils"
)
def test_the_entry_is_valid(folder: Path) -> None:
    DesktopAutostart(ODD, folder).turn_on()
    (path,) = folder.iterdir()
    done = subprocess.run(
        ["desktop-file-validate", str(path)], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


def test_the_folder_that_the_desktop_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert find_config({}) == Path("/home/ann/.config/autostart")
    assert find_config({"XDG_CONFIG_HOME": "/etc/mine"}) == Path("/etc/mine/autostart")
    assert find_config({"XDG_CONFIG_HOME": "mine"}) == Path("/home/ann/.config/autostart")


def test_what_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(VoiceGuideError, match="could not be changed"):
        DesktopAutostart(COMMAND, tmp_path / "file").turn_on()
    (tmp_path / "voice-guide.desktop").mkdir()
    for change in ("turn_on", "turn_off"):
        with pytest.raises(VoiceGuideError, match="could not be changed"):
            getattr(DesktopAutostart(COMMAND, tmp_path), change)()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "voice-guide.desktop"]


# The command.


def test_a_virtual_environment_or_pipx_starts_its_script(tmp_path: Path) -> None:
    python = tmp_path / "venv with blanks" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    assert find_command(str(python)) == (str(python), "-P", "-m", "voice_guide")
    script = python.with_name("voice-guide")
    script.write_text("")
    assert find_command(str(python)) == (str(script),)
    assert find_command(str(python), is_frozen=True) == (str(python),)


def test_windows_opens_no_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(autostart.sys, "platform", "win32")
    python = tmp_path / "python.exe"
    assert find_command(str(python)) == (str(python), "-P", "-m", "voice_guide")
    windowless = tmp_path / "pythonw.exe"
    windowless.write_text("")
    assert find_command(str(python)) == (str(windowless), "-P", "-m", "voice_guide")


def test_this_installation_can_be_started() -> None:
    command = find_command()
    done = subprocess.run([*command, "--help"], capture_output=True, text=True, cwd="/", check=True)
    assert "voice-guide" in done.stdout
    assert os.access(command[0], os.X_OK)


# Windows and macOS.


def test_the_registry_holds_one_quoted_line() -> None:
    registry = Registry()
    one = RegistryAutostart((r"C:\Program Files\py\pythonw.exe", "-m", "voice_guide"), registry)
    one.turn_on()
    assert registry.keys[one.RUN] == {
        "voice-guide": r'"C:\Program Files\py\pythonw.exe" -m voice_guide'
    }


def test_a_start_switched_off_in_the_task_manager_is_off() -> None:
    registry = Registry()
    one = RegistryAutostart(COMMAND, registry)
    one.turn_on()
    approved = registry.CreateKey("HKCU", one.APPROVED)
    approved["voice-guide"] = b"\x02" + bytes(11)
    assert one.is_on()
    approved["voice-guide"] = b"\x03" + bytes(11)
    assert not one.is_on()
    one.turn_on()
    assert one.is_on()
    assert "voice-guide" not in approved


def test_a_locked_registry_is_explained() -> None:
    registry = Registry()
    one = RegistryAutostart(COMMAND, registry)
    one.turn_on()
    registry.is_locked = True
    assert not one.is_on()
    for change in (one.turn_on, one.turn_off):
        with pytest.raises(VoiceGuideError, match="Access is denied"):
            change()


def test_the_launch_agent_says_what_to_start(folder: Path) -> None:
    one = AgentAutostart(COMMAND, folder)
    one.turn_on()
    (path,) = folder.iterdir()
    agent = plistlib.loads(path.read_bytes())
    assert agent["ProgramArguments"] == list(COMMAND)
    assert agent["RunAtLoad"] is True
    path.write_bytes(plistlib.dumps(agent | {"Disabled": True}))
    assert not one.is_on()
    path.write_bytes(b"not a plist")
    assert not one.is_on()
