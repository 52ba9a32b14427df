"""A sensor that raises without end is named with its zone, how often, and in what time."""

from callpoint_gateway.ingest.chatter import TIMES, WINDOW_S
from callpoint_gateway.journal.entries import FaultBody
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import open_faults
from callpoint_gateway.supervision.misconduct import Misconduct
from callpoint_gateway.words.said import verbatim
from callpoint_protocol import messages, names

from ..conftest import ManualClock
from .test_ingest import Bench, bench, to

__all__ = ["bench"]

EVERY_MS = 4_000


def press(bench: Bench, seq: int, zone: int = 3, state: int = names.ALARM) -> None:
    bench.clock.advance(EVERY_MS)
    body = messages.encode_event(7, seq, names.PANIC, state, zone, age_ms=0)
    bench.take((to("door"), body))


def test_it_is_named_with_count_and_period(bench: Bench) -> None:
    for seq in range(1, 2 * TIMES - 2):
        press(bench, seq, state=names.ALARM if seq % 2 else names.RESTORE)
    assert bench.blamed == []
    for seq in range(2 * TIMES, 4 * TIMES):
        press(bench, seq)
    said = f"zone 3: panic alarm {TIMES} times in {(TIMES - 1) * EVERY_MS // 1000} s"
    assert ("door", "chatter/3", said) in bench.blamed
    assert len(bench.events()) == 4 * TIMES - 3, "nothing is held back"


def test_it_is_named_again_only_after_as_many_more(bench: Bench) -> None:
    """A flood of it costs hardly more than other events: no text is made for each."""
    for seq in range(1, 3 * TIMES + 1):
        press(bench, seq)
    assert [sort for _, sort, _ in bench.blamed] == ["chatter/3"] * 3


def test_what_people_do_is_no_chatter(bench: Bench) -> None:
    for seq in range(1, 3 * TIMES):
        bench.clock.advance(1000 * WINDOW_S // (TIMES - 1))
        press(bench, seq)
    # The same event again and again, and old ones that arrive together.
    for _ in range(3 * TIMES):
        press(bench, 3 * TIMES)
    assert bench.blamed == []


def test_its_fault_says_how_to_hold_it_back(
    bench: Bench, alarms: Journal, clock: ManualClock
) -> None:
    misconduct = Misconduct(alarms, clock)
    for zone in (3, 4, 3):
        misconduct.seen("door", f"chatter/{zone}", verbatim(f"zone {zone}: too often"))
    bench.settle()
    found = open_faults(alarms)
    assert list(found) == ["device/door/chatter/3", "device/door/chatter/4"]
    for zone, fault in zip((3, 4), found.values(), strict=True):
        assert isinstance(fault.body, FaultBody)
        assert f"callpoint inhibit door --zone {zone}" in fault.body.remedy
