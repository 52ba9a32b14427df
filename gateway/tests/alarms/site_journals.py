"""The journals of a site that a test writes as it likes, and what a reader makes of them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from callpoint_gateway.alarms.model import Model
from callpoint_gateway.alarms.situation import Situation
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.levels import AlarmSettingsByLevel, LevelSettings
from callpoint_gateway.configuration.register import Device, Partition, Place, Register, Zone
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    ArmingBody,
    Body,
    Cause,
    DeliveryBody,
    EscalationBody,
    EventBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    NewEntry,
    Quality,
    SetAsideBody,
    StatusBody,
    TelemetryBody,
    Type,
    Write,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_protocol import names

from ..conftest import ManualClock

URGENT, NORMAL = "centre/police/urgent", "centre/police/normal"
_TYPES = {
    EventBody: Type.EVENT,
    DeliveryBody: Type.DELIVERY,
    SetAsideBody: Type.SET_ASIDE,
    StatusBody: Type.STATUS,
    FaultBody: Type.FAULT,
    ActionBody: Type.ACTION,
    EscalationBody: Type.ESCALATION,
    ExerciseBody: Type.EXERCISE,
    ArmingBody: Type.ARMING,
    InhibitBody: Type.INHIBIT,
    InhibitOverBody: Type.INHIBIT,
    TelemetryBody: Type.TELEMETRY,
}
REGISTER = Register(
    [Place(id="lobby", building="3", room="301")],
    [Device(id="button", place="lobby", zone=[Zone(zone=3, kind="panic")])],
    [Partition(id="flat", place="lobby")],
)


class Site:
    """Writes entries and says what a reader of the journal makes of them."""

    def __init__(self, folder: Path, clock: ManualClock) -> None:
        self.clock = clock
        self.alarms = Journal(folder / "alarms.db", clock, chained=True)
        self.telemetry = Journal(folder / "telemetry.db", clock, chained=False)
        self.seq = 0

    def store(self, *writes: Write, lane: Journal | None = None) -> int:
        """Write, wait for the disk, return the last position."""
        stored = asyncio.run((lane or self.alarms).store(writes))
        return stored[-1].position

    def tell(self, body: Body, device: str | None = "button", about: int | None = None) -> int:
        """Write an entry and return its position; an event has the device's next number."""
        self.seq += 1
        number = (7, self.seq) if isinstance(body, EventBody) else (None, None)
        return self.store(NewEntry(_TYPES[type(body)], body, device, *number, about))

    def event(self, state: int, kind: int = names.PANIC, detail: int = 0, **more: object) -> int:
        """Write an event of now."""
        body = EventBody(
            "estate", kind, state, 3, detail, 1, 0, self.clock.wall, Quality.AGE, place="lobby"
        )
        return self.tell(msgspec.structs.replace(body, **more))

    def act(self, alarm: int, *actions: Action, cause: Cause | None = None) -> None:
        """Have a person act."""
        for action in actions:
            given = cause if action is Action.CLOSE else None
            self.tell(ActionBody(action, "desk-2", "cli", given), about=alarm)

    def model(
        self,
        register: Register | None = None,
        levels: Sequence[LevelSettings] = (),
        **more: frozenset[str],
    ) -> Model:
        """Return the model as a reader without a gateway has it."""
        model = Model(
            self.alarms.reader(),
            self.clock,
            AlarmSettingsByLevel(AlarmSettings(), levels),
            register,
            self.telemetry.reader(),
            **more,
        )
        model.start()
        return model

    def now(self, register: Register | None = None, **more: frozenset[str]) -> Situation:
        """Return what is the matter."""
        return self.model(register, **more).situation()

    def close(self) -> None:
        self.alarms.close()
        self.telemetry.close()
