from __future__ import annotations

import pytest

from voice_guide.errors import ScriptError
from voice_guide.script import model as m
from voice_guide.script.parse import parse
from voice_guide.script.syntax.directions import read_length

HEADER = "---\ntitle: Rest\nkind: rituals\nlength: 3-12 min\n---\n"


def items(body: str) -> tuple[m.Item, ...]:
    (section,) = parse(HEADER + body).sections
    return section.items


def test_the_header_is_read_with_its_defaults() -> None:
    header = parse(HEADER + "Rest.").header
    assert header == m.Header(title="Rest", kind="rituals", length=m.Elastic(180.0, 720.0))


def test_every_key_of_the_header_is_read() -> None:
    text = (
        '---\n# a remark\ntitle: "Wait: here"\nsummary: >\n  One\n  two.\nkind: moments\n'
        "length: 90 s\nbed: rain\nbell: small-bell\nclosing-bell: none\npacer: two-tones\n"
        "eyes: open\ncautions: breath-hold\nsources:\n- A, 2020\n- B\nwhen: [now, then]\n"
        "actions: []\nlanguage: en-US\n---\nRest."
    )
    assert parse(text).header == m.Header(
        title="Wait: here",
        summary="One two.",
        kind="moments",
        length=m.Elastic(90.0, 90.0),
        bed="rain",
        bell="small-bell",
        closing_bell="none",
        pacer="two-tones",
        eyes="open",
        cautions=("breath-hold",),
        sources=("A, 2020", "B"),
        when=("now", "then"),
        language="en-US",
    )


def test_values_know_where_they_stand() -> None:
    places = parse(HEADER + "Rest.").header.places
    assert places == (("title", 2, 8), ("kind", 3, 7), ("length", 4, 9))


@pytest.mark.parametrize(
    ("written", "least_s", "most_s"),
    [
        ("3-12 min", 180, 720),
        ("90 s", 90, 90),
        ("5 min", 300, 300),
        ("2-3 minutes", 120, 180),
        ("5s", 5, 5),
        ("5 s", 5, 5),
        ("1.5s", 1.5, 1.5),
        ("2 min", 120, 120),
        ("5-20s", 5, 20),
        ("5–20 s", 5, 20),
        ("5 to 20 seconds", 5, 20),
        ("5s - 1 min", 5, 60),
        ("1 hour", 3600, 3600),
    ],
)
def test_a_length_is_read(written: str, least_s: float, most_s: float) -> None:
    assert read_length(written, 3600.0) == m.Elastic(least_s, most_s)


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("4-7-8", m.Pattern((4.0,), 7.0, 8.0)),
        ("5.5-5.5", m.Pattern((5.5,), 0.0, 5.5)),
        ("4-4-4-4", m.Pattern((4.0,), 4.0, 4.0, 4.0)),
        ("3+1-0-8", m.Pattern((3.0, 1.0), 0.0, 8.0)),
        ("4 – 7 – 8", m.Pattern((4.0,), 7.0, 8.0)),
    ],
)
def test_a_breath_pattern_is_read(written: str, pattern: m.Pattern) -> None:
    assert items(f"[breathe {written}, 4 rounds]") == (m.Breathe(pattern, m.Rounds(4, 4)),)


@pytest.mark.parametrize(
    ("written", "rounds", "cueing"),
    [
        ("4 rounds", m.Rounds(4, 4), m.Cueing.THINNING),
        ("1 round", m.Rounds(1, 1), m.Cueing.THINNING),
        ("4-8 rounds", m.Rounds(4, 8), m.Cueing.THINNING),
        ("4–8 rounds, counted", m.Rounds(4, 8), m.Cueing.COUNTED),
        ("tones 2 rounds", m.Rounds(2, 2), m.Cueing.TONES),
        ("2 Rounds Spoken", m.Rounds(2, 2), m.Cueing.SPOKEN),
    ],
)
def test_rounds_and_cueing_are_read(written: str, rounds: m.Rounds, cueing: m.Cueing) -> None:
    expected = m.Breathe(m.Pattern((4.0,), 0.0, 6.0), rounds, cueing)
    assert items(f"[breathe 4-6, {written}]") == (expected,)


