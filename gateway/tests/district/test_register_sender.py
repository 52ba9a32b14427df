"""A gateway tells its register to a district over the real engine, and nothing else suffers."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from callpoint_district.database import Database
from callpoint_district.service import serve
from callpoint_district.settings import District
from callpoint_gateway.host.unexpected import end_all
from callpoint_gateway.protocols.upstream import REGISTER_BYTES, upward
from callpoint_gateway.upstream import register_sender
from callpoint_gateway.upstream.register_sender import RegisterSender, pieces_of
from callpoint_gateway.words.said import NOTHING
from callpoint_rig.district_parts import Engine
from callpoint_rig.ports import free_port

from .played_gateway import PlayedGateway, Reports, until, until_answers


def text_of(places: int, *, site: str = "north", kind: str = "panic") -> list[bytes]:
    """Return the lines of a register with so many places and a device."""
    lines: list[object] = [{"site": {"site": site, "time_zone": "UTC"}}]
    lines += [{"place": {"id": f"flat-{number}", "city": "杭州"}} for number in range(places)]
    zone = {"zone": 1, "kind": kind}
    lines.append({"device": {"id": "button", "place": "flat-0", "zone": [zone]}})
    return [json.dumps(line).encode() + b"\n" for line in lines]


class Teller:
    """A gateway that tells a register, and what it reports of that."""

    def __init__(self, folder: Path, engine: Engine, name: str, lines: list[bytes]) -> None:
        self.gateway = PlayedGateway(folder / name, engine.address, name)
        self.reports = Reports()
        self.lines, self.news = lines, asyncio.Event()
        self._name = name

    def start(self) -> None:
        """Connect with the present register, as a gateway does that was built anew."""
        gateway = self.gateway
        sender = RegisterSender(
            self._lines,
            upward("d1", self._name, "register"),
            self.reports,
            behind=self._behind,
            news=self.news,
        )
        gateway.beside = [sender.run]
        gateway.start()

    def _lines(self) -> partial[Iterable[bytes]]:
        return partial(iter, list(self.lines))

    def _behind(self) -> bool:
        return not self.gateway.all_receipted()

    def told(self) -> bool:
        """Say whether the district has it, as far as the gateway knows."""
        return self.reports.is_up


@asynccontextmanager
async def district(folder: Path, address: str, configuration: str = "") -> AsyncIterator[Engine]:
    """Yield the engine of a running district."""
    engine = Engine(folder, free_port())
    with (folder / "nats.conf").open("a", encoding="utf-8") as file:
        file.write(configuration)
    await engine.start()
    settings = District(district="d1", servers=[engine.address], database=address)
    process = asyncio.ensure_future(serve(settings))
    try:
        await until_answers(engine.address)
        yield engine
    finally:
        await end_all([process])
        await engine.stop()


def places(database: Database) -> list[tuple[object, ...]]:
    """Return how many places each gateway has at the district."""
    with database.transaction() as connection:
        return connection.execute(
            "SELECT gateway, count(*) FROM places GROUP BY gateway ORDER BY gateway"
        ).fetchall()


def test_registers_are_told_after_each_connection_and_large_ones_in_parts(
    folder: Path, address: str, database: Database
) -> None:
    large = text_of(10_000)
    assert len(list(pieces_of(large))) > 2
    assert b"".join(pieces_of(large)) == b"".join(large)
    assert {len(piece) for piece in list(pieces_of(large))[:-1]} == {REGISTER_BYTES}

    async def play() -> None:
        async with district(folder, address) as engine:
            tellers = [
                Teller(folder, engine, "g1", text_of(3)),
                Teller(folder, engine, "g2", large),
            ]
            try:
                for teller in tellers:
                    teller.start()
                for teller in tellers:
                    await until(teller.told)
                assert places(database) == [("g1", 3), ("g2", 10_000)]
                first = tellers[0]
                await first.gateway.stop()
                first.lines, first.reports = text_of(5), Reports()
                first.start()
                await until(first.told)
                assert places(database) == [("g1", 5), ("g2", 10_000)]
            finally:
                for teller in tellers:
                    await teller.gateway.stop()

    asyncio.run(play())


def test_a_register_that_changes_is_told_at_once_over_the_same_connection(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        async with district(folder, address) as engine:
            teller = Teller(folder, engine, "g1", text_of(3))
            try:
                teller.start()
                await until(teller.told)
                for more in (4, 5):
                    teller.lines = text_of(more)
                    teller.news.set()
                    await until(lambda more=more: places(database) == [("g1", more)])
                assert teller.gateway.reports.is_up
            finally:
                await teller.gateway.stop()

    asyncio.run(play())


def test_a_refused_register_is_a_fault_with_words_and_alarms_go_on(
    folder: Path, address: str, database: Database
) -> None:
    async def play() -> None:
        async with district(folder, address) as engine:
            teller = Teller(folder, engine, "g1", text_of(3, kind="flood-of-2030"))
            try:
                teller.start()
                await until(lambda: "flood-of-2030" in str(teller.reports.why))
                assert "flood-of-2030" in teller.reports.why.in_("zh")
                await teller.gateway.press(3)
                await until(teller.gateway.all_receipted)
                assert teller.gateway.reports.is_up
                assert places(database) == []
            finally:
                await teller.gateway.stop()

    asyncio.run(play())


def test_an_engine_that_knows_no_registers_holds_up_no_alarm(
    folder: Path, address: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_sender, "ANSWER_S", 0.5)
    older = (
        "authorization { users: [{ user: g1, password: p, permissions: "
        '{ publish: { deny: ["cp.d1.*.register"] } } }] }\nno_auth_user: g1\n'
    )

    async def play() -> None:
        async with district(folder, address, older) as engine:
            teller = Teller(folder, engine, "g1", text_of(3))
            try:
                teller.start()
                await until(lambda: teller.gateway.reports.is_up)
                teller.gateway.reports.why = NOTHING
                await until(lambda: teller.reports.why.code == "upstream.register_no_answer")
                await teller.gateway.press(3)
                await until(teller.gateway.all_receipted)
                assert teller.gateway.reports.is_up
                assert not teller.gateway.reports.why, "the line was never down"
            finally:
                await teller.gateway.stop()

    asyncio.run(play())
