"""A patch: the few numbers from which a sound is made, read from a TOML text and checked.

Every field carries its own range, so that the list of fields is the whole description of the
format. Faults are collected, and a person learns of all of them at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final, TypeVar

from voice_guide.errors import PatchError

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a sound may be called: the form in which a script can name it."""

_LONGEST_TEXT: Final = 65_536
_LONGEST_SUMMARY: Final = 100
"""So that it stays on one line of a list."""
_HIGHEST_HZ: Final = 16_000.0
"""Few grown-ups hear more, and it leaves room under half the sample rate."""

_SURE_ATTACK_MS: Final = 200.0
"""A rise this slow fits into the shortest bell."""

Faults = list[str]
Reader = Callable[[Any, str, Faults], Any]
T = TypeVar("T")


def _show(value: object) -> str:
    if isinstance(value, int) and value.bit_length() > 128:
        return "an immense number"  # Python itself declines to print the longest
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _number(low: float, high: float, default: Any = MISSING) -> Any:
    def read(value: Any, where: str, faults: Faults) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float):
            faults.append(f"{where} is {_show(value)}; expected a number from {low:g} to {high:g}")
            return low
        if not low <= value <= high:
            faults.append(f"{where} is {_show(value)}; expected from {low:g} to {high:g}")
            return low
        return float(value)

    return field(default=default, metadata={"read": read})


def _line() -> Any:
    def read(value: Any, where: str, faults: Faults) -> Any:
        if isinstance(value, str) and value.isprintable() and len(value) <= _LONGEST_SUMMARY:
            return value.strip()
        expected = f"one line of text, at most {_LONGEST_SUMMARY} characters"
        faults.append(f"{where} is {_show(value)}; expected {expected}")
        return ""

    return field(default="", metadata={"read": read})


def _choice(*options: str) -> Any:
    def read(value: Any, where: str, faults: Faults) -> Any:
        if value not in options:
            faults.append(f"{where} is {_show(value)}; expected {' or '.join(options)}")
            return options[0]
        return value

    return field(metadata={"read": read})


def _numbers(low: float, high: float, most: int, default: tuple[float, ...]) -> Any:
    one: Reader = _number(low, high).metadata["read"]

    def read(value: Any, where: str, faults: Faults) -> Any:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            faults.append(f"{where} is {_show(value)}; expected a list of 1 to {most} numbers")
            return default
        return tuple(one(item, f"{where}[{place}]", faults) for place, item in enumerate(value, 1))

    return field(default=default, metadata={"read": read})


def _tables(kind: type, most: int, default: Any = MISSING) -> Any:
    def read(value: Any, where: str, faults: Faults) -> Any:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            faults.append(f"{where} is {_show(value)}; expected 1 to {most} tables [[{where}]]")
            return ()
        return tuple(
            _read_table(kind, item, f"{where} {place}", faults)
            for place, item in enumerate(value, 1)
        )

    return field(default=default, metadata={"read": read})


@dataclass(frozen=True, slots=True)
class Partial:
    """One way in which a bell swings."""

    ratio: float = _number(0.1, 100.0)
    """Its frequency over the bell's own."""
    gain: float = _number(0.001, 1.0)
    """Linear, at the strike."""
    decay_s: float = _number(0.02, 30.0)
    """Seconds until it is 60 dB softer."""
    beat_hz: float = _number(0.0, 20.0, 0.0)
    """How far apart the two halves of a pair are; 0: a single one."""


@dataclass(frozen=True, slots=True)
class BellPatch:
    """A bell, bowl, gong or block: struck, then left to ring."""

    name: str
    base_hz: float = _number(40.0, 4000.0)
    partials: tuple[Partial, ...] = _tables(Partial, 32)
    attack_ms: float = _number(2.0, 1000.0, 12.0)
    """Rise of the strike, a raised cosine; over 200 up to half of the longest decay."""
    summary: str = _line()
    """One short sentence for a list."""


@dataclass(frozen=True, slots=True)
class Noise:
    """One layer of noise in a bed."""

    gain: float = _number(0.001, 1.0)
    """Linear, against the other layers; each has the same power before."""
    slope_db: float = _number(-18.0, 6.0)
    """Decibels an octave: 0 white, -3 pink, -6 brown."""
    low_hz: float = _number(20.0, _HIGHEST_HZ, 20.0)
    high_hz: float = _number(20.0, _HIGHEST_HZ, _HIGHEST_HZ)
    """Outside low to high it falls off softly."""
    width: float = _number(0.0, 1.0, 1.0)
    """0: the same in both ears; 1: each ear its own."""
    drops_per_s: float = _number(0.0, 2000.0, 0.0)
    """Single drops in place of a steady rush; 0: steady."""
    swell: float = _number(0.0, 1.0, 0.0)
    """How deep the slow movement goes; 0: none, 1: down to silence."""
    swell_period_s: float = _number(0.5, 60.0, 12.0)
    """Seconds from crest to crest, made to fit the loop."""
    swell_phase: float = _number(0.0, 1.0, 0.0)
    """Where in its movement the loop begins: 0 in the trough, 0.5 on the crest."""
    swell_sharpness: float = _number(0.25, 8.0, 1.0)
    """Over 1: short crests and long troughs."""


@dataclass(frozen=True, slots=True)
class Drone:
    """One steady tone in a bed."""

    hz: float = _number(20.0, _HIGHEST_HZ)
    """Moved to the nearest frequency that fits the loop."""
    gain: float = _number(0.001, 1.0)
    """Linear."""
    beat_hz: float = _number(0.0, 4.0, 0.0)
    """How far apart a pair is, which makes it come and go slowly; 0: a single tone."""


