"""A desk on a real journal, in the hands of a test."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from callpoint_gateway.alarms.desk import Desk
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel, LevelSettings
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    Entry,
    EscalationBody,
    EventBody,
    NewEntry,
    Quality,
    Stored,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import messages, names

from ..conftest import ManualClock

SOON_S = 60.0
SMOKE = Zone(zone=1, kind="smoke")
PANIC = Zone(zone=2, kind="panic")
REGISTER = Register(
    [
        Place(id="left", building="3", room="301"),
        Place(id="right", building="3", room="302"),
        Place(id="hall"),
    ],
    [
        Device(id="a", place="left", alerts=["b", "c"], zone=[SMOKE, PANIC]),
        Device(id="b", place="right", alerts=["a"], zone=[SMOKE]),
        Device(id="c", place="hall", account="12AB", zone=[PANIC]),
    ],
)
PLACES = {"a": "left", "b": "right", "c": "hall"}


class House:
    """A desk with its journal; what it tells devices is kept."""

    def __init__(self, alarms: Journal, clock: ManualClock) -> None:
        self.alarms, self.clock = alarms, clock
        self.settings = AlarmSettings()
        self.levels: list[LevelSettings] = []
        self.told: list[tuple[str, int, int]] = []
        self.orders: list[tuple[str, int, int, int]] = []
        self.seq = 0
        self.desk: Desk

    async def start(self) -> None:
        """Start a desk as a gateway does. What runs already is dropped, as by a kill."""
        self.desk = Desk(
            "estate",
            self.alarms,
            REGISTER,
            AlarmSettingsByLevel(self.settings, self.levels),
            self.clock,
            lambda *event: self.told.append(event),
            self._publish,
        )
        await self.desk.prepare()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Have a desk run until the block ends."""
        await self.start()
        try:
            yield
        finally:
            self.desk.close()

    def _publish(self, topic: str, body: bytes) -> bool:
        number, command, seconds = messages.decode_command(body)
        self.orders.append((topic.split("/")[3], command, seconds, number))
        return True

    async def store(self, *writes: NewEntry) -> int:
        """Write and wait; return the last position."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[Stored]] = loop.create_future()
        self.alarms.submit(
            writes, lambda s: loop.call_soon_threadsafe(done.set_result, s) and None
        )
        return (await done)[-1].position

    async def event(
        self,
        device: str = "a",
        kind: int = names.SMOKE,
        state: int = names.ALARM,
        flags: int = 0,
        age_ms: int = 0,
    ) -> int:
        """Put an event as ingest does; return its position."""
        self.seq += 1
        body = EventBody(
            "estate",
            kind,
            state,
            1 if kind == names.SMOKE else 2,
            0,
            1,
            flags,
            self.clock.wall - age_ms,
            Quality.AGE,
            place=PLACES[device],
        )
        mark = self.desk.mark(device, body)
        body = EventBody(**{f: getattr(body, f) for f in body.__struct_fields__} | {"mark": mark})
        position = await self.store(NewEntry(Type.EVENT, body, device, 7, self.seq))
        await self.look()
        return position

    async def look(self) -> None:
        """Let the desk see what there is and what time it is."""
        await self.desk.look()

    async def let_pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1000)
            await self.look()

    def entries(self, type: Type) -> list[Entry]:
        with self.alarms.reader() as reader:
            return reader.read(0, 10_000, (type,))

    def escalations(self) -> list[tuple[str, int, int, int]]:
        bodies = [entry.body for entry in self.entries(Type.ESCALATION)]
        return [
            (body.deadline, body.step, body.overdue_ms // 1000, body.times)
            for body in bodies
            if isinstance(body, EscalationBody)
        ]

    def sirens(self) -> list[tuple[str, int]]:
        """Return the sirens ordered, each command once however often it was sent."""
        found = dict.fromkeys(one for one in self.orders if one[1] == names.SIREN)
        return [(device, seconds) for device, _, seconds, _ in found]


def play(house: House, what: Callable[[House], Awaitable[None]]) -> None:
    """Do something at a desk that runs meanwhile."""

    async def run() -> None:
        async with house.running():
            await what(house)

    asyncio.run(run())


async def restart(house: House) -> None:
    """Kill the desk and start another."""
    house.desk.close()
    await house.start()
