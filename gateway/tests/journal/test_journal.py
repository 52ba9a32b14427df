"""The journal's promises, one by one (see the module docstring of ``journal``)."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_gateway.journal.entries import (
    Cursor,
    EventBody,
    LossBody,
    NewEntry,
    Quality,
    Quarantine,
    Stored,
    TelemetryBody,
    Type,
    Write,
)
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_gateway.journal.writer import BATCH, REASON_BYTES, TOPIC_BYTES, Journal
from callpoint_protocol import names
from callpoint_rig.faulty_disk import FaultyDisk

from ..conftest import ManualClock

WAIT_S = 60.0
WRITER = Path(__file__).with_name("journal_writer.py")


def event(device: str = "button-1", boot: int = 65537, seq: int = 1, zone: int = 1) -> NewEntry:
    body = EventBody("estate", names.PANIC, names.ALARM, zone, 0, 1, 0, 1000 + seq, Quality.AGE)
    return NewEntry(Type.EVENT, body, device, boot, seq)


def store(journal: Journal, writes: list[Write]) -> list[Stored]:
    stored: list[Stored] = []
    finished = threading.Event()

    def done(result: list[Stored]) -> None:
        stored.extend(result)
        finished.set()

    journal.submit(writes, done)
    assert finished.wait(WAIT_S)
    return stored


def test_an_entry_is_on_disk_before_done_is_called(alarms: Journal) -> None:
    seen: list[int] = []
    finished = threading.Event()

    def done(result: list[Stored]) -> None:
        with closing(sqlite3.connect(alarms.path, isolation_level=None)) as other:
            seen.append(other.execute("SELECT count(*) FROM entries").fetchone()[0])
        finished.set()

    alarms.submit([event()], done)
    assert finished.wait(WAIT_S)
    assert seen == [1]


def test_the_same_event_is_stored_once(alarms: Journal) -> None:
    first = store(alarms, [event(seq=7)])
    again = store(alarms, [event(seq=7), event(seq=8), event(seq=7)])
    assert first == [Stored(1, False)]
    assert again == [Stored(1, True), Stored(2, False), Stored(1, True)]
    with alarms.reader() as reader:
        assert reader.head() == 2


def test_it_is_still_once_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    for duplicate in (False, True):
        journal = Journal(tmp_path / "a.db", clock, chained=True)
        assert store(journal, [event(seq=3)]) == [Stored(1, duplicate)]
        journal.close()


def test_devices_and_boots_do_not_collide(alarms: Journal) -> None:
    stored = store(alarms, [event(), event(device="button-2"), event(boot=65538)])
    assert [one.duplicate for one in stored] == [False, False, False]


def test_what_is_read_back_is_what_was_written(alarms: Journal, clock: ManualClock) -> None:
    store(alarms, [event(zone=9)])
    with alarms.reader() as reader:
        entry = reader.find("button-1", 65537, 1)
        assert entry is not None
        assert entry.body == event(zone=9).body
        assert (entry.recorded_ms, entry.mono_ms) == (clock.wall, clock.monotonic)
        assert reader.entry(entry.position) == entry
        assert reader.read(0, 10) == [entry]
        assert reader.read(0, 10, (Type.FAULT,)) == []


@pytest.mark.parametrize("topic", ["x" * 15_000, "\u95e8" * 5_000, "\ud800" * 5_000])
def test_quarantine_counts_topics_and_reasons(
    tmp_path: Path, clock: ManualClock, topic: str
) -> None:
    """Messages without a body fill the disk as well: what they bring is cut, and counts."""
    most = 100_000
    journal = Journal(tmp_path / "q.db", clock, chained=True, quarantine_bytes=most)
    try:
        for _ in range(20):
            store(journal, [Quarantine("mqtt", topic, "site: " + topic, b"")] * 50)
        with journal.reader() as reader:
            kept = reader.quarantined()
    finally:
        journal.close()
    assert len({one.topic for one in kept}) == 1
    assert 200 < len(kept[0].topic.encode()) <= TOPIC_BYTES
    assert len(kept[0].reason.encode()) <= REASON_BYTES
    assert sum(len(one.topic.encode()) + len(one.reason.encode()) for one in kept) <= most
    assert (tmp_path / "q.db").stat().st_size < 4 * most


def test_cursor_and_quarantine_survive(alarms: Journal) -> None:
    cursor = Cursor("centre/police/urgent", 5, {"last": 17})
    kept = Quarantine("mqtt", "callpoint/v1/x", "v: not version 1", b"\xff\x00")
    store(alarms, [cursor, kept])
    with alarms.reader() as reader:
        assert reader.cursors() == {cursor.name: cursor}
        (found,) = reader.quarantined()
        assert (found.payload, found.reason) == (b"\xff\x00", "v: not version 1")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        ("UPDATE entries SET body = replace(body, 'estate', 'es7ate') WHERE position = 2", "2"),
        ("DELETE FROM entries WHERE position = 2", "2 to 2 are missing"),
        ("UPDATE entries SET recorded_ms = 1 WHERE position = 3", "3"),
    ],
)
def test_a_changed_or_missing_entry_shows(alarms: Journal, damage: str, told: str) -> None:
    store(alarms, [event(seq=n) for n in range(1, 5)])
    with alarms.reader() as reader:
        assert list(reader.verify()) == []
    with closing(sqlite3.connect(alarms.path, isolation_level=None)) as other:
        other.execute(damage)
    with alarms.reader() as reader:
        assert any(told in str(line) for line in reader.verify())


def test_the_chain_goes_on_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    for seq in (1, 2, 3):
        journal = Journal(tmp_path / "a.db", clock, chained=True)
        store(journal, [event(seq=seq)])
        journal.close()
    with Reader(tmp_path / "a.db") as reader:
        assert list(reader.verify()) == []


def test_a_full_disk_delays_and_loses_nothing(tmp_path: Path, clock: ManualClock) -> None:
    finished = threading.Event()
    stored: list[Stored] = []

    def done(result: list[Stored]) -> None:
        stored.extend(result)
        finished.set()

    with FaultyDisk("full", remember=False) as disk:
        journal = Journal(tmp_path / "a.db", clock, chained=True, vfs=disk.name)
        disk.full = True
        journal.submit([event(seq=n) for n in range(1, 200)], done)
        while journal.fault is None:
            assert not finished.is_set()
        assert "full" in journal.fault
        disk.full = False
        assert finished.wait(WAIT_S)
        assert [one.position for one in stored] == list(range(1, 200))
        journal.close()
    with Reader(tmp_path / "a.db") as reader:
        assert list(reader.verify()) == []


def reading(seq: int) -> NewEntry:
    body = TelemetryBody("estate", {"mv": 3000}, seq)
    return NewEntry(Type.TELEMETRY, body, "button-1", 65537, seq)


def flood(path: Path, clock: ManualClock, *, read_to: int | None) -> list[LossBody]:
    """Write 20,000 readings into a lane of 1 MiB; return the losses that were told."""
    losses: list[LossBody] = []
    journal = Journal(path, clock, chained=False, max_bytes=1024 * 1024, lost=losses.append)
    if read_to is not None:
        store(journal, [Cursor("timeseries", read_to)])
    for first in range(1, 20_001, 500):
        journal.submit([reading(seq) for seq in range(first, first + 500)])
    journal.close()
    return losses


def test_readings_are_bounded_and_the_oldest_go_first(tmp_path: Path, clock: ManualClock) -> None:
    losses = flood(tmp_path / "t.db", clock, read_to=0)
    assert (tmp_path / "t.db").stat().st_size < 2 * 1024 * 1024
    with Reader(tmp_path / "t.db") as reader:
        kept = [entry.position for entry in reader.read(0, 20_000)]
    assert kept == list(range(kept[0], 20_001))
    # Every reading that is gone is in exactly one of the losses.
    gone = [position for loss in losses for position in range(loss.first, loss.last + 1)]
    assert gone == list(range(1, kept[0]))
    assert sum(loss.count for loss in losses) == len(gone)
    assert {loss.what for loss in losses} == {"t"}


@pytest.mark.parametrize("read_to", [None, 20_000])
def test_what_everybody_has_read_is_no_loss(
    tmp_path: Path, clock: ManualClock, read_to: int | None
) -> None:
    assert flood(tmp_path / "t.db", clock, read_to=read_to) == []


def test_a_lane_that_waits_for_company_commits_once_there_is_enough(
    tmp_path: Path, clock: ManualClock
) -> None:
    journal = Journal(tmp_path / "telemetry.db", clock, chained=False, linger_s=10 * WAIT_S)
    finished = threading.Semaphore(0)
    for seq in range(1, BATCH + 1):
        journal.submit([event(seq=seq)], lambda _: finished.release())
    for _ in range(BATCH):
        assert finished.acquire(timeout=WAIT_S)
    assert journal.commits == 1
    # The next waits, and an end of the gateway does not wait for it.
    journal.submit([event(seq=BATCH + 1)])
    journal.close()
    assert journal.position == BATCH + 1


def test_who_carries_alarms_on_is_called_before_who_follows(alarms: Journal) -> None:
    called: list[str] = []
    both = threading.Event()

    def follow() -> None:
        called.append("follows")
        both.set()

    alarms.watch(follow)
    alarms.watch(lambda: called.append("carries"), first=True)
    alarms.submit([event()])
    assert both.wait(WAIT_S)
    assert called == ["carries", "follows"]


def test_alarms_are_never_bounded(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal(tmp_path / "a.db", clock, chained=True)
    for first in range(1, 5_001, 500):
        journal.submit([event(seq=seq) for seq in range(first, first + 500)])
    journal.close()
    with Reader(tmp_path / "a.db") as reader:
        assert reader.head() == 5_000
        assert len(reader.read(0, 10_000)) == 5_000


def test_garbage_cannot_fill_the_alarms_lane(tmp_path: Path, clock: ManualClock) -> None:
    journal = Journal(tmp_path / "a.db", clock, chained=True, quarantine_bytes=100_000)
    for _ in range(500):
        journal.submit([Quarantine("mqtt", "t", "r", b"x" * 1000)])
    store(journal, [event()])
    journal.close()
    with Reader(tmp_path / "a.db") as reader:
        kept = reader.quarantined()
        losses = [e.body for e in reader.read(0, 1000) if isinstance(e.body, LossBody)]
        assert list(reader.verify()) == []
        assert reader.find("button-1", 65537, 1) is not None
    assert sum(len(one.payload) for one in kept) <= 100_000
    assert [one.number for one in kept] == list(range(kept[0].number, 501))
    assert sum(loss.count for loss in losses) + len(kept) == 500
    # A tenth at a time: a loss is an entry now and then, not one a message.
    assert len(losses) < 60
    # What is known of the size survives a restart.
    again = Journal(tmp_path / "a.db", clock, chained=True, quarantine_bytes=100_000)
    store(again, [Quarantine("mqtt", "t", "r", b"x" * 1000)] * 20)
    again.close()
    with Reader(tmp_path / "a.db") as reader:
        assert sum(len(one.payload) for one in reader.quarantined()) <= 100_000


def test_another_schema_is_named(tmp_path: Path, clock: ManualClock) -> None:
    Journal(tmp_path / "a.db", clock, chained=True).close()
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as other:
        other.execute("UPDATE meta SET value = '99'")
    with pytest.raises(JournalError, match="schema 99"):
        Journal(tmp_path / "a.db", clock, chained=True)


def test_a_file_that_is_no_journal_is_named(tmp_path: Path, clock: ManualClock) -> None:
    (tmp_path / "a.db").write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalError, match="cannot be opened"):
        Journal(tmp_path / "a.db", clock, chained=True)
    with pytest.raises(JournalError, match="no such journal"):
        Reader(tmp_path / "b.db")


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 6)), min_size=1, max_size=6),
        max_size=12,
    )
)
def test_any_order_of_arrivals_gives_each_event_once(
    arrivals: list[list[tuple[str, int]]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "a.db", ManualClock(), chained=True)
        expected: list[tuple[str, int]] = []
        for batch in arrivals:
            for one in batch:
                if one not in expected:
                    expected.append(one)
            journal.submit([event(device=device, seq=seq) for device, seq in batch])
        journal.close()
        with Reader(Path(folder) / "a.db") as reader:
            entries = reader.read(0, 1000)
            assert [(e.device, e.seq) for e in entries] == expected
            assert list(reader.verify()) == []


def test_killed_at_any_moment_nothing_answered_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    answered = 0
    for kill_after in (3, 40, 170, 400):
        writer = subprocess.Popen(
            [sys.executable, str(WRITER), str(path), str(answered + 1)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert writer.stdout is not None
        for _ in range(kill_after):
            answered = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().splitlines(keepends=True)
        answered = max([answered, *(int(line) for line in rest if line.endswith("\n"))])
        writer.stdout.close()
        writer.wait()
        with Reader(path) as reader:
            assert reader.head() >= answered
            assert list(reader.verify()) == []
            entry = reader.find("button-1", 65537, answered)
            assert entry is not None


def test_a_commit_after_the_end_of_the_loop_that_waited_ends_no_writer(alarms: Journal) -> None:
    alarms.hold(True)
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(alarms.store([Cursor("upstream", 1)]))
    loop.run_until_complete(asyncio.sleep(0))  # it has been submitted
    waiting.cancel()
    loop.run_until_complete(asyncio.wait([waiting]))
    loop.close()
    alarms.hold(False)
    committed = threading.Event()
    alarms.submit([], lambda _: committed.set())
    assert committed.wait(60)
    assert alarms.running
