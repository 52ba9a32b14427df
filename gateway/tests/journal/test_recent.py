"""What is read from memory is what is in the file, and nothing sooner."""

import tempfile
from contextlib import ExitStack
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from callpoint_gateway.journal.entries import NewEntry, TimeBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.recent import KEPT, Recent
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.faulty_disk import FaultyDisk

from ..conftest import ManualClock
from .test_journal import event, store


def test_it_keeps_the_last_rows_without_a_gap() -> None:
    recent = Recent(40)
    assert (recent.last, recent.behind(39), recent.behind(40)) == (40, None, ())
    rows = [(position,) for position in range(41, 41 + KEPT)]
    recent = recent.followed(rows[:1]).followed(rows[1:])
    assert recent.behind(40) == rows
    recent = recent.followed([(41 + KEPT,)])
    assert recent.behind(40) is None
    assert recent.behind(41) == [*rows[1:], (41 + KEPT,)]
    assert recent.behind(recent.last) == []
    many = [(position,) for position in range(recent.last + 1, recent.last + 1 + 2 * KEPT)]
    assert recent.followed(many).behind(many[KEPT - 1][0]) == many[KEPT:]


def repair(clock: ManualClock, off_ms: int) -> NewEntry:
    skew_ms = clock.wall - clock.monotonic
    return NewEntry(Type.TIME, TimeBody(clock.boot_id(), 0, clock.monotonic, skew_ms, off_ms))


@settings(max_examples=40, deadline=None)
@given(
    commits=st.lists(st.integers(0, KEPT // 2), min_size=1, max_size=8),
    repaired=st.sets(st.integers(0, 7), max_size=2),
    after=st.integers(0, 3 * KEPT),
    limit=st.integers(1, KEPT),
    types=st.sampled_from([(), (Type.EVENT,), (Type.TIME,), (Type.EVENT, Type.REPORT)]),
    looking=st.sets(st.integers(0, 7)),
)
def test_memory_and_file_say_the_same(
    commits: list[int],
    repaired: set[int],
    after: int,
    limit: int,
    types: tuple[Type, ...],
    looking: set[int],
) -> None:
    clock = ManualClock()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        journal = Journal(Path(folder) / "alarms.db", clock, chained=True)
        stack.callback(journal.close)
        early = stack.enter_context(journal.reader())
        seq = 0
        for number, count in enumerate(commits):
            store(journal, [event(seq=seq + one) for one in range(1, count + 1)])
            seq += count
            if number in repaired:
                clock.advance(1000)
                store(journal, [repair(clock, 60_000 * (number + 1))])
            if number in looking:
                early.read(after, limit, types)
        with Reader(journal.path) as file, journal.reader() as late:
            expected = file.read(after, limit, types)
            assert early.read(after, limit, types) == expected
            assert late.read(after, limit, types) == expected
            for entry in expected:
                assert early.entry(entry.position) == entry


def test_what_the_disk_refuses_is_not_read(tmp_path: Path, clock: ManualClock) -> None:
    with FaultyDisk("full", remember=False) as disk:
        journal = Journal(tmp_path / "a.db", clock, chained=True, vfs=disk.name)
        store(journal, [event(seq=1)])
        disk.full = True
        journal.submit([event(seq=n, zone=names.MAX_ZONE) for n in range(2, 200)])
        with journal.reader() as reader:
            while journal.fault is None:
                pass
            assert [entry.seq for entry in reader.read(0, 1000)] == [1]
            disk.full = False
            while len(found := reader.read(0, 1000)) == 1:
                pass
            assert [entry.seq for entry in found] == list(range(1, 200))
        journal.close()
