"""Gateways that were taken out of service: named as such, and nobody waits for them.

What it promises:

1. Nothing that a retired gateway has sent is deleted; reports have it as before.
2. It is told nothing, its silence and faults are none, and what is open at it waits for nobody.
3. It is in service again as soon as it is heard: enrolled anew, or never switched off.
4. A district tells its city, where the gateway is out of service as well.
"""

from collections.abc import Mapping
from typing import Final

import psycopg

from callpoint_district.database import CHANGES, Database, tell_all

#: What was on its way when it was retired is not said again: life signs come every 20 s.
STILL_MS: Final = 25_000

#: That the gateway ``gateway`` is in service, as SQL.
IN_SERVICE: Final = "gateway NOT IN (SELECT gateway FROM retirements)"


def retire(database: Database, gateway: str, now_ms: int) -> int | None:
    """Take a gateway out of service; None: it was never heard.

    Return how many alarms no person has closed there.
    """
    with database.transaction() as connection:
        # What is kept is when it was heard last: the clock of this machine may be another.
        done = connection.execute(
            "INSERT INTO retirements (gateway, at_ms, since_ms) SELECT gateway, heard_ms, %s "
            "FROM gateways WHERE gateway = %s "
            "ON CONFLICT (gateway) DO UPDATE SET at_ms = excluded.at_ms",
            (now_ms, gateway),
        )
        if not done.rowcount:
            return None
        connection.execute("DELETE FROM silences WHERE gateway = %s", (gateway,))
        tell_all(connection, CHANGES, [gateway])
        open_there = connection.execute(
            "SELECT count(*) FROM alarms WHERE gateway = %s AND closed_ms IS NULL", (gateway,)
        ).fetchall()
    return int(open_there[0][0])


def retired_below(connection: psycopg.Connection, since_ms: Mapping[str, int]) -> None:
    """Keep what a district says of its gateways: since when they are out of service (Unix ms)."""
    # The moment at which one was last heard is reckoned anew each time.
    new = connection.execute(
        "INSERT INTO retirements (gateway, at_ms, since_ms) "
        "SELECT gateway, heard_ms, told.since_ms FROM gateways "
        "JOIN unnest(%s::text[], %s::bigint[]) AS told (gateway, since_ms) USING (gateway) "
        "ORDER BY gateway ON CONFLICT (gateway) DO UPDATE SET at_ms = excluded.at_ms "
        "WHERE retirements.at_ms <> excluded.at_ms RETURNING gateway",
        (list(since_ms), list(since_ms.values())),
    ).fetchall()
    names = [row[0] for row in new]
    connection.execute("DELETE FROM silences WHERE gateway = ANY(%s)", (names,))
    tell_all(connection, CHANGES, names)


def bring_back(connection: psycopg.Connection) -> None:
    """Take the gateways into service again that were heard since they were retired."""
    found = connection.execute(
        "DELETE FROM retirements USING gateways WHERE gateways.gateway = retirements.gateway "
        "AND abs(heard_ms - at_ms) > %s RETURNING gateways.gateway",
        (STILL_MS,),
    ).fetchall()
    tell_all(connection, CHANGES, [row[0] for row in found])


def retired(connection: psycopg.Connection) -> Mapping[str, int]:
    """Return the gateways that are out of service, each with since when (Unix ms)."""
    return dict(connection.execute("SELECT gateway, since_ms FROM retirements").fetchall())


def retired_since(connection: psycopg.Connection, gateway: str) -> int | None:
    """Return since when a gateway is out of service (Unix ms), None if it is in service."""
    found = connection.execute(
        "SELECT since_ms FROM retirements WHERE gateway = %s", (gateway,)
    ).fetchone()
    return None if found is None else int(found[0])
