"""What is remembered of a session while it is heard, and when it is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from voice_guide.errors import VoiceGuideError
from voice_guide.session.status import Ending

if TYPE_CHECKING:
    from voice_guide.store.journal.recorder import Recorder
    from voice_guide.store.progress import Progress


class Memory:
    """Brings the endings of one controller's sessions to the journal and to the progress."""

    def __init__(self, progress: Callable[[], Progress], recorder: Recorder) -> None:
        self._progress, self._recorder = progress, recorder

    def hear(self, so_far: Ending) -> None:
        """Take in how far a session has come; returns at once."""
        self._recorder.hear(
            so_far.script,
            so_far.title,
            so_far.ritual,
            length_s=so_far.length_s,
            heard_s=so_far.heard_s,
        )

    def end(self, ending: Ending) -> None:
        """Take in what has become of a session; raises `VoiceGuideError` where it cannot be kept.

        Of one that was forgotten while it went on, nothing is kept.
        """
        fault: VoiceGuideError | None = None
        is_to_be_kept = True
        try:
            is_to_be_kept = self._recorder.end(
                length_s=ending.length_s, heard_s=ending.heard_s, ended=_ended(ending)
            )
        except VoiceGuideError as error:
            fault = error
        if is_to_be_kept:
            self._progress().meet(ending.cautions_heard)
            if ending.finished:
                self._progress().finish(ending.script)
        if fault:
            raise fault


def _ended(ending: Ending) -> str:
    if ending.finished:
        return "finished"
    return "lost" if ending.fault else "stopped"
