"""What a desk has to do, as a hand-over lists it: now, or as it was then."""

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context
from callpoint_console.views.strip import levels_of
from callpoint_console.views.work_orders import moment
from callpoint_console.work.shifts import Handed, HandedAlarm, HandedInhibit, HandedLevel
from callpoint_gateway.control.roles import DESK


class AlarmLine(msgspec.Struct, frozen=True):
    """An alarm of a hand-over."""

    alarm: int
    kind: str
    spot: Spot
    where: str
    opened: str


class HandedRows(msgspec.Struct, frozen=True):
    """The lists of a hand-over, in one language."""

    alarms: tuple[AlarmLine, ...]
    exercise: str
    inhibits: tuple[str, ...]
    levels: tuple[str, ...]
    orders: tuple[int, ...]


def handed_now(context: Context) -> Handed:
    """Return what the desk has to do now, as far as the visitor sees it."""
    situation = context.snapshot.situation
    marks = sorted({runs.mark.value for runs in situation.exercises})
    return Handed(
        areas=tuple(sorted(context.scope.areas(DESK))),
        alarms=tuple(
            HandedAlarm(
                alarm.alarm,
                alarm.kind,
                alarm.place or context.site.place_of(alarm.device),
                alarm.device,
                alarm.opened_ms,
                alarm.mark.value,
            )
            for alarm in situation.alarms
            if context.sees(alarm.device)
        ),
        exercise=marks[0] if marks else "",  # a drill before a walk test
        inhibits=tuple(
            HandedInhibit(each.number, each.device, each.place, each.until_ms)
            for each in situation.inhibits
            if context.shows([each.place or context.site.place_of(each.device)])
        ),
        levels=tuple(
            HandedLevel(level.number, level.level, level.area, level.until_ms)
            for level in levels_of(context)
        ),
        orders=tuple(order.number for order in context.work.open if context.shows(order.places)),
    )


def handed_rows(handed: Handed, context: Context) -> HandedRows:
    """Return the lists of a hand-over as a page shows them."""
    words, site = context.words, context.site
    alarms = []
    for alarm in handed.alarms:
        spot = site.spot_named(alarm.place)
        where = site.short(spot) if spot else alarm.device
        opened = moment(alarm.opened_ms, context)
        kind = words.kind(alarm.kind)
        what = f"{words.mark(alarm.mark)}: {kind}" if alarm.mark else kind
        alarms.append(AlarmLine(alarm.alarm, what, spot, where, opened))
    return HandedRows(
        alarms=tuple(alarms),
        exercise=words.mark(handed.exercise) if handed.exercise else "",
        inhibits=tuple(
            words(
                "shift.inhibit",
                what=each.device or site.short(site.spot_named(each.place)),
                until=moment(each.until_ms, context),
            )
            for each in handed.inhibits
        ),
        levels=tuple(
            words(
                "shift.level",
                level=words.level(each.level),
                area=each.area or words("operator.whole_site"),
                until=moment(each.until_ms, context),
            )
            for each in handed.levels
        ),
        orders=handed.orders,
    )
