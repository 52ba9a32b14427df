"""What gateways count in each hour: kept in months, of which old ones go.

What it promises:

1. The same hour told again replaces what was told of it.
2. Months are made ahead, so that a message finds its own. A month goes as a whole when
   ``retention_months`` have passed since, counted back from the newest hour that was told, so that
   a clock which runs ahead takes nothing away. Nothing else goes: no entry of a journal, ever.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import psycopg
from psycopg import sql
from psycopg.errors import CheckViolation, LockNotAvailable

from callpoint_district.alone import alone
from callpoint_district.database import Database
from callpoint_district.settings import District
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.protocols.upstream import Rates

#: Hours so far back and so far ahead are kept; others come from a clock that is wrong.
BACK_MS: Final = 3 * 86_400_000
AHEAD_MS: Final = 86_400_000
#: The highest sum: a gateway may tell numbers of which no sum is a bigint.
MOST: Final = 2**62
#: So many months after this one are there already.
MONTHS_AHEAD: Final = 2
LOOK_S: Final = 3600.0
#: So long a month that is to go waits for those who read, in ms.
DROP_MS: Final = 200
# One process at a time makes or drops a month: any number that no other program uses.
_LOCK: Final = 0x63616C6C72617465
_PREFIX: Final = "rates_"
_MAKE: Final = sql.SQL("CREATE TABLE {} (LIKE rates INCLUDING ALL)")
_ATTACH: Final = sql.SQL("ALTER TABLE rates ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")

log = logging.getLogger(__name__)


def keep(database: Database, told: Sequence[tuple[str, Rates]], now_ms: int) -> None:
    """Keep what gateways have told. psycopg.Error: nothing was kept."""
    rows = {
        (gateway, rates.hour_ms, what): number
        for gateway, rates in told
        if now_ms - BACK_MS <= rates.hour_ms <= now_ms + AHEAD_MS
        for what, number in rates.counts.items()
    }
    if not rows:
        return
    try:
        _insert(database, rows)
    except CheckViolation:
        # The first that is told to a new district, or the clock was put right.
        make_months(database, now_ms)
        _insert(database, rows)


def _insert(database: Database, rows: dict[tuple[str, int, str], int]) -> None:
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO rates (gateway, hour_ms, what, number) SELECT * FROM "
            "unnest(%s::text[], %s::bigint[], %s::text[], %s::bigint[]) ORDER BY 1, 2, 3 "
            "ON CONFLICT (gateway, hour_ms, what) DO UPDATE SET number = excluded.number",
            (
                [gateway for gateway, _, _ in rows],
                [hour_ms for _, hour_ms, _ in rows],
                [what for _, _, what in rows],
                list(rows.values()),
            ),
        )


def counted(
    database: Database, area: tuple[str, ...], since_ms: int, until_ms: int
) -> dict[str, int]:
    """Return what the gateways with a place in an area counted in the hours of a time.

    ``event/smoke/alarm``, ``delivery/accepted`` and so on, as ``upstream.hourly_counts`` has it.
    ``area``: from the city down; empty: everything.
    """
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT what, least(sum(number), %(most)s)::bigint FROM rates "
            "WHERE hour_ms >= %(since)s AND hour_ms < %(until)s AND (%(area)s::text[] = '{}' "
            "OR gateway IN (SELECT gateway FROM places "
            "WHERE grid[1:cardinality(%(area)s::text[])] = %(area)s::text[])) "
            "GROUP BY what ORDER BY what",
            {"since": since_ms, "until": until_ms, "area": list(area), "most": MOST},
        ).fetchall()
    return dict(rows)


def make_months(database: Database, now_ms: int) -> None:
    """Make the months in which hours of now, and of some time ahead, are kept."""
    first = _month(now_ms - BACK_MS)
    last = _month(now_ms) + MONTHS_AHEAD
    with database.transaction() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        there = set(_months(connection))
        for month in range(first, last + 1):
            if month not in there:
                name, begin, end = _name(month), _begin_ms(month), _begin_ms(month + 1)
                parts = (sql.Identifier(name), sql.Literal(begin), sql.Literal(end))
                # A table that is attached waits for nobody who reads: a backup takes hours.
                connection.execute(_MAKE.format(*parts))
                connection.execute(_ATTACH.format(*parts))


def drop_months(database: Database, now_ms: int, retention_months: int) -> list[str]:
    """Drop the months that are older than so many, each by itself; return their names.

    While somebody reads (a backup) nothing more is dropped: the next look does it.
    """
    with database.transaction() as connection:
        months = _months(connection)
        newest = _newest(connection, months)
    if newest is None:
        return []
    oldest = min(_month(now_ms), newest) - retention_months
    gone = []
    for month in sorted(month for month in months if month < oldest):
        try:
            with database.transaction() as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
                # Whoever waits for this lock holds up all who write.
                connection.execute(f"SET LOCAL lock_timeout = {DROP_MS}")
                drop = sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(_name(month)))
                connection.execute(drop)
        except LockNotAvailable:
            break
        gone.append(_name(month))
    return gone


def _newest(connection: psycopg.Connection, months: Sequence[int]) -> int | None:
    """Return the newest month of which something was told, without reading all of it."""
    look = sql.SQL("SELECT EXISTS (SELECT FROM {})")
    return next(
        (
            month
            for month in sorted(months, reverse=True)
            if connection.execute(look.format(sql.Identifier(_name(month)))).fetchone() == (True,)
        ),
        None,
    )


async def keep_months(settings: District, database: Database, clock: Clock) -> None:
    """Make and drop months, in one process of the district at a time, until cancelled."""

    async def work() -> None:
        while True:
            now_ms = clock.wall_ms()
            await asyncio.to_thread(make_months, database, now_ms)
            gone = await asyncio.to_thread(
                drop_months, database, now_ms, settings.retention_months
            )
            if gone:
                log.info("rates: dropped %s", ", ".join(gone))
            await asyncio.sleep(LOOK_S)

    await alone(settings.database, "retention", work)


# A month is its number since the year 0, so that months can be compared and counted.
def _month(at_ms: int) -> int:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.year * 12 + at.month - 1


def _begin_ms(month: int) -> int:
    return round(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)


def _name(month: int) -> str:
    return f"{_PREFIX}{month // 12:04d}_{month % 12 + 1:02d}"


def _months(connection: psycopg.Connection) -> list[int]:
    rows = connection.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid "
        "WHERE inhparent = 'rates'::regclass ORDER BY relname"
    ).fetchall()
    parts = [row[0].removeprefix(_PREFIX).split("_") for row in rows]
    return [int(year) * 12 + int(month) - 1 for year, month in parts]
