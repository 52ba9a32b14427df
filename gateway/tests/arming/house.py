"""A house with one partition, on disk, that can lose power at any moment."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from callpoint_gateway.arming.guard import By, Guard, Others
from callpoint_gateway.configuration.arming import ArmingSettings
from callpoint_gateway.configuration.register import Device, Partition, Place, Register, Zone
from callpoint_gateway.journal.ages import Ages, stamp_of
from callpoint_gateway.journal.entries import (
    Entry,
    EventBody,
    Mark,
    NewEntry,
    Quality,
    Type,
)
from callpoint_gateway.journal.partition import Mode, State
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

GUARD = By("guard", "cli", "night shift")
FLAT = "flat"
REGISTER = Register(
    [Place(id="home")],
    [
        Device(
            id="front",
            place="home",
            account="12AB",
            zone=[
                Zone(zone=1, kind="door", guarded_by=FLAT, entry=True, partition=4),
                Zone(zone=2, kind="panic"),
            ],
        ),
        Device(
            id="hall",
            place="home",
            zone=[
                Zone(zone=1, kind="intrusion", guarded_by=FLAT),
                Zone(zone=2, kind="door", guarded_by=FLAT),
            ],
        ),
    ],
    [Partition(id=FLAT, place="home", exit_s=45, entry_s=30)],
)


class House:
    """A journal and a guard that can lose power."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.path = folder / "alarms.db"
        self.clock = clock
        self.silent: set[str] = set()
        self.told: list[State] = []
        self._seq = 0
        self.alarms: Journal
        self.guard: Guard
        self._running: asyncio.Task[None]

    async def start(self) -> None:
        self.alarms = Journal(self.path, self.clock, chained=True)
        with self.alarms.reader() as reader:
            last = reader.entry(reader.head())
        ages = Ages(self.clock, stamp_of(last) if last else None)
        others = Others(
            self.silent.__contains__,
            lambda *event: 0,
            lambda device, body: Mark.REAL,
            lambda: ages,
        )
        self.guard = Guard("estate", REGISTER, ArmingSettings(), self.alarms, self.clock, others)
        self.guard.watch(lambda name: self.told.append(self.guard.panel(name).state))
        await self.guard.prepare()
        self._running = asyncio.create_task(self.guard.run())

    async def stop_looking(self) -> None:
        """Let events reach the disk that the guard does not see any more."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def stop(self) -> None:
        await self.stop_looking()
        self.guard.close()
        self.alarms.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    @property
    def state(self) -> State:
        return self.guard.panel(FLAT).state

    async def event(
        self, kind: int, state: int, detail: int, device: str, zone: int, ago_ms: int
    ) -> None:
        self._seq += 1
        body = EventBody(
            "estate",
            kind,
            state,
            zone,
            detail,
            1,
            0,
            self.clock.wall_ms() - ago_ms,
            Quality.AGE,
            guarded=REGISTER.guard_of(device, zone) is not None,
        )
        await self.alarms.store([NewEntry(Type.EVENT, body, device, 65537, self._seq)])

    async def opens(self, device: str = "front", zone: int = 1, ago_ms: int = 0) -> None:
        await self.event(names.DOOR, names.NOTICE, names.OPEN, device, zone, ago_ms)
        await self.quiet()

    async def closes(self, device: str = "front", zone: int = 1) -> None:
        await self.event(names.DOOR, names.NOTICE, names.CLOSED, device, zone, 0)
        await self.quiet()

    async def moves(self) -> None:
        await self.event(names.INTRUSION, names.ALARM, 0, "hall", 1, 0)
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until the guard has looked at everything and ended every delay that is over."""
        await self.guard.look()

    async def pass_s(self, seconds: float) -> None:
        self.clock.advance(round(seconds * 1000))
        await self.quiet()

    async def arm(self, mode: Mode = Mode.AWAY, *, force: bool = False) -> None:
        await self.guard.arm(FLAT, mode, GUARD, force=force)
        await self.pass_s(45)

    def entries(self, type: Type) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 10_000, (type,))

    def alarms_raised(self) -> list[tuple[str | None, int, int]]:
        return [
            (entry.device, entry.body.zone, entry.body.state)
            for entry in self.entries(Type.EVENT)
            if isinstance(entry.body, EventBody)
            and entry.body.kind == names.INTRUSION
            and not entry.body.guarded
        ]


Play = Callable[[House], Awaitable[None]]
Player = Callable[[Play], None]
