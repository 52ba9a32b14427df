"""A journal's file over the years: earlier versions, room given back, damage, copies."""

import asyncio
import contextlib
import os
import random
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from callpoint_gateway.control.asker import Asker
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.state_lock import hold
from callpoint_gateway.journal import backup
from callpoint_gateway.journal.backup import BackupError
from callpoint_gateway.journal.entries import (
    Cursor,
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    LossBody,
    NewEntry,
    Quality,
    TelemetryBody,
    Type,
    Write,
)
from callpoint_gateway.journal.migrations import SCHEMA
from callpoint_gateway.journal.questions import Salvaged, SalvageJournal
from callpoint_gateway.journal.reader import JournalError, Reader
from callpoint_gateway.journal.recovery import Salvage, open_alarms, open_telemetry
from callpoint_gateway.journal.salvage import damaged, readable
from callpoint_gateway.journal.writer import Journal

from ..conftest import ManualClock

WAIT_S = 60.0
SCHEMA_1 = Path(__file__).parent / "schema1"
DAY_MS = 86_400_000


def event(seq: int, kind: int = 1) -> NewEntry:
    body = EventBody("estate", kind, 1, 1, 0, 1, 0, seq, Quality.AGE)
    return NewEntry(Type.EVENT, body, "button", 7, seq)


def reading(seq: int) -> NewEntry:
    return NewEntry(Type.TELEMETRY, TelemetryBody("estate", {"up": seq}, seq), "button", 7, seq)


def store(journal: Journal, writes: list[Write]) -> list[bool]:
    done = threading.Event()
    duplicates: list[bool] = []

    def note(stored: list) -> None:  # type: ignore[type-arg]
        duplicates.extend(one.duplicate for one in stored)
        done.set()

    journal.submit(writes, note)
    assert done.wait(WAIT_S)
    return duplicates


def setting(path: Path, pragma: str) -> int:
    with sqlite3.connect(path) as connection:
        value: int = connection.execute(f"PRAGMA {pragma}").fetchone()[0]
    connection.close()
    return value


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """Return a state directory as version 0.1 left it."""
    return Path(shutil.copytree(SCHEMA_1, tmp_path / "state"))


def test_a_journal_of_the_first_version_goes_on(earlier: Path, clock: ManualClock) -> None:
    for name, chained in (("alarms", True), ("telemetry", False)):
        journal = Journal(earlier / f"{name}.db", clock, chained=chained)
        again = [event(20), event(21)] if chained else [reading(20), reading(21)]
        assert store(journal, list(again)) == [True, False]
        journal.close()
        with Reader(earlier / f"{name}.db") as reader:
            assert not chained or list(reader.verify()) == []
            assert reader.cursors()
    with sqlite3.connect(earlier / "alarms.db") as connection:
        found = dict(connection.execute("SELECT key, value FROM meta"))
    assert found == {"schema": str(SCHEMA), "needs": "1"}
    connection.close()
    assert setting(earlier / "telemetry.db", "auto_vacuum") == 2


def test_a_journal_of_the_first_version_can_be_read_as_it_is(earlier: Path) -> None:
    with Reader(earlier / "alarms.db") as reader:
        assert len(reader.read(0, 100)) == 32
        assert list(reader.verify()) == []


def test_a_journal_of_a_later_version_goes_on_where_that_version_says_so(
    earlier: Path, clock: ManualClock
) -> None:
    with sqlite3.connect(earlier / "alarms.db") as connection:
        later = [("schema", str(SCHEMA + 1)), ("needs", str(SCHEMA))]
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", later)
        connection.execute("CREATE TABLE later (note TEXT)")
    connection.close()
    journal = Journal(earlier / "alarms.db", clock, chained=True)
    assert store(journal, [event(20), event(21)]) == [True, False]
    journal.close()
    with Reader(earlier / "alarms.db") as reader:
        assert list(reader.verify()) == []
    with sqlite3.connect(earlier / "alarms.db") as connection:
        # The later version finds its own schema when it comes back.
        assert connection.execute("SELECT * FROM meta").fetchall() == [*reversed(later)]
        connection.execute("UPDATE meta SET value = ? WHERE key = 'needs'", (str(SCHEMA + 1),))
    connection.close()
    with pytest.raises(JournalError, match=f"schema {SCHEMA + 1}"):
        Journal(earlier / "alarms.db", clock, chained=True)


def test_a_journal_of_a_later_version_is_refused(earlier: Path, clock: ManualClock) -> None:
    with sqlite3.connect(earlier / "alarms.db") as connection:
        connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema'")
    connection.close()
    with pytest.raises(JournalError, match="schema 99"):
        Journal(earlier / "alarms.db", clock, chained=True)
    # Not even the tables and indexes that this program would add are in it.
    with sqlite3.connect(earlier / "alarms.db") as connection:
        indexes = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert "entries_once" in indexes
    assert "entries_rare" not in indexes


