"""Finds gateways that run on two machines at once, by a copied card or a cloned state folder.

Each run of a gateway's program has a number of its own in its life signs. A run that comes back
after another was heard means two machines. A gateway that starts again, connects again or was put
back never comes back as an earlier run. What a connection that is gone still held may come late,
so ``RETURNS`` of them are asked for; two machines make that many within 40 s.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

import msgspec
import psycopg

from callpoint_district import listening
from callpoint_district.database import Database
from callpoint_district.sites.silence import SILENT_MS
from callpoint_gateway.host.printable import one_line

RETURNS: Final = 3
LOOK_S: Final = 5.0
#: The source of the fault.
SOURCE: Final = "upstream/double"
#: Earlier runs of one gateway that are known, at most.
_MOST: Final = 8

log = logging.getLogger(__name__)


class _Runs(msgspec.Struct):
    """The run that was heard last, when earlier ones were, and when runs came back (ms)."""

    newest: str
    heard_ms: int
    earlier: dict[str, int] = {}
    returns: tuple[int, ...] = ()


class Doubles:
    """Judges life signs. No I/O and no clock."""

    def __init__(self) -> None:
        """Nobody was heard yet."""
        self._runs: dict[str, _Runs] = {}

    def hear(self, gateway: str, run: str, now_ms: int) -> bool:
        """Take a life sign; return whether it shows that the gateway runs on two machines."""
        runs = self._runs.get(gateway)
        if runs is None:
            self._runs[gateway] = _Runs(run, now_ms)
            return False
        if run == runs.newest:
            runs.heard_ms = now_ms
            return False
        recent = {each: ms for each, ms in runs.earlier.items() if now_ms - ms < SILENT_MS}
        came_back = recent.pop(run, None) is not None
        recent[runs.newest] = runs.heard_ms
        runs.earlier = dict(list(recent.items())[-_MOST:])
        runs.newest, runs.heard_ms = run, now_ms
        if not came_back:
            return False
        returns = (*runs.returns, now_ms)[-RETURNS:]
        runs.returns = tuple(ms for ms in returns if now_ms - ms < SILENT_MS)
        return len(runs.returns) == RETURNS


def keep(database: Database, gateways: Collection[str], wall_ms: int) -> None:
    """Keep that gateways run on two machines now. psycopg.Error: nothing was kept."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO doubles (gateway, since_ms, seen_at) SELECT gateway, %s, %s "
            "FROM unnest(%s::text[]) AS gateway ORDER BY 1 "
            "ON CONFLICT (gateway) DO UPDATE SET seen_at = excluded.seen_at",
            (wall_ms, listening.now_ms(database, connection), sorted(gateways)),
        )


def end(database: Database) -> None:
    """Forget what was not seen for a while. psycopg.Error: nothing was changed."""
    with database.transaction() as connection:
        connection.execute(
            "DELETE FROM doubles WHERE %s - seen_at >= %s",
            (listening.now_ms(database, connection), SILENT_MS),
        )


async def watch(database: Database) -> None:
    """Forget it again and again, until cancelled."""
    while True:
        try:
            await asyncio.to_thread(end, database)
        except psycopg.Error as error:
            log.warning("two machines: %s", one_line(error))
        await asyncio.sleep(LOOK_S)


class Double(msgspec.Struct, frozen=True):
    """A gateway that runs on two machines, and since when that is known (Unix ms)."""

    gateway: str
    since_ms: int


def doubles(connection: psycopg.Connection) -> list[Double]:
    """Return the gateways that run on two machines now, by name."""
    found = connection.execute("SELECT gateway, since_ms FROM doubles ORDER BY gateway")
    return [Double(*row) for row in found]
