"""Drills and walk tests: limited in time, reported to the centres, and stored.

A walk test tries sensors: their events are counted and open no alarm. The alarms of a drill are
handled like real ones; they are marked as a drill and closed with it. An event is real if it
happened before the start or after the end, or if its sensor does not take part; a restore is what
the alarm was that it ends, also after the end. Several run at once, none with the same device.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from callpoint_gateway.alarms.case import Case
from callpoint_gateway.alarms.fold import Cases, Exercise
from callpoint_gateway.configuration.places import ids_of
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
from callpoint_gateway.journal.event_meaning import restores, triggers
from callpoint_protocol import names

LONGEST_S: Final = names.MAX_COMMAND_S
USUAL_S: Final = 3600
WARNING_S: Final = 300
GATEWAY: Final = "gateway"


def mark_of(body: EventBody, device: str, age_ms: int, cases: Cases, ages: Ages) -> Mark:
    """Return whether a new event is real or of an exercise. Any thread may ask.

    ``age_ms``: how long ago the event happened.
    """
    if restores(body):
        # A restore has the mark of the alarm that it ends, whatever runs by now: a centre must
        # not be told of the end of what it was not told.
        mark = cases.raised_mark((device, body.zone, body.kind))
        if mark is not None:
            return mark
    elif not triggers(body):
        return Mark.REAL
    running = cases.covering(device, body.place, body.kind)
    if running is not None:
        moment_ms = ages.of(running.started) - age_ms
        if 0 <= moment_ms < running.seconds * 1000:
            return running.mark
    return Mark.TEST if body.flags & names.FLAG_ON_TEST else Mark.REAL


def left_ms(running: Exercise, ages: Ages) -> int:
    """Return how many ms of an exercise are left, never less than 0."""
    return max(0, running.seconds * 1000 - ages.of(running.started))


def stage_entry(
    running: Exercise, stage: Stage, who: str, origin: str, note: str = ""
) -> NewEntry:
    """Return the entry of an exercise's warning or end."""
    body = ExerciseBody(
        running.mark, stage, running.seconds, running.points, running.kinds, who, origin, note
    )
    return NewEntry(Type.EXERCISE, body, about=running.position)


def meant(register: Register, points: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the ids of the devices and places that ``points`` mean, and the first unknown point.

    A place is meant by its id or the beginning of its text, as in a route.
    """
    ids: list[str] = []
    for point in points:
        found = [point] if register.device(point) else ids_of(point, register.places())
        if not found:
            return ids, point
        ids += found
    return ids, None


def taking_part(register: Register, points: Sequence[str]) -> list[str]:
    """Return the ids of the devices that ``points`` (places or devices) name; no points: all."""
    devices: list[str] = []
    for name in register.device_ids():
        device = register.device(name)
        assert device is not None
        places = {device.place, *(zone.place for zone in device.zone)}
        if not points or name in points or places & set(points):
            devices.append(name)
    return devices


def sharing(
    devices: Collection[str], running: Iterable[Exercise], register: Register
) -> Exercise | None:
    """Return the running exercise in which one of these devices takes part; None: none does."""
    for each in running:
        if not set(devices).isdisjoint(taking_part(register, each.points)):
            return each
    return None


def accounts(register: Register, running: Iterable[Exercise]) -> set[str | None]:
    """Return the accounts of the devices that take part in running exercises."""
    return {
        register.centre_address(name, 0).account
        for each in running
        for name in taking_part(register, each.points)
    }


def to_centre(
    site: str,
    register: Register,
    points: Sequence[str],
    others: Iterable[Exercise],
    detail: int,
    clock: Clock,
) -> list[NewEntry]:
    """Return one event for each account concerned; it reports the begin or end of an exercise.

    An account with another running exercise (``others``) has been told, and is still on test.
    """
    accounts_told = accounts(register, others)
    entries: list[NewEntry] = []
    for name in taking_part(register, points):
        account = register.centre_address(name, 0).account
        if account in accounts_told:
            continue
        accounts_told.add(account)
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
    """Return the entries that close an alarm of a drill at the drill's end."""
    body = ActionBody(Action.CLOSE, GATEWAY, GATEWAY, Cause.DRILL)
    seen = [
        NewEntry(Type.SEEN, SeenBody(case.position), raised.device, about=raised.position)
        for raised in case.raised.values()
        if not raised.seen
    ]
    return [*seen, NewEntry(Type.ACTION, body, case.device, about=case.position)]
