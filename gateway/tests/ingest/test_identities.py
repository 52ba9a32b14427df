"""Two boards with one identity are named; a board that restarts, is late or is replaced is not."""

import asyncio
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from callpoint_gateway.ingest.identities import RETURNS, WINDOW_MS, Identities
from callpoint_gateway.ingest.ingest import Message
from callpoint_gateway.journal.entries import FaultBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import open_faults
from callpoint_gateway.supervision.misconduct import APART_MS, Misconduct
from callpoint_gateway.words.said import verbatim
from callpoint_protocol import messages, names

from ..conftest import ManualClock
from .test_ingest import Bench, bench, to

__all__ = ["bench"]

FIRST, SECOND = 0x10002, 0xABCD0005
SOURCES = ("mqtt", "coap", "serial/line-1")


def say(bench: Bench, source: str, *events: tuple[int, int]) -> None:
    """Let the device ``door`` send events by boot and sequence."""
    told = [
        Message(to("door"), messages.encode_event(boot, seq, names.PANIC, names.ALARM, 1))
        for boot, seq in events
    ]
    bench.ingest.take(source, told, lambda: None)
    bench.settle()


def blamed(bench: Bench) -> list[str]:
    return [
        str(what) for device, sort, what in bench.blamed if (device, sort) == ("door", "identity")
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_boards_that_take_turns_are_named_by_what_is_known_of_them(
    bench: Bench, source: str
) -> None:
    say(bench, source, (FIRST, 1), (SECOND, 1), (FIRST, 2))
    assert blamed(bench) == []
    say(bench, source, (SECOND + 1, 1))
    (what,) = blamed(bench)
    assert f"boot {FIRST} (its start 2) over {source}" in what
    assert f"boot {SECOND + 1} (its start 6) over {source}" in what
    assert len(bench.events()) == 4, "nothing is held back"


def test_births_and_readings_count_and_last_wills_do_not(bench: Bench) -> None:
    def status(state: int, boot: int) -> Message:
        body = messages.encode_status(state, boot, "1.2.0", 1)
        return Message(to("door", names.STATUS), body)

    def reading(boot: int, seq: int) -> Message:
        return Message(to("door", names.TELEMETRY), messages.encode_telemetry(boot, seq, {}))

    bench.ingest.take("mqtt", [status(names.ONLINE, FIRST)], lambda: None)
    for _ in range(3 * RETURNS):
        wills = [status(names.LOST, FIRST), status(names.LOST, SECOND)]
        bench.ingest.take("mqtt", wills, lambda: None)
    assert blamed(bench) == []
    births = [status(names.ONLINE, boot) for boot in (SECOND, FIRST, SECOND)]
    bench.ingest.take("mqtt", births, lambda: None)
    (what,) = blamed(bench)
    assert what.count("with firmware 1.2.0") == 2
    readings = [reading(FIRST, 1), reading(SECOND, 1), reading(FIRST, 2), reading(SECOND, 2)]
    bench.ingest.take("mqtt", readings, lambda: None)
    assert len(blamed(bench)) == 2


def test_what_comes_again_is_no_second_board(bench: Bench) -> None:
    """A broker that lost its last minutes, or somebody with a recording."""
    say(bench, "mqtt", (FIRST, 1), (FIRST, 2), (SECOND, 1))
    for source in SOURCES:
        for _ in range(3):
            say(bench, source, (FIRST, 1), (FIRST, 2), (SECOND, 1))
    assert blamed(bench) == []


def test_lanes_have_no_order_among_each_other(bench: Bench) -> None:
    """Readings of before a loss of memory wait at the broker while new events come."""
    for seq in range(1, 20):
        say(bench, "mqtt", (SECOND, seq))
        body = messages.encode_telemetry(FIRST, seq, {})
        bench.ingest.take("mqtt", [Message(to("door", names.TELEMETRY), body)], lambda: None)
    assert blamed(bench) == []


def test_the_fault_ends_a_day_after_the_last_return(alarms: Journal, clock: ManualClock) -> None:
    misconduct = Misconduct(alarms, clock)
    misconduct.seen("door", "identity", verbatim("two boards"))
    clock.advance(APART_MS)
    misconduct.look()
    fault = _standing(alarms)["device/door/identity"]
    assert "callpoint events --device door" in fault.remedy
    clock.advance(1)
    misconduct.look()
    assert _standing(alarms) == {}


def _standing(alarms: Journal) -> dict[str, FaultBody]:
    asyncio.run(alarms.store([]))
    found = open_faults(alarms)
    return {
        source: entry.body for source, entry in found.items() if isinstance(entry.body, FaultBody)
    }


class OneBoard(RuleBasedStateMachine):
    """A board with its spool: it restarts, loses its memory, sends late, is put back once."""

    @initialize()
    def begin(self) -> None:
        self.now = 0
        self.identities = Identities(lambda: self.now)
        self.numbers = itertools.count(1)
        self.boot = next(self.numbers) << 16 | 1
        self.spool: list[int] = []
        self.put_aside: int | None = None
        self.blamed = False

    def _tell(self, lane: str, boot: int) -> None:
        if self.identities.seen(lane, "door", boot, "mqtt"):
            self.blamed = True

    @rule()
    def raise_event(self) -> None:
        self.spool.append(self.boot)

    @rule(count=st.integers(1, 5))
    def deliver(self, count: int) -> None:
        for _ in range(min(count, len(self.spool))):
            self._tell(names.EVENT, self.spool.pop(0))

    @rule(count=st.integers(1, 3))
    def deliver_alarms_first(self, count: int) -> None:
        """The newest before what waits from earlier boots."""
        for _ in range(min(count, len(self.spool))):
            self._tell(names.EVENT, self.spool.pop())

    @rule()
    def heartbeat(self) -> None:
        self._tell(names.TELEMETRY, self.boot)

    @rule()
    def restart(self) -> None:
        self.boot += 1
        self._tell(names.STATUS, self.boot)

    @rule()
    def lose_memory(self) -> None:
        self.spool = []
        self.boot = next(self.numbers) << 16 | 1
        self._tell(names.STATUS, self.boot)

    @precondition(lambda self: self.put_aside is None)
    @rule()
    def replace_it(self) -> None:
        """A technician tries a spare board."""
        self.put_aside, self.spool = self.boot, []
        self.boot = next(self.numbers) << 16 | 1
        self._tell(names.STATUS, self.boot)

    @precondition(lambda self: self.put_aside)
    @rule()
    def put_the_first_back(self) -> None:
        assert self.put_aside is not None
        self.boot, self.put_aside, self.spool = self.put_aside + 1, 0, []
        self._tell(names.STATUS, self.boot)

    @rule()
    def start_the_gateway_anew(self) -> None:
        self.identities = Identities(lambda: self.now)

    @rule(ms=st.integers(1, WINDOW_MS))
    def time_passes(self, ms: int) -> None:
        self.now += ms

    @invariant()
    def nobody_is_blamed(self) -> None:
        assert not self.blamed


OneBoard.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestOneBoard = OneBoard.TestCase


@given(st.lists(st.sampled_from([FIRST, SECOND]), max_size=30))
def test_so_many_returns_and_no_fewer_are_two_boards(boots: list[int]) -> None:
    identities = Identities(itertools.count().__next__)
    found = [identities.seen(names.EVENT, "door", boot, "coap") for boot in boots]
    turns = [boot for boot, _ in itertools.groupby(boots)]
    assert any(found) == (len(turns) - 2 >= RETURNS)


def test_a_swap_and_back_once_a_day_is_a_technicians(clock: ManualClock) -> None:
    identities = Identities(clock.monotonic_ms)
    for day in range(10):
        boot = (FIRST, SECOND)[day % 2]
        assert identities.seen(names.EVENT, "door", boot, "mqtt") is None
        clock.advance(WINDOW_MS + 1)
