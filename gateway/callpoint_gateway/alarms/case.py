"""One alarm: its states, the actions that are allowed in each, and the refusal of all others.

An alarm has two independent states, as in ISA-18.2: devices change its condition (active or
restored), people change its handling.
"""

from enum import StrEnum
from typing import Final

import msgspec

from callpoint_gateway.alarms.sensors import Sensor
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import Action, Cause, Mark
from callpoint_gateway.words.said import Said, said, value_said, verbatim


class Condition(StrEnum):
    """Whether the cause of the alarm is still sensed."""

    ACTIVE = "active"
    RESTORED = "restored"


class Handling(StrEnum):
    """How far people have handled an alarm."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    RESOLVED = "resolved"
    CLOSED = "closed"


_NEW, _ACKNOWLEDGED, _DISPATCHED, _ON_SCENE, _RESOLVED, _ = Handling
_OPEN: Final = (_NEW, _ACKNOWLEDGED, _DISPATCHED, _ON_SCENE, _RESOLVED)
# For each action: the states in which it is allowed, and the state after it; None: the same.
STEPS: Final[dict[Action, tuple[tuple[Handling, ...], Handling | None]]] = {
    Action.ACKNOWLEDGE: ((_NEW,), _ACKNOWLEDGED),
    Action.DISPATCH: ((_ACKNOWLEDGED,), _DISPATCHED),
    Action.ARRIVE: ((_DISPATCHED,), _ON_SCENE),
    Action.REINFORCE: ((_DISPATCHED, _ON_SCENE), None),
    Action.RESOLVE: ((_ACKNOWLEDGED, _DISPATCHED, _ON_SCENE), _RESOLVED),
    Action.CLOSE: ((_ACKNOWLEDGED, _DISPATCHED, _ON_SCENE, _RESOLVED), Handling.CLOSED),
    Action.NOTE: (_OPEN, None),
}


class Raised(msgspec.Struct):
    """One event of an alarm. ``active``: not restored yet; ``seen``: known to a person."""

    position: int
    device: str
    boot: int | None
    seq: int | None
    sensor: Sensor
    active: bool = True
    seen: bool = False


class Step(msgspec.Struct, frozen=True):
    """One action of a person about an alarm.

    ``request`` and ``written_ms``: see ``ActionBody``. ``waits``: it is kept at the district
    alone, because the site has not taken it yet.
    """

    at: Stamp
    action: Action
    who: str
    origin: str
    cause: Cause | None
    note: str
    request: str = ""
    written_ms: int = 0
    waits: bool = False


class Escalated(msgspec.Struct, frozen=True):
    """The last escalation of a missed deadline: its step of the ladder, and whom it informed."""

    step: int
    overdue_ms: int
    times: int
    to: str = ""


class Case(msgspec.Struct):
    """One alarm. ``position``, that of the event which opened it, is its number for ever.

    ``events`` counts its events; ``raised`` keeps the newest of them, and all that are active.
    ``accepted_by`` and ``refused_by``: the centres that accepted or refused one of its events.
    """

    position: int
    device: str
    kind: int
    zone: int
    place: str
    partition: int
    mark: Mark
    opened: Stamp
    occurred_ms: int
    last: Stamp
    events: int = 0
    handling: Handling = Handling.NEW
    raised: dict[int, Raised] = {}
    steps: list[Step] = []
    escalated: dict[str, Escalated] = {}
    accepted_by: list[str] = []
    refused_by: list[str] = []
    alerted: list[str] = []
    alert_number: int = 0

    @property
    def condition(self) -> Condition:
        """ACTIVE until all of its events are restored."""
        active = any(raised.active for raised in self.raised.values())
        return Condition.ACTIVE if active else Condition.RESTORED

    def answered(self, centre: str, *, accepted: bool) -> None:
        """Note that a centre has answered for one of the events."""
        if accepted:
            self.accepted_by = sorted({*self.accepted_by, centre})
        else:
            self.refused_by = sorted({*self.refused_by, centre})

    @property
    def known(self) -> bool:
        """Whether a person has acknowledged it."""
        return self.done(Action.ACKNOWLEDGE) is not None

    def done(self, action: Action) -> Step | None:
        """Return the first step with this action, None if there is none."""
        return next((step for step in self.steps if step.action is action), None)


def refusal(case: Case, action: Action, cause: Cause | None) -> Said | None:
    """Return why an action is not allowed now, and which are; None when it is allowed."""
    number = case.position
    if (cause is not None) != (action is Action.CLOSE):
        if cause is None:
            return said("desk.cause_missing", number=number, causes=", ".join(Cause))
        return said("desk.cause_only", number=number)
    allowed, _ = STEPS[action]
    if case.handling in allowed:
        return None
    if action is Action.CLOSE and case.handling is Handling.NEW and case.mark is Mark.DRILL:
        return None  # the end of a drill closes its alarms, also new ones
    possible = [other.value for other, (states, _) in STEPS.items() if case.handling in states]
    return said(
        "desk.not_now",
        number=number,
        handling=value_said("handling", case.handling),
        action=action.value,
        possible=verbatim(", ".join(possible)) or said("desk.nothing_more"),
    )
