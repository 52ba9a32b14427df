"""Two boards with one identity, at a real broker: named, and each press is stored."""

import asyncio
import json
from pathlib import Path

import pytest

from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard

pytestmark = pytest.mark.end_to_end

SOON_S = 60.0
FAULT = "device/hall/identity"


def faults(rig: Rig) -> list[FaultBody]:
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [entry.body for entry in reader.all_of(Type.FAULT)]
    return [body for body in bodies if isinstance(body, FaultBody) and body.source == FAULT]


def test_both_boards_are_named_and_both_are_heard(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    first = rig.board("hall", [{"zone": 1, "kind": "panic", "input": "button"}])

    async def play() -> None:
        async with rig:
            await first.until_up(SOON_S)
            second = VirtualBoard(tmp_path / "second", json.loads(first.settings.read_text()))
            await second.start()
            try:
                for board in (first, second):
                    await board.press("button")
                async with asyncio.timeout(SOON_S):
                    while not faults(rig):
                        await asyncio.sleep(0.1)
                for board in (first, second):
                    await board.until_lamp("stored", SOON_S)
            finally:
                await second.kill()
        (fault,) = faults(rig)
        assert fault.reason.count("boot ") == 2
        assert "identity build" in fault.remedy

    asyncio.run(play())
