"""Rendering a session to a file, with a bar where somebody watches."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voice_guide.errors import ExportFailed, VoiceGuideError
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import care_lines, length_to_text

if TYPE_CHECKING:
    from voice_guide.session.prepare import Ask

Advance = Callable[[int, int], None]
"""Told how much is done, and of how much."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a session is written, and what beside it."""

    path: Path
    force: bool = False
    stems: bool = False
    captions: bool = False


def render(services: Services, ask: Ask, target: Target, *, quiet: bool) -> None:
    """Write the session and say where it is."""
    lines = _write(services, ask, target, quiet=quiet)
    if not quiet:
        print("\n".join([*lines, *care_lines(ask.script.header)]))


def render_instead(services: Services, ask: Ask, reason: VoiceGuideError, *, quiet: bool) -> None:
    """Write the session that cannot be heard here into the listener's own folder."""
    said = reason.message.rstrip(".")
    print(f"{said}, so the session is written to a file instead. {reason.hint}", file=sys.stderr)
    way_out = "Choose a place yourself: voice-guide render SCRIPT -o FILE.wav"
    folder = make_folder(services.paths.rendered, way_out)
    lines = _write(services, ask, Target(_free_path(folder, ask)), quiet=quiet)
    print("\n".join([*lines, *([] if quiet else care_lines(ask.script.header))]))


def make_folder(folder: Path, way_out: str) -> Path:
    """Return the folder, made if need be; raises `ExportFailed`, with what else could be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} cannot be made: {error.strerror}."
        raise ExportFailed(message, way_out) from error
    return folder


def _write(services: Services, ask: Ask, target: Target, *, quiet: bool) -> list[str]:
    from voice_guide.output.export import check_target, export
    from voice_guide.session.prepare import prepare
    from voice_guide.sound.clip import frames_to_seconds

    check_target(target.path, force=target.force)
    with progress_bar(quiet=quiet) as stage:
        prepared = prepare(ask, services.engine(), services.palette(), stage("Speaking"))
        written = export(
            prepared.score,
            target.path,
            force=target.force,
            progress=stage("Writing"),
            stems=target.stems,
            captions=target.captions,
        )
    if prepared.notice:
        print(prepared.notice, file=sys.stderr)
    length = length_to_text(frames_to_seconds(prepared.score.length))
    return [f"{prepared.score.title}, {length}:", *(f"  {path}" for path in written)]


def _free_path(folder: Path, ask: Ask) -> Path:
    slug = Path(ask.name).stem or "session"
    names = (f"{slug}{f'-{number}' if number > 1 else ''}.wav" for number in range(1, 100_000))
    return next(folder / name for name in names if not (folder / name).exists())


@contextlib.contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str], Advance | None]]:
    """Give a function that names a stage of long work and returns what moves its bar on."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield lambda _what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<9}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def stage(what: str) -> Advance:
            task = progress.add_task(what, total=None)

            def advance(done: int, total: int) -> None:
                progress.update(task, completed=done, total=total)

            return advance

        yield stage
