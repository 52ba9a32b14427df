"""An open alarm as one line of text, the same for every command that shows it."""

from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.words.text import BETWEEN
from callpoint_gateway.words.words import Words
from callpoint_people.roles import names_of


def place_of(where: str, device: str, zone: int | None, words: Words) -> str:
    """Return a place as people call it, then the device and the zone."""
    named = f"{where}, {device}" if where else device
    return named if zone is None else f"{named} {words('zone', zone=zone)}"


def alarm_line(alarm: Alarm, words: Words, zone: ZoneInfo) -> str:
    """Return number, kind, place, time, state, deadlines, and which centres have accepted it.

    Times are in ``zone``.
    """
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
    parts += [words.deadline(deadline.what, deadline.rest_ms) for deadline in alarm.deadlines]
    between = BETWEEN.in_(words.language)
    if told := [names_of(step.to, words.language) for step in alarm.escalated]:
        parts.append(words("alarm.escalated", who=between.join(dict.fromkeys(told))))
    if alarm.accepted_by:
        parts.append(words("alarm.accepted", centres=between.join(alarm.accepted_by)))
    elif alarm.awaited and alarm.mark is Mark.REAL:
        parts.append(words("alarm.waiting"))
    if alarm.refused_by:
        parts.append(words("alarm.refused", centres=between.join(alarm.refused_by)))
    return "  ".join(parts)
