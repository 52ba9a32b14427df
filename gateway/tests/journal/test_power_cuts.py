"""A journal on a disk that fails at any operation: what was promised is there, once, in order."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from callpoint_gateway.journal import writer
from callpoint_gateway.journal.entries import (
    Cursor,
    EventBody,
    NewEntry,
    Quality,
    Quarantine,
    Type,
)
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_rig.faulty_disk import FaultyDisk

from ..conftest import ManualClock

ROUNDS = 12
WAIT_S = 60.0


def event(seq: int) -> NewEntry:
    body = EventBody("estate", 1, 1, 1, 0, 1, 0, seq, Quality.AGE)
    return NewEntry(Type.EVENT, body, "button", 1, seq)


class Run:
    """Submits, and notes down what the journal promised before the power went."""

    def __init__(self, disk: FaultyDisk, folder: Path) -> None:
        self.disk = disk
        self.promised: dict[int, int] = {}  # seq: position
        self.cursor = 0
        self.journal = Journal(folder / "alarms.db", ManualClock(), chained=True, vfs=disk.name)
        # A checkpoint moves pages between two files: cut in there as well, and often.
        checkpoints = "PRAGMA wal_autocheckpoint=6"
        self.journal._connection.execute(checkpoints)  # noqa: SLF001 - no public way

    def go(self) -> None:
        """Submit rounds, one after the other, until the power goes."""
        for number in range(1, ROUNDS + 1):
            if not self._round(number):
                break
        self.journal.close()

    def _round(self, number: int) -> bool:
        seqs = [3 * number, 3 * number + 1, 3 * number + 2]
        wanted = [event(seq) for seq in seqs]
        done = threading.Event()

        def promise(stored: list) -> None:  # type: ignore[type-arg]
            self.promised |= {seq: one.position for seq, one in zip(seqs, stored, strict=False)}
            self.cursor = number
            done.set()

        junk = Quarantine("mqtt", "topic", "reason", b"x" * 300)
        self.journal.submit([*wanted, Cursor("centre", number), junk], promise)
        while not done.wait(0.001):
            if self.disk.off:
                return False
        return True


def judge(folder: Path, run: Run) -> None:
    clock = ManualClock()
    again = Journal(folder / "alarms.db", clock, chained=True)
    try:
        with Reader(folder / "alarms.db") as reader:
            entries = reader.read(0, 1000)
            assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
            assert list(reader.verify()) == []
            kept = {entry.seq: entry.position for entry in entries}
            assert run.promised.items() <= kept.items()
            assert len(kept) == len(entries)
            cursor = reader.cursors().get("centre")
            assert (cursor.position if cursor else 0) >= run.cursor
            # A round is whole or not there: three events, the cursor and the junk.
            assert len(entries) % 3 == 0
            assert len(reader.quarantined()) * 3 == len(entries)
        stored = threading.Event()
        answers: list[bool] = []

        def note(results: list) -> None:  # type: ignore[type-arg]
            answers.extend(one.duplicate for one in results)
            stored.set()

        again.submit([event(seq) for seq in kept if seq is not None], note)
        assert stored.wait(WAIT_S)
        assert all(answers)
    finally:
        again.close()


@pytest.fixture
def disk() -> Iterator[FaultyDisk]:
    with FaultyDisk() as made:
        yield made


def test_a_cut_at_every_operation(tmp_path: Path) -> None:
    with FaultyDisk("whole") as disk:
        (tmp_path / "whole").mkdir()
        whole = Run(disk, tmp_path / "whole")
        whole.go()
        assert len(whole.promised) == 3 * ROUNDS
        operations = disk.operations
    assert operations > 100
    cut_in_work = 0
    for cut in range(operations):
        with FaultyDisk(f"cut{cut}") as disk:
            disk.cut_at = cut
            before = tmp_path / f"before{cut}"
            before.mkdir()
            try:
                run = Run(disk, before)
            except Exception as error:  # the power went while the file was made
                assert "journal" in str(error)
                continue
            run.go()
            after = tmp_path / f"after{cut}"
            disk.after_cut(after, seed=cut)
            judge(after, run)
            cut_in_work += 0 < len(run.promised) < 3 * ROUNDS
    assert cut_in_work > 80


def test_a_full_disk_refuses_nothing_that_it_promised(disk: FaultyDisk, tmp_path: Path) -> None:
    journal = Journal(tmp_path / "alarms.db", ManualClock(), chained=True, vfs=disk.name)
    stored = threading.Semaphore(0)
    disk.full = True
    journal.submit([event(1)], lambda _: stored.release())
    while journal.fault is None:
        assert not stored.acquire(timeout=0.01)
    assert "full" in journal.fault
    assert str(journal.remedy) == "make room on the disk"
    disk.full = False
    assert stored.acquire(timeout=WAIT_S)
    journal.close()
    with Reader(tmp_path / "alarms.db") as reader:
        assert [entry.seq for entry in reader.read(0, 10)] == [1]


@pytest.mark.parametrize("what", ["broken_writes", "broken_syncs"])
def test_an_error_of_the_disk_is_tried_again(
    disk: FaultyDisk, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "RETRY_S", 0.01)
    journal = Journal(tmp_path / "alarms.db", ManualClock(), chained=True, vfs=disk.name)
    stored = threading.Semaphore(0)
    for seq in range(1, 6):
        count = disk.writes if what == "broken_writes" else disk.syncs
        getattr(disk, what).update({count + 1, count + 3})
        journal.submit([event(seq)], lambda _: stored.release())
        assert stored.acquire(timeout=WAIT_S)
    journal.close()
    with Reader(tmp_path / "alarms.db") as reader:
        assert [entry.seq for entry in reader.read(0, 10)] == [1, 2, 3, 4, 5]
        assert list(reader.verify()) == []
