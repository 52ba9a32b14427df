"""Drills of plans as rows of a table."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.drills import Due, due_drills
from callpoint_console.views.context import Context
from callpoint_console.words.page_words import PageWords
from callpoint_protocol import names

_CODES: Final = {name: code for code, name in names.KINDS.items()}


class DrillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A plan in a building. ``date``, ``exercise`` and ``who``: of the last drill, "" if none.

    ``due``: "" for now. ``state``: overdue, soon or done. ``point`` and ``kind`` start a drill.
    """

    plan: str
    building: str
    date: str
    exercise: int
    who: str
    due: str
    state: str
    point: str
    kind: str


def drills_seen(context: Context) -> list[Due]:
    """Return the drills of the places in scope."""
    site, scope = context.site, context.scope
    areas = scope.areas()
    return [
        due
        for due in due_drills(site, context.snapshot.proofs.drills)
        if scope.everywhere or any(site.in_areas(place, areas) for place in due.places)
    ]


def asked_for(context: Context) -> int:
    """Return how many drills in scope are due, or will be within a month."""
    return sum(due.asked_for(context.now_ms) for due in drills_seen(context))


def drill_rows(
    drills: Iterable[Due],
    words: PageWords,
    zone: ZoneInfo,
    now_ms: int,
    short: Callable[[tuple[str, ...]], str],
) -> list[DrillRow]:
    """Return the rows, those first that are due first. ``short``: the name of a building."""

    def date(ms: int | None) -> str:
        return f"{datetime.fromtimestamp(ms / 1000, zone):%Y-%m-%d}" if ms else ""

    rows = []
    for due in sorted(drills, key=lambda each: each.due_ms or 0):
        last, kind = due.last, words.kind(_CODES[due.kind])
        state = "overdue" if due.overdue(now_ms) else "soon" if due.asked_for(now_ms) else "done"
        rows.append(
            DrillRow(
                plan=words("plan.of", kind=kind, profile=words.profile(due.profile)),
                building=short(due.building),
                date=date(last.until_ms) if last else "",
                exercise=last.exercise if last else 0,
                who=last.who if last else "",
                due=date(due.due_ms),
                state=state,
                point=" / ".join(due.building),
                kind=due.kind,
            )
        )
    return rows
