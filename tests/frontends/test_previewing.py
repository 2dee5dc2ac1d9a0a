"""The sounds command: what is listed, what a preview is, and what is written where."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from palettes import shipped_palette
from phases import hear

from voice_guide.errors import SoundNotFound
from voice_guide.frontends.preview import choose_sounds, preview
from voice_guide.score.render import render
from voice_guide.sound.clip import SAMPLE_RATE, Samples, frames_to_seconds
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import KINDS

Say = Callable[..., tuple[int, str, str]]

PALETTE = shipped_palette()
EVERY = [(kind, name) for kind in KINDS for name in PALETTE.names(kind)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VOICE_GUIDE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for kind in ("bells", "beds", "pacers"):
        (tmp_path / "home" / "data" / "sounds" / kind).mkdir(parents=True)
    return tmp_path / "home" / "data" / "sounds"


def hear_preview(kind: str, name: str, palette: Palette = PALETTE, **more: bool) -> Samples:
    score = preview(palette, kind, name, hold_free=more.get("hold_free", False))
    return render(score, 0, score.length)


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_a_preview_is_whole_and_begins_and_ends_softly(kind: str, name: str) -> None:
    samples = hear_preview(kind, name)
    peak = np.abs(samples).max()
    assert 0.01 < peak < 0.5
    assert np.abs(samples[:20]).max() < 0.02 * peak
    assert np.abs(samples[-20:]).max() < 0.01 * peak
    lengths_s = {"bell": (0.4, 15), "bed": (8, 8), "pacer": (19, 19)}[kind]
    assert lengths_s[0] <= frames_to_seconds(samples.shape[0]) <= lengths_s[1]


def test_a_pacer_breathes_as_the_listener_does() -> None:
    assert [phase for phase, _ in hear(hear_preview("pacer", "soft-swell"))] == [
        "in",
        "hold",
        "out",
    ]
    eased = hear(hear_preview("pacer", "soft-swell", hold_free=True))
    assert [phase for phase, _ in eased] == ["in", "out", "in", "out"]


def test_a_name_may_stand_for_more_than_one(home: Path) -> None:
    assert choose_sounds(PALETTE, "rain") == (("bed", "rain"),)
    assert choose_sounds(PALETTE, "bell:rain") == (("bell", "rain"),)
    with pytest.raises(SoundNotFound, match="rain is a bed, not a bell"):
        preview(PALETTE, "bell", "rain", hold_free=False)
    with pytest.raises(SoundNotFound) as caught:
        choose_sounds(PALETTE, "raim")
    assert "rain" in caught.value.hint


def test_the_list_shows_every_sound_and_whose_it_is(say: Say, home: Path) -> None:
    soundfile.write(
        home / "bells" / "bowl.wav", np.random.default_rng(1).random((90_000, 1)), 44_100
    )
    (home / "beds" / "rain.toml").write_text("kind = 'bed'\n")
    code, out, _ = say("sounds")
    assert code == 0
    lines = out.splitlines()
    assert [line for line in lines if line in {"bells", "beds", "pacers"}] == [
        "bells",
        "beds",
        "pacers",
    ]
    for _, name in EVERY:
        assert any(line.startswith(f"  {name} ") for line in lines), name
    (bowl,) = [line for line in lines if line.startswith("  bowl")]
    assert "2.0 s  yours  A recording." in bowl
    assert f"  ! {home / 'beds' / 'rain.toml'} cannot be used:" in lines
    assert any(line.startswith("  rain ") and "used meanwhile" in line for line in lines)
    assert str(home) in out


def test_the_list_for_programs(say: Say, home: Path) -> None:
    (home / "beds" / "mine.toml").write_text("kind = 'bell'\n")
    code, out, _ = say("sounds", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {row["kind"] for row in rows} == set(KINDS)
    (rain,) = [row for row in rows if row["name"] == "rain"]
    assert (rain["length_s"], rain["own"], rain["fault"]) == (20.0, False, "")
    (mine,) = [row for row in rows if row["name"] == "mine"]
    assert mine["own"]
    assert "lies with the beds" in mine["fault"]


def test_the_name_of_a_file_does_nothing_to_a_terminal(say: Say, home: Path) -> None:
    (home / "beds" / "a\x1b[31m\rb.toml").write_text("x")
    _, out, _ = say("sounds")
    assert "\x1b" not in out
    assert "\r" not in out
    assert "a?[31m?b.toml cannot be named" in out


def test_previews_are_written_and_never_over_others(say: Say, home: Path, tmp_path: Path) -> None:
    code, out, _ = say("sounds", "--render", "--play", "wood-block")
    assert code == 0
    path = Path("sound-previews") / "bell-wood-block.wav"
    assert out.split() == [str(path)]
    wanted = hear_preview("bell", "wood-block")
    written, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    assert np.abs(written - wanted).max() < 1e-4
    before = path.stat().st_mtime_ns
    code, _, err = say("sounds", "--render", "--play", "wood-block")
    assert code == 1
    assert "is there already" in err
    assert "--force to replace it, or -o ANOTHER-FOLDER" in err
    assert path.stat().st_mtime_ns == before
    assert say("sounds", "--render", "--play", "wood-block", "--force")[0] == 0
    assert path.stat().st_mtime_ns != before


@pytest.mark.long
def test_all_previews_are_written_but_those_that_are_broken(say: Say, home: Path) -> None:
    (home / "beds" / "mine.wav").write_text("no sound")
    code, out, err = say("sounds", "--render", "-o", "some/where")
    assert code == 1
    assert len(out.split()) == len(EVERY)
    assert "The bed mine cannot be heard." in err
    assert sorted(path.name for path in Path("some/where").iterdir()) == sorted(
        f"{kind}-{name}.wav" for kind, name in EVERY
    )


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--play", "raim"], 1, "Did you mean rain"),
        (["--play", "../../etc/passwd"], 1, "is no name of a sound"),
        (["--play", "drum:rain"], 1, '"drum" is no kind of sound'),
        (["--play", ""], 1, "is no name of a sound"),
        (["--play", "rain", "--json"], 2, "--json is for the list"),
        (["--render", "-o", "/proc/nowhere"], 1, "cannot be made"),
        (["--render", "-o", "file"], 1, "cannot be made"),
    ],
)
def test_what_cannot_be_done_is_explained(
    say: Say, home: Path, words: list[str], code: int, told: str
) -> None:
    Path("file").write_text("in the way")
    found, _, err = say("sounds", *words)
    assert found == code
    assert told in err


def test_a_sound_is_played_to_its_end(say: Say, home: Path) -> None:
    code, out, err = say("sounds", "--play", "wood-block", "--device", "null")
    assert (code, out, err) == (0, "wood-block, a bell\n", "")
