"""What became of an occurrence, in one sentence."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from ritual_values import local, ritual

from voice_guide.session.rituals.outcome import Deferral, Outcome, Record, explain, foretell
from voice_guide.session.rituals.ritual import Pause

BERLIN = ZoneInfo("Europe/Berlin")
DAY = date(2026, 5, 5)


def record(outcome: Outcome, at: str, why: str = "", until: str = "") -> Record:
    ends = local(f"2026-05-05 {until}", BERLIN) if until else None
    return Record(outcome, local(f"2026-05-05 {at}", BERLIN), why, ends)


OFFERED = record(Outcome.OFFERED, "07:30")


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        ([], ""),
        ([OFFERED], "It was offered at 07:30 and no answer was written down."),
        (
            [OFFERED, record(Outcome.PASSED, "07:50")],
            "It was offered at 07:30 and nobody answered until 07:50.",
        ),
        (
            [
                OFFERED,
                record(Outcome.SNOOZED, "07:31", until="07:41"),
                record(Outcome.OFFERED, "07:41"),
                record(Outcome.STARTED, "07:42"),
            ],
            "It was offered at 07:30, was put off until 07:41, was offered again at 07:41 and was "
            "begun at 07:42.",
        ),
        (
            [OFFERED, record(Outcome.STARTED, "07:30", "nobody objected")],
            "It was offered at 07:30 and began by itself at 07:30.",
        ),
        ([record(Outcome.SKIPPED, "06:50")], "It was skipped at 06:50."),
        (
            [
                record(Outcome.DEFERRED, "07:30", Deferral.MICROPHONE),
                record(Outcome.DEFERRED, "07:31", Deferral.MICROPHONE),
                record(Outcome.OFFERED, "07:42"),
                record(Outcome.STARTED, "07:43"),
            ],
            "It waited at 07:30 because a microphone was in use, was offered at 07:42 and was "
            "begun at 07:43.",
        ),
        (
            [Record(Outcome.PAUSED, OFFERED.at, until=local("2026-05-06 08:00", BERLIN))],
            "It was left out: all rituals were paused until 08:00 on Wednesday 6 May.",
        ),
        ([record(Outcome.PAUSED, "07:30")], "It was left out: all rituals were paused."),
        (
            [record(Outcome.MISSED, "09:10", "the computer slept")],
            "It was missed: the computer slept.",
        ),
    ],
)
def test_one_sentence_tells_it(records: list[Record], sentence: str) -> None:
    assert explain(records, DAY, BERLIN) == sentence


def test_an_open_offer_is_told_as_one() -> None:
    told = explain([OFFERED], DAY, BERLIN, is_open=True)
    assert told == "It was offered at 07:30 and waits for an answer."


def test_what_is_to_come_is_told_too() -> None:
    now, made = OFFERED.at, ritual()
    for days, when in ((0, "today"), (1, "tomorrow"), (3, "on Friday 8 May")):
        told = foretell(made, now + timedelta(days=days), now, BERLIN, None)
        assert told == f"It will be offered next {when} at 07:30."
    pause = Pause(now, now + timedelta(days=1))
    assert foretell(made, now + timedelta(days=2), now, BERLIN, pause) == (
        "All rituals are paused until 07:30 on Wednesday 6 May. "
        "It will be offered next on Thursday 7 May at 07:30."
    )
    assert foretell(made, None, now, BERLIN, None) == "There is no day on which it will be offered."
    assert foretell(ritual(is_on=False), None, now, BERLIN, None) == "It is turned off."
