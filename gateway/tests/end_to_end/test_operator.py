"""A person at the desk: the lamp says that somebody knows, neighbours sound, drills stay home."""

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from callpoint_gateway.journal.entries import ActionBody, Entry, EventBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0


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
            said_ack = await command(rig, "alarm", "ack", number, "--as", "supervisor")
            assert said_ack == f"alarm {number}: acknowledged\n"
            await board.until_lamp("operator", SOON_S)
            # A press after that is an alarm of its own: nobody knows of it yet.
            await board.set("button", 0)
            seen = len(board.moments)
            await board.press("button")
            await board.until_lamp("centre", SOON_S, seen)
            (again,) = [alarm for alarm in await open_alarms(rig) if str(alarm["alarm"]) != number]
            assert again["handling"] == "new"
            await command(rig, "alarm", "ack", str(again["alarm"]), "--as", "supervisor")
            await board.until_lamp("operator", SOON_S, seen)
            for step in ("dispatch", "arrive", "resolve"):
                await command(rig, "alarm", step, str(again["alarm"]))
            await command(rig, "alarm", "close", str(again["alarm"]), "--cause", "real")
            refused = await command(rig, "alarm", "ack", number, fails=4)
            assert "is acknowledged: acknowledge is not possible now, but dispatch" in refused
            for step in ("dispatch", "arrive", "resolve"):
                await command(rig, "alarm", step, number, "--lang", "zh")
            closed = await command(rig, "alarm", "close", number, "--cause", "false", "--json")
            assert json.loads(closed)["cause"] == "false"
            assert await open_alarms(rig) == []
        bodies = [one.body for one in said(rig, Type.ACTION)]
        done = [(one.action, one.who) for one in bodies if isinstance(one, ActionBody)]
        assert done[:2] == [("acknowledge", "supervisor")] * 2
        assert [action for action, _ in done[2:]] == ["dispatch", "arrive", "resolve", "close"] * 2

    asyncio.run(run())


async def until_sounder(board: VirtualBoard, wanted: str) -> None:
    """Wait until the sounder has sounded like this, or is silent for longer than its pause."""
    async with asyncio.timeout(SOON_S):
        silent = 0
        while True:
            heard = (await board.state())["sounder"]
            silent = silent + 1 if heard == "off" else 0
            if heard == wanted != "off" or (wanted == "off" and silent > 20):
                return
            await asyncio.sleep(0.02)


def test_smoke_sounds_at_the_neighbours_until_somebody_knows(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    smoke = rig.board("kitchen", [{"zone": 2, "kind": "smoke", "input": "relay"}])
    neighbours = [button(rig, f"door-{n}") for n in (1, 2)]
    rig.alerts = {"kitchen": ["door-1", "door-2"]}

    async def run() -> None:
        async with rig:
            await asyncio.gather(*(board.until_up(SOON_S) for board in rig.boards))
            await smoke.press("relay")
            await rig.receiver.until(lambda one: one.code == "FA", SOON_S)
            for board in neighbours:
                await board.until_lamp("alert", SOON_S)
                await until_sounder(board, "siren")
            assert (await smoke.state())["sounder"] != "siren"
            (shown,) = await open_alarms(rig)
            assert shown["alerted"] == ["door-1", "door-2"]
            await command(rig, "alarm", "ack", str(shown["alarm"]))
            for board in neighbours:
                await board.until_lamp("idle", SOON_S, len(board.moments) - 1)
                await until_sounder(board, "off")

    asyncio.run(run())


def test_a_drill_reaches_nobody_as_real_and_everything_is_on_record(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    board = button(rig)

    async def run() -> None:
        async with rig:
            await board.until_up(SOON_S)
            started = await command(rig, "drill", "start", "--minutes", "5", "--as", "supervisor")
            assert re.match(r"drill \d+ started, ends in ", started)
            await rig.receiver.until(lambda one: one.code == "TS", SOON_S)
            await board.press("button")
            await board.until_lamp("stored", SOON_S)
            async with asyncio.timeout(SOON_S):
                while not (found := await open_alarms(rig)):
                    pass
            assert found[0]["mark"] == "drill"
            await rig.gateway.kill()
            await rig.start_gateway()
            await board.set("button", 0)
            shown = await command(rig, "drill", "status", "--lang", "zh")
            assert re.match(r"演练 \d+ 进行中", shown)
            await command(rig, "drill", "stop")
            await board.until_lamp("operator", SOON_S)
            assert await open_alarms(rig) == []
            await rig.receiver.until(lambda one: one.code == "TE", SOON_S)
            # What happens now is real again.
            await board.press("button")
            await rig.receiver.until(lambda one: one.code == "PA", SOON_S)
            assert [one.code for one in rig.receiver.received] == ["TS", "TE", "PA"]
        assert [one.body.mark for one in said(rig, Type.EVENT) if is_panic(one)] == [
            "drill",
            "drill",
            "",
        ]

    asyncio.run(run())


def is_panic(entry: Entry) -> bool:
    return isinstance(entry.body, EventBody) and entry.body.kind == names.PANIC
