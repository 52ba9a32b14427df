"""What the district keeps when gateways are put back, beside other processes and late messages."""

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import COPIES, Copied
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import EventBody, FaultBody, NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Parcel, UrgentCopy
from callpoint_gateway.upstream.parcels import pack
from callpoint_protocol import names

from .folded import check_tables, rows_of
from .played_gateway import panic
from .test_contract_kept import KeptDistrict

EPOCHS = [f"{number:015x}" for number in range(9)]


def written(file: Path, entries: Sequence[NewEntry]) -> None:
    """Write entries into a journal, which is made when it is not there."""
    file.parent.mkdir(exist_ok=True)
    journal = Journal(file, SystemClock(), chained=True)
    asyncio.run(journal.store(list(entries)))
    journal.close()


def pressed(file: Path, *devices: str) -> None:
    """Write that buttons were pressed."""
    written(file, [panic(1, device) for device in devices])


def parcels(file: Path, epoch: str, after: int, each: int = 256) -> list[Parcel]:
    """Return all entries behind a position as parcels of so many."""
    chain = Chain(file)
    told = []
    while rows := chain.after(after, each):
        told.append(pack(rows, epoch, chain))
        after = told[-1].last
    chain.close()
    return told


def devices(database: Database, *, forgotten: bool) -> list[str]:
    """Return the devices whose alarms are, or are not, forgotten."""
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT device FROM alarms WHERE forgotten = %s ORDER BY device", (forgotten,)
        ).fetchall()
    return [row[0] for row in found]


def test_a_copy_that_was_put_back_over_another_copy_has_its_own_history(
    folder: Path, database: Database
) -> None:
    first = folder / "first" / "alarms.db"
    pressed(first, "a", "b", "c")
    shutil.copytree(first.parent, folder / "second")
    second = folder / "second" / "alarms.db"
    pressed(first, "d", "e")
    pressed(second, "x", "y", "z")
    keeper = Keeper(database, SystemClock())
    for file, epoch, after in ((first, 0, 0), (second, 1, 3), (first, 2, 2)):
        for parcel in parcels(file, EPOCHS[epoch], after, 1):
            keeper.keep([Sent("g1", parcel)])
        check_tables(database, "g1", rows_of(file))
    assert devices(database, forgotten=False) == ["a", "b", "c", "d", "e"]
    assert devices(database, forgotten=True) == ["x", "y", "z"]
    pressed(first, "f")
    keeper.keep([Sent("g1", parcels(first, EPOCHS[2], 5)[0])])
    check_tables(database, "g1", rows_of(first))


def test_a_process_that_saw_gateway_and_database_put_back_forgets_what_it_knew(
    folder: Path, database: Database
) -> None:
    first = folder / "first" / "alarms.db"
    pressed(first, "a")
    shutil.copytree(first.parent, folder / "second")
    second = folder / "second" / "alarms.db"
    written(first, [NewEntry(Type.FAULT, FaultBody("centre/1", True, "a test"))])
    pressed(second, "x", "y")
    district = KeptDistrict(database, "g1")
    begun, *later = parcels(first, EPOCHS[0], 0, 1)
    district.take(begun, 0)
    backup = district.copy()
    district.take(later[0], 0)
    district.put_back(backup)
    # The copy has the cursor, and so the epoch, of then.
    _, *others = parcels(second, EPOCHS[0], 0, 1)
    for parcel, process in zip(others, (1, 0), strict=True):
        district.take(parcel, process)
    check_tables(database, "g1", rows_of(second))


def copies(database: Database) -> int:
    """Return how many copies of urgent entries are shown."""
    with database.transaction() as connection:
        found = connection.execute("SELECT count(*) FROM provisional").fetchone()
    assert found is not None
    return int(found[0])


def test_a_copy_that_comes_while_its_entry_is_committed_does_not_stay(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    told = parcels(file, EPOCHS[0], 0)[0]
    copy = UrgentCopy(epoch=EPOCHS[0], row=told.rows[0])
    keeper = Keeper(database, SystemClock())
    with database.transaction() as connection:
        connection.execute("INSERT INTO gateways (gateway) VALUES ('g1')")
    own, other = Copied("g1", copy), Copied("g2", copy)
    with database.transaction() as held:
        held.execute("SELECT 1 FROM gateways WHERE gateway = 'g1' FOR UPDATE")
        # Another process is about to commit the entry; that of another gateway waits not.
        assert keeper.notices.show([own, other]) == [own]
        assert copies(database) == 1
    keeper.keep([Sent("g1", told)])
    assert keeper.notices.show([own]) == []
    assert copies(database) == 1


def test_a_gateway_that_sends_copies_without_end_fills_no_disk(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    row = bytes(parcels(file, EPOCHS[0], 0)[0].rows[0])
    keeper = Keeper(database, SystemClock())
    with database.transaction() as connection:
        connection.execute("INSERT INTO gateways (gateway) VALUES ('g1')")
        connection.execute(
            "INSERT INTO provisional SELECT 'g1', %s, number, %s, 0 "
            "FROM generate_series(1, %s) AS number",
            (EPOCHS[0], row, COPIES),
        )
    late = row.replace(b"[1,", b"[%d," % (COPIES + 1), 1)
    keeper.notices.show([Copied("g1", UrgentCopy(epoch=EPOCHS[0], row=msgspec.Raw(late)))])
    assert copies(database) == COPIES


def test_an_alarm_that_two_processes_change_in_turn_is_as_the_entries_say(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    states = (names.ALARM, names.RESTORE, names.ALARM)
    for number, state in enumerate(states, 1):
        event = panic(number, "sensor")
        assert isinstance(event.body, EventBody)
        body = msgspec.structs.replace(event.body, state=state)
        written(file, [msgspec.structs.replace(event, body=body)])
    keepers = [Keeper(database, SystemClock()) for _ in range(2)]
    for number, parcel in enumerate(parcels(file, EPOCHS[0], 0, 1)):
        keepers[number % 2].keep([Sent("g1", parcel)])
    check_tables(database, "g1", rows_of(file))
