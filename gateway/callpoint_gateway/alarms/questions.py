"""What may be asked about alarms and exercises."""

import msgspec

from callpoint_gateway.alarms.case import Condition, Handling
from callpoint_gateway.control.question import Question
from callpoint_gateway.journal.entries import Action, Cause, Mark


class DeadlineView(msgspec.Struct, frozen=True):
    """What is still to be done, and within how many ms; negative once it is missed."""

    what: str
    rest_ms: int


class EscalationView(msgspec.Struct, frozen=True):
    """What was not done in time, and who has been told of it."""

    what: str
    step: int
    to: str
    overdue_ms: int
    times: int


class StepView(msgspec.Struct, frozen=True):
    """What somebody did about an alarm; ``who`` is a role, ``at_ms`` Unix ms."""

    action: Action
    at_ms: int
    who: str
    origin: str
    cause: Cause | None
    note: str


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm; times are Unix ms by the gateway's clock, ages ms.

    ``alarm`` is its number, ``next`` the actions that are allowed now. ``centres`` have it,
    ``awaited`` have still to be told.
    """

    alarm: int
    kind: str
    priority: int
    place: str | None
    where: str | None
    device: str
    zone: int
    partition: int
    condition: Condition
    handling: Handling
    mark: Mark | None
    events: int
    occurred_ms: int
    opened_ms: int
    age_ms: int
    deadlines: list[DeadlineView]
    escalated: list[EscalationView]
    centres: list[str]
    refused_by: list[str]
    awaited: list[str]
    alerted: list[str]
    next: list[Action]
    cause: Cause | None
    steps: list[StepView]


class OpenAlarms(msgspec.Struct, frozen=True):
    """The alarms that are not closed: most urgent first, then the oldest."""

    alarms: list[AlarmView]


class ListAlarms(Question[OpenAlarms], frozen=True, tag="alarms"):
    """Which alarms are not closed?"""


class ActOnAlarm(Question[AlarmView], frozen=True, tag="alarm"):
    """Do something about an open alarm; ``cause`` when it is closed."""

    alarm: int
    action: Action
    who: str
    origin: str
    cause: Cause | None = None
    note: str = ""


class ZoneView(msgspec.Struct, frozen=True):
    """A zone of a device."""

    device: str
    zone: int


class ExerciseView(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise, with what has been tried and what is left of a walk test."""

    exercise: int
    mark: Mark
    started_ms: int
    seconds: int
    left_ms: int
    points: list[str]
    kinds: list[str]
    who: str
    tested: list[ZoneView]
    untested: list[ZoneView]


class ExerciseNow(msgspec.Struct, frozen=True):
    """The exercise that goes on; None: none does."""

    exercise: ExerciseView | None


class AskExercise(Question[ExerciseNow], frozen=True, tag="exercise"):
    """Does an exercise go on?"""


class StartExercise(Question[ExerciseView], frozen=True, tag="exercise-start"):
    """Start a drill or a walk test, for so many seconds; everywhere, or at ``points``."""

    mark: Mark
    seconds: int
    who: str
    origin: str
    points: list[str] = msgspec.field(default_factory=list)
    kinds: list[str] = msgspec.field(default_factory=list)
    note: str = ""


class StopExercise(Question[ExerciseView], frozen=True, tag="exercise-stop"):
    """End it before its time."""

    mark: Mark
    who: str
    origin: str
    note: str = ""
