"""What the gateway supervises of itself: each part has a delay, a return is told once."""

import ast
import threading
from pathlib import Path

import pytest

import callpoint_gateway
from callpoint_gateway.journal import writer
from callpoint_gateway.journal.entries import FaultBody, Type, fault_begins, fault_ends
from callpoint_gateway.journal.reader import encode
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.faults import Faults, Supervised, SupervisedState
from callpoint_gateway.words.said import NOTHING, verbatim

from ..conftest import ManualClock

WAIT_S = 60.0
REMEDY = verbatim("plug it in")


def told(alarms: Journal) -> list[tuple[str, bool, str]]:
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
    report = faults.supervise("broker/events", 10)
    assert faults.states()[0].state is SupervisedState.UNKNOWN
    report.up(verbatim("connected"))
    for _ in range(5):
        report.down(verbatim("connection lost"), REMEDY)
        clock.advance(9_000)
        faults.look()
        assert faults.states()[0].state is SupervisedState.DUE
        report.up(verbatim("connected"))
        clock.advance(60_000)
        faults.look()
    assert told(alarms) == []
    report.down(verbatim("connection lost"), REMEDY)
    clock.advance(5_000)
    report.down(
        verbatim("refused"), REMEDY
    )  # still away: its time goes on, and the newest reason counts
    clock.advance(5_000)
    faults.look()
    clock.advance(5_000_000)
    faults.look()
    assert faults.states()[0].state is SupervisedState.FAULT
    assert told(alarms) == [("broker/events", True, "refused")]
    report.up(verbatim("connected"))
    report.up(verbatim("connected"))
    assert told(alarms)[1:] == [("broker/events", False, "connected")]
    assert faults.states()[0].state is SupervisedState.OK


def test_a_part_that_never_came_is_a_fault_after_its_time(
    alarms: Journal, clock: ManualClock
) -> None:
    faults = Faults(alarms, clock)
    faults.supervise("serial/bridge", 0).down(verbatim("no adapter"), REMEDY)
    assert told(alarms) == [("serial/bridge", True, "no adapter")]


def test_a_restart_tells_nothing_twice_and_the_end_of_what_it_told(
    alarms: Journal, clock: ManualClock
) -> None:
    Faults(alarms, clock).supervise("disk", 0).down(verbatim("full"), REMEDY)
    assert len(told(alarms)) == 1
    again = Faults(alarms, clock)
    report = again.supervise("disk", 0)
    assert again.states()[0].state is SupervisedState.FAULT
    report.down(verbatim("full"), REMEDY)
    assert len(told(alarms)) == 1
    report.up(verbatim("room again"))
    assert told(alarms)[1:] == [("disk", False, "room again")]
    assert Faults(alarms, clock).supervise("disk", 0)
    assert len(told(alarms)) == 2


def test_a_step_of_the_wall_clock_decides_nothing(alarms: Journal, clock: ManualClock) -> None:
    faults = Faults(alarms, clock)
    faults.supervise("timeseries", 60).down(verbatim("refused"), REMEDY)
    clock.wall += 10_000_000
    faults.look()
    assert told(alarms) == []


def test_what_was_removed_is_no_fault_any_more(alarms: Journal, clock: ManualClock) -> None:
    before = Faults(alarms, clock)
    gone = ["serial/old", "centre/old", "keypad/flat", "code/guard"]
    for source in ("serial/bridge", "centre/police/refused", *gone, "disk"):
        before.supervise(source, 0).down(verbatim("away"), REMEDY)
    assert len(told(alarms)) == 7
    after = Faults(alarms, clock)
    after.supervise("serial/bridge", 0)
    after.declare("centre/police", 10)
    after.end_removed()
    ended = [source for source, active, _ in told(alarms) if not active]
    assert ended == gone  # the disk is told of by somebody else
    assert {one.source: one.state for one in after.states()} == {
        "serial/bridge": SupervisedState.FAULT,
        "centre/police": SupervisedState.OK,
        "centre/police/refused": SupervisedState.FAULT,
        "disk": SupervisedState.FAULT,
    }


def test_what_to_do_is_a_field_of_the_entry_and_of_what_is_asked(
    alarms: Journal, clock: ManualClock
) -> None:
    """A semicolon in the reason is only a semicolon."""
    faults = Faults(alarms, clock)
    report = faults.supervise("serial/bridge", 0)
    report.down(verbatim("no adapter; none at all"), verbatim("plug it in; all of it"))
    told(alarms)
    for one in (faults.states()[0], Faults(alarms, clock).states()[0]):
        assert one.state is SupervisedState.FAULT
        assert (str(one.reason), str(one.remedy)) == (
            "no adapter; none at all",
            "plug it in; all of it",
        )
    report.up(verbatim("open"))
    told(alarms)
    assert faults.states()[0].remedy == NOTHING
    with alarms.reader() as reader:
        began, ended = (entry.body for entry in reader.all_of(Type.FAULT))
    assert isinstance(began, FaultBody)
    assert isinstance(ended, FaultBody)
    assert (began.active, began.reason) == (True, "no adapter; none at all")
    assert began.remedy == "plug it in; all of it"
    assert (ended.active, ended.reason, ended.remedy) == (False, "open", "")


def test_a_fault_of_an_earlier_version_is_read_and_its_chain_verifies(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no remedy on disk, and its bytes stay as they were written."""

    def of_earlier_version(body: object) -> bytes:
        if not isinstance(body, FaultBody):
            return encode(body)
        told = {"type": "fault", "source": body.source, "active": body.active}
        return encode(told | {"reason": body.reason})

    with monkeypatch.context() as earlier:
        earlier.setattr(writer, "encode", of_earlier_version)
        before = Journal(tmp_path / "alarms.db", clock, chained=True)
        before.submit([fault_begins("disk", verbatim("full; make room"), NOTHING)])
        before.close()
    after = Journal(tmp_path / "alarms.db", clock, chained=True)
    try:
        assert Faults(after, clock).states() == [
            Supervised(
                "disk",
                0.0,
                SupervisedState.FAULT,
                clock.monotonic_ms(),
                verbatim("full; make room"),
            )
        ]
        after.submit([fault_ends("disk", verbatim("room again"))])
        told(after)
        with after.reader() as reader:
            assert list(reader.verify()) == []
            bodies = [entry.body for entry in reader.all_of(Type.FAULT)]
            assert bodies == [
                FaultBody("disk", True, "full; make room"),
                fault_ends("disk", verbatim("room again")).body,
            ]
    finally:
        after.close()


def test_a_fault_is_only_made_with_what_to_do() -> None:
    """Every entry of a fault in the product comes of ``fault_begins`` or ``fault_ends``."""
    made = []
    for file in Path(str(callpoint_gateway.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id == "FaultBody":
                made.append(file.name)
            if node.func.id == "fault_begins":
                remedy = node.args[2]
                assert not isinstance(remedy, ast.Constant) or remedy.value, file
    assert set(made) == {"entries.py"}
