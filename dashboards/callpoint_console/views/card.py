"""One alarm in the order in which an operator needs it, and what is around it."""

from collections.abc import Iterable
from typing import Final

import msgspec

from callpoint_console.plans import Plan, StepState, progress, step_of_note
from callpoint_console.site_map import Sensed
from callpoint_console.views.alarm_rows import AlarmRow, alarm_row
from callpoint_console.views.context import Context
from callpoint_console.views.log_lines import LogLine, log_line
from callpoint_gateway.alarms.case import Condition
from callpoint_gateway.alarms.site_source import Records
from callpoint_gateway.alarms.situation import Alarm
from callpoint_gateway.journal.entries import DeliveryBody, Entry, Mark
from callpoint_gateway.words.words import Words

NEAR_MS: Final = 600_000
EVENTS: Final = 20
NEARBY: Final = 30


class Told(msgspec.Struct, frozen=True):
    """A centre that has accepted the alarm: when, and how long after the event, in seconds."""

    centre: str
    time: str
    after_s: str


class Activity(msgspec.Struct, frozen=True):
    """What a person did about the alarm."""

    time: str
    text: str
    who: str


class PlanLine(msgspec.Struct, frozen=True):
    """A step of the plan in one language; ``by`` and ``time``: who did it, and when."""

    id: str
    text: str
    done: bool
    current: bool
    by: str
    time: str


class Neighbour(msgspec.Struct, frozen=True):
    """A device near the alarm. ``level``: of what is open there, None if nothing is."""

    device: str
    where: str
    silent: bool
    level: int | None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as the card shows it, from top to bottom."""

    row: AlarmRow
    told: tuple[Told, ...]
    restored: bool
    others: int
    on_test: str
    armed: str
    plan_version: int
    plan_given: str | None
    plan: tuple[PlanLine, ...]
    activity: tuple[Activity, ...]
    events: tuple[LogLine, ...]
    nearby: tuple[Neighbour, ...]
    alerted: tuple[str, ...]


def card(alarm: Alarm, plan: Plan, records: Records, context: Context) -> Card:
    """Return the card of an alarm."""
    events = records.last_events(alarm.device, EVENTS)
    lines = [log_line(entry, context) for entry in reversed(events)]
    return Card(
        row=alarm_row(alarm, context),
        told=tuple(_told(alarm, records.about(alarm.alarm), context)),
        restored=alarm.condition is Condition.RESTORED,
        others=_others(alarm, events, context),
        on_test=_on_test(alarm, context),
        armed=_armed(alarm, context),
        plan_version=plan.version,
        plan_given=given_to(plan.given, context.words),
        plan=tuple(_plan_line(state, context) for state in progress(plan, alarm)),
        activity=tuple(_activity(alarm, plan, context)),
        events=tuple(lines),
        nearby=tuple(_nearby(alarm, context)),
        alerted=alarm.alerted,
    )


def _told(alarm: Alarm, about: Iterable[Entry], context: Context) -> Iterable[Told]:
    for entry in about:
        body = entry.body
        if isinstance(body, DeliveryBody) and body.accepted:
            after_s = max(0, entry.recorded_ms - alarm.occurred_ms) / 1000
            yield Told(body.centre, context.clock(entry.recorded_ms), f"{after_s:.1f}")


def _others(alarm: Alarm, events: Iterable[Entry], context: Context) -> int:
    """Return how many other events there were at the device and alarms in its building."""
    own = sum(
        abs(entry.recorded_ms - alarm.opened_ms) <= NEAR_MS and entry.position != alarm.alarm
        for entry in events
    )
    building = context.site.building_of(alarm.device)
    near = sum(
        other.alarm != alarm.alarm
        and other.device != alarm.device
        and abs(other.opened_ms - alarm.opened_ms) <= NEAR_MS
        and building is not None
        and context.site.building_of(other.device) == building
        for other in context.snapshot.situation.alarms
    )
    return own + near


def _on_test(alarm: Alarm, context: Context) -> str:
    if alarm.mark is not Mark.REAL:
        return context.words.mark(alarm.mark.value)
    for inhibit in context.snapshot.situation.inhibits:
        if alarm.device == inhibit.device or (alarm.place and alarm.place == inhibit.place):
            return context.words("card.inhibited", until=context.clock(inhibit.until_ms))
    return ""


def _armed(alarm: Alarm, context: Context) -> str:
    guard = context.site.guard_of(alarm.device, alarm.zone)
    for row in context.snapshot.situation.partitions:
        if row.partition == guard:
            mode = row.panel.mode.value if row.panel.mode else None
            return f"{guard}: {context.words.partition(row.panel.state.value, mode)}"
    return context.words("card.always")


def given_to(area: tuple[str, ...] | None, words: Words) -> str | None:
    """Return to which area a district gives a plan; None: it does not come from a district."""
    return None if area is None else " / ".join(area) or words("level.site")


def _plan_line(state: StepState, context: Context) -> PlanLine:
    by = state.by
    return PlanLine(
        state.step.id,
        state.step.text(context.words.language),
        by is not None,
        state.current,
        by.who if by else "",
        context.clock(by.at.wall_ms) if by else "",
    )


def _activity(alarm: Alarm, plan: Plan, context: Context) -> Iterable[Activity]:
    words = context.words
    for step in reversed(alarm.steps):
        text = words(f"action.{step.action.value}")
        named = step_of_note(plan, step.note)
        if named is not None:
            text = named.text(words.language)
        elif step.waits:
            text = f"{text}: {words('card.note_waits', note=step.note)}"
        elif step.written_ms:
            time = context.clock(step.written_ms)
            text = f"{text}: {words('history.late', note=step.note, time=time)}"
        elif step.note:
            text = f"{text}: {step.note}"
        yield Activity(context.clock(step.at.wall_ms), text, step.who)


def _nearby(alarm: Alarm, context: Context) -> Iterable[Neighbour]:
    building = context.site.building_of(alarm.device)
    if building is None:
        return
    situation = context.snapshot.situation
    silent = {missed.device for missed in situation.missed}
    levels: dict[str, int] = {}
    for other in situation.alarms:
        levels[other.device] = min(other.priority, levels.get(other.device, other.priority))
    near = [
        sensed
        for sensed in context.site.devices_in(building)
        if sensed.device != alarm.device and context.sees(sensed.device)
    ]
    near.sort(key=lambda sensed: _distance(sensed, alarm, context))
    for sensed in near[:NEARBY]:
        where = context.site.short(sensed.spot)
        yield Neighbour(sensed.device, where, sensed.device in silent, levels.get(sensed.device))


def _distance(sensed: Sensed, alarm: Alarm, context: Context) -> int:
    """Return a smaller number the more parts of the place both have in common."""
    own = context.site.devices[alarm.device].spot
    common = next(
        (n for n, (a, b) in enumerate(zip(own, sensed.spot, strict=False)) if a != b), len(own)
    )
    return -common
