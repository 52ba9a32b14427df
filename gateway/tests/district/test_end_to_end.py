"""A gateway's journal, the engine and the database, all real: what is told is kept, once."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callpoint_district.database import Database
from callpoint_district.keeping import Keeper
from callpoint_district.receiving import Receiver
from callpoint_district.settings import District
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    EventBody,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.upstream.delivery import Delivery
from callpoint_gateway.upstream.line import Line
from callpoint_gateway.words.said import Said
from callpoint_protocol import names
from callpoint_rig.district_parts import Engine
from callpoint_rig.rig import free_port

SOON_S = 60.0
log = logging.getLogger(__name__)


class Reports:
    """Takes what the line reports of itself."""

    def __init__(self) -> None:
        self.is_up = False

    def up(self, reason: Said) -> None:
        self.is_up = True

    def down(self, reason: Said, remedy: Said) -> None:
        self.is_up = False
        log.warning("line: %s", reason)


def panic(seq: int) -> NewEntry:
    """Return the event of a button."""
    body = EventBody("estate", names.PANIC, names.ALARM, 1, 0, 1, 0, 1, Quality.AGE, "flat-301")
    return NewEntry(Type.EVENT, body, "button", 1, seq)


class Gateway:
    """A journal and its line to the district."""

    def __init__(self, folder: Path, engine: Engine, name: str = "g1") -> None:
        self.journal = Journal(folder / "alarms.db", SystemClock(), chained=True)
        self.chain = Chain(folder / "alarms.db")
        self.cursor = ("", 0)
        settings = Upstream(district="d1", gateway=name, servers=[engine.address])
        epoch = secrets.token_hex(8)[:15]
        self.line = Line(
            settings,
            self.chain,
            Delivery(self.chain, epoch, 0),
            SystemClock(),
            Reports(),
            save=self.save,
            new_epoch=lambda: secrets.token_hex(8)[:15],
            answer=self.answer,
            program="test",
        )
        loop = asyncio.get_running_loop()
        self.journal.watch(lambda: loop.call_soon_threadsafe(self.line.wake))

    async def save(self, epoch: str, position: int) -> None:
        self.cursor = (epoch, position)

    async def answer(self, question: bytes) -> bytes:
        return question

    def store(self, *entries: NewEntry) -> None:
        self.journal.submit(list(entries))

    def close(self) -> None:
        self.chain.close()
        self.journal.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*works: object) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def test_what_a_gateway_stores_is_kept_once_and_receipted(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        engine = Engine(folder, free_port())
        await engine.start()
        gateway = Gateway(folder, engine)
        settings = District(district="d1", servers=[engine.address], database=address)
        receiver = Receiver(settings, Keeper(database, SystemClock()), SystemClock())
        try:
            async with running(receiver.run(), gateway.line.run()):
                gateway.store(*(panic(seq) for seq in range(1, 1001)))
                act = ActionBody(Action.ACKNOWLEDGE, "operator", "cli")
                gateway.store(NewEntry(Type.ACTION, act, about=1))
                await until(lambda: gateway.cursor[1] == 1001)
        finally:
            gateway.close()
            await engine.stop()

    asyncio.run(play())
    assert rows(database, "SELECT count(*), min(position), max(position) FROM entries") == [
        (1001, 1, 1001)
    ]
    assert rows(database, "SELECT position, handling FROM alarms") == [(1, "acknowledged")]


if __name__ == "__main__":
    pytest.main([__file__])
