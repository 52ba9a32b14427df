"""The wall clock: its steps, who keeps it right, and the times of what was recorded before."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_gateway.host.clock_sync import synchronised
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    TelemetryBody,
    TimeBody,
    Type,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.supervision.clock_watch import STEADY_MS, ClockWatch
from callpoint_gateway.supervision.faults import Faults
from callpoint_protocol import names

from ..conftest import ManualClock

WAIT_S = 60.0
TRUE_MS = 1_795_000_000_000
YEARS_MS = 1_700_000_000_000
DEVICE_MS = 1_794_999_000_000


class Machine:
    """A machine whose clock may be wrong; ``true_ms`` is what a right clock would show."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.folder, self.clock = folder, clock
        self.synchronised = False
        self.start()

    def start(self) -> None:
        self.alarms = Journal(self.folder / "alarms.db", self.clock, chained=True)
        self.telemetry = Journal(self.folder / "telemetry.db", self.clock, chained=False)
        self.faults = Faults(self.alarms, self.clock)
        self.watch = ClockWatch(
            self.alarms,
            self.telemetry,
            self.clock,
            lambda: self.synchronised,
            self.faults.supervise("clock", 900),
            self.faults.supervise("clock/step", 0),
        )

    def stop(self) -> None:
        self.settle()
        self.alarms.close()
        self.telemetry.close()

    def settle(self) -> None:
        for journal in (self.alarms, self.telemetry):
            stored = threading.Event()
            journal.submit([], lambda _, stored=stored: stored.set())
            assert stored.wait(WAIT_S)

    def let_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1000)
            self.watch.look()
            self.faults.look()

    def happen(self, quality: Quality = Quality.AGE) -> None:
        """Store an event that happened two seconds ago, and readings of now."""
        wall = self.clock.wall_ms()
        occurred = DEVICE_MS if quality is Quality.DEVICE else wall - 2000
        body = EventBody("estate", names.DOOR, names.NOTICE, 1, 0, 1, 0, occurred, quality)
        self.alarms.submit([NewEntry(Type.EVENT, body, "door")])
        self.telemetry.submit(
            [NewEntry(Type.TELEMETRY, TelemetryBody("estate", {}, wall), "door")]
        )
        self.settle()

    def entries(self, type: Type) -> list[Entry]:
        self.settle()
        with self.alarms.reader() as reader:
            return reader.read(0, 1000, (type,))

    def occurred(self) -> list[int]:
        """Return when the events happened, and check that the readings agree."""
        events = self.entries(Type.EVENT)
        with self.telemetry.reader() as reader:
            readings = reader.read(0, 1000, (Type.TELEMETRY,))
        found = []
        for event, reading in zip(events, readings, strict=True):
            assert isinstance(event.body, EventBody)
            assert isinstance(reading.body, TelemetryBody)
            assert event.recorded_ms == reading.body.at_ms == reading.recorded_ms
            if event.body.quality is not Quality.DEVICE:
                assert event.recorded_ms - event.body.occurred_ms == 2000
            found.append(event.body.occurred_ms)
        return found

    def repairs(self) -> list[int]:
        bodies = [entry.body for entry in self.entries(Type.TIME)]
        return [body.off_ms for body in bodies if isinstance(body, TimeBody)]

    def told(self) -> list[tuple[str, bool]]:
        bodies = [entry.body for entry in self.entries(Type.FAULT)]
        faults = [body for body in bodies if isinstance(body, FaultBody)]
        assert all(bool(body.remedy) == body.active for body in faults)
        return [(body.source, body.active) for body in faults]


@pytest.fixture
def machine(tmp_path: Path, clock: ManualClock) -> Iterator[Machine]:
    clock.wall = TRUE_MS
    machine = Machine(tmp_path, clock)
    yield machine
    machine.stop()


