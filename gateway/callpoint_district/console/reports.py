"""The month and the situation of an area, of all its sites together."""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.reports.month import month_bounds
from callpoint_console.reports.trend import BEFORE_DAYS, DAY_MS, RECENT_DAYS, Trend, trend
from callpoint_console.site_map import Spot, area_text, common
from callpoint_district.database import Database
from callpoint_district.sites.figures import AreaFigures, Figures, Taken, figures
from callpoint_gateway.alarms.report_summary import Course
from callpoint_gateway.host.csv_text import csv_text
from callpoint_gateway.journal.entries import Cause, Mark
from callpoint_protocol import names

STEPS: Final = ("acknowledged", "arrived", "reinforced", "closed")
_COLUMNS: Final = (
    *("month", "area", "alarms", "open", "exercises"),
    *(f"{step}_{what}" for step in STEPS for what in ("count", "median_s", "p90_s")),
    *("arrived_in_time", "reinforced_in_time"),
    *(cause.value for cause in Cause),
)


class AreaMonth(msgspec.Struct, frozen=True):
    """The figures of one month (such as 2026-11); ``until_ms``: its end, or the moment of this."""

    month: str
    area: Spot
    from_ms: int
    until_ms: int
    figures: Figures


def first_ms(database: Database, now_ms: int) -> int:
    """Return the moment (Unix ms) of the oldest that is kept; now, if nothing is."""
    with database.transaction() as connection:
        first = connection.execute(
            "SELECT least((SELECT min(began_ms) FROM epochs), (SELECT min(opened_ms) FROM alarms))"
        ).fetchone()
    return first[0] if first and first[0] is not None else now_ms


def month_of(database: Database, area: Spot, month: str, zone: ZoneInfo, now_ms: int) -> AreaMonth:
    """Return the figures of a month.

    ValueError: it is none, it has not begun, or it was over before anything was kept.
    """
    from_ms, until_ms = month_bounds(month, zone)
    if from_ms > now_ms:
        raise ValueError(f"{month} has not begun")
    if until_ms <= first_ms(database, now_ms):
        raise ValueError(f"nothing was kept in {month}")
    until_ms = min(until_ms, now_ms)
    found = figures(database, area, from_ms, until_ms)
    parts = found.parts
    while len(parts) == 1:  # from a single city its districts
        below = figures(database, parts[0].area, from_ms, until_ms).parts
        if not below:
            break
        parts = below
    return AreaMonth(month, area, from_ms, until_ms, Figures(found.whole, parts))


def as_json(report: AreaMonth) -> bytes:
    """Return the whole report as one JSON object."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def as_csv(report: AreaMonth) -> str:
    """Return a line for the area and for each of its parts; times are seconds, shares 0 to 1."""
    return csv_text(_COLUMNS, _rows(report))


def _rows(report: AreaMonth) -> Iterator[Mapping[str, Any]]:
    for area in (report.figures.whole, *report.figures.parts):
        row: dict[str, Any] = {
            "month": report.month,
            "area": area_text(area.area),
            "alarms": area.alarms,
            "open": area.open,
            "exercises": area.exercises,
            "arrived_in_time": "" if area.arrived_in_time is None else area.arrived_in_time,
            "reinforced_in_time": (
                "" if area.reinforced_in_time is None else area.reinforced_in_time
            ),
        }
        for step, taken in steps_of(area).items():
            row[f"{step}_count"] = taken.count
            for what, ms in (("median_s", taken.median_ms), ("p90_s", taken.p90_ms)):
                row[f"{step}_{what}"] = "" if ms is None else ms / 1000
        yield row | {cause.value: area.causes.get(cause.value, 0) for cause in Cause}


def steps_of(area: AreaFigures) -> dict[str, Taken]:
    """Return how long each step took, in the order of the steps."""
    return {step: getattr(area, step) for step in STEPS}


def situation(database: Database, area: Spot, zone: ZoneInfo, now_ms: int) -> Trend:
    """Return when and where in an area alarms happened, and what rose; by its parts."""
    since_ms = now_ms - (RECENT_DAYS + BEFORE_DAYS) * DAY_MS
    values = {"area": list(area), "since": since_ms, "mark": Mark.REAL.value}
    with database.transaction() as connection:
        found = connection.execute(
            "SELECT opened_ms, kind, grid FROM alarms "
            "JOIN devices USING (gateway, device) WHERE opened_ms >= %(since)s "
            "AND mark = %(mark)s AND (%(area)s::text[] = '{}' "
            "OR grid[1:cardinality(%(area)s::text[])] = %(area)s::text[])",
            values,
        ).fetchall()
    size = len(common(tuple(grid) for _, _, grid in found)) + 1
    courses = [
        Course(
            alarm=0,
            opened_ms=opened_ms,
            kind=names.KINDS.get(kind, str(kind)),
            place=area_text(tuple(grid[len(area) : size] or grid[-1:])),
            month="",
            mark="",
            cause=None,
            times={},
            met={},
        )
        for opened_ms, kind, grid in found
    ]
    return trend(courses, zone, now_ms, first_ms(database, now_ms), lambda course: course.place)
