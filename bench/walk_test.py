"""A walk test: from the press on a board to the tick on a phone's page in a real browser."""

import asyncio
import time
from pathlib import Path
from typing import Final, NamedTuple

import console
from playwright.async_api import Page

from callpoint_console.database import Database, file_in
from callpoint_console.schema import SUBJECTS
from callpoint_gateway.alarms.questions import StartExercise
from callpoint_gateway.control.client import ask_async
from callpoint_gateway.journal.entries import Entry, EventBody, Mark, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_protocol import names
from callpoint_rig.rig import Rig, free_port
from callpoint_rig.virtual_board import VirtualBoard, now_ms

PRESSES: Final = 200
SOON_S: Final = 30.0
SETTLE_S: Final = 0.08  # the debounce of the release
SECONDS: Final = 3600
#: Notes the browser's clock when the page first shows a trial, by the trial's position.
WATCH: Final = """() => {
  window.seen = {};
  const look = () => {
    const job = document.getElementById("job");
    if (job) window.seen[job.dataset.latest] ??= Date.now();
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


class Ticks(NamedTuple):
    """Milliseconds of each press until its tick is on the page, and until it is on record.

    ``missed``: presses that never came to the page.
    """

    tick_ms: list[float]
    stored_ms: list[float]
    missed: int


async def press_to_tick(folder: Path) -> Ticks:
    """Press a virtual board's button often while a phone shows its point under test."""
    rig = Rig(folder)
    board = rig.board("button", [{"zone": 1, "kind": "panic", "input": "button"}])
    port = free_port()
    async with rig:
        await board.until_up(SOON_S)
        cookie = console.session_of(rig.state_dir)
        part = console.console_part(folder, port)
        await part.start()
        try:
            question = StartExercise(mark=Mark.TEST, seconds=SECONDS, points=["button"])
            await ask_async(rig.state_dir, question)
            async with console.browser_page(port, cookie) as page:
                await page.goto(f"http://127.0.0.1:{port}/test/{_code(rig.state_dir)}")
                await page.evaluate(WATCH)
                pressed_ms = [await _press(board, page) for _ in range(PRESSES)]
                shown: dict[str, float] = await page.evaluate("window.seen")
        finally:
            await part.stop()
        stored = _presses(rig.state_dir)
    ahead_ms = time.time() * 1000 - now_ms()
    seen = {int(number): at_ms - ahead_ms for number, at_ms in shown.items()}
    both = list(zip(pressed_ms, stored, strict=True))
    return Ticks(
        [seen[entry.position] - at_ms for at_ms, entry in both if entry.position in seen],
        [entry.mono_ms - at_ms for at_ms, entry in both],
        sum(entry.position not in seen for _, entry in both),
    )


async def _press(board: VirtualBoard, page: Page) -> float:
    """Press until the page shows it, and release; return when it was, by the monotonic clock."""
    before = await page.evaluate("Object.keys(window.seen).length")
    pressed = await board.press("button")
    async with asyncio.timeout(SOON_S):
        while await page.evaluate("Object.keys(window.seen).length") == before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await board.set("button", 0)
    await asyncio.sleep(SETTLE_S)
    return pressed


def _code(state_dir: Path) -> str:
    database = Database(file_in(state_dir), SUBJECTS)
    try:
        return str(database.read(lambda c: c.execute("SELECT code FROM points").fetchone()[0]))
    finally:
        database.close()


def _presses(state_dir: Path) -> list[Entry]:
    with Reader(state_dir / "alarms.db") as reader:
        entries = reader.read(0, 100_000, (Type.EVENT,))
    return [
        entry
        for entry in entries
        if isinstance(entry.body, EventBody) and entry.body.state == names.ALARM
    ]
