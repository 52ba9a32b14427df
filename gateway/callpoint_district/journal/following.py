"""What follows from the entries of each gateway: its open alarms and its faults, as tables.

The same fold as at the site says what an alarm is. Its state is kept in memory for each gateway
that sends, and read from the database again after a restart, an error, or when another process
has kept entries in between.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_district.database import tell
from callpoint_district.journal.store import (
    FROM_LINE,
    LINEAGE_OF,
    GatewayStore,
    fork,
    snapshot_of,
    within,
)
from callpoint_gateway.alarms import snapshot as snapshots
from callpoint_gateway.alarms.case import Case, Condition, Handling
from callpoint_gateway.alarms.site_state import TYPES, SiteState
from callpoint_gateway.journal.entries import (
    Action,
    Entry,
    EventBody,
)

#: Gateways whose state one process keeps in memory; the one that sent longest ago is read again.
MOST: Final = 2000
#: A snapshot is stored after so many entries, so that a restart reads little.
SNAPSHOT_AFTER: Final = 500
#: With more open alarms none is stored: each of them is read singly when it is used.
SNAPSHOT_ALARMS: Final = 50

_TIMES: Final = {
    Action.ACKNOWLEDGE: "acknowledged_ms",
    Action.DISPATCH: "dispatched_ms",
    Action.ARRIVE: "arrived_ms",
    Action.REINFORCE: "reinforced_ms",
    Action.CLOSE: "closed_ms",
}


# What changes of an alarm: its handling, its condition, and how many steps were taken, events
# came, centres answered, and escalations were made.
_Changing = tuple[Handling, Condition, int, int, int, int]


class _Site:
    """The state of one gateway's site, and which rows of ``alarms`` were written of it."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.closed: list[Case] = []
        self.state = SiteState(self.closed.append)
        self.position = 0
        self.written: dict[int, _Changing] = {}
        self.since_snapshot = 0


class Following:
    """Keeps ``alarms`` and ``faults`` in step with the entries. For one thread."""

    def __init__(self) -> None:
        """Begin without any site."""
        self._sites: OrderedDict[str, _Site] = OrderedDict()

    def forget(self, gateways: Iterable[str]) -> None:
        """Drop what is in memory of these gateways."""
        for gateway in gateways:
            self._sites.pop(gateway, None)

    def begin(self, connection: psycopg.Connection, gateway: str, before: str, epoch: str) -> None:
        """Begin a new epoch after another one: the gateway has forgotten what only that one has.

        Alarms that opened there stay, marked as forgotten, until the same event comes again or a
        person of the district closes them. What the new epoch has and the one before had not is
        remembered: a copy of the gateway may have been put back twice.
        """
        self._sites.pop(gateway, None)
        common = fork(connection, gateway, before, epoch)
        values = {"gateway": gateway, "epoch": epoch, "common": common}
        for statement in (
            "UPDATE alarms SET forgotten = true "
            "WHERE gateway = %(gateway)s AND position > %(common)s",
            "UPDATE alarms SET epoch = %(epoch)s WHERE gateway = %(gateway)s AND NOT forgotten",
            LINEAGE_OF + "DELETE FROM alarms WHERE gateway = %(gateway)s AND forgotten AND EXISTS "
            f"(SELECT 1 {FROM_LINE} AND entries.position > %(common)s "
            "AND entries.device = alarms.device AND entries.boot = alarms.boot "
            "AND entries.seq = alarms.seq)",
            "UPDATE gateways SET snapshot = NULL WHERE gateway = %(gateway)s "
            "AND (snapshot->>'position')::bigint > %(common)s",
            "DELETE FROM faults WHERE gateway = %(gateway)s",
        ):
            connection.execute(statement, values)
        tell(connection, gateway)

    def take(
        self,
        connection: psycopg.Connection,
        gateway: str,
        epoch: str,
        entries: Sequence[Entry],
        *,
        after: int,
        last: int,
    ) -> None:
        """Bring the tables up to position ``last``; the rows behind ``after`` just came.

        ``entries`` are those of them that this version can read; the database has them.
        """
        site = self._sites.get(gateway)
        if site is not None and site.epoch == epoch and site.position == after:
            for entry in entries:
                if entry.type in TYPES:
                    site.state.take(entry)
        else:
            # The database has these entries already, within this transaction.
            store = GatewayStore(within(connection), gateway, snapshot_of(connection, gateway))
            if site is not None and site.epoch == epoch and site.position < after:
                snapshots.catch_up(site.state, store)  # another process kept some
            else:
                site = self._sites[gateway] = _Site(epoch)
                snapshots.start(site.state, store)
        site.position = last
        site.since_snapshot += len(entries)
        self._sites.move_to_end(gateway)
        while len(self._sites) > MOST:
            self._sites.popitem(last=False)
        _remember_again(connection, gateway, entries)
        alarms = _write_alarms(connection, gateway, epoch, site)
        faults = _write_faults(connection, gateway, site.state)
        if alarms or faults:
            tell(connection, gateway)
        few = len(site.state.cases.open_cases()) <= SNAPSHOT_ALARMS
        if few and site.since_snapshot >= SNAPSHOT_AFTER:
            kept = msgspec.json.encode(snapshots.snapshot(site.state)).decode()
            connection.execute(
                "UPDATE gateways SET snapshot = %s WHERE gateway = %s", (kept, gateway)
            )
            site.since_snapshot = 0


