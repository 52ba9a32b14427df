"""The entries of a journal: each has a position, a type and a body.

An entry is a fact and is never changed. ``device``, ``boot`` and ``seq`` identify a device's
message; ``about`` is the position of the entry that this one says something about.
Times are Unix milliseconds by the gateway's wall clock. ``boot_id`` and ``mono_ms`` give the
same moment by the monotonic clock, which nobody can step, so that times can be repaired later.
"""

from enum import StrEnum

import msgspec

from callpoint_gateway.journal.partition import Panel
from callpoint_gateway.words.said import NOTHING, Said


class Type(StrEnum):
    """The type of an entry. It decides which class its body has."""

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
    LEVEL = "level"


class Quality(StrEnum):
    """How an event's time of occurrence is known."""

    AGE = "age"  # the device's monotonic age, subtracted from the time of receipt
    DEVICE = "device"  # the device's own synchronised wall clock
    RECEIVED = "received"  # not later than this: the receipt, less the age if there is one


class Mark(StrEnum):
    """Whether an event is real or part of a drill or a test."""

    REAL = ""
    DRILL = "drill"
    TEST = "test"


class EventBody(msgspec.Struct, frozen=True, gc=False, tag="event", omit_defaults=True):
    """One event of a device. ``kind``, ``state`` and ``detail``: see ``callpoint_protocol.names``.

    ``place``, ``partition`` and ``reported`` (opening this door is an alarm) come from the
    register, and ``mark`` from the exercise that ran, both when the event arrived.
    ``inhibited``: the position of the inhibit in force, 0 if none. An inhibited event is stored
    and goes to no centre. ``guarded``: the zone belongs to a partition, which alone decides
    whether this is an alarm.
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
    """Readings of one device by name, in the units of ``protocol/README.md``, at a Unix ms."""

    site: str
    readings: dict[str, int]
    at_ms: int


class StatusBody(msgspec.Struct, frozen=True, tag="status"):
    """A device connected, or its last will said that its connection is lost."""

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


class SetAsideBody(msgspec.Struct, frozen=True, tag="set_aside", omit_defaults=True):
    """A centre does not take the event at ``about`` while it takes others.

    The gateway sends it again under the same ``number``, at ever longer intervals. ``answer`` is
    the centre's last answer, empty if there was none; ``tries`` is how often the event has been
    sent so far. ``reason`` is the English text of ``why``, at most 200 characters; entries of an
    earlier version have it alone.
    """

    centre: str
    number: int
    urgent: bool
    answer: str
    reason: str
    tries: int
    why: Said = NOTHING


class ReportBody(msgspec.Struct, frozen=True, tag="report"):
    """A report of the gateway itself to a centre: a lost path, a periodic test, an exercise.

    An empty ``centre`` means every centre that takes the kind. ``kind``, ``state`` and ``detail``
    are those of ``protocols.report.Report``; ``zone`` is a path's number or 0. In an entry with a
    device, ``zone`` is the device's, and the report is about the partition that guards it.
    """

    site: str
    centre: str
    kind: int
    state: int
    detail: int
    zone: int
    occurred_ms: int


class FaultBody(msgspec.Struct, frozen=True, tag="fault", omit_defaults=True):
    """A fault of ``source`` began (``active``) or ended.

    ``remedy`` says what a person can do about it. It is empty at the end of a fault, and in
    entries of an earlier version. ``why`` and ``to_do`` are the same for readers of every
    language; entries of an earlier version have the English texts alone. ``fault_begins`` and
    ``fault_ends`` make these entries.
    """

    source: str
    active: bool
    reason: str
    remedy: str = ""
    why: Said = NOTHING
    to_do: Said = NOTHING


class LossBody(msgspec.Struct, frozen=True, tag="loss"):
    """``count`` entries or messages of ``what``, numbered ``first`` to ``last``, were dropped."""

    what: str
    first: int
    last: int
    count: int


class InhibitBody(msgspec.Struct, frozen=True, tag="inhibit"):
    """Events of a device, of one zone of it, or of a place go to no centre for a time.

    ``from_ms`` and ``until_ms`` (Unix ms) are for people. The inhibit lasts for their difference,
    counted from the entry's ``mono_ms``. ``role`` is a function ("technician"), never a name.
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

    It concerns the entries from ``from_ms`` to ``to_ms`` (monotonic) in which the wall clock
    was ``skew_ms`` ahead of the monotonic clock. No entry is rewritten: readers add ``off_ms``.
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
    """A person handled the alarm that the event at ``about`` opened.

    ``who`` is a role or an operator's id, never a person's name or number; ``origin`` is the
    program that was used: "cli", "console", "gateway". ``request``: the id of the request for it,
    which is carried out once. ``written_ms``: when a note was written that came late (Unix ms), 0
    if it did not.
    """

    action: Action
    who: str
    origin: str
    cause: Cause | None = None
    note: str = ""
    request: str = ""
    written_ms: int = 0


