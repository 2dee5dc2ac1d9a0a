"""Find sessions by how one feels: words typed at night, compared with what headers say."""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Protocol

import snowballstemmer

_SITUATION, _TITLE, _SUMMARY = 4.0, 3.0, 1.0
"""How much a word weighs, by where it stands."""
_ENOUGH: Final = 8.0
"""The weight at which a word counts for half of all that it can."""
_VERBATIM: Final = 1.5
"""What a situation counts besides that was typed word for word, be its words ever so common."""
_ALIKE: Final = 0.7
"""What another word for the same thing counts, beside the word itself."""
_MISSPELT: Final = 0.8
_NEAR: Final = 0.78
"""How alike two spellings have to be: `anxios` and `anxious` are, `house` and `hours` are not."""
_LENGTHS_OF_SLIPS: Final = range(4, 25)
"""A shorter word is too like many others, and a longer one is no word."""
_MOST_WORDS: Final = 40
_MOST_CHARACTERS: Final = 4_000
_MOST_REASONS: Final = 3

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_ENDING: Final = re.compile(r"'(?:s|m|re|ve|d|ll)$")
_SILENT_WORDS: Final = """
a about after again all also am an and any are as at back be because been before being but by can
cannot cant could couldnt did didnt do does doesnt done dont during each even ever every feel
feeling feels felt for from get gets getting go goes going gonna got had hadnt has hasnt have havent
having he her here hers herself him himself his how i if ill im in into is isnt it its itself ive
just keep keeps let like lot make makes me might more most much must my myself need needed needs no
nor not now of off ok okay on one only or other our out over own please quite re really said say
saying says seem seems she should so some someone something still stop stopped such tell than that
the their theirs them then there these they theyre thing things this those though to told too until
up us very want wanted wants was wasnt we well were werent what when where which while who whom why
will with wont would wouldnt yet you your yours
"""
"""Words that are everywhere, `not` among them: what is missing is what one is looking for."""

_SHORT_FOR: Final = {"ok": "okay", "u": "you", "bf": "boyfriend", "gf": "girlfriend"}
_SILENT: Final = frozenset(_SILENT_WORDS.split())

_ALIKE_GROUPS: Final = """
asleep awake bed bedtime insomnia night sleep sleepless
answer message replied reply respond response text texted unanswered unread ghosted ghosting
argue argued arguing argument fight fighting fought quarrel row shouted yelled
afraid fear frightened panic panicking panicked scared terrified
anxiety anxious nervous uneasy worried worry
alone lonely loneliness lonesome
check checking phone screen scrolling
clenched stiff tense tension tight
anger angry furious mad rage
cry crying sad sobbing tears
ashamed embarrassed foolish guilt guilty shame stupid
mind overthinking ruminating spiralling spiraling thoughts thinking
conversation discuss speak talk
morning waking woke
exhausted tired weary
cuddle held hold hug
clingy needy
abandoned abandonment dumped leave leaving left rejected
cheating insecure insecurity jealous jealousy unsafe
cold distance distant drifting space withdrawn
breakup ex heartbreak heartbroken miss missing
heart palpitations pounding
breath breathing breathless
journal journaling diary write writing
"""
"""A line for each thing that people call by several names."""

_THEM: Final = r"(?:he|she|they|\w*friend|partner|husband|wife|mother|father|mum|mom|dad)"
_DANGER: Final = re.compile(
    r"\b(?:suicid\w*|kill(?:ing)? (?:my|him|her|them)sel\w+|self harm\w*|cut(?:ting)? myself"
    r"|(?:hurt|harm)(?:ing)? myself|(?:want|wish|wanna|ready) (?:to )?(?:die|be dead|disappear)"
    r"|end (?:it all|my life|everything)|better off without me|i were dead|was never born"
    r"|(?:no reason|not want|don'?t want|tired of) (?:to )?(?:live|living|be alive|wake up|be here)"
    rf"|{_THEM} (?:hit|hits|beat|beats|kicked|choked|chokes|strangled|threatens|threatened|raped)"
    rf"|(?:afraid|frightened|scared|terrified) of (?:him|her|my {_THEM})"
    r"|abus(?:e|ed|es|ive|ing)|violen(?:t|ce)|raped?)\b"
)


