"""Passes on copies of urgent entries that a gateway has sent ahead of their turn.

The city shows them until the entries themselves have come, as the district does.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from nats.aio.client import Client

from callpoint_district.database import Database
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import UrgentCopy

FLUSH_S: Final = 5
#: Returns the path of a gateway at the city and the relay's epoch there; None: not relayed yet.
Where = Callable[[str], tuple[str, str] | None]


class Copying:
    """The copies that one relay passes on."""

    def __init__(self, database: Database, city: str, where: Where) -> None:
        """``city``: its name, as in its subjects."""
        self._database = database
        self._city = city
        self._where = where
        self._changed: set[str] = set()
        self._news = asyncio.Event()
        self._sent: dict[str, set[int]] = {}

    def changed(self, gateway: str) -> None:
        """Note that there may be copies of a gateway, or that they are gone."""
        self._changed.add(gateway)
        self._news.set()

    async def work(self, client: Client) -> None:
        """Pass copies on over a connection as long as it stands."""
        self._sent.clear()
        for gateway in await asyncio.to_thread(_gateways, self._database):
            self.changed(gateway)
        while True:
            await self._news.wait()
            self._news.clear()
            while self._changed:
                await self._pass_on(client, self._changed.pop())
            await client.flush(timeout=FLUSH_S)

    async def _pass_on(self, client: Client, gateway: str) -> None:
        rows = await asyncio.to_thread(_copies, self._database, gateway)
        where = self._where(gateway)
        if not rows or where is None:
            self._sent.pop(gateway, None)
            return
        path, epoch = where
        sent = self._sent.setdefault(gateway, set())
        for position, row in rows:
            if position not in sent:
                copy = UrgentCopy(epoch=epoch, row=msgspec.Raw(row))
                await client.publish(words.upward(self._city, path, "urgent"), words.encode(copy))
        self._sent[gateway] = {position for position, _ in rows}


def _gateways(database: Database) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT DISTINCT gateway FROM provisional").fetchall()
    return [row[0] for row in rows]


def _copies(database: Database, gateway: str) -> list[tuple[int, bytes]]:
    with database.transaction() as connection:
        rows = connection.execute(
            "SELECT position, row FROM provisional WHERE gateway = %s ORDER BY position",
            (gateway,),
        ).fetchall()
    return [(row[0], bytes(row[1])) for row in rows]
