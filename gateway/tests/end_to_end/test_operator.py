"""A person at the desk: the lamp says that somebody knows, neighbours sound, drills stay home."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_cli.rig import Rig
from callpoint_cli.virtual_board import VirtualBoard
from callpoint_gateway.entries import ActionBody, Entry, Type
from callpoint_gateway.journal_file import Reader

pytestmark = pytest.mark.end_to_end

SOON_S = 30.0


async def command(rig: Rig, *words: str, fails: int = 0) -> str:
    """Run ``callpoint`` with the rig's configuration and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callpoint_cli.main",
        *words,
        *("-c", str(rig.folder / "gateway.toml")),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == fails, printed.decode()
    return printed.decode()


async def open_alarms(rig: Rig) -> list[dict[str, Any]]:
    shown = await command(rig, "alarms", "--json")
    return [json.loads(line) for line in shown.splitlines()]


def said(rig: Rig, type: Type) -> list[Entry]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        assert list(reader.verify()) == []
        return reader.read(0, 1000, (type,))


def button(rig: Rig, name: str = "button") -> VirtualBoard:
    return rig.board(name, [{"zone": 7, "kind": "panic", "input": "button"}])


def test_the_operators_acknowledgement_travels_back_to_the_lamp(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = button(rig)

    async def run() -> None:
        async with rig:
            await board.until_up(SOON_S)
            await board.press("button")
            await board.until_lamp("centre", SOON_S)
            (shown,) = await open_alarms(rig)
            assert (shown["handling"], shown["condition"]) == ("new", "active")
            number = str(shown["alarm"])
            said_ack = await command(rig, "alarm", "ack", number, "--as", "desk-2")
            assert said_ack == f"alarm {number}: acknowledged\n"
            await board.until_lamp("operator", SOON_S)
            # A second press belongs to it: somebody knows already, and the lamp says so at once.
            await board.set("button", 0)
            seen = len(board.moments)
            await board.press("button")
            await board.until_lamp("operator", SOON_S, seen)
            refused = await command(rig, "alarm", "ack", number, fails=4)
            assert "is acknowledged: acknowledge is not possible now, but dispatch" in refused
            for step in ("dispatch", "arrive", "resolve"):
                await command(rig, "alarm", step, number, "--lang", "zh")
            closed = await command(rig, "alarm", "close", number, "--cause", "false", "--json")
            assert json.loads(closed)["cause"] == "false"
            assert await open_alarms(rig) == []
        bodies = [one.body for one in said(rig, Type.ACTION)]
        done = [(one.action, one.who) for one in bodies if isinstance(one, ActionBody)]
        assert done[0] == ("acknowledge", "desk-2")
        assert [one for one, _ in done[1:]] == ["dispatch", "arrive", "resolve", "close"]

    asyncio.run(run())
