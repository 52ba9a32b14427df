"""The work orders of a period: how many were made, done and overdue, and which are open."""

from collections.abc import Callable, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.work.orders import Step, StepRow, WorkOrder

_DONE = (Step.DONE, Step.RESTORED)


class OrderLine(msgspec.Struct, frozen=True):
    """A work order that is open at the end of the period. ``since_ms``: made (Unix ms)."""

    number: int
    places: tuple[str, ...]
    assignee: str
    due: str
    overdue: bool
    since_ms: int


class OrderFigures(msgspec.Struct, frozen=True):
    """The figures. ``open`` and ``overdue``: at the end of the period, the next due first.

    ``done`` counts each work order that was done at least once in the period.
    """

    made: int = 0
    done: int = 0
    overdue: int = 0
    open: tuple[OrderLine, ...] = ()


def order_figures(
    orders: Iterable[WorkOrder],
    steps: Iterable[StepRow],
    zone: ZoneInfo,
    from_ms: int,
    until_ms: int,
    shows: Callable[[str], bool],
) -> OrderFigures:
    """Return the figures from ``from_ms`` to ``until_ms``, without places that are not shown."""
    last: dict[int, Step] = {}
    done: set[int] = set()
    for step in steps:
        if step.at_ms < until_ms:
            last[step.order] = step.step
            if step.step in _DONE and step.at_ms >= from_ms:
                done.add(step.order)
    day = datetime.fromtimestamp(until_ms / 1000, zone).date().isoformat()
    shown = [
        order
        for order in orders
        if order.made_ms < until_ms and all(shows(place) for place in order.places)
    ]
    lines = [
        OrderLine(
            order.number,
            tuple(sorted(order.places)),
            order.assignee,
            order.due,
            order.due < day,
            order.made_ms,
        )
        for order in shown
        if last.get(order.number) not in _DONE
    ]
    return OrderFigures(
        made=sum(order.made_ms >= from_ms for order in shown),
        done=sum(order.number in done for order in shown),
        overdue=sum(line.overdue for line in lines),
        open=tuple(sorted(lines, key=lambda line: (line.due, line.number))),
    )
