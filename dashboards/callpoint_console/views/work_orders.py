"""Work orders as pages and reports show them, in one language."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from callpoint_console.site_map import Spot
from callpoint_console.views.context import Context
from callpoint_console.work.matters import Matter, matter_text
from callpoint_console.work.orders import State, WorkOrder

SHOWN = 5  # matters that a row names; it counts the others


class MatterRow(msgspec.Struct, frozen=True):
    """One matter of a work order. ``device``: "" if it is about none."""

    what: str
    device: str
    spot: Spot
    where: str
    gone: bool


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """A work order. ``more``: how many further matters it has."""

    number: int
    matters: tuple[MatterRow, ...]
    more: int
    who: str
    due: str
    overdue: bool
    state: str
    done: bool
    note: str
    made: str
    made_by: str


def today(context: Context, now_ms: int) -> str:
    """Return the day by the site's clock, such as 2026-11-30."""
    return datetime.fromtimestamp(now_ms / 1000, context.zone).date().isoformat()


def order_row(order: WorkOrder, context: Context, day: str, shown: int = SHOWN) -> OrderRow:
    """Return the row of a work order; ``day``: today."""
    words = context.words
    return OrderRow(
        number=order.number,
        matters=tuple(matter_row(matter, context) for matter in order.matters[:shown]),
        more=max(0, len(order.matters) - shown),
        who=assignee_text(order.assignee, context),
        due=order.due,
        overdue=order.overdue(day),
        state=words(f"work_state.{order.state}"),
        done=order.state is State.DONE,
        note=order.note,
        made=moment(order.made_ms, context),
        made_by=order.made_by,
    )


def order_rows(orders: Iterable[WorkOrder], context: Context, day: str) -> list[OrderRow]:
    """Return the rows of those work orders whose place the visitor sees."""
    return [order_row(order, context, day) for order in orders if context.shows(order.places)]


def matter_row(matter: Matter, context: Context) -> MatterRow:
    """Return the row of a matter."""
    spot = context.site.spot_named(matter.place) if matter.place else ()
    where = context.site.short(spot) if spot else ""
    return MatterRow(matter_text(matter, context.words), matter.device, spot, where, matter.gone)


def assignee_text(assignee: str, context: Context) -> str:
    """Return who is to do it: a login, or the name of a role."""
    role = assignee.removeprefix("@")
    return context.words(f"role.{role}") if role != assignee else assignee


def moment(at_ms: int, context: Context) -> str:
    """Return a moment by the site's clock."""
    return datetime.fromtimestamp(at_ms / 1000, context.zone).strftime("%Y-%m-%d %H:%M")
