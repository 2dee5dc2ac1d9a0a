"""Scripts looked over: faults with their places, and how the words are paced."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from voice_guide.errors import Fault, ScriptError, VoiceGuideError
from voice_guide.frontends.cli.arguments import Wishes, length_to_text, make_ask, read_script
from voice_guide.frontends.cli.reading import prepare_ask
from voice_guide.frontends.services import Services

if TYPE_CHECKING:
    from voice_guide.score.describe import Report
    from voice_guide.script.model import Script
    from voice_guide.session.prepare import Prepared


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
    prepared = prepare_ask(services, ask)
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
