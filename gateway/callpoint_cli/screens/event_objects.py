"""An entry of a journal as a JSON object, with the names that the protocol uses."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from callpoint_cli.times import iso
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.printable import printable
from callpoint_gateway.journal.entries import (
    ActionBody,
    ArmingBody,
    DeliveryBody,
    Entry,
    EventBody,
    ExerciseBody,
    FaultBody,
    InhibitBody,
    InhibitOverBody,
    LevelBody,
    LevelOverBody,
    LossBody,
    Quarantined,
    ReportBody,
    StatusBody,
    TelemetryBody,
    TimeBody,
)
from callpoint_protocol import names
from callpoint_protocol.messages import details

AnswersAbout = Callable[[int], list[Entry]]


def kind_of(entry: Entry) -> str | None:
    """Return the name of an entry for ``--kind``; None if the entry has no row of its own."""
    match entry.body:
        case EventBody(kind=kind):
            return names.KINDS.get(kind, str(kind))
        case ReportBody(kind=kind):
            return names.KINDS.get(kind, str(kind))
        case StatusBody():
            return "status"
        case FaultBody():
            return "fault"
        case LossBody():
            return "loss"
        case InhibitBody() | InhibitOverBody():
            return "inhibit"
        case TimeBody():
            return "time"
        case ArmingBody():
            return "arming"
        case LevelBody() | LevelOverBody():
            return "level"
        case ActionBody():
            return "action"
        case ExerciseBody():
            return "exercise"
    return None


def occurred_ms(entry: Entry) -> int:
    """Return when it happened, Unix ms: as the device says, otherwise when it was recorded."""
    match entry.body:
        case EventBody(occurred_ms=at_ms) | TelemetryBody(at_ms=at_ms):
            return at_ms
    return entry.recorded_ms


def _place(entry: Entry, register: Register | None) -> str | None:
    if register is None or entry.device is None:
        return None
    zone = entry.body.zone if isinstance(entry.body, EventBody) else 0
    place = register.place_of(entry.device, zone)
    return str(place) if place is not None else None


def _detail(body: EventBody) -> str | None:
    if body.kind == names.BATTERY:
        return f"{body.detail} mV"
    return (
        details(body.kind, body.state).get(body.detail)
        if body.detail or (body.kind == names.DOOR and body.state == names.NOTICE)
        else None
    )


def as_object(
    entry: Entry, register: Register | None, answers_about: AnswersAbout, zone: ZoneInfo
) -> dict[str, Any]:
    """Return an entry for ``--json``. Times are ISO 8601 with the offset of ``zone``.

    ``answers_about`` returns the entries that say something about a position.
    """
    return {
        "position": entry.position,
        "type": entry.type.value,
        "occurred": iso(occurred_ms(entry), zone),
        "recorded": iso(entry.recorded_ms, zone),
        "device": entry.device,
        "place": _place(entry, register),
        **_of_device(entry, answers_about),
        **_of_gateway(entry, zone),
    }


def _of_device(entry: Entry, answers_about: AnswersAbout) -> dict[str, Any]:
    """Return the fields of an entry that a device or a fire centre's report brought about."""
    match entry.body:
        case EventBody() as body:
            answers = [answer.body for answer in answers_about(entry.position)]
            deliveries = [delivery for delivery in answers if isinstance(delivery, DeliveryBody)]
            centres = [delivery.centre for delivery in deliveries if delivery.accepted]
            return {
                "kind": names.KINDS.get(body.kind, str(body.kind)),
                "state": names.STATES.get(body.state, str(body.state)),
                "detail": _detail(body),
                "zone": body.zone,
                "count": body.count,
                "on_test": bool(body.flags & names.FLAG_ON_TEST),
                "mark": body.mark.value or None,
                "guarded": body.guarded,
                "boot": entry.boot,
                "seq": entry.seq,
                "time_quality": body.quality.value,
                "inhibited": body.inhibited or None,
                "stage": "centre" if centres else "stored",
                "centres": centres,
                "refused_by": [
                    delivery.centre for delivery in deliveries if not delivery.accepted
                ],
            }
        case ReportBody() as body:
            answers = [answer.body for answer in answers_about(entry.position)]
            told = [body.centre for body in answers if isinstance(body, DeliveryBody)]
            return {
                "kind": names.KINDS.get(body.kind, str(body.kind)),
                "state": names.STATES.get(body.state, str(body.state)),
                "source": f"centre/{body.centre}" if body.centre else "centres",
                "reason": f"at centre {', '.join(told)}" if told else "stored",
                "centres": told,
            }
        case StatusBody() as body:
            return {
                "kind": "status",
                "state": names.STATUSES.get(body.status, str(body.status)),
                "boot": body.boot,
                "firmware": body.firmware,
                "cause": names.CAUSES.get(body.cause),
            }
        case TelemetryBody() as body:
            return {"boot": entry.boot, "seq": entry.seq, "readings": body.readings}
    return {}


