"""Keeps parcels: checks each against its chain, and commits it with all that follows from it.

What it promises:

1. One transaction holds the rows, where the chain stands, and what follows from them (alarms,
   faults). A receipt is given only after its commit.
2. The row of a gateway in ``gateways`` is locked while its parcels are judged, so any number of
   processes may do this at once: an entry is kept once, in order.
3. A process that is killed at any moment leaves whole transactions only. What it held comes again.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_district.database import Database, tell
from callpoint_district.journal.chain import Fit, Judgement, KeptRow, Known, columns_of, judge
from callpoint_district.journal.following import Following
from callpoint_district.journal.store import FROM_LINE, LINEAGE_OF, entries_of
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.upstream import Parcel, Receipt, UrgentCopy

#: The channel on which the database says that entries of a gateway, the payload, were kept.
KEPT: Final = "callpoint_kept"
#: Marks of a receipt: so many, each twice as far back as the one before.
MARKS: Final = 40
#: Copies of urgent entries of one gateway, at most. A gateway sends half as many at a time.
COPIES: Final = 1000

log = logging.getLogger(__name__)


class Sent(msgspec.Struct, frozen=True):
    """A parcel, and who sent it."""

    gateway: str
    parcel: Parcel


class Taken(msgspec.Struct, frozen=True):
    """What became of a parcel, and how far its gateway's chain now is."""

    fit: Fit
    known: Known


class _Stands(msgspec.Struct, frozen=True):
    """Where a chain is, and behind which position its present epoch begins."""

    known: Known
    base: int


class Histories:
    """What the database has of one gateway, within a transaction (``chain.History``)."""

    def __init__(self, connection: psycopg.Connection, gateway: str) -> None:
        self._connection = connection
        self._gateway = gateway

    def has_epoch(self, epoch: str) -> bool:
        """Say whether there is, or was, such an epoch."""
        found = self._connection.execute(
            "SELECT 1 FROM epochs WHERE gateway = %s AND epoch = %s", (self._gateway, epoch)
        ).fetchone()
        return found is not None

    def hash_at(self, epoch: str, position: int) -> bytes | None:
        """Return the hash of an entry in an epoch, or in those that it goes on from."""
        return self.hashes_at(epoch, [position]).get(position)

    def hashes_at(self, epoch: str, positions: Sequence[int]) -> dict[int, bytes]:
        """Return the hashes of those of these entries that there are, by position."""
        found = self._connection.execute(
            f"{LINEAGE_OF} SELECT entries.position, entries.hash {FROM_LINE} "
            "AND entries.position = ANY(%(positions)s)",
            {"gateway": self._gateway, "epoch": epoch, "positions": list(positions)},
        )
        return {position: bytes(hash) for position, hash in found}

    def epoch_of(self, position: int, hash: bytes) -> str | None:
        """Return the epoch that keeps the entry at a position with this hash; None: none does."""
        found = self._connection.execute(
            "SELECT epoch FROM entries WHERE gateway = %s AND hash = %s AND position = %s",
            (self._gateway, hash, position),
        ).fetchone()
        return found[0] if found else None


