"""A centre's sender with a real journal and receivers in the hands of a test."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from callpoint_gateway.centres.dc09.protocol import open_carrier
from callpoint_gateway.centres.protocol import path_opener
from callpoint_gateway.centres.sender import CentreSender
from callpoint_gateway.configuration.centres import Centre, CentrePath
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    DeliveryBody,
    Entry,
    EventBody,
    FaultBody,
    Quality,
    Type,
)
from callpoint_gateway.journal.entries import NewEntry as New
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names
from callpoint_rig.receivers.adverse_receiver import AdverseReceiver

from ..conftest import ManualClock

SOON_S = 45.0
# For receivers that answer: a machine that is busy makes no answer too late.
PATIENT_S = 60.0
# For receivers that do not answer.
SHORT_S = 0.15
UNKNOWN = "9999"
REGISTER = Register(
    [Place(id="home", building="3", room="301"), Place(id="next", building="3", room="302")],
    [
        Device(id="board", place="home", zone=[Zone(zone=1, kind="panic")]),
        # A slip of a technician: the centre does not know this account.
        Device(
            id="slip",
            place="next",
            account=UNKNOWN,
            zone=[Zone(zone=zone, kind="panic") for zone in (1, 2, 3)],
        ),
    ],
)


class CentreDesk:
    """Two receivers, and a sender that can be started and crashed."""

    def __init__(self, alarms: Journal, clock: ManualClock) -> None:
        self.alarms, self.clock = alarms, clock
        now = lambda: clock.wall / 1000  # noqa: E731 - one expression for two receivers
        self.first, self.second = AdverseReceiver(clock_s=now), AdverseReceiver(clock_s=now)
        self.delivered: list[Entry] = []
        self.closed: set[int] = set()  # positions of events whose alarm a person has closed
        self.sender: CentreSender | None = None
        self._running: asyncio.Task[None] | None = None
        self._seq = 0

    async def start(self, paths: int = 1, **settings: object) -> None:
        """Start the sender as a starting gateway would."""
        ports = (self.first.port, self.second.port)[:paths]
        values = {"timeout_s": PATIENT_S, "supervision_s": 0.0, "away_after_s": 0.0} | settings
        centre = Centre(
            name="police",
            account="1234",
            path=[CentrePath(host="127.0.0.1", port=port) for port in ports],
            **values,  # type: ignore[arg-type]
        )
        self.sender = CentreSender(
            centre,
            path_opener(open_carrier, centre, self.clock),
            self.alarms,
            REGISTER,
            self.clock,
            self.delivered.append,
            others=["property"],
            closed=lambda entry: entry.position in self.closed,
        )
        await self.sender.prepare()
        self._running = asyncio.create_task(self.sender.run())

    async def crash(self) -> None:
        """End the sender wherever it is."""
        if self._running is not None and self.sender is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            await self.sender.close()
            self._running = None

    def raise_event(
        self, kind: int, state: int = names.ALARM, zone: int = 1, device: str = "board"
    ) -> None:
        """Put an event of a device into the journal."""
        self._seq += 1
        body = EventBody("estate", kind, state, zone, 0, 1, 0, self.clock.wall, Quality.AGE)
        self.alarms.submit([New(Type.EVENT, body, device, 7, self._seq)])

    async def until(self, condition: Callable[[list[Entry]], bool]) -> list[Entry]:
        """Return all entries once they fulfil the condition, and are told of as well."""
        async with asyncio.timeout(SOON_S):
            with self.alarms.reader() as reader:
                while not condition(entries := reader.read(0, 5000)):
                    await asyncio.sleep(0.005)
        await self.alarms.store([])
        return entries

    async def until_delivered(self, count: int) -> list[DeliveryBody]:
        """Return the deliveries once there are so many."""
        entries = await self.until(lambda found: len(deliveries(found)) >= count)
        return deliveries(entries)

    async def until_true(self, condition: Callable[[], bool]) -> None:
        """Wait for something that is no entry."""
        async with asyncio.timeout(SOON_S):
            while not condition():
                await asyncio.sleep(0.005)


def deliveries(entries: list[Entry]) -> list[DeliveryBody]:
    """Return what was answered."""
    return [one.body for one in entries if isinstance(one.body, DeliveryBody)]


def faults(entries: list[Entry]) -> list[tuple[str, bool]]:
    """Return the faults that began and ended."""
    bodies = [one.body for one in entries if isinstance(one.body, FaultBody)]
    assert all(bool(body.remedy) == body.active for body in bodies)
    return [(body.source, body.active) for body in bodies]


def play(
    alarms: Journal, clock: ManualClock, what: Callable[[CentreDesk], Awaitable[None]]
) -> None:
    """Run a scenario with both receivers listening."""

    async def run() -> None:
        desk = CentreDesk(alarms, clock)
        await desk.first.start()
        await desk.second.start()
        try:
            await what(desk)
        finally:
            await desk.crash()
            desk.first.thawed.set()
            await desk.first.stop()
            await desk.second.stop()

    asyncio.run(run())
