"""How many devices were heard during the last week, as a line and as a table."""

from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from callpoint_console.views.buildings import online
from callpoint_console.views.context import Context

WIDTH: Final = 280
HEIGHT: Final = 48
_EDGE: Final = 4


class Sample(msgspec.Struct, frozen=True):
    """A moment in words, and how many devices were heard then."""

    time: str
    online: int


class Sparkline(msgspec.Struct, frozen=True):
    """The line, as points of an SVG of ``WIDTH`` x ``HEIGHT``, and what it shows."""

    points: str
    last_x: int
    last_y: int
    devices: int
    least: int
    samples: tuple[Sample, ...]


def sparkline(context: Context) -> Sparkline | None:
    """Return the last week in scope; None: there are no devices, or nothing to draw yet."""
    proofs, now = context.snapshot.proofs, online(context)
    if not proofs.whole or not now.devices or not proofs.online.steps:
        return None
    visible = frozenset(context.site.seen(context.scope))
    unheard = now.devices - now.online - len(_missing_now(context) & visible)
    missing = set(proofs.online.before & visible)
    counts: list[tuple[int, int]] = []
    for step in proofs.online.steps:
        missing = (missing | (step.gone & visible)) - step.back
        counts.append((step.at_ms, max(0, now.devices - unheard - len(missing))))
    counts.append((context.now_ms // 1000 * 1000, now.online))
    return _drawn(counts, now.devices, context)


def _missing_now(context: Context) -> set[str]:
    """Return the devices that are missing and were heard before."""
    return {each.device for each in context.snapshot.situation.missed if each.since_ms is not None}


def _drawn(counts: list[tuple[int, int]], devices: int, context: Context) -> Sparkline:
    least = min(count for _, count in counts)
    spread = max(1, devices - least)
    wide, high = WIDTH - 2 * _EDGE, HEIGHT - 2 * _EDGE
    last = len(counts) - 1
    points = [
        (
            _EDGE + round(wide * number / max(1, last)),
            _EDGE + round(high * (devices - count) / spread),
        )
        for number, (_, count) in enumerate(counts)
    ]
    # In steps: a device is missing until it is heard, and nothing is known between two moments.
    steps = [points[0]]
    for before, (x, y) in pairwise(points):
        steps += [(x, before[1]), (x, y)]
    return Sparkline(
        points=" ".join(f"{x},{y}" for x, y in dict.fromkeys(steps)),
        last_x=points[-1][0],
        last_y=points[-1][1],
        devices=devices,
        least=least,
        samples=tuple(
            Sample(_time(at_ms, context) if number < last else context.words("online.now"), count)
            for number, (at_ms, count) in enumerate(counts)
        ),
    )


def _time(at_ms: int, context: Context) -> str:
    return datetime.fromtimestamp(at_ms / 1000, context.zone).strftime("%m-%d %H:%M")
