"""The faults of a site, grouped by what is the matter: one row, however many devices have it."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final

import msgspec

from callpoint_console.views.context import Context
from callpoint_console.work.matters import (
    Matter,
    fault_key,
    find_matter,
    matters_of,
    missed_key,
    trouble_key,
)
from callpoint_console.work.orders import MOST_MATTERS
from callpoint_console.work.roles import MAKERS
from callpoint_gateway.alarms.situation import Silence
from callpoint_protocol import names

SHOWN: Final = 20  # devices of one group that are named; the page counts the others


class FaultPoint(msgspec.Struct, frozen=True):
    """One device or part that has a fault. ``since_ms``: Unix ms, None if it never was well.

    ``key`` and ``place``: those of its ``Matter``. ``orders``: its open work orders.
    """

    key: str
    place: str
    orders: tuple[int, ...]
    name: str
    device: str
    where: str
    since_ms: int | None
    reason: str


class FaultGroup(msgspec.Struct, frozen=True):
    """All that have the same fault, the longest first; ``remedy``: what a person can do.

    ``more``: how many further points have it. ``makes``: the visitor may have all of it mended.
    """

    keys: tuple[str, ...]
    makes: bool
    what: str
    count: int
    points: tuple[FaultPoint, ...]
    remedy: str
    more: int


def fault_groups(context: Context) -> list[FaultGroup]:
    """Return the groups of all faults in scope; those of the gateway itself come first."""
    found: dict[str, tuple[str, list[FaultPoint]]] = {}
    for what, remedy, point in _points(context):
        if point.key in context.work.snoozes:
            continue
        found.setdefault(what, (remedy, []))[1].append(point)

    def makes_at(point: FaultPoint) -> bool:
        return context.work.kept and context.has(MAKERS, [point.place])

    groups = []
    for what, (remedy, points) in found.items():
        points.sort(key=lambda point: point.since_ms or 0)
        more = max(0, len(points) - SHOWN)
        keys, makes = tuple(point.key for point in points), all(makes_at(each) for each in points)
        shown = tuple(points[:SHOWN])
        groups.append(FaultGroup(keys, makes, what, len(points), shown, remedy, more))
    return groups


class SnoozedFault(msgspec.Struct, frozen=True):
    """A fault that somebody hides until a moment."""

    what: str
    point: FaultPoint
    until: str
    who: str
    makes: bool


def snoozed_faults(context: Context) -> list[SnoozedFault]:
    """Return the faults in scope that are hidden, the next to be shown first."""
    if not context.work.snoozes:
        return []
    found = [
        (context.work.snoozes[point.key], what, point)
        for what, _, point in _points(context)
        if point.key in context.work.snoozes
    ]
    return [
        SnoozedFault(
            what,
            point,
            datetime.fromtimestamp(snooze.until_ms / 1000, context.zone).strftime("%Y-%m-%d"),
            snooze.who,
            context.has(MAKERS, [point.place]),
        )
        for snooze, what, point in sorted(found, key=lambda each: each[0].until_ms)
    ]


def matters_about(about: str, context: Context, *, whole_group: bool) -> list[Matter]:
    """Return what a key means, if it is in scope; ``whole_group``: and what has the same fault."""
    situation, site = context.snapshot.situation, context.site
    first = find_matter(about, situation, site)
    if first is None or not context.shows([first.place]):
        return []
    if not whole_group:
        return [first]
    present = matters_of(situation, site)
    keys: Collection[str] = next(
        (group.keys for group in fault_groups(context) if about in group.keys), (about,)
    )
    return [present[key] for key in keys if key in present][:MOST_MATTERS]


def _points(context: Context) -> Iterator[tuple[str, str, FaultPoint]]:
    """Yield what is the matter, the remedy, and with what."""
    words, situation = context.words, context.snapshot.situation
    if context.scope.everywhere:
        for fault in situation.faults:
            name = words.source(fault.source)
            key, reason = fault_key(fault.source), words.told(fault.reason)
            orders = context.work.numbers_about(key)
            point = FaultPoint(key, "", orders, name, "", "", fault.since_ms, reason)
            yield words.fault(fault.source), words.told(fault.remedy), point
    for missed in situation.missed:
        if context.sees(missed.device):
            key = "remedy.unheard" if missed.how is Silence.UNHEARD else "remedy.silent"
            matter = missed_key(missed.device)
            point = _point(matter, missed.device, missed.since_ms, context)
            yield words.silence(missed.how.value), words(key), point
    for trouble in situation.troubles:
        if context.sees(trouble.device):
            detail = 0 if trouble.kind == names.BATTERY else trouble.detail
            what = words.event(trouble.kind, names.TROUBLE, detail)
            remedy = words("remedy.battery" if trouble.kind == names.BATTERY else "remedy.look")
            matter = trouble_key(trouble)
            yield what, remedy, _point(matter, trouble.device, trouble.since_ms, context)


def _point(key: str, device: str, since_ms: int | None, context: Context) -> FaultPoint:
    sensed = context.site.devices.get(device)
    where, place = (context.site.short(sensed.spot), sensed.place) if sensed else ("", "")
    orders = context.work.numbers_about(key)
    return FaultPoint(key, place, orders, device, device, where, since_ms, "")
