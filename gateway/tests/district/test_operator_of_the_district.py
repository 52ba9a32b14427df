"""Button, gateway and district, all as processes: an acknowledgement there lights the lamp."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

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


async def alarms_of(config: str) -> list[dict[str, Any]]:
    shown = json.loads(await command("status", "--json", "-c", config))
    return list(shown["alarms"])


async def one_alarm(config: str) -> dict[str, Any]:
    async with asyncio.timeout(SOON_S):
        while not (found := await alarms_of(config)):
            await asyncio.sleep(0.1)
    (alarm,) = found
    return alarm


def test_an_acknowledgement_at_the_district_lights_the_lamp(tmp_path: Path, address: str) -> None:
    engine = Engine(tmp_path, free_port())
    rig = Rig(tmp_path)
    rig.sections += [
        "[upstream]",
        'district = "d1"',
        'gateway = "g1"',
        f'servers = ["{engine.address}"]',
    ]
    board = rig.board("button", [{"zone": 7, "kind": "panic", "input": "button"}])
    config = tmp_path / "district.toml"
    config.write_text(
        f'district = "d1"\nservers = ["{engine.address}"]\ndatabase = "{address}"\n',
        encoding="utf-8",
    )
    run = [sys.executable, "-m", "callpoint_cli.main", "district", "run", "-c", str(config)]
    district = Part("district", tmp_path, run, None)
    who = ("--account", "op-7", "-c", str(config))

    async def play() -> None:
        await engine.start()
        await district.start()
        try:
            async with rig:
                await board.until_up(SOON_S)
                await board.press("button")
                alarm = await one_alarm(str(config))
                assert (alarm["gateway"], alarm["handling"]) == ("g1", "new")
                number = str(alarm["alarm"])
                refused = ("alarm", "g1", number, "close", "--as", "viewer", *who)
                await command(*refused, fails=4)
                acknowledge = ("alarm", "g1", number, "acknowledge", "--as", "operator", *who)
                await command(*acknowledge)
                await board.until_lamp("operator", SOON_S)
                async with asyncio.timeout(SOON_S):
                    while (await one_alarm(str(config)))["handling"] != "acknowledged":
                        await asyncio.sleep(0.1)
                # Somebody else has it: the site's desk is the one truth.
                await command(*acknowledge, fails=4)
                await command("alarm", "g2", "1", "note", "--as", "operator", *who, fails=4)
        finally:
            await district.stop()
            await engine.stop()

    asyncio.run(play())
