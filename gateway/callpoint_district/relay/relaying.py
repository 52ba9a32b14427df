"""Relays the journals of a district's gateways to its city: the district is a gateway there.

What it promises:

1. Each chain goes up as it is, row by row, so its hashes are proved again at the city.
2. The cursor of a chain moves on the city's receipt only, and is kept in the district's database.
3. Every epoch of a gateway is told to its end before the next. The relay has epochs of its own
   towards the city: another one begins with each of these, and when the city has another history
   because one of the two databases was put back.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from typing import Final, ParamSpec, TypeVar

import msgspec
import psycopg

from callpoint_district.database import CHANGES, KEPT, Database
from callpoint_district.relay.city_line import KeptReport
from callpoint_district.relay.copying import Copying
from callpoint_district.relay.cursors import Cursors, RelayCursor
from callpoint_district.relay.forwarding import Forwarding
from callpoint_district.relay.kept_chain import KeptChain
from callpoint_district.relay.telling import SIGNS_S, Telling
from callpoint_district.sessions import ALIVE
from callpoint_district.settings import District
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.host.unexpected import first_of
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.upstream.chain_line import ChainLine
from callpoint_gateway.upstream.cursor import new_epoch
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.life_signs import LifeSigns
from callpoint_gateway.upstream.line import Line

#: Chains that are worked on at the same time. Most wait for the engine, the city or a commit.
LANES: Final = 16
#: Chains that are read at the same time; each read holds a connection to the database.
READERS: Final = 3
#: All gateways are looked at so often, in case a notice of the database was missed.
LOOK_S: Final = 30.0

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")


class _Stands(msgspec.Struct, frozen=True):
    """How a gateway's chain stands at the district, and how far it is relayed."""

    gateway: str
    epoch: str
    position: int
    relay_epoch: str | None
    relayed: int
    line: str


class _Relayed:
    """A chain on its way to the city."""

    __slots__ = ("chain", "delivery")

    def __init__(self, chain: KeptChain, delivery: Delivery) -> None:
        self.chain, self.delivery = chain, delivery

    def is_at(self, epoch: str, position: int) -> bool:
        """Say whether the city has everything up to here."""
        return self.chain.epoch == epoch and self.delivery.receipted == position


async def relay(settings: District, city: Upstream, clock: Clock) -> None:
    """Relay until cancelled. psycopg.Error: the database is away."""
    database = Database(settings.database)
    try:
        await Relay(settings, city, database, clock).run()
    finally:
        await asyncio.to_thread(database.close)


class Relay:
    """Tells one city what one district has. ``run`` once."""

    def __init__(
        self, settings: District, city: Upstream, database: Database, clock: Clock
    ) -> None:
        """``database``: for this relay alone."""
        self._settings = settings
        self._city = city
        self._database = database
        self._clock = clock
        self._relayed: dict[str, _Relayed] = {}
        self._too_deep: set[str] = set()
        self._look = asyncio.Event()
        self._cursors = Cursors(database)
        self._readers = ThreadPoolExecutor(READERS, "relay")
        self._forwarding = Forwarding(settings, city)
        self._copying = Copying(database, city.district, self._where)
        self._report = KeptReport(database, city.district, clock)
        telling = Telling(database, city.district, self._path, clock)
        self._line = Line(
            city,
            clock,
            self._report,
            answer=self._forwarding.answer,
            program=version("callpoint"),
            works=[
                LifeSigns(city.district, telling.signs, SIGNS_S).work,
                telling.registers,
                telling.rates,
                self._copying.work,
            ],
            lanes=LANES,
            ends=(psycopg.Error,),
        )

    async def run(self) -> None:
        """Relay until cancelled. psycopg.Error: the database is away."""
        await self._look_once()
        try:
            await first_of(
                [self._line.run(), self._listen(), self._look_often(), self._report.keep()]
            )
        finally:
            self._readers.shutdown(wait=False)
            await self._forwarding.close()

    async def _reads(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Read in a thread of the relay's own: what else needs a thread waits for no chain."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, partial(call, *args, **kwargs))

    def _path(self, gateway: str) -> str | None:
        path = words.relayed(self._city.gateway, gateway)
        if path is None and gateway not in self._too_deep:
            self._too_deep.add(gateway)
            log.warning("%s is not relayed: its name would have too many parts", gateway)
        return path

    def _where(self, gateway: str) -> tuple[str, str] | None:
        """Return the path and the present epoch of a gateway's chain at the city."""
        path, relayed = self._path(gateway), self._relayed.get(gateway)
        return None if path is None or relayed is None else (path, relayed.delivery.epoch)

    async def _look_often(self) -> None:
        while True:
            self._look.clear()
            await self._look_once()
            try:
                await asyncio.wait_for(self._look.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def _look_once(self) -> None:
        """Relay the gateways that are not relayed yet, and wake those with something new."""
        for stands in await asyncio.to_thread(_all, self._database):
            if (path := self._path(stands.gateway)) is None:
                continue
            relayed = self._relayed.get(stands.gateway)
            if relayed is None:
                self._add(path, stands)
                relayed = self._relayed[stands.gateway]
            if not relayed.is_at(stands.epoch, stands.position):
                self._line.wake(path)

    def _add(self, path: str, stands: _Stands) -> None:
        chain = KeptChain(self._database, stands.gateway, stands.line)
        delivery = Delivery(chain, stands.relay_epoch or new_epoch(), stands.relayed)

        async def save(epoch: str, position: int) -> None:
            cursor = RelayCursor(chain.gateway, epoch, chain.epoch, position)
            await self._cursors.store(cursor)

        self._relayed[stands.gateway] = _Relayed(chain, delivery)
        self._line.add(
            ChainLine(
                path,
                chain,
                delivery,
                self._clock,
                save=save,
                new_epoch=new_epoch,
                reads=self._reads,
                histories=chain,
            )
        )

    async def _listen(self) -> None:
        """Wake a chain when the database says that entries of it were kept."""
        async with await psycopg.AsyncConnection.connect(
            self._settings.database, autocommit=True, **ALIVE
        ) as connection:
            for channel in (KEPT, CHANGES):
                await connection.execute(f"LISTEN {channel}")
            self._look.set()  # for what was kept until now
            async for notice in connection.notifies():
                self._noticed(notice.channel, notice.payload)

    def _noticed(self, channel: str, gateway: str) -> None:
        if channel == CHANGES:
            self._copying.changed(gateway)
            return
        path = self._path(gateway)
        if gateway not in self._relayed:
            self._look.set()
        elif path is not None:
            self._line.wake(path)


def _all(database: Database) -> list[_Stands]:
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT gateways.gateway, gateways.epoch, gateways.position, relays.epoch, "
            "coalesce(relays.position, begun.base), coalesce(relay_epochs.line, begun.epoch) "
            "FROM gateways JOIN (SELECT DISTINCT ON (gateway) gateway, epoch, base FROM epochs "
            "ORDER BY gateway, number) AS begun USING (gateway) "
            "LEFT JOIN relays USING (gateway) LEFT JOIN relay_epochs "
            "ON relay_epochs.gateway = gateways.gateway AND relay_epochs.epoch = relays.epoch "
            "ORDER BY gateway"
        ).fetchall()
    return [_Stands(*row) for row in found]
