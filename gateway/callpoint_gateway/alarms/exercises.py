"""Drills and walk tests: timed, told to the centre, on record, and never dispatched as real.

A walk test tries sensors out: what they raise is counted and opens no alarm. A drill is handled
like the real thing; its alarms are marked and closed with it. In doubt an event is real: what
happened before the start or after the end, and whatever is not taking part.
"""

from collections.abc import Sequence
from typing import Final

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.fold import Cases, Exercise
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import Clock
from callpoint_gateway.journal.ages import Ages
from callpoint_gateway.journal.entries import (
    Action,
    ActionBody,
    Cause,
    EventBody,
    ExerciseBody,
    Mark,
    NewEntry,
    Quality,
    SeenBody,
    Stage,
    Type,
)
from callpoint_gateway.journal.event_meaning import raises, restores
from callpoint_protocol import names

LONGEST_S: Final = names.MAX_COMMAND_S
USUAL_S: Final = 3600
WARNING_S: Final = 300
GATEWAY: Final = "gateway"


def mark_of(body: EventBody, device: str, age_ms: int, cases: Cases, ages: Ages) -> Mark:
    """Return what an event that has just come in counts as. Any thread may ask."""
    running = cases.exercise
    flagged = body.flags & names.FLAG_ON_TEST
    if running is None and not flagged:
        return Mark.REAL
    if restores(body):
        # The end of a real alarm is real, whatever is going on by now.
        begun = cases.raised_mark((device, body.zone, body.kind))
        if begun is not None:
            return begun
    elif not raises(body):
        return Mark.REAL
    if running is not None and running.covers(device, body.place, body.kind):
        moment_ms = ages.of(running.started) - age_ms
        if 0 <= moment_ms < running.seconds * 1000:
            return running.mark
    return Mark.TEST if flagged else Mark.REAL


def left_ms(running: Exercise, ages: Ages) -> int:
    """Return how long an exercise goes on; never negative."""
    return max(0, running.seconds * 1000 - ages.of(running.started))


def stage_entry(
    running: Exercise, stage: Stage, who: str, origin: str, note: str = ""
) -> NewEntry:
    """Return the entry of a warning or an end."""
    body = ExerciseBody(
        running.mark, stage, running.seconds, running.points, running.kinds, who, origin, note
    )
    return NewEntry(Type.EXERCISE, body, about=running.position)


def taking_part(register: Register, points: Sequence[str]) -> list[str]:
    """Return the devices at these places or of these names; all of them when there are none."""
    found: list[str] = []
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        places = {device.place, *(zone.place for zone in device.zone)}
        if not points or name in points or places & set(points):
            found.append(name)
    return found


def to_centre(
    site: str, register: Register, points: Sequence[str], detail: int, clock: Clock
) -> list[NewEntry]:
    """Return the events that tell every account concerned that an exercise begins or ends."""
    told: set[str | None] = set()
    entries: list[NewEntry] = []
    for name in taking_part(register, points):
        account = register.centre_address(name, 0).account
        if account in told:
            continue
        told.add(account)
        body = EventBody(
            site=site,
            kind=names.TEST,
            state=names.TESTED,
            zone=0,
            detail=detail,
            count=1,
            flags=0,
            occurred_ms=clock.wall_ms(),
            quality=Quality.RECEIVED,
        )
        entries.append(NewEntry(Type.EVENT, body, name))
    return entries


def closing(case: Case) -> list[NewEntry]:
    """Return the entries that close an alarm with the drill that raised it."""
    body = ActionBody(Action.CLOSE, GATEWAY, GATEWAY, Cause.DRILL)
    seen = [
        NewEntry(Type.SEEN, SeenBody(case.position), one.device, about=one.position)
        for one in case.raised.values()
        if not one.seen
    ]
    return [*seen, NewEntry(Type.ACTION, body, case.device, about=case.position)]
