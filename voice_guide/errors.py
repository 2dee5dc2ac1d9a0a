"""Every fault a person can meet: what happened, where, and a way out."""

from __future__ import annotations

from dataclasses import dataclass


class VoiceGuideError(Exception):
    """A fault that is explained: `message` says what happened, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in a script, or one thing worth a second look."""

    line: int
    """1-based line in the file."""
    column: int
    """1-based column in characters."""
    found: str
    """What stands there, in plain words."""
    expected: str = ""
    """What would be right there."""
    hint: str = ""
    """A way out, often "did you mean …?"."""
    rule: str = "syntax"
    """Short name of the rule that was broken."""

    def __str__(self) -> str:
        text = f"line {self.line}, column {self.column}: {self.found}"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.hint:
            text += f". {self.hint}"
        return text


class ScriptError(VoiceGuideError):
    """A script that cannot be read, with every fault in it at once."""

    def __init__(self, name: str, faults: tuple[Fault, ...], hint: str = "") -> None:
        count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
        lines = [f"{name} has {count}:", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(lines), hint)
        self.name = name
        self.faults = faults


class ScriptNotFound(VoiceGuideError):
    """No script, or more than one, answers to the name that was given."""


class SoundNotFound(VoiceGuideError):
    """A bell, bed or pacer that is not in the palette."""


class PatchError(VoiceGuideError):
    """A sound patch that cannot be read."""


class LengthOutOfReach(VoiceGuideError):
    """The asked length lies outside what the script can stretch to."""

    def __init__(self, message: str, hint: str, shortest_s: float, longest_s: float) -> None:
        super().__init__(message, hint)
        self.shortest_s = shortest_s
        self.longest_s = longest_s


class VoiceUnavailable(VoiceGuideError):
    """No speech engine, or not the voice that was asked for."""


class VoiceUnknown(VoiceUnavailable):
    """The speech engine is at work, and has no voice of that name: another can be chosen."""


class SynthesisFailed(VoiceGuideError):
    """The speech engine would not give a usable clip, even after a fresh start."""


class DeviceLost(VoiceGuideError):
    """There is no sound output, or it went away."""


class ExportFailed(VoiceGuideError):
    """The file could not be written; nothing half-written is left behind."""


class StoreCorrupt(VoiceGuideError):
    """A file of the listener's own that cannot be read."""


class AlreadyRunning(VoiceGuideError):
    """Another voice-guide holds what this one needs."""


def explain(error: Exception) -> VoiceGuideError:
    """Return a fault that is explained: `error` itself, or an unforeseen one in plain words."""
    if isinstance(error, VoiceGuideError):
        return error
    fault = VoiceGuideError(
        f"Something went wrong that should not have: {error or type(error).__name__}.",
        "Run it again with --debug, and send what it says to the makers.",
    )
    fault.__cause__ = error
    return fault
