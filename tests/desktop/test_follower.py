"""What the icon is called, as sessions come and go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from icon_stand_in import Icon

from voice_guide.frontends.desktop.follower import Follower
from voice_guide.session.machine import Mode
from voice_guide.session.status import Status
from voice_guide.store.settings import Companion

PLAYING = Status(Mode.PLAYING, "a/b", "A title", "One", position_s=30.0, length_s=300.0)


class NoKeys:
    def show(self, now: object) -> None: ...

    def hide(self) -> None: ...

    def close(self) -> None: ...


def follow(icon: Icon) -> Follower:
    """Return what follows a session where nothing else plays or listens."""
    return Follower(
        "voice-guide",
        icon,
        NoKeys(),
        None,
        None,
        wishes=Companion,
        tell=pytest.fail,
        remark=pytest.fail,
    )


def test_the_icon_is_called_after_a_session_only_while_it_lasts() -> None:
    icon = Icon()
    follower = follow(icon)
    follower.see(PLAYING)
    assert icon.title == "A title"
    follower.see(replace(PLAYING, state=Mode.PAUSED))
    assert icon.title == "A title"
    # The last moment of what is over stays in the status.
    follower.see(replace(PLAYING, state=Mode.ENDED))
    assert icon.title == "voice-guide"
    follower.see(Status(Mode.PREPARING))
    assert icon.title == "voice-guide"


def test_what_waits_gives_the_icon_its_name_until_a_session_does() -> None:
    icon = Icon()
    follower = follow(icon)
    follower.wait("morning: A title")
    assert icon.title == "morning: A title"
    follower.see(PLAYING)
    assert icon.title == "A title"
    follower.see(replace(PLAYING, state=Mode.ENDED))
    assert icon.title == "morning: A title"
    follower.wait("")
    assert icon.title == "voice-guide"


def test_an_open_menu_is_told_of_the_last_fade_at_once() -> None:
    icon = Icon()
    follower = follow(icon)
    follower.see(PLAYING)
    before = icon.updates
    follower.see(replace(PLAYING, position_s=30.1))
    assert icon.updates == before
    follower.see(replace(PLAYING, position_s=30.2, is_ending=True))
    assert icon.updates == before + 1
