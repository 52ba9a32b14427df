"""An estate's journals, a path to a fire centre, and that centre, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from callpoint_gateway.alarms.model import Model
from callpoint_gateway.alarms.sensors import Sensors
from callpoint_gateway.centres.gbt26875.facts import Facts, component_number
from callpoint_gateway.centres.gbt26875.path import GbtPath
from callpoint_gateway.centres.gbt26875.settings import GbtSettings
from callpoint_gateway.centres.memory import Memory
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    EventBody,
    Mark,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.report import Outcome, Report
from callpoint_gateway.transport.receiver_link import open_tcp, open_udp
from callpoint_rig.receivers.fire_centre import (
    SEND,
    FireCentre,
)

from ..conftest import ManualClock

HERE, CENTRE = 100001, 1
ZONE = ZoneInfo("Asia/Shanghai")
NOON_MS = 1_795_320_896_000  # 2026-11-22 04:14:56 UTC
LOCAL = "2026-11-22 12:14:56"
KITCHEN = component_number("kitchen", 7, 2)
REGISTER = Register(
    [Place(id="home", community="幸福里", building="3", room="厨房")],
    [
        Device(
            id="kitchen",
            place="home",
            number=7,
            zone=[Zone(zone=2, kind="smoke"), Zone(zone=3, kind="door")],
        ),
        Device(id="lobby", place="home", zone=[Zone(zone=1, kind="panic")]),
    ],
)


class Asked:
    """Keeps the questions whether anybody is there."""

    def __init__(self) -> None:
        self.questions: list[tuple[str, int, Callable[[], None]]] = []

    def ask(self, centre: str, minutes: int, answered: Callable[[], None]) -> None:
        self.questions.append((centre, minutes, answered))


class Estate:
    """Two journals, a fire centre and a path to it."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        clock.wall = NOON_MS
        self.clock = clock
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.silent: set[str] = set()
        self.shielded: set[tuple[str, int]] = set()
        self.exercising = False
        self.duty = Asked()
        self.memory = Memory()
        self.centre = FireCentre()
        self.model = Model(
            self.alarms.reader(), clock, AlarmSettingsByLevel(AlarmSettings()), REGISTER
        )
        self.facts = Facts(
            REGISTER,
            self.alarms,
            self.telemetry,
            ZONE,
            self._sensors,
            self.silent.__contains__,
            lambda device, zone: (device, zone) in self.shielded,
            lambda: self.exercising,
            self.duty,
        )
        self._seq = 0
        self.path: GbtPath

    def _sensors(self) -> Sensors:
        self.model.follow()
        return self.model.state.sensors

    def open(self, *, udp: bool = False, timeout_s: float = 5.0, **settings: object) -> GbtPath:
        self.path = GbtPath(
            "127.0.0.1",
            self.centre.port,
            GbtSettings(source=HERE, centre=CENTRE, **settings),  # type: ignore[arg-type]
            self.facts,
            name="fire",
            now=lambda: self.clock.wall_ms() / 1000,
            timeout_s=timeout_s,
            memory=self.memory,
            open_link=open_udp if udp else open_tcp,
        )
        return self.path

    async def event(
        self,
        kind: int,
        state: int,
        zone: int,
        *,
        detail: int = 0,
        mark: Mark = Mark.REAL,
        guarded: bool = False,
        numbered: bool = True,
    ) -> int:
        """Journal an event of the kitchen; return its position."""
        self._seq += 1
        body = EventBody(
            "estate",
            kind,
            state,
            zone,
            detail,
            1,
            0,
            self.clock.wall_ms(),
            Quality.AGE,
            mark=mark,
            guarded=guarded,
        )
        number = (65537, self._seq) if numbered else (None, None)
        entry = NewEntry(Type.EVENT, body, "kitchen", *number)
        return (await self.alarms.store([entry]))[0].position

    async def raised(self, kind: int, state: int, zone: int, mark: str = "") -> Outcome:
        """Journal an event and tell the centre of it."""
        position = await self.event(kind, state, zone)
        return await self.path.send(report(kind, state, zone, position, mark), 1)

    async def close(self) -> None:
        await self.path.close()
        await self.centre.stop()
        self.facts.close()
        self.alarms.close()
        self.telemetry.close()


def report(kind: int, state: int, zone: int, reference: int, mark: str = "") -> Report:
    return Report(
        kind=kind,
        state=state,
        zone=zone,
        sensor=zone,
        occurred_ms=NOON_MS - 5000,
        device="kitchen",
        reference=reference,
        mark=mark,
    )


@asynccontextmanager
async def estate(
    folder: Path, clock: ManualClock, *, udp: bool = False, **settings: object
) -> AsyncIterator[Estate]:
    one = Estate(folder, clock)
    await one.centre.start(udp=udp)
    one.open(udp=udp, **settings)  # type: ignore[arg-type]
    try:
        yield one
    finally:
        await one.close()


Play = Callable[[Estate], Awaitable[None]]


def play(folder: Path, clock: ManualClock, scenario: Play, **more: object) -> None:
    async def go() -> None:
        async with estate(folder, clock, **more) as one:  # type: ignore[arg-type]
            await scenario(one)

    asyncio.run(go())


def status_of(heard: dict[str, object]) -> object:
    (one,) = heard["objects"]  # type: ignore[misc]
    return one["status"]


ASKED = {
    61: bytes([61, 1, 1, 1]),
    62: bytes([62, 2, 1, 1]) + KITCHEN.to_bytes(4, "little") + bytes([1, 1, 7, 0, 0, 0]),
    63: bytes([63, 1, 1, 1]) + KITCHEN.to_bytes(4, "little"),
    64: bytes([64, 1, 1, 1, 102, 0, 0, 0, 1, 1, 0]),
    65: bytes([65, 1, 1, 1]),
    66: bytes([66, 1, 1, 1]),
    67: bytes([67, 1, 1, 1]) + KITCHEN.to_bytes(4, "little"),
    68: bytes([68, 1, 1, 1]),
    81: bytes([81, 1, 0]),
    84: bytes([84, 1, 10, 0, 0, 0, 1, 1, 0]),
    85: bytes([85, 1, 0]),
    86: bytes([86, 1, 0]),
    88: bytes([88, 1, 0]),
}
SYSTEM = {"system": 1, "address": 1}


async def asked(one: Estate, command: int, data: bytes) -> dict[str, object]:
    """Ask, and return the answer to exactly that."""
    already = len(one.centre.heard)
    serial = one.centre.order(command, data)
    return await one.centre.until(
        lambda heard: (
            heard["command"] != SEND
            and heard["serial"] == serial
            and heard in one.centre.heard[already:]
        )
    )
