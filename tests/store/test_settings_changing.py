"""Single settings change, and all else in the listener's file stays to the letter."""

import itertools
import re
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_settings import Named

from voice_guide.errors import VoiceGuideError
from voice_guide.store.settings.changing import change_text
from voice_guide.store.settings.places import find_statements

FILE = """\
# my settings

[sound]
volume_db = -6   # soft
# rain, or nothing
bed = "rain"  # under every session

# ---- who speaks ----
[voice]
id = 'en-us+f2'
"""


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({("sound", "bed"): "fire"}, 'bed = "rain"  # under', 'bed = "fire"  # under'),
        ({("sound", "volume_db"): -3.1}, "-6   #", "-3.1   #"),
        ({("sound", "bed"): None}, 'bed = "rain"  # under', "# under"),
        ({("sound", "volume_db"): None}, "volume_db = -6   # soft", "# soft"),
        ({("voice", "id"): None}, "[voice]\nid = 'en-us+f2'\n", "[voice]\n"),
        (
            {("sound", "device"): 'the "blue" one'},
            "every session\n",
            'every session\ndevice = "the \\"blue\\" one"\n',
        ),
        (
            {("companion", "favourite"): "path/a"},
            "'en-us+f2'\n",
            "'en-us+f2'\n\n[companion]\nfavourite = \"path/a\"\n",
        ),
        ({("listener", "name"): None}, "", ""),
        ({("sound", "bed"): "rain"}, "", ""),
    ],
)
def test_a_change_is_one_line(changes: dict[Any, Any], before: str, after: str) -> None:
    assert FILE.count(before) == 1 or not before
    assert change_text(FILE, changes) == FILE.replace(before, after)


@pytest.mark.parametrize(
    ("text", "changes", "expected"),
    [
        ("", {("sound", "bed"): "a"}, '[sound]\nbed = "a"\n'),
        ("# c", {("sound", "bed"): "a"}, '# c\n\n[sound]\nbed = "a"\n'),
        ("[sound]", {("sound", "bed"): "a"}, '[sound]\nbed = "a"\n'),
        ("[sound] # c\r\n", {("sound", "bed"): "a"}, '[sound] # c\r\nbed = "a"\r\n'),
        ("\ufeff[sound]\n", {("voice", "pitch"): 3}, "\ufeff[sound]\n\n[voice]\npitch = 3\n"),
        ('\ufeffsound.bed="x"\n', {("sound", "bed"): None}, "\ufeff"),
        (
            'sound.bed = "x" # c\nvoice.pitch = 3',
            {("sound", "volume_db"): -1, ("voice", "id"): "v"},
            'sound.bed = "x" # c\nsound.volume_db = -1\nvoice.pitch = 3\nvoice.id = "v"\n',
        ),
        (
            "voice = {id='x', pitch=3} # c\n",
            {("voice", "id"): "y", ("voice", "rate_wpm"): 90},
            'voice = { id = "y", pitch = 3, rate_wpm = 90 } # c\n',
        ),
        ("voice = {id='x', pitch=3} # c\n", {("voice", "id"): None}, "voice = { pitch = 3 } # c\n"),
        (
            "[listener]\n  anchors = [ # home\n    'a', # of it\n  ] # c\n",
            {("listener", "anchors"): ["b", "#c"]},
            '[listener]\n  # home\n  # of it\n  anchors = ["b", "#c"] # c\n',
        ),
        ('listener.name = """a""""" # c\n', {("listener", "name"): None}, "# c\n"),
        (
            "listener.name = '''a''''' # c\n",
            {("listener", "name"): "b"},
            'listener.name = "b" # c\n',
        ),
        (
            "[listener]\n\tname = '# no comment' # c\n",
            {("listener", "anchors"): ["b"]},
            "[listener]\n\tname = '# no comment' # c\n\tanchors = [\"b\"]\n",
        ),
    ],
)
def test_every_way_of_writing_is_gone_on_with(
    text: str, changes: dict[Any, Any], expected: str
) -> None:
    assert change_text(text, changes) == expected


