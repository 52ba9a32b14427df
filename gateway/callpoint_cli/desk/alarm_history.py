"""What was done about an alarm, as lines and as an object."""

from typing import Any
from zoneinfo import ZoneInfo

from callpoint_cli.alarm_lines import place_of
from callpoint_cli.times import iso, short
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.journal.entries import (
    ActionBody,
    AlertBody,
    DeliveryBody,
    Entry,
    EscalationBody,
    EventBody,
    SetAsideBody,
)
from callpoint_gateway.words.said import stored
from callpoint_gateway.words.text import BETWEEN
from callpoint_gateway.words.words import Words
from callpoint_people.roles import names_of
from callpoint_protocol import names


def title(opening: Entry, register: Register | None, words: Words) -> str:
    """Return the number, the event and the place of an alarm."""
    body = opening.body
    assert isinstance(body, EventBody)
    place = register.place_of(opening.device or "", body.zone) if register else None
    where = place_of(str(place or body.place), opening.device or "", body.zone, words)
    what = words.event(body.kind, body.state, body.detail)
    return words("history.title", alarm=opening.position, what=what, where=where)


def line(entry: Entry, words: Words, zone: ZoneInfo) -> str | None:
    """Return one line of a history, with its time in ``zone``; None: it is not shown."""
    text = _text(entry, words, zone)
    return None if text is None else f"{short(entry.recorded_ms, zone)}  {text}"


def _note(body: ActionBody, words: Words, zone: ZoneInfo) -> str:
    if not body.written_ms:
        return body.note
    return words("history.late", note=body.note, time=short(body.written_ms, zone))


def _text(entry: Entry, words: Words, zone: ZoneInfo) -> str | None:
    match entry.body:
        case EventBody():
            return words("history.stored")
        case ActionBody() as body:
            action = words.action(body.action.value)
            cause = f" ({words.cause(body.cause.value)})" if body.cause else ""
            text = words("history.by", what=action + cause, who=body.who, origin=body.origin)
            return f"{text}: {_note(body, words, zone)}" if body.note else text
        case DeliveryBody() as body if body.accepted:
            return words("history.accepted", centre=body.centre)
        case SetAsideBody() as body if why := words.told(stored(body.why, body.reason)):
            return words("history.set_aside", centre=body.centre, why=why)
        case DeliveryBody() | SetAsideBody() as body:
            return words("history.refused", centre=body.centre)
        case EscalationBody() as body:
            missed = words.deadline(body.deadline, -max(1, body.overdue_ms))
            return words("history.escalated", what=missed, who=names_of(body.to, words.language))
        case AlertBody() as body if body.seconds:
            return words("history.sounds", devices=BETWEEN.in_(words.language).join(body.devices))
        case AlertBody():
            return words("history.silent")
    return None


def as_object(entries: list[Entry], zone: ZoneInfo) -> dict[str, Any]:
    """Return the history for ``--json``; times are ISO 8601 with the offset of ``zone``."""
    opening = entries[0]
    body = opening.body
    assert isinstance(body, EventBody)
    steps = [step for entry in entries if (step := _step(entry, zone)) is not None]
    closed = any(step["what"] == "close" for step in steps)
    return {
        "alarm": opening.position,
        "kind": names.KINDS.get(body.kind, str(body.kind)),
        "place": body.place or None,
        "device": opening.device,
        "zone": body.zone,
        "mark": body.mark.value or None,
        "opened": iso(opening.recorded_ms, zone),
        "closed": closed,
        "steps": steps,
    }


def _step(entry: Entry, zone: ZoneInfo) -> dict[str, Any] | None:
    match entry.body:
        case ActionBody() as body:
            told: dict[str, Any] = {
                "what": body.action.value,
                "who": body.who,
                "origin": body.origin,
                "cause": body.cause and body.cause.value,
                "note": body.note,
                "written": iso(body.written_ms, zone) if body.written_ms else None,
            }
        case DeliveryBody() as body:
            what = "accepted" if body.accepted else "refused"
            told = {"what": what, "who": f"centre/{body.centre}"}
        case EscalationBody() as body:
            told = {"what": "escalation", "deadline": body.deadline, "to": body.to}
        case _:
            return None
    return {"at": iso(entry.recorded_ms, zone)} | told
