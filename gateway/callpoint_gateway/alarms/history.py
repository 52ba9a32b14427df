"""What was done about one alarm, also after it was closed: straight from the journal."""

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.fold import Cases, step_of
from callpoint_gateway.journal.entries import (
    ActionBody,
    Entry,
    EventBody,
    Mark,
    SeenBody,
    Type,
)
from callpoint_gateway.journal.event_meaning import raises
from callpoint_gateway.journal.reader import Reader

_BLOCK = 1000


def opens(entry: Entry | None) -> bool:
    """Say whether an entry may have opened an alarm."""
    body = entry.body if entry is not None else None
    return isinstance(body, EventBody) and raises(body) and body.mark is not Mark.TEST


def history(reader: Reader, alarm: int) -> list[Entry]:
    """Return the event that opened an alarm and all entries about it, the oldest first.

    Empty if no alarm has this number: then it is no event, or one that belongs to another alarm.
    """
    entry = reader.entry(alarm)
    if entry is None or not opens(entry):
        return []
    about = reader.about(alarm)
    others = [body.case for said in about if isinstance(body := said.body, SeenBody)]
    if any(case != alarm for case in others):
        return []
    return [entry, *about]


def closed_case(reader: Reader, alarm: int) -> Case | None:
    """Return an alarm that was closed, with every step, also those after its end; else None."""
    closed: list[Case] = []
    cases = Cases(closed.append)
    for entry in history(reader, alarm):
        if closed and isinstance(entry.body, ActionBody):
            closed[0].steps.append(step_of(entry, entry.body))
        cases.take(entry)
    return closed[0] if closed else None


def alarms_near(reader: Reader, number: int) -> list[int]:
    """Return the numbers of the events next to a number that may have opened an alarm."""
    before = [
        entry.position
        for entry in reader.read(max(0, number - _BLOCK), _BLOCK, (Type.EVENT,))
        if opens(entry)
    ]
    last = max(0, reader.head() - _BLOCK)
    newest = [entry.position for entry in reader.read(last, _BLOCK, (Type.EVENT,)) if opens(entry)]
    return sorted({*before, *newest})
