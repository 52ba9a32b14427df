"""Writes what parcels add to chains: all of a batch together, whatever gateways it is of."""

from collections.abc import Sequence

import msgspec
import psycopg

from callpoint_district.database import CHANGES, KEPT, tell_all
from callpoint_district.journal.chain import KeptRow
from callpoint_district.journal.following import Following, News
from callpoint_district.journal.store import entries_of


class _Growth(msgspec.Struct):
    """What is added to one chain.

    ``before`` is the hash of the entry before them. ``rows`` are those that the database has not.
    ``came`` are all, in order. ``begins``: this begins the epoch; it was in that one before.
    """

    gateway: str
    epoch: str
    before: bytes
    rows: list[KeptRow]
    came: list[KeptRow]
    begins: str | None

    @property
    def last(self) -> KeptRow:
        return self.came[-1]


class Growing:
    """Gathers what is added, until it is written. Within one transaction, whose rows of
    ``gateways`` are locked."""

    def __init__(self, following: Following, now_ms: int) -> None:
        """``following`` brings alarms and faults in step with what is written."""
        self._following = following
        self._now_ms = now_ms
        self._growths: dict[str, _Growth] = {}

    def add(
        self,
        gateway: str,
        epoch: str,
        before: bytes,
        rows: Sequence[KeptRow],
        came: Sequence[KeptRow],
        begins: str | None,
    ) -> None:
        """Add rows of a parcel to a chain, which go on behind those before; see ``_Growth``."""
        growth = self._growths.get(gateway)
        if growth is None:
            growth = _Growth(gateway, epoch, before, list(rows), list(came), begins)
            self._growths[gateway] = growth
            return
        growth.rows += rows
        growth.came += came

    def write(self, connection: psycopg.Connection) -> None:
        """Write all that was added since the last time."""
        growths = list(self._growths.values())
        self._growths.clear()
        if not growths:
            return
        self._insert(connection, growths)
        _move(connection, growths)
        tell_all(connection, KEPT, {growth.gateway for growth in growths})
        tell_all(connection, CHANGES, _gone(connection, growths))
        for growth in growths:
            if growth.begins:
                self._following.begin(connection, growth.gateway, growth.begins, growth.epoch)
        self._following.take(
            connection,
            [
                News(
                    gateway=growth.gateway,
                    epoch=growth.epoch,
                    entries=entries_of(row.row for row in growth.came),
                    after=growth.came[0].position - 1,
                    before=growth.before,
                    last=growth.last.position,
                    hash=growth.last.hash,
                )
                for growth in growths
            ],
        )

    def _insert(self, connection: psycopg.Connection, growths: Sequence[_Growth]) -> None:
        rows = [row for growth in growths for row in growth.rows]
        columns = [row.columns for row in rows]
        # Not by COPY: no time limit ends a session that is frozen in the middle of one.
        connection.execute(
            "INSERT INTO entries (arrived_ms, gateway, epoch, position, type, device, boot, seq, "
            "about, row, hash) SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], "
            "%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %b::bytea[], "
            "%b::bytea[])",
            (
                self._now_ms,
                [growth.gateway for growth in growths for _ in growth.rows],
                [growth.epoch for growth in growths for _ in growth.rows],
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


def _move(connection: psycopg.Connection, growths: Sequence[_Growth]) -> None:
    """Store how far the chains are now."""
    connection.execute(
        "UPDATE gateways SET epoch = now.epoch, position = now.position, hash = now.hash "
        "FROM unnest(%s::text[], %s::text[], %s::bigint[], %b::bytea[]) "
        "AS now (gateway, epoch, position, hash) WHERE gateways.gateway = now.gateway",
        (
            [growth.gateway for growth in growths],
            [growth.epoch for growth in growths],
            [growth.last.position for growth in growths],
            [growth.last.hash for growth in growths],
        ),
    )


def _gone(connection: psycopg.Connection, growths: Sequence[_Growth]) -> set[str]:
    """Remove the copies of entries that have come; return of which gateways there were any."""
    found = connection.execute(
        "DELETE FROM provisional USING unnest(%s::text[], %s::text[], %s::bigint[]) "
        "AS now (gateway, epoch, position) WHERE provisional.gateway = now.gateway AND "
        "(provisional.position <= now.position OR provisional.epoch <> now.epoch) "
        "RETURNING provisional.gateway",
        (
            [growth.gateway for growth in growths],
            [growth.epoch for growth in growths],
            [growth.last.position for growth in growths],
        ),
    )
    return {row[0] for row in found}
