"""What every test shares: nothing of the listener's own is ever read or written."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy build server is slow now and then, which says nothing about the code.
settings.register_profile("whole", deadline=None, max_examples=60)
settings.register_profile("quick", deadline=None, max_examples=8)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "whole"))


@pytest.fixture(autouse=True, scope="session")
def own_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Point the program, and every process that a test starts, at folders of the test's own."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "VOICE_GUIDE_HOME", str(home))
        yield home


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run three tests for two cores: every third waits for a clock, a thread or a process."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return ((cores or 1) * 3 + 1) // 2


def pytest_collection_finish() -> None:
    """Let the collector pass over what stays until the end: some 300 000 objects each time."""
    gc.collect()
    gc.freeze()