class SeenBody(msgspec.Struct, frozen=True, tag="seen"):
    """A person knows of the event at ``about``; the device's lamp may show that.

    ``case`` is the position of the alarm that it belongs to, 0 for a test that opened none.
    """

    case: int


class EscalationBody(msgspec.Struct, frozen=True, tag="escalation"):
    """A deadline of the alarm at ``about`` was missed; escalation step ``step`` informs ``to``.

    ``overdue_ms``: how long the deadline is over; ``times``: how often this step was repeated.
    """

    deadline: str
    step: int
    to: str
    overdue_ms: int
    times: int = 1


class Stage(StrEnum):
    """The moment in the course of an exercise."""

    START = "start"
    WARNING = "warning"
    END = "end"


class ExerciseBody(msgspec.Struct, frozen=True, tag="exercise"):
    """A drill or a walk test starts, is about to end, or ends (``about``: its start).

    ``points`` are the places or devices that take part, ``kinds`` the kinds of events. An empty
    list means all.
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
    """``devices`` near the alarm at ``about`` sound for ``seconds``; 0 silences them.

    ``number`` is the number of the command, by which a device recognises a repeat.
    """

    devices: list[str]
    seconds: int
    number: int


class ArmingBody(msgspec.Struct, frozen=True, tag="arming"):
    """The new state of a partition; the entry's ``device`` is the partition's id.

    ``about`` is the event that changed it, if an event did; else ``who`` did, at ``origin``.
    ``since``: the moment (Unix ms, boot id, monotonic ms) from which the partition has been in
    this state; ``armed``: the moment from which it has been armed. None: from this entry on.
    """

    panel: Panel
    who: str
    origin: str
    note: str = ""
    since: tuple[int, str, int] | None = None
    armed: tuple[int, str, int] | None = None


class LevelBody(msgspec.Struct, frozen=True, tag="level"):
    """``area`` is put to a response level, 1 (the most serious) to 4.

    ``area`` is a place's id or the beginning of the text by which places are shown; empty: the
    whole site. ``from_ms`` and ``until_ms`` (Unix ms) are for people; the level lasts for their
    difference, counted from the entry's ``mono_ms``. ``request``: the id of the request for it,
    which begins one level however often it comes.
    """

    area: str
    level: int
    reason: str
    who: str
    origin: str
    from_ms: int
    until_ms: int
    request: str = ""


class LevelOverBody(msgspec.Struct, frozen=True, tag="level_over"):
    """The level at ``about`` is over. ``who``: who ended it; empty: its time was up."""

    who: str
    origin: str


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
    | LevelBody
    | LevelOverBody
)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One entry as stored. ``position`` starts at 1 and has no gaps in the alarms journal."""

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


def fault_begins(source: str, why: Said, to_do: Said) -> NewEntry:
    """Return the entry of a fault that begins; ``to_do`` is what a person can do about it."""
    return NewEntry(Type.FAULT, FaultBody(source, True, str(why), str(to_do), why, to_do))


def fault_ends(source: str, why: Said) -> NewEntry:
    """Return the entry of a fault that is over."""
    return NewEntry(Type.FAULT, FaultBody(source, False, str(why), why=why))


class Quarantine(msgspec.Struct, frozen=True):
    """A message that could not be decoded or used, with the reason."""

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


# A cursor with this prefix is no consumer and has no backlog: a part keeps a small state there.
STATE = "state/"


class Cursor(msgspec.Struct, frozen=True, gc=False):
    """The position up to which a consumer has finished, with a small state of its own (JSON)."""

    name: str
    position: int
    state: dict[str, int] = {}


Write = NewEntry | Quarantine | Cursor


class Stored(msgspec.Struct, frozen=True, gc=False):
    """The result of one write: a new position, or the position of its first arrival."""

    position: int
    duplicate: bool