def _remember_again(
    connection: psycopg.Connection, gateway: str, entries: Sequence[Entry]
) -> None:
    """Drop a forgotten alarm whose event a device has sent again: it is the same alarm."""
    events = [entry for entry in entries if isinstance(entry.body, EventBody)]
    connection.execute(
        "DELETE FROM alarms "
        "USING unnest(%s::text[], %s::bigint[], %s::bigint[]) AS again (d, b, s) "
        "WHERE gateway = %s AND forgotten AND device = d AND boot = b AND seq = s",
        (
            [event.device for event in events],
            [event.boot for event in events],
            [event.seq for event in events],
            gateway,
        ),
    )


def _row(case: Case) -> tuple[object, ...]:
    first = case.raised.get(case.position)
    closed = case.done(Action.CLOSE)

    def at(action: Action) -> int | None:
        step = case.done(action)
        return step.at.wall_ms if step else None

    return (
        case.position,
        case.kind,
        case.mark.value,
        case.device,
        first.boot if first else None,
        first.seq if first else None,
        case.place,
        case.handling.value,
        case.condition.value,
        case.occurred_ms,
        case.opened.wall_ms,
        *(at(action) for action in _TIMES),
        closed.cause.value if closed and closed.cause else None,
        msgspec.json.encode(msgspec.structs.replace(case, raised={})),
    )


_COLUMNS: Final = (
    "position, kind, mark, device, boot, seq, place, handling, condition, occurred_ms, opened_ms, "
    "acknowledged_ms, dispatched_ms, arrived_ms, reinforced_ms, closed_ms, cause, state"
)
# What an alarm was when it opened is written once.
_CHANGES: Final = ", ".join(
    f"{column} = excluded.{column}" for column in _COLUMNS.split(", ")[7:] if column != "opened_ms"
)
_WRITE: Final = (
    f"INSERT INTO alarms (gateway, epoch, {_COLUMNS}) "
    f"VALUES ({', '.join(['%s'] * (len(_COLUMNS.split(', ')) + 2))}) "
    f"ON CONFLICT (gateway, epoch, position) DO UPDATE SET {_CHANGES}"
)


def _write_alarms(connection: psycopg.Connection, gateway: str, epoch: str, site: _Site) -> bool:
    """Write the alarms that have changed; say whether there were any."""
    opened = site.state.cases.open_cases()
    now = {case.position: _changing(case) for case in opened}
    changed = [case for case in opened if site.written.get(case.position) != now[case.position]]
    changed += site.closed
    if changed:
        rows = [(gateway, epoch, *_row(case)) for case in changed]
        connection.cursor().executemany(_WRITE, rows)
    site.written = now
    site.closed.clear()
    return bool(changed)


def _changing(case: Case) -> _Changing:
    return (
        case.handling,
        case.condition,
        len(case.steps),
        case.events,
        len(case.accepted_by) + len(case.refused_by),
        sum(each.step + each.times for each in case.escalated.values()),
    )


def _write_faults(connection: psycopg.Connection, gateway: str, state: SiteState) -> bool:
    """Write the faults that have changed; say whether there were any."""
    standing = {
        row[0]: row[1]
        for row in connection.execute(
            "SELECT source, position FROM faults WHERE gateway = %s", (gateway,)
        ).fetchall()
    }
    now = {source: entry.position for source, entry in state.faults.items()}
    if now == standing:
        return False
    for source in standing.keys() - now.keys():
        connection.execute(
            "DELETE FROM faults WHERE gateway = %s AND source = %s", (gateway, source)
        )
    for source, position in now.items():
        if standing.get(source) != position:
            connection.execute(
                "INSERT INTO faults (gateway, source, position, since_ms) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT (gateway, source) DO UPDATE "
                "SET position = excluded.position, since_ms = excluded.since_ms",
                (gateway, source, position, state.faults[source].recorded_ms),
            )
    return True
