"""What the journal holds: entries with a position, a type and a body.

An entry is a fact and is never changed. ``device``, ``boot`` and ``seq`` identify what a
device sent; ``about`` is the position of the entry that this one says something about.
Times are Unix milliseconds by the gateway's wall clock; ``boot_id`` and ``mono_ms`` say
when it was by the clock that nobody can step, so that times can be repaired later.
"""

from enum import StrEnum

import msgspec

from callpoint_gateway.journal.partition import Panel


class Type(StrEnum):
    """What an entry is."""

    EVENT = "event"
    TELEMETRY = "telemetry"
    STATUS = "status"
    DELIVERY = "delivery"
    SET_ASIDE = "set_aside"
    REPORT = "report"
    FAULT = "fault"
    LOSS = "loss"
    INHIBIT = "inhibit"
    TIME = "time"
    ACTION = "action"
    SEEN = "seen"
    ESCALATION = "escalation"
    EXERCISE = "exercise"
    ALERT = "alert"
    ARMING = "arming"


class Quality(StrEnum):
    """How an event's time of occurrence is known."""

    AGE = "age"  # the device's monotonic age, subtracted from the time of receipt
    DEVICE = "device"  # the device's own synchronised wall clock
    RECEIVED = "received"  # not later than this: the receipt, less the age if there is one


class Mark(StrEnum):
    """Whether an event is to be taken at its word."""

    REAL = ""
    DRILL = "drill"
    TEST = "test"


class EventBody(msgspec.Struct, frozen=True, gc=False, tag="event", omit_defaults=True):
    """One event as normalised. Numbers are those of ``callpoint_protocol.names``.

    ``place``, ``partition`` and ``reported`` (an opened door that is an alarm) are what the
    register said when it happened, ``mark`` what was being exercised then.
    ``inhibited``: the position of an inhibit; the event is on record and goes to no centre.
    ``guarded``: the zone is one of a partition, which alone decides whether this is an alarm.
    """

    site: str
    kind: int
    state: int
    zone: int
    detail: int
    count: int
    flags: int
    occurred_ms: int
    quality: Quality
    place: str = ""
    partition: int = 1
    reported: bool = False
    mark: Mark = Mark.REAL
    inhibited: int = 0
    guarded: bool = False


class TelemetryBody(msgspec.Struct, frozen=True, gc=False, tag="telemetry"):
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


class DeliveryBody(msgspec.Struct, frozen=True, gc=False, tag="delivery"):
    """A centre answered for the event at ``about`` over its path ``path``, counted from 1."""

    centre: str
    number: int
    accepted: bool
    answer: str
    took_ms: int
    path: int = 1


class SetAsideBody(msgspec.Struct, frozen=True, tag="set_aside"):
    """A centre takes others, but not the event at ``about``: it is tried again, ever more rarely.

    It will go out under its ``number``; ``answer`` is what the centre said last, empty if
    nothing, ``reason`` is for people, ``tries`` how often it has been tried until then.
    """

    centre: str
    number: int
    urgent: bool
    answer: str
    reason: str
    tries: int


class ReportBody(msgspec.Struct, frozen=True, tag="report"):
    """What the gateway itself tells a centre: a lost path, a periodic test, an exercise.

    ``centre`` is empty when every centre that takes the kind is told. ``kind``, ``state`` and
    ``detail`` are those of ``delivery.Report``; ``zone`` is a path's number or 0. An entry with a
    device is about the partition that guards this zone of it.
    """

    site: str
    centre: str
    kind: int
    state: int
    detail: int
    zone: int
    occurred_ms: int


class FaultBody(msgspec.Struct, frozen=True, tag="fault"):
    """Something the gateway supervises went away (``active``) or came back.

    ``remedy`` is what a person can do about it; empty at the end of a fault, and in entries of
    an earlier version. Make one with ``fault_begins`` or ``fault_ends``.
    """

    source: str
    active: bool
    reason: str
    remedy: str = ""


class LossBody(msgspec.Struct, frozen=True, tag="loss"):
    """``count`` entries or messages of ``what``, numbered ``first`` to ``last``, had to go."""

    what: str
    first: int
    last: int
    count: int


class InhibitBody(msgspec.Struct, frozen=True, tag="inhibit"):
    """What happens on a device, one zone of it or at a place goes to no centre for a time.

    ``from_ms`` and ``until_ms`` are for people; its length is their difference, and its end is
    reckoned from the entry's ``mono_ms``. ``role`` is what somebody is, never who.
    """

    device: str
    zone: int | None
    place: str
    reason: str
    role: str
    maintenance: bool
    life: bool
    from_ms: int
    until_ms: int


class InhibitOverBody(msgspec.Struct, frozen=True, tag="inhibit_over"):
    """The inhibit at ``about`` is over. ``role``: who ended it; empty: its time was up."""

    role: str


