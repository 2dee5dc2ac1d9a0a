import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice_guide.errors import StoreCorrupt, VoiceGuideError
from voice_guide.store.settings import (
    Breathing,
    Companion,
    Listener,
    Settings,
    Sound,
    Voice,
    load,
    save,
)

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


def test_an_empty_file_means_the_defaults(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("")
    assert load(file) == Settings()
    file.write_text("# nothing chosen yet\n")
    assert load(file) == Settings()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[voice]\nrate_wpm = 20", ["line 2", "rate_wpm in [voice]", "20", ">= 80"]),
        ("[voice]\nrate_wpm = '110'", ["line 2", "'110'", "expected a whole number, got text"]),
        ("[voice]\n\npitch = 101", ["line 3", "<= 100"]),
        ("[sound]\nvolume_db = 3", ["line 2", "<= 0"]),
        ("[sound]\nvolume_db = nan", ["line 2", "nan"]),
        ("[sound]\nvolume_db = -inf", ["line 2", ">= -60"]),
        ("[listener]\nanchors = 'home'", ["line 2", "expected a list, got text"]),
        ("[listener]\nanchors = ['']", ["line 2", "length >= 1"]),
        ("[breathing]\nhold_free = 1", ["line 2", "expected true or false, got a whole number"]),
        ("[breathing]\nholdfree = true", ["line 2", "did you mean hold_free?"]),
        ("[sound]\ndevice = 1.5", ["expected a whole number or text, got a number"]),
        ("[sound]\nbed = 2026-01-01", ["expected text, got a date"]),
        ("[listner]\nname = 'Sam'", ["line 1", "did you mean listener?"]),
        ("name = 'Sam'", ["line 1", '"name"', "listener, voice, sound, breathing"]),
        ("voice = 3", ["line 1", "voice"]),
        ("[[voice]]\nid = 'a'", ["line 1", "voice"]),
        ("[voice\n", ["line 1"]),
        ("[voice]\nid = en-us", ["line 2"]),
        (b"[voice]\nid = '\xff'", ["line 2, column 7"]),
        (b"\0\0", ["not text"]),
    ],
)
def test_each_fault_is_named_with_its_line(file: Path, text: str | bytes, parts: list[str]) -> None:
    message = fault(file, text)
    for part in parts:
        assert part in message


def test_all_faults_at_once(file: Path) -> None:
    message = fault(file, "[voice]\npitch = -1\nrate_wpm = 1\n[sound]\npitch = 3\n[zzz]\n")
    assert [n for n in range(1, 7) if f"line {n}" in message] == [2, 3, 5, 6]


def test_saving_refuses_to_replace_a_faulty_file(file: Path) -> None:
    fault(file, "[voice]\npitch = 'low'")
    with pytest.raises(StoreCorrupt):
        save(Settings(), file)
    assert file.read_text() == "[voice]\npitch = 'low'"


printable = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
words = st.text(printable, min_size=1, max_size=40)
all_settings = st.builds(
    Settings,
    listener=st.builds(
        Listener, name=words | st.just(""), anchors=st.lists(words, max_size=3).map(tuple)
    ),
    voice=st.builds(
        Voice,
        id=st.none() | words,
        rate_wpm=st.none() | st.integers(80, 300),
        pitch=st.none() | st.integers(0, 100),
    ),
    sound=st.builds(
        Sound,
        device=st.none() | words | st.integers(0, 99),
        volume_db=st.floats(-60, 0),
        bed=st.none() | words,
    ),
    breathing=st.builds(Breathing, hold_free=st.booleans()),
    companion=st.builds(
        Companion, favourite=words, pause_in_calls=st.booleans(), pause_others=st.booleans()
    ),
)


@given(settings=all_settings)
def test_what_is_saved_is_read_back(
    settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "round" / "settings.toml"
    save(settings, file)
    assert load(file) == settings
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]


def test_a_reader_never_meets_half_a_file(file: Path) -> None:
    one = Settings(listener=Listener(anchors=("a" * 200,) * 20))
    two = Settings(listener=Listener(name="Sam"))
    save(one, file)
    seen: list[Settings] = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.append(load(file))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(50):
        save(two, file)
        save(one, file)
    over.set()
    reader.join()
    assert set(map(hash, seen)) <= {hash(one), hash(two)}
    assert seen


def test_a_link_to_a_file_kept_elsewhere_stays_a_link(file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "dotfiles.toml"
    elsewhere.write_text("")
    file.parent.mkdir()
    file.symlink_to(elsewhere)
    save(Settings(breathing=Breathing(hold_free=True)), file)
    assert file.is_symlink()
    assert "hold_free" in elsewhere.read_text()


def test_an_unwritable_place_is_explained_and_the_old_file_kept(tmp_path: Path) -> None:
    blocker = tmp_path / "config"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(VoiceGuideError, match="settings"):
        save(Settings(), blocker / "settings.toml")
    assert blocker.read_text() == "a file where the folder should be"


def test_a_full_disk_leaves_no_rubbish(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(Settings(voice=Voice(pitch=40)), file)

    def refuse(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(VoiceGuideError, match="No space left"):
        save(Settings(voice=Voice(pitch=50)), file)
    assert load(file).voice.pitch == 40
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]
