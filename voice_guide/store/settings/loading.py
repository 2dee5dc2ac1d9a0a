"""Reads the settings file, and finds every fault in it at once."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec import Struct

from voice_guide.errors import Fault, StoreCorrupt
from voice_guide.store.reading import read_text
from voice_guide.store.settings import Settings
from voice_guide.store.settings.allowed import describe_type, describe_value
from voice_guide.store.settings.places import Key, Statement, find_statement, find_statements
from voice_guide.store.settings.tables import read_tables

T = TypeVar("T", bound=Struct)


def load(path: Path) -> Settings:
    """Return the settings in the file, or the defaults where there is no file.

    Raises
    ------
    StoreCorrupt
        The file cannot be read, or something in it is wrong; every fault is named.
    """
    text = read_text(path, may_be_empty=True) if os.path.lexists(path) else ""
    settings, faults = parse(text, Settings)
    if settings is None:
        raise StoreCorrupt(
            "\n".join([f"The settings in {path} cannot be used:", *(f"  {one}" for one in faults)]),
            "Mend the file, or move it away to start afresh. It has not been changed.",
        )
    return settings


def parse(text: str, kind: type[T]) -> tuple[T | None, tuple[Fault, ...]]:
    r"""Return what a text says, or None and every fault in it, from top to bottom.

    Parameters
    ----------
    text
        With line ends as `\n`.
    kind
        A struct whose fields are the tables: each a struct, or a dict of structs by name, which
        stands for tables such as `[ritual.morning]`.
    """
    tables = read_tables(text)
    reader = _Reader(tables.text, list(tables.faults))
    sections = {
        name: section
        for name, value in tables.values.items()
        if (section := reader.read_section(name, value, kind)) is not None
    }
    if reader.faults:
        return None, tuple(sorted(reader.faults))
    return kind(**sections), ()


class _Reader:
    """Turns tables into structs, and keeps what is wrong with them."""

    def __init__(self, text: str, faults: list[Fault]) -> None:
        self.faults = faults
        self._text = text
        self._statements: list[Statement] | None = None

    def read_section(self, name: str, value: Any, root: type[Struct]) -> Any:
        """Return what stands in one table of the file, or None where it has a fault."""
        kinds = _types(root)
        if name not in kinds:
            if isinstance(value, dict):
                self._tell((name,), f'there is no table "{name}"', hint=_meant(name, kinds))
            else:
                homes = [f"[{one}]" for one, kind in kinds.items() if name in _types(kind)]
                hint = f"Does it belong to {' or '.join(homes)}?" if homes else _meant(name, kinds)
                self._tell((name,), f'"{name}" stands in no table', hint=hint)
            return None
        kind = kinds[name]
        if get_origin(kind) is not dict:
            return self._read_table((name,), value, kind)
        if not self._is_table((name,), value):
            return None
        key_kind, kind = get_args(kind)
        return {
            one: self._read_table((name, one), table, kind)
            for one, table in value.items()
            if self._is_good((name, one), one, key_kind, f'the name "{one}" in [{name}.…]')
        }

    def _read_table(self, key: Key, table: Any, kind: type[T]) -> T | None:
        if not self._is_table(key, table):
            return None
        types, known = _types(kind), len(self.faults)
        for name, value in table.items():
            found = f"{name} in [{'.'.join(key)}]"
            if name not in types:
                self._tell((*key, name), f"{found} is not a setting", hint=_meant(name, types))
            else:
                shown = f"{found} is {describe_value(value)}"
                self._is_good((*key, name), value, types[name], shown)
        for field in msgspec.structs.fields(kind):
            if field.required and field.name not in table:
                found = f"[{'.'.join(key)}] lacks {field.name}"
                self._tell(key, found, describe_type(field.type))
        if len(self.faults) > known:
            return None
        try:
            return msgspec.convert(table, kind)
        except msgspec.ValidationError as error:  # what its fields say of one another
            self._tell(key, f"[{'.'.join(key)}]: {str(error).split(' - at')[0]}")
            return None

    def _is_table(self, key: Key, value: Any) -> bool:
        if not isinstance(value, dict):
            found = f"{'.'.join(key)} is {describe_value(value)}"
            self._tell(key, found, f"a table: [{'.'.join(key)}]")
        return isinstance(value, dict)

    def _is_good(self, key: Key, value: Any, kind: Any, found: str) -> bool:
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError:
            self._tell(key, found, describe_type(kind))
            return False
        return True

    def _tell(self, key: Key, found: str, expected: str = "", hint: str = "") -> None:
        if self._statements is None:
            self._statements = find_statements(self._text)
        place = find_statement(self._statements, key)
        line, column = (place.line, place.column) if place else (1, 1)
        self.faults.append(Fault(line, column, found, expected, hint))


def _types(kind: Any) -> dict[str, Any]:
    """Return the type of each field of a struct; nothing for what is none."""
    is_struct = isinstance(kind, type) and issubclass(kind, Struct)
    return {one.name: one.type for one in msgspec.structs.fields(kind)} if is_struct else {}


def _meant(name: str, known: Iterable[str]) -> str:
    names: Sequence[str] = tuple(known)
    near = difflib.get_close_matches(name, names, n=1)
    return f"Did you mean {near[0]}?" if near else f"There are {', '.join(names)}."
