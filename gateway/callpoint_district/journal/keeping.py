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

import msgspec
import psycopg

from callpoint_district.database import Database
from callpoint_district.journal.chain import Fit, Judgement, KeptRow, Known, judge
from callpoint_district.journal.following import Following
from callpoint_district.journal.growing import Growing
from callpoint_district.journal.histories import Histories
from callpoint_district.journal.notices import Notices
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.upstream import Parcel

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


class Keeper:
    """Keeps what gateways send. ``keep`` is for one thread at a time, ``notices`` for any."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """The schema must be there."""
        self._database = database
        self._clock = clock
        self._following = Following()
        self.notices = Notices(database, clock)

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
        growing = Growing(self._following, self._clock.wall_ms())
        results = []
        for each in sent:
            gateway = each.gateway
            if not _follows(each.parcel, stands[gateway].known):
                # It is judged by what the database has.
                growing.write(connection)
            judgement = judge(stands[gateway].known, each.parcel, Histories(connection, gateway))
            if judgement.fit is Fit.NEXT:
                before = stands[gateway]
                stands[gateway] = self._add(connection, growing, each, judgement, before)
            results.append(Taken(judgement.fit, stands[gateway].known))
        growing.write(connection)
        return results

    def _add(
        self,
        connection: psycopg.Connection,
        growing: Growing,
        sent: Sent,
        judgement: Judgement,
        before: _Stands,
    ) -> _Stands:
        gateway, epoch = sent.gateway, sent.parcel.epoch
        base, rows, last = before.base, judgement.rows, judgement.rows[-1]
        if judgement.base is not None:
            base = judgement.base
            _begin(connection, gateway, epoch, judgement, self._clock.wall_ms())
        # The first epoch of a gateway goes on from nothing.
        if rows[0].position - 1 == base and before.known.epoch:
            rows, parent = _unknown(connection, gateway, rows)
            if parent is not None:
                # The gateway began further back than it had to.
                base = last.position - len(rows)
                _move_base(connection, gateway, epoch, base, parent)
        begins = None if judgement.base is None else before.known.epoch
        growing.add(gateway, epoch, before.known.hash, rows, judgement.rows, begins)
        return _Stands(Known(epoch, last.position, last.hash), base)


def _follows(parcel: Parcel, known: Known) -> bool:
    """Say whether a parcel is the next one of a chain, so that nothing else need be known."""
    return parcel.epoch == known.epoch and parcel.first == known.position + 1


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
