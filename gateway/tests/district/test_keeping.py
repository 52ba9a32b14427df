"""What the district keeps when gateways are put back, beside other processes and late messages."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import psycopg
import pytest

from callpoint_district.database import Database
from callpoint_district.journal.chain import Fit
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import Copied
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import EventBody, FaultBody, NewEntry, Type
from callpoint_gateway.protocols.upstream import Parcel, UrgentCopy
from callpoint_protocol import names

from .folded import check_tables, kept_hashes, rows_of
from .journals import parcels, pressed, written
from .played_gateway import SOON_S, panic
from .test_contract_kept import KeptDistrict
from .test_receiving import poisoned

EPOCHS = [f"{number:015x}" for number in range(9)]


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


@pytest.mark.parametrize("processes", [(1, 0), (1, 1, 0)])
def test_a_process_that_saw_gateway_and_database_put_back_forgets_what_it_knew(
    folder: Path, database: Database, processes: tuple[int, ...]
) -> None:
    first = folder / "first" / "alarms.db"
    pressed(first, "a")
    shutil.copytree(first.parent, folder / "second")
    second = folder / "second" / "alarms.db"
    written(first, [NewEntry(Type.FAULT, FaultBody("centre/1", True, "a test"))])
    pressed(second, *"xyz"[: len(processes)])
    district = KeptDistrict(database, "g1")
    begun, *later = parcels(first, EPOCHS[0], 0, 1)
    district.take(begun, 0)
    backup = district.copy()
    district.take(later[0], 0)
    district.put_back(backup)
    # The copy has the cursor, and so the epoch, of then.
    _, *others = parcels(second, EPOCHS[0], 0, 1)
    for parcel, process in zip(others, processes, strict=True):
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


def until_waits(database: Database, over: Callable[[], bool]) -> None:
    """Wait until somebody waits for a lock in the database, or it is over."""
    ends_s = time.monotonic() + SOON_S
    while not over():
        with database.transaction() as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'"
            ).fetchone()
        if found is not None:
            return
        assert time.monotonic() < ends_s, "nobody waits"
        time.sleep(0.01)


class Interrupted(SystemClock):
    """Its keeper does something when it has locked its gateways, and has kept nothing yet."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then: Callable[[], None] | None = then

    def wall_ms(self) -> int:
        then, self._then = self._then, None
        if then is not None:
            then()
        return super().wall_ms()


def keep_at_once(database: Database, first: Parcel, second: Parcel) -> list[Fit]:
    """Have a process keep a parcel, and another one a parcel of the same gateway meanwhile."""
    with ThreadPoolExecutor() as threads:
        other = Keeper(database, SystemClock())
        keeping = []

        def meanwhile() -> None:
            keeping.append(threads.submit(other.keep, [Sent("g1", second)]))
            until_waits(database, keeping[0].done)

        fit = Keeper(database, Interrupted(meanwhile)).keep([Sent("g1", first)])[0].fit
        return [fit, keeping[0].result()[0].fit]


def test_a_parcel_that_two_processes_take_at_once_is_kept_once(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a", "b")
    begun, parcel = parcels(file, EPOCHS[0], 0, 1)
    Keeper(database, SystemClock()).keep([Sent("g1", begun)])
    assert keep_at_once(database, parcel, parcel) == [Fit.NEXT, Fit.OLD]
    check_tables(database, "g1", rows_of(file))


def test_a_process_that_waits_while_an_epoch_begins_knows_where_it_begins(
    folder: Path, database: Database
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a", "b", "c", "d")
    keeper = Keeper(database, SystemClock())
    keeper.keep([Sent("g1", parcel) for parcel in parcels(file, EPOCHS[0], 0)])
    # It begins further back than it had to.
    assert keep_at_once(database, *parcels(file, EPOCHS[1], 2, 1)) == [Fit.NEXT, Fit.NEXT]
    check_tables(database, "g1", rows_of(file))


@pytest.mark.parametrize("known", [True, False])
def test_all_processes_lock_gateways_in_the_same_order(
    folder: Path, database: Database, known: bool
) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    told = parcels(file, EPOCHS[0], 0)[0]
    gateways = [f"g{number}" for number in range(8)]
    keeper = Keeper(database, SystemClock())
    # They stand in the table the other way round.
    for gateway in reversed(gateways if known else []):
        keeper.keep([Sent(gateway, told)])
    if known:
        lock = "SELECT 1 FROM gateways WHERE gateway = %s FOR UPDATE"
    else:
        lock = "INSERT INTO gateways (gateway) VALUES (%s)"
    with ThreadPoolExecutor() as threads:
        with database.transaction() as connection:
            connection.execute(lock, (gateways[0],))
            kept = threads.submit(keeper.keep, [Sent(gateway, told) for gateway in gateways])
            until_waits(database, kept.done)
            for gateway in gateways[1:]:
                connection.execute(lock, (gateway,))
        assert {taken.fit for taken in kept.result()} == {Fit.OLD if known else Fit.NEXT}


def test_what_was_not_committed_is_forgotten(folder: Path, database: Database) -> None:
    file = folder / "first" / "alarms.db"
    pressed(file, "a")
    told = Sent("g1", parcels(file, EPOCHS[0], 0)[0])
    keeper = Keeper(database, SystemClock())
    with pytest.raises(psycopg.DataError):
        keeper.keep([told, Sent("liar", poisoned(1))])
    assert kept_hashes(database, "g1") == set()
    assert keeper.keep([told])[0].fit is Fit.NEXT
    check_tables(database, "g1", rows_of(file))


def test_what_was_kept_before_is_not_read_for_what_comes(
    folder: Path, address: str, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO alarms (gateway, epoch, position, kind, mark, device, boot, seq, place, "
            "handling, condition, occurred_ms, opened_ms, closed_ms) SELECT 'g' || n % 2, 'e', n, "
            "1, '', 'd', 1, n, 'p', 'closed', 'normal', 1, 1, 1 FROM generate_series(1, 4000) n"
        )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("ANALYZE alarms")

    def read_and_written() -> tuple[int, int]:
        with psycopg.connect(address) as connection:
            found = connection.execute(
                "SELECT seq_tup_read + idx_tup_fetch, n_tup_ins FROM pg_stat_user_tables "
                "WHERE relname = 'alarms'"
            ).fetchone()
        assert found is not None
        return int(found[0]), int(found[1])

    before, had = read_and_written()
    file = folder / "first" / "alarms.db"
    pressed(file, *(f"d{number}" for number in range(20)))
    keeping = Database(address)
    Keeper(keeping, SystemClock()).keep([Sent("g1", parcels(file, EPOCHS[0], 0)[0])])
    keeping.close()  # a session that ends tells what it has read and written
    ends = time.monotonic() + SOON_S
    while (now := read_and_written())[1] < had + 20:
        assert time.monotonic() < ends
    assert now[0] - before < 200
