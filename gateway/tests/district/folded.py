"""Checks what a district has of a gateway: chains, entries, and what follows from them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from callpoint_district.database import Database
from callpoint_district.journal.store import (
    FROM_LINE,
    LINEAGE,
    GatewayStore,
    entry_of,
    within,
)
from callpoint_gateway.alarms import snapshot
from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.site_state import SiteState
from callpoint_gateway.journal.chain import Chain, ChainRow
from callpoint_gateway.journal.entries import Action, EventBody
from callpoint_gateway.journal.event_meaning import raises
from callpoint_gateway.protocols.upstream import GENESIS, hash_of

_ACTS = (Action.ACKNOWLEDGE, Action.DISPATCH, Action.ARRIVE, Action.REINFORCE, Action.CLOSE)


def check_tables(database: Database, gateway: str, journal: Sequence[ChainRow]) -> None:
    """Check that all of a gateway's tables are as its journal and its forgotten entries say."""
    with database.transaction() as connection:
        _check_chains(connection, gateway)
        _check_history(connection, gateway, journal)
        _check_alarms(connection, gateway)
        _check_faults(connection, gateway)


def rows_of(file: Path) -> list[ChainRow]:
    """Return all rows of a journal."""
    chain = Chain(file)
    rows = list(chain.after(0, 1_000_000))
    chain.close()
    return rows


def kept_hashes(database: Database, gateway: str) -> set[bytes]:
    """Return the hash of every entry of a gateway; each must be there once."""
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT hash FROM entries WHERE gateway = %s", (gateway,)
        ).fetchall()
    hashes = {bytes(row[0]) for row in rows}
    assert len(hashes) == len(rows), "an entry is there twice"
    return hashes


def _check_chains(connection: psycopg.Connection, gateway: str) -> None:
    """Compute the hash of every entry of every epoch again, from what the epoch goes on from."""
    for epoch, base, parent in connection.execute(
        "SELECT epoch, base, parent FROM epochs WHERE gateway = %s", (gateway,)
    ).fetchall():
        hash = GENESIS
        if parent is not None:
            found = connection.execute(
                "SELECT hash FROM entries WHERE gateway = %s AND epoch = %s AND position = %s",
                (gateway, parent, base),
            ).fetchone()
            assert found is not None, f"{epoch} goes on from an entry that is not there"
            hash = bytes(found[0])
        kept = connection.execute(
            "SELECT position, row, hash FROM entries WHERE gateway = %s AND epoch = %s "
            "ORDER BY position",
            (gateway, epoch),
        ).fetchall()
        assert [row[0] for row in kept] == list(range(base + 1, base + 1 + len(kept)))
        for _, row, own in kept:
            hash = hash_of(hash, row)
            assert hash == own


def _check_history(
    connection: psycopg.Connection, gateway: str, journal: Sequence[ChainRow]
) -> None:
    """Check that the present history is the gateway's journal, in order and without a gap."""
    kept = connection.execute(
        f"{LINEAGE} SELECT entries.position, entries.row, entries.hash {FROM_LINE} "
        "ORDER BY entries.position",
        {"gateway": gateway},
    ).fetchall()
    assert [(row[0], bytes(row[1]), bytes(row[2])) for row in kept] == list(map(tuple, journal))


def _case(case: Case) -> tuple[Any, ...]:
    steps = [case.done(action) for action in _ACTS]
    closed = steps[-1]
    return (
        case.position,
        case.kind,
        case.device,
        case.place,
        case.handling.value,
        case.condition.value,
        case.occurred_ms,
        case.opened.wall_ms,
        *(step.at.wall_ms if step else None for step in steps),
        closed.cause.value if closed and closed.cause else None,
        None if closed else msgspec.json.encode(msgspec.structs.replace(case, raised={})),
    )


def _folded(connection: psycopg.Connection, gateway: str) -> tuple[SiteState, list[Case]]:
    closed: list[Case] = []
    state = SiteState(closed.append)
    snapshot.start(state, GatewayStore(within(connection), gateway, None))
    return state, [*closed, *state.cases.open_cases()]


def _check_alarms(connection: psycopg.Connection, gateway: str) -> None:
    rows = connection.execute(
        "SELECT position, kind, device, place, handling, condition, occurred_ms, opened_ms, "
        "acknowledged_ms, dispatched_ms, arrived_ms, reinforced_ms, closed_ms, cause, "
        "state FROM alarms WHERE gateway = %s AND NOT forgotten ORDER BY position",
        (gateway,),
    ).fetchall()
    cases = sorted(map(_case, _folded(connection, gateway)[1]))
    assert rows == cases, "the alarms are not what the entries say"
    mine = connection.execute(
        f"{LINEAGE} SELECT entries.row {FROM_LINE}", {"gateway": gateway}
    ).fetchall()
    all_rows = connection.execute(
        "SELECT row FROM entries WHERE gateway = %s", (gateway,)
    ).fetchall()
    forgotten = connection.execute(
        "SELECT device, boot, seq FROM alarms WHERE gateway = %s AND forgotten", (gateway,)
    ).fetchall()
    assert len(set(forgotten)) == len(forgotten), "a forgotten alarm is there twice"
    should = _alarming(row[0] for row in all_rows) - _alarming(row[0] for row in mine)
    assert {row for row in forgotten if not row[0].startswith("s")} == should


def _alarming(rows: Iterable[bytes]) -> set[tuple[Any, ...]]:
    """Return device, boot and number of the events that raise an alarm of their own.

    Devices whose name begins with s send several, which may belong to one alarm.
    """
    entries = [entry for row in rows if (entry := entry_of(row))]
    return {
        (entry.device, entry.boot, entry.seq)
        for entry in entries
        if isinstance(entry.body, EventBody)
        and raises(entry.body)
        and not str(entry.device).startswith("s")
    }


def _check_faults(connection: psycopg.Connection, gateway: str) -> None:
    rows = connection.execute(
        "SELECT source, position, since_ms FROM faults WHERE gateway = %s", (gateway,)
    ).fetchall()
    state = _folded(connection, gateway)[0]
    assert {row[0]: row[1:] for row in rows} == {
        source: (entry.position, entry.recorded_ms) for source, entry in state.faults.items()
    }
    # A copy of an epoch that never began is shown until the gateway sends its next entry.
    copies = connection.execute(
        "SELECT count(*) FROM provisional JOIN epochs USING (gateway, epoch) "
        "JOIN gateways USING (gateway) WHERE gateway = %s "
        "AND (epochs.epoch <> gateways.epoch OR provisional.position <= gateways.position)",
        (gateway,),
    ).fetchone()
    assert copies == (0,), "copies of urgent entries are left"
