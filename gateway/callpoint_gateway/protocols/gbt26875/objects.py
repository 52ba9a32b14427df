"""The application data of a frame: a type flag, a count, and so many objects.

``encode`` and ``decode`` work on whole units; FrameError for what cannot be one. Times are local.
Texts are GB18030: 31 bytes for a component, filled with 00, or with a length before it.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from callpoint_gateway.protocols.gbt26875.codes import Unit
from callpoint_gateway.protocols.gbt26875.frame import (
    MOST_DATA,
    FrameError,
    time_bytes,
    time_from_bytes,
)
from callpoint_gateway.words.said import said

DESCRIPTION: Final = 31


class SystemState(msgspec.Struct, frozen=True):
    """Status word of a system."""

    system: int
    address: int
    status: int
    at: datetime


class ComponentState(msgspec.Struct, frozen=True):
    """Status word of a component, and what it is called."""

    system: int
    address: int
    component: int
    number: int
    status: int
    text: str
    at: datetime


class Analogue(msgspec.Struct, frozen=True):
    """A measured value; ``value`` in units of ``codes.Quantity``."""

    system: int
    address: int
    component: int
    number: int
    quantity: int
    value: int
    at: datetime


class Operation(msgspec.Struct, frozen=True):
    """What an operator did to a system."""

    system: int
    address: int
    flags: int
    operator: int
    at: datetime


class SystemVersion(msgspec.Struct, frozen=True):
    """The software of a system."""

    system: int
    address: int
    major: int
    minor: int


class SystemText(msgspec.Struct, frozen=True):
    """How a system is set up."""

    system: int
    address: int
    text: str


class ComponentText(msgspec.Struct, frozen=True):
    """What a component is called."""

    system: int
    address: int
    component: int
    number: int
    text: str


class SystemTime(msgspec.Struct, frozen=True):
    """The clock of a system."""

    system: int
    address: int
    at: datetime


class DeviceStatus(msgspec.Struct, frozen=True):
    """Status of the transmission device itself."""

    status: int
    at: datetime


class DeviceOperation(msgspec.Struct, frozen=True):
    """What an operator did at the transmission device."""

    flags: int
    operator: int
    at: datetime


class DeviceVersion(msgspec.Struct, frozen=True):
    """The software of the transmission device."""

    major: int
    minor: int


class Text(msgspec.Struct, frozen=True):
    """How the transmission device is set up."""

    text: str


class Moment(msgspec.Struct, frozen=True):
    """A time: the device's, or the one that the centre gives."""

    at: datetime


class Asked(msgspec.Struct, frozen=True):
    """A system that is asked for."""

    system: int
    address: int


class AskedComponent(msgspec.Struct, frozen=True):
    """A component that is asked for."""

    system: int
    address: int
    number: int


class AskedOperations(msgspec.Struct, frozen=True):
    """So many records of a system from a moment on."""

    system: int
    address: int
    count: int
    since: datetime


class AskedDeviceOperations(msgspec.Struct, frozen=True):
    """So many records of the transmission device from a moment on."""

    count: int
    since: datetime


class Plain(msgspec.Struct, frozen=True):
    """One byte: reserved, or the minutes of a duty check."""

    value: int = 0


Object = (
    SystemState
    | ComponentState
    | Analogue
    | Operation
    | SystemVersion
    | SystemText
    | ComponentText
    | SystemTime
    | DeviceStatus
    | DeviceOperation
    | DeviceVersion
    | Text
    | Moment
    | Asked
    | AskedComponent
    | AskedOperations
    | AskedDeviceOperations
    | Plain
)

