"""What goes wrong harms no other: one gateway's lies, a lost engine, a database away."""

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import nats
import psycopg
import pytest
from nats.aio.client import Client

from callpoint_district.database import Database
from callpoint_district.journal.gathered import MOST, Gathered
from callpoint_district.journal.keeping import Keeper, Sent, Taken
from callpoint_district.journal.receiving import BATCH, Receiver
from callpoint_district.settings import District
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import GENESIS, Parcel
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .played_gateway import PlayedGateway, until


@asynccontextmanager
async def receiving(engine: Engine, keeper: Keeper, address: str) -> AsyncIterator[Client]:
    """Yield a connection to the engine while a receiver runs."""
    settings = District(district="d1", servers=[engine.address], database=address)
    task = asyncio.ensure_future(Receiver(settings, keeper, SystemClock()).run())
    client = await nats.connect(engine.address)
    try:
        yield client
    finally:
        await client.close()
        await end_all([task])


def poisoned(number: int) -> Parcel:
    """Return a parcel that fits, with an alarm at a place that no database can keep."""
    body = {"type": "event", "site": "x", "kind": 1, "state": 1, "zone": 1, "detail": 0}
    body |= {"count": 1, "flags": 0, "occurred_ms": 1, "quality": "age", "place": "a\0b"}
    columns = [1, "event", 1, "b", 1, "liar", 1, number, None, msgspec.json.encode(body)]
    return Parcel(
        epoch=f"{number:015x}",
        first=1,
        previous=GENESIS.hex(),
        rows=[msgspec.Raw(msgspec.json.encode(columns))],
        begins=True,
    )


def test_a_gateway_that_lies_holds_up_no_other(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        try:
            keeper = Keeper(database, SystemClock())
            async with receiving(engine, keeper, address) as client:
                gateway = PlayedGateway(folder / "g1", engine.address)
                gateway.start()
                try:
                    await gateway.press(1)
                    await until(gateway.all_receipted)
                    for number in range(5 * BATCH):
                        lie = words.encode(poisoned(number))
                        await client.publish(words.upward("d1", "liar", "alarms"), lie)
                    await client.flush()
                    await gateway.press(1)
                    await until(gateway.all_receipted)
                finally:
                    await gateway.stop()
        finally:
            await engine.stop()

    logging.getLogger("callpoint_district").setLevel(logging.CRITICAL)
    try:
        asyncio.run(play())
    finally:
        logging.getLogger("callpoint_district").setLevel(logging.NOTSET)
    with database.transaction() as connection:
        found = connection.execute("SELECT gateway, count(*) FROM entries GROUP BY 1").fetchall()
    assert found == [("g1", 2)]


class SlowKeeper(Keeper):
    """It keeps when it is told to, and counts how many do so at the same time."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, SystemClock())
        self.may = threading.Event()
        self.inside = self.most = 0

    def keep(self, sent: Sequence[Sent]) -> list[Taken]:
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.may.wait()
        try:
            return super().keep(sent)
        finally:
            self.inside -= 1


def test_an_engine_without_a_store_is_named(
    folder: Path, address: str, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        file = folder / "nats.conf"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        stored = [line for line in lines if not line.startswith("jetstream")]
        file.write_text("".join(stored), encoding="utf-8")
        await engine.start()
        try:
            async with receiving(engine, Keeper(database, SystemClock()), address):
                await until(lambda: "it has no JetStream" in caplog.text)
        finally:
            await engine.kill()

    asyncio.run(play())


def test_a_keeper_is_used_by_one_thread_also_when_the_engine_is_lost(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> int:
        engine = Engine(folder, free_port())
        await engine.start()
        keeper = SlowKeeper(database)
        gateway = PlayedGateway(folder / "g1", engine.address)
        try:
            async with receiving(engine, keeper, address):
                gateway.start()
                await gateway.press(1)
                await until(lambda: keeper.inside == 1)
                await engine.kill()
                await engine.start()
                began_s = time.monotonic()
                # As long as the receiver needs to come back, were it not held up.
                await until(lambda: keeper.inside > 1 or time.monotonic() - began_s > 3)
                keeper.may.set()
                await until(gateway.all_receipted)
        finally:
            keeper.may.set()
            await gateway.stop()
            await engine.stop()
        return keeper.most

    assert asyncio.run(play()) == 1


def test_what_waits_for_a_database_that_is_away_is_dropped() -> None:
    taken: list[int] = []

    async def take(batch: Sequence[int]) -> Sequence[int]:
        if not taken:
            taken.append(0)
            raise psycopg.OperationalError("away")
        taken.extend(batch)
        return ()

    async def play() -> None:
        gathered = Gathered(take)
        for number in range(2 * MOST):
            gathered.put(number)
        task = asyncio.ensure_future(gathered.run())
        await until(lambda: bool(taken))
        gathered.put(-1)
        await until(lambda: taken[-1] == -1)
        await end_all([task])

    asyncio.run(play())
    assert taken == [0, -1]
