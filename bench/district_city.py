"""Measures a city: the chains of a district with thousands of gateways, relayed over one line.

All parts are real: an engine for each of the two, one server with both databases, a process each.
The district's database is filled by the code that keeps parcels there; the city's is filled by the
relay, the engine and the city's process.
"""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from district_gateways import MemoryChain
from process import cpu_s, peak_mb

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.upstream.cursor import new_epoch
from callpoint_gateway.upstream.parcels import pack
from callpoint_protocol import names
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import PROGRAM

GATEWAYS: Final = 2_000
ENTRIES: Final = 20
#: Alarms of a day, one after the other, and their pause in seconds.
ALARMS: Final = 200
PAUSE_S: Final = 0.05
#: Gateways that have news when the district's process starts again.
NEWS: Final = 100
REST_S: Final = 10.0
LOOK_S: Final = 0.05
SOON_S: Final = 600.0
_BATCH: Final = 64


class Found(msgspec.Struct):
    """The results; ``cores``: while it drained; at rest of both together."""

    drain_s: float
    floor_s: float
    again_s: float
    took_ms: list[float]
    lost: int
    twice: int
    district_mb: float
    city_mb: float
    district_cores: float
    city_cores: float
    rest_cores: float


class Tier:
    """One tier: an engine, a database of the server, and a process."""

    def __init__(self, folder: Path, server: Server, name: str, *more: str) -> None:
        """``more``: further lines of its configuration."""
        folder /= name
        folder.mkdir(parents=True)
        self.engine = Engine(folder, free_port())
        self.database = server.address(name)
        config = folder / "district.toml"
        lines = [f'district = "{name}"', f'servers = ["{self.engine.address}"]']
        lines += [f'database = "{self.database}"', *more, ""]
        config.write_text("\n".join(lines), encoding="utf-8")
        command = [sys.executable, *PROGRAM, "district", "run", "-c", str(config)]
        self.process = Part(name, folder, command, None)

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows that its database has."""
        with psycopg.connect(self.database) as connection:
            return connection.execute(text).fetchall()


class Chains:
    """The same journal for many gateways, and how far each is kept at the district."""

    def __init__(self, database: str, gateways: int) -> None:
        self.clock = SystemClock()
        self.database = Database(database)
        self.database.migrate()
        self._keeper = Keeper(self.database, self.clock)
        self._journal = MemoryChain()
        self._at = {f"g{number:04d}": (new_epoch(), 0) for number in range(gateways)}

    def grow(self, entries: int, gateways: Sequence[str] | None = None) -> None:
        """Have the district keep so many further entries of each gateway, or of those named."""
        parcels = self._parcels(entries, gateways or list(self._at))
        while batch := list(islice(parcels, _BATCH)):
            self._keeper.keep(batch)

    def _parcels(self, entries: int, gateways: Sequence[str]) -> Iterator[Sent]:
        for gateway in gateways:
            epoch, at = self._at[gateway]
            while self._journal.head() < at + entries:
                alarm = self._journal.head() % 10 == 0
                self._journal.event(names.PANIC if alarm else names.DOOR, names.ALARM)
            self._at[gateway] = epoch, at + entries
            yield Sent(gateway, pack(self._journal.after(at, entries), epoch, self._journal))

    @property
    def gateways(self) -> list[str]:
        """Their names at the district."""
        return list(self._at)

    @property
    def entries(self) -> int:
        """How many there are, of all gateways."""
        return sum(at for _, at in self._at.values())


def _server(folder: Path) -> Server:
    folder.mkdir(exist_ok=True)
    server = Server(folder, free_port())
    server.make()
    return server


@asynccontextmanager
async def running(folder: Path, server: Server) -> AsyncIterator[tuple[Tier, Tier]]:
    """Yield a city and a district with an empty database each; no process of them runs yet."""
    city = Tier(folder, server, "c1")
    line = ["[upstream]", 'district = "c1"', 'gateway = "d1"']
    district = Tier(folder, server, "d1", *line, f'servers = ["{city.engine.address}"]')
    try:
        await asyncio.gather(*(part.start() for part in (server, city.engine, district.engine)))
        for name in ("c1", "d1"):
            server.create(name)
        yield city, district
    finally:
        for part in (district.process, city.process, district.engine, city.engine, server):
            await part.kill()
        server.remove()


async def all_there(city: Tier, entries: int) -> float:
    """Wait until the city has so many entries; return the seconds."""
    began = time.monotonic()
    async with await psycopg.AsyncConnection.connect(city.database, autocommit=True) as connection:
        async with asyncio.timeout(SOON_S):
            while True:
                found = await connection.execute("SELECT sum(position) FROM gateways")
                (there,) = await found.fetchone() or (0,)
                if int(there or 0) >= entries:
                    return time.monotonic() - began
                await asyncio.sleep(LOOK_S)


async def _hears(tier: Tier) -> None:
    """Wait until a tier's process hears what is said to it."""
    async with asyncio.timeout(SOON_S):
        while True:
            if tier.query("SELECT heard_at FROM listening") != [(0,)]:
                return
            await asyncio.sleep(LOOK_S)


def _count(city: Tier, chains: Chains) -> tuple[int, int]:
    """Return how many entries the city lacks, and how many it has twice."""
    ((there, distinct),) = city.query(
        "SELECT count(*), count(DISTINCT (gateway, position)) FROM entries"
    )
    return chains.entries - distinct, there - distinct


async def measure(folder: Path, gateways: int = GATEWAYS) -> Found:
    """Fill a district, have it relay everything, let a day go by, and start it again."""
    async with running(folder, _server(folder)) as (city, district):
        chains = Chains(district.database, gateways)
        began = time.monotonic()
        await asyncio.to_thread(chains.grow, ENTRIES)
        floor_s = time.monotonic() - began
        Database(city.database).migrate()
        await city.process.start()

        await _hears(city)
        await district.process.start()
        both = (district.process.pid, city.process.pid)
        drain_s = await all_there(city, chains.entries)
        drained_s = [cpu_s(pid) for pid in both]
        await asyncio.sleep(REST_S)
        rested_s = [cpu_s(pid) for pid in both]
        for number in range(ALARMS):
            gateway = chains.gateways[number * 7919 % gateways]
            await asyncio.to_thread(chains.grow, 1, [gateway])
            await asyncio.sleep(PAUSE_S)
        await all_there(city, chains.entries)
        took = _took_ms(district, city)
        district_mb, city_mb = peak_mb(district.process.pid), peak_mb(city.process.pid)
        await district.process.kill()
        await asyncio.to_thread(chains.grow, 1, chains.gateways[-NEWS:])
        await district.process.start()
        again_s = await all_there(city, chains.entries)
        lost, twice = _count(city, chains)
        chains.database.close()
        return Found(
            drain_s=drain_s,
            floor_s=floor_s,
            again_s=again_s,
            took_ms=took,
            lost=lost,
            twice=twice,
            district_mb=district_mb,
            city_mb=city_mb,
            district_cores=drained_s[0] / drain_s,
            city_cores=drained_s[1] / drain_s,
            rest_cores=(sum(rested_s) - sum(drained_s)) / REST_S,
        )


def _took_ms(district: Tier, city: Tier) -> list[float]:
    """Return ms from the district's keeping of each alarm of the day to the city's."""
    query = f"SELECT gateway, position, arrived_ms FROM entries WHERE position > {ENTRIES}"
    kept = {(f"d1/{gateway}", at): ms for gateway, at, ms in district.query(query)}
    return [float(ms - kept[gateway, at]) for gateway, at, ms in city.query(query)]
