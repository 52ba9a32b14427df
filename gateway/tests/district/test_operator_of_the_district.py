"""Button, gateway, district and city, all as processes: an acknowledgement lights the lamp."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from callpoint_district.journal.store import entries_of
from callpoint_gateway.journal.entries import ActionBody
from callpoint_rig.district_parts import Database as Server
from callpoint_rig.district_parts import Engine
from callpoint_rig.part import Part
from callpoint_rig.ports import free_port
from callpoint_rig.rig import Rig

pytestmark = pytest.mark.end_to_end

SOON_S = 90.0


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


def engine_in(folder: Path) -> Engine:
    folder.mkdir()
    return Engine(folder, free_port())


def test_an_acknowledgement_at_the_city_lights_the_lamp(
    tmp_path: Path, server: Server, address: str
) -> None:
    engines = [engine_in(tmp_path / "c1-nats"), engine_in(tmp_path / "d1-nats")]
    rig = Rig(tmp_path)
    rig.sections += [
        "[upstream]",
        'district = "d1"',
        'gateway = "g1"',
        f'servers = ["{engines[1].address}"]',
    ]
    board = rig.board("button", [{"zone": 7, "kind": "panic", "input": "button"}])
    server.create("city")
    city = Program(tmp_path, "c1", engines[0], server.address("city"))
    upstream = ("[upstream]", 'district = "c1"', 'gateway = "d1"')
    servers = f'servers = ["{engines[0].address}"]'
    district = Program(tmp_path, "d1", engines[1], address, *upstream, servers)
    parts = [*engines, city.part, district.part]

    async def play() -> None:
        try:
            for part in parts:
                await part.start()
            async with rig:
                await board.until_up(SOON_S)
                await board.press("button")
                alarm = await one_alarm(district.config)
                assert (alarm["gateway"], alarm["handling"]) == ("g1", "new")
                number = str(alarm["alarm"])
                alarm = await one_alarm(city.config)
                assert (alarm["gateway"], str(alarm["alarm"])) == ("d1/g1", number)
                # The role counts, and what the site does not let anybody ask is not asked.
                await district.act("g1", number, "close", role="viewer", fails=4)
                await city.act("d1/g1", number, "close", role="viewer", fails=4)
                await city.act("d1/g1", number, "acknowledge")
                await board.until_lamp("operator", SOON_S)
                for program in (district, city):
                    await one_alarm(program.config, "acknowledged")
                # Somebody else has it: the site's desk is the one truth.
                await district.act("g1", number, "acknowledge", fails=4)
                await city.act("d1/g1", number, "acknowledge", fails=4)
                await district.act("g2", "1", "acknowledge", fails=4)
                assert "g2" in await city.act("d1/g2", "1", "acknowledge", fails=4)
                assert origins(server.address("city")) == [("op-7", "c1.district")]
                async with asyncio.timeout(SOON_S):
                    while devices(address) != [("g1", "button")]:
                        await asyncio.sleep(0.1)
        finally:
            for part in reversed(parts):
                await part.stop()

    asyncio.run(play())