RITUALS = """\
# mine
[ritual.morning] # early
at = "07:30"
# not on Tuesdays
days = ["mon"]

# the end of the day
[ritual.evening]
at = "21:30"
"""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({("ritual", "morning", "at"): "08:00"}, RITUALS.replace("07:30", "08:00")),
        (
            {("ritual", "morning", "on"): False},
            RITUALS.replace('["mon"]\n', '["mon"]\non = false\n'),
        ),
        (
            {("ritual", "noon"): {"at": "12:00", "days": ["mon", "tue"]}},
            RITUALS + '\n[ritual.noon]\nat = "12:00"\ndays = ["mon", "tue"]\n',
        ),
        (
            {("ritual", "evening"): {"at": "22:00", "on": False}},
            RITUALS.replace("21:30", "22:00") + "on = false\n",
        ),
        ({("ritual", "evening"): None}, RITUALS.removesuffix('[ritual.evening]\nat = "21:30"\n')),
        (
            {("ritual", "morning"): None},
            "# mine\n# early\n# not on Tuesdays\n\n# the end of the day\n"
            '[ritual.evening]\nat = "21:30"\n',
        ),
    ],
)
def test_tables_by_name_come_change_and_go(changes: dict[Any, Any], expected: str) -> None:
    assert change_text(RITUALS, changes, Named) == expected


@pytest.mark.parametrize(
    "text",
    [
        'ritual.morning.at = "07:30"\n',
        '[ritual]\nmorning.at = "07:30"\n',
        '[ritual]\nmorning = {at = "07:30"}\n',
        'ritual = {morning = {at = "07:30"}}\n',
        '[ritual]\n[ritual.morning]\nat = "07:30"\n',
    ],
)
def test_tables_by_name_may_be_written_in_any_way(text: str) -> None:
    more = change_text(text, {("ritual", "noon"): {"at": "12:00"}}, Named)
    assert tomllib.loads(more) == {"ritual": {"morning": {"at": "07:30"}, "noon": {"at": "12:00"}}}
    later = change_text(more, {("ritual", "morning", "at"): "08:00"}, Named)
    assert tomllib.loads(later)["ritual"]["morning"] == {"at": "08:00"}
    less = change_text(later, {("ritual", "morning"): None}, Named)
    assert tomllib.loads(less)["ritual"] == {"noon": {"at": "12:00"}}
    gone = change_text(less, {("ritual", "noon"): None}, Named)
    assert not tomllib.loads(gone).get("ritual")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({("sound", "bed"): ""}, "text of 1 to 200 characters"),
        ({("sound", "volume_db"): 3.0}, "a number from -60 to 0"),
        ({("sound", "colour"): "red"}, "colour in [sound] is not a setting"),
        ({("weather", "rain"): True}, "weather"),
    ],
)
def test_a_change_that_would_be_a_fault_is_refused(changes: dict[Any, Any], told: str) -> None:
    with pytest.raises(VoiceGuideError, match="were not changed") as caught:
        change_text(FILE, changes)
    assert told in str(caught.value)


# Any file that a hand may have written: each table in one of three ways, comments everywhere.

plain = st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" #[]{}=,.\"'\\")
words = st.text(plain, min_size=1, max_size=12)
VALUES: dict[tuple[str, str], st.SearchStrategy[Any]] = {
    ("listener", "name"): words,
    ("listener", "anchors"): st.lists(words, max_size=3),
    ("voice", "id"): words,
    ("voice", "rate_wpm"): st.integers(80, 300),
    ("voice", "pitch"): st.integers(0, 100),
    ("sound", "device"): words | st.integers(0, 9),
    ("sound", "volume_db"): st.floats(-60, 0) | st.integers(-60, 0),
    ("sound", "bed"): words,
    ("breathing", "hold_free"): st.booleans(),
    ("companion", "favourite"): words,
    ("companion", "pause_in_calls"): st.booleans(),
    ("companion", "pause_others"): st.booleans(),
    ("journal", "day_begins"): st.times().map(lambda at: f"{at:%H:%M}"),
}
TABLES = {name: [key for table, key in VALUES if table == name] for name, _ in VALUES}
MARK = "\ue000"
"""Before each comment of a file that was made up; in no value of it."""


