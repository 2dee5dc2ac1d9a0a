from __future__ import annotations

import time
from contextlib import suppress

import pytest

from voice_guide.errors import Fault, ScriptError
from voice_guide.script.parse import MOST_BYTES, parse

HEADER = "---\ntitle: Rest\nkind: rituals\nlength: 3-12 min\n---\n"


def faults_of(text: str) -> tuple[Fault, ...]:
    with pytest.raises(ScriptError) as caught:
        parse(text, "test")
    return caught.value.faults


BODY_FAULTS = [
    ("Rest.\n[paus 5s]", 7, 2, 'unknown direction "paus"', "Did you mean pause?"),
    ("[for each anker]\nA.", 6, 2, "unknown direction", "Did you mean for each anchor?"),
    ("[one off]", 6, 2, "unknown direction", "Did you mean one of?"),
    ("[]", 6, 2, "an empty direction", ""),
    ("Rest [pause 5s", 6, 6, "a [ that is never closed", ""),
    ("[pause [bell]", 6, 1, "a [ that is never closed", ""),
    ("Rest ] now", 6, 6, "a ] without its [", ""),
    ("[pause]", 6, 7, "no time", ""),
    ("[pause 5]", 6, 8, "a time without a unit", "Did you mean 5s?"),
    ("[pause 5-20]", 6, 8, "a time without a unit", "Did you mean 5-20s?"),
    ("[pause 0s]", 6, 8, "a time of zero", ""),
    ("[pause -5s]", 6, 8, "a time below zero", ""),
    ("[pause nan s]", 6, 8, '"nan s" where a time belongs', ""),
    ("[pause inf s]", 6, 8, '"inf s" where a time belongs', ""),
    ("[pause 1e9 s]", 6, 8, '"1e9 s" where a time belongs', ""),
    ("[pause 20-5s]", 6, 8, "a range that runs backwards", "Did you mean 5-20 s?"),
    ("[pause 31 min]", 6, 8, "a time as long as", ""),
    ("[tense 61s]", 6, 8, "a time as long as", ""),
    ("[pause 99999999999999999999 s]", 6, 8, "where a time belongs", ""),
    ("[breathe]", 6, 2, "no pattern", ""),
    ("[breathe 4-7-8]", 6, 10, "no rounds", ""),
    ("[breathe 0-7-8, 4 rounds]", 6, 10, "0 seconds of breath", ""),
    ("[breathe 4-7-0, 4 rounds]", 6, 10, "0 seconds of breath", ""),
    ("[breathe 0.1-5, 4 rounds]", 6, 10, "0.1 seconds of breath", ""),
    ("[breathe -4-7-8, 4 rounds]", 6, 10, "a number below zero", ""),
    ("[breathe 4-nan-8, 4 rounds]", 6, 10, "where a breath pattern belongs", ""),
    ("[breathe 4-61-8, 4 rounds]", 6, 10, "61 seconds of breath", ""),
    ("[breathe 40+40-0-8, 4 rounds]", 6, 10, "80 seconds of breath", ""),
    ("[breathe 4, 4 rounds]", 6, 10, 'the pattern "4"', ""),
    ("[breathe 4-4-4-4-4, 4 rounds]", 6, 10, "the pattern", ""),
    ("[breathe 4-7+1-8, 4 rounds]", 6, 10, "the pattern", ""),
    ("[breathe 1+1+1-7-8, 4 rounds]", 6, 10, "the pattern", ""),
    ("[breathe 4-7-8, 0 rounds]", 6, 17, "no rounds at all", ""),
    ("[breathe 4-7-8, -4 rounds]", 6, 17, "a number below zero", ""),
    ("[breathe 4-7-8, 4.5 rounds]", 6, 17, "where a number belongs", ""),
    ("[breathe 4-7-8, 8-4 rounds]", 6, 17, "backwards", "Did you mean 4-8 rounds?"),
    ("[breathe 4-7-8, 101 rounds]", 6, 17, "101 rounds", ""),
    ("[breathe 4-7-8, 4]", 6, 17, "without the word rounds", "Did you mean 4 rounds?"),
    ("[breathe 4-7-8, rounds]", 6, 17, "where a number belongs", ""),
    ("[breathe 4-7-8, 4 rounds, cuonted]", 6, 27, "unknown word", "Did you mean counted?"),
    ("[breathe 4-7-8, 4 rounds, 5 rounds]", 6, 27, "said before", ""),
    ("[bed]", 6, 5, "no sound", ""),
    ("[bed rain and wind]", 6, 6, "where the name of a sound belongs", ""),
    ("[bell ../x]", 6, 7, "where the name of a sound belongs", ""),
    ("[end]", 6, 1, "an [end] with nothing to end", ""),
    ("[end 2]", 6, 6, '"2" after the direction', ""),
    ("[repeat]\nA.\n[end]", 6, 8, "no number", ""),
    ("[repeat 51 times]\nA.\n[end]", 6, 9, "where a number of times belongs", ""),
    ("[repeat 0 times]\nA.\n[end]", 6, 9, "where a number of times belongs", ""),
    ("[repeat 2 times]\n[end]\nA.", 6, 1, "a loop with nothing in it", ""),
    ("A.\n[repeat 2 times]\nB.", 7, 1, "a loop still open at the end of the file", ""),
    ("A. [repeat 2 times]\nB.\n# Next\nC.\n[end]", 6, 4, 'open at the heading "Next"', ""),
    (
        "[for each anchor]\n[for each anchor]\nA.\n[end]\n[end]",
        7,
        1,
        "[for each anchor] within",
        "",
    ),
    ("[repeat 2 times]\n" * 5 + "A.\n" + "[end]\n" * 5, 10, 1, "loops more than 4 deep", ""),
    (
        "[repeat 50 times]\n[repeat 50 times]\n[repeat 50 times]\nA.\n[end]\n[end]\n[end]",
        6,
        1,
        "unfolds to more than 5,000 parts",
        "",
    ),
    ("- One\n", 6, 1, "a list without [one of]", ""),
    ("[one of]\nRest.", 6, 1, "[one of] without a list", ""),
    ("[one of]\n- One\n- …", 8, 1, "a choice without words", ""),
    ("[one of]\n- One [pause 5s]", 7, 7, "a direction in a list", ""),
    ("[one of]\n" + "- One\n" * 501, 507, 1, "more than 500 choices", ""),
    ("Rest, {nmae}.", 6, 7, 'unknown placeholder "{nmae}"', "Did you mean {name}?"),
    ("> Rest, {Anchor}.", 6, 9, "unknown placeholder", "Did you mean {anchor}?"),
    ("[one of]\n- So {x}", 7, 6, "unknown placeholder", ""),
    ("Rest { now", 6, 6, "a stray brace", ""),
    ("A.\n#", 7, 1, "a heading without words", ""),
    ("#Rest\nA.", 6, 1, "a heading without a space", "Did you mean # Rest?"),
    ("### Rest\nA.", 6, 1, "a heading 3 levels deep", ""),
    ("# Rest\n# Now\nA.", 6, 1, 'the section "Rest" with nothing in it', ""),
    ("A.\n\n  ---\n", 8, 3, "a ruled line", ""),
    ("A.\n\n…!", 8, 1, "a paragraph without words", ""),
    ("A.\n> 🙂", 7, 1, "an affirmation without words", ""),
    ("A. <!-- and\nso on", 6, 4, "a comment that is never closed", ""),
    ("A.\nB\x00C", 7, 2, "a control character (U+0000)", ""),
    ("A.\nB\x1b[0m", 7, 2, "a control character (U+001B)", ""),
    ("A \udc80", 6, 3, "a control character (U+DC80)", ""),
    ("", 5, 1, "a script without a word", ""),
]


