"""Commands that look and tell: scripts, voices, scores, and whether all is well."""

from __future__ import annotations

import json
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import Fault, ScriptError, VoiceGuideError
from voice_guide.frontends.cli.arguments import Wishes, length_to_text, make_ask, read_script
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.score.describe import Report
    from voice_guide.script.model import Script
    from voice_guide.session.checkup import Finding
    from voice_guide.session.prepare import Ask, Prepared

_WIDTH: Final = 88

_CAUTIONS: Final = {
    "breath-hold": "The breath is held. Leave this out, or take --hold-free, with pregnancy, with "
    "heart, blood pressure, breathing, seizure or eye-pressure conditions, after recent surgery, "
    "or in panic. Never in water or while driving. Stop when you feel dizzy.",
    "tensing": "Muscles are tensed. Leave out whatever hurts, and keep breathing.",
    "strong-feelings": "Kindness can bring up old pain. At any time, feel your feet on the floor, "
    "or stop.",
}


def list_scripts(services: Services, *, as_json: bool) -> int:
    """Print every script with its title; one that cannot be read is listed with its fault."""
    rows = [_row(services, entry.id, entry.kind) for entry in services.library.entries()]
    if as_json:
        _print_json(rows)
        return 0
    width = max((len(row["id"]) for row in rows), default=0)
    for kind, group in groupby(rows, key=lambda row: str(row["kind"])):
        print(kind)
        for row in group:
            told = f"{row['title']}. {row['summary']}" if row["title"] else f"! {row['fault']}"
            print(f"  {row['id']:<{width}}  {told}")
    return 0