# Of what each field is made: struct's letters, T a time, D a description, L a text with length.
LAYOUTS: Final[dict[type[Object], str]] = {
    SystemState: "BBHT",
    ComponentState: "BBBIHDT",
    Analogue: "BBBIBhT",
    Operation: "BBBBT",
    SystemVersion: "BBBB",
    SystemText: "BBL",
    ComponentText: "BBBID",
    SystemTime: "BBT",
    DeviceStatus: "BT",
    DeviceOperation: "BBT",
    DeviceVersion: "BB",
    Text: "L",
    Moment: "T",
    Asked: "BB",
    AskedComponent: "BBI",
    AskedOperations: "BBBT",
    AskedDeviceOperations: "BT",
    Plain: "B",
}
_SIZES: Final = {"B": 1, "H": 2, "h": 2, "I": 4, "T": 6, "D": DESCRIPTION}
# The object of each unit and how many of them a frame may have.
UNITS: Final[dict[Unit, tuple[type[Object], int]]] = {
    Unit.SYSTEM_STATUS: (SystemState, 102),
    Unit.COMPONENT_STATUS: (ComponentState, 22),
    Unit.ANALOGUE: (Analogue, 63),
    Unit.OPERATION: (Operation, 102),
    Unit.SYSTEM_VERSION: (SystemVersion, 1),
    Unit.SYSTEM_TEXT: (SystemText, 3),
    Unit.COMPONENT_TEXT: (ComponentText, 26),
    Unit.SYSTEM_TIME: (SystemTime, 1),
    Unit.DEVICE_STATUS: (DeviceStatus, 1),
    Unit.DEVICE_OPERATION: (DeviceOperation, 127),
    Unit.DEVICE_VERSION: (DeviceVersion, 1),
    Unit.DEVICE_TEXT: (Text, 1),
    Unit.DEVICE_TIME: (Moment, 1),
    Unit.READ_SYSTEM_STATUS: (Asked, 102),
    Unit.READ_COMPONENT_STATUS: (AskedComponent, 22),
    Unit.READ_ANALOGUE: (AskedComponent, 63),
    Unit.READ_OPERATIONS: (AskedOperations, 1),
    Unit.READ_SYSTEM_VERSION: (Asked, 1),
    Unit.READ_SYSTEM_TEXT: (Asked, 3),
    Unit.READ_COMPONENT_TEXT: (AskedComponent, 26),
    Unit.READ_SYSTEM_TIME: (Asked, 1),
    Unit.READ_DEVICE_STATUS: (Plain, 1),
    Unit.READ_DEVICE_OPERATIONS: (AskedDeviceOperations, 1),
    Unit.READ_DEVICE_VERSION: (Plain, 1),
    Unit.READ_DEVICE_TEXT: (Plain, 1),
    Unit.READ_DEVICE_TIME: (Plain, 1),
    Unit.INITIALISE: (Plain, 1),
    Unit.SET_CLOCK: (Moment, 1),
    Unit.DUTY_CHECK: (Plain, 1),
}


def cut(text: str, most: int) -> bytes:
    """Return ``text`` in GB18030, whole characters only, in at most so many bytes."""
    out = b""
    for char in text:
        if len(more := out + char.encode("gb18030", "replace")) > most:
            break
        out = more
    return out


def _plain_text(raw: bytes) -> str:
    # Published examples fill with spaces and end with 00.
    return raw.partition(b"\0")[0].decode("gb18030", "replace").rstrip()


def encode(unit: Unit, objects: Sequence[Object]) -> bytes:
    """Return the application data. FrameError for too many objects or a number that is too big."""
    kind, most = UNITS[unit]
    if len(objects) > most:
        raise FrameError(said("frame.objects", count=len(objects), unit=str(unit), most=most))
    parts = [bytes((unit, len(objects)))]
    for one in objects:
        if not isinstance(one, kind):
            raise FrameError(said("frame.object", called=type(one).__name__, unit=str(unit)))
        parts += (
            _field(letter, getattr(one, name), name)
            for letter, name in zip(LAYOUTS[kind], kind.__struct_fields__, strict=True)
        )
    data = b"".join(parts)
    if len(data) > MOST_DATA:
        raise FrameError(said("frame.size", size=len(data), most=MOST_DATA))
    return data


def _field(letter: str, value: int | str | datetime, name: str) -> bytes:
    match value:
        case datetime():
            return time_bytes(value)
        case str() if letter == "D":
            return cut(value, DESCRIPTION).ljust(DESCRIPTION, b"\0")
        case str():
            text = cut(value, 255)
            return bytes([len(text)]) + text
        case int():
            try:
                return struct.pack(f"<{letter}", value)
            except struct.error:
                raise FrameError(said("frame.value", name=name, value=str(value))) from None


def decode(data: bytes) -> tuple[Unit, list[Object]]:
    """Return type and objects of application data. FrameError says what is wrong."""
    if len(data) < 2:
        raise FrameError(said("frame.no_type"))
    if data[0] not in Unit.__members__.values():
        raise FrameError(said("frame.type", unit=data[0]))
    unit = Unit(data[0])
    kind, most = UNITS[unit]
    if data[1] > most:
        raise FrameError(said("frame.objects", count=data[1], unit=str(unit), most=most))
    at, objects = 2, []
    for _ in range(data[1]):
        values: list[int | str | datetime] = []
        for letter in LAYOUTS[kind]:
            size = 1 + data[at] if letter == "L" and at < len(data) else _SIZES.get(letter, 1)
            raw = data[at : at + size]
            if len(raw) < size:
                raise FrameError(said("frame.cut", unit=str(unit)))
            values.append(_value(letter, raw))
            at += size
        objects.append(kind(*values))  # type: ignore[arg-type]
    if at != len(data):
        raise FrameError(said("frame.behind", count=len(data) - at, unit=str(unit)))
    return unit, objects


def _value(letter: str, raw: bytes) -> int | str | datetime:
    match letter:
        case "T":
            return time_from_bytes(raw)
        case "D":
            return _plain_text(raw)
        case "L":
            return _plain_text(raw[1:])
    number: int = struct.unpack(f"<{letter}", raw)[0]
    return number
