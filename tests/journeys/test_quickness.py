"""How soon the companion is seen and heard, and how little it takes; `./dev bench` is exact."""

from __future__ import annotations

import time

import numpy as np
import pytest
from benchmarks.clicked import click_through
from benchmarks.present import appear, spent
from companion_on_panel import on_panel
from panel_rig import needs_panel
from rig import needs_rig

pytestmark = [pytest.mark.real, needs_rig, needs_panel]

# Several times what is asked for: whoever else works on this machine is not ours to forbid.
SEEN_S = 5.0
SOUND_S = 0.9
SILENCE_S = 1.5


def test_the_icon_is_seen_soon() -> None:
    with on_panel() as companion:
        assert min(appear(companion) for _ in range(2)) < SEEN_S


def test_a_click_is_heard_soon() -> None:
    found = click_through(3)
    assert np.median(found.begun_s) < SOUND_S
    assert np.median(found.silent_s) < SILENCE_S


def test_nobody_is_woken_while_it_waits() -> None:
    with on_panel() as companion:
        companion.begin()
        assert companion.process is not None
        time.sleep(15.0)  # past all that is loaded after the icon
        before = spent(companion.process.pid)
        time.sleep(10.0)
        after = spent(companion.process.pid)
    assert after.wakeups - before.wakeups <= 20
    assert after.computed_s - before.computed_s <= 0.02
    assert after.rss_mb < 70
