"""Whose turn it is, against centres that behave in every way, by a clock of the test's own."""

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callpoint_gateway.centres.turns import (
    OWN_FAILURES,
    OWN_MAX_S,
    ROUND,
    SILENT_MAX_S,
    Turns,
)
from callpoint_gateway.journal.backlog import NORMAL, URGENT, Waiting

TRY_S = 1.0  # how long a try takes that fails


def no_jitter(low: float, high: float) -> float:
    del low
    return high


def waiting(position: int, device: str = "a", zone: int = 1, part: str = URGENT) -> Waiting:
    return Waiting(position, position, part, (device, zone, 0), 0)


def taken(turns: Turns, now_s: float = 0.0) -> list[int]:
    """Let the centre accept all that is due now; return the positions."""
    found = []
    while (one := turns.next(now_s)) is not None:
        turns.accepted(one, now_s)
        found.append(one.position)
    return found


def test_urgent_goes_first_and_then_the_oldest() -> None:
    turns = Turns(no_jitter)
    for position, part in enumerate((NORMAL, URGENT, NORMAL, URGENT), 1):
        turns.add(waiting(position, str(position), part=part))
    assert taken(turns) == [2, 4, 1, 3]


def test_a_device_with_much_to_tell_gives_way_after_its_round() -> None:
    turns = Turns(no_jitter)
    for position in range(1, 101):
        turns.add(waiting(position, "flood", zone=position))
    turns.add(waiting(101, "quiet"))
    turns.add(waiting(102, "silent"))
    order = taken(turns)
    assert order[: ROUND + 2] == [*range(1, ROUND + 1), 101, 102]
    assert sorted(order) == list(range(1, 103))


@pytest.mark.parametrize("part", [URGENT, NORMAL])
def test_a_device_with_much_that_is_not_taken_costs_another_one_try(part: str) -> None:
    turns = Turns(no_jitter)
    for position in range(1, 101):
        turns.add(waiting(position, "slip", zone=position))
    now_s = 0.0
    for number in range(101, 111):
        turns.add(waiting(number, "good", zone=number, part=part))
        failures = 0
        while (one := turns.next(now_s)) is None or one.position < 101:
            if one is None:
                wait_s = turns.wait_s(now_s)
                assert wait_s is not None
                now_s += wait_s
                continue
            turns.failed(one, now_s, answered=True)
            failures += 1
        assert failures <= 1
        turns.accepted(one, now_s)


def test_when_all_is_told_a_new_round_begins() -> None:
    turns = Turns(no_jitter)
    for position in range(1, ROUND + 1):
        turns.add(waiting(position, "flood", zone=position))
    assert len(taken(turns)) == ROUND
    turns.add(waiting(50, "flood"))
    turns.add(waiting(51, "quiet"))
    assert taken(turns) == [50, 51]


def test_after_a_failure_the_next_goes_and_what_failed_waits() -> None:
    turns = Turns(no_jitter)
    turns.add(waiting(1, "unknown"))
    turns.add(waiting(2, "good"))
    first = turns.next(0.0)
    assert first is not None
    turns.failed(first, 0.0, answered=False)
    assert taken(turns) == [2, 1], "the acceptance of another makes it due at once"


def test_what_is_urgent_is_tried_again_first_when_the_centre_is_back() -> None:
    turns = Turns(no_jitter)
    for position, part in ((1, NORMAL), (2, URGENT)):
        turns.add(waiting(position, str(position), part=part))
    for _ in range(2):
        one = turns.next(0.0)
        assert one is not None
        turns.failed(one, 0.0, answered=False)
    turns.came_back(0.1)
    assert taken(turns, 0.1) == [2, 1]


