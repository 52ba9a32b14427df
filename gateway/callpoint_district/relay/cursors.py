"""The cursors of chains towards the city, in the district's database: those of many in one commit.

A commit costs the disk as much for a hundred cursors as for one.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import msgspec

from callpoint_district.database import Database

_STORE: Final = """
WITH cursors AS (
  SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[])
  AS cursor (gateway, epoch, line, position)),
known AS (
  INSERT INTO relay_epochs (gateway, epoch, line)
  SELECT gateway, epoch, line FROM cursors ON CONFLICT DO NOTHING)
INSERT INTO relays (gateway, epoch, position) SELECT gateway, epoch, position FROM cursors
ON CONFLICT (gateway) DO UPDATE SET epoch = excluded.epoch, position = excluded.position
"""


class RelayCursor(msgspec.Struct, frozen=True):
    """How far a gateway's epoch ``line`` is relayed, as ``epoch`` of the city."""

    gateway: str
    epoch: str
    line: str
    position: int


class Cursors:
    """Stores cursors. For one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, RelayCursor] = {}
        self._storing = asyncio.Lock()

    async def store(self, cursor: RelayCursor) -> None:
        """Store a cursor, with all that wait as well; return when it is on disk.

        For one cursor of each gateway at a time. psycopg.Error: it may be stored or not.
        """
        self._waiting[cursor.gateway] = cursor
        async with self._storing:
            if self._waiting.get(cursor.gateway) is not cursor:
                return  # it was stored with those of others
            batch, self._waiting = self._waiting, {}
            try:
                await asyncio.to_thread(_store, self._database, batch.values())
            except BaseException:
                # Whoever waits for one of these finds out for itself.
                self._waiting = batch | self._waiting
                raise


def _store(database: Database, cursors: Iterable[RelayCursor]) -> None:
    columns = list(zip(*(msgspec.structs.astuple(cursor) for cursor in cursors), strict=True))
    with database.transaction() as connection:
        connection.execute(_STORE, [list(column) for column in columns])