def test_room_is_given_back_when_the_bound_is_lowered(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "telemetry.db"
    wide = Journal(path, clock, chained=False, max_bytes=1 << 30)
    for start in range(0, 20_000, 500):
        store(wide, [reading(start + n) for n in range(1, 501)])
    wide.close()
    before = path.stat().st_size
    losses: list[LossBody] = []
    narrow = Journal(path, clock, chained=False, max_bytes=before // 4, lost=losses.append)
    for start in range(20_000, 80_000, 500):
        store(narrow, [reading(start + n) for n in range(1, 501)])
    narrow.close()
    assert path.stat().st_size < before
    assert setting(path, "freelist_count") <= setting(path, "page_count") // 4


def test_readings_go_when_they_are_too_old_a_tenth_at_a_time(
    tmp_path: Path, clock: ManualClock
) -> None:
    path = tmp_path / "telemetry.db"
    journal = Journal(
        path, clock, chained=False, max_bytes=1 << 30, max_age_ms=30 * DAY_MS, lost=lambda _: None
    )
    store(journal, [reading(n) for n in range(1, 1001)])
    clock.advance(31 * DAY_MS)
    store(journal, [reading(n) for n in range(1001, 2001)])
    journal.close()
    with Reader(path) as reader:
        entries = reader.read(0, 5000)
    assert 1700 < len(entries) < 2000
    assert entries[-1].seq == 2000


def filled(folder: Path, clock: ManualClock, count: int = 3000) -> Path:
    """Return a journal of which a centre has accepted the first half."""
    journal = Journal(folder / "alarms.db", clock, chained=True)
    for start in range(0, count, 500):
        store(journal, [event(start + n) for n in range(1, 501)])
    said = [
        NewEntry(Type.DELIVERY, DeliveryBody("police", 1, True, "ACK", 1), about=position)
        for position in range(1, count // 2 + 1)
    ]
    store(journal, [*said, Cursor("centre/police/urgent", count // 2)])
    journal.close()
    return folder / "alarms.db"


def test_a_sound_journal_is_not_set_aside(tmp_path: Path, clock: ManualClock) -> None:
    path = filled(tmp_path, clock)
    assert damaged(path) is None
    assert damaged(tmp_path / "nothing.db") is None
    journal, brought_back = open_alarms(tmp_path, clock)
    journal.close()
    assert brought_back == []
    assert [file.name for file in tmp_path.glob("*.db")] == ["alarms.db"]


@pytest.mark.parametrize("where", ["head", "everywhere", "cut", "text"])
def test_a_damaged_journal_is_set_aside_and_what_is_left_comes_back(
    tmp_path: Path, clock: ManualClock, where: str
) -> None:
    path = filled(tmp_path, clock)
    content = bytearray(path.read_bytes())
    if where == "head":
        content[0:100] = bytes(100)
    elif where == "cut":
        del content[len(content) * 2 // 3 :]
    elif where == "text":
        content = bytearray(b"not a database at all\n" * 100)
    else:
        chance = random.Random(5)
        for page in range(30, len(content) // 4096):
            if chance.random() < 0.3 or page > len(content) // 4096 - 4:
                content[page * 4096 : page * 4096 + 4096] = bytes(4096)
    path.write_bytes(content)
    journal, brought_back = open_alarms(tmp_path, clock)
    try:
        fault, *events = brought_back
        assert isinstance(fault.body, FaultBody)
        assert fault.body.active
        assert "callpoint journal salvage alarms.damaged-" in fault.body.remedy
        # Who accepted what may be lost as well: then more is told again, never less.
        least = {"head": 0, "text": 0, "cut": 1000, "everywhere": 700}[where]
        assert len({one.seq for one in events}) == len(events) >= least
        before = len(events)
        store(journal, list(brought_back))
        # A new press, and one that comes again by itself.
        assert store(journal, [event(9001)]) == [False]
        if events:
            assert store(journal, [events[0]]) == [True]
        with journal.reader() as reader:
            assert list(reader.verify()) == []
            first, last = reader.read(0, 1)[0], reader.latest(Type.EVENT)
            assert first.position == clock.wall_ms() + 1
            assert last is not None
            assert last.position == first.position + before + 1
    finally:
        journal.close()
    (aside,) = tmp_path.glob("alarms.damaged-*.db")
    assert aside.read_bytes() == bytes(content)


def test_every_entry_of_a_sound_file_is_readable(tmp_path: Path, clock: ManualClock) -> None:
    path = filled(tmp_path, clock)
    assert [one.position for one in readable(path)] == list(range(1, 4501))


ADMIN = Asker("admin", Role.ADMIN, "cli:0")


def test_salvage_is_asked_for_and_ends_the_fault(tmp_path: Path, clock: ManualClock) -> None:
    path = filled(tmp_path, clock)
    content = bytearray(path.read_bytes())
    content[-4096 * 6 :] = bytes(4096 * 6)
    path.write_bytes(content)
    journal, brought_back = open_alarms(tmp_path, clock)
    telemetry = open_telemetry(tmp_path, clock, journal, 16, 30)
    try:
        store(journal, list(brought_back))
        (aside,) = tmp_path.glob("alarms.damaged-*.db")
        salvage = Salvage(tmp_path, journal)
        with pytest.raises(QuestionRefused, match=r"no damaged file 'other\.db'"):
            asyncio.run(salvage.answer(SalvageJournal(file="other.db"), ADMIN))
        salvaged = asyncio.run(salvage.answer(SalvageJournal(file=aside.name), ADMIN))
        assert salvaged == Salvaged(undelivered=len(brought_back) - 1, brought_back=0)
        with journal.reader() as reader:
            last = reader.latest(Type.FAULT)
        assert last is not None
        assert isinstance(last.body, FaultBody)
        assert not last.body.active
    finally:
        telemetry.close()
        journal.close()


def entries(folder: Path) -> list[Entry]:
    with Reader(folder / "alarms.db") as reader:
        return reader.read(0, 100_000)


def test_a_copy_made_while_events_come_in_is_whole(tmp_path: Path, clock: ManualClock) -> None:
    state = tmp_path / "state"
    alarms = Journal(state / "alarms.db", clock, chained=True)
    telemetry = Journal(state / "telemetry.db", clock, chained=False)
    register = tmp_path / "register.toml"
    register.write_text("[[place]]\n")
    going = threading.Event()
    counted = 0

    def flood() -> None:
        nonlocal counted
        while not going.is_set():
            counted += 1
            store(alarms, [event(counted), Cursor("centre/police/urgent", counted)])

    flooding = threading.Thread(target=flood)
    flooding.start()
    try:
        for number in range(3):
            at_least = counted - 1  # the last may be on its way
            note = backup.make(state, [register], tmp_path / f"copy{number}", "estate", 5)
            assert note.journals["alarms.db"] >= at_least
    finally:
        going.set()
        flooding.join()
        alarms.close()
        telemetry.close()
    copy = tmp_path / "copy2"
    assert (copy / "register.toml").read_text() == "[[place]]\n"
    with Reader(copy / "alarms.db") as reader:
        assert reader.cursors()["centre/police/urgent"].position == reader.head()
    with pytest.raises(BackupError, match="exists"):
        backup.make(state, [], copy, "estate", 5)
    kept = entries(copy)
    with pytest.raises(BackupError, match="--replace"):
        backup.take_back(copy, state, "estate", replace=False)
    with pytest.raises(BackupError, match="of site estate"):
        backup.take_back(copy, state, "elsewhere", replace=True)
    backup.take_back(copy, state, "estate", replace=True)
    assert entries(state) == kept
    assert len(list(state.glob("alarms.before-*.db"))) == 1
    # It goes on where it was: the chain, the numbers, what is known already.
    again = Journal(state / "alarms.db", clock, chained=True)
    assert store(again, [event(1), event(100_000)]) == [True, False]
    again.close()
    with Reader(state / "alarms.db") as reader:
        assert list(reader.verify()) == []


@pytest.mark.parametrize("what", ["alarms.db", "backup.json"])
def test_a_copy_that_is_not_what_was_written_is_refused(
    tmp_path: Path, clock: ManualClock, what: str
) -> None:
    state = tmp_path / "state"
    filled(state, clock, 500)
    Journal(state / "telemetry.db", clock, chained=False).close()
    copy = tmp_path / "copy"
    backup.make(state, [], copy, "estate", 5)
    if what == "backup.json":
        (copy / what).write_text("{}")
    else:
        with sqlite3.connect(copy / what) as connection:
            connection.execute("UPDATE entries SET body = '{}' WHERE position = 7")
        connection.close()
    with pytest.raises(BackupError):
        backup.take_back(copy, tmp_path / "new", "estate", replace=False)
    assert not (tmp_path / "new").exists()


def test_nothing_half_is_left_of_a_copy_that_failed(tmp_path: Path, clock: ManualClock) -> None:
    filled(tmp_path / "state", clock, 500)
    with pytest.raises(BackupError, match=r"telemetry\.db: no such journal"):
        backup.make(tmp_path / "state", [], tmp_path / "copy", "estate", 5)
    assert [one.name for one in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_journal_is_for_the_processes_of_its_site_only(
    tmp_path: Path, clock: ManualClock, umask: int
) -> None:
    folder = tmp_path / "state"
    before = os.umask(umask)
    try:
        with hold(folder), contextlib.closing(open_alarms(folder, clock)[0]) as journal:
            with journal.reader() as reader:
                assert reader.head() >= 0
            found = {file.name: file.stat().st_mode & 0o777 for file in folder.glob("alarms.db*")}
        assert folder.stat().st_mode & 0o777 == 0o750
        assert found == dict.fromkeys(("alarms.db", "alarms.db-wal", "alarms.db-shm"), 0o660)
        # One that an earlier version left open to everybody.
        (folder / "alarms.db").chmod(0o644)
        open_alarms(folder, clock)[0].close()
        assert (folder / "alarms.db").stat().st_mode & 0o777 == 0o660
    finally:
        os.umask(before)
