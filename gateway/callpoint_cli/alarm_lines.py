"""An open alarm as one line, the same on every page: what matters most first."""

from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.words.words import Words


def place_of(where: str, device: str, zone: int | None, words: Words) -> str:
    """Return where something is: the place for people, then device and zone."""
    named = f"{where}, {device}" if where else device
    return named if zone is None else f"{named} {words('zone', zone=zone)}"


def alarm_line(alarm: Alarm, words: Words, zone: ZoneInfo) -> str:
    """Return number, kind, place, time, state, who has it, and what is to be done until when."""
    parts = [
        str(alarm.alarm),
        words.kind(alarm.kind),
        place_of(alarm.where or alarm.place, alarm.device, alarm.zone, words),
        f"{short(alarm.opened_ms, zone)} ({words('ago', age=words.age(alarm.age_ms))})",
        words.handling(alarm.handling.value),
        words.condition(alarm.condition.value),
    ]
    if alarm.mark is not Mark.REAL:
        parts.append(words.mark(alarm.mark.value))
    if alarm.events > 1:
        parts.append(words("alarm.events", count=alarm.events))
    parts += [words.deadline(one.what, one.rest_ms) for one in alarm.deadlines]
    if told := [one.to for one in alarm.escalated]:
        parts.append(words("alarm.escalated", who=", ".join(dict.fromkeys(told))))
    if alarm.accepted_by:
        parts.append(words("alarm.accepted", centres=", ".join(alarm.accepted_by)))
    elif alarm.awaited and alarm.mark is Mark.REAL:
        parts.append(words("alarm.waiting"))
    if alarm.refused_by:
        parts.append(words("alarm.refused", centres=", ".join(alarm.refused_by)))
    return "  ".join(parts)
