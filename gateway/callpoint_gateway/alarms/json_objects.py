"""An alarm and an exercise as objects for JSON: what a command or a page shows of them."""

from collections.abc import Callable
from typing import Any

from callpoint_gateway.alarms.case import STEPS, Case, Step
from callpoint_gateway.alarms.escalation import deadlines
from callpoint_gateway.alarms.fold import Exercise
from callpoint_gateway.configuration.alarms import AlarmSettings
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.ages import Stamp
from callpoint_gateway.journal.entries import Action
from callpoint_protocol import names

Age = Callable[[Stamp], int]


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": step.action.value,
        "at_ms": step.at.wall_ms,
        "who": step.who,
        "origin": step.origin,
        "cause": step.cause and step.cause.value,
        "note": step.note,
    }


def alarm_object(
    case: Case, settings: AlarmSettings, register: Register | None, age: Age
) -> dict[str, Any]:
    """Return an alarm; times are Unix ms by the gateway's clock, ages and rests in ms.

    ``rest_ms`` of a deadline is negative once it is missed.
    """
    place = register.place_of(case.device, case.zone) if register else None
    closed = case.done(Action.CLOSE)
    return {
        "alarm": case.position,
        "kind": names.KINDS.get(case.kind, str(case.kind)),
        "priority": settings.priority(case.kind),
        "place": case.place or None,
        "where": str(place) if place else None,
        "device": case.device,
        "zone": case.zone,
        "partition": case.partition,
        "condition": case.condition.value,
        "handling": case.handling.value,
        "mark": case.mark.value or None,
        "events": case.events,
        "occurred_ms": case.occurred_ms,
        "opened_ms": case.opened.wall_ms,
        "age_ms": age(case.opened),
        "deadlines": [
            {"what": name, "rest_ms": within_ms - age(since)}
            for name, since, within_ms in deadlines(case, settings)
        ],
        "escalated": [
            {"what": name, "step": one.step, "overdue_ms": one.overdue_ms, "times": one.times}
            for name, one in case.escalated.items()
        ],
        "alerted": case.alerted,
        "next": [one.value for one, (states, _) in STEPS.items() if case.handling in states],
        "cause": closed.cause.value if closed and closed.cause else None,
        "steps": [_step(step) for step in case.steps],
    }


def exercise_object(running: Exercise, left_ms: int, register: Register | None) -> dict[str, Any]:
    """Return an exercise, with what has been tried and what is left of a walk test."""
    zones = _zones(running, register) if register else []
    left = [zone for zone in zones if zone not in running.tested]
    return {
        "exercise": running.position,
        "mark": running.mark.value,
        "started_ms": running.started.wall_ms,
        "seconds": running.seconds,
        "left_ms": left_ms,
        "points": running.points,
        "kinds": [names.KINDS.get(kind, str(kind)) for kind in running.kinds],
        "who": running.who,
        "tested": [{"device": one, "zone": zone} for one, zone in sorted(running.tested)],
        "untested": [{"device": one, "zone": zone} for one, zone in left],
    }


def _zones(running: Exercise, register: Register) -> list[tuple[str, int]]:
    """Return what takes part: every zone of the register that is covered."""
    codes = {name: code for code, name in names.KINDS.items()}
    found: list[tuple[str, int]] = []
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        for zone in device.zone:
            place = zone.place or device.place
            if running.covers(name, place, codes[zone.kind]):
                found.append((name, zone.zone))
    return found
