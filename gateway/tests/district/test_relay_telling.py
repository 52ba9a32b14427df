"""What a district tells its city beside the journals, over a real engine and two databases."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from nats.aio.client import Client

from callpoint_district import listening
from callpoint_district.database import Database
from callpoint_district.journal.keeping import Keeper, Sent
from callpoint_district.journal.notices import Copied, Notices
from callpoint_district.relay import telling
from callpoint_district.relay.relaying import relay
from callpoint_district.relay.telling import Telling
from callpoint_district.service import serve
from callpoint_district.settings import District
from callpoint_district.sites import rates
from callpoint_district.sites.hearing import Hearing
from callpoint_district.sites.own_plans import own_plans_of
from callpoint_district.sites.registers import RegisterKeeper
from callpoint_district.sites.retiring import retire
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.configuration.profiles import Profile
from callpoint_gateway.configuration.upstream import Upstream
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.journal.chain import Chain, ChainRow
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.upstream import Rates, RegisterPart, UrgentCopy
from callpoint_gateway.upstream.connection import connection
from callpoint_gateway.upstream.own_plans import plan as own_plans
from callpoint_gateway.upstream.own_plans.plan import OwnPlan
from callpoint_gateway.upstream.parcels import pack
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .played_gateway import panic, until
from .test_register_sender import text_of

HOUR_MS = 3_600_000
PLAN = OwnPlan("panic", Profile.ESTATE, 3, 1000, [PlanStep("go", "Go there", "前往现场")])
EPOCH = "0" * 15


class Kept:
    """What a district has of the gateway ``g1``, kept there by the district's own parts."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.clock = SystemClock()
        self._database = database
        self._keeper = Keeper(database, self.clock)
        self._notices = Notices(database, self.clock)
        journal = Journal(folder / "alarms.db", self.clock, chained=True)
        asyncio.run(journal.store([panic(seq, f"b{seq}") for seq in (1, 2, 3)]))
        journal.close()
        self._chain = Chain(folder / "alarms.db")
        self.rows: Sequence[ChainRow] = self._chain.after(0, 3)
        self.hour_ms = self.clock.wall_ms() // HOUR_MS * HOUR_MS
        text = b"".join([*text_of(3), *own_plans.lines_of([PLAN])])
        part = RegisterPart(digest=hashlib.sha256(text).hexdigest(), parts=1, text=text)
        RegisterKeeper(database, self.clock).take("g1", part)
        told = Rates(hour_ms=self.hour_ms, counts={"event/panic/alarm": 3})
        rates.keep(database, [("g1", told)], self.clock.wall_ms())

    def keep(self, row: int) -> None:
        """Keep an entry."""
        self._keeper.keep([Sent("g1", pack([self.rows[row]], EPOCH, self._chain))])

    def copy(self, row: int) -> None:
        """Show the copy of an entry."""
        copy = UrgentCopy(epoch=EPOCH, row=msgspec.Raw(self.rows[row].row))
        assert self._notices.show([Copied("g1", copy)]) == []

    def heard(self, ago_ms: dict[str, int]) -> None:
        """Note when gateways were heard."""
        with self._database.transaction() as connection:
            now_ms = listening.hear(self._database, connection)
            for gateway, ms in ago_ms.items():
                connection.execute(
                    "INSERT INTO gateways (gateway, program, head, heard_ms, heard_at) "
                    "VALUES (%s, 'test', 3, %s, %s) ON CONFLICT (gateway) DO UPDATE SET "
                    "program = excluded.program, head = 3, heard_ms = excluded.heard_ms, "
                    "heard_at = excluded.heard_at",
                    (gateway, self.clock.wall_ms() - ms, now_ms - ms),
                )


