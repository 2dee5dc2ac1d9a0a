"""Scripts looked over: faults with their places, and how the words are paced."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from voice_guide.errors import Fault, VoiceGuideError
from voice_guide.frontends.cli.arguments import print_json
from voice_guide.frontends.services import Services
from voice_guide.frontends.wording import length_to_text, lengths_to_text

if TYPE_CHECKING:
    from voice_guide.frontends.library.review import Figures, Review
    from voice_guide.store.library import Entry

_UNREADABLE: Final = "unreadable"
"""The rule that a file breaks that is no text at all."""
_FEW: Final = 3
"""Fewer scripts than this are looked over before a bar could be read."""

_LIBRARY: Final = """\
# The library

Every session that comes with the program, as spoken by the default voice at its usual length (five
minutes, or what comes nearest). Made by `voice-guide check --markdown`.

- *words*: spoken, without the words that count a breath
- *a minute*: words a minute while speaking
- *silence*: share of the time without a voice; tones of the breath and a quiet sound go on in it
- *gap*: the longest without a word or a tone to follow; *at longest*: the same at its full length
- *cues*: words that tell a breath, and how many of them lie inside the phase that they tell
"""


def check(services: Services, names: Sequence[str], *, as_json: bool, as_markdown: bool) -> int:
    """Look over the named scripts, or all of them; 1 if there is anything to mend."""
    every = names or services.library.entries()
    looked = _look_over(services, every)
    if as_json:
        found = [_to_json(one) for _, one in looked]
        print_json(found)
        return 1 if any(row["faults"] for row in found) else 0
    if as_markdown:
        return _print_markdown([one for _, one in looked])
    tell: Callable[[Review], None] = _tell_in_full if names else _tell_in_a_line
    faults = 0
    for path, one in looked:
        for fault in one.faults:
            print(_fault_line(path, fault))
        tell(one)
        faults += len(one.faults)
    if not names:
        print(f"\n{len(every)} scripts, {faults or 'nothing'} to mend")
    return 1 if faults else 0


def _look_over(services: Services, asked: Sequence[str | Entry]) -> Iterator[tuple[str, Review]]:
    """Yield the path of each script and what there is to say about it."""
    from voice_guide.frontends.cli.rendering import progress_bar

    with progress_bar(quiet=len(asked) < _FEW) as stage:
        advance = stage("Checking")
        for number, one in enumerate(asked):
            if advance:
                advance(number, len(asked))
            yield _look_at(services, one)


def _look_at(services: Services, asked: str | Entry) -> tuple[str, Review]:
    from voice_guide.frontends.library.review import Review, review
    from voice_guide.store.reading import read_text

    name = path = str(asked)
    try:
        entry = services.library.find(asked) if isinstance(asked, str) else asked
        name, path = entry.id, str(entry.path)
        text = read_text(entry.path)
    except VoiceGuideError as error:
        return path, Review(name, (Fault(1, 1, error.message, "", error.hint, _UNREADABLE),))
    found = review(text, entry.id, services.engine(), services.palette())
    if found.figures and found.figures.notice:
        print(found.figures.notice, file=sys.stderr)
    return path, found


def _fault_line(path: str, fault: Fault) -> str:
    expected = f"; expected {fault.expected}" if fault.expected else ""
    hint = f". {fault.hint}" if fault.hint else ""
    return f"{path}:{fault.line}:{fault.column}: {fault.found}{expected}{hint} [{fault.rule}]"


def _tell_in_full(one: Review) -> None:
    if not one.script or not one.figures:
        return
    paced = one.figures.report
    reach = " to ".join(length_to_text(end) for end in one.figures.reach_s)
    print(f"{one.script.header.title}, {length_to_text(paced.length_s)}")
    print(f"  words a minute    {paced.words_per_minute:.0f} while speaking")
    print(f"  silence           {paced.silence_share:.0%} of the time is without a voice")
    longest_s = one.figures.longest_gap_s_at_longest
    print(f"  longest gap       {paced.longest_gap_s:.1f} s; {longest_s:.1f} s at its longest")
    if one.figures.cue_words:
        print(f"  cue words         {_cues(one.figures)} inside their phases")
    print(f"  can last          {reach}")


def _tell_in_a_line(one: Review) -> None:
    mark = "not " if one.faults else "ok  "
    if not one.figures:
        print(f"{mark}{one.name}")
        return
    paced = one.figures.report
    print(
        f"{mark}{one.name:<32} {paced.words_per_minute:4.0f} words a minute"
        f" {paced.silence_share:5.0%} silence {paced.longest_gap_s:5.1f} s longest gap"
    )


def _cues(figures: Figures) -> str:
    return f"{figures.cue_words_inside} of {figures.cue_words}" if figures.cue_words else ""


def _to_json(one: Review) -> dict[str, Any]:
    row: dict[str, Any] = {"id": one.name, "faults": [asdict(fault) for fault in one.faults]}
    if one.script and one.figures:
        plain = asdict(one.figures)
        row |= plain.pop("report") | plain | {"title": one.script.header.title}
    return row


def _print_markdown(reviews: Sequence[Review]) -> int:
    from voice_guide.script.syntax.header import KINDS

    print(_LIBRARY, end="")
    for kind in KINDS:
        rows = [one for one in reviews if one.script and one.script.header.kind == kind]
        if rows:
            print(f"\n## {kind.capitalize()}\n")
            print("| session | lasts | words | a minute | silence | gap | at longest | cues |")
            print("|---|---|---|---|---|---|---|---|")
        for one in rows:
            print(_markdown_row(one))
    broken = [one.name for one in reviews if one.faults]
    if broken:
        print(f"To mend first: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _markdown_row(one: Review) -> str:
    if not one.script or not one.figures:
        return ""
    header, figures = one.script.header, one.figures
    paced = figures.report
    cells = (
        f"**{header.title}** `{one.name}`<br>{header.summary}",
        lengths_to_text(header.length.minimum_s, header.length.maximum_s),
        f"{figures.words}",
        f"{paced.words_per_minute:.0f}",
        f"{paced.silence_share:.0%}",
        f"{paced.longest_gap_s:.0f} s",
        f"{figures.longest_gap_s_at_longest:.0f} s",
        _cues(figures),
    )
    return f"| {' | '.join(cells)} |"
