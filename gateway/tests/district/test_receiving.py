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
from nats.aio.msg import Msg

from callpoint_district.database import Database
from callpoint_district.journal.gathered import MOST, Gathered
from callpoint_district.journal.keeping import Keeper, Sent, Taken
from callpoint_district.journal.receiving import BATCH, CONSUMER, STREAM, Receiver
from callpoint_district.settings import District
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols import upstream as words
from callpoint_gateway.protocols.upstream import GENESIS, Parcel, Receipt
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .journals import parcels, pressed
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


async def unacknowledged(client: Client) -> int:
    """Return how many messages were given to a receiver and not acknowledged."""
    return (await client.jetstream().consumer_info(STREAM, CONSUMER)).num_ack_pending or 0


async def until_received(client: Client) -> None:
    """Wait until a receiver has made the stream."""
    while True:
        try:
            await client.jetstream().consumer_info(STREAM, CONSUMER)
        except nats.errors.Error:
            await asyncio.sleep(0.02)
        else:
            return


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
                while await unacknowledged(client):
                    await asyncio.sleep(0.02)
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


class AwayKeeper(Keeper):
    """Its database is away; it notes what it was given."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, SystemClock())
        self.given: list[str] = []

    def keep(self, sent: Sequence[Sent]) -> list[Taken]:
        self.given += [each.gateway for each in sent]
        raise psycopg.OperationalError("away")


def test_what_is_not_committed_is_not_acknowledged_and_what_is_of_no_use_is(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> int:
        engine = Engine(folder, free_port())
        await engine.start()
        keeper = AwayKeeper(database)
        try:
            async with receiving(engine, keeper, address) as client:
                await until_received(client)
                await client.publish(words.upward("d1", "g1", "alarms"), b"of no use")
                await client.publish(words.upward("d1", "g1", "alarms"), words.encode(poisoned(1)))
                await until(lambda: "g1" in keeper.given)
                # What the receiver sent over its connection has arrived when it has a new one.
                await client.publish(words.upward("d1", "g2", "alarms"), words.encode(poisoned(2)))
                await until(lambda: "g2" in keeper.given)
                return await unacknowledged(client)
        finally:
            await engine.stop()

    assert asyncio.run(play()) == 2


def test_a_parcel_ahead_of_its_turn_is_held_then_asked_for_and_dropped(
    folder: Path, address: str, database: Database
) -> None:
    file = folder / "alarms.db"
    pressed(file, "a", "b", "c", "d", "e")
    first, second, third, fourth, fifth = parcels(file, "0" * 15, 0, 1)

    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        receipts: list[Receipt] = []

        async def receive(message: Msg) -> None:
            receipts.append(words.decode(message.data, Receipt))

        def stands(position: int) -> bool:
            return any(receipt.position == position for receipt in receipts)

        try:
            async with receiving(engine, Keeper(database, SystemClock()), address) as client:
                await client.subscribe(words.downward("d1", "g1", "receipt"), cb=receive)
                await until_received(client)

                async def send(*sent: Parcel) -> None:
                    for parcel in sent:
                        message = words.encode(parcel)
                        await client.publish(words.upward("d1", "g1", "alarms"), message)

                await send(first, third, second)
                await until(lambda: stands(3))
                assert not any(receipt.again for receipt in receipts)
                await send(fifth)
                await until(lambda: receipts[-1].again)
                assert receipts[-1].position == 3
                while await unacknowledged(client):
                    await asyncio.sleep(0.02)
                await send(fourth)
                await until(lambda: stands(4))
                await send(fifth)
                await until(lambda: stands(5))
                assert [receipt.position for receipt in receipts[-3:]] == [3, 4, 5]
        finally:
            await engine.stop()

    asyncio.run(play())


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
