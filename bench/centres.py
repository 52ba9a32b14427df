"""Measures how fast an alarm reaches its centre, and a bare socket with the same frame."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from callpoint_gateway.centres.dc09.protocol import open_carrier
from callpoint_gateway.centres.protocol import path_opener
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.centres import Centre, CentrePath
from callpoint_gateway.configuration.register import Device, Place, Register
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Entry, EventBody, FaultBody, NewEntry, Quality, Type
from callpoint_gateway.journal.reader import Reader
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.dc09.frame import build, parse
from callpoint_gateway.protocols.dc09.message import Encoding, event_frame
from callpoint_gateway.protocols.gbt26875 import frame as gbt
from callpoint_gateway.protocols.gbt26875.codes import Unit
from callpoint_gateway.protocols.gbt26875.objects import ComponentState, decode, encode
from callpoint_gateway.protocols.report import Carrier, Outcome, Report
from callpoint_protocol import names
from callpoint_rig.ports import free_port
from callpoint_rig.tools import MORTAL

ROUNDS = 500
EVENTS = 2000
BACKLOG = 10_000
URGENT = 20
FRAMES = 20_000
SOON_S = 180.0
REGISTER = Register([Place(id="home")], [Device(id="board", place="home")])
PANIC = Report(names.PANIC, names.ALARM, 1, 0)
_HERE = Path(__file__).parent


class Answering:
    """The receiver's process."""

    def __init__(self, delay_ms: float, port: int = 0) -> None:
        command = [*MORTAL, sys.executable, str(_HERE / "answering.py"), str(port), str(delay_ms)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def arrivals(self) -> tuple[int, float, float]:
        """Return the number of events, and s from the first event to the last urgent event."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        count, first, urgent = self._process.stdout.readline().split()
        return int(count), float(first), float(urgent)

    def stop(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def answering(delay_ms: float = 0.0, port: int = 0) -> Iterator[Answering]:
    """Run a receiver for the duration of the block."""
    receiver = Answering(delay_ms, port)
    try:
        yield receiver
    finally:
        receiver.stop()


class Bare:
    """A blocking socket that sends the frame and waits for the answer: the floor."""

    def __init__(self, port: int) -> None:
        self._frame = build(event_frame(PANIC, 1, "1234", Encoding.SIA_DCS))
        self._link = socket.create_connection(("127.0.0.1", port))
        self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def exchange_ms(self) -> float:
        """Return how long one exchange takes."""
        started = time.perf_counter()
        self._link.sendall(self._frame)
        self._link.recv(1000)
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


class _Timed:
    """A carrier that notes when an answer came."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.answered: asyncio.Queue[float] = asyncio.Queue()

    async def send(self, report: Report, number: int) -> Outcome:
        outcome = await self._carrier.send(report, number)
        self.answered.put_nowait(time.perf_counter())
        return outcome

    async def supervise(self) -> Outcome:
        return await self._carrier.supervise()

    async def close(self) -> None:
        await self._carrier.close()


class Desk:
    """A journal and a sender."""

    def __init__(
        self, folder: Path, ports: list[int], register: Register = REGISTER, **settings: object
    ) -> None:
        folder.mkdir(parents=True)
        self._register = register
        self.path = folder / "alarms.db"
        self.clock = SystemClock()
        self.alarms = Journal(self.path, self.clock, chained=True)
        self.centre = Centre(
            name="police",
            account="1234",
            path=[CentrePath(host="127.0.0.1", port=port) for port in ports],
            **settings,  # type: ignore[arg-type]
        )
        self.timed: list[_Timed] = []
        self.delivered = 0
        self._told_s: dict[str, list[float]] = {}

    async def start(self) -> None:
        """Start the sender."""

        def open_timed(way: CentrePath, account: str, memory: dict[str, int]) -> Carrier:
            self.timed.append(
                _Timed(path_opener(open_carrier, self.centre, self.clock)(way, account, memory))
            )
            return self.timed[-1]

        def told(entry: Entry) -> None:
            self._told_s.setdefault(entry.device or "", []).append(time.perf_counter())
            self.delivered += 1

        self.sender = CentreSender(
            self.centre, open_timed, self.alarms, self._register, self.clock, told
        )
        await self.sender.prepare()
        self._running = asyncio.create_task(self.sender.run())

    async def stop(self) -> None:
        """Stop everything."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.sender.close()
        self.alarms.close()

    def submit(self, *kinds: int, device: str = "board", zone: int = 1) -> list[float]:
        """Raise events of a device; the returned list later gets the time they were durable."""
        durable: list[float] = []
        bodies = [
            EventBody("e", kind, names.ALARM, zone, 0, 1, 0, self.clock.wall_ms(), Quality.AGE)
            for kind in kinds
        ]
        entries = [NewEntry(Type.EVENT, body, device) for body in bodies]
        # It must not wake the loop: the sender does.
        self.alarms.submit(entries, lambda _: durable.append(time.perf_counter()))
        return durable

    async def raised(self, *kinds: int, device: str = "board", zone: int = 1) -> float:
        """Raise events and return when they are durable."""
        durable = self.submit(*kinds, device=device, zone=zone)
        async with asyncio.timeout(SOON_S):
            while not durable:  # noqa: ASYNC110 - noted in another thread
                await asyncio.sleep(0.001)
        return durable[0]

    async def until_told(self, device: str, count: int) -> float:
        """Wait for so many deliveries of a device; return when the last was on disk."""
        async with asyncio.timeout(SOON_S):
            while len(self._told_s.get(device, [])) < count:  # noqa: ASYNC110 - another thread
                await asyncio.sleep(0.002)
        return self._told_s[device][count - 1]

    async def until(self, count: int) -> None:
        """Wait for deliveries."""
        async with asyncio.timeout(SOON_S):
            while self.delivered < count:  # noqa: ASYNC110 - counted in another thread
                await asyncio.sleep(0.002)


async def exchange_ms(folder: Path) -> tuple[list[float], list[float]]:
    """Return ms from durable to acknowledged, and ms of a bare socket, measured in turns.

    There are a few milliseconds between events, as with alarms: in a tight loop the bare socket
    would find everything in the processor's caches.
    """
    ours, bare = [], []
    with answering() as receiver:
        desk, floor = Desk(folder, [receiver.port]), Bare(receiver.port)
        await desk.start()
        await desk.raised(names.PANIC)
        await desk.until(1)
        (timed,) = desk.timed
        await timed.answered.get()
        for number in range(ROUNDS):
            durable = desk.submit(names.PANIC)
            ours.append((await timed.answered.get() - durable[0]) * 1000)
            await desk.until(number + 2)
            bare.append(floor.exchange_ms())
            await asyncio.sleep(0.002)
        floor.close()
        await desk.stop()
    return ours, bare


async def events_per_s(folder: Path) -> float:
    """Return deliveries a second, each on disk, to a receiver that answers after 1 ms."""
    with answering(1.0) as receiver:
        desk = Desk(folder, [receiver.port])
        await desk.start()
        await desk.raised(names.PANIC)
        await desk.until(1)
        started = time.perf_counter()
        await desk.raised(*[names.TAMPER] * EVENTS)
        await desk.until(EVENTS + 1)
        took = time.perf_counter() - started
        await desk.stop()
    return EVENTS / took


async def failover_s(folder: Path) -> float:
    """Return s from a panic to its delivery when the first of two paths is silent."""
    with ExitStack() as stack:
        silent = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        second = stack.enter_context(answering())
        desk = Desk(folder, [silent.getsockname()[1], second.port])
        await desk.start()
        durable = await desk.raised(names.PANIC)
        await desk.until(1)
        took = time.perf_counter() - durable
        await desk.stop()
    return took


async def path_loss_report_s(folder: Path) -> float:
    """Return s from a path's last answer to the report of its loss over the other path.

    With the defaults: a link test each minute, 4 s for an answer.
    """
    with ExitStack() as stack:
        first, second = Answering(0), stack.enter_context(answering())
        desk = Desk(folder, [first.port, second.port])
        await desk.start()
        await desk.raised(names.PANIC)
        await desk.until(1)
        first.stop()
        silent = stack.enter_context(socket.create_server(("127.0.0.1", first.port)))
        lost = time.perf_counter()
        await desk.until(2)  # the report itself
        took = time.perf_counter() - lost
        silent.close()
        await desk.stop()
    return took


async def priority_s(folder: Path) -> float:
    """Return s from the link's return to the last urgent event of a backlog."""
    port = free_port()
    desk = Desk(folder, [port])
    await desk.start()
    for start in range(0, BACKLOG, 500):
        kinds = [names.TAMPER] * 500
        kinds[250] = names.PANIC if start % 1000 else names.SMOKE
        await desk.raised(*kinds)
    with Reader(desk.path) as reader:
        async with asyncio.timeout(SOON_S):
            while not any(  # noqa: ASYNC110 - a journal has no event
                isinstance(entry.body, FaultBody) for entry in reader.read(BACKLOG, 10)
            ):
                await asyncio.sleep(0.05)
    with answering(1.0, port) as receiver:
        back = time.monotonic()  # slightly late: the receiver listens already
        async with asyncio.timeout(SOON_S):
            while receiver.arrivals()[0] < URGENT:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        took = receiver.arrivals()[2] - back
        await desk.stop()
    return took


def frames_per_s() -> tuple[float, float]:
    """Return frames without encryption that are built and parsed in a second."""
    started = time.perf_counter()
    for number in range(FRAMES):
        raw = build(event_frame(PANIC, number % 9999 + 1, "1234", Encoding.SIA_DCS))
    built = time.perf_counter()
    for _ in range(FRAMES):
        parse(raw)
    return FRAMES / (built - started), FRAMES / (time.perf_counter() - built)


def gbt_frames_per_s() -> tuple[float, float]:
    """Return the same for GB/T 26875.3: a frame with the status of one component."""
    at = datetime(2026, 11, 22, 12, 34, 56)
    started = time.perf_counter()
    for number in range(FRAMES):
        state = ComponentState(1, 1, 42, number, 3, "Garden / 3", at)
        data = encode(Unit.COMPONENT_STATUS, [state])
        raw = gbt.build(
            gbt.Frame(
                command=gbt.Command.SEND,
                serial=number & 0xFFFF,
                at=at,
                source=1,
                destination=2,
                data=data,
            )
        )
    built = time.perf_counter()
    for _ in range(FRAMES):
        decode(gbt.parse(raw).data)
    return FRAMES / (built - started), FRAMES / (time.perf_counter() - built)
