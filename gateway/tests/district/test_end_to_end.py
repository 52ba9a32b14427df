"""A gateway's journal, the engine and the database, all real: what is told is kept, once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import Copied
from callpoint_district.journal.receiving import Receiver
from callpoint_district.settings import District
from callpoint_district.sites.standing import ahead
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.chain import Chain
from callpoint_gateway.journal.entries import Action, ActionBody, NewEntry, Type
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import UrgentCopy
from callpoint_gateway.upstream.line import ROUND_S
from callpoint_gateway.upstream.parcels import pack
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .folded import check_tables, rows_of
from .played_gateway import PlayedGateway, panic, until


class PlayedDistrict:
    """Receivers of one district, which can be ended and begun."""

    def __init__(self, engine: Engine, address: str) -> None:
        self.settings = District(district="d1", servers=[engine.address], database=address)
        self.databases: list[Database] = []
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin one more receiver, as another process would be."""
        database = Database(self.settings.database)
        receiver = Receiver(self.settings, Keeper(database, SystemClock()), SystemClock())
        self.databases.append(database)
        self.tasks.append(asyncio.ensure_future(receiver.run()))

    async def stop(self) -> None:
        """End all receivers where they stand."""
        await end_all(self.tasks)
        for database in self.databases:
            database.close()
        self.tasks, self.databases = [], []


@asynccontextmanager
async def playing(
    folder: Path, address: str, round_s: float = ROUND_S
) -> AsyncIterator[tuple[Engine, PlayedDistrict, PlayedGateway]]:
    """Yield a running engine, district and gateway. ``round_s``: see ``Line``."""
    engine = Engine(folder, free_port())
    await engine.start()
    district = PlayedDistrict(engine, address)
    gateway = PlayedGateway(folder / "g1", engine.address, round_s=round_s)
    try:
        district.start()
        gateway.start()
        yield engine, district, gateway
    finally:
        await gateway.stop()
        await district.stop()
        await engine.stop()


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    """Return what a query finds."""
    with database.transaction() as connection:
        return connection.execute(query).fetchall()


def test_what_a_gateway_stores_is_kept_once_and_receipted(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        async with playing(folder, address) as (_, _, gateway):
            await gateway.press(1000)
            act = ActionBody(Action.ACKNOWLEDGE, "operator", "cli")
            await gateway.store(NewEntry(Type.ACTION, act, about=1))
            await until(gateway.all_receipted)

    asyncio.run(play())
    assert rows(database, "SELECT count(*), max(position) FROM entries") == [(1001, 1001)]
    assert rows(database, "SELECT handling FROM alarms WHERE position = 1") == [("acknowledged",)]
    assert rows(database, "SELECT count(*) FROM alarms WHERE closed_ms IS NULL") == [(1000,)]
    check_tables(database, "g1", rows_of(folder / "g1" / "alarms.db"))


def test_a_gateway_that_was_put_back_loses_and_doubles_nothing(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        async with playing(folder, address) as (_, _, gateway):
            await gateway.press(10)
            await until(gateway.all_receipted)
            await gateway.stop()
            shutil.copytree(gateway.file.parent, folder / "copy")
            gateway.start()
            await gateway.press(5)
            await until(gateway.all_receipted)
            await gateway.stop()
            shutil.rmtree(gateway.file.parent)
            shutil.copytree(folder / "copy", gateway.file.parent)
            gateway.start()
            await gateway.press(3)
            await until(gateway.all_receipted)

    asyncio.run(play())
    assert rows(database, "SELECT count(*) FROM entries") == [(18,)]
    assert rows(database, "SELECT count(*), count(DISTINCT device) FROM alarms") == [(18, 18)]
    assert rows(database, "SELECT count(*) FROM alarms WHERE forgotten") == [(5,)]
    check_tables(database, "g1", rows_of(folder / "g1" / "alarms.db"))


def test_the_copy_of_an_urgent_entry_is_shown_until_the_entry_has_come(
    folder: Path, database: Database
) -> None:
    journal = Journal(folder / "alarms.db", SystemClock(), chained=True)
    asyncio.run(journal.store([panic(seq, f"b{seq}") for seq in (1, 2)]))
    chain = Chain(journal.path)
    keeper = Keeper(database, SystemClock())
    first, second = chain.after(0, 2)
    epoch = "0" * 15
    copy = UrgentCopy(epoch=epoch, row=msgspec.Raw(second.row))
    keeper.notices.show([Copied("g1", copy)])
    keeper.notices.show([Copied("g1", copy)])
    assert [(alarm.gateway, alarm.alarm, alarm.place) for alarm in ahead(database)] == [
        ("g1", 2, "flat-301")
    ]
    keeper.keep([Sent("g1", pack([first], epoch, chain))])
    assert [alarm.alarm for alarm in ahead(database)] == [2]
    keeper.keep([Sent("g1", pack([second], epoch, chain))])
    assert ahead(database) == []
    keeper.notices.show([Copied("g1", copy)])
    assert ahead(database) == [], "a copy that comes after its entry is late"
    chain.close()
    journal.close()
