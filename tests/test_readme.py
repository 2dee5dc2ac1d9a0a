"""The README is true: its examples are read by the program itself."""

import re
import subprocess
import tomllib
from pathlib import Path

import msgspec
import pytest
import typer
from palettes import shipped_palette

from voice_guide.frontends.cli.commands import app
from voice_guide.score.compile import Request
from voice_guide.script.lint import lint
from voice_guide.script.parse import parse
from voice_guide.session.prepare import Ask, prepare
from voice_guide.sound.clip import frames_to_seconds
from voice_guide.store.settings import Ritual, Settings
from voice_guide.store.settings.loading import load
from voice_guide.voice.silent import SilentEngine

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_script_is_sound() -> None:
    sounds = {one.name for one in shipped_palette().sounds()}
    (example,) = blocks("markdown")
    script = parse(example, "README")
    assert lint(script, sounds) == ()
    assert [section.title for section in script.sections] == ["Arrive", "Breathe", "Return"]


@pytest.mark.parametrize("minutes", [1, 2, 3])
def test_the_example_script_fits_what_it_promises(minutes: int) -> None:
    script = parse(*blocks("markdown"))
    ask = Ask(script, "README", Request(length_s=minutes * 60.0))
    score = prepare(ask, SilentEngine(), shipped_palette()).score
    assert frames_to_seconds(score.length) == pytest.approx(minutes * 60, abs=1)


def test_the_example_settings_show_every_setting(tmp_path: Path) -> None:
    (example,) = blocks("toml")
    (tmp_path / "settings.toml").write_text(example)
    load(tmp_path / "settings.toml")
    tables = tomllib.loads(example)
    (tables["ritual"],) = tables["ritual"].values()
    kinds = {one.name: one.type for one in msgspec.structs.fields(Settings)} | {"ritual": Ritual}
    every = {
        name: {field.name for field in msgspec.structs.fields(kind)} for name, kind in kinds.items()
    }
    assert {name: set(table) for name, table in tables.items()} == every


def names(group: typer.Typer) -> set[str]:
    return {
        command.name or command.callback.__name__
        for command in group.registered_commands
        if command.callback
    }


def test_every_command_is_shown_and_exists() -> None:
    said = "\n".join(blocks("sh"))
    groups = {group.name: group.typer_instance for group in app.registered_groups}
    assert set(re.findall(r"^voice-guide ([\w-]+)", said, re.MULTILINE)) == names(app) | {*groups}
    for name, group in groups.items():
        assert set(re.findall(rf"^voice-guide {name} ([\w-]+)", said, re.MULTILINE)) == names(group)


def test_the_two_commands_exist() -> None:
    usage = subprocess.run(
        [ROOT / "dev", "help"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    for line in blocks("sh")[0].splitlines():
        assert line.split("#")[0].strip() in usage


def test_links_within_the_project_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
