"""What follows from the entries of each gateway: its open alarms and its faults, as tables.

The same fold as at the site says what an alarm is. Its state is kept in memory for each gateway
that sends, and read from the database again after a restart, an error, or when another process
has kept entries in between.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
import psycopg

from callpoint_district.database import CHANGES, tell_all
from callpoint_district.journal.alarm_rows import AlarmRow, write_alarms, write_faults
from callpoint_district.journal.histories import Histories
from callpoint_district.journal.store import (
    FROM_LINE,
    LINEAGE_OF,
    GatewayStore,
    fork,
    snapshot_of,
    within,
)
from callpoint_gateway.alarms import snapshot as snapshots
from callpoint_gateway.alarms.case import Case, Condition, Escalated, Handling
from callpoint_gateway.alarms.site_state import TYPES, SiteState
from callpoint_gateway.journal.entries import Entry, EventBody

#: Gateways whose state one process keeps in memory; the one that sent longest ago is read again.
MOST: Final = 2000
#: A snapshot is stored after so many entries, so that a restart reads little.
SNAPSHOT_AFTER: Final = 500
#: With more open alarms none is stored: each of them is read singly when it is used.
SNAPSHOT_ALARMS: Final = 50

# What changes of an alarm: its handling, its condition, how many steps were taken, events came
# and centres answered, the number of its last alert, and the last escalation of each deadline.
_Changing = tuple[Handling, Condition, int, int, int, int, tuple[Escalated, ...]]


class _Site:
    """The state of one gateway's site, and which rows of ``alarms`` were written of it."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.closed: list[Case] = []
        self.state = SiteState(self.closed.append)
        self.position = 0
        self.hash = b""  # of the entry at that position: it proves which history this is of
        self.written: dict[int, _Changing] = {}
        self.since_snapshot = 0

    def changed(self) -> list[Case]:
        """Return the alarms whose rows differ from what they are now. They count as written."""
        opened = self.state.cases.open_cases()
        now = {case.position: _changing(case) for case in opened}
        differ = [case for case in opened if self.written.get(case.position) != now[case.position]]
        differ += self.closed
        self.written = now
        self.closed.clear()
        return differ


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
        tell_all(connection, CHANGES, [gateway])

    def take(self, connection: psycopg.Connection, news: Sequence["News"]) -> None:
        """Bring the tables up to what has just come: of any number of gateways, of each once.

        The database has these entries already, within this transaction.
        """
        sites = {each.gateway: self._brought_up(connection, each) for each in news}
        while len(self._sites) > MOST:
            self._sites.popitem(last=False)
        _remember_again(connection, news)
        alarms = [
            AlarmRow(gateway, site.epoch, case)
            for gateway, site in sites.items()
            for case in site.changed()
        ]
        write_alarms(connection, alarms)
        changed = {alarm.gateway for alarm in alarms}
        changed |= write_faults(
            connection, {gateway: site.state.faults for gateway, site in sites.items()}
        )
        tell_all(connection, CHANGES, changed)
        _store_snapshots(connection, sites)

    def _brought_up(self, connection: psycopg.Connection, news: "News") -> _Site:
        gateway, epoch = news.gateway, news.epoch
        site = self._sites.get(gateway)
        if site is not None and site.epoch == epoch and site.hash == news.before:
            for entry in news.entries:
                if entry.type in TYPES:
                    site.state.take(entry)
        else:
            store = GatewayStore(within(connection), gateway, snapshot_of(connection, gateway))
            if site is not None and site.epoch == epoch and _is_before(connection, site, news):
                # Another process kept some, and wrote alarms that may now be as they were before.
                snapshots.catch_up(site.state, store)
                site.written.clear()
            else:
                site = self._sites[gateway] = _Site(epoch)
                snapshots.start(site.state, store)
        site.position, site.hash = news.last, news.hash
        site.since_snapshot += len(news.entries)
        self._sites.move_to_end(gateway)
        return site


class News(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one gateway: the rows behind ``after`` up to ``last``.

    ``entries`` are those of them that this version can read. ``before`` and ``hash`` are the
    hashes of the entry at ``after`` and of the last.
    """

    gateway: str
    epoch: str
    entries: list[Entry]
    after: int
    before: bytes
    last: int
    hash: bytes


def _is_before(connection: psycopg.Connection, site: _Site, news: News) -> bool:
    """Say whether what is in memory is of this history, and another process has gone on from it.

    A gateway and the database may both have been put back while this process ran.
    """
    if site.position >= news.after:
        return False
    return Histories(connection, news.gateway).hash_at(news.epoch, site.position) == site.hash


def _store_snapshots(connection: psycopg.Connection, sites: Mapping[str, _Site]) -> None:
    due = {
        gateway: site
        for gateway, site in sites.items()
        if site.since_snapshot >= SNAPSHOT_AFTER
        and len(site.state.cases.open_cases()) <= SNAPSHOT_ALARMS
    }
    if not due:
        return
    kept = [msgspec.json.encode(snapshots.snapshot(site.state)).decode() for site in due.values()]
    connection.execute(
        "UPDATE gateways SET snapshot = now.snapshot::jsonb FROM unnest(%s::text[], %s::text[]) "
        "AS now (gateway, snapshot) WHERE gateways.gateway = now.gateway",
        (list(due), kept),
    )
    for site in due.values():
        site.since_snapshot = 0


def _remember_again(connection: psycopg.Connection, news: Sequence[News]) -> None:
    """Drop a forgotten alarm whose event a device has sent again: it is the same alarm."""
    events = [
        (each.gateway, entry)
        for each in news
        for entry in each.entries
        if isinstance(entry.body, EventBody)
    ]
    connection.execute(
        "DELETE FROM alarms USING unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[]) "
        "AS again (gateway, device, boot, seq) WHERE alarms.gateway = again.gateway AND forgotten "
        "AND alarms.device = again.device AND alarms.boot = again.boot AND alarms.seq = again.seq",
        (
            [gateway for gateway, _ in events],
            [event.device for _, event in events],
            [event.boot for _, event in events],
            [event.seq for _, event in events],
        ),
    )


def _changing(case: Case) -> _Changing:
    return (
        case.handling,
        case.condition,
        len(case.steps),
        case.events,
        len(case.accepted_by) + len(case.refused_by),
        case.alert_number,
        tuple(case.escalated.values()),
    )
