"""A device that sends what it should not is named once, and once more when it has stopped."""

from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import open_faults
from callpoint_gateway.supervision.misconduct import QUIET_MS, Misconduct
from callpoint_gateway.words.said import verbatim

from ..conftest import ManualClock
from .test_faults import told

FLOOD = "device/door/flood"


def test_a_fault_for_a_device_however_much_it_sends(alarms: Journal, clock: ManualClock) -> None:
    misconduct = Misconduct(alarms, clock)
    for _ in range(1000):
        misconduct.seen("door", "flood", verbatim("too much"))
        misconduct.look()
    assert told(alarms) == [(FLOOD, True, "too much")]
    clock.advance(QUIET_MS)
    misconduct.look()
    assert list(open_faults(alarms)) == [FLOOD]
    clock.advance(1)
    misconduct.look()
    assert [active for _, active, _ in told(alarms)] == [True, False]


def test_what_an_earlier_run_began_is_nottold_again_and_ends(
    alarms: Journal, clock: ManualClock
) -> None:
    Misconduct(alarms, clock).seen("door", "flood", verbatim("too much"))
    told(alarms)
    later = Misconduct(alarms, clock)
    later.seen("door", "flood", verbatim("too much"))
    assert len(told(alarms)) == 1
    clock.advance(QUIET_MS + 1)
    later.look()
    assert [active for _, active, _ in told(alarms)] == [True, False]
