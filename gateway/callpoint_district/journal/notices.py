"""What gateways send outside their chains: copies of urgent entries, and questions.

It comes from many gateways at once and is taken in batches, one transaction each. Any thread may
do it, beside the one that keeps parcels: a copy of an urgent entry waits for no parcel.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_district import listening
from callpoint_district.database import CHANGES, Database, tell_all
from callpoint_district.journal.chain import Columns, Known, columns_of
from callpoint_district.journal.histories import Histories
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.upstream import Receipt, UrgentCopy

#: Marks of a receipt: so many, each twice as far back as the one before.
MARKS: Final = 40
#: Copies of urgent entries of one gateway, at most. A gateway sends half as many at a time.
COPIES: Final = 1000


class Copied(msgspec.Struct, frozen=True):
    """The copy of an urgent entry, and who sent it."""

    gateway: str
    copy: UrgentCopy


class Notices:
    """Takes them into the database. The schema must be there."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Any thread may use it."""
        self._database = database
        self._clock = clock

    def show(self, copies: Sequence[Copied]) -> list[Copied]:
        """Keep copies until their entries have come; return those that must be given again.

        What is no entry is dropped, and so is a copy that is late, and more of them than a gateway
        sends. A copy must be given again while parcels of its gateway are being kept: its entry
        may be on its way into the database at this moment.
        """
        rows = [(each, columns_of(bytes(each.copy.row))) for each in copies]
        entries = [(each, columns) for each, columns in rows if columns is not None]
        with self._database.transaction() as connection:
            known = _free(connection, {each.gateway for each, _ in entries})
            room = _room(connection, known)
            epochs = _epochs(connection, known)
            kept: list[tuple[Copied, Columns]] = []
            for each, columns in entries:
                stands = known.get(each.gateway)
                if stands is None or room[each.gateway] <= 0:
                    continue
                if each.copy.epoch == stands.epoch:
                    late = columns.position <= stands.position
                else:
                    late = (each.gateway, each.copy.epoch) in epochs
                if not late:
                    room[each.gateway] -= 1
                    kept.append((each, columns))
            self._insert(connection, kept)
        return [each for each, _ in entries if each.gateway not in known]

    def _insert(
        self, connection: psycopg.Connection, kept: Sequence[tuple[Copied, Columns]]
    ) -> None:
        if not kept:
            return
        connection.execute(
            "INSERT INTO provisional (gateway, epoch, position, row, arrived_ms) "
            "SELECT *, %s FROM unnest(%s::text[], %s::text[], %s::bigint[], %b::bytea[]) "
            "ON CONFLICT DO NOTHING",
            (
                self._clock.wall_ms(),
                [each.gateway for each, _ in kept],
                [each.copy.epoch for each, _ in kept],
                [columns.position for _, columns in kept],
                [bytes(each.copy.row) for each, _ in kept],
            ),
        )
        tell_all(connection, CHANGES, {each.gateway for each, _ in kept})

    def speaks(self, gateway: str, version: int) -> None:
        """Note that a gateway speaks another version of the protocol: it says nothing else."""
        with self._database.transaction() as connection:
            heard_at = listening.hear(self._database, connection)
            connection.execute(
                "INSERT INTO gateways (gateway, speaks, heard_ms, heard_at) "
                "VALUES (%s, %s, %s, %s) ON CONFLICT (gateway) DO UPDATE SET "
                "speaks = excluded.speaks, heard_ms = excluded.heard_ms, "
                "heard_at = excluded.heard_at",
                (gateway, version, self._clock.wall_ms(), heard_at),
            )

    def receipts(self, gateways: Sequence[str], *, again: bool = False) -> list[Receipt]:
        """Return how far chains are, with marks for a gateway that differs."""
        with self._database.transaction() as connection:
            known = _stands(connection, gateways)
            return [
                _receipt(connection, gateway, known.get(gateway), again=again)
                for gateway in gateways
            ]


def receipt_of(
    known: Known, *, again: bool = False, marks: list[tuple[int, str]] | None = None
) -> Receipt:
    """Return the receipt for a chain that stands so."""
    return Receipt(
        epoch=known.epoch,
        position=known.position,
        hash=known.hash.hex(),
        again=again,
        marks=marks or [],
    )


def _receipt(
    connection: psycopg.Connection, gateway: str, known: Known | None, *, again: bool
) -> Receipt:
    if known is None or not known.epoch:
        return Receipt(again=again)
    positions = [known.position - (1 << power) for power in range(MARKS)]
    history = Histories(connection, gateway)
    hashes = history.hashes_at(known.epoch, [each for each in positions if each > 0])
    marks = [(each, hashes[each].hex()) for each in positions if each in hashes]
    return receipt_of(known, again=again, marks=marks)


def _stands(
    connection: psycopg.Connection, gateways: Iterable[str], lock: str = ""
) -> dict[str, Known]:
    found = connection.execute(
        "SELECT gateway, epoch, position, hash FROM gateways WHERE gateway = ANY(%s) "
        f"ORDER BY gateway {lock}",
        (sorted(gateways),),
    )
    return {row[0]: Known(row[1], row[2], bytes(row[3])) for row in found}


def _free(connection: psycopg.Connection, gateways: Iterable[str]) -> dict[str, Known]:
    """Lock the rows of gateways of which nobody else keeps parcels now; return how they stand."""
    connection.execute(
        "INSERT INTO gateways (gateway) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (sorted(gateways),),
    )
    return _stands(connection, gateways, "FOR UPDATE SKIP LOCKED")


def _room(connection: psycopg.Connection, gateways: Iterable[str]) -> dict[str, int]:
    """Return how many more copies of each gateway are kept."""
    found = connection.execute(
        "SELECT gateway, count(*) FROM provisional WHERE gateway = ANY(%s) GROUP BY gateway",
        (list(gateways),),
    )
    return dict.fromkeys(gateways, COPIES) | {row[0]: COPIES - row[1] for row in found}


def _epochs(connection: psycopg.Connection, gateways: Iterable[str]) -> set[tuple[str, str]]:
    found = connection.execute(
        "SELECT gateway, epoch FROM epochs WHERE gateway = ANY(%s)", (list(gateways),)
    )
    return {(row[0], row[1]) for row in found}