def test_registers_rates_copies_and_signs_of_life_reach_the_city(
    folder: Path, server: Server, address: str, database: Database
) -> None:
    server.create("telling")
    city = server.address("telling")
    engine = Engine(folder, free_port())
    kept = Kept(folder, database)
    kept.keep(0)
    kept.copy(2)
    kept.heard({"g1": 1000, "g2": 600_000, "g3": 600_000})
    assert retire(database, "g3", 1_000_000) == 0
    upstream = Upstream(district="c1", gateway="d1", servers=[engine.address])
    settings = District(district="d1", servers=["nats://127.0.0.1:1"], database=address)

    def at_city(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(city) as connection:
            return connection.execute(query).fetchall()

    def has(query: str, *rows: tuple[Any, ...]) -> bool:
        return at_city(query) == list(rows)

    async def play() -> None:
        await engine.start()
        tasks = [
            asyncio.ensure_future(
                serve(District(district="c1", servers=[engine.address], database=city))
            ),
        ]
        try:
            await until(lambda: bool(at_city("SELECT to_regclass('relays')")[0][0]))
            tasks.append(asyncio.ensure_future(relay(settings, upstream, kept.clock)))
            count = "SELECT gateway, hour_ms, what, number FROM rates"
            await until(lambda: has(count, ("d1/g1", kept.hour_ms, "event/panic/alarm", 3)))
            await until(lambda: has("SELECT gateway FROM registers", ("d1/g1",)))
            places = "SELECT gateway, place, grid FROM places ORDER BY place"
            with database.transaction() as connection:
                here = connection.execute(places).fetchall()
            assert at_city(places) == [(f"d1/{gateway}", *rest) for gateway, *rest in here]
            with psycopg.connect(city) as connection:
                assert own_plans_of(connection, "d1/g1") == [PLAN]
            # The district tells nothing of the silent one: the city finds out by itself.
            said = (
                "SELECT gateway, program, head FROM gateways WHERE heard_ms > 0 ORDER BY gateway"
            )
            await until(lambda: has(said, ("d1/g1", "test", 3), ("d1/g3", "test", 3)))
            gone = "SELECT gateway, since_ms FROM retirements"
            await until(lambda: has(gone, ("d1/g3", 1_000_000)))
            copies = "SELECT gateway, position FROM provisional"
            await until(lambda: has(copies, ("d1/g1", 3)))
            await asyncio.to_thread(kept.copy, 1)
            await until(lambda: has(f"{copies} ORDER BY position", ("d1/g1", 2), ("d1/g1", 3)))
            await asyncio.to_thread(kept.keep, 1)
            await asyncio.to_thread(kept.keep, 2)
            await until(lambda: has("SELECT max(position) FROM entries", (3,)))
            assert has(copies)
        finally:
            await end_all(tasks)
            await engine.stop()

    asyncio.run(play())


class Telegraph(Client):
    """Takes what is told, and notes after how many messages the teller waits."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.waited_at: list[int] = []

    async def publish(self, subject: str, *_: object, **__: object) -> None:
        self.told.append(subject)

    async def flush(self, *_: object, **__: object) -> None:
        self.waited_at.append(len(self.told))


async def told(work: Coroutine[Any, Any, None], until_told: Callable[[], bool]) -> None:
    """Do a work of the relay until everything is told."""
    task = asyncio.ensure_future(work)
    try:
        await until(until_told)
    finally:
        await end_all([task])


def test_counts_of_thousands_of_gateways_go_in_pieces(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "PIECE_PAUSE_S", 0.0)
    clock, client = SystemClock(), Telegraph()
    hour_ms = clock.wall_ms() // HOUR_MS * HOUR_MS
    counts = [(f"g{n}", Rates(hour_ms=hour_ms, counts={"event": n})) for n in range(2_500)]
    rates.keep(database, counts, clock.wall_ms())
    relayed = Telling(database, "c1", lambda gateway: f"d1/{gateway}", clock)
    asyncio.run(told(relayed.rates(client), lambda: client.waited_at[-1:] == [2_500]))
    assert client.waited_at == [1_000, 2_000, 2_500]
    assert len(set(client.told)) == 2_500


def test_a_register_that_nobody_heard_is_told_again_soon(
    folder: Path, server: Server, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "REGISTERS_S", 0.1)
    server.create("hears")
    city = Database(server.address("hears"))
    city.migrate()
    engine = Engine(folder, free_port())
    kept = Kept(folder, database)
    relayed = Telling(database, "c1", lambda gateway: f"d1/{gateway}", kept.clock)
    settings = District(district="c1", servers=[engine.address], database="unused")

    def has() -> bool:
        with city.transaction() as connection:
            return connection.execute("SELECT gateway FROM registers").fetchall() == [("d1/g1",)]

    async def play() -> None:
        await engine.start()
        unheard = asyncio.Event()
        monkeypatch.setattr(telling.log, "warning", lambda *_: unheard.set())
        hearing = asyncio.ensure_future(asyncio.sleep(0))
        try:
            async with connection([engine.address], None, inbox_prefix="_INBOX_d1") as opened:
                task = asyncio.ensure_future(relayed.registers(opened.client))
                await unheard.wait()
                hearing = asyncio.ensure_future(Hearing(settings, city, kept.clock).run())
                await until(has)
                await end_all([task])
        finally:
            await end_all([hearing])
            await engine.stop()
            city.close()

    asyncio.run(play())