def _row(services: Services, script_id: str, kind: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": script_id, "kind": kind, "title": "", "summary": ""}
    try:
        header = read_script(services, script_id)[1].header
    except VoiceGuideError as error:
        return row | {"fault": error.message.splitlines()[0]}
    return row | {
        "title": header.title,
        "summary": header.summary,
        "length_s": [header.length.minimum_s, header.length.maximum_s],
        "cautions": list(header.cautions),
    }


def show(services: Services, name: str) -> int:
    """Print a script for a person to read."""
    from voice_guide.script.text import script_to_text

    script_id, script = read_script(services, name)
    header = script.header
    print(f"{header.title}\n{'=' * len(header.title)}")
    _print_wrapped(header.summary)
    shortest, longest = header.length.minimum_s, header.length.maximum_s
    lengths = f"{length_to_text(shortest)} to {length_to_text(longest)}"
    print(f"{header.kind}, {lengths}   ({script_id})")
    if header.when:
        _print_wrapped(f"For: {', '.join(header.when)}")
    for caution in header.cautions:
        _print_wrapped(f"Take care. {_CAUTIONS.get(caution, caution)}", before="\n")
    _, _, body = script_to_text(script).removeprefix("---\n").partition("\n---\n")
    print(f"\n{body.strip()}")
    for source in header.sources:
        _print_wrapped(f"Source: {source}", before="\n")
    return 0


def _print_wrapped(text: str, before: str = "") -> None:
    if text:
        print(before + textwrap.fill(text, _WIDTH))


def list_voices(services: Services, *, as_json: bool) -> int:
    """Print every voice, the recommended one first."""
    from voice_guide.voice.silent import SilentEngine

    found = [*services.engine().voices(), *SilentEngine().voices()]
    if as_json:
        _print_json([asdict(voice) for voice in found])
        return 0
    width = max(len(voice.id) for voice in found)
    for voice in found:
        print(f"{voice.id:<{width}}  {voice.language:<6}  {voice.name}")
    return 0


def print_score(services: Services, ask: Ask, *, as_json: bool) -> int:
    """Print when everything sounds."""
    from voice_guide.score.describe import describe, score_to_json

    prepared = _prepare(services, ask)
    if as_json:
        _print_json(score_to_json(prepared.score))
    else:
        print(describe(prepared.score), end="")
    return 0


def _prepare(services: Services, ask: Ask) -> Prepared:
    from voice_guide.session.prepare import prepare

    prepared = prepare(ask, services.engine(), services.palette())
    if prepared.notice:
        print(prepared.notice, file=sys.stderr)
    return prepared


def check(services: Services, names: Sequence[str]) -> int:
    """Print what each script should mend and how it is paced; 1 if there is anything to mend."""
    is_clean = True
    for number, name in enumerate(names):
        if number:
            print()
        try:
            is_clean = _check_one(services, name) and is_clean
        except ScriptError as error:
            _print_faults(services, name, error.faults)
            is_clean = False
        except VoiceGuideError as error:
            print(f"{name}: {error.message} {error.hint}".rstrip())
            is_clean = False
    return 0 if is_clean else 1


def _check_one(services: Services, name: str) -> bool:
    from voice_guide.score.compile import reach_s
    from voice_guide.score.describe import report
    from voice_guide.script.lint import lint

    script_id, script = read_script(services, name)
    palette = services.palette()
    sounds = [one for kind in ("bell", "bed", "pacer") for one in palette.names(kind)]
    warnings = lint(script, sounds)
    _print_faults(services, name, warnings)
    ask = make_ask(services, script_id, script, Wishes())
    prepared = _prepare(services, ask)
    late = tuple(_unspoken_cues(script, prepared))
    _print_faults(services, name, late)
    _print_report(
        script.header.title, report(prepared.score), reach_s(script, prepared.clips, ask.request)
    )
    return not warnings and not late


def _unspoken_cues(script: Script, prepared: Prepared) -> Iterator[Fault]:
    """Yield the phases that are too short for even the shortest cue word."""
    from voice_guide.score.orchestra import cue_utterance
    from voice_guide.score.plan.breath import PHASE_WORDS
    from voice_guide.script.model import Breathe, Cueing, walk
    from voice_guide.sound.clip import frames_to_seconds

    voicing = prepared.ask.request.voicing
    for item in (item for section in script.sections for item in walk(section.items)):
        if not isinstance(item, Breathe) or item.cueing is Cueing.TONES:
            continue
        for phase, length_s in item.pattern.phases:
            clips = [prepared.clips[cue_utterance(text, voicing)] for text in PHASE_WORDS[phase]]
            shortest_s = min(frames_to_seconds(clip.length) for clip in clips)
            if shortest_s > length_s:
                yield Fault(
                    item.line,
                    item.column,
                    f'"{phase}" lasts {length_s:g} s, and its shortest word {shortest_s:.1f} s',
                    hint="Make it longer, or add: tones",
                    rule="cue-too-long",
                )


def _print_faults(services: Services, name: str, faults: Sequence[Fault]) -> None:
    path = services.library.find(name).path
    for fault in faults:
        expected = f"; expected {fault.expected}" if fault.expected else ""
        hint = f". {fault.hint}" if fault.hint else ""
        place = f"{path}:{fault.line}:{fault.column}"
        print(f"{place}: {fault.found}{expected}{hint} [{fault.rule}]")


def _print_report(title: str, paced: Report, reach_s: tuple[float, float]) -> None:
    print(f"{title}, {length_to_text(paced.length_s)}")
    print(f"  words a minute    {paced.words_per_minute:.0f} while speaking")
    print(f"  silence           {paced.silence_share:.0%} of the time is without a voice")
    print(f"  longest gap       {paced.longest_gap_s:.1f} s")
    print(f"  can last          {length_to_text(reach_s[0])} to {length_to_text(reach_s[1])}")


def doctor(services: Services, device: str | None, *, as_json: bool, with_sound: bool) -> int:
    """Print how the machine fares; 1 if something is not well."""
    findings = list(_findings(services, device))
    if as_json:
        keys = ("name", "ok", "detail", "hint")
        _print_json([dict(zip(keys, asdict(one).values(), strict=True)) for one in findings])
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
    yield Finding("scripts", bool(services.library.entries()), f"{len(services.library.entries())}")
    yield from examine(services.engine, services.palette, chosen, voicing, folders)


def _play_bell(services: Services, device: str | None, *, quiet: bool) -> None:
    from voice_guide.output.device import DeviceOutput
    from voice_guide.output.player import Player, PlayerState
    from voice_guide.session.checkup import one_bell

    player = Player(DeviceOutput(device))
    player.play(one_bell(services.palette()))
    if not quiet:
        print("You should hear a soft bell now.")
    try:
        while player.poll().state is PlayerState.PLAYING:
            time.sleep(0.05)
    finally:
        player.stop(0.0)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
