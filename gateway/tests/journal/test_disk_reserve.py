"""A disk that fills up: readings wait, alarms go on, and all of it is on record.

The disk's free space is the test's word, and so is it that the alarms lane finds no room until
the reserve has gone.
"""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from callpoint_gateway.journal.disk_reserve import LOW_BYTES, RESERVE_BYTES, SOURCE, DiskRoom
from callpoint_gateway.journal.entries import (
    EventBody,
    FaultBody,
    NewEntry,
    Quality,
    Stored,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.faulty_disk import FaultyDisk

from ..conftest import ManualClock

WAIT_S = 60.0


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end


def event(seq: int) -> NewEntry:
    body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, seq, Quality.AGE)
    return NewEntry(Type.EVENT, body, "button", 7, seq)


def reading(seq: int) -> NewEntry:
    return NewEntry(Type.TELEMETRY, TelemetryBody("estate", {"mv": 1}, seq), "button", 7, seq)


def faults(alarms: Journal) -> list[bool]:
    with alarms.reader() as reader:
        bodies = [entry.body for entry in reader.read(0, 1000, (Type.FAULT,))]
    found = [b for b in bodies if isinstance(b, FaultBody) and b.source == SOURCE]
    assert all(bool(body.remedy) == body.active for body in found)
    return [body.active for body in found]


class Disk:
    """A state directory whose free space a test decides."""

    def __init__(self, folder: Path, alarms: Journal, telemetry: Journal) -> None:
        self.folder = folder
        self.free = 10 * LOW_BYTES
        self.room = DiskRoom(folder, alarms, telemetry, lambda _: self.free)
        self.reserve = folder / "reserve"


@pytest.fixture
def disk(tmp_path: Path, alarms: Journal, telemetry: Journal) -> Disk:
    return Disk(tmp_path, alarms, telemetry)


def test_the_reserve_stands_from_the_start(disk: Disk) -> None:
    disk.room.look()
    assert disk.reserve.stat().st_size == RESERVE_BYTES
    assert disk.reserve.stat().st_blocks * 512 >= RESERVE_BYTES


def test_little_room_is_a_fault_once_and_its_end_another(disk: Disk, alarms: Journal) -> None:
    disk.room.look()
    disk.free = LOW_BYTES - 1
    disk.room.look()
    disk.room.look()
    until(lambda: faults(alarms) == [True])
    disk.free = LOW_BYTES
    disk.room.look()
    until(lambda: faults(alarms) == [True, False])


def test_readings_wait_unacknowledged_and_alarms_do_not(
    disk: Disk, alarms: Journal, telemetry: Journal
) -> None:
    disk.room.look()
    disk.free = 0
    disk.room.look()
    read, alarmed = threading.Event(), threading.Event()
    telemetry.submit([reading(1)], lambda _: read.set())
    alarms.submit([event(1)], lambda _: alarmed.set())
    assert alarmed.wait(WAIT_S)
    assert not read.is_set()
    disk.free = 10 * LOW_BYTES
    disk.room.look()
    assert read.wait(WAIT_S)


def test_an_alarm_that_finds_no_room_gets_the_reserve(
    tmp_path: Path, clock: ManualClock, telemetry: Journal
) -> None:
    with FaultyDisk("full", remember=False) as medium:
        alarms = Journal(tmp_path / "alarms.db", clock, chained=True, vfs=medium.name)
        with closing(alarms):
            disk = Disk(tmp_path, alarms, telemetry)
            disk.room.look()
            medium.full = True
            stored: list[Stored] = []
            alarms.submit([event(seq) for seq in range(1, 300)], stored.extend)
            until(lambda: alarms.fault is not None)
            disk.free = 0
            disk.room.look()
            assert not disk.reserve.exists()
            # The file has gone, so there is room again.
            medium.full = False
            until(lambda: len(stored) == 299)
            until(lambda: faults(alarms) == [True])
            # It does not come back into the little room that it has made.
            disk.free = RESERVE_BYTES
            disk.room.look()
            assert not disk.reserve.exists()
            disk.free = 10 * LOW_BYTES
            disk.room.look()
            assert disk.reserve.exists()
            until(lambda: faults(alarms) == [True, False])


def test_a_held_lane_still_closes(disk: Disk, tmp_path: Path, telemetry: Journal) -> None:
    disk.room.look()
    disk.free = 0
    disk.room.look()
    read = threading.Event()
    telemetry.submit([reading(1)], lambda _: read.set())
    telemetry.close()
    assert read.is_set()
    # The fixture closes it as well.
    telemetry.close = lambda: None  # type: ignore[method-assign]