class TimeBody(msgspec.Struct, frozen=True, tag="time"):
    """In boot ``boot_id`` the gateway's wall clock was ``off_ms`` behind for a while.

    It concerns what was recorded from ``from_ms`` to ``to_ms`` (monotonic) while the wall clock
    stood ``skew_ms`` before the monotonic one; nothing is rewritten, every reader adds ``off_ms``.
    """

    boot_id: str
    from_ms: int
    to_ms: int
    skew_ms: int
    off_ms: int


class Action(StrEnum):
    """What people do about an alarm."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    REINFORCE = "reinforce"
    RESOLVE = "resolve"
    CLOSE = "close"
    NOTE = "note"


class Cause(StrEnum):
    """What an alarm turned out to be."""

    REAL = "real"
    FALSE = "false"
    TEST = "test"
    DRILL = "drill"
    FAULT = "fault"
    MAINTENANCE = "maintenance"


class ActionBody(msgspec.Struct, frozen=True, tag="action"):
    """Somebody did something about the alarm that the event at ``about`` opened.

    ``who`` is a role or an operator's id, never a person's name or number; ``origin`` is where
    it was done: "cli", "console", "gateway".
    """

    action: Action
    who: str
    origin: str
    cause: Cause | None = None
    note: str = ""


class SeenBody(msgspec.Struct, frozen=True, tag="seen"):
    """The event at ``about`` is known to a person: its lamp may say so.

    ``case`` is the alarm that it belongs to, 0 for a test that opened none.
    """

    case: int


class EscalationBody(msgspec.Struct, frozen=True, tag="escalation"):
    """A deadline of the alarm at ``about`` was missed; step ``step`` of the ladder tells ``to``.

    ``overdue_ms``: for how long already; ``times``: how often this step has been said.
    """

    deadline: str
    step: int
    to: str
    overdue_ms: int
    times: int = 1


class Stage(StrEnum):
    """How far an exercise is."""

    START = "start"
    WARNING = "warning"
    END = "end"


class ExerciseBody(msgspec.Struct, frozen=True, tag="exercise"):
    """A drill or a walk test starts, is about to end, or ends (``about``: its start).

    ``points`` are the places or devices and ``kinds`` the kinds that take part; empty: all.
    """

    mark: Mark
    stage: Stage
    seconds: int
    points: list[str]
    kinds: list[int]
    who: str
    origin: str
    note: str = ""


class AlertBody(msgspec.Struct, frozen=True, tag="alert"):
    """The neighbours of the alarm at ``about`` are alerted for so long; 0 seconds: silenced.

    ``number`` is that of the command, so that a repeat is known to be one.
    """

    devices: list[str]
    seconds: int
    number: int


class ArmingBody(msgspec.Struct, frozen=True, tag="arming"):
    """A partition is from now on as ``panel`` says; the entry's ``device`` is the partition.

    ``about`` is the event that brought it about, if one did; else ``who`` did, at ``origin``.
    ``since``: the earlier moment (Unix ms, boot id, monotonic ms) from which it has been in this
    state, ``armed`` that from which it has been armed; None: from this entry on, if at all.
    """

    panel: Panel
    who: str
    origin: str
    note: str = ""
    since: tuple[int, str, int] | None = None
    armed: tuple[int, str, int] | None = None


Body = (
    EventBody
    | TelemetryBody
    | StatusBody
    | DeliveryBody
    | SetAsideBody
    | ReportBody
    | FaultBody
    | LossBody
    | InhibitBody
    | InhibitOverBody
    | TimeBody
    | ActionBody
    | SeenBody
    | EscalationBody
    | ExerciseBody
    | AlertBody
    | ArmingBody
)


class Entry(msgspec.Struct, frozen=True, gc=False):
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


class NewEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry to be appended."""

    type: Type
    body: Body
    device: str | None = None
    boot: int | None = None
    seq: int | None = None
    about: int | None = None


def fault_begins(source: str, reason: str, remedy: str) -> NewEntry:
    """Return the entry of a fault that begins; ``remedy`` is what a person can do about it."""
    return NewEntry(Type.FAULT, FaultBody(source, True, reason, remedy))


def fault_ends(source: str, reason: str) -> NewEntry:
    """Return the entry of a fault that is over."""
    return NewEntry(Type.FAULT, FaultBody(source, False, reason))


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


# A cursor with such a name is no consumer: somebody keeps a small state there, and has no backlog.
STATE = "state/"


class Cursor(msgspec.Struct, frozen=True, gc=False):
    """The position that a consumer has finished, with a small state of its own (JSON)."""

    name: str
    position: int
    state: dict[str, int] = {}


Write = NewEntry | Quarantine | Cursor


class Stored(msgspec.Struct, frozen=True, gc=False):
    """What became of one write: a new position, or the position of its first arrival."""

    position: int
    duplicate: bool
