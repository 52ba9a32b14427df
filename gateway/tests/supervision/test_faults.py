"""What the gateway supervises of itself: each part has a delay, a return is told once."""

import threading

from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, State

from ..conftest import ManualClock

WAIT_S = 20.0


def _told(alarms: Journal) -> list[tuple[str, bool, str]]:
    stored = threading.Event()
    alarms.submit([], lambda _: stored.set())
    assert stored.wait(WAIT_S)
    with alarms.reader() as reader:
        bodies = [entry.body for entry in reader.read(0, 1000, (Type.FAULT,))]
    return [(b.source, b.active, b.reason) for b in bodies if isinstance(b, FaultBody)]


def test_a_short_drop_out_is_nothing_and_a_long_one_is_told_once(
    alarms: Journal, clock: ManualClock
) -> None:
    faults = Faults(alarms, clock)
    changed = faults.supervise("broker/events", 10)
    assert faults.states()[0].state is State.UNKNOWN
    changed(True, "connected")
    for _ in range(5):
        changed(False, "connection lost")
        clock.advance(9_000)
        faults.look()
        assert faults.states()[0].state is State.DUE
        changed(True, "connected")
        clock.advance(60_000)
        faults.look()
    assert _told(alarms) == []
    changed(False, "connection lost")
    clock.advance(5_000)
    changed(False, "refused")  # still away: its time goes on, and the newest reason counts
    clock.advance(5_000)
    faults.look()
    clock.advance(5_000_000)
    faults.look()
    assert faults.states()[0].state is State.FAULT
    assert _told(alarms) == [("broker/events", True, "refused")]
    changed(True, "connected")
    changed(True, "connected")
    assert _told(alarms)[1:] == [("broker/events", False, "connected")]
    assert faults.states()[0].state is State.OK


def test_a_part_that_never_came_is_a_fault_after_its_time(
    alarms: Journal, clock: ManualClock
) -> None:
    faults = Faults(alarms, clock)
    faults.supervise("serial/bridge", 0)(False, "no adapter")
    assert _told(alarms) == [("serial/bridge", True, "no adapter")]


def test_a_restart_tells_nothing_twice_and_the_end_of_what_it_told(
    alarms: Journal, clock: ManualClock
) -> None:
    Faults(alarms, clock).supervise("disk", 0)(False, "full")
    assert len(_told(alarms)) == 1
    again = Faults(alarms, clock)
    changed = again.supervise("disk", 0)
    assert again.states()[0].state is State.FAULT
    changed(False, "full")
    assert len(_told(alarms)) == 1
    changed(True, "room again")
    assert _told(alarms)[1:] == [("disk", False, "room again")]
    assert Faults(alarms, clock).supervise("disk", 0)
    assert len(_told(alarms)) == 2


def test_a_step_of_the_wall_clock_decides_nothing(alarms: Journal, clock: ManualClock) -> None:
    faults = Faults(alarms, clock)
    faults.supervise("timeseries", 60)(False, "refused")
    clock.wall += 10_000_000
    faults.look()
    assert _told(alarms) == []


def test_what_was_removed_is_no_fault_any_more(alarms: Journal, clock: ManualClock) -> None:
    before = Faults(alarms, clock)
    for source in ("serial/bridge", "serial/old", "centre/police/refused", "centre/old", "disk"):
        before.supervise(source, 0)(False, "away")
    assert len(_told(alarms)) == 5
    after = Faults(alarms, clock)
    after.supervise("serial/bridge", 0)
    after.declare("centre/police", 10)
    after.end_removed()
    ended = [source for source, active, _ in _told(alarms) if not active]
    assert ended == ["serial/old", "centre/old"]  # the disk is told of by somebody else
    assert {one.source: one.state for one in after.states()} == {
        "serial/bridge": State.FAULT,
        "centre/police": State.OK,
        "centre/police/refused": State.FAULT,
        "disk": State.FAULT,
    }
