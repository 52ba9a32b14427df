"""The journals of a small estate that a test writes as it likes, and a console that shows them."""

import fcntl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from callpoint_console.console import Console
from callpoint_console.desk import Desk
from callpoint_console.live.gateway_state import GatewayWatch
from callpoint_console.stores import Stores
from callpoint_gateway.alarms.site_source import JournalSource
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel
from callpoint_gateway.configuration.register import Device, Place, Register, Zone
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import AnswerT, Question
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    EventBody,
    FaultBody,
    Mark,
    NewEntry,
    Quality,
    Stored,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.words.said import said
from callpoint_protocol import names

ZONE = ZoneInfo("Asia/Shanghai")
WAIT_S = 60.0
ROOMS = ("101", "102", "201")


def register(buildings: int = 3) -> Register:
    """Return an estate: in each building three flats with a button, and stairs with nothing."""
    places, devices = [], []
    for building in range(1, buildings + 1):
        for room in ROOMS:
            place = f"b{building}/{room}"
            places.append(Place(id=place, community="幸福小区", building=str(building), room=room))
            zones = [Zone(zone=1, kind="panic"), Zone(zone=2, kind="smoke")]
            devices.append(Device(id=f"button-{building}-{room}", place=place, zone=zones))
        places.append(
            Place(id=f"b{building}/stairs", community="幸福小区", building=str(building), room="S")
        )
    return Register(places, devices)


class NoDesk:
    """The desk of a site without a gateway."""

    async def ask(self, question: Question[AnswerT], by: By | None) -> AnswerT:
        """Refuse."""
        raise Unanswered(said("socket.no_gateway", folder="here"))


class Estate:
    """Writes the journals of an estate, as a gateway does, and holds its lock."""

    def __init__(self, folder: Path, known: Register | None = None) -> None:
        self.folder = folder
        self.clock = SystemClock()
        self.alarms = Journal(folder / "alarms.db", self.clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", self.clock, chained=False)
        self.register = known or register()
        self.settings = AlarmSettings()
        self.seq = 0
        self.lock = (folder / "gateway.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)

    @property
    def source(self) -> JournalSource:
        """Return the estate as a console reads it."""
        return JournalSource(self.folder, self.register, ZONE, AlarmSettingsByLevel(self.settings))

    def console(
        self,
        stores: Stores | None = None,
        desk: Desk | None = None,
        gateway: GatewayWatch | None = None,
    ) -> Console:
        """Return a console that shows the estate; without ``desk`` it has no gateway to ask."""
        return Console("estate", self.source, desk or NoDesk(), stores, gateway)

    def store(self, *writes: Write, lane: Journal | None = None) -> int:
        """Write, wait for the disk, return the last position."""
        stored: list[Stored] = []
        done = threading.Event()

        def remember(result: Sequence[Stored]) -> None:
            stored.extend(result)
            done.set()

        (lane or self.alarms).submit(writes, remember)
        assert done.wait(WAIT_S)
        return stored[-1].position

    def event(
        self,
        device: str,
        state: int = names.ALARM,
        kind: int = names.PANIC,
        zone: int = 1,
        mark: Mark = Mark.REAL,
        ago_ms: int = 0,
    ) -> int:
        """Write an event of a device, and return its position."""
        return self.store(self.new_event(device, state, kind, zone, mark, ago_ms))

    def new_event(
        self,
        device: str,
        state: int = names.ALARM,
        kind: int = names.PANIC,
        zone: int = 1,
        mark: Mark = Mark.REAL,
        ago_ms: int = 0,
    ) -> NewEntry:
        """Return the next event of a device, which is not written yet."""
        self.seq += 1
        place = self.register.place_of(device, zone)
        body = EventBody(
            "estate",
            kind,
            state,
            zone,
            0,
            1,
            0,
            self.clock.wall_ms() - ago_ms,
            Quality.AGE,
            place=place.id if place else "",
            mark=mark,
        )
        return NewEntry(Type.EVENT, body, device, 7, self.seq)

    def act(
        self, alarm: int, action: Action, who: str = "desk-2", cause: Cause | None = None
    ) -> None:
        """Have a person act about an alarm."""
        self.store(NewEntry(Type.ACTION, ActionBody(action, who, "cli", cause), about=alarm))

    def note(self, alarm: int, note: str) -> None:
        """Have a person note something about an alarm."""
        body = ActionBody(Action.NOTE, "desk-2", "cli", None, note)
        self.store(NewEntry(Type.ACTION, body, about=alarm))

    def fault(self, source: str, active: bool = True) -> None:
        """Begin or end a fault of a part of the gateway."""
        self.store(NewEntry(Type.FAULT, FaultBody(source, active, "away", "start it")))

    def hear_all(self) -> None:
        """Have every device send a test."""
        for device in self.register.device_ids():
            self.event(device, names.TESTED)

    def stop_gateway(self) -> None:
        """Release the lock, as the end of a gateway does."""
        self.lock.close()

    def close(self) -> None:
        """Close the journals."""
        self.alarms.close()
        self.telemetry.close()
        self.lock.close()


@contextmanager
def estate(folder: Path) -> Iterator[Estate]:
    """Yield an estate."""
    found = Estate(folder)
    try:
        yield found
    finally:
        found.close()
