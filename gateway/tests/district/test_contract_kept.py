"""The contract with the keeper and the database of the product: the machine of ``test_contract``.

Two processes keep in turn; each remembers what follows from the entries that it has seen. In the
end alarms and faults must be what the entries say, whichever process has kept which of them.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from callpoint_district.database import Database
from callpoint_district.journal.chain import Fit
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import Copied
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols.upstream import GENESIS, Parcel, Receipt, UrgentCopy, hash_of
from callpoint_protocol import names

from .folded import check_tables, kept_hashes
from .played_gateway import panic
from .test_contract import Contract, PlayedJournal

_TABLES = ("gateways", "epochs", "entries", "provisional", "alarms", "faults")
Backup = dict[str, list[tuple[Any, ...]]]


class EventJournal(PlayedJournal):
    """Its rows are events of a sensor that is set off and restored, and of buttons."""

    def write(self, what: str) -> None:
        number = int(what)
        event = panic(1, f"b{what}")
        device, body = event.device, event.body
        if number % 3:
            state = names.ALARM if number % 2 else names.RESTORE
            device, body = "sensor", msgspec.structs.replace(body, state=state)
        position = len(self.rows) + 1
        columns = [position, "event", 1, "b", 1, device, 1, number, None]
        row = msgspec.json.encode([*columns, msgspec.json.encode(body)])
        before = self.rows[-1].hash if self.rows else GENESIS
        self.rows.append(ChainRow(position, row, hash_of(before, row)))


class KeptDistrict:
    """One gateway of a real district, with two processes."""

    def __init__(self, database: Database, gateway: str) -> None:
        self._database = database
        self._gateway = gateway
        self._keepers = [Keeper(database, SystemClock()) for _ in range(2)]

    def take(self, parcel: Parcel, process: int = 0) -> Fit:
        return self._keepers[process].keep([Sent(self._gateway, parcel)])[0].fit

    def receipt(self, *, again: bool = False) -> Receipt:
        return self._keepers[0].notices.receipts([self._gateway], again=again)[0]

    def show(self, copy: UrgentCopy) -> None:
        assert self._keepers[0].notices.show([Copied(self._gateway, copy)]) == []

    def texts(self) -> list[bytes]:
        return sorted(kept_hashes(self._database, self._gateway))

    def provisional(self, last: int) -> int:
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT count(*) FROM provisional WHERE gateway = %s AND position <= %s",
                (self._gateway, last),
            ).fetchone()
        assert found is not None
        return int(found[0])

    def check(self, journal: Sequence[ChainRow]) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "DELETE FROM provisional WHERE gateway = %s AND position > %s",
                (self._gateway, len(journal)),
            )
        check_tables(self._database, self._gateway, journal)

    def copy(self) -> Backup:
        with self._database.transaction() as connection:
            return {
                table: connection.execute(
                    f"SELECT {table}::text FROM {table} WHERE gateway = %s", (self._gateway,)
                ).fetchall()
                for table in _TABLES
            }

    def put_back(self, backup: Backup) -> None:
        with self._database.transaction() as connection:
            for table in reversed(_TABLES):
                connection.execute(f"DELETE FROM {table} WHERE gateway = %s", (self._gateway,))
            for table in _TABLES:
                for (row,) in backup[table]:
                    connection.execute(f"INSERT INTO {table} SELECT (%s::text::{table}).*", (row,))


def test_the_contract_holds_in_the_database(database: Database) -> None:
    numbers = itertools.count(1)

    class Kept(Contract):
        """The same machine."""

        def __init__(self) -> None:
            super().__init__(EventJournal)

        def begun_district(self) -> KeptDistrict:
            return KeptDistrict(database, f"g{next(numbers)}")

    run_state_machine_as_test(
        Kept, settings=settings(max_examples=25, stateful_step_count=40, deadline=None)
    )
