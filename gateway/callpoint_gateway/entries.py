"""What the journal holds: entries with a position, a type and a body.

An entry is a fact and is never changed. ``device``, ``boot`` and ``seq`` identify what a
device sent; ``about`` is the position of the entry that this one says something about.
Times are Unix milliseconds by the gateway's wall clock; ``boot_id`` and ``mono_ms`` say
when it was by the clock that nobody can step, so that times can be repaired later.
"""

from enum import StrEnum

import msgspec


class Type(StrEnum):
    """What an entry is."""

    EVENT = "event"
    TELEMETRY = "telemetry"
    STATUS = "status"
    DELIVERY = "delivery"
    REPORT = "report"
    FAULT = "fault"
    LOSS = "loss"


class Quality(StrEnum):
    """How an event's time of occurrence is known."""

    AGE = "age"  # the device's monotonic age, subtracted from the time of receipt
    DEVICE = "device"  # the device's own synchronised wall clock
    RECEIVED = "received"  # not later than this: the receipt, less the age if there is one


class EventBody(msgspec.Struct, frozen=True, tag="event"):
    """One event as normalised. Numbers are those of ``callpoint_protocol.names``."""

    site: str
    kind: int
    state: int
    zone: int
    detail: int
    count: int
    flags: int
    occurred_ms: int
    quality: Quality


class TelemetryBody(msgspec.Struct, frozen=True, tag="telemetry"):
    """Readings of one device; units are in ``protocol/README.md``."""

    site: str
    readings: dict[str, int]
    at_ms: int


class StatusBody(msgspec.Struct, frozen=True, tag="status"):
    """A device said hello, or its last will said that it is lost."""

    site: str
    status: int
    boot: int
    firmware: str
    cause: int


class DeliveryBody(msgspec.Struct, frozen=True, tag="delivery"):
    """A centre answered for the event at ``about`` over its path ``path``, counted from 1."""

    centre: str
    number: int
    accepted: bool
    answer: str
    took_ms: int
    path: int = 1


class ReportBody(msgspec.Struct, frozen=True, tag="report"):
    """What the gateway itself tells a centre: a lost path, a periodic test, an exercise.

    ``centre`` is empty when every centre that takes the kind is told. ``kind``, ``state`` and
    ``detail`` are those of ``delivery.Report``; ``zone`` is a path's number or 0.
    """

    site: str
    centre: str
    kind: int
    state: int
    detail: int
    zone: int
    occurred_ms: int


class FaultBody(msgspec.Struct, frozen=True, tag="fault"):
    """Something the gateway supervises went away (``active``) or came back."""

    source: str
    active: bool
    reason: str


class LossBody(msgspec.Struct, frozen=True, tag="loss"):
    """``count`` entries or messages of ``what``, numbered ``first`` to ``last``, had to go."""

    what: str
    first: int
    last: int
    count: int


Body = EventBody | TelemetryBody | StatusBody | DeliveryBody | ReportBody | FaultBody | LossBody


class Entry(msgspec.Struct, frozen=True):
    """One entry as stored. ``position`` starts at 1 and has no gaps in the alarms lane."""

    position: int
    type: Type
    recorded_ms: int
    boot_id: str
    mono_ms: int
    device: str | None
    boot: int | None
    seq: int | None
    about: int | None
    body: Body


class NewEntry(msgspec.Struct, frozen=True):
    """An entry to be appended."""

    type: Type
    body: Body
    device: str | None = None
    boot: int | None = None
    seq: int | None = None
    about: int | None = None


class Quarantine(msgspec.Struct, frozen=True):
    """Bytes that could not be used, kept with the reason."""

    source: str
    topic: str
    reason: str
    payload: bytes


class Quarantined(msgspec.Struct, frozen=True):
    """A quarantined message as stored."""

    number: int
    received_ms: int
    source: str
    topic: str
    reason: str
    payload: bytes


class Cursor(msgspec.Struct, frozen=True):
    """The position that a consumer has finished, with a small state of its own (JSON)."""

    name: str
    position: int
    state: dict[str, int] = {}


Write = NewEntry | Quarantine | Cursor


class Stored(msgspec.Struct, frozen=True):
    """What became of one write: a new position, or the position of its first arrival."""

    position: int
    duplicate: bool
