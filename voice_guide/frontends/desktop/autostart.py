"""Start at login: a desktop entry, a registry value, or a launch agent.

Whether it is on is always read from the system, so that a removal made there is a removal here.
"""

from __future__ import annotations

import contextlib
import os
import plistlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from voice_guide.errors import VoiceGuideError

_NAME: Final = "voice-guide"


class Autostart(Protocol):
    """One system's way to start a program at login."""

    def is_on(self) -> bool:
        """Say whether the next login would start it."""

    def turn_on(self) -> None:
        """Start it at each login from now on."""

    def turn_off(self) -> None:
        """Start it at login no more."""


def find_autostart() -> Autostart:
    """Return this system's way, for this installation."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - there alone

        return RegistryAutostart(find_command(), winreg)
    if sys.platform == "darwin":
        return AgentAutostart(find_command(), Path.home() / "Library" / "LaunchAgents")
    return DesktopAutostart(find_command(), find_config())


def find_command(
    executable: str = sys.executable, *, is_frozen: bool = bool(getattr(sys, "frozen", False))
) -> tuple[str, ...]:
    """Return the command that starts this installation: a bundle, a script, or a module."""
    # Links are kept: the Python that a virtual environment links to would know nothing of it.
    python = Path(executable).absolute()
    if is_frozen:
        return (str(python),)
    if sys.platform == "win32":
        windowless = python.with_name("pythonw.exe")
        return (str(windowless if windowless.exists() else python), "-P", "-m", "voice_guide")
    script = python.with_name(_NAME)
    if script.exists():
        return (str(script),)
    # With a safe path: a login begins in the home folder, and `-m` looks there first.
    return (str(python), "-P", "-m", "voice_guide")


def find_config(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of desktop entries that are started at login."""
    given = Path(environ.get("XDG_CONFIG_HOME", ""))  # ignored if relative, says the specification
    config = given if given.is_absolute() else Path.home() / ".config"
    return config / "autostart"


class DesktopAutostart:
    """Linux: an entry in the autostart folder (Desktop Application Autostart 0.5)."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = command
        self._path = folder / f"{_NAME}.desktop"

    def is_on(self) -> bool:
        """Say whether the next login would start it."""
        try:
            text = self._path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        entry = _entry(text)
        is_hidden = entry.get("Hidden", "").casefold() == "true"
        # What the session settings of GNOME, Cinnamon and MATE write instead.
        is_disabled = entry.get("X-GNOME-Autostart-enabled", "").casefold() == "false"
        return "Exec" in entry and not is_hidden and not is_disabled

    def turn_on(self) -> None:
        """Start it at each login from now on."""
        lines = (
            "[Desktop Entry]",
            "Type=Application",
            f"Name={_NAME}",
            "Comment=A calm voice that breathes with you",
            f"Exec={command_to_exec(self._command)}",
            "Terminal=false",
            "X-GNOME-Autostart-enabled=true",
        )
        _write(self._path, ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))

    def turn_off(self) -> None:
        """Start it at login no more."""
        _remove(self._path)


class AgentAutostart:
    """macOS: a launch agent, which launchd reads at login (launchd.plist(5))."""

    LABEL: Final = "org.voice-guide.companion"

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command = command
        self._path = folder / f"{self.LABEL}.plist"

    def is_on(self) -> bool:
        """Say whether the next login would start it."""
        try:
            agent = plistlib.loads(self._path.read_bytes())
        except (OSError, ValueError, plistlib.InvalidFileException):
            return False
        return bool(agent.get("RunAtLoad")) and not agent.get("Disabled")

    def turn_on(self) -> None:
        """Start it at each login from now on, and not now: it runs already."""
        agent = {
            "Label": self.LABEL,
            "ProgramArguments": list(self._command),
            "RunAtLoad": True,
            "ProcessType": "Interactive",
        }
        _write(self._path, plistlib.dumps(agent))

    def turn_off(self) -> None:
        """Start it at login no more."""
        _remove(self._path)


class RegistryAutostart:
    """Windows: a value under `Run`, unless the Task Manager has switched it off."""

    RUN: Final = r"Software\Microsoft\Windows\CurrentVersion\Run"
    APPROVED: Final = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"

    def __init__(self, command: Sequence[str], registry: Any) -> None:
        self._command = command
        self._registry = registry

    def is_on(self) -> bool:
        """Say whether the next login would start it."""
        if not isinstance(self._read(self.RUN), str):
            return False
        approved = self._read(self.APPROVED)
        # Its first byte is even while the start is approved, and odd when it is not.
        is_refused = isinstance(approved, bytes) and len(approved) > 0 and approved[0] % 2 == 1
        return not is_refused

    def turn_on(self) -> None:
        """Start it at each login from now on."""
        registry = self._registry
        line = subprocess.list2cmdline(self._command)
        try:
            with registry.CreateKey(registry.HKEY_CURRENT_USER, self.RUN) as key:
                registry.SetValueEx(key, _NAME, 0, registry.REG_SZ, line)
        except OSError as error:
            raise _explain(error) from error
        self._delete(self.APPROVED)

    def turn_off(self) -> None:
        """Start it at login no more."""
        self._delete(self.RUN)
        self._delete(self.APPROVED)

    def _read(self, path: str) -> object:
        registry = self._registry
        try:
            with registry.OpenKey(registry.HKEY_CURRENT_USER, path) as key:
                return registry.QueryValueEx(key, _NAME)[0]
        except OSError:
            return None

    def _delete(self, path: str) -> None:
        registry = self._registry
        try:
            with registry.OpenKey(
                registry.HKEY_CURRENT_USER, path, 0, registry.KEY_SET_VALUE
            ) as key:
                registry.DeleteValue(key, _NAME)
        except FileNotFoundError:
            return
        except OSError as error:
            raise _explain(error) from error


def command_to_exec(command: Sequence[str]) -> str:
    """Return the value of `Exec` in a desktop entry, quoted as Desktop Entry 1.5 asks for."""
    # GLib looks for the program before it turns `%%` back into `%`, and so would not find it.
    through = ["env"] if "%" in command[0] else []
    return " ".join(_quote(word) for word in (*through, *command))


def _quote(word: str) -> str:
    # Inside of quotes these four are escaped; then the value as a whole is a string, in which
    # each backslash is escaped once more, and `%` begins a field code in any case.
    for sign in ("\\", '"', "`", "$"):
        word = word.replace(sign, f"\\{sign}")
    word = word.replace("%", "%%").replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return f'"{word}"'


def _entry(text: str) -> dict[str, str]:
    """Return the keys of the main group; those of other groups, such as actions, are not ours."""
    found: dict[str, str] = {}
    is_main = False
    for line in text.splitlines():
        if line.startswith("["):
            is_main = line.strip() == "[Desktop Entry]"
        elif is_main and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def _write(path: Path, text: bytes) -> None:
    """Write the whole file or none of it."""
    draft = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(text)
        draft.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise _explain(error) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _explain(error) from error


def _explain(error: OSError) -> VoiceGuideError:
    return VoiceGuideError(
        f"The start at login could not be changed: {error.strerror or error}.",
        "The settings of your desktop have a list of programs to start: change it there.",
    )
