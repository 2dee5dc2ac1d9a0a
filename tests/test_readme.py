"""The README is true: its examples are read by the program itself."""

import re
import subprocess
import tomllib
from pathlib import Path

import msgspec

from voice_guide.frontends.cli.commands import app
from voice_guide.script.lint import lint
from voice_guide.script.parse import parse
from voice_guide.store.library import read_patches
from voice_guide.store.paths import shipped
from voice_guide.store.settings import Settings, load

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_example_script_is_sound() -> None:
    (example,) = blocks("markdown")
    script = parse(example, "README")
    patches = read_patches([shipped("sounds")])
    assert lint(script, {name for kind in patches.values() for name in kind}) == ()
    assert [section.title for section in script.sections] == ["Arrive", "Breathe", "Return"]


def test_the_example_settings_show_every_setting(tmp_path: Path) -> None:
    (example,) = blocks("toml")
    (tmp_path / "settings.toml").write_text(example)
    load(tmp_path / "settings.toml")
    tables = tomllib.loads(example)
    every = {
        section.name: {field.name for field in msgspec.structs.fields(section.type)}
        for section in msgspec.structs.fields(Settings)
    }
    assert {name: set(table) for name, table in tables.items()} == every


def test_every_command_is_shown_and_exists() -> None:
    shown = set(re.findall(r"^voice-guide (\w+)", "\n".join(blocks("sh")), re.MULTILINE))
    exist = {
        command.name or command.callback.__name__
        for command in app.registered_commands
        if command.callback
    }
    assert shown == exist


def test_the_two_commands_exist() -> None:
    usage = subprocess.run(
        [ROOT / "dev", "help"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    for line in blocks("sh")[0].splitlines():
        assert line.split("#")[0].strip() in usage


def test_links_within_the_project_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (ROOT / target).exists(), target