def test_when_several_devices_have_failed_there_is_a_short_pause() -> None:
    turns = Turns(no_jitter)
    for position in range(1, 9):
        turns.add(waiting(position, str(position)))
    now_s, waits = 0.0, []
    for _ in range(8):
        while (one := turns.next(now_s)) is None:
            wait_s = turns.wait_s(now_s)
            assert wait_s is not None
            waits.append(wait_s)
            now_s += wait_s
        turns.failed(one, now_s, answered=False)
    assert waits[0] <= 0.25
    assert SILENT_MAX_S >= waits[1] > waits[0] > 0


def test_a_restore_waits_behind_its_alarm_and_other_zones_do_not() -> None:
    turns = Turns(no_jitter)
    for position, zone in ((1, 1), (2, 1), (3, 2)):
        turns.add(waiting(position, zone=zone))
    alarm = turns.next(0.0)
    assert alarm is not None
    turns.failed(alarm, 0.0, answered=True, leave_alone_s=30)
    other = turns.next(0.0)
    assert other is not None
    assert other.position == 3
    turns.failed(other, 0.0, answered=True, leave_alone_s=30)
    assert turns.next(1.0) is None
    assert turns.wait_s(1.0) == pytest.approx(29.0)
    assert taken(turns, 40.0) == [1, 2, 3]


def test_nothing_is_at_fault_while_the_centre_takes_nothing() -> None:
    turns = Turns(no_jitter)
    for position in (1, 2, 3):
        turns.add(waiting(position, str(position)))
    now_s, tries = 0.0, 0
    while now_s < 100.0:
        one = turns.next(now_s)
        if one is None:
            wait_s = turns.wait_s(now_s)
            assert wait_s is not None
            assert 0 < wait_s <= SILENT_MAX_S + 1e-6
            now_s += wait_s
            continue
        assert not turns.failed(one, now_s, answered=False).at_fault
        tries += 1
    assert 100 <= tries <= 400, "neither a hot loop nor a pause that grows without end"
    assert sorted(taken(turns, now_s + SILENT_MAX_S)) == [1, 2, 3]


def test_what_alone_is_not_taken_is_at_fault_and_tried_ever_more_rarely() -> None:
    turns = Turns(no_jitter)
    turns.add(waiting(1, "bad"))
    now_s, pauses, at = 0.0, [], 0.0
    for position in range(2, 5_000):
        turns.add(waiting(position, "good", zone=position))
        while (one := turns.next(now_s)) is not None:
            if one.position != 1:
                turns.accepted(one, now_s)
                continue
            pauses.append(now_s - at)
            at = now_s
            trial = turns.failed(one, now_s, answered=True)
            assert trial.at_fault == (len(pauses) > OWN_FAILURES)
        now_s += 1.0
    # It waits for its pause, and then for the first second in which it is looked at.
    assert pauses[-1] >= OWN_MAX_S
    assert all(later >= earlier for earlier, later in pairwise(pauses))


