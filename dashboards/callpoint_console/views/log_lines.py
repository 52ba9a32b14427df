"""Entries of the journal as lines that people read."""

from typing import Final

import msgspec

from callpoint_console.views.context import Context
from callpoint_gateway.journal.entries import (
    ActionBody,
    Entry,
    EscalationBody,
    EventBody,
    ExerciseBody,
    FaultBody,
    StatusBody,
)
from callpoint_people.roles import names_of
from callpoint_protocol import names

_STATUS: Final = {names.ONLINE: "online", names.LOST: "lost", names.SLEEPING: "sleeping"}


class LogLine(msgspec.Struct, frozen=True):
    """One entry: when it was recorded, what it says, and of which device ("": of none)."""

    time: str
    text: str
    device: str
    where: str


def log_line(entry: Entry, context: Context) -> LogLine:
    """Return the line of an entry."""
    device = entry.device if entry.device in context.site.devices else None
    where = context.site.short(context.site.devices[device].spot) if device else ""
    return LogLine(context.clock(entry.recorded_ms), _text(entry, context), device or "", where)


def _text(entry: Entry, context: Context) -> str:
    words, body = context.words, entry.body
    match body:
        case EventBody():
            text = words.event(body.kind, body.state, body.detail)
            return f"{words.mark(body.mark.value)}: {text}" if body.mark.value else text
        case StatusBody():
            return f"{words.row_kind('status')}: {words.row_state(_STATUS[body.status])}"
        case FaultBody():
            text = words.fault(body.source)
            return text if body.active else words("log.over", what=text)
        case ActionBody():
            action = words(f"action.{body.action.value}")
            return words("log.action", alarm=entry.about, action=action, who=body.who)
        case EscalationBody():
            who = names_of(body.to, words.language)
            return words("log.escalation", alarm=entry.about, who=who)
        case ExerciseBody():
            stage = words(f"stage.{body.stage.value}")
            return words("log.exercise", what=words.mark(body.mark.value), stage=stage)
    return words.row_kind(entry.type.value)