class Findable(Protocol):
    """What a search looks at: the part of a header that says what a session is for."""

    @property
    def id(self) -> str:
        """Its name in the library."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def summary(self) -> str:
        """One line about it."""

    @property
    def when(self) -> tuple[str, ...]:
        """Situations that it is for."""


@dataclass(frozen=True, slots=True)
class Match:
    """A session that answers to what was typed."""

    id: str
    score: float
    """The higher the better, and above 0; means nothing beside those of another search."""
    why: tuple[str, ...]
    """The situations that were named, the nearest first; without any, the words."""


@dataclass(frozen=True, slots=True)
class _Header:
    id: str
    situations: tuple[tuple[str, frozenset[str]], ...]
    """Each as it is written, and in stems."""
    title: frozenset[str]
    summary: frozenset[str]
    words: tuple[str, ...]
    """Those of title and summary, as they are spelt."""


_Answers = Mapping[str, float]
"""The stems that answer to one typed word, and how well: 1 for the word itself."""


def rank(query: str, entries: Iterable[Findable]) -> tuple[Match, ...]:
    """Return the sessions that answer to the query, the best first.

    Rarer words weigh more; a situation weighs more than a title, and a title than a summary.
    Slips of spelling and other words for the same thing count a little less.
    """
    listed = tuple(entries)
    texts = [" \n ".join((one.title, one.summary, *one.when)) for one in listed]
    counts = Counter(stem for text in texts for stem in _to_stems(text))
    rarity = {stem: math.log(1 + len(listed) / count) for stem, count in counts.items()}
    spellings = {word: _stem(word) for text in texts for word in _to_words(text)}
    wanted = _understand(query, spellings)
    typed = _say(query[:_MOST_CHARACTERS])
    matches = (_weigh(_read(one), typed, wanted, rarity) for one in listed)
    return tuple(
        sorted((one for one in matches if one.score), key=lambda one: (-one.score, one.id))
    )


def speaks_of_danger(query: str) -> bool:
    """Tell whether somebody may be in danger, from others or from themselves."""
    return bool(_DANGER.search(_say(query[:_MOST_CHARACTERS])))


def _split(text: str) -> list[str]:
    smooth = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return [_SHORT_FOR.get(word, word) for word in _WORD.findall(smooth)]


def _say(text: str) -> str:
    """Return the words alone, each between blanks: ` hes gone `."""
    return f" {' '.join(_split(text))} ".replace("'", "")


def _to_words(text: str) -> list[str]:
    """Return the words that say something, each once: neither `can't` nor `he's` does."""
    plain = (_ENDING.sub("", word).replace("'", "") for word in _split(text))
    return [word for word in dict.fromkeys(plain) if word not in _SILENT]


def _to_stems(text: str) -> frozenset[str]:
    return frozenset(map(_stem, _to_words(text)))


@cache
def _stem(word: str) -> str:
    return _stemmer()(word)


@cache
def _stemmer() -> Callable[[str], str]:
    stem: Callable[[str], str] = snowballstemmer.stemmer("english").stemWord
    return stem


@cache
def _alike() -> dict[str, frozenset[str]]:
    """Return for each stem those of all words for the same thing."""
    alike: dict[str, frozenset[str]] = {}
    for group in map(_to_stems, _ALIKE_GROUPS.strip().splitlines()):
        for stem in group:
            alike[stem] = alike.get(stem, group) | group
    return alike


def _read(entry: Findable) -> _Header:
    situations = tuple((phrase, _to_stems(phrase)) for phrase in entry.when)
    title, summary = _to_stems(entry.title), _to_stems(entry.summary)
    words = tuple(_to_words(f"{entry.title}\n{entry.summary}"))
    return _Header(entry.id, situations, title, summary, words)


def _understand(query: str, spellings: Mapping[str, str]) -> tuple[_Answers, ...]:
    """Return what is looked for, word by word; words that nothing answers to are left out."""
    known = set(spellings.values())
    every = {word: _stem(word) for word in _to_words(_ALIKE_GROUPS)} | dict(spellings)
    wanted: dict[str, _Answers] = {}
    for word in _to_words(query[:_MOST_CHARACTERS])[:_MOST_WORDS]:
        stem, sure = _stem(word), 1.0
        if stem not in known and stem not in _alike():
            stem, sure = every.get(_correct(word, list(every)), stem), _MISSPELT
        answers = {other: sure * _ALIKE for other in _alike().get(stem, ()) if other in known}
        if stem in known:
            answers[stem] = sure
        if answers:
            wanted[stem] = answers
    return tuple(wanted.values())


def _correct(word: str, spellings: Sequence[str]) -> str:
    """Return the word that was probably meant, or the same again."""
    if len(word) not in _LENGTHS_OF_SLIPS:
        return word
    near = [one for one in spellings if len(one) > 3 and abs(len(one) - len(word)) <= 2]
    return next(iter(difflib.get_close_matches(word, near, 1, _NEAR)), word)


def _weigh(
    header: _Header, typed: str, wanted: Sequence[_Answers], rarity: Mapping[str, float]
) -> Match:
    verbatim = [_say(phrase) in typed for phrase, _ in header.situations]
    shares = [_share(stems, wanted, rarity) for _, stems in header.situations]
    score = _VERBATIM * any(verbatim)
    for answers in wanted:
        weight = _TITLE * _best(header.title, answers) + _SUMMARY * _best(header.summary, answers)
        for (_, stems), share in zip(header.situations, shares, strict=True):
            weight += _SITUATION * share * _best(stems, answers)
        rare = max(rarity[stem] * sure for stem, sure in answers.items())
        score += rare * weight / (weight + _ENOUGH)
    nearness = [share + same for share, same in zip(shares, verbatim, strict=True)]
    nearest = sorted(range(len(nearness)), key=lambda at: -nearness[at])
    why = tuple(header.situations[at][0] for at in nearest if nearness[at])
    asked = {stem for answers in wanted for stem in answers}
    words = tuple(word for word in header.words if _stem(word) in asked)
    return Match(header.id, score, why[:_MOST_REASONS] or words[:_MOST_REASONS])


def _best(stems: frozenset[str], answers: _Answers) -> float:
    return max((sure for stem, sure in answers.items() if stem in stems), default=0.0)


def _share(stems: frozenset[str], wanted: Sequence[_Answers], rarity: Mapping[str, float]) -> float:
    """Return how much of a situation was typed: 1 for all of it."""
    whole = sum(rarity[stem] for stem in stems)
    met = sum(
        rarity[stem] * max((answers.get(stem, 0.0) for answers in wanted), default=0.0)
        for stem in stems
    )
    return met / whole if whole else 0.0