class AnyCentre(RuleBasedStateMachine):
    """A centre that behaves in every way: per event, per account (device), and per time."""

    @initialize()
    def begin(self) -> None:
        self.turns = Turns(no_jitter)
        self.now_s = 0.0
        self.added: dict[int, Waiting] = {}
        self.accepted: list[int] = []
        self.bad_devices: set[str] = set()
        self.bad_events: set[int] = set()
        self.away = False
        self.accepted_at_first_try: dict[int, int] = {}

    @rule(
        device=st.sampled_from("abc"),
        zone=st.integers(1, 2),
        part=st.sampled_from((URGENT, NORMAL)),
        count=st.integers(1, 20),
    )
    def something_happens(self, device: str, zone: int, part: str, count: int) -> None:
        for _ in range(count):
            one = waiting(len(self.added) + 1, device, zone, part)
            self.added[one.position] = one
            self.turns.add(one)

    @rule(devices=st.sets(st.sampled_from("abc")))
    def the_centre_does_not_know_these_accounts(self, devices: set[str]) -> None:
        self.bad_devices = devices

    @precondition(lambda self: self.added)
    @rule(data=st.data())
    def the_centre_does_not_understand_this_event(self, data: st.DataObject) -> None:
        self.bad_events ^= {data.draw(st.sampled_from(sorted(self.added)))}

    @rule(away=st.booleans())
    def the_centre_goes_and_comes(self, away: bool) -> None:
        if self.away and not away:
            self.turns.came_back(self.now_s)
        self.away = away

    def takes(self, one: Waiting) -> bool:
        bad = one.line[0] in self.bad_devices or one.position in self.bad_events
        return not (bad or self.away)

    def step(self) -> bool:
        """Try once; say whether anything was due."""
        one = self.turns.next(self.now_s)
        if one is None:
            return False
        assert one.position not in self.accepted
        if self.takes(one):
            self.turns.accepted(one, self.now_s)
            self.accepted.append(one.position)
            return True
        before = self.accepted_at_first_try.setdefault(one.position, len(self.accepted))
        self.now_s += TRY_S
        trial = self.turns.failed(one, self.now_s, answered=one.position % 2 == 0)
        if trial.at_fault:
            assert len(self.accepted) > before, "nothing else was accepted meanwhile"
        return True

    @rule(seconds=st.floats(0, 50))
    def time_passes(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        for _ in range(200):
            if self.step():
                continue
            wait_s = self.turns.wait_s(self.now_s)
            if wait_s is None or self.now_s + wait_s > end_s:
                break
            assert wait_s > 0, "something is due, and yet is not handed out"
            self.now_s += wait_s
        self.now_s = max(self.now_s, end_s)

    @precondition(lambda self: not self.away)
    @rule(part=st.sampled_from((URGENT, NORMAL)))
    def a_good_alarm_stands_behind_nobody(self, part: str) -> None:
        """One try of each device that is not known to fail, and then one in a round of others."""
        self.bad_events.clear()
        device = f"good{len(self.added)}"
        one = waiting(len(self.added) + 1, device, 1, part)
        self.added[one.position] = one
        self.turns.add(one)
        failures = accepted = 0
        while one.position not in self.accepted:
            before = self.now_s
            if not self.step():
                wait_s = self.turns.wait_s(self.now_s)
                assert wait_s is not None
                assert wait_s <= SILENT_MAX_S + 1e-6
                self.now_s += wait_s
                continue
            failed = self.now_s > before
            failures, accepted = failures + failed, accepted + (not failed)
        if part == URGENT:
            assert accepted <= 3 * ROUND + 3
        assert failures <= 2 * len(self.bad_devices) + accepted // ROUND + 1

    @invariant()
    def each_line_keeps_its_order(self) -> None:
        if not hasattr(self, "accepted"):
            return
        last: dict[object, int] = {}
        for position in self.accepted:
            line = self.added[position].line
            # What is urgent goes before what is not, also on one line.
            key = line, self.added[position].part
            assert last.get(key, 0) < position
            last[key] = position

    def teardown(self) -> None:
        """In the end the centre takes all: then nothing was forgotten."""
        if not hasattr(self, "added"):
            return
        self.bad_devices, self.bad_events, self.away = set(), set(), False
        self.turns.came_back(self.now_s)
        for _ in range(20 * len(self.added) + 100):
            if not self.step():
                wait_s = self.turns.wait_s(self.now_s)
                if wait_s is None:
                    break
                self.now_s += wait_s
        assert sorted(self.accepted) == sorted(self.added)


TestAnyCentre = AnyCentre.TestCase
TestAnyCentre.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)


def test_what_an_earlier_run_set_aside_is_tried_again_and_its_line_waits_for_it() -> None:
    turns = Turns(no_jitter)
    turns.add_tried(waiting(1))
    turns.add_tried(waiting(2))
    turns.add(waiting(3))
    turns.add(waiting(4, "b"))
    seen: Iterable[int] = deque(taken(turns))
    assert list(seen) == [1, 2, 3, 4]
