"""SIGKILL at every step of a delivery: the centre has the event, a repeat has its number."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from callpoint_gateway.centres.routing import Routing
from callpoint_gateway.centres.sender import UTC
from callpoint_gateway.configuration.centres import Centre
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.backlog import Backlog
from callpoint_gateway.journal.entries import DeliveryBody, EventBody, NewEntry, Quality, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import AdverseReceiver, Frame, Say, ack, never, well
from callpoint_rig.tools import MORTAL

from .centre_desk import REGISTER, SOON_S

ROOT = Path(__file__).parents[3]


class Killed:
    """A journal on disk, a receiver, and a process between them."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "alarms.db"
        self.receiver = AdverseReceiver()
        self.process: asyncio.subprocess.Process | None = None
        self._seq = 0
        self.write(names.WATER)  # somebody else's: the centre starts behind it
        with Reader(self.journal) as reader:
            centre = Centre(name="police", host="127.0.0.1", port=1, account="1234")
            routing = Routing(centre, REGISTER, UTC)  # what the process will have
            backlog = Backlog("police", reader, lambda _: None, routing.rule)
            journal = Journal(self.journal, SystemClock(), chained=True)
            journal.submit(backlog.prepare())
            journal.close()

    def write(self, *kinds: int) -> None:
        """Put events into the journal while no process has it open."""
        journal = Journal(self.journal, SystemClock(), chained=True)
        for kind in kinds:
            self._seq += 1
            zone = self._seq % 250
            body = EventBody("estate", kind, names.ALARM, zone, 0, 1, 0, 0, Quality.AGE)
            journal.submit([NewEntry(Type.EVENT, body, "board", 7, self._seq)])
        journal.close()

    async def start(self, *options: str) -> None:
        """Start the process and wait until it delivers."""
        self.process = await asyncio.create_subprocess_exec(
            *MORTAL,
            sys.executable,
            "-m",
            "gateway.tests.centres.centre_process",
            str(self.journal),
            str(self.receiver.port),
            *options,
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(SOON_S):
            assert await self.process.stdout.readline() == b"ready\n"

    async def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            await self.process.communicate()
            self.process = None

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(SOON_S):
            while not condition():
                await asyncio.sleep(0.002)

    def answered(self) -> int:
        """Return how many deliveries are on disk."""
        with Reader(self.journal) as reader:
            return sum(isinstance(one.body, DeliveryBody) for one in reader.read(0, 5000))


@asynccontextmanager
async def killed(folder: Path) -> AsyncIterator[Killed]:
    one = Killed(folder)
    await one.receiver.start()
    try:
        yield one
    finally:
        await one.kill()
        await one.receiver.stop()


def test_before_the_frame_leaves(tmp_path: Path) -> None:
    async def run() -> None:
        async with killed(tmp_path) as one:
            await one.receiver.stop()
            one.write(names.TAMPER)
            await one.start()
            await one.kill()
            one.write(names.PANIC)
            await one.receiver.start()
            await one.start()
            await one.until(lambda: one.answered() == 2)
            assert one.receiver.events == [(2, "#1234|Nri1/PA3"), (1, "#1234|Nri1/TA2")]

    asyncio.run(run())


def test_after_the_frame_left(tmp_path: Path) -> None:
    async def run() -> None:
        async with killed(tmp_path) as one:
            one.receiver.manner = never
            one.write(names.TAMPER)
            await one.start()
            await one.until(lambda: bool(one.receiver.events))
            await one.kill()
            one.write(names.PANIC)  # more urgent, and still not number 1
            one.receiver.manner = well
            await one.start()
            await one.until(lambda: one.answered() == 2)
            assert one.receiver.events == [
                (1, "#1234|Nri1/TA2"),
                (2, "#1234|Nri1/PA3"),
                (1, "#1234|Nri1/TA2"),
            ]

    asyncio.run(run())


def test_as_the_answer_leaves_the_centre(tmp_path: Path) -> None:
    async def run() -> None:
        async with killed(tmp_path) as one:

            async def answer_and_kill(_: AdverseReceiver, frame: Frame, say: Say) -> None:
                say(ack(frame))
                assert one.process is not None
                one.process.kill()

            one.receiver.manner = answer_and_kill
            one.write(names.TAMPER)
            await one.start()
            await one.until(lambda: bool(one.receiver.events))
            await one.kill()
            one.receiver.manner = well
            one.write(names.PANIC)
            await one.start()
            await one.until(lambda: one.answered() == 2)
            assert set(one.receiver.events) == {(1, "#1234|Nri1/TA2"), (2, "#1234|Nri1/PA3")}

    asyncio.run(run())


def test_before_the_answer_is_on_disk(tmp_path: Path) -> None:
    async def run() -> None:
        async with killed(tmp_path) as one:
            one.write(names.TAMPER, names.TAMPER)
            await one.start("hold")
            await one.until(lambda: len(one.receiver.events) == 2)
            await one.kill()
            assert one.answered() == 0
            await one.start()
            await one.until(lambda: one.answered() == 2)
            assert one.receiver.events == [(1, "#1234|Nri1/TA2"), (2, "#1234|Nri1/TA3")] * 2

    asyncio.run(run())


def test_at_any_moment_again_and_again(tmp_path: Path) -> None:
    """Nothing is lost, each event has one number for ever, and no number has two events."""
    dice = random.Random(20261124)

    async def run() -> None:
        async with killed(tmp_path) as one:
            for _ in range(6):
                one.write(*dice.choices([names.TAMPER, names.PANIC], k=30))
                seen = len(one.receiver.events)
                await one.start()
                enough = seen + dice.randrange(1, 30)
                await one.until(lambda enough=enough: len(one.receiver.events) >= enough)
                await one.kill()
            await one.start()
            await one.until(lambda: one.answered() == 180)
            told = set(one.receiver.events)
            assert len(told) == 180
            assert {number for number, _ in told} == set(range(1, 181))
            assert len({data for _, data in told}) == 180

    asyncio.run(run())
