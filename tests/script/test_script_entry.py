"""What is plain is read as YAML reads it, and the other is left to YAML."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.script.syntax.directions import Wrong
from voice_guide.script.syntax.entry import read_entry, read_plain
from voice_guide.script.syntax.yaml_entry import read_yaml
from voice_guide.store.paths import shipped

WORDS = st.text(
    st.sampled_from("ab1é静 _-.,:;#'\"[]{}?!&*|>%@`~\\/=+n\u00a0\u200d\u2028"), max_size=14
)
PLAIN = st.text(st.sampled_from("ab1é静 _-.'\"!&*|>%@`~/=+n:#"), min_size=1, max_size=8)
SCALARS = st.one_of(
    WORDS,
    PLAIN.map(lambda one: f"a{one}b"),
    PLAIN.map(lambda one: f"a{one}".strip()),
    st.just("null"),
    WORDS.map(lambda one: f'"{one}"'),
    WORDS.map(lambda one: f"'{one}'"),
    WORDS.map(lambda one: f"can't {one} sleep"),
)
KEYS = st.sampled_from(
    ["title", "closing-bell", "a1", "null", '"title"', "1", "when ", "Title", "é"]
)
ENTRIES = st.one_of(
    st.tuples(KEYS, st.sampled_from([": ", ":  ", ":"]), SCALARS).map("".join),
    st.tuples(KEYS, st.lists(SCALARS, max_size=3)).map(lambda e: f"{e[0]}: [{', '.join(e[1])}]"),
    st.tuples(KEYS, st.lists(SCALARS, max_size=3)).map(lambda e: f"{e[0]}: [{','.join(e[1])},] "),
    st.tuples(
        KEYS,
        st.lists(
            st.tuples(st.sampled_from(["- ", "  - ", " -", "  -  ", "  "]), SCALARS), max_size=3
        ),
        st.sampled_from(["", "\n", "\n\n"]),
    ).map(lambda e: "\n".join([f"{e[0]}:", *("".join(line) for line in e[1])]) + e[2]),
)


@given(ENTRIES)
def test_plain_and_yaml_read_the_same(text):
    plain = read_plain(text)
    if plain is not None:
        assert plain == read_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "title: Four, seven, eight",
        "length: 3-12 min  ",
        'title: "No, you: hang up"',
        "when: [can't sleep, \"no answer, no reply\", 'x']",
        'sources:\n  - "Weil: in four"\n  - Vierra 2022, PMC9277512\n',
        "title: 10:30, or C#4?#",
    ],
)
def test_what_people_write_is_plain(text):
    assert read_plain(text) == read_yaml(text)


@pytest.mark.parametrize(
    "text",
    [
        "title: a: b",
        "title: a #b",
        "title:a",
        "title: *b",
        'title: "a\\tb"',
        "title: 'it''s'",
        "title: a\n  b",
        "when: [a, , b]",
        "when: [a: b]",
        "when: []",
        "when:\n  - a\n    - b",
        "when: x\n  - a",
        "title:",
        "title: ~",
        "title: a\u200bb",
    ],
)
def test_anything_else_is_left_to_yaml(text):
    assert read_plain(text) is None
    try:
        expected = read_yaml(text)
    except Wrong as wrong:
        with pytest.raises(Wrong, match=wrong.found[:20]):
            read_entry(text)
    else:
        assert read_entry(text) == expected


def test_no_shipped_script_wakes_yaml():
    """It would take longer than all the rest of reading one."""
    code = (
        "import sys; from pathlib import Path; from voice_guide.script.parse import parse\n"
        "for path in Path(sys.argv[1]).rglob('*.md'): parse(path.read_text('utf-8'), path.stem)\n"
        "print('yaml' in sys.modules)"
    )
    folder = shipped("scripts")
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