@pytest.mark.parametrize(
    ("body", "line", "column", "found", "hint"), BODY_FAULTS, ids=lambda value: repr(value)[:40]
)
def test_a_fault_in_the_body_is_placed_and_explained(
    body: str, line: int, column: int, found: str, hint: str
) -> None:
    fault = next(fault for fault in faults_of(HEADER + body) if found in fault.found)
    assert (fault.line, fault.column) == (line, column)
    assert fault.expected
    assert fault.hint == hint or not hint


@pytest.mark.parametrize("body", [row[0] for row in BODY_FAULTS], ids=lambda body: repr(body)[:40])
def test_one_slip_makes_at_most_two_faults(body: str) -> None:
    assert len(faults_of(HEADER + body)) <= 2


@pytest.mark.parametrize(
    ("lines", "line", "column", "found", "hint"),
    [
        ("titel: A", 5, 1, 'an unknown key "titel"', "Did you mean title?"),
        ("closing_bel: A", 5, 1, "an unknown key", "Did you mean closing_bell?"),
        ("title: B", 5, 1, "title a second time", ""),
        ("bed:", 5, 1, "bed without a value", ""),
        ("bed: ~", 5, 1, "bed without a value", ""),
        ("bed: [rain, wind]", 5, 7, "a list for bed", ""),
        ("bed: my rain", 5, 6, "where the name of a sound belongs", ""),
        ("eyes: shut", 5, 7, 'an unknown eyes "shut"', ""),
        ("eyes: clsoed", 5, 7, "an unknown eyes", "Did you mean closed?"),
        ("language: English!", 5, 11, "the language", ""),
        ("summary: Breathe: slowly", 5, 17, "a header line that cannot be read", ""),
        ('summary: "open', 5, 10, "a header line that cannot be read", ""),
        ("summary: &a text", 5, 10, "an anchor, an alias or a tag", ""),
        ("summary: *a", 5, 10, "an anchor, an alias or a tag", ""),
        ("summary: !!python/object:os.system x", 5, 10, "an anchor, an alias or a tag", ""),
        ("sources: [&a [*a, *a], b]", 5, 11, "an anchor", ""),
        ("sources: [[a], b]", 5, 11, "a value within a value", ""),
        ("sources:\n  key: value", 6, 3, "a value within a value", ""),
        ('cautions: ["", a]', 5, 12, "an empty value in cautions", ""),
        ('summary: "a\\0b"', 5, 10, "a control character", ""),
        ('summary: "\\U00110000"', 5, 1, "a character that cannot be read", ""),
        ("just words", 5, 1, '"just words" in the header', ""),
        ("sources: " + "[" * 15_000, 5, 11, "a value within a value", ""),
        ("sources: [" + "a, " * 10_000 + "]", 2, 1, "a header as long as a book", ""),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_fault_in_the_header_is_placed_and_explained(
    lines: str, line: int, column: int, found: str, hint: str
) -> None:
    text = HEADER.replace("---\n", "", 1).replace("---", f"{lines}\n---")
    (fault,) = faults_of("---\n" + text + "Rest.")
    assert found in fault.found
    assert (fault.line, fault.column) == (line, column)
    assert fault.expected
    assert fault.hint == hint or not hint


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", 1, "an empty text"),
        (" \n\t\n", 1, "an empty text"),
        ("Rest.", 1, "no header"),
        ("\n\nRest.", 3, "no header"),
        (
            "---\ntitle: A\nkind: rituals\nlength: 3 min\n\nRest.",
            1,
            "a header that is never closed",
        ),
        (HEADER, 5, "a script without a word"),
        (HEADER + "<!-- nothing -->\n\n", 6, "a script without a word"),
        ("x" * (MOST_BYTES + 1), 1, "a file of more than 1 MB"),
        ("é" * (MOST_BYTES // 2 + 1), 1, "a file of more than 1 MB"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_text_that_is_no_script_is_explained(text: str, line: int, found: str) -> None:
    (fault,) = faults_of(text)
    assert found in fault.found
    assert fault.line == line


@pytest.mark.parametrize("key", ["title", "kind", "length"])
def test_a_header_without_a_key_it_needs_is_explained(key: str) -> None:
    lines = [line for line in HEADER.split("\n") if not line.startswith(key)]
    (fault,) = faults_of("\n".join(lines) + "Rest.")
    assert fault.found == f"a header without {key}"
    assert fault.line == 1


@pytest.mark.parametrize(
    ("old", "new", "column", "found", "hint"),
    [
        ("kind: rituals", "kind: breathign", 7, "an unknown kind", "Did you mean breathing?"),
        ("3-12 min", "12-3 min", 9, "a range that runs backwards", "Did you mean 3-12 min?"),
        ("3-12 min", "3-12", 9, "a time without a unit", ""),
        ("3-12 min", "4 hours", 9, "a time as long as", ""),
        ("3-12 min", "0 min", 9, "a time of zero", ""),
        ("3-12 min", ".nan", 9, "where a time belongs", ""),
        ("3-12 min", "[3, 12]", 10, "a list for length", ""),
    ],
)
def test_a_wrong_value_in_the_header_is_explained(
    old: str, new: str, column: int, found: str, hint: str
) -> None:
    (fault,) = faults_of(HEADER.replace(old, new) + "Rest.")
    assert found in fault.found
    assert fault.column == column
    assert fault.hint == hint or not hint


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = (
        "---\ntitel: A\nkind: slep\nlength: 9-3 min\nbed: [a]\n---\n"
        "[paus 5s]\n\n# \n[breathe 0-7-8, 500 rounds, loud]\nHello {you}.\n[end]\n"
    )
    found = faults_of(text)
    assert [fault.line for fault in found] == [1, 2, 3, 4, 5, 7, 9, 10, 10, 10, 11, 12]


def test_a_loop_that_a_heading_cut_short_leaves_no_second_fault() -> None:
    (fault,) = faults_of(HEADER + "[repeat 2 times]\nA.\n# Next\nB.\n[end]\n")
    assert fault.line == 6


def test_parts_are_counted_across_sections() -> None:
    section = "# Breathe\n[repeat 50 times]\n[breathe 4-6, 60 rounds]\n[end]\n"
    assert parse(HEADER + section)
    (fault,) = faults_of(HEADER + section * 2)
    assert "unfolds" in fault.found
    assert fault.line == 11


def test_a_file_that_is_no_script_at_all_is_not_read_to_its_end() -> None:
    with pytest.raises(ScriptError, match="is this a script at all") as caught:
        parse(HEADER + "]\n" * 100_000)
    assert len(caught.value.faults) == 100


GARBAGE = {
    "brackets": "[\n",
    "closing brackets": "]",
    "comments": "<!--x-->",
    "open comments": "<!--\n",
    "loops": "[repeat 2 times]\n",
    "bells": "[bell]",
    "braces": "{",
    "placeholders": "{name}",
    "words": "word. ",
    "paragraphs": "word.\n\n",
    "headings": "# a\nb\n",
    "choices": "- a\n",
    "blanks": " \t",
    "blank lines": "\n",
}


def _seconds_to_read(text: str) -> float:
    # The processor's time: what else runs on the machine does not count.
    start = time.process_time()
    with suppress(ScriptError):
        parse(text)
    return time.process_time() - start


@pytest.mark.parametrize("piece", GARBAGE.values(), ids=GARBAGE)
def test_eight_times_the_text_takes_about_eight_times_the_time(piece: str) -> None:
    start = HEADER + "A\n[one of]\n"
    little, much = (start + piece * (size // len(piece)) for size in (25_000, 200_000))
    # Anything quadratic takes 64 times as long. Below 50 ms the clock says more than the parser,
    # and whoever was disturbed may try again.
    assert any(_seconds_to_read(much) <= 24 * _seconds_to_read(little) + 0.05 for _ in range(3))
