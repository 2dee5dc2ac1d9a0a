"""Media keys against the running companion: the real playerctl, every command of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from companion_rig import ONE_MOMENT, World, needs_world, world
from own_bus import Client
from rig import needs_rig, wait_until

pytestmark = [
    pytest.mark.real,
    needs_rig,
    needs_world,
    pytest.mark.skipif(shutil.which("playerctl") is None, reason="not on this system: playerctl"),
]

SCRIPT = "breathing/4-7-8"


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    with world(sound=True) as made:
        made.begin()
        yield made


@pytest.fixture
def playing(shared: World) -> Iterator[World]:
    """A companion that plays a session of several sections."""
    shared.play(SCRIPT, length_s=180.0)
    wait_until(lambda: bool(shared.status()["length_s"]), 20.0, "the score is never there")
    wait_until(lambda: position_s(shared) >= 1.0, what="no time")
    yield shared
    shared.say("pause")
    shared.say("stop")
    shared.wait_for("idle")
    wait_until(lambda: playerctl(shared, "--list-all") == "", what="the keys are kept")


def run(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["playerctl", *words],
        env=world.env,
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


def playerctl(world: World, *words: str) -> str:
    return run(world, *words).stdout.strip()


def do(world: World, *words: str) -> None:
    done = run(world, *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""


def refuse(world: World, *words: str) -> str:
    done = run(world, *words)
    assert done.returncode == 1
    return done.stderr


def position_s(world: World) -> float:
    """Return where it is by `playerctl`, once the companion agrees."""
    told_s = 0.0

    def is_agreed() -> bool:
        # It moves while it is asked for, and a jump is told here a moment sooner than there.
        nonlocal told_s
        before_s = world.status()["position_s"]
        told_s = float(playerctl(world, "position") or "nan")
        after_s = world.status()["position_s"]
        return min(before_s, after_s) - 1.0 <= told_s <= max(before_s, after_s) + 1.0

    wait_until(is_agreed, what="they do not agree on where it is")
    return told_s


def wait_for_status(world: World, status: str) -> None:
    wait_until(lambda: playerctl(world, "status") == status, what=f"never {status}")
    world.wait_for(status.lower())


def test_play_pause_and_stop(playing: World) -> None:
    wait_for_status(playing, "Playing")
    do(playing, "pause")
    wait_for_status(playing, "Paused")
    do(playing, "pause")
    assert playerctl(playing, "status") == "Paused"
    do(playing, "play")
    wait_for_status(playing, "Playing")
    do(playing, "play")
    assert playerctl(playing, "status") == "Playing"
    for expected in ("Paused", "Playing"):
        do(playing, "play-pause")
        wait_for_status(playing, expected)
    do(playing, "stop")
    playing.wait_for("idle")
    wait_until(lambda: "No players found" in run(playing, "status").stderr, what="still a player")


def test_next_and_previous_go_by_sections(playing: World) -> None:
    sections = [playerctl(playing, "metadata", "artist")]

    def wait_for_section(*, after: str) -> str:
        wait_until(lambda: playerctl(playing, "metadata", "artist") != after, what="stays")
        now = playerctl(playing, "metadata", "artist")
        assert playing.status()["section"] == now
        return now

    while playing.say("skip") != "This is the last section.":
        sections.append(wait_for_section(after=sections[-1]))
    assert len(sections) >= 3
    # As with the command, nothing ends by being skipped; and it is said that there is no next.
    assert "No player could handle this command" in refuse(playing, "next")
    wait_for_status(playing, "Playing")
    assert playing.status()["section"] == sections[-1]
    # Later than three seconds into a section "previous" is its beginning: here no time passes.
    do(playing, "pause")
    wait_for_status(playing, "Paused")

    def go_back() -> str:
        before = position_s(playing)
        do(playing, "previous")
        wait_until(lambda: position_s(playing) < before, what="it does not go back")
        return playerctl(playing, "metadata", "artist")

    section = go_back()
    if section == sections[-1]:
        section = go_back()
    assert section == sections[-2]
    do(playing, "next")
    assert wait_for_section(after=sections[-2]) == sections[-1]


def test_a_position_is_told_and_gone_to(playing: World) -> None:
    """A phrase or a phase is begun at its beginning, so it may be some seconds off."""
    phrase_s = 15.0
    do(playing, "position", "90")
    wait_until(lambda: position_s(playing) > 80, what="it does not go there")
    assert position_s(playing) == pytest.approx(90, abs=phrase_s)
    before = position_s(playing)
    do(playing, "position", "30+")
    wait_until(lambda: position_s(playing) > before + 15, what="it does not go on")
    assert position_s(playing) == pytest.approx(before + 30, abs=phrase_s)
    before = position_s(playing)
    do(playing, "position", "40-")
    wait_until(lambda: position_s(playing) < before - 30, what="it does not go back")
    assert position_s(playing) == pytest.approx(before - 40, abs=phrase_s)
    for _ in range(3):
        before = position_s(playing)
        do(playing, "position", "1+")
        wait_until(lambda at=before: position_s(playing) > at, what="it goes back")
    before = position_s(playing)
    do(playing, "position", "9999")  # outside of it, to be ignored, says the specification
    assert position_s(playing) == pytest.approx(before, abs=phrase_s)
    do(playing, "position", "9999-")
    wait_until(lambda: position_s(playing) < phrase_s, what="it does not begin anew")
    assert playerctl(playing, "status") == "Playing"


def test_a_position_gone_to_while_paused_is_shown_and_stays(playing: World) -> None:
    do(playing, "pause")
    wait_for_status(playing, "Paused")
    do(playing, "position", "100")
    wait_until(lambda: position_s(playing) > 85, what="it does not go there")
    shown_s = position_s(playing)
    assert playerctl(playing, "status") == "Paused"
    assert position_s(playing) == pytest.approx(shown_s, abs=0.01)
    do(playing, "play")
    wait_until(lambda: shown_s < position_s(playing) < shown_s + 5, what="it does not go on there")


def test_the_volume_is_told_and_set(playing: World) -> None:
    for words, expected in (("0.5",), 0.5), (("0.1+",), 0.6), (("0.2-",), 0.4), (("9-",), 0.0):
        do(playing, "volume", *words)
        wait_until(
            lambda: float(playerctl(playing, "volume")) == pytest.approx(expected),  # noqa: B023
            what=f"the volume is never {expected}",
        )
    do(playing, "volume", "7")  # never louder than it was made
    wait_until(lambda: float(playerctl(playing, "volume")) == 1.0, what="never at full level")


def test_metadata_by_key_and_by_format(playing: World) -> None:
    length_s = playing.status()["length_s"]
    section = playing.status()["section"]
    known = {
        "title": "Four, seven, eight",
        "artist": section,
        "album": "voice-guide",
        "xesam:title": "Four, seven, eight",
        "xesam:artist": section,
        "xesam:album": "voice-guide",
        "xesam:comment": section,
    }
    for key, expected in known.items():
        assert playerctl(playing, "metadata", key) == expected, key
    told_s = int(playerctl(playing, "metadata", "mpris:length")) / 1_000_000
    assert told_s == pytest.approx(length_s, abs=0.001)
    assert "/org/voice_guide/session/" in playerctl(playing, "metadata", "mpris:trackid")
    table = [line.split(maxsplit=2) for line in playerctl(playing, "metadata").splitlines()]
    others = {"mpris:trackid", "mpris:length"}
    assert {key for _, key, _ in table} == {key for key in known if ":" in key} | others
    assert {player for player, _, _ in table} == {"voice_guide"}
    minutes, seconds = divmod(int(length_s), 60)
    said = playerctl(
        playing,
        *("metadata", "-f"),
        "{{playerName}}|{{status}}|{{title}}|{{artist}}|{{duration(mpris:length)}}",
    )
    assert said == f"voice_guide|Playing|Four, seven, eight|{section}|{minutes}:{seconds:02d}"
    assert playerctl(playing, "status", "-f", "{{lc(status)}}") == "playing"
    shown = playerctl(playing, "position", "-f", "{{duration(position)}}")
    assert shown.startswith("0:")
    assert refuse(playing, "metadata", "mpris:artUrl")


def test_what_a_session_has_not_is_said(playing: World) -> None:
    for words in ("shuffle",), ("shuffle", "On"), ("loop",), ("loop", "Track"):
        assert refuse(playing, *words)
    wait_for_status(playing, "Playing")


def test_a_file_of_ones_own_is_opened(playing: World, tmp_path: Path) -> None:
    own = tmp_path / "mine & yours ü.md"
    own.write_text(ONE_MOMENT, encoding="utf-8")
    do(playing, "open", str(own))
    wait_until(lambda: playing.status()["script"] == str(own), what="it is not played")
    wait_until(lambda: playerctl(playing, "metadata", "title") == "One moment", what="not shown")
    do(playing, "open", own.as_uri())
    broken = tmp_path / "broken.md"
    broken.write_text("no header\n")
    assert "line 1" in refuse(playing, "open", str(broken))
    assert "is no file on this machine" in refuse(playing, "open", str(tmp_path / "nowhere.md"))
    assert playing.status()["script"] == str(own)


def test_followers_are_told(playing: World) -> None:
    follow = Client(
        subprocess.Popen(
            ["playerctl", "--follow", "status"],
            env=playing.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
    )
    try:
        assert follow.read() == "Playing"
        playing.say("pause")
        assert follow.read() == "Paused"
        playing.say("resume")
        assert follow.read() == "Playing"
        playing.say("stop")
        assert follow.read() == ""
    finally:
        follow.end()


def test_the_keys_are_ours_only_while_a_session_lasts(shared: World) -> None:
    assert "No players found" in refuse(shared, "play-pause")
    for end in ("stop", "pause"):
        shared.play(SCRIPT)
        wait_until(lambda: playerctl(shared, "--list-all") == "voice_guide", what="no keys")
        shared.wait_for("playing")
        assert shared.say(end) in {"Ending gently.", "Paused."}
    shared.wait_for("paused")
    assert playerctl(shared, "--list-all") == "voice_guide"
    shared.say("stop")
    wait_until(lambda: playerctl(shared, "--list-all") == "", what="the keys are kept")
    assert shared.status()["state"] == "idle"
