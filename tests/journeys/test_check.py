"""`voice-guide check` as an author meets it: the whole library clean, every planted fault found."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from voice_guide.__main__ import main
from voice_guide.frontends.library.review import FASTEST_WPM, SLOWEST_WPM

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
HEADER = """---
title: Rest
kind: rituals
length: 1-2 min
bed: rain
cautions: [breath-hold, tensing]
---

"""
LONG = "[pause 20-200s]\n\n"
PLAIN = HEADER + LONG

# What is written, and the rule, line and column that `check` must name.
PLANTED = {
    "syntax": (PLAIN + "[pauze 3s]\n", 11, 2),
    "unreadable": ("", 1, 1),
    "unknown-sound": (PLAIN + "[pause 2s] [bell gnog]\n", 11, 12),
    "unknown-caution": (PLAIN.replace("tensing", "tenseing"), 6, 25),
    "missing-caution": (PLAIN.replace(", tensing", "") + "[tense 5s]\n", 11, 1),
    "starter-rounds": (
        PLAIN.replace("1-2 min", "3-4 min") + "[breathe 4-7-8, 5-9 rounds]\n[pause 5-50s]\n",
        11,
        1,
    ),
    "long-tensing": (PLAIN + "[tense 8s]\n", 11, 1),
    "cramp": (PLAIN + "Pull your toes down.\n", 11, 1),
    "eyes-closed": (PLAIN + "Look at the wall.\n", 11, 1),
    "loss": (PLAIN + "You missed it.\n", 11, 1),
    "bare-silence": (PLAIN.replace("bed: rain\n", "bed: none\n"), 9, 1),
    "cue-too-long": (PLAIN + "[breathe 2-0.5-2, 4 rounds, spoken]\n", 11, 1),
    "out-of-reach": (PLAIN.replace("1-2 min", "1-9 min"), 4, 9),
    "pace": (PLAIN.replace("1-2 min", "2-3 min") + "Oh. " * 24 + "\n", 2, 8),
}


@pytest.fixture
def run(capsys):
    def run_one(*words):
        code = main(["check", *(str(word) for word in words)])
        return code, capsys.readouterr().out

    return run_one


def test_the_library_is_clean_and_paced(run) -> None:
    code, out = run("--json")
    rows = json.loads(out)
    paces = [row["words_per_minute"] for row in rows]
    shares = [row["silence_share"] for row in rows]
    cues = sum(row["cue_words"] for row in rows)
    print(f"{len(rows)} sessions, {min(paces):.0f} to {max(paces):.0f} words a minute")
    print(f"silence {min(shares):.0%} to {max(shares):.0%}")
    print(f"longest gap {max(row['longest_gap_s'] for row in rows):.0f} s; {cues} cue words")
    assert [row["id"] for row in rows if row["faults"]] == []
    assert code == 0
    assert len(rows) == 39
    assert all(SLOWEST_WPM <= pace <= FASTEST_WPM for pace in paces)
    assert all(row["cue_words_inside"] == row["cue_words"] for row in rows)
    assert cues > 200
    assert not any(row["notice"] for row in rows)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_fault_is_found(run, tmp_path, rule) -> None:
    text, line, column = PLANTED[rule]
    path = tmp_path / "planted.md"
    path.write_text(text)
    code, out = run(path)
    found = re.findall(rf"^{path}:(\d+):(\d+): .+ \[([a-z-]+)\]$", out, re.MULTILINE)
    assert found == [(str(line), str(column), rule)]
    assert code == 1


def test_without_the_plants_nothing_is_found(run, tmp_path) -> None:
    path = tmp_path / "well.md"
    path.write_text(PLAIN)
    assert run(path)[0] == 0


def test_every_rule_is_planted_and_told() -> None:
    page = (ROOT / "docs" / "writing-scripts.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `([a-z-]+)` \|", page[page.index("| rule |") :], re.MULTILINE)
    source = "".join(
        (ROOT / "voice_guide" / name).read_text(encoding="utf-8")
        for name in ("script/lint.py", "frontends/library/review.py", "frontends/cli/checking.py")
    )
    written = set(re.findall(r'"([a-z]+-[a-z-]+|loss|pace|cramp|unreadable)"(?=[,)\n])', source))
    assert set(told) == set(PLANTED)
    assert set(told) - {"syntax"} <= written | {"unknown-caution"}
    assert written - set(told) <= KNOWN_WORDS


KNOWN_WORDS = {"breath-hold", "slow-breath"}
"""What looks like a rule in the source and is none."""


def test_the_page_of_the_library_is_of_today(run) -> None:
    page = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    code, out = run("--markdown")
    assert code == 0
    # What the scripts say is compared; figures of the voice may differ by its version.
    row = re.compile(r"^\| (\*\*.*?) \| (.*?) \| (\d+) \|", re.MULTILINE)
    assert row.findall(page) == row.findall(out)
    assert len(row.findall(out)) == 39