def _of_gateway(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    """Return the fields of an entry that the gateway or an operator brought about."""
    match entry.body:
        case FaultBody() as body:
            return {
                "kind": "fault",
                "state": "active" if body.active else "over",
                "source": body.source,
                "reason": body.reason,
                "remedy": body.remedy,
            }
        case LossBody() as body:
            return {
                "kind": "loss",
                "state": "dropped",
                "source": body.what,
                "reason": f"{body.count} dropped, {body.first} to {body.last}",
            }
        case InhibitBody() | InhibitOverBody() | LevelBody() | LevelOverBody() as body:
            return _for_a_time(entry, body, zone)
        case ArmingBody() as body:
            panel = body.panel
            by = f"{body.who} ({body.origin})" + (f": {body.note}" if body.note else "")
            left_out = f", left out: {' '.join(panel.bypassed)}" if panel.bypassed else ""
            return {
                "kind": "arming",
                "state": panel.state.value + (f" ({panel.mode.value})" if panel.mode else ""),
                "source": entry.device or "",
                "about": entry.about,
                "role": body.who,
                "reason": by + left_out,
            }
        case ActionBody() | ExerciseBody() as body:
            return _of_person(entry, body)
        case TimeBody() as body:
            return {
                "kind": "time",
                "state": "repaired",
                "source": "clock",
                "reason": f"the wall clock had been {body.off_ms} ms behind",
            }
    return {}


def _for_a_time(
    entry: Entry, body: InhibitBody | InhibitOverBody | LevelBody | LevelOverBody, zone: ZoneInfo
) -> dict[str, Any]:
    """Return the fields of the begin or the end of an inhibit or of a response level."""
    match body:
        case InhibitBody() as body:
            return {
                "kind": "inhibit",
                "state": "maintenance" if body.maintenance else "begins",
                "source": _inhibited(body),
                "until": iso(body.until_ms, zone),
                "role": body.role,
                "life": body.life,
                "reason": f"{body.role}, until {iso(body.until_ms, zone)}: {body.reason}",
            }
        case InhibitOverBody() as body:
            return {
                "kind": "inhibit",
                "state": "over",
                "source": str(entry.about),
                "role": body.role or None,
                "reason": f"ended by {body.role}" if body.role else "its time is over",
            }
        case LevelBody() as body:
            return {
                "kind": "level",
                "state": "begins",
                "source": body.area,
                "level": body.level,
                "until": iso(body.until_ms, zone),
                "role": body.who,
                "reason": f"{body.who}, until {iso(body.until_ms, zone)}: {body.reason}",
            }
        case LevelOverBody() as body:
            return {
                "kind": "level",
                "state": "over",
                "source": str(entry.about),
                "role": body.who or None,
                "reason": f"ended by {body.who}" if body.who else "its time is over",
            }


def _of_person(entry: Entry, body: ActionBody | ExerciseBody) -> dict[str, Any]:
    """Return the fields of what a person did about an alarm, or of an exercise."""
    done = {
        "about": entry.about,
        "role": body.who,
        "origin": body.origin,
        "reason": f"{body.who} ({body.origin})" + (f": {body.note}" if body.note else ""),
    }
    if isinstance(body, ExerciseBody):
        return {"kind": "exercise", "state": body.stage.value, "source": body.mark.value} | done
    cause = body.cause and body.cause.value
    action = {"kind": "action", "state": body.action.value, "source": f"alarm {entry.about}"}
    return action | done | {"cause": cause}


def _inhibited(body: InhibitBody) -> str:
    zone = "" if body.zone is None else f" zone {body.zone}"
    return (body.device or body.place) + zone


def quarantined_object(message: Quarantined, zone: ZoneInfo) -> dict[str, Any]:
    """Return a quarantined message. All text in it is printable, whatever the bytes were."""
    return {
        "number": message.number,
        "received": iso(message.received_ms, zone),
        "source": printable(message.source),
        "topic": printable(message.topic),
        "reason": printable(message.reason),
        "text": printable(message.payload.decode("utf-8", "backslashreplace")),
        "hex": message.payload.hex(),
    }