def test_every_other_direction_is_read() -> None:
    body = "[tense 5s] [release 15-40s][write 60-120s]\n[bell] [bell low-gong]\n[Bed none]"
    assert items(body) == (
        m.Tense(m.Elastic(5.0, 5.0)),
        m.Release(m.Elastic(15.0, 40.0)),
        m.Write(m.Elastic(60.0, 120.0)),
        m.Bell(),
        m.Bell("low-gong"),
        m.Bed("none"),
    )


def test_lines_join_to_paragraphs_and_headings_to_sections() -> None:
    script = parse(HEADER + "First\nwords.\n\nMore.\n# Two #\n> I am\tHere.\n> So.\n## Three\nEnd.")
    assert script.sections == (
        m.Section("", (m.Paragraph("First words."), m.Paragraph("More."))),
        m.Section("Two", (m.Affirmation("I am Here."), m.Affirmation("So."))),
        m.Section("Three", (m.Paragraph("End."),)),
    )


def test_items_know_where_they_stand() -> None:
    found = items("  First.\n\nIn [pause 2s] out.\n")
    assert [(item.line, item.column) for item in found] == [(6, 3), (8, 1), (8, 4), (8, 15)]


def test_a_direction_within_a_paragraph_stands_as_if_on_a_line_of_its_own() -> None:
    pause = m.Pause(m.Elastic(2.0, 2.0))
    split = items("Breathe in [pause 2s] and out.")
    assert split == (m.Paragraph("Breathe in"), pause, m.Paragraph("and out."))
    assert items("> I am here. [pause 2s]") == (m.Affirmation("I am here."), pause)


def test_loops_hold_their_items_and_each_other() -> None:
    body = "[repeat 2 times]\nA.\n[for each anchor]\n{anchor}\n[end]\n[end] [repeat 3x] B. [end]"
    anchors = m.ForEachAnchor((m.Paragraph("{anchor}"),))
    assert items(body) == (
        m.Repeat(2, (m.Paragraph("A."), anchors)),
        m.Repeat(3, (m.Paragraph("B."),)),
    )


def test_a_list_of_choices_may_be_loose_wrapped_and_marked_either_way() -> None:
    body = "[one of]\n\n- One\n  line.\n\n* Two, {name}.\n\nAfter."
    assert items(body) == (m.OneOf(("One line.", "Two, {name}.")), m.Paragraph("After."))


def test_a_comment_is_as_if_it_were_not_there() -> None:
    body = "Be <!-- not --> here\n<!-- a\n\n[nonsense]\n# b -->\nnow.\n<!---->\n\n<!--x-->Then."
    assert items(body) == (m.Paragraph("Be here now."), m.Paragraph("Then."))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", " \t \n"),
        lambda text: "\n\n" + text,
        lambda text: text.replace(" ", "\t"),
        lambda text: text + "\n\n\n",
    ],
    ids=["crlf", "cr", "bom", "trailing blanks", "blank lines first", "tabs", "blank lines last"],
)
def test_editors_may_differ_in_what_nobody_sees(change: object) -> None:
    text = HEADER + "# One\n\nFirst words.\n[pause 2s]\n\n> I am.\n\n[one of]\n- One thing\n- Two\n"
    assert callable(change)
    assert parse(change(text)) == parse(text)


def test_words_of_any_language_are_kept() -> None:
    assert items("休息。 مرحبا 🌙") == (m.Paragraph("休息。 مرحبا 🌙"),)


def test_the_name_of_the_script_is_in_the_message() -> None:
    with pytest.raises(ScriptError, match="my-evening has one fault") as caught:
        parse(HEADER + "[paus 5s]", "my-evening")
    assert "line 6, column 2" in str(caught.value)
