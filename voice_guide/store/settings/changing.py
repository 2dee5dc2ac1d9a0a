"""Changes single settings in the listener's own file, and leaves all else as it is written."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import tomli_w
from msgspec import Struct

from voice_guide.errors import VoiceGuideError
from voice_guide.store.settings import Settings
from voice_guide.store.settings.loading import parse
from voice_guide.store.settings.places import Key, Statement, find_statements

Value = str | bool | int | float | list[Any] | dict[str, Any] | None
"""What a setting becomes; None takes it out, so that the program's own choice holds again."""


def change_text(text: str, changes: Mapping[Key, Value], kind: type[Struct] = Settings) -> str:
    """Return a text of settings with these changed, by their whole keys: `("sound", "bed")`.

    A dict stands for a whole table. Comments, order and all other values stay as they are, to the
    letter; the comment beside a setting that is taken out stays, too. `kind` is what the text is
    parsed into.

    Raises
    ------
    VoiceGuideError
        The settings would not be right afterwards.
    """
    new = text
    for key, value in changes.items():
        new = _set(new, key, value)
    _, faults = parse(_plain(new), kind)
    if faults:
        raise VoiceGuideError(
            f"The settings were not changed: {'; '.join(one.found for one in faults)}.",
            " ".join(f"It would take {one.expected}." for one in faults if one.expected),
        )
    _check(text, new, changes)
    return new


def _set(text: str, key: Key, value: Value) -> str:
    now = _read(text, key)
    if now == value and isinstance(now, bool) == isinstance(value, bool):
        return text
    statement = _whole(text, key)
    if statement is not None and (statement.key != key or value is not None):
        whole = _changed(_read(text, statement.key), statement.key, key, value)
        return _put(text, statement, whole)
    if value is None:
        return _take_out(text, key)
    if not isinstance(value, dict):
        return _insert(text, key, value)
    for name in now or {}:
        text = text if name in value else _take_out(text, (*key, name))
    for name, one in value.items():
        text = _set(text, (*key, name), one)
    return text if value or _is_there(text, key) else _append(text, _header(key, text))


def _take_out(text: str, key: Key) -> str:
    for one in reversed(find_statements(text)):
        if one.key[: len(key)] == key:
            kept = _comments(one, (*one.inside, one.behind), text)
            text = text[: one.start] + kept + text[one.end :]
    return text


def _put(text: str, statement: Statement, value: Any) -> str:
    """Give a statement another value; comments that stood inside it come to stand above it."""
    assert statement.value is not None
    span = statement.value
    above = _comments(statement, statement.inside, text)
    kept = text[statement.start : span.start]
    return text[: statement.start] + above + kept + _write(value) + text[span.stop :]


def _insert(text: str, key: Key, value: Any) -> str:
    """Set what is not set yet: behind the last setting of its table, or in a new table at the end.

    Where the table is written with dots, as in `sound.bed = "rain"`, what is new is, too.
    """
    table, name = key[:-1], key[-1:]
    within = [one for one in find_statements(text) if one.key[: len(table)] == table]
    near = [one for one in within if len(one.table) <= len(table)]
    near = [one for one in near if not one.is_header] or [one for one in near if one.key == table]
    if not near:
        line = f"{_name(name)} = {_write(value)}{_newline(text)}"
        return _append(text, _header(table, text) + line)
    last = near[-1]
    dotted = table[len(last.table) :]
    line = f"{last.indent}{_name(dotted + name)} = {_write(value)}{_newline(text)}"
    before = text[: last.end]
    before += "" if before.endswith(("\n", "\r")) else _newline(text)
    return before + line + text[last.end :]


def _comments(beside: Statement, comments: Iterable[str], text: str) -> str:
    """Return comments as lines of their own."""
    return "".join(f"{beside.indent}{one}{_newline(text)}" for one in comments if one)


def _append(text: str, block: str) -> str:
    end = _newline(text)
    if text and not text.endswith(("\n", "\r")):
        text += end
    gap = end if text.strip("\ufeff \t\r\n") and not text.endswith(end * 2) else ""
    return text + gap + block


def _header(key: Key, text: str) -> str:
    return f"[{_name(key)}]{_newline(text)}"


def _name(key: Key) -> str:
    return ".".join(tomli_w.dumps({part: 0}).rpartition(" = ")[0] for part in key)


def _write(value: Any) -> str:
    """Return a value as TOML, in one line."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_name((k,))} = {_write(v)}' for k, v in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def _whole(text: str, key: Key) -> Statement | None:
    """Return the `key = value` that sets the key, or a table in one line that it is a part of."""
    setting = (one for one in find_statements(text) if not one.is_header)
    return next((one for one in setting if one.key == key[: len(one.key)]), None)


def _is_there(text: str, key: Key) -> bool:
    return any(one.key[: len(key)] == key for one in find_statements(text))


def _read(text: str, key: Key) -> Any:
    """Return what is set under a key now, or None."""
    found: Any = tomllib.loads(_plain(text))
    for part in key:
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _changed(whole: Any, place: Key, key: Key, value: Value) -> Any:
    """Return a value that stands at `place` with the part of it at `key` changed."""
    if place == key:
        return value
    part = key[len(place)]
    inner = whole.get(part, {}) if isinstance(whole, dict) else {}
    new = _changed(inner, (*place, part), key, value)
    others = {name: one for name, one in whole.items() if name != part or new is not None}
    return others if new is None else others | {part: new}


def _check(old: str, new: str, changes: Mapping[Key, Value]) -> None:
    """Raise where anything else has changed, rather than harm what somebody wrote."""
    expected: Any = tomllib.loads(_plain(old))
    for key, value in changes.items():
        expected = _changed(expected, (), key, value)
    if _without_empty(expected) != _without_empty(tomllib.loads(_plain(new))):
        raise VoiceGuideError(
            "The settings are written in a way that could not be changed without harm.",
            "Change them in a text editor.",
        )


def _without_empty(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kept = {name: _without_empty(one) for name, one in value.items()}
    return {name: one for name, one in kept.items() if one != {}}


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _plain(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
