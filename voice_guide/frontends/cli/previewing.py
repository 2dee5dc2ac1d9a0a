"""The palette in a terminal: every sound in a list, to be heard, or written to files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import DeviceLost, ExportFailed, VoiceGuideError
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.sound.sources.source import Sound

FOLDER: Final = "sound-previews"
"""Where previews are written when no folder is named. Not `sounds`: in a clone of the program that
is the palette itself."""

_HEADINGS: Final = {"bell": "bells", "bed": "beds", "pacer": "pacers", "": "in the wrong place"}


def list_sounds(services: Services, *, as_json: bool) -> int:
    """Print every sound, where it comes from, and every file that is of no use."""
    palette = services.palette()
    sounds = list(palette.sounds())
    if as_json:
        print_json([_sound_to_row(one) for one in sounds])
        return 0
    width = max((len(one.name) for one in sounds if not one.fault), default=0)
    for kind, group in groupby(sounds, key=lambda one: one.kind):
        print(_HEADINGS[kind])
        for one in group:
            for line in _sound_to_lines(one, width):
                print(_plainly(line))
    for note in palette.notes:
        print(_plainly(f"! {note}"))
    own = services.paths.sounds[0]
    print(f"\nYour own patches (TOML) and recordings (WAV, FLAC, OGG): {own}")
    print("in a folder bells, beds or pacers there. To hear one: voice-guide sounds --play NAME")
    return 0


def _sound_to_lines(sound: Sound, width: int) -> Iterator[str]:
    origin = "yours" if sound.is_own else "ships"
    if sound.fault:
        first, *more = f"{sound.fault.message}\n{sound.fault.hint}".strip().split("\n")
        yield f"  ! {first}"
        yield from (f"    {line}" for line in more)
        return
    length = "" if sound.length_s is None else _seconds(sound.length_s)
    note = f" ({sound.note})" if sound.note else ""
    yield f"  {sound.name:<{width}}  {length:>7}  {origin}  {sound.summary}{note}".rstrip()


def _plainly(line: str) -> str:
    """Return a line as it is, but for what a file's name could do to a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in line)


def _seconds(length_s: float) -> str:
    return f"{length_s:.1f} s" if length_s < 9.95 else f"{length_s:.0f} s"


def _sound_to_row(sound: Sound) -> dict[str, Any]:
    fault = f"{sound.fault.message} {sound.fault.hint}".strip() if sound.fault else ""
    return {
        "kind": sound.kind,
        "name": sound.name,
        "summary": sound.summary,
        "length_s": sound.length_s,
        "own": sound.is_own,
        "path": sound.place,
        "recording": sound.is_recording,
        "note": sound.note,
        "fault": fault,
    }


def play_sounds(services: Services, name: str, device: str | None) -> int:
    """Play what a sound is like, or each of those that share a name."""
    from voice_guide.frontends.preview import choose_sounds, preview
    from voice_guide.session.announce.sounding import sound_alone

    settings, palette = services.settings(), services.palette()
    chosen = choose_sounds(palette, name)
    scores = [
        preview(palette, kind, each, hold_free=settings.breathing.hold_free)
        for kind, each in chosen
    ]
    player = services.player(settings.sound.device if device is None else device)
    player.volume_db = settings.sound.volume_db
    for (kind, each), score in zip(chosen, scores, strict=True):
        print(f"{each}, a {kind}", flush=True)
        try:
            sound_alone(player, score)
        except DeviceLost as lost:
            way_out = f"Or write it to a file: voice-guide sounds --render --play {name}"
            raise DeviceLost(lost.message, f"{lost.hint} {way_out}".strip()) from lost
    return 0


def render_sounds(services: Services, name: str | None, folder: Path | None, *, force: bool) -> int:
    """Write what one sound or every one is like; 1 if one of them could not be made."""
    from voice_guide.frontends.cli.rendering import make_folder, progress_bar
    from voice_guide.frontends.preview import choose_sounds, preview
    from voice_guide.output.export import check_target, export
    from voice_guide.sound.patch import KINDS

    palette = services.palette()
    every = tuple((kind, each) for kind in KINDS for each in palette.names(kind))
    chosen = every if name is None else choose_sounds(palette, name)
    folder = make_folder(folder or Path(FOLDER), "Choose another with -o FOLDER.")
    targets = [folder / f"{kind}-{each}.wav" for kind, each in chosen]
    for target in targets:
        if target.exists() and not force:
            raise ExportFailed(
                f"{target} is there already.", "Add --force to replace it, or -o ANOTHER-FOLDER."
            )
        check_target(target, force=force)
    hold_free = services.settings().breathing.hold_free
    written, faults = [], []
    with progress_bar(quiet=False) as stage:
        advance = stage("Writing")
        for done, ((kind, each), target) in enumerate(zip(chosen, targets, strict=True), 1):
            try:
                export(preview(palette, kind, each, hold_free=hold_free), target, force=force)
                written.append(target)
            except ExportFailed:
                raise
            except VoiceGuideError as fault:
                faults.append(fault)
            if advance:
                advance(done, len(targets))
    for target in written:
        print(target)
    for one in faults:
        print(one, file=sys.stderr)
    return 1 if faults else 0
