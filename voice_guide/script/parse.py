"""Text to a script, or to every fault in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from voice_guide.errors import ScriptError
from voice_guide.script.model import (
    Affirmation,
    Breathe,
    ForEachAnchor,
    Header,
    Item,
    OneOf,
    Paragraph,
    Repeat,
    Script,
    Section,
)
from voice_guide.script.syntax.directions import End, Wrong, did_you_mean, quote, read_direction
from voice_guide.script.syntax.header import (
    MOST_FAULTS,
    UNSPEAKABLE,
    EnoughFaults,
    Faults,
    read_header,
)
from voice_guide.script.text import blank_comments

MOST_BYTES: Final = 1_000_000
MOST_ITEMS: Final = 5_000
"""In a script with its loops unfolded and each round counted: more than ten hours of breath."""
MOST_CHOICES: Final = 500
MOST_ANCHORS: Final = 8
"""How often a loop over anchors is thought to turn when items are counted."""
DEEPEST_LOOP: Final = 4

_FENCE: Final = "---"
_PLACEHOLDERS: Final = ("name", "anchor")
_BRACE = re.compile(r"\{[^{}]*\}|[{}]")


def parse(text: str, name: str = "script") -> Script:
    """Return the script that the text means.

    Raises:
        ScriptError: with every fault of the text, in the order of its lines.
    """
    faults = Faults()
    hint = ""
    script: Script | None = None
    try:
        script = _read_script(text, faults)
    except EnoughFaults:
        if len(faults.found) >= MOST_FAULTS:
            hint = f"These are the first {MOST_FAULTS}; is this a script at all?"
    if script is None or faults.found:
        raise ScriptError(name, tuple(sorted(set(faults.found))), hint)
    return script


def _read_script(text: str, faults: Faults) -> Script | None:
    if len(text) > MOST_BYTES or len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        faults.add(1, 1, "a file of more than 1 MB", "a script, a few pages long")
        return None
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = [_without_controls(line, number, faults) for number, line in _count(text.split("\n"))]
    opening = next((number for number, line in _count(lines) if line.strip()), None)
    if opening is None:
        faults.add(1, 1, "an empty text", f"a header between two lines of {_FENCE}")
        return None
    header, body_line = _read_top(lines, opening, faults)
    sections = _read_body(lines, body_line, faults)
    if not sections and not faults.found:
        last = max(number for number, line in _count(lines) if line.strip())
        faults.add(last, 1, "a script without a word", "something to say or to do")
    return Script(header, sections) if header else None


def _count(lines: list[str]) -> Iterator[tuple[int, str]]:
    return enumerate(lines, 1)


def _without_controls(line: str, number: int, faults: Faults) -> str:
    match = UNSPEAKABLE.search(line)
    if match is None:
        return line
    code = f"U+{ord(match[0]):04X}"
    faults.add(number, match.start() + 1, f"a control character ({code})", "plain text")
    return UNSPEAKABLE.sub(" ", line)


def _read_top(lines: list[str], opening: int, faults: Faults) -> tuple[Header | None, int]:
    """Return the header and the number of the line on which the body begins."""
    if lines[opening - 1].rstrip() != _FENCE:
        hint = "Begin with ---, then title, kind and length, then --- again"
        faults.add(opening, 1, "no header", f"a line of {_FENCE}", hint)
        return None, opening
    closing = next((n for n, line in _count(lines) if n > opening and line.rstrip() == _FENCE), 0)
    body_line = closing + 1
    if not closing:
        faults.add(opening, 1, "a header that is never closed", f"a second line of {_FENCE}")
        blank = (n for n, line in _count(lines) if n > opening and not line.strip())
        closing = body_line = next(blank, len(lines) + 1)
    return read_header(lines[opening : closing - 1], opening + 1, faults), body_line


def _read_body(lines: list[str], first: int, faults: Faults) -> tuple[Section, ...]:
    body = _Body(faults)
    last_close = max((n for n, line in _count(lines) if "-->" in line), default=0)
    inside = False
    for number in range(first, len(lines) + 1):
        line = lines[number - 1]
        shown, still_inside, opened = blank_comments(line, inside)
        if still_inside and not inside and number >= last_close:
            faults.add(number, opened + 1, "a comment that is never closed", "-->")
            still_inside = False
        touched = inside or shown != line
        inside = still_inside
        if shown.strip():
            body.read_line(shown, number)
        elif not touched:
            body.end_block()
    return body.finish()


@dataclass
class _Block:
    """Lines that belong together until something else begins."""

    line: int
    column: int
    lines: list[str] = field(default_factory=list)

    def text(self) -> str:
        return " ".join(" ".join(self.lines).split())


@dataclass
class _Loop:
    """A loop that is still open; the outermost is the section itself."""

    opening: Item
    items: list[Item] = field(default_factory=list)
    weight: int = 0


class _Body:
    """What has been read so far below the header."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._sections: list[Section] = []
        self._title = ""
        self._title_line = 0
        self._loops = [_Loop(Item())]
        self._paragraph: _Block | None = None
        self._one_of: Item | None = None
        self._choices: list[_Block] = []
        self._choice_open = False
        self._choice_line = 0
        self._ends_to_come = 0

    def read_line(self, line: str, number: int) -> None:
        """Take in one line that is not blank."""
        column = len(line) - len(line.lstrip()) + 1
        if line[column - 1] == "#":
            self._read_heading(line.strip(), number, column)
            return
        for start, piece, bracketed in self._split(line, number):
            if bracketed:
                self._read_brackets(piece, number, start)
            elif piece.strip():
                lead = len(piece) - len(piece.lstrip())
                self._check_words(piece, number, start)
                self._read_words(piece.strip(), number, start + lead)

    def end_block(self) -> None:
        """Take in a blank line: a paragraph and a choice end, a list may go on."""
        self._choice_open = False
        if self._paragraph is not None:
            block, self._paragraph = self._paragraph, None
            text = block.text()
            if self._is_speakable(text, block, "a paragraph"):
                self._add(Paragraph(text, line=block.line, column=block.column))

    def finish(self) -> tuple[Section, ...]:
        """Return the sections once the last line is in."""
        self._end_section("the end of the file")
        return tuple(self._sections)

    def _split(self, line: str, number: int) -> Iterator[tuple[int, str, bool]]:
        """Yield column, text and whether it stood in brackets, for each piece of the line."""
        at = 0
        while at < len(line):
            opening = line.find("[", at)
            stop = len(line) if opening < 0 else opening
            if at < stop:
                yield at + 1, line[at:stop], False
            if opening < 0:
                return
            closing = line.find("]", opening)
            again = line.find("[", opening + 1, closing if closing >= 0 else len(line))
            if closing < 0 or again >= 0:
                self._faults.add(number, opening + 1, "a [ that is never closed", "a ]")
                at = again if again >= 0 else len(line)
            else:
                yield opening + 1, line[opening + 1 : closing], True
                at = closing + 1

    def _check_words(self, piece: str, number: int, column: int) -> None:
        stray = piece.find("]")
        if stray >= 0:
            self._faults.add(number, column + stray, "a ] without its [", "a [ before it")
        for match in _BRACE.finditer(piece):
            word = match[0].strip("{} ")
            if match[0] not in ("{name}", "{anchor}"):
                near = did_you_mean(word, _PLACEHOLDERS).removeprefix("Did you mean ")
                hint = f"Did you mean {{{near.rstrip('?')}}}?" if near else ""
                found = f"an unknown placeholder {quote(match[0])}" if word else "a stray brace"
                place = column + match.start()
                self._faults.add(number, place, found, "{name} or {anchor}", hint)

    def _read_words(self, text: str, number: int, column: int) -> None:
        """Take in text that stands at the start of a line or after a direction."""
        if text[0] == "#":
            self._read_heading(text, number, column)
        elif text[0] == ">":
            self._read_affirmation(text, number, column)
        elif len(text) >= 3 and text[0] in "-*_=" and not text.strip(text[0]):
            self._end_all()
            self._faults.add(number, column, f"a ruled line {quote(text)}", "# and a heading")
        elif text[0] in "-*" and (len(text) == 1 or text[1].isspace()):
            self._read_choice(text[1:], number, column)
        elif self._choice_open:
            self._choices[-1].lines.append(text)
        else:
            self._end_one_of()
            if self._paragraph is None:
                self._paragraph = _Block(number, column)
            self._paragraph.lines.append(text)

    def _read_heading(self, text: str, number: int, column: int) -> None:
        marks = len(text) - len(text.lstrip("#"))
        title = " ".join(text[marks:].split())
        bare = title.rstrip("#")
        if bare != title and (not bare or bare.endswith(" ")):
            title = bare.strip()
        self._end_section(f"the heading {quote(title)}")
        self._title, self._title_line = title, number
        if marks > 2:
            self._faults.add(number, column, f"a heading {marks} levels deep", "# or ##")
        elif not title:
            self._faults.add(number, column, "a heading without words", "# and a few words")
        elif not text[marks].isspace():
            hint = f"Did you mean {text[:marks]} {title[:40]}?"
            self._faults.add(number, column, "a heading without a space", "# and a space", hint)

    def _read_affirmation(self, text: str, number: int, column: int) -> None:
        self._end_all()
        block = _Block(number, column, [text.lstrip("> \t")])
        if self._is_speakable(block.text(), block, "an affirmation"):
            self._add(Affirmation(block.text(), line=number, column=column))

    def _read_choice(self, text: str, number: int, column: int) -> None:
        if self._one_of is None:
            hint = "Put [one of] above the list, or write a sentence"
            self.end_block()
            self._faults.add(number, column, "a list without [one of]", "a sentence", hint)
            return
        if len(self._choices) == MOST_CHOICES:
            found = f"more than {MOST_CHOICES} choices"
            self._faults.stop(number, column, found, "a shorter list")
        self._choices.append(_Block(number, column, [text]))
        self._choice_open = True
        self._choice_line = number

    def _read_brackets(self, inner: str, number: int, column: int) -> None:
        if self._choice_open and self._choice_line == number:
            found = f"a direction in a list, {quote(f'[{inner}]')}"
            self._faults.add(number, column, found, "words alone, in every item of [one of]")
            return
        self._end_all()
        try:
            self._obey(read_direction(inner, number, column))
        except* Wrong as group:
            for wrong in group.exceptions:
                assert isinstance(wrong, Wrong)
                self._faults.add_wrong(wrong, number, column + 1)

    def _obey(self, item: Item) -> None:
        if isinstance(item, End):
            self._close_loop(item)
        elif isinstance(item, OneOf):
            self._one_of = item
        elif isinstance(item, Repeat | ForEachAnchor):
            if isinstance(item, ForEachAnchor) and any(
                isinstance(loop.opening, ForEachAnchor) for loop in self._loops
            ):
                found = "[for each anchor] within [for each anchor]"
                self._faults.add(item.line, item.column, found, "one of the two")
            if len(self._loops) == DEEPEST_LOOP + 1:
                found = f"loops more than {DEEPEST_LOOP} deep"
                self._faults.add(item.line, item.column, found, "fewer loops within loops")
            self._loops.append(_Loop(item))
        else:
            self._add(item)

    def _close_loop(self, end: Item) -> None:
        if len(self._loops) == 1:
            if self._ends_to_come:
                self._ends_to_come -= 1
            else:
                expected = "[repeat 2 times] or [for each anchor] before it"
                self._faults.add(end.line, end.column, "an [end] with nothing to end", expected)
            return
        loop = self._loops.pop()
        place = loop.opening.line, loop.opening.column
        if not loop.items:
            self._faults.add(*place, "a loop with nothing in it", "something before [end]")
        if len(self._loops) > DEEPEST_LOOP:  # a fault already, and not worth keeping
            return
        if isinstance(loop.opening, Repeat | ForEachAnchor):
            times = loop.opening.times if isinstance(loop.opening, Repeat) else MOST_ANCHORS
            self._add(replace(loop.opening, items=tuple(loop.items)), loop.weight * times)

    def _add(self, item: Item, weight: int = 1) -> None:
        if isinstance(item, Breathe):
            weight = item.rounds.maximum
        loop = self._loops[-1]
        loop.items.append(item)
        loop.weight += weight
        if loop.weight > MOST_ITEMS:
            found = f"a script that unfolds to more than {MOST_ITEMS:,} parts"
            self._faults.stop(item.line, item.column, found, "fewer rounds or repeats")

    def _is_speakable(self, text: str, block: _Block, what: str) -> bool:
        if any(character.isalnum() for character in text):
            return True
        self._faults.add(block.line, block.column, f"{what} without words", "words to say")
        return False

    def _end_one_of(self) -> None:
        """Close the list of choices, if one is open."""
        if self._one_of is None:
            return
        opening, self._one_of = self._one_of, None
        blocks, self._choices = self._choices, []
        self._choice_open = False
        if not blocks:
            expected = "a list below it, each line begun with -"
            self._faults.add(opening.line, opening.column, "[one of] without a list", expected)
        kept = [block for block in blocks if self._is_speakable(block.text(), block, "a choice")]
        if kept:
            choices = tuple(block.text() for block in kept)
            self._add(OneOf(choices, line=opening.line, column=opening.column))

    def _end_all(self) -> None:
        self.end_block()
        self._end_one_of()

    def _end_section(self, what: str) -> None:
        self._end_all()
        for loop in self._loops[1:]:
            found = f"a loop still open at {what}"
            self._faults.add(loop.opening.line, loop.opening.column, found, "[end] before it")
        self._ends_to_come += len(self._loops) - 1
        outermost = self._loops[0]
        if self._title_line and not outermost.items and len(self._loops) == 1:
            found = f"the section {quote(self._title)} with nothing in it"
            hint = "Write its words below it, or take the heading away"
            self._faults.add(self._title_line, 1, found, "words or directions", hint)
        if outermost.items:
            title, line = self._title, self._title_line
            self._sections.append(Section(title, tuple(outermost.items), line=line))
        self._loops = [_Loop(Item(), weight=outermost.weight)]
