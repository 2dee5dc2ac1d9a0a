"""The ticking thread, on real waits: in time, at rest where nothing is on, and never ended."""

from __future__ import annotations

import threading
import time as clock
from datetime import UTC, datetime, timedelta

import pytest
from rig import wait_until
from ritual_home import KEY, MORNING, Clock, Home, at_home
from ritual_values import Memory, ritual

from voice_guide.errors import VoiceGuideError
from voice_guide.session.rituals.clocks import read_moment
from voice_guide.session.rituals.offer import Offer, Skip, Snooze, Stage, Start
from voice_guide.session.rituals.ritual import Key, Ritual
from voice_guide.session.rituals.ticker import CAP_S, Ticker
from voice_guide.session.rituals.usher import Usher


def test_it_offers_at_the_minute_however_long_a_wait_may_be() -> None:
    home = Home(Clock.before(MORNING, 1.2))
    with at_home(home):
        home.wait_for(Stage.WAITING)
    late_s = (home.seen[0][1] - MORNING).total_seconds()
    assert 0 <= late_s < CAP_S / 4, "in time, and not when it looked anyway"


def test_without_a_ritual_nothing_wakes_it_until_it_is_told() -> None:
    home = Home(Clock.before(MORNING, 0.5), rituals=[ritual(is_on=False)])
    with at_home(home, cap_s=0.02) as ticker:
        wait_until(lambda: home.clock.looks == 1)
        home.rituals[:] = [ritual(since=MORNING - timedelta(1))]
        wait_until(lambda: home.clock.now() > MORNING + timedelta(seconds=0.5))
        assert home.clock.looks == 1
        ticker.change()
        home.wait_for(Stage.WAITING)


def test_as_long_as_nothing_can_be_due_the_clock_alone_is_read() -> None:
    home = Home(Clock.before(MORNING, 1800))
    with at_home(home, cap_s=0.02):
        wait_until(lambda: home.clock.wakings > 10)
        assert home.clock.looks == 1


@pytest.mark.parametrize("by_s", [2000, -7200])
def test_a_clock_that_leaps_is_seen_at_the_end_of_a_wait(by_s: int) -> None:
    home = Home(Clock.before(MORNING, 1800))
    with at_home(home, cap_s=0.02):
        wait_until(lambda: home.clock.wakings > 1)
        home.clock.ahead += timedelta(seconds=by_s)
        wait_until(lambda: home.clock.looks > 1)
        if by_s > 0:
            home.wait_for(Stage.WAITING)


def test_waking_hastens_it() -> None:
    home = Home(Clock.before(MORNING, 1800))
    with at_home(home) as ticker:
        wait_until(lambda: home.clock.looks == 1)
        home.clock.ahead += timedelta(seconds=2000)
        ticker.hasten()
        home.wait_for(Stage.WAITING)


def test_an_answer_reaches_the_offer_that_it_was_meant_for() -> None:
    home = Home(Clock.before(MORNING, 0.2))
    with at_home(home) as ticker:
        home.wait_for(Stage.WAITING)
        ticker.hear(Start(), Key("evening", KEY.day))
        ticker.hear(Snooze(60), KEY)
        home.wait_for(Stage.ANSWERED)
        ticker.hear(Start(), KEY)
        wait_until(lambda: home.clock.looks >= 5)
    assert home.words() == ["offered", "snoozed"]
    assert list(home.memory.snoozes) == [KEY]


def test_the_end_of_the_program_takes_the_offer_away() -> None:
    home = Home(Clock.before(MORNING, 0.2))
    with at_home(home) as ticker:
        home.wait_for(Stage.WAITING)
        ticker.close()
        ticker.close()
        assert not [one for one in threading.enumerate() if one.name == "rituals"]
    assert home.words() == ["offered", "withdrawn"]


def test_a_fault_of_whoever_shows_it_is_logged_and_the_offer_can_be_answered(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(offer: Offer) -> None:
        raise RuntimeError("no screen")

    home = Home(Clock.before(MORNING, 0.2), on_offer=fail)
    with at_home(home) as ticker:
        home.wait_for(Stage.WAITING)
        ticker.hear(Start())
        home.wait_for(Stage.ANSWERED)
    assert home.words() == ["offered", "started"]
    assert "no screen" in caplog.text


def refuse() -> None:
    raise VoiceGuideError("The disk is full.")


def test_a_full_disk_is_told_once_and_silences_nothing() -> None:
    home = Home(Clock.before(MORNING, 0.2), memory=Memory(on_write=refuse))
    with at_home(home, cap_s=0.02) as ticker:
        home.wait_for(Stage.WAITING)
        ticker.hear(Snooze(1))
        wait_until(lambda: len(home.seen) == 3, what="it was not offered again")
        ticker.hear(Skip())
        wait_until(lambda: len(home.seen) == 4)
        looks = home.clock.looks
        for _ in range(5):
            ticker.hasten()
        wait_until(lambda: home.clock.looks >= looks + 5)
    stages = [one.stage for one, _ in home.seen]
    assert stages == [Stage.WAITING, Stage.ANSWERED, Stage.WAITING, Stage.ANSWERED]
    assert home.faults == ["The disk is full."]


def test_a_snooze_that_could_not_be_written_ends_all_the_same() -> None:
    home = Home(Clock.before(MORNING, 0.2))
    with at_home(home) as ticker:
        home.wait_for(Stage.WAITING)
        home.memory.on_write = refuse
        ticker.hear(Snooze(1))
        wait_until(lambda: bool(home.faults))
        home.memory.on_write = lambda: None
        wait_until(lambda: len(home.seen) == 3, what="it was not offered again")


def test_rituals_that_cannot_be_read_leave_those_that_were_known() -> None:
    home = Home(Clock.before(MORNING, 1800))
    known = list(home.rituals)

    def read() -> list[Ritual]:
        if not known:
            raise VoiceGuideError("line 3: at is 25:61")
        return known

    faults: list[str] = []
    usher = Usher(home.memory, read, lambda: None, home.see, lambda one: faults.append(str(one)))
    ticker = Ticker(usher, home.clock.read)
    try:
        wait_until(lambda: home.memory.reads > 0)
        known.clear()
        ticker.change()
        wait_until(lambda: bool(faults))
        home.clock.ahead += timedelta(seconds=2000)
        ticker.hasten()
        home.wait_for(Stage.WAITING)
        assert faults == ["line 3: at is 25:61"]
    finally:
        ticker.close()


def test_a_ledger_that_cannot_be_read_is_told_once_and_tried_again() -> None:
    home = Home(Clock.before(MORNING, 0.3))
    broken = [True]

    class Broken(Memory):
        def read(self, since: object) -> object:
            if broken:
                raise VoiceGuideError("The journal cannot be read.")
            return super().read(since)

    home.memory = Broken()
    with at_home(home) as ticker:
        for _ in range(3):
            ticker.hasten()
        wait_until(lambda: home.clock.looks >= 4)
        assert home.faults == ["The journal cannot be read."]
        wait_until(lambda: home.clock.now() > MORNING)
        broken.clear()
        ticker.hasten()
        home.wait_for(Stage.WAITING)


def test_the_clocks_are_read() -> None:
    first = read_moment()
    later = read_moment()
    assert abs((datetime.now(UTC) - first.now).total_seconds()) < 60
    if first.uptime_s is not None and later.uptime_s is not None:
        assert 0 <= later.uptime_s - first.uptime_s < 60
    assert first.now.astimezone(first.zone) == first.now
    assert clock.time() > 0
