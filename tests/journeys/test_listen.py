"""The picture of a session, made as a person makes it."""

from __future__ import annotations

from pathlib import Path

import listen
import numpy as np
import pytest
import soundfile
from PIL import Image

from voice_guide.sound.clip import SAMPLE_RATE


def test_a_tone_is_drawn_where_it_sounds() -> None:
    seconds = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    tone = (0.1 * np.sin(2 * np.pi * 1_000 * seconds)).astype(np.float32)
    tone[: 2 * SAMPLE_RATE] = 0.0
    picture = listen.spectrogram_db(tone, columns=200)
    assert picture[:, :90].max() == listen.FLOOR_DB
    rows = picture.shape[0]
    found = np.argmax(picture[:, 150]) / rows * np.log(listen.TOP_HZ / listen.BOTTOM_HZ)
    assert listen.BOTTOM_HZ * np.exp(found) == pytest.approx(1_000, rel=0.03)
    assert picture[:, 150].max() == pytest.approx(-20.0, abs=1.5)


def test_a_click_is_not_lost_between_the_columns() -> None:
    samples = np.zeros(60 * SAMPLE_RATE, np.float32)
    samples[1_234_567] = 1.0
    picture = listen.spectrogram_db(samples, columns=100)
    column = 1_234_567 * 100 // samples.size
    assert picture[:, column].min() > listen.FLOOR_DB
    assert picture[:, column + 2].max() == listen.FLOOR_DB


def test_levels_are_root_mean_squares() -> None:
    half = np.full((SAMPLE_RATE, 2), 0.5, np.float32)
    level = listen.level_dbfs(np.concatenate([half, half / 10]), columns=10)
    assert level[:5] == pytest.approx(-6.02, abs=0.01)
    assert level[5:] == pytest.approx(-26.02, abs=0.01)


@pytest.mark.real
def test_a_stretch_is_rendered_and_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(listen, "FOLDER", tmp_path)
    picture = tmp_path / "round.png"
    words = ["4-7-8", "--length", "3m", "--from", "0:40", "--to", "1:00", "-o", str(picture)]
    assert listen.main(words) == 0
    printed = [Path(line) for line in capsys.readouterr().out.split("\n") if line]
    assert printed == [tmp_path / "4-7-8.wav", picture]
    assert soundfile.info(printed[0]).frames == 180 * SAMPLE_RATE
    with Image.open(picture) as image:
        assert image.width > 1_000
        colours = np.unique(np.asarray(image.convert("RGB")).reshape(-1, 3), axis=0)
        assert len(colours) > 100
    assert picture.stat().st_size < 400_000


@pytest.mark.real
@pytest.mark.parametrize(
    "words", [["no-such-script"], ["4-7-8", "--length", "9h"], ["4-7-8", "--from", "59:00"]]
)
def test_what_cannot_be_drawn_is_explained(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert listen.main(words) == 1
    said = capsys.readouterr().err
    assert said.strip()
    assert "Traceback" not in said
