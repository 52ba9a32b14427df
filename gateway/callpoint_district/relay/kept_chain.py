"""The journal of one gateway in the district's database, as a chain that is sent to the city.

The epochs of a gateway are relayed one after the other, each to its end: what a gateway has
forgotten the city gets as well.
"""

from collections.abc import Sequence
from typing import Any

from callpoint_district.database import Database
from callpoint_district.journal.store import FROM_LINE, LINEAGE_OF, fork
from callpoint_gateway.journal.chain import ChainRow
from callpoint_gateway.protocols.upstream import GENESIS


class KeptChain:
    """The history of one epoch of a gateway (``upstream.source.ChainSource``).

    For one thread at a time. psycopg.Error: the database is away. Entries never change, so what
    the next call needs of the last read is remembered: it costs no query.
    """

    __slots__ = ("_begins", "_database", "_hashes", "epoch", "gateway")

    def __init__(self, database: Database, gateway: str, epoch: str) -> None:
        """``epoch``: of the gateway at this district."""
        self._database = database
        self.gateway = gateway
        self.epoch = epoch
        self._forget()

    def _forget(self) -> None:
        self._begins: int | None = None  # the position of the first entry
        self._hashes: dict[int, bytes] = {}  # before the rows that were read last, and of the last

    def _one(self, query: str, **values: object) -> tuple[Any, ...] | None:
        with self._database.reading() as connection:
            return connection.execute(
                query, {"gateway": self.gateway, "epoch": self.epoch, **values}
            ).fetchone()

    def after(self, position: int, rows: int) -> Sequence[ChainRow]:
        """Return up to ``rows`` rows behind a position, in order."""
        with self._database.reading() as connection:
            # A history has no gaps: the bounds spare the sorting of all that waits.
            found = connection.execute(
                f"{LINEAGE_OF} SELECT entries.position, row, hash {FROM_LINE} "
                "AND entries.position >= %(from)s AND entries.position <= %(until)s "
                "ORDER BY entries.position",
                {
                    "gateway": self.gateway,
                    "epoch": self.epoch,
                    "from": position,  # its hash is needed for a parcel
                    "until": position + rows,
                },
            ).fetchall()
        read = [ChainRow(row[0], bytes(row[1]), bytes(row[2])) for row in found]
        if read:
            self._hashes = {row.position: row.hash for row in (read[0], read[-1])}
        return read[1:] if read and read[0].position == position else read

    def hash_at(self, position: int) -> bytes | None:
        """Return the hash of everything up to a position.

        ``GENESIS`` just before the first entry; None where there is no entry.
        """
        if (hash := self._hashes.get(position)) is not None:
            return hash
        if position == self.first() - 1:
            return GENESIS
        found = self._one(
            f"{LINEAGE_OF} SELECT hash {FROM_LINE} AND entries.position = %(position)s",
            position=position,
        )
        return None if found is None else bytes(found[0])

    def first(self) -> int:
        """Return the position of the first entry, also if it is not there yet."""
        if self._begins is None:
            found = self._one(f"{LINEAGE_OF} SELECT base + 1 FROM line WHERE parent IS NULL")
            self._begins = int(found[0]) if found else 1
        return self._begins

    def head(self) -> int:
        """Return the position of the last entry, that before the first if there is none."""
        found = self._one(
            "SELECT greatest((SELECT max(position) FROM entries WHERE gateway = %(gateway)s "
            "AND epoch = %(epoch)s), (SELECT base FROM epochs WHERE gateway = %(gateway)s "
            "AND epoch = %(epoch)s), 0)"
        )
        return int(found[0]) if found else 0

    def advance(self, told: int) -> int | None:
        """Go on to the gateway's next epoch if this one is told to its end, position ``told``.

        Return up to where both have one history; None: there is more of this one, or none next.
        """
        values = {"gateway": self.gateway, "epoch": self.epoch}
        with self._database.reading() as connection:
            found = connection.execute(
                "SELECT epoch, (SELECT max(position) FROM entries WHERE gateway = %(gateway)s "
                "AND epoch = %(epoch)s) FROM epochs WHERE gateway = %(gateway)s AND number > "
                "(SELECT number FROM epochs WHERE gateway = %(gateway)s AND epoch = %(epoch)s) "
                "ORDER BY number LIMIT 1",
                values,
            ).fetchone()
            if found is None or (found[1] is not None and found[1] > told):
                return None
            common = fork(connection, self.gateway, self.epoch, found[0])
        self.epoch = found[0]
        self._forget()
        return max(common, self.first() - 1)

    def rewind(self, epoch: str) -> bool:
        """Go back to the gateway's epoch that was relayed as ``epoch``; to its first if none was.

        The city's database was put back to what it had then, or this one was. True: it was at
        another.
        """
        found = self._one(
            "SELECT coalesce((SELECT line FROM relay_epochs WHERE gateway = %(gateway)s "
            "AND epoch = %(relayed)s), (SELECT epoch FROM epochs WHERE gateway = %(gateway)s "
            "ORDER BY number LIMIT 1))",
            relayed=epoch,
        )
        before = self.epoch
        if found is not None and found[0] is not None:
            self.epoch = found[0]
        self._forget()
        return self.epoch != before
