"""A script looked over: what is wrong with it, what deserves a second look, how it is paced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from voice_guide.errors import Fault, LengthOutOfReach, ScriptError
from voice_guide.score.compile import Request, compile_score, reach_s
from voice_guide.score.describe import Report, report
from voice_guide.score.model import CueKind, Score
from voice_guide.score.orchestra import Speech, cue_utterance
from voice_guide.score.plan.breath import PHASE_WORDS
from voice_guide.score.plan.expand import expand
from voice_guide.score.plan.fit import clock
from voice_guide.score.plan.layout import lay_out
from voice_guide.script.lint import lint
from voice_guide.script.model import Breathe, Cueing, Elastic, Script, walk
from voice_guide.script.parse import parse
from voice_guide.script.utterance import Utterance
from voice_guide.session.prepare import Ask, Prepared, prepare
from voice_guide.sound.clip import Clip, frames_to_seconds
from voice_guide.sound.palette import Palette
from voice_guide.sound.patch import KINDS
from voice_guide.voice.engine import Engine

# While speaking: slower sounds like sleepwalking, faster like news (published guided sessions).
SLOWEST_WPM, FASTEST_WPM = 95.0, 125.0
_FEW_WORDS = 20
"""Below so many, a pace is chance."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How a script is paced at its usual length, spoken by the default voice."""

    report: Report
    reach_s: tuple[float, float]
    """The shortest and the longest it can last."""
    words: int
    """Spoken, cue words left out."""
    cue_words: int
    cue_words_inside: int
    """Cue words that begin and end within the phase that they tell."""
    longest_gap_s_at_longest: float
    """Longest stretch without a word or a pacing tone, at the greatest length it promises."""
    notice: str = ""
    """Why not every line was spoken, if so; the times are estimates then."""


@dataclass(frozen=True, slots=True)
class Review:
    """What there is to say about one script."""

    name: str
    faults: tuple[Fault, ...]
    """Faults of writing, or else warnings."""
    script: Script | None = None
    """None when it could not be read."""
    figures: Figures | None = None


def review(text: str, name: str, engine: Engine, palette: Palette) -> Review:
    """Return what a careful reader would say about a script, in the order of its lines.

    It is judged as it comes: the default voice, no name, no anchors and no other settings.
    A script that names an unknown sound has no figures.
    """
    try:
        script = parse(text, name)
    except ScriptError as error:
        return Review(name, error.faults)
    warnings = lint(script, [one for kind in KINDS for one in palette.names(kind)])
    if any(one.rule == "unknown-sound" for one in warnings):
        return Review(name, warnings, script)
    request = Request()
    prepared = prepare(Ask(script, name, request), engine, palette)
    inside, cues = _count_cue_words(prepared.score)
    shortest_s, longest_s = reach_s(script, prepared.clips, request)
    figures = Figures(
        report=report(prepared.score),
        reach_s=(shortest_s, longest_s),
        words=_count_words(prepared.score),
        cue_words=cues,
        cue_words_inside=inside,
        longest_gap_s_at_longest=_gap_at_s(longest_s, prepared, palette),
        notice=prepared.notice,
    )
    warnings += tuple(_unspoken_cues(script, prepared.clips, request))
    warnings += tuple(_broken_promises(script, prepared.clips, request, figures))
    warnings += tuple(_odd_pace(script, figures))
    return Review(name, tuple(sorted(warnings)), script, figures)


def promised_lengths_s(promised: Elastic) -> tuple[float, ...]:
    """Return every whole minute of a range, and both of its ends."""
    minutes = range(-int(-promised.minimum_s // 60), int(promised.maximum_s // 60) + 1)
    whole = {60.0 * minute for minute in minutes}
    return tuple(sorted(whole | {promised.minimum_s, promised.maximum_s}))


def _unspoken_cues(
    script: Script, clips: Mapping[Utterance, Clip], request: Request
) -> Iterator[Fault]:
    """Yield the phases that are too short for even the shortest cue word."""
    for item in (item for section in script.sections for item in walk(section.items)):
        if not isinstance(item, Breathe) or item.cueing is Cueing.TONES:
            continue
        for phase, length_s in item.pattern.phases:
            words = (clips[cue_utterance(text, request.voicing)] for text in PHASE_WORDS[phase])
            shortest_s = min(frames_to_seconds(clip.length) for clip in words)
            if shortest_s > length_s:
                yield Fault(
                    item.line,
                    item.column,
                    f'"{phase}" lasts {length_s:g} s, and its shortest word {shortest_s:.1f} s',
                    "a longer phase, or tones after another comma",
                    rule="cue-too-long",
                )


def _broken_promises(
    script: Script, clips: Mapping[Utterance, Clip], request: Request, figures: Figures
) -> Iterator[Fault]:
    """Yield one warning when the script cannot be as long as its header says."""
    steps = expand(script, request.listener, request.seed)
    length_of = Speech(clips, request.voicing).sentence_length
    missed = []
    for length_s in promised_lengths_s(script.header.length):
        try:
            lay_out(steps, script.header, length_s, length_of)
        except LengthOutOfReach:
            missed.append(length_s)
    if missed:
        line, column = script.header.place("length")
        shortest_s, longest_s = figures.reach_s
        lengths = ", ".join(clock(one) for one in missed[:3])
        more = " and more" if len(missed) > 3 else ""
        yield Fault(
            line,
            column,
            f"it cannot be {lengths}{more} long (minutes:seconds)",
            f"lengths within {clock(shortest_s)} and {clock(longest_s)}",
            "Pauses with a wider range, or rounds with one, give it room",
            "out-of-reach",
        )


def _odd_pace(script: Script, figures: Figures) -> Iterator[Fault]:
    pace = figures.report.words_per_minute
    if figures.words >= _FEW_WORDS and not SLOWEST_WPM <= pace <= FASTEST_WPM:
        line, column = script.header.place("title")
        found = f"{pace:.0f} words a minute while speaking"
        expected = f"{SLOWEST_WPM:g} to {FASTEST_WPM:g}"
        hint = "Longer sentences are spoken faster, and single words slower"
        yield Fault(line, column, found, expected, hint, "pace")


def _gap_at_s(longest_s: float, prepared: Prepared, palette: Palette) -> float:
    script, clips = prepared.ask.script, prepared.clips
    request = Request(length_s=min(script.header.length.maximum_s, longest_s))
    score = compile_score(script, clips, palette, request, name=prepared.ask.name)
    return report(score).longest_gap_s


def _count_words(score: Score) -> int:
    said = (cue for cue in score.cues if cue.kind is CueKind.SPEECH and cue.phase is None)
    return sum(len(cue.text.split()) for cue in said)


def _count_cue_words(score: Score) -> tuple[int, int]:
    """Return how many cue words lie inside the phase that they tell, and how many there are."""
    phases = [cue for cue in score.cues if cue.kind is CueKind.BREATH]
    told = [cue for cue in score.cues if cue.kind is CueKind.SPEECH and cue.phase is not None]
    inside = sum(
        any(
            phase.phase is word.phase
            and phase.span.onset <= word.span.onset
            and word.span.end <= phase.span.end
            for phase in phases
        )
        for word in told
    )
    return inside, len(told)
