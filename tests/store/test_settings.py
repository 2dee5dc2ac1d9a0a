"""What a listener may write into the settings file, and what is said where it is wrong."""

import time
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from voice_guide.errors import StoreCorrupt
from voice_guide.store.settings import Breathing, Listener, Settings, Sound, Voice
from voice_guide.store.settings.allowed import describe_type
from voice_guide.store.settings.loading import load, parse

GOOD = """
[listener]
name = "Sam"
anchors = ["the kitchen at home", "my sister"]

[voice]
id = "en-us+f2"
rate_wpm = 110
pitch = 40

[sound]
device = "Headphones"
volume_db = -6
bed = "rain"

[breathing]
hold_free = true
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.toml"


def fault(file: Path, text: str | bytes) -> str:
    file.parent.mkdir(exist_ok=True)
    raw = text.encode() if isinstance(text, str) else text
    file.write_bytes(raw)
    with pytest.raises(StoreCorrupt) as caught:
        load(file)
    assert str(file) in caught.value.message
    assert caught.value.hint
    assert file.read_bytes() == raw, "a faulty file is left as it is"
    return caught.value.message


def test_no_file_means_the_defaults(file: Path) -> None:
    assert load(file) == Settings()
    assert not file.parent.exists()


def test_every_setting_is_read(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(GOOD)
    assert load(file) == Settings(
        listener=Listener(name="Sam", anchors=("the kitchen at home", "my sister")),
        voice=Voice(id="en-us+f2", rate_wpm=110, pitch=40),
        sound=Sound(device="Headphones", volume_db=-6.0, bed="rain"),
        breathing=Breathing(hold_free=True),
    )


@pytest.mark.parametrize("text", ["", "\n", " \n\t\n", "# nothing chosen yet\n", "\ufeff"])
def test_an_empty_file_means_the_defaults(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    assert load(file) == Settings()


QUOTED = "text that ends with the quote it began with"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (
            "[voice]\nrate_wpm = 20",
            ["line 2", "rate_wpm in [voice] is 20", "a whole number from 80 to 300"],
        ),
        ("[voice]\nrate_wpm = '110'", ["line 2", 'is "110"', "a whole number from 80 to 300"]),
        ("[voice]\n\npitch = 101", ["line 3", "from 0 to 100"]),
        ("[sound]\nvolume_db = 3", ["line 2", "is 3", "a number from -60 to 0"]),
        ("[sound]\nvolume_db = nan", ["line 2", "is nan", "a number from -60 to 0"]),
        ("[sound]\nvolume_db = -inf", ["line 2", "is -inf", "a number from -60 to 0"]),
        ("[listener]\nanchors = 'home'", ["line 2", 'is "home"', "a list of up to 20 entries"]),
        ("[listener]\nanchors = ['']", ["line 2", '[""]', "each text of 1 to 200 characters"]),
        ("[breathing]\nhold_free = 1", ["line 2", "is 1", "true or false"]),
        ("[breathing]\nholdfree = true", ["line 2", "Did you mean hold_free?"]),
        ("[journal]\nday_begins = '4'", ["line 2", 'is "4"', 'a time from "00:00" to "23:59"']),
        (
            "[ritual.noon]\nat = '12:00'\nlength_s = 0",
            ["line 3", "length_s in [ritual.noon] is 0", "a number above 0, at most 86400"],
        ),
        ("[sound]\ndevice = 1.5", ["is 1.5", "text of 1 to 200 characters or a whole number"]),
        ("[sound]\nbed = 2026-01-01", ["is 2026-01-01", "text of 1 to 200 characters"]),
        ("[listner]\nname = 'Sam'", ["line 1", '"listner"', "Did you mean listener?"]),
        ("[zzz]", ["line 1", "There are listener, voice, sound, breathing"]),
        ("name = 'Sam'", ["line 1", '"name"', "[listener]"]),
        ("volume = 3", ["line 1", '"volume"', "listener, voice, sound"]),
        ("voice = 3", ["line 1", "voice is 3", "a table: [voice]"]),
        ("[[voice]]\nid = 'a'", ["line 1", "voice", "a table: [voice]"]),
        ("voice = {pitch = 101}", ["line 1", "pitch in [voice] is 101", "from 0 to 100"]),
        ("\nvoice.pitch = 101", ["line 2", "pitch in [voice] is 101", "from 0 to 100"]),
        ("[voice\n", ["line 1", "`[voice`", "[voice]"]),
        ("[voice]\nid = en-us", ["line 2", "`id = en-us`", "text in quotes"]),
        ("[voice]\nid", ["line 2", "`id`", "name = value"]),
        ('[voice]\nid = "en', ["line 2", '`id = "en`', QUOTED]),
        ("[voice]\nid = 'en\n[sound]\nbed = 'a'\n", ["line 2", "`id = 'en`", QUOTED]),
        ("[voice]\npitch = 4\npitch = 5", ["line 3", "`pitch = 5`", "each setting once"]),
        ("[voice]\n[sound]\n[voice]", ["line 3", "`[voice]`", "each table once"]),
        ("[voice]\npitch = 4 5", ["line 2", "`pitch = 4 5`", "one setting a line"]),
        ('[sound]\ndevice = "C:\\Dev"', ["line 2", "single quotes"]),
        ("[listener]\nanchors = ['a'\n\n[voice]\n", ["line 2", "a list that ends with ]"]),
        (b"[voice]\nid = '\xff'", ["line 2, column 7"]),
        (b"\0\0", ["not text"]),
    ],
)
def test_each_fault_names_line_value_and_what_is_allowed(
    file: Path, text: str | bytes, parts: list[str]
) -> None:
    message = fault(file, text)
    for part in parts:
        assert part in message
    assert len(message.splitlines()) <= 2, "one fault is told once"


def test_every_kind_of_fault_at_once(file: Path) -> None:
    message = fault(
        file,
        """[listener]
