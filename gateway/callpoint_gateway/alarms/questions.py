"""The questions of the control socket about alarms and exercises."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from callpoint_gateway.alarms.case import Condition, Handling
from callpoint_gateway.control.question import Question, RequestId
from callpoint_gateway.control.roles import ATTENDANTS, DESK, DEVICES, EVERYBODY, Role
from callpoint_gateway.journal.entries import Action, Cause, Mark


class DeadlineView(msgspec.Struct, frozen=True):
    """A deadline and the ms that are left, negative once it is missed."""

    what: str
    rest_ms: int


class EscalationView(msgspec.Struct, frozen=True):
    """A missed deadline, and whom the last escalation informed."""

    what: str
    step: int
    to: str
    overdue_ms: int
    times: int


class StepView(msgspec.Struct, frozen=True):
    """One action of a person about an alarm; ``who`` is a role, ``at_ms`` Unix ms.

    ``written_ms``: when a note was written that came late, 0 if it did not.
    """

    action: Action
    at_ms: int
    who: str
    origin: str
    cause: Cause | None
    note: str
    written_ms: int = 0


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm; times are Unix ms by the gateway's clock, ages ms.

    ``alarm`` is its number, ``next`` the actions that are allowed now. ``centres`` have accepted
    it, ``awaited`` have not answered yet.
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
    """Ask for the alarms that are not closed."""

    may = EVERYBODY


#: The actions that are not for the desk alone: whoever runs the property is told of an alarm, sees
#: it and goes there. To end it stays with the desk, which has the other sources.
ATTENDING: Final = frozenset({Action.ACKNOWLEDGE, Action.DISPATCH, Action.ARRIVE})


def may_act(action: Action) -> frozenset[Role]:
    """Return the roles that may carry out an action about an alarm."""
    return ATTENDANTS if action in ATTENDING else DESK


class ActOnAlarm(Question[AlarmView], frozen=True, tag="alarm"):
    """Carry out an action about an open alarm; closing needs a ``cause``.

    ``request`` makes a note one that is recorded once, however often it comes, and also about an
    alarm that was closed since. ``written_ms``: when it was written, if it comes late (Unix ms).
    """

    may = ATTENDANTS

    @property
    def allowed(self) -> frozenset[Role]:
        """The roles that may carry out this action."""
        return may_act(self.action)

    alarm: int
    action: Action
    cause: Cause | None = None
    note: str = ""
    request: RequestId | None = None
    written_ms: Annotated[int, Meta(ge=0)] | None = None


class ZoneView(msgspec.Struct, frozen=True):
    """A zone of a device."""

    device: str
    zone: int


class ExerciseView(msgspec.Struct, frozen=True, kw_only=True):
    """An exercise, with the tested and the untested zones of a walk test."""

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


class ExercisesNow(msgspec.Struct, frozen=True):
    """The running exercises, the oldest first."""

    exercises: list[ExerciseView]


class AskExercises(Question[ExercisesNow], frozen=True, tag="exercises"):
    """Ask for the running exercises."""

    may = EVERYBODY


class StartExercise(Question[ExerciseView], frozen=True, tag="exercise-start"):
    """Start a drill or a walk test for ``seconds``; without ``points``, everywhere."""

    may = DEVICES
    mark: Mark
    seconds: int
    points: list[str] = msgspec.field(default_factory=list)
    kinds: list[str] = msgspec.field(default_factory=list)
    note: str = ""


class StopExercise(Question[ExerciseView], frozen=True, tag="exercise-stop"):
    """End a running exercise before its time: the one with this number, or the only one."""

    may = DEVICES
    mark: Mark
    note: str = ""
    exercise: int | None = None
