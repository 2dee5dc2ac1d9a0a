"""Commands that look and tell: voices, scores, and whether all is well."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from voice_guide.errors import VoiceGuideError
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.session.checkup import Finding
    from voice_guide.session.prepare import Ask, Prepared


def list_voices(services: Services, *, as_json: bool) -> int:
    """Print every voice, the recommended one first."""
    found = services.voices()
    if as_json:
        print_json([asdict(voice) for voice in found])
        return 0
    width = max(len(voice.id) for voice in found)
    for voice in found:
        print(f"{voice.id:<{width}}  {voice.language:<6}  {voice.name}")
    return 0


def print_score(services: Services, ask: Ask, *, as_json: bool) -> int:
    """Print when everything sounds."""
    from voice_guide.score.describe import describe, score_to_json

    prepared = prepare_ask(services, ask)
    if as_json:
        print_json(score_to_json(prepared.score))
    else:
        print(describe(prepared.score), end="")
    return 0


def prepare_ask(services: Services, ask: Ask) -> Prepared:
    """Speak and compile a session, and tell where not every word could be spoken."""
    from voice_guide.session.prepare import prepare

    prepared = prepare(ask, services.engine(), services.palette())
    if prepared.notice:
        print(prepared.notice, file=sys.stderr)
    return prepared


def doctor(services: Services, device: str | None, *, as_json: bool, with_sound: bool) -> int:
    """Print how the machine fares; 1 if something is not well."""
    findings = list(_findings(services, device))
    if as_json:
        keys = ("name", "ok", "detail", "hint")
        print_json([dict(zip(keys, asdict(one).values(), strict=True)) for one in findings])
    else:
        for one in findings:
            print(f"{'ok  ' if one.is_ok else 'not '}  {one.name:<15} {one.detail}")
            if one.hint:
                print(f"      {'':<15} {one.hint}")
    if with_sound:
        _play_bell(services, device, quiet=as_json)
    return 0 if all(one.is_ok for one in findings) else 1


def _findings(services: Services, device: str | None) -> Iterator[Finding]:
    from voice_guide.script.utterance import Voicing
    from voice_guide.session.checkup import Finding, examine

    voicing, chosen = Voicing(), device
    try:
        settings = services.settings()
        yield Finding("settings", True, str(services.paths.settings))
        voicing = Voicing(voice=settings.voice.id or voicing.voice)
        chosen = device or settings.sound.device  # type: ignore[assignment]
    except VoiceGuideError as fault:
        yield Finding("settings", False, fault.message, fault.hint)
    paths = services.paths
    folders = {"settings": paths.config, "own": paths.data, "clip": paths.clips}
    scripts = len(services.library.entries())
    yield Finding("scripts", scripts > 0, str(scripts))
    yield _look_at_journal(services)
    yield from examine(services.engine, services.palette, chosen, voicing, folders)


def _look_at_journal(services: Services) -> Finding:
    from voice_guide.session.checkup import Finding
    from voice_guide.store.journal.broken import examine

    health = examine(services.paths.journal)
    return Finding("journal", health.is_ok, health.detail, health.hint)


def _play_bell(services: Services, device: str | None, *, quiet: bool) -> None:
    from voice_guide.session.announce.sounding import sound_alone
    from voice_guide.session.checkup import one_bell

    bell = one_bell(services.palette())
    if not quiet:
        print("You should hear a soft bell now.", flush=True)
    sound_alone(services.player(device), bell)
