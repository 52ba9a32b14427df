"""What a fire centre may ask for: the components of the site, and what is known of them now.

What stands at a sensor is what the model of the site says; everything else is read when it is
wanted. A component is a zone of a device; zone 0 is the device itself.
"""

import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import msgspec

from callpoint_gateway.alarms.sensors import Sensors
from callpoint_gateway.centres.gbt26875.status import DEVICE_KINDS, word
from callpoint_gateway.configuration.register import Place, Register
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Entry,
    ExerciseBody,
    Stage,
    TelemetryBody,
    Type,
)
from callpoint_gateway.journal.writer import Journal
from callpoint_gateway.protocols.gbt26875.codes import Done, Quantity, Status
from callpoint_gateway.protocols.gbt26875.objects import DESCRIPTION
from callpoint_gateway.protocols.place_text import fit
from callpoint_protocol import names

# So many of a device's latest events say what stood at it at an earlier position.
LOOKED_BACK: Final = 64
MOST_OPERATIONS: Final = 127
_YEARS: Final = (datetime(2000, 1, 1), datetime(2099, 12, 31))
_DID: Final = {
    Action.ACKNOWLEDGE: Done.MUTE,
    Action.RESOLVE: Done.RESET,
    Action.CLOSE: Done.CLEARED,
}


class Component(msgspec.Struct, frozen=True):
    """``number`` is its address at the centre; ``zone`` 0 and ``kind`` 0: the device itself."""

    number: int
    device: str
    zone: int
    kind: int
    text: str


class Value(msgspec.Struct, frozen=True):
    """A reading: ``value`` in units of ``quantity``, of the moment ``at_ms`` (Unix)."""

    quantity: Quantity
    value: int
    at_ms: int


class Record(msgspec.Struct, frozen=True):
    """An operation at the moment ``at_ms`` (Unix)."""

    done: Done
    at_ms: int


class Duty(Protocol):
    """Somebody who is asked whether anybody is there."""

    def ask(self, centre: str, minutes: int, answered: Callable[[], None]) -> None:
        """Signal the question; ``answered`` is called in the loop if somebody answers in time."""


def component_number(device: str, number: int | None, zone: int) -> int:
    """Return the four bytes by which a centre knows a zone, or with zone 0 its device.

    With the register's ``number``: that in the low two bytes and the zone in the high two, as
    vendors do it. Else a number that follows from the device's id alone, so that no other
    device changes it; such numbers are above all of the first kind.
    """
    if number is not None:
        return zone << 16 | number
    return 1 << 31 | (zlib.crc32(device.encode()) & 0x7F_FFFF) << 8 | zone & 0xFF


def text_of(place: Place | None, device: str) -> str:
    """Return the description of a component at a place: the end of its grid that has room."""
    parts = place.told or (place.id,) if place else (device,)
    return fit(parts, DESCRIPTION, lambda text: len(text.encode("gb18030", "replace")))


def components(register: Register) -> list[Component]:
    """Return all components of a site."""
    codes = {name: kind for kind, name in names.KINDS.items()}
    found = []
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        for zone, kind in [(0, 0), *((sensor.zone, codes[sensor.kind]) for sensor in device.zone)]:
            text = text_of(register.place_of(name, zone), name)
            number = component_number(name, device.number, zone)
            found.append(Component(number, name, zone, kind, text))
    return found


class Facts:
    """Answers from the journals and the register. One thread."""

    def __init__(
        self,
        register: Register,
        alarms: Journal,
        telemetry: Journal,
        zone: ZoneInfo,
        sensors: Callable[[], Sensors],
        silent: Callable[[str], bool],
        shielded: Callable[[str, int], bool],
        exercising: Callable[[], bool],
        duty: Duty,
    ) -> None:
        """``sensors`` is what stands now; ``silent`` and ``shielded`` say whether a device is,
        or one of its zones.
        """
        self._register = register
        self._alarms = alarms.reader()
        self._telemetry = telemetry.reader()
        self._zone = zone
        self._sensors = sensors
        self._silent = silent
        self._shielded = shielded
        self.exercising = exercising
        self.duty = duty
        self._components = {component.number: component for component in components(register)}
        self._numbers = {
            (component.device, component.zone): component
            for component in self._components.values()
        }

    def close(self) -> None:
        """Release the journals."""
        self._alarms.close()
        self._telemetry.close()

    def local(self, unix_s: float) -> datetime:
        """Return the site's local time, held within the century that a frame can carry."""
        first, last = _YEARS
        moment = datetime.fromtimestamp(unix_s, self._zone).replace(microsecond=0, tzinfo=None)
        return min(max(moment, first), last)

    def unix_s(self, local: datetime) -> float:
        """Return Unix seconds of the site's local time."""
        return local.replace(tzinfo=self._zone).timestamp()

    def all(self) -> list[Component]:
        """Return every component."""
        return list(self._components.values())

    def component(self, number: int) -> Component | None:
        """Return the component with an address, None if there is none."""
        return self._components.get(number)

    def at(self, device: str, zone: int, kind: int) -> Component:
        """Return the component that an event concerns; a new one for what no register has."""
        zone = 0 if kind in DEVICE_KINDS else zone
        known = self._numbers.get((device, zone))
        if known is not None:
            return known
        registered = self._register.device(device)
        number = component_number(device, registered.number if registered else None, zone)
        return Component(
            number, device, zone, kind, text_of(self._register.place_of(device, zone), device)
        )

    def status(self, component: Component) -> Status:
        """Return the status word of a component as it is now."""
        status = _word(self._sensors(), component)
        if component.zone == 0 and self._silent(component.device):
            status |= Status.FAULT
        if self._shielded(component.device, component.zone):
            status |= Status.SHIELDED
        return status

    def status_at(self, component: Component, position: int) -> Status:
        """Return the status word as the journal had it at a position: the same whenever asked."""
        then = Sensors()
        for entry in self._alarms.last_events(component.device, LOOKED_BACK):
            if entry.position <= position:
                then.take(entry)
        return _word(then, component)

    def values(self, component: Component) -> list[Value]:
        """Return the last readings of a component's device."""
        entry = self._telemetry.last_reading(component.device)
        if entry is None or not isinstance(entry.body, TelemetryBody):
            return []
        readings, at_ms = entry.body.readings, entry.body.at_ms
        found = []
        if "tc" in readings:
            found.append(Value(Quantity.TEMPERATURE, readings["tc"], at_ms))
        if "mv" in readings:
            found.append(Value(Quantity.VOLTAGE, round(readings["mv"] / 100), at_ms))
        return found

    def operations(self, since_ms: int, count: int) -> list[Record]:
        """Return the first so many records from a moment on, the oldest first."""
        entries = [*self._alarms.all_of(Type.ACTION), *self._alarms.all_of(Type.EXERCISE)]
        found = [
            Record(done, entry.recorded_ms)
            for entry in entries
            if entry.recorded_ms >= since_ms and (done := _done(entry))
        ]
        return sorted(found, key=lambda record: record.at_ms)[: min(count, MOST_OPERATIONS)]


def _word(sensors: Sensors, component: Component) -> Status:
    """Return the status word of a component: what stands at its zone, or at the device itself."""
    return word(
        standing
        for standing in sensors.of(component.device)
        if component.zone == (0 if standing.body.kind in DEVICE_KINDS else standing.body.zone)
    )


def _done(entry: Entry) -> Done:
    match entry.body:
        case ActionBody(action=action):
            return _DID.get(action, Done(0))
        case ExerciseBody(stage=Stage.START | Stage.END):
            return Done.TEST
    return Done(0)
