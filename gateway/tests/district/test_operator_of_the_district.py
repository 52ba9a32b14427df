"""Button, gateway and three tiers, all as processes: an acknowledgement lights the lamp."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest

from callpoint_district.areas import levels, plans
from callpoint_district.areas.told import SiteState
from callpoint_district.journal.store import entries_of
from callpoint_gateway.alarms.plan_steps import PlanStep
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import Role
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import ActionBody
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 90.0
LEADER = By("op-7", Role.SUPERVISOR, "district")
CALL = PlanStep("call", "Call the street", "致电街道")
T = TypeVar("T")


async def command(*words: str, fails: int = 0) -> str:
    """Run ``callpoint district`` and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "callpoint_cli.main", "district", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == fails, printed.decode()
    return printed.decode()


async def one_alarm(config: str, *handling: str) -> dict[str, Any]:
    """Wait for the one alarm of a district, and until it is handled so."""
    async with asyncio.timeout(SOON_S):
        while True:
            shown = json.loads(await command("status", "--json", "-c", config))
            if shown["alarms"] and (not handling or shown["alarms"][0]["handling"] in handling):
                (alarm,) = shown["alarms"]
                return dict(alarm)
            await asyncio.sleep(0.1)


class Program:
    """The process of a tier, and its configuration."""

    def __init__(self, folder: Path, name: str, engine: Engine, database: str, *more: str) -> None:
        """``more``: further lines of the configuration."""
        self.config = str(folder / f"{name}.toml")
        lines = [f'district = "{name}"', f'servers = ["{engine.address}"]']
        lines += [f'database = "{database}"', *more, ""]
        Path(self.config).write_text("\n".join(lines), encoding="utf-8")
        run = [sys.executable, "-m", "callpoint_cli.main", "district", "run", "-c", self.config]
        self.part = Part(name, folder, run, None)

    async def act(
        self, gateway: str, alarm: str, action: str, role: str = "operator", fails: int = 0
    ) -> str:
        """Do something about an alarm, as an operator of this tier."""
        who = ("--account", "op-7", "--as", role, "-c", self.config)
        return await command("alarm", gateway, alarm, action, *who, fails=fails)


def origins(address: str) -> list[tuple[str, str]]:
    """Return who did something, and from where, as the entries in a database say."""
    with psycopg.connect(address) as connection:
        rows = connection.execute("SELECT row FROM entries WHERE type = 'action'").fetchall()
    entries = entries_of(row[0] for row in rows)
    return [(e.body.who, e.body.origin) for e in entries if isinstance(e.body, ActionBody)]


def devices(address: str) -> list[tuple[str, str]]:
    """Return the devices of the registers that gateways have told."""
    with psycopg.connect(address) as connection:
        return connection.execute("SELECT gateway, device FROM devices").fetchall()


class Tier:
    """An engine, a database and a process, which tells the tier above."""

    def __init__(self, folder: Path, server: Server, name: str, above: "Tier | None") -> None:
        place = folder / f"{name}-nats"
        place.mkdir()
        self.name = name
        self.engine = Engine(place, free_port())
        server.create(f"of-{name}")
        self.address = server.address(f"of-{name}")
        more: tuple[str, ...] = ()
        if above is not None:
            servers = f'servers = ["{above.engine.address}"]'
            more = ("[upstream]", f'district = "{above.name}"', f'gateway = "{name}"', servers)
        self.program = Program(folder, name, self.engine, self.address, *more)

    def ask(self, work: Callable[[psycopg.Connection, int], T]) -> T:
        """Return what some work in the database returns, as of now."""
        with psycopg.connect(self.address) as connection:
            return work(connection, SystemClock().wall_ms())

    def is_asked(self) -> bool:
        """Say whether this tier takes what the tier above asks of its gateway."""
        return "connected to" in self.program.part.log.read_text("utf-8").rsplit("ready", 1)[-1]

    async def until_confirmed(self) -> None:
        """Wait until the one gateway has confirmed the level and the plan of this tier."""

        def states(connection: psycopg.Connection, now_ms: int) -> list[SiteState]:
            held = [each.sites for each in levels.listed(connection, now_ms)]
            given = [each.sites for each in plans.listed(connection)]
            return [site.state for sites in (*held, *given) for site in sites]

        async with asyncio.timeout(SOON_S):
            while self.ask(states) != [SiteState.CONFIRMED, SiteState.CONFIRMED]:
                await asyncio.sleep(0.1)


def _level_and_plan(connection: psycopg.Connection, now_ms: int) -> None:
    plans.give(connection, (), "panic", None, [CALL], LEADER, now_ms)
    levels.begin(connection, (), 2, 3600, "storm", LEADER, now_ms)


async def _handled_at_the_top(province: Tier, city: Tier, district: Tier, number: str) -> None:
    """Acknowledge an alarm at the province; the site's desk is the one truth of all tiers."""
    # The role counts, and what the site does not let anybody ask is not asked.
    await district.program.act("g1", number, "close", role="viewer", fails=4)
    await province.program.act("c1/d1/g1", number, "close", role="viewer", fails=4)
    await province.program.act("c1/d1/g1", number, "acknowledge")
    for tier in (district, city, province):
        await one_alarm(tier.program.config, "acknowledged")
    # Somebody else has it.
    await city.program.act("d1/g1", number, "acknowledge", fails=4)
    await province.program.act("c1/d1/g1", number, "acknowledge", fails=4)
    assert "g2" in await province.program.act("c1/d1/g2", "1", "acknowledge", fails=4)


def test_an_acknowledgement_at_the_province_lights_the_lamp(
    tmp_path: Path, server: Server
) -> None:
    province = Tier(tmp_path, server, "p1", None)
    city = Tier(tmp_path, server, "c1", province)
    district = Tier(tmp_path, server, "d1", city)
    rig = Rig(tmp_path)
    rig.sections += ["[upstream]", 'district = "d1"', 'gateway = "g1"']
    rig.sections += [f'servers = ["{district.engine.address}"]']
    board = rig.board("button", [{"zone": 7, "kind": "panic", "input": "button"}])
    tiers = (province, city, district)
    parts = [*(tier.engine for tier in tiers), *(tier.program.part for tier in tiers)]

    async def play() -> None:
        try:
            for part in parts:
                await part.start()
            async with rig:
                await board.until_up(SOON_S)
                await board.press("button")
                for tier, name in zip(tiers, ("c1/d1/g1", "d1/g1", "g1"), strict=True):
                    alarm = await one_alarm(tier.program.config)
                    assert (alarm["gateway"], alarm["handling"]) == (name, "new")
                province.ask(_level_and_plan)
                await province.until_confirmed()
                # What the tier in the middle has in memory only is nothing that anybody needs.
                await city.program.part.kill()
                refused = await province.program.act(
                    "c1/d1/g1", str(alarm["alarm"]), "acknowledge", fails=4
                )
                assert "nothing was sent" in refused
                await city.program.part.start()
                async with asyncio.timeout(SOON_S):
                    while not city.is_asked():
                        await asyncio.sleep(0.1)
                await _handled_at_the_top(province, city, district, str(alarm["alarm"]))
                await board.until_lamp("operator", SOON_S)
                assert origins(province.address) == [("op-7", "c1.p1.district")]
                async with asyncio.timeout(SOON_S):
                    while devices(district.address) != [("g1", "button")]:
                        await asyncio.sleep(0.1)
        finally:
            for part in reversed(parts):
                await part.stop()

    asyncio.run(play())
