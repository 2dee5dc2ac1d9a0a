"""An entry of a header that is more than plain words: quotes, folded lines, lists of any sort."""

from __future__ import annotations

from typing import Any

import yaml

from voice_guide.script.syntax.directions import Wrong, quote
from voice_guide.script.syntax.entry import Entry, Text
from voice_guide.script.syntax.header import UNSPEAKABLE


def read_yaml(text: str) -> Entry:
    """Return the entry that the text means as YAML; raise `Wrong` where it is none."""
    try:
        return _events_to_entry(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at_the_end = mark is not None and mark.line >= text.count("\n")
        if mark is None or (at_the_end and mark.column >= len(text) - text.rfind("\n") - 1):
            mark = error.context_mark or mark  # what was left open, and not where the text ended
        down, offset = (mark.line, mark.column) if mark else (0, 0)
        down = min(down, text.count("\n"))
        hint = "Put double quotes round a value with a colon or another sign in it"
        raise Wrong(
            "a header line that cannot be read", "key: value", hint, offset, down
        ) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # odd signs, odd escapes
        raise Wrong("a character that cannot be read", "plain text") from error


def _events_to_entry(text: str) -> Entry:
    frame = yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent
    events = (
        event
        for event in yaml.parse(text, Loader=yaml.SafeLoader)
        if not isinstance(event, (*frame, yaml.DocumentEndEvent))
    )
    if not isinstance(next(events, None), yaml.MappingStartEvent) or text[0] in "{?":
        raise Wrong(f"{quote(text)} in the header", "key: value")
    key = _event_to_text(next(events))
    first = next(events)
    is_list = isinstance(first, yaml.SequenceStartEvent)
    values: list[Text] = []
    if is_list:
        _refuse_extras(first)
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(_event_to_text(event))
    else:
        values.append(_event_to_text(first))
    after = next(events)
    if not isinstance(after, yaml.MappingEndEvent) or next(events, None) is not None:
        raise Wrong("something after the value", "one key a line", *_place(after))
    return Entry(key, tuple(values), is_list)


def _event_to_text(event: Any) -> Text:
    _refuse_extras(event)
    if not isinstance(event, yaml.ScalarEvent):
        raise Wrong("a value within a value", "text or a plain list", *_place(event))
    text = " ".join(event.value.split())
    if event.style is None and text in ("~", "null"):
        text = ""
    if UNSPEAKABLE.search(event.value):
        raise Wrong("a control character", "plain text", *_place(event))
    _, offset, down = _place(event)
    return Text(text, down, offset)


def _place(event: Any) -> tuple[str, int, int]:
    """Return what follows `expected` in `Wrong`: no hint, the offset, the lines down."""
    return "", event.start_mark.column, event.start_mark.line


def _refuse_extras(event: Any) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor or event.tag:
        hint = "Put double quotes round text that begins with &, * or !"
        _, offset, down = _place(event)
        raise Wrong("an anchor, an alias or a tag", "plain text", hint, offset, down)