@pytest.mark.parametrize("wrong_ms", [-YEARS_MS, -40_000, 86_400_000], ids=["1970", "s", "ahead"])
def test_a_late_synchronisation_repairs_what_was_before(
    tmp_path: Path, clock: ManualClock, wrong_ms: int
) -> None:
    clock.wall = TRUE_MS + wrong_ms
    machine = Machine(tmp_path, clock)
    machine.let_pass(10)
    machine.happen()
    machine.happen(Quality.DEVICE)
    reader = Reader(machine.alarms.path)  # as a sender that has it open, and one entry in hand
    pending = reader.read(0, 10, (Type.EVENT,))[0]
    machine.let_pass(10)
    clock.wall -= wrong_ms
    machine.let_pass(1)  # the daemon steps the clock first, and says later that it is right
    machine.happen()
    machine.let_pass(5)
    machine.synchronised = True
    machine.let_pass(5)
    machine.happen()
    truly = [TRUE_MS + 8_000, DEVICE_MS, TRUE_MS + 19_000, TRUE_MS + 29_000]
    assert machine.occurred() == truly
    assert machine.repairs() == [-wrong_ms]
    assert reader.repaired(pending) == machine.entries(Type.EVENT)[0]
    assert reader.repaired(reader.repaired(pending)) == reader.repaired(pending)
    assert pending.recorded_ms != reader.repaired(pending).recorded_ms
    assert list(reader.verify()) == []  # nothing was rewritten
    reader.close()
    assert machine.told() == []  # the first synchronisation is no fault
    machine.stop()


def test_a_gateway_restarted_while_the_clock_was_wrong_still_repairs(
    tmp_path: Path, clock: ManualClock
) -> None:
    clock.wall = TRUE_MS - YEARS_MS
    machine = Machine(tmp_path, clock)
    machine.let_pass(10)
    machine.happen()
    machine.stop()
    clock.advance(10_000)
    clock.wall += YEARS_MS  # and nobody was there to see it
    machine.synchronised = True
    machine.start()
    machine.let_pass(2)
    machine.happen()
    assert machine.occurred() == [TRUE_MS + 8_000, TRUE_MS + 20_000]
    machine.stop()


def test_another_boot_is_another_clock(tmp_path: Path, clock: ManualClock) -> None:
    clock.wall = TRUE_MS - YEARS_MS
    machine = Machine(tmp_path, clock)
    machine.let_pass(10)
    machine.happen()
    machine.stop()
    clock.reboot(TRUE_MS - 5000)
    machine.start()
    machine.let_pass(10)
    machine.happen()
    clock.wall += 5000
    machine.synchronised = True
    machine.let_pass(1)
    # How long the machine was off before, nobody knows: those times stay as they are.
    assert machine.occurred() == [TRUE_MS - YEARS_MS + 8_000, TRUE_MS + 8_000]
    assert machine.repairs() == [5000]
    machine.stop()


def test_a_clock_set_wrong_by_hand_is_told_and_repaired(machine: Machine) -> None:
    machine.synchronised = True
    machine.let_pass(10)
    machine.happen()
    for wrong_ms in (-7_200_000, 3_600_000):
        machine.clock.wall += wrong_ms
        machine.synchronised = False
        machine.let_pass(10)
        machine.happen()
        machine.clock.wall -= wrong_ms
        machine.synchronised = True
        machine.let_pass(10)
        machine.happen()
    passed = [8, 18, 28, 38, 48]
    assert machine.occurred() == [TRUE_MS + 1000 * seconds for seconds in passed]
    assert machine.repairs() == [7_200_000, -3_600_000]
    assert machine.told() == [("clock/step", True)]
    machine.let_pass(STEADY_MS // 1000)
    assert machine.told() == [("clock/step", True), ("clock/step", False)]


def test_a_step_of_a_clock_that_is_right_before_and_after_moves_no_time(machine: Machine) -> None:
    machine.synchronised = True
    machine.let_pass(5)
    machine.happen()
    machine.clock.wall += 3_000
    machine.let_pass(5)
    machine.happen()
    assert machine.repairs() == []
    assert machine.occurred() == [TRUE_MS + 3_000, TRUE_MS + 11_000]
    assert machine.told() == [("clock/step", True)]


def test_nobody_keeping_the_clock_right_is_a_fault_after_its_time(machine: Machine) -> None:
    machine.let_pass(899)
    assert machine.told() == []
    machine.let_pass(3)
    assert machine.told() == [("clock", True)]
    machine.synchronised = True
    machine.let_pass(2)
    assert machine.told() == [("clock", True), ("clock", False)]
    assert machine.repairs() == []  # it had been right all the same


def test_a_slow_drift_is_no_step(machine: Machine) -> None:
    machine.synchronised = True
    for _ in range(400):
        machine.clock.wall += 1
        machine.let_pass(1)
    assert machine.told() == []


def test_the_kernel_can_be_asked() -> None:
    assert synchronised() in (True, False)
