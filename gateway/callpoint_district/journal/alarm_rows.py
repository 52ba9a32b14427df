"""Writes the alarms and faults of sites as rows, those of many gateways together."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.journal.entries import Action, Entry

_TIMES: Final = (
    Action.ACKNOWLEDGE,
    Action.DISPATCH,
    Action.ARRIVE,
    Action.REINFORCE,
    Action.CLOSE,
)
# What an alarm was when it opened, which is written once, and what changes.
_OPENED: Final = {
    "gateway": "text",
    "epoch": "text",
    "position": "bigint",
    "kind": "integer",
    "mark": "text",
    "device": "text",
    "boot": "bigint",
    "seq": "bigint",
    "place": "text",
    "occurred_ms": "bigint",
    "opened_ms": "bigint",
}
_CHANGES: Final = {
    "handling": "text",
    "condition": "text",
    "acknowledged_ms": "bigint",
    "dispatched_ms": "bigint",
    "arrived_ms": "bigint",
    "reinforced_ms": "bigint",
    "closed_ms": "bigint",
    "cause": "text",
    "state": "bytea",
}
_COLUMNS: Final = _OPENED | _CHANGES
_WRITE: Final = (
    f"INSERT INTO alarms ({', '.join(_COLUMNS)}) SELECT * FROM unnest("
    + ", ".join(f"%{'b' if type == 'bytea' else 's'}::{type}[]" for type in _COLUMNS.values())
    + ") ON CONFLICT (gateway, epoch, position) DO UPDATE SET "
    + ", ".join(f"{column} = excluded.{column}" for column in _CHANGES)
)


class AlarmRow(msgspec.Struct, frozen=True):
    """An alarm of a gateway in its present epoch."""

    gateway: str
    epoch: str
    case: Case


def write_alarms(connection: psycopg.Connection, rows: Sequence[AlarmRow]) -> None:
    """Write alarms, each of them once."""
    if rows:
        values = [_values(row) for row in rows]
        connection.execute(_WRITE, [list(column) for column in zip(*values, strict=True)])


def _values(row: AlarmRow) -> tuple[object, ...]:
    case = row.case
    first = case.raised.get(case.position)
    closed = case.done(Action.CLOSE)

    def at(action: Action) -> int | None:
        step = case.done(action)
        return step.at.wall_ms if step else None

    return (
        row.gateway,
        row.epoch,
        case.position,
        case.kind,
        case.mark.value,
        case.device,
        first.boot if first else None,
        first.seq if first else None,
        case.place,
        case.occurred_ms,
        case.opened.wall_ms,
        case.handling.value,
        case.condition.value,
        *(at(action) for action in _TIMES),
        closed.cause.value if closed and closed.cause else None,
        # Nobody reads that of a closed alarm, whose row stays for ever.
        None if closed else msgspec.json.encode(msgspec.structs.replace(case, raised={})),
    )


def write_faults(connection: psycopg.Connection, faults: dict[str, dict[str, Entry]]) -> set[str]:
    """Bring the faults of gateways (by source) into their table; return whose have changed."""
    standing: dict[tuple[str, str], int] = {
        (gateway, source): position
        for gateway, source, position in connection.execute(
            "SELECT gateway, source, position FROM faults WHERE gateway = ANY(%s)", (list(faults),)
        )
    }
    now = {
        (gateway, source): entry
        for gateway, sources in faults.items()
        for source, entry in sources.items()
    }
    over = standing.keys() - now.keys()
    begun = {key: entry for key, entry in now.items() if standing.get(key) != entry.position}
    if over:
        connection.execute(
            "DELETE FROM faults USING unnest(%s::text[], %s::text[]) AS over (gateway, source) "
            "WHERE faults.gateway = over.gateway AND faults.source = over.source",
            _columns(over),
        )
    if begun:
        connection.execute(
            "INSERT INTO faults (gateway, source, position, since_ms) "
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) "
            "ON CONFLICT (gateway, source) DO UPDATE "
            "SET position = excluded.position, since_ms = excluded.since_ms",
            (
                *_columns(begun),
                [entry.position for entry in begun.values()],
                [entry.recorded_ms for entry in begun.values()],
            ),
        )
    return {gateway for gateway, _ in (*over, *begun)}


def _columns(keys: Iterable[tuple[str, str]]) -> tuple[list[str], list[str]]:
    listed = list(keys)
    return [gateway for gateway, _ in listed], [source for _, source in listed]