name = Sam
anchors = ["home", ""]
[voice]
id = 'en-us
rate_wpm = 20
rate_wpm = 30
[sound]
note = '''
pitch = "this is no setting, but text"
'''
volume_db = 3
[breathing
hold_free = 1
[zzz]
x = 1
[companion]
favourite = [
  "a",
  "b" "c",
]
pause_in_calls = "no"
""",
    )
    lines = [int(line.split()[1].strip(",")) for line in message.splitlines()[1:]]
    assert lines == [2, 3, 5, 6, 7, 9, 12, 13, 14, 15, 18, 22]


def test_a_fault_is_not_looked_for_inside_a_text(file: Path) -> None:
    text = '[listener]\nname = """\nrate_wpm = 3"""\n[voice]\nrate_wpm = 20\n'
    assert "line 5, column 1: rate_wpm" in fault(file, text)


@pytest.mark.long
def test_a_file_that_is_something_else_is_refused_soon(file: Path) -> None:
    began = time.process_time()
    assert "line 1" in fault(file, "what is this?\n" * 60_000)
    assert "line 1, column 1: `x" in fault(file, 'x = """\n' + "a = 1\n" * 40)
    assert "breaks off" in fault(file, 'x = """\n' + "a = 1\n" * 1_500)
    fault(file, "[" * 900_000)
    assert "too deep" in fault(file, "[voice]\nid = " + "[" * 900_000)
    assert time.process_time() - began < 20.0


@given(st.text(st.sampled_from("[]{}=.,\"'#\\ \n\tabcxyz0123-_"), max_size=80))
def test_any_text_is_read_or_explained(text: str) -> None:
    settings, faults = parse(text, Settings)
    assert (settings is None) == bool(faults)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines and one.column >= 1 and one.found for one in faults)


class Ritual(Struct, frozen=True, kw_only=True):
    at: Annotated[str, Meta(pattern=r"^\d\d:\d\d$", description='a time such as "07:30"')]
    days: tuple[Literal["mon", "tue"], ...] = ("mon",)
    on: bool = True

    def __post_init__(self) -> None:
        if not self.days:
            raise ValueError("it needs a day")


class Named(Struct, frozen=True, kw_only=True):
    voice: Voice = Voice()
    ritual: dict[
        Annotated[str, Meta(pattern=r"^[\w-]+$", description="letters, digits and -")], Ritual
    ] = {}


def test_tables_by_name_are_read() -> None:
    text = '[ritual.morning]\nat = "07:30"\n[ritual.evening]\nat = "21:30"\ndays = ["tue"]\n'
    named, faults = parse(text, Named)
    assert faults == ()
    assert named == Named(
        ritual={"morning": Ritual(at="07:30"), "evening": Ritual(at="21:30", days=("tue",))}
    )


def test_faults_in_tables_by_name_are_placed() -> None:
    text = """[ritual.morning]
at = "half seven"
dais = ["mon"]
[ritual.evening]
days = ["sun"]
[ritual."at night"]
at = "23:00"
[ritual.never]
at = "12:00"
days = []
[ritual]
noon = 12
"""
    named, faults = parse(text, Named)
    assert named is None
    assert [(one.line, one.found, one.expected or one.hint) for one in faults] == [
        (2, 'at in [ritual.morning] is "half seven"', 'a time such as "07:30"'),
        (3, "dais in [ritual.morning] is not a setting", "Did you mean days?"),
        (4, "[ritual.evening] lacks at", 'a time such as "07:30"'),
        (
            5,
            'days in [ritual.evening] is ["sun"]',
            'a list of entries, each "mon" or "tue"',
        ),
        (6, 'the name "at night" in [ritual.…]', "letters, digits and -"),
        (8, "[ritual.never]: it needs a day", ""),
        (12, "ritual.noon is 12", "a table: [ritual.noon]"),
    ]


def test_every_setting_says_in_words_what_it_may_be() -> None:
    for section in msgspec.structs.fields(Settings):
        table = get_args(section.type)[1] if get_origin(section.type) is dict else section.type
        for field in msgspec.structs.fields(table):
            assert "something" not in describe_type(field.type), field.name
