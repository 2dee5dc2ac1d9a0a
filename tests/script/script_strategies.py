"""Hypothesis strategies for whole scripts."""

from __future__ import annotations

from hypothesis import strategies as st

from voice_guide.script import model as m
from voice_guide.script.syntax.header import KINDS

_PROSE = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"), exclude_characters="[]{}"),
    max_size=40,
)
_PLACEHOLDER = st.sampled_from(["", "", "", " {name}", " {anchor},"])


def _fold(text: str) -> str:
    return " ".join(text.split())


# A letter first, so that no text begins like a heading, a list or an affirmation.
texts = st.builds(
    lambda start, middle, end: _fold(f"{start}{middle}{end}").replace("<!--", "<--"),
    st.sampled_from(["Rest", "a", "你好", "4.5 ", "É", "“Stay,” ", "null", "yes: "]),
    _PROSE,
    _PLACEHOLDER,
)
titles = texts.map(lambda text: _fold(text.rstrip("# "))).filter(bool)
header_texts = st.one_of(
    texts, _PROSE.map(_fold).filter(bool), st.sampled_from(["~", "null", "- a", "#", "a: b", "5"])
)
slugs = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,12}", fullmatch=True)


def seconds(least: float, most: float) -> st.SearchStrategy[float]:
    whole = st.integers(int(least) + 1, int(most)).map(float)
    return st.one_of(whole, st.floats(least, most).map(lambda x: round(x, 3)))


def elastics(longest_s: float) -> st.SearchStrategy[m.Elastic]:
    pair = st.lists(seconds(0.01, longest_s), min_size=2, max_size=2)
    return pair.map(lambda both: m.Elastic(min(both), max(both)))


_phase = seconds(0.5, 60)
_maybe = st.one_of(st.just(0.0), _phase)
_inhale = st.one_of(st.tuples(_phase), st.tuples(seconds(0.5, 30), seconds(0.5, 30)))
patterns = st.builds(m.Pattern, _inhale, _maybe, _phase, _maybe)
rounds = st.lists(st.integers(1, 100), min_size=2, max_size=2).map(
    lambda both: m.Rounds(min(both), max(both))
)

leaves: st.SearchStrategy[m.Item] = st.one_of(
    st.builds(m.Paragraph, texts),
    st.builds(m.Affirmation, texts),
    st.builds(m.Pause, elastics(1800)),
    st.builds(m.Release, elastics(1800)),
    st.builds(m.Write, elastics(1800)),
    st.builds(m.Tense, elastics(60)),
    st.builds(m.Breathe, patterns, rounds, st.sampled_from(m.Cueing)),
    st.builds(m.Bell, st.one_of(st.just(""), slugs)),
    st.builds(m.Bed, slugs),
    st.builds(m.OneOf, st.lists(texts, min_size=1, max_size=4).map(tuple)),
)


def _loops(inner: st.SearchStrategy[m.Item]) -> st.SearchStrategy[m.Item]:
    items = st.lists(inner, min_size=1, max_size=2).map(tuple)
    return st.builds(m.Repeat, st.integers(1, 2), items)


_repeats = _loops(st.one_of(leaves, _loops(leaves)))
_anchors = st.builds(
    m.ForEachAnchor, st.lists(st.builds(m.Paragraph, texts), min_size=1, max_size=3).map(tuple)
)
_contents = st.lists(st.one_of(leaves, leaves, _repeats, _anchors), min_size=1, max_size=4)
_lists = st.lists(header_texts, max_size=3).map(tuple)

headers = st.builds(
    m.Header,
    title=header_texts,
    kind=st.sampled_from(KINDS),
    length=st.one_of(elastics(3 * 3600), st.just(m.Elastic(180.0, 720.0))),
    summary=st.one_of(st.just(""), header_texts),
    bed=slugs,
    bell=slugs,
    closing_bell=st.one_of(st.just(""), slugs),
    pacer=slugs,
    eyes=st.sampled_from(["closed", "open"]),
    cautions=_lists,
    sources=_lists,
    when=_lists,
    actions=_lists,
    language=st.sampled_from(["en", "en-US", "de"]),
)


@st.composite
def scripts(draw: st.DrawFn) -> m.Script:
    """Return a script as `parse` might give it, its first section with or without a title."""
    header = draw(headers)
    first = m.Section(draw(st.one_of(st.just(""), titles)), tuple(draw(_contents)))
    count = draw(st.integers(0, 2))
    rest = [m.Section(draw(titles), tuple(draw(_contents))) for _ in range(count)]
    return m.Script(header, (first, *rest))