@dataclass(frozen=True, slots=True)
class BedPatch:
    """A quiet sound underneath: a loop without a seam."""

    name: str
    noise: tuple[Noise, ...] = _tables(Noise, 8, ())
    drone: tuple[Drone, ...] = _tables(Drone, 32, ())
    length_s: float = _number(4.0, 60.0, 24.0)
    """Length of the loop."""
    summary: str = _line()
    """One short sentence for a list."""


@dataclass(frozen=True, slots=True)
class PacerPatch:
    """The tone that follows the breath."""

    name: str
    shape: str = _choice("tone", "noise", "two-tones")
    low_hz: float = _number(60.0, 4000.0)
    """Where the inhale begins and the exhale ends."""
    high_hz: float = _number(60.0, 4000.0)
    """Where the inhale ends, and where a hold rests."""
    hold_level: float = _number(0.05, 0.5, 0.25)
    """Linear, against the top of the inhale."""
    harmonics: tuple[float, ...] = _numbers(0.0, 1.0, 12, (1.0,))
    """Linear gains of the tone and its overtones."""
    breadth: float = _number(0.2, 4.0, 1.0)
    """Octaves of noise sounding at a time."""
    summary: str = _line()
    """One short sentence for a list."""


Patch = BellPatch | BedPatch | PacerPatch

KINDS: Final[dict[str, type[Patch]]] = {"bell": BellPatch, "bed": BedPatch, "pacer": PacerPatch}
"""What a patch may say it is."""

_HINT: Final = "The sounds that come with the program show the form."


def parse_patch(text: str, name: str, place: str = "", wanted: str = "") -> Patch:
    """Read a patch from its TOML text, or raise a PatchError that lists every fault.

    For one that comes from a file, `place` is where it lies and `wanted` the kind of sound that
    its folder is for.
    """
    known_as = place or f"The sound {name}"
    faults: Faults = []
    patch = _read_patch(_read_toml(text, known_as), name, wanted, faults)
    if patch is not None and not faults:
        faults.extend(_contradictions(patch))
    if patch is None or faults:
        lines = [f"{known_as} cannot be used:", *(f"  {fault}" for fault in faults)]
        raise PatchError("\n".join(lines), _HINT)
    return patch


def _read_toml(text: str, known_as: str) -> dict[str, Any]:
    if len(text) > _LONGEST_TEXT:
        message = f"{known_as} has {len(text):,} characters, far more than a sound needs."
        raise PatchError(message, "A sound is a small text file. Is this the right one?")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PatchError(f"{known_as} is not written in TOML: {error}", _HINT) from error


def _read_patch(table: dict[str, Any], name: str, wanted: str, faults: Faults) -> Patch | None:
    kind = table.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        found = "missing" if kind is None else _show(kind)
        faults.append(f"kind is {found}; expected {' or '.join(KINDS)}")
        return None
    if wanted and kind != wanted:
        faults.append(f"kind is '{kind}', but it lies with the {wanted}s; move it to the {kind}s")
        return None
    return _read_table(KINDS[kind], table, "", faults, name=name)


def _read_table(kind: type[T], table: Any, where: str, faults: Faults, **given: Any) -> T | None:
    """Make one dataclass of one table; None where a value is missing."""
    if not isinstance(table, dict):
        faults.append(f"{where} is {_show(table)}; expected a table")
        return None
    prefix = f"{where}: " if where else ""
    readable: dict[str, Field[Any]] = {f.name: f for f in fields(kind) if f.name not in given}  # type: ignore[arg-type]
    faults.extend(prefix + fault for fault in _unknown_keys(table, tuple(readable)))
    values = dict(given)
    whole = True
    for key, one in readable.items():
        if key in table:
            values[key] = one.metadata["read"](table[key], prefix + key, faults)
        elif one.default is MISSING:
            faults.append(f"{prefix}{key} is missing")
            whole = False
    return kind(**values) if whole else None


def _unknown_keys(table: dict[str, Any], known: tuple[str, ...]) -> Iterator[str]:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            yield f"{_show(key)} means nothing here" + (
                f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
            )


def _contradictions(patch: Patch) -> Iterator[str]:
    """Yield what is wrong although each value by itself is right."""
    if isinstance(patch, BellPatch):
        for place, partial in enumerate(patch.partials, 1):
            highest_hz = patch.base_hz * partial.ratio + partial.beat_hz
            if highest_hz > _HIGHEST_HZ:
                yield f"partials {place} is at {highest_hz:.0f} Hz; expected up to {_HIGHEST_HZ:g}"
        slowest_ms = max(_SURE_ATTACK_MS, 500.0 * max(one.decay_s for one in patch.partials))
        if patch.attack_ms > slowest_ms:
            yield (
                f"attack_ms is {patch.attack_ms:g}, when the bell has all but died away;"
                f" expected up to {slowest_ms:g}"
            )
    elif isinstance(patch, BedPatch):
        if not patch.noise and not patch.drone:
            yield "there is nothing to hear; expected at least one [[noise]] or [[drone]]"
        for place, layer in enumerate(patch.noise, 1):
            if layer.low_hz >= layer.high_hz:
                yield f"noise {place}: low_hz is not below high_hz"
    else:
        yield from _pacer_contradictions(patch)


def _pacer_contradictions(patch: PacerPatch) -> Iterator[str]:
    if patch.low_hz >= patch.high_hz:
        yield "low_hz is not below high_hz, so the inhale would not rise"
    if not any(patch.harmonics):
        yield "harmonics are all 0, so there is nothing to hear"
    if patch.high_hz * len(patch.harmonics) > _HIGHEST_HZ:
        yield f"the highest of harmonics lies over {_HIGHEST_HZ:g} Hz"
