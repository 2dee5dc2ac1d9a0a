"""What a setting may be, in words, from the type that it has."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from typing import Any, Final

from msgspec import inspect

_SHOWN: Final = 60
"""Characters of a value that are enough to know it again."""

_PLAIN: Final[dict[type[inspect.Type], str]] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time",
    inspect.DateType: "a date",
    inspect.TimeType: "a time",
}


def describe_type(kind: Any) -> str:
    """Return what a value of this type may be: `a whole number from 80 to 300`.

    A `description` in the type's `Meta` is taken as it is.
    """
    return _describe(inspect.type_info(kind))


def describe_value(value: object) -> str:
    """Return a value as it might stand in the file, shortened where it is long."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        text = f"[{', '.join(map(describe_value, value))}]"
    elif isinstance(value, datetime | date | time):
        text = value.isoformat()
    elif isinstance(value, float):
        text = repr(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _describe(kind: inspect.Type) -> str:
    words = _PLAIN.get(type(kind), "something else")
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            words = str((schema or {}).get("description") or _describe(inner))
        case inspect.UnionType(types=types):
            kinds = [one for one in types if not isinstance(one, inspect.NoneType)]
            words = " or ".join(map(_describe, kinds))
        case inspect.LiteralType(values=values):
            *others, last = map(describe_value, values)
            words = f"{', '.join(others)} or {last}" if others else last
        case inspect.IntType():
            words = f"a whole number{_range(kind)}"
        case inspect.FloatType():
            words = f"a number{_range(kind)}"
        case inspect.StrType():
            words = f"text{_size(kind.min_length, kind.max_length, 'character')}"
        case inspect.VarTupleType() | inspect.ListType():
            count = _size(kind.min_length, kind.max_length, "entry", "entries")
            words = f"a list{count or ' of entries'}, each {_describe(kind.item_type)}"
    return words


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.gt is not None:
        least = f" above {kind.gt:g}"
        return least if kind.le is None else f"{least}, at most {kind.le:g}"
    if kind.ge is not None:
        return (
            f" of at least {kind.ge:g}" if kind.le is None else f" from {kind.ge:g} to {kind.le:g}"
        )
    return "" if kind.le is None else f" of at most {kind.le:g}"


def _size(least: int | None, most: int | None, one: str, many: str = "") -> str:
    many = many or f"{one}s"
    if least and most:
        return f" of {least} to {most} {many}"
    if least:
        return f" of at least {least} {one if least == 1 else many}"
    return "" if most is None else f" of up to {most} {many}"
