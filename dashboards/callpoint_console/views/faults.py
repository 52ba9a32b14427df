"""The faults of a site, grouped by what is the matter: one row, however many devices have it."""

from collections.abc import Iterator
from typing import Final

import msgspec

from callpoint_console.views.context import Context
from callpoint_gateway.alarms.situation import Silence
from callpoint_protocol import names

SHOWN: Final = 20  # devices of one group that are named; the page counts the others


class FaultPoint(msgspec.Struct, frozen=True):
    """One device or part that has a fault. ``since_ms``: Unix ms, None if it never was well."""

    name: str
    device: str
    where: str
    since_ms: int | None
    reason: str


class FaultGroup(msgspec.Struct, frozen=True):
    """All that have the same fault, the longest first; ``remedy``: what a person can do.

    ``more``: how many further points have it.
    """

    what: str
    count: int
    points: tuple[FaultPoint, ...]
    remedy: str
    more: int


def fault_groups(context: Context) -> list[FaultGroup]:
    """Return the groups of all faults in scope; those of the gateway itself come first."""
    found: dict[str, tuple[str, list[FaultPoint]]] = {}
    for what, remedy, point in _points(context):
        found.setdefault(what, (remedy, []))[1].append(point)
    groups = []
    for what, (remedy, points) in found.items():
        points.sort(key=lambda point: point.since_ms or 0)
        more = max(0, len(points) - SHOWN)
        groups.append(FaultGroup(what, len(points), tuple(points[:SHOWN]), remedy, more))
    return groups


def _points(context: Context) -> Iterator[tuple[str, str, FaultPoint]]:
    """Yield what is the matter, the remedy, and with what."""
    words, situation = context.words, context.snapshot.situation
    if context.scope.everywhere:
        for fault in situation.faults:
            name = words.source(fault.source)
            point = FaultPoint(name, "", "", fault.since_ms, words.told(fault.reason))
            yield words.fault(fault.source), words.told(fault.remedy), point
    for missed in situation.missed:
        if context.sees(missed.device):
            key = "remedy.unheard" if missed.how is Silence.UNHEARD else "remedy.silent"
            point = _point(missed.device, missed.since_ms, context)
            yield words.silence(missed.how.value), words(key), point
    for trouble in situation.troubles:
        if context.sees(trouble.device):
            detail = 0 if trouble.kind == names.BATTERY else trouble.detail
            what = words.event(trouble.kind, names.TROUBLE, detail)
            remedy = words("remedy.battery" if trouble.kind == names.BATTERY else "remedy.look")
            yield what, remedy, _point(trouble.device, trouble.since_ms, context)


def _point(device: str, since_ms: int | None, context: Context) -> FaultPoint:
    sensed = context.site.devices.get(device)
    where = context.site.short(sensed.spot) if sensed else ""
    return FaultPoint(device, device, where, since_ms, "")
