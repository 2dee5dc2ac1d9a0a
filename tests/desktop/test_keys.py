"""What a listener may write for a key, and what is said about what would not do."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from Xlib import XK

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.desktop.around.keys import MODIFIERS, read_keys

F9 = XK.string_to_keysym("F9")


@pytest.mark.parametrize(
    ("text", "keysym", "modifiers"),
    [
        ("ctrl+alt+b", ord("b"), {"Control_L", "Alt_L"}),
        ("Ctrl + ALT + B", ord("b"), {"Control_L", "Alt_L"}),
        ("control+shift+1", ord("1"), {"Control_L", "Shift_L"}),
        ("win+space", ord(" "), {"Super_L"}),
        ("super+ö", ord("ö"), {"Super_L"}),
        ("alt+я", 0x0100_0000 | ord("я"), {"Alt_L"}),
        ("alt+page_up", XK.string_to_keysym("Page_Up"), {"Alt_L"}),
        ("alt+pageup", XK.string_to_keysym("Page_Up"), {"Alt_L"}),
        ("ctrl+esc", XK.string_to_keysym("Escape"), {"Control_L"}),
        ("F9", F9, set()),
        ("f9", F9, set()),
        ("shift+F9", F9, {"Shift_L"}),
        ("Pause", XK.string_to_keysym("Pause"), set()),
        ("XF86AudioPlay", 0x1008_FF14, set()),
        ("xf86audioplay", 0x1008_FF14, set()),
        ("XF86_AudioPlay", 0x1008_FF14, set()),
    ],
)
def test_a_key_is_found(text: str, keysym: int, modifiers: set[str]) -> None:
    keys = read_keys(text)
    assert (keys.keysym, keys.modifiers, keys.text) == (keysym, modifiers, text)


@pytest.mark.parametrize("text", ["ctrl+nokey", "hyper+b", "F40", "ctrl+", "", "+", "XF86Nothing"])
def test_what_is_no_key_is_said_with_an_example(text: str) -> None:
    with pytest.raises(VoiceGuideError, match="There is no key") as told:
        read_keys(text)
    assert "ctrl+alt+b" in told.value.hint


@pytest.mark.parametrize("text", ["b", "shift+b", "1", "space", "Return", "Escape", "Up", "Tab"])
def test_no_key_that_is_typed_with_is_taken(text: str) -> None:
    with pytest.raises(VoiceGuideError, match="no longer be typed with"):
        read_keys(text)
    assert read_keys(f"ctrl+{text}").keysym


@given(st.text() | st.lists(st.sampled_from([*MODIFIERS, "b", "F9", "?", "é"])).map("+".join))
def test_whatever_is_written_is_a_key_or_a_sentence(text: str) -> None:
    with contextlib.suppress(VoiceGuideError):
        assert read_keys(text).keysym > 0
