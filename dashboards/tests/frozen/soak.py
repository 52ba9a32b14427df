"""A console that stands still within a read for minutes, before a real gateway: `make soak`.

    python -m dashboards.tests.frozen.soak MINUTES

A virtual board's button is pressed all the time, and messages that are no messages let the journal
grow. It prints what was measured, and fails if a press did not reach the alarm centre, if no fault
named the console, or if the journal's log was not cut once the console went on.
"""

import asyncio
import json
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from callpoint_gateway.broker.configuration import LARGEST_PACKET
from callpoint_gateway.ingest.allowance import KEPT
from callpoint_gateway.journal.entries import FaultBody, Type
from callpoint_gateway.journal.log_holders import HELD_BYTES, log_bytes
from callpoint_gateway.journal.reader import WAL_BYTES, Reader
from callpoint_gateway.transport.mqtt_packets import connect, publish
from callpoint_protocol import names, topics
from callpoint_rig.chaos.flood import flood
from callpoint_rig.rig import SITE, Rig
from callpoint_rig.virtual_board import VirtualBoard, now_ms

from ..waiting import SOON_S
from .freezing import FreezingConsole

EVERY_S: Final = 1.0
BURST: Final = 300
DEVICES: Final = 50
PIECE: Final = LARGEST_PACKET - 100
FAULT: Final = "journal/alarms/log"


class Presses:
    """Presses a board's button, and notes how long each took to the centre in ms."""

    def __init__(self, rig: Rig, board: VirtualBoard) -> None:
        """Use the board's only zone, 7."""
        self._rig, self._board = rig, board
        self.lost = 0

    async def during(self, seconds: float) -> list[float]:
        """Press until the time is over."""
        took, end_s = [], time.monotonic() + seconds
        while time.monotonic() < end_s:
            known = len(self._received())
            pressed_ms = await self._board.press("button")
            try:
                async with asyncio.timeout(SOON_S):
                    while len(self._received()) <= known:  # noqa: ASYNC110 - counts, not news
                        await asyncio.sleep(0.002)
                took.append(self._received()[known] - pressed_ms)
            except TimeoutError:
                self.lost += 1
            await self._board.set("button", 0)
            await asyncio.sleep(EVERY_S)
        return took

    def _received(self) -> list[float]:
        return [each.at_ms for each in self._rig.receiver.received if each.zone == 7]


def grow(port: int, size: int, devices: Iterator[str]) -> None:
    """Publish so much that is no message that a held log exceeds ``size`` bytes.

    ``devices`` have sent nothing yet: of each only so much is kept.
    """
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.settimeout(SOON_S)
        link.sendall(connect("hostile", 0, kept=False))
        for number in range(size // PIECE * 11 // 10):
            if number % KEPT == 0:
                topic = topics.topic(SITE, next(devices), names.EVENT)
            link.sendall(publish(number + 1, topic, b"x" * PIECE))
            link.recv(65_536)


def fault_of(journal: Path) -> FaultBody | None:
    """Return the last report about the journal's log."""
    with Reader(journal) as reader:
        found = [entry.body for entry in reader.all_of(Type.FAULT)]
    reports = [body for body in found if isinstance(body, FaultBody) and body.source == FAULT]
    return reports[-1] if reports else None


async def play(folder: Path, minutes: float) -> tuple[dict[str, float], list[str]]:
    """Return what was measured, and what is wrong."""
    rig = Rig(folder)
    hostile = [f"hostile-{number}" for number in range(DEVICES)]
    for device in hostile:
        rig.device(device, [{"zone": 1, "kind": "panic"}])
    fresh = iter(hostile)
    board = rig.board("button", [{"zone": 7, "kind": "panic", "input": "button"}])
    journal = rig.state_dir / "alarms.db"
    async with rig:
        await board.until_up(SOON_S)
        console = await asyncio.to_thread(FreezingConsole, folder / "gateway.toml")
        try:
            presses = Presses(rig, board)
            before = await presses.during(20)
            burst = partial(flood, rig.port, next(fresh), BURST)
            await asyncio.to_thread(console.freeze_within_a_read, burst)
            started = now_ms()
            growing = asyncio.create_task(asyncio.to_thread(grow, rig.port, HELD_BYTES, fresh))
            frozen = await presses.during(minutes * 60)
            await growing
            fault, held = fault_of(journal), log_bytes(journal)
            stood_s, stood = (now_ms() - started) / 1000, console.frozen()
            console.thaw()
            after = await presses.during(20)
            # The log is made anew with the first commit after it was copied whole.
            await asyncio.to_thread(grow, rig.port, WAL_BYTES, fresh)
            cut, over = log_bytes(journal), fault_of(journal)
            console.process.stop()
        finally:
            console.process.kill()
    wrong = [f"{presses.lost} presses did not reach the centre"] if presses.lost else []
    if not stood:
        # As the kernel does with whoever is stopped in a process group that loses its shell.
        wrong.append("somebody else had the console go on")
    if fault is None or not fault.active or f"process {console.process.pid} " not in fault.reason:
        wrong.append(f"no fault names the console: {fault}")
    if cut > WAL_BYTES or (over is not None and over.active):
        wrong.append(f"the log was not cut: {cut} bytes, {over}")
    found = {"stood_s": stood_s, "presses": len(frozen), "lost": presses.lost}
    for name, took in (("before", before), ("frozen", frozen), ("after", after)):
        found[f"{name}_p50_ms"] = round(statistics.median(took), 1)
        found[f"{name}_max_ms"] = round(max(took), 1)
    return found | {"held_mb": held / 1e6, "cut_mb": cut / 1e6}, wrong


def main(minutes: float) -> int:
    """Play it. Return 1 if anything is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        found, wrong = asyncio.run(play(Path(folder), minutes))
    print(json.dumps(found))
    print("\n".join(wrong) if wrong else "alarms were on time, and the console was named")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1])))
