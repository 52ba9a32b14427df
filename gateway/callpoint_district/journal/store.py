"""The entries of one gateway as its present epoch has them: what the model of a site reads.

An epoch goes on from an entry of an older epoch. What that one has behind this entry is what the
gateway has forgotten; it is not read here.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import msgspec
import psycopg

from callpoint_district.journal.chain import columns_of
from callpoint_gateway.host.json_text import NOT_JSON
from callpoint_gateway.journal.entries import Body, Cursor, Entry, Type

#: Begins a transaction for one query.
Transaction = Callable[[], AbstractContextManager[psycopg.Connection]]

_decode_body = msgspec.json.Decoder(Body).decode
# The conditions by which PostgreSQL uses the index of the rare types.
_RARE: Final = "type NOT IN ('event', 'telemetry', 'delivery')"
# Which positions of which epochs are the history of an epoch: its own entries, and those of the
# epochs that it goes on from, each up to where the next one begins.
_LINE: Final = """
WITH RECURSIVE line AS (
  SELECT epoch, base, parent, 9223372036854775807 AS until FROM epochs
  WHERE gateway = %(gateway)s AND epoch = {epoch}
  UNION ALL
  SELECT older.epoch, older.base, older.parent, line.base FROM line
  JOIN epochs AS older ON older.gateway = %(gateway)s AND older.epoch = line.parent)
"""
#: The present history of a gateway.
LINEAGE: Final = _LINE.format(epoch="(SELECT epoch FROM gateways WHERE gateway = %(gateway)s)")
#: The history of one of its epochs.
LINEAGE_OF: Final = _LINE.format(epoch="%(epoch)s")
#: The entries of a history.
FROM_LINE: Final = """
FROM entries JOIN line ON entries.epoch = line.epoch
  AND entries.position > line.base AND entries.position <= line.until
WHERE entries.gateway = %(gateway)s"""


def entry_of(row: bytes) -> Entry | None:
    """Return the entry that a row is, None if a later version wrote it and this cannot read it."""
    if (columns := columns_of(row)) is None:
        return None
    try:
        type, body = Type(columns.type), _decode_body(columns.body)
    except (ValueError, *NOT_JSON):
        return None
    return Entry(
        columns.position,
        type,
        columns.recorded_ms,
        columns.boot_id,
        columns.mono_ms,
        columns.device,
        columns.boot,
        columns.seq,
        columns.about,
        body,
    )


def entries_of(rows: Iterable[bytes]) -> list[Entry]:
    """Return the entries that this version can read."""
    return [entry for row in rows if (entry := entry_of(row)) is not None]


def fork(connection: psycopg.Connection, gateway: str, epoch: str, other: str) -> int:
    """Return the last position up to which two epochs have one history; 0: none."""
    values = {"gateway": gateway}
    query = LINEAGE_OF + "SELECT epoch, until FROM line"
    spans: list[dict[str, int]] = [
        dict(connection.execute(query, {**values, "epoch": each}).fetchall())
        for each in (epoch, other)
    ]
    shared = spans[0].keys() & spans[1].keys()
    return max((min(spans[0][each], spans[1][each]) for each in shared), default=0)


def within(connection: psycopg.Connection) -> Transaction:
    """Return the transaction that a caller has begun, as what a ``GatewayStore`` begins."""
    return lambda: nullcontext(connection)


def snapshot_of(connection: psycopg.Connection, gateway: str) -> Cursor | None:
    """Return the stored state of a gateway's site, None if there is none."""
    found = connection.execute(
        "SELECT snapshot::text FROM gateways WHERE gateway = %s", (gateway,)
    ).fetchone()
    if found is None or found[0] is None:
        return None
    return msgspec.json.decode(found[0], type=Cursor)