def basic(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@st.composite
def written(draw: st.DrawFn, value: Any, comment: Any, *, in_line: bool = False) -> str:
    """Return a value in one of the ways to write it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        items = [draw(written(one, comment)) for one in value]
        if in_line or not draw(st.booleans()):
            return f"[{', '.join(items)}]"
        return "[" + "".join(f"{draw(comment)}\n  {one}," for one in items) + f"{draw(comment)}\n]"
    if isinstance(value, str):
        ways = [basic(value), f'"""{basic(value)[1:-1]}"""']
        if "'" not in value:
            ways += [f"'{value}'", f"'''{value}'''"]
        return draw(st.sampled_from(ways))
    return repr(value)


@st.composite
def files(draw: st.DrawFn) -> str:
    numbers = itertools.count()

    def fresh(drawn: str) -> str:
        return f"{drawn}#{MARK}{next(numbers)}:{draw(words)}"

    comment = st.sampled_from(["", "", " ", "\t"]).map(lambda gap: fresh(gap) if gap else "")
    gap = st.sampled_from(["", "", "\n", "  \n", "# "]).map(
        lambda drawn: f"{fresh('')}\n" if drawn == "# " else drawn
    )
    head, body = "", ""
    for table in draw(st.permutations(list(TABLES))):
        keys = draw(st.lists(st.sampled_from(TABLES[table]), unique=True))
        pairs = [(key, draw(VALUES[table, key])) for key in keys]
        way = draw(st.sampled_from(["header", "header", "dots", "braces", "nothing"]))
        if way == "header":
            indent = draw(st.sampled_from(["", "", "  ", "\t"]))
            name = draw(st.sampled_from([f"[{table}]", f"[ {table} ]", f"['{table}']"]))
            body += f"{draw(gap)}{name}{draw(comment)}\n"
            for key, value in pairs:
                equals = draw(st.sampled_from([" = ", "=", "   =\t"]))
                shown = draw(written(value, comment))
                body += f"{draw(gap)}{indent}{key}{equals}{shown}{draw(comment)}\n"
        elif way == "dots":
            for key, value in pairs:
                name = draw(st.sampled_from([f"{table}.{key}", f'"{table}" . {key}']))
                head += f"{draw(gap)}{name} = {draw(written(value, comment))}{draw(comment)}\n"
        elif way == "braces":
            items = [
                f"{key} = {draw(written(value, comment, in_line=True))}" for key, value in pairs
            ]
            head += f"{draw(gap)}{table} = {{ {', '.join(items)} }}{draw(comment)}\n"
    text = head + body + draw(gap)
    if draw(st.booleans()):
        text = text.removesuffix("\n")
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    return ("\ufeff" if draw(st.booleans()) else "") + text


edits = st.lists(
    st.sampled_from(list(VALUES)).flatmap(
        lambda key: st.tuples(st.just(key), st.none() | VALUES[key])
    ),
    min_size=1,
    max_size=6,
)


def read(text: str) -> dict[tuple[str, ...], Any]:
    tables = tomllib.loads(text.removeprefix("\ufeff"))
    return {(name, key): value for name, table in tables.items() for key, value in table.items()}


def comments(text: str) -> list[str]:
    return re.findall(rf"#{MARK}\d+:", text)


@given(files(), edits)
def test_any_changes_keep_every_comment_and_every_other_value(
    text: str, steps: list[tuple[tuple[str, str], Any]]
) -> None:
    expected, touched = read(text), {key for key, _ in steps}
    now = text
    for key, value in steps:
        before = now
        now = change_text(now, {key: value})
        expected.pop(key, None)
        if value is not None:
            expected[key] = value
        assert change_text(now, {key: value}) == now, "the same once more changes nothing"
        if value is None and key not in read(before):
            assert now == before
    assert read(now) == expected
    assert comments(now) == comments(text)
    assert now.startswith("\ufeff") == text.startswith("\ufeff")
    if "\r\n" in text:
        assert not re.search(r"(?<!\r)\n", now)
    for one in find_statements(text):
        if not any(one.key == key[: len(one.key)] for key in touched) or one.is_header:
            assert text[one.start : one.end].rstrip("\r\n") in now


@given(files())
def test_everything_is_found_where_it_stands(text: str) -> None:
    """What lies between the ends of each value is that value, and nothing is left over."""
    values: dict[tuple[str, ...], Any] = {}
    rest = ""
    end = 0
    for one in find_statements(text):
        rest += text[end : one.start]
        end = one.end
        assert text[: one.start].count("\n") + 1 == one.line
        if one.value:
            source = text[one.value]
            value = tomllib.loads(f"x = {source}")["x"]
            if len(one.key) == 1:
                values |= {(*one.key, name): inner for name, inner in value.items()}
            else:
                values[one.key] = value
    assert values == read(text)
    assert not re.sub(r"#.*", "", rest + text[end:]).strip("\ufeff \t\r\n")
