"""An open alarm of a district as lines: what it is, with whom it is, which notes wait."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from callpoint_cli.times import short
from callpoint_gateway.words.words import Words

if TYPE_CHECKING:
    from callpoint_district.areas.desks import DeskTurn
    from callpoint_district.sites.notes import Note
    from callpoint_district.sites.standing import OpenAlarm


def alarm_lines(
    alarm: "OpenAlarm",
    turns: "Sequence[DeskTurn]",
    notes: "Sequence[Note]",
    words: Words,
    zone: ZoneInfo,
) -> Iterator[str]:
    """Yield the lines of an alarm. ``turns``: its desks; ``notes``: those of all that wait."""
    yield words(
        "district.alarm",
        gateway=alarm.gateway,
        alarm=alarm.alarm,
        kind=words.kind(alarm.kind),
        place=alarm.place,
        handling=words.handling(alarm.handling),
    )
    if alarm.forgotten:
        yield words("district.forgotten")
    for turn in turns[-1:]:
        yield _desk(turn, words, zone)
    for note in notes:
        if (note.gateway, note.alarm) == (alarm.gateway, alarm.alarm):
            time = short(note.written_ms, zone)
            yield words("district.note_waits", note=note.note, who=note.who, time=time)


def _desk(turn: "DeskTurn", words: Words, zone: ZoneInfo) -> str:
    since = short(turn.since_ms, zone)
    if not turn.desk:
        return words("areas.with_nobody", since=since)
    if turn.due_ms is None:
        return words("areas.with", desk=turn.desk, centre=turn.centre, since=since)
    due = short(turn.due_ms, zone)
    return words("areas.with_until", desk=turn.desk, centre=turn.centre, since=since, due=due)