class Keeper:
    """Keeps what gateways send. For one thread at a time."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """The schema must be there."""
        self._database = database
        self._clock = clock
        self._following = Following()

    def keep(self, sent: Sequence[Sent]) -> list[Taken]:
        """Keep parcels in their order and commit; return what became of each.

        psycopg.Error: nothing was kept, or perhaps all of it; the same parcels may be given again.
        """
        try:
            with self._database.transaction() as connection:
                return self._keep(connection, sent)
        except BaseException:
            # What follows is in memory as well, and may be ahead of the database now.
            self._following.forget(parcel.gateway for parcel in sent)
            raise

    def _keep(self, connection: psycopg.Connection, sent: Sequence[Sent]) -> list[Taken]:
        stands = _lock(connection, {parcel.gateway for parcel in sent})
        results = []
        for each in sent:
            history = Histories(connection, each.gateway)
            judgement = judge(stands[each.gateway].known, each.parcel, history)
            if judgement.fit is Fit.NEXT:
                before = stands[each.gateway]
                stands[each.gateway] = self._add(connection, each, judgement, before)
            results.append(Taken(judgement.fit, stands[each.gateway].known))
        kept = {
            each.gateway
            for each, taken in zip(sent, results, strict=True)
            if taken.fit is Fit.NEXT
        }
        connection.execute("SELECT pg_notify(%s, unnest(%s::text[]))", (KEPT, sorted(kept)))
        return results

    def _add(
        self, connection: psycopg.Connection, sent: Sent, judgement: Judgement, before: _Stands
    ) -> _Stands:
        gateway, epoch, now_ms = sent.gateway, sent.parcel.epoch, self._clock.wall_ms()
        base, rows, last = before.base, judgement.rows, judgement.rows[-1]
        after = rows[0].position - 1
        if judgement.base is not None:
            base = judgement.base
            _begin(connection, gateway, epoch, judgement, now_ms)
        if after == base:
            rows, parent = _unknown(connection, gateway, rows)
            if parent is not None:
                # The gateway began further back than it had to.
                base = last.position - len(rows)
                _move_base(connection, gateway, epoch, base, parent)
        _insert(connection, gateway, epoch, rows, now_ms)
        connection.execute(
            "UPDATE gateways SET epoch = %s, position = %s, hash = %s WHERE gateway = %s",
            (epoch, last.position, last.hash, gateway),
        )
        gone = connection.execute(
            "DELETE FROM provisional WHERE gateway = %s AND (position <= %s OR epoch <> %s)",
            (gateway, last.position, epoch),
        )
        if gone.rowcount:
            tell(connection, gateway)
        if judgement.base is not None:
            self._following.begin(connection, gateway, before.known.epoch, epoch)
        entries = entries_of(row.row for row in judgement.rows)
        self._following.take(connection, gateway, epoch, entries, after=after, last=last.position)
        return _Stands(Known(epoch, last.position, last.hash), base)

    def show(self, gateway: str, copy: UrgentCopy) -> None:
        """Keep the copy of an entry until the entry has come. What is no entry is dropped.

        So is a copy that is late, and more of them than a gateway sends.
        """
        if (columns := columns_of(bytes(copy.row))) is None:
            return
        with self._database.transaction() as connection:
            # Its entry may be on its way into the database at this moment.
            known = _lock(connection, [gateway])[gateway].known
            if copy.epoch == known.epoch:
                late = columns.position <= known.position
            else:
                late = Histories(connection, gateway).has_epoch(copy.epoch)
            if late:
                return
            connection.execute(
                "INSERT INTO provisional (gateway, epoch, position, row, arrived_ms) "
                "SELECT %(gateway)s, %(epoch)s, %(position)s, %(row)s, %(now)s WHERE (SELECT "
                "count(*) FROM provisional WHERE gateway = %(gateway)s) < %(most)s "
                "ON CONFLICT DO NOTHING",
                {
                    "gateway": gateway,
                    "epoch": copy.epoch,
                    "position": columns.position,
                    "row": bytes(copy.row),
                    "now": self._clock.wall_ms(),
                    "most": COPIES,
                },
            )
            tell(connection, gateway)

    def receipt(self, gateway: str, *, again: bool = False) -> Receipt:
        """Return how far the chain of a gateway is, with marks for a gateway that differs."""
        with self._database.transaction() as connection:
            found = connection.execute(
                "SELECT epoch, position, hash FROM gateways WHERE gateway = %s", (gateway,)
            ).fetchone()
            if found is None or not found[0]:
                return Receipt(again=again)
            known = Known(found[0], found[1], bytes(found[2]))
            history = Histories(connection, gateway)
            positions = [known.position - (1 << power) for power in range(MARKS)]
            hashes = history.hashes_at(known.epoch, [each for each in positions if each > 0])
        marks = [(each, hashes[each].hex()) for each in positions if each in hashes]
        return receipt_of(known, again=again, marks=marks)


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


def _lock(connection: psycopg.Connection, gateways: Iterable[str]) -> dict[str, _Stands]:
    """Lock the rows of gateways, in one order for all processes; return where they stand."""
    ordered = sorted(gateways)
    connection.execute(
        "INSERT INTO gateways (gateway) SELECT unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (ordered,),
    )
    rows = connection.execute(
        "SELECT gateway, epoch, position, hash FROM gateways WHERE gateway = ANY(%s) "
        "ORDER BY gateway FOR UPDATE",
        (ordered,),
    ).fetchall()
    # After the lock: another process may have begun an epoch while this one waited.
    bases: dict[str, int] = dict(
        connection.execute(
            "SELECT gateway, base FROM epochs JOIN gateways USING (gateway, epoch) "
            "WHERE gateway = ANY(%s)",
            (ordered,),
        ).fetchall()
    )
    return {
        row[0]: _Stands(Known(row[1], row[2], bytes(row[3])), bases.get(row[0], 0)) for row in rows
    }


def _begin(
    connection: psycopg.Connection, gateway: str, epoch: str, judgement: Judgement, now_ms: int
) -> None:
    connection.execute(
        "INSERT INTO epochs (gateway, epoch, number, base, parent, began_ms) SELECT %(gateway)s, "
        "%(epoch)s, coalesce(max(number), 0) + 1, %(base)s, %(parent)s, %(now)s "
        "FROM epochs WHERE gateway = %(gateway)s",
        {
            "gateway": gateway,
            "epoch": epoch,
            "base": judgement.base,
            "parent": judgement.parent,
            "now": now_ms,
        },
    )


def _unknown(
    connection: psycopg.Connection, gateway: str, rows: Sequence[KeptRow]
) -> tuple[list[KeptRow], str | None]:
    """Return the rows behind the last that another epoch keeps, known by its hash, and that epoch.

    None: the first row is not known.
    """
    found = connection.execute(
        "SELECT hash, epoch FROM entries WHERE gateway = %s AND hash = ANY(%s)",
        (gateway, [row.hash for row in rows]),
    )
    have: dict[bytes, str] = {bytes(hash): epoch for hash, epoch in found}
    known = 0
    while known < len(rows) and rows[known].hash in have:
        known += 1
    return list(rows[known:]), have[rows[known - 1].hash] if known else None


def _move_base(
    connection: psycopg.Connection, gateway: str, epoch: str, base: int, parent: str
) -> None:
    connection.execute(
        "UPDATE epochs SET base = %s, parent = %s WHERE gateway = %s AND epoch = %s",
        (base, parent, gateway, epoch),
    )


def _insert(
    connection: psycopg.Connection,
    gateway: str,
    epoch: str,
    rows: Sequence[KeptRow],
    now_ms: int,
) -> None:
    columns = [row.columns for row in rows]
    # Not by COPY: no time limit ends a session that is frozen in the middle of one.
    connection.execute(
        "INSERT INTO entries (gateway, epoch, arrived_ms, position, type, device, boot, seq, "
        "about, row, hash) SELECT %s, %s, %s, * FROM unnest(%s::bigint[], %s::text[], "
        "%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %b::bytea[], %b::bytea[])",
        (
            gateway,
            epoch,
            now_ms,
            [row.position for row in rows],
            [each.type for each in columns],
            [each.device for each in columns],
            [each.boot for each in columns],
            [each.seq for each in columns],
            [each.about for each in columns],
            [row.row for row in rows],
            [row.hash for row in rows],
        ),
    )
