"""Converts an alarm or an exercise into an object for JSON, as commands and pages show it."""

from typing import Any

import msgspec

from callpoint_gateway.alarms.case import STEPS, Step
from callpoint_gateway.alarms.fold import Exercise
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import Action
from callpoint_protocol import names


def _step(step: Step) -> dict[str, Any]:
    return {
        "action": step.action.value,
        "at_ms": step.at.wall_ms,
        "who": step.who,
        "origin": step.origin,
        "cause": step.cause and step.cause.value,
        "note": step.note,
        "written_ms": step.written_ms,
    }


def alarm_object(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as an object; times are Unix ms by the gateway's clock, ages are ms.

    ``rest_ms`` of a deadline is the time left, negative once it is missed.
    """
    closed = next((step for step in alarm.steps if step.action is Action.CLOSE), None)
    allowed = [action.value for action, (states, _) in STEPS.items() if alarm.handling in states]
    return {
        "alarm": alarm.alarm,
        "kind": names.KINDS.get(alarm.kind, str(alarm.kind)),
        "priority": alarm.priority,
        "place": alarm.place or None,
        "where": alarm.where or None,
        "device": alarm.device,
        "zone": alarm.zone,
        "partition": alarm.partition,
        "condition": alarm.condition.value,
        "handling": alarm.handling.value,
        "mark": alarm.mark.value or None,
        "events": alarm.events,
        "occurred_ms": alarm.occurred_ms,
        "opened_ms": alarm.opened_ms,
        "age_ms": alarm.age_ms,
        "deadlines": msgspec.to_builtins(alarm.deadlines),
        "escalated": msgspec.to_builtins(alarm.escalated),
        "centres": list(alarm.accepted_by),
        "refused_by": list(alarm.refused_by),
        "awaited": list(alarm.awaited),
        "alerted": list(alarm.alerted),
        "next": allowed,
        "cause": closed.cause.value if closed and closed.cause else None,
        "steps": [_step(step) for step in alarm.steps],
    }


def exercise_object(running: Exercise, left_ms: int, register: Register | None) -> dict[str, Any]:
    """Return an exercise as an object, with the tested and the untested zones of a walk test."""
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
        "tested": [{"device": device, "zone": zone} for device, zone in sorted(running.tested)],
        "untested": [{"device": device, "zone": zone} for device, zone in left],
    }


def _zones(running: Exercise, register: Register) -> list[tuple[str, int]]:
    """Return the zones of the register that take part, as (device, zone)."""
    codes = {name: code for code, name in names.KINDS.items()}
    zones: list[tuple[str, int]] = []
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        for zone in device.zone:
            place = zone.place or device.place
            if running.covers(name, place, codes[zone.kind]):
                zones.append((name, zone.zone))
    return zones