class GatewayStore:
    """An ``alarms.store.Store`` of one gateway."""

    def __init__(self, transaction: Transaction, gateway: str, snapshot: Cursor | None) -> None:
        """``transaction`` is begun for each query: ``Database.transaction``, or ``within``.

        ``snapshot``: the stored state of the site, see ``alarms.snapshot``.
        """
        self._transaction = transaction
        self.gateway = gateway
        self._snapshot = snapshot

    def _rows(self, query: str, **values: object) -> list[tuple[Any, ...]]:
        with self._transaction() as connection:
            return connection.execute(
                LINEAGE + query, {"gateway": self.gateway, **values}
            ).fetchall()

    def _entries(self, condition: str, **values: object) -> list[Entry]:
        query = f"SELECT entries.row {FROM_LINE} AND {condition}"
        return entries_of(row[0] for row in self._rows(query, **values))

    def head(self) -> int:
        """Return the last position, 0 when empty."""
        found = self._rows(f"SELECT max(entries.position) {FROM_LINE}")
        return int(found[0][0] or 0)

    def read(self, after: int, limit: int, types: Sequence[Type] = ()) -> list[Entry]:
        """Return up to ``limit`` entries behind position ``after``, only of ``types`` if given."""
        chosen = "AND type = ANY(%(types)s)" if types else ""
        return self._entries(
            f"entries.position > %(after)s {chosen} ORDER BY entries.position LIMIT %(limit)s",
            after=after,
            limit=limit,
            types=[type.value for type in types],
        )

    def entry(self, position: int) -> Entry | None:
        """Return the entry at a position, None if there is none."""
        return next(iter(self.entries([position])), None)

    def entries(self, positions: Sequence[int]) -> list[Entry]:
        """Return the entries at these positions, in their order."""
        return self._entries(
            "entries.position = ANY(%(positions)s) ORDER BY entries.position",
            positions=list(positions),
        )

    def about(self, position: int) -> list[Entry]:
        """Return the entries whose ``about`` is this position, oldest first."""
        return self._entries("about = %(about)s ORDER BY entries.position", about=position)

    def all_of(self, type: Type) -> Iterable[Entry]:
        """Return every entry of a type, oldest first; not for events, readings or deliveries."""
        return self._entries(
            f"type = %(type)s AND {_RARE} ORDER BY entries.position", type=type.value
        )

    def latest_of_each(self, type: Type, until: int) -> Iterable[Entry]:
        """Return each device's newest entry of a type up to position ``until``."""
        query = (
            f"SELECT DISTINCT ON (device) entries.row {FROM_LINE} AND type = %(type)s AND {_RARE} "
        )
        query += "AND entries.position <= %(until)s ORDER BY device, entries.position DESC"
        found = entries_of(row[0] for row in self._rows(query, type=type.value, until=until))
        return sorted(found, key=lambda entry: entry.position)

    def last_of(self, device: str, type: Type, limit: int) -> list[Entry]:
        """Return the last ``limit`` entries of a type of a device, the oldest first."""
        query = (
            "device = %(device)s AND type = %(type)s ORDER BY entries.position DESC LIMIT %(n)s"
        )
        found = self._entries(query, device=device, type=type.value, n=limit)
        return found[::-1]

    def positions(self, after: int, types: Sequence[Type], limit: int) -> list[int]:
        """Return the positions of the first ``limit`` entries of ``types`` behind ``after``."""
        return [entry.position for entry in self.read(after, limit, types)]

    def devices(self) -> list[str]:
        """Return the ids of all devices that ever sent something."""
        query = f"SELECT DISTINCT device {FROM_LINE} AND seq IS NOT NULL ORDER BY device"
        return [row[0] for row in self._rows(query)]

    def has_sent(self, device: str) -> bool:
        """Say whether the store has a numbered message of a device."""
        query = f"SELECT 1 {FROM_LINE} AND seq IS NOT NULL AND device = %(device)s LIMIT 1"
        return bool(self._rows(query, device=device))

    def cursors(self) -> Mapping[str, Cursor]:
        """Return the snapshot; consumers of a gateway stand at the gateway alone."""
        return {} if self._snapshot is None else {self._snapshot.name: self._snapshot}
