"""Two walk tests at once on real boards, and what a DC-09 receiver that others wrote gets."""

import asyncio
from pathlib import Path

from callpoint_gateway.alarms.questions import StartExercise, StopExercise
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.journal.entries import EventBody, Mark, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.rig import Rig
from callpoint_rig.virtual_board import VirtualBoard

SOON_S = 30.0
ZONE = [{"zone": 1, "kind": "panic", "input": "button"}]
# SIA DC-07: walk test begins and ends. All other codes of this test would send somebody.
BEGINS, ENDS = "TS", "TE"


def events(rig: Rig) -> list[EventBody]:
    """Return the panic events on record, in their order."""
    with Reader(rig.state_dir / "alarms.db") as reader:
        bodies = [entry.body for entry in reader.read(0, 10_000, (Type.EVENT,))]
    return [body for body in bodies if isinstance(body, EventBody) and body.kind == names.PANIC]


async def press(rig: Rig, board: VirtualBoard, value: int) -> None:
    """Move the button and wait until it is on record."""
    before = len(events(rig))
    await board.set("button", value)
    async with asyncio.timeout(SOON_S):
        while len(events(rig)) == before:
            await asyncio.sleep(0.02)


def test_nothing_that_looks_real_reaches_a_centre(tmp_path: Path) -> None:
    async def go() -> tuple[list[str], list[Mark]]:
        rig = Rig(tmp_path)
        boards = [rig.board(name, ZONE) for name in ("button-1", "button-2")]
        async with rig:
            for board in boards:
                await board.until_up(SOON_S)
            tests = [
                await ask_async(
                    rig.state_dir,
                    StartExercise(mark=Mark.TEST, seconds=600, points=[board.device]),
                )
                for board in boards
            ]
            for board in boards:
                for _ in range(2):
                    await press(rig, board, 1)
                    await press(rig, board, 0)
            await press(rig, boards[0], 1)
            for test in tests:
                stop = StopExercise(mark=Mark.TEST, exercise=test.exercise)
                await ask_async(rig.state_dir, stop)
            await press(rig, boards[0], 0)  # what was raised on test ends after it
            await press(rig, boards[1], 1)
            # Each lane of a centre is in order: behind these nothing can still be under way.
            for last in (ENDS, "PA"):
                await rig.receiver.until(lambda one, code=last: one.code == code, SOON_S)
        return [str(one.code) for one in rig.receiver.received], [
            body.mark for body in events(rig)
        ]

    codes, marks = asyncio.run(go())
    assert marks == [Mark.TEST] * 10 + [Mark.REAL]
    assert sorted(codes) == sorted([BEGINS, ENDS, "PA"])
