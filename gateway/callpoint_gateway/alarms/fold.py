"""Folds the alarms journal into the open alarms and the running exercises.

What it promises:

1. The state after an entry follows from the entries up to it alone: no clock, no register, no
   configuration. Read from the start, or from a snapshot, it is the same.
2. One alarm per zone of a device, kind and partition. It is opened by its first event; further
   ones belong to it until somebody acknowledges it. What comes after that is an alarm of its own,
   with deadlines of its own: a person must look again.
3. An action that is not allowed changes nothing.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from callpoint_gateway.alarms.case import STEPS, Case, Escalated, Handling, Raised, Step
from callpoint_gateway.alarms.case import refusal as _refusal
from callpoint_gateway.alarms.sensors import Sensor, Sensors, is_after
from callpoint_gateway.journal.ages import Stamp, stamp_of
from callpoint_gateway.journal.entries import (
    ActionBody,
    AlertBody,
    DeliveryBody,
    Entry,
    EscalationBody,
    EventBody,
    ExerciseBody,
    Mark,
    SeenBody,
    Stage,
    Type,
)
from callpoint_gateway.journal.event_meaning import raises, restores
from callpoint_protocol import names

KEPT: Final = 32  # events of one alarm that are remembered, beside those that are active
TYPES: Final = (
    Type.EVENT,
    Type.ACTION,
    Type.SEEN,
    Type.ESCALATION,
    Type.EXERCISE,
    Type.ALERT,
    Type.DELIVERY,
)
_Key = tuple[str, str, int, int, int, Mark]


class Exercise(msgspec.Struct):
    """A running drill or walk test; ``position`` is that of its start."""

    position: int
    mark: Mark
    started: Stamp
    seconds: int
    points: list[str]
    kinds: list[int]
    who: str
    warned: bool = False
    tested: set[tuple[str, int]] = set()

    def covers(self, device: str, place: str, kind: int) -> bool:
        """Say whether a sensor takes part."""
        return self.has(device, place) and (not self.kinds or kind in self.kinds)

    def has(self, device: str, place: str) -> bool:
        """Say whether a device takes part, or what is at a place."""
        return not self.points or device in self.points or place in self.points


class Cases:
    """The open alarms. It needs every entry of ``TYPES``, in order, by ``take``."""

    def __init__(self, closed: Callable[[Case], None] | None = None) -> None:
        """``closed`` is called with each alarm that is closed; ``Cases`` then drops it."""
        self.position = 0
        # The running ones, the oldest first; replaced as a whole, so that any thread may read it.
        self.exercises: tuple[Exercise, ...] = ()
        self.sensors = Sensors()
        # Events of a walk test whose devices do not know yet that a person has seen them.
        self.tests: dict[int, Raised] = {}
        self._closed = closed
        self._cases: dict[int, Case] = {}
        self._by_key: dict[_Key, Case] = {}
        self._active: dict[Sensor, dict[int, Case]] = {}
        self._of_event: dict[int, Case] = {}

    def open_cases(self) -> list[Case]:
        """Return the alarms that are not closed, oldest first."""
        return list(self._cases.values())

    def case(self, position: int) -> Case | None:
        """Return an open alarm by its number, or by any event that it keeps."""
        return self._of_event.get(position)

    def raised_mark(self, sensor: Sensor) -> Mark | None:
        """Return the mark of a sensor's alarm that is not restored; None: it has none.

        Also if it was part of a walk test, or if a person has closed it.
        """
        cases = self._active.get(sensor)
        if cases:
            return next(iter(cases.values())).mark
        return self.sensors.raised_mark(sensor)

    def covering(self, device: str, place: str, kind: int) -> Exercise | None:
        """Return the running exercise in which a sensor takes part, None if there is none."""
        return next((each for each in self.exercises if each.covers(device, place, kind)), None)

    def take(self, entry: Entry) -> None:
        """Take the next entry."""
        self.position = entry.position
        match entry.body:
            case EventBody() as body if entry.device is not None:
                self._event(entry, entry.device, body)
                self.sensors.take(entry)
            case DeliveryBody() as body if case := self._of_event.get(entry.about or 0):
                case.answered(body.centre, accepted=body.accepted)
            case ActionBody() as body:
                self._action(entry, body)
            case SeenBody():
                self._seen(entry.about or 0)
            case EscalationBody() as body if case := self._case_about(entry):
                case.escalated[body.deadline] = Escalated(
                    body.step, body.overdue_ms, body.times, body.to
                )
            case ExerciseBody() as body:
                self._exercise(entry, body)
            case AlertBody() as body if case := self._case_about(entry):
                case.alerted = list(body.devices) if body.seconds else []
                case.alert_number = body.number

    def _case_about(self, entry: Entry) -> Case | None:
        return self._cases.get(entry.about or 0)

    def _event(self, entry: Entry, device: str, body: EventBody) -> None:
        sensor = (device, body.zone, body.kind)
        if body.mark is Mark.TEST or body.state == names.TESTED:
            self._tried(device, body)
        if raises(body):
            active = not self.sensors.was_restored(entry)
            raised = Raised(entry.position, device, entry.boot, entry.seq, sensor, active)
            if body.mark is Mark.TEST:
                self.tests[entry.position] = raised
            else:
                self._bundle(entry, body, raised)
        elif restores(body):
            self._restore(sensor, entry)

    def _tried(self, device: str, body: EventBody) -> None:
        for exercise in self.exercises:
            if exercise.mark is Mark.TEST and exercise.has(device, body.place):
                exercise.tested.add((device, body.zone))

    def _bundle(self, entry: Entry, body: EventBody, raised: Raised) -> None:
        fresh = opened(entry, body, raised.device)
        case = self._by_key.get(_key(fresh))
        if case is None:
            case = fresh
            self._by_key[_key(case)] = self._cases[case.position] = case
        case.last = stamp_of(entry)
        case.events += 1
        self._remember(case, raised)

    def _restore(self, sensor: Sensor, entry: Entry) -> None:
        goes_on: dict[int, Case] = {}
        for case in self._active.pop(sensor, {}).values():
            own = [raised for raised in case.raised.values() if raised.sensor == sensor]
            for raised in own:
                if is_after(entry, raised.boot, raised.seq):
                    raised.active = False
            if any(raised.active for raised in own):
                goes_on[case.position] = case
        if goes_on:
            self._active[sensor] = goes_on

    def _remember(self, case: Case, raised: Raised) -> None:
        if raised.active:  # only the newest event of a sensor counts as active
            for earlier in case.raised.values():
                if earlier.sensor == raised.sensor:
                    earlier.active = False
        case.raised[raised.position] = raised
        self._of_event[raised.position] = self._of_event[case.position] = case
        if raised.active:
            self._active.setdefault(raised.sensor, {})[case.position] = case
        restored = [other.position for other in case.raised.values() if not other.active]
        old = restored[:-KEPT]
        for position in old:
            del case.raised[position]
            if position != case.position:
                self._of_event.pop(position, None)

    def _action(self, entry: Entry, body: ActionBody) -> None:
        case = self._case_about(entry)
        if case is None or _refusal(case, body.action, body.cause):
            return
        case.steps.append(step_of(entry, body))
        self._advance(case, STEPS[body.action][1])

    def _advance(self, case: Case, handling: Handling | None) -> None:
        if handling is None:
            return
        case.handling = handling
        if handling is Handling.ACKNOWLEDGED and case.position in case.raised:
            case.raised[case.position].seen = True
        if self._by_key.get(_key(case)) is case:
            # What comes now is an alarm of its own: a person has seen this one already.
            del self._by_key[_key(case)]
        if handling is Handling.CLOSED:
            self._forget(case)

    def _forget(self, case: Case) -> None:
        del self._cases[case.position]
        for position in (case.position, *case.raised):
            self._of_event.pop(position, None)
        for raised in case.raised.values():
            cases = self._active.get(raised.sensor, {})
            cases.pop(case.position, None)
            if not cases:
                self._active.pop(raised.sensor, None)
        if self._closed is not None:
            self._closed(case)

    def _seen(self, event: int) -> None:
        self.tests.pop(event, None)
        case = self._of_event.get(event)
        if case is not None and event in case.raised:
            case.raised[event].seen = True

    def _exercise(self, entry: Entry, body: ExerciseBody) -> None:
        match body.stage:
            case Stage.START:
                self.exercises = (*self.exercises, exercise(entry, body))
            case Stage.WARNING:
                for running in self.exercises:
                    running.warned = running.warned or running.position == entry.about
            case Stage.END:
                left = [each for each in self.exercises if each.position != entry.about]
                self.exercises = tuple(left)

    def adopt(self, case: Case, raised: list[Raised]) -> None:
        """Take an open alarm from a snapshot, with its kept events in order of position."""
        self._cases[case.position] = self._of_event[case.position] = case
        if case.handling is Handling.NEW:
            self._by_key[_key(case)] = case
        for one in raised:
            case.raised[one.position] = one
            self._of_event[one.position] = case
            if one.active:
                self._active.setdefault(one.sensor, {})[case.position] = case


def step_of(entry: Entry, body: ActionBody) -> Step:
    """Return the step that an entry is."""
    return Step(
        stamp_of(entry),
        body.action,
        body.who,
        body.origin,
        body.cause,
        body.note,
        body.request,
        body.written_ms,
    )


def _key(case: Case) -> _Key:
    return case.place, case.device, case.zone, case.kind, case.partition, case.mark


def opened(entry: Entry, body: EventBody, device: str) -> Case:
    """Return the alarm that an event opens, still without events."""
    return Case(
        position=entry.position,
        device=device,
        kind=body.kind,
        zone=body.zone,
        place=body.place,
        partition=body.partition,
        mark=body.mark,
        opened=stamp_of(entry),
        occurred_ms=body.occurred_ms,
        last=stamp_of(entry),
    )


def exercise(entry: Entry, body: ExerciseBody) -> Exercise:
    """Return the exercise that an entry starts."""
    return Exercise(
        position=entry.position,
        mark=body.mark,
        started=stamp_of(entry),
        seconds=body.seconds,
        points=body.points,
        kinds=body.kinds,
        who=body.who,
    )
