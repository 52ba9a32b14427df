"""The month and the situation of an area, of all its sites together."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from callpoint_console.reports.month import Month
from callpoint_console.reports.trend import QUARTER_MS, Counts, Trend, period, trend_of
from callpoint_console.site_map import Spot, area_text
from callpoint_district.database import Database
from callpoint_district.sites.figures import AreaFigures, Figures, Taken, figures
from callpoint_district.sites.parts import PLACED, WORK, parted
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


def month_of(database: Database, area: Spot, month: Month, now_ms: int) -> AreaMonth:
    """Return the figures of a month. From a single city its districts."""
    until_ms = min(month.until_ms, now_ms)
    found = figures(database, area, month.from_ms, until_ms, deep=True)
    return AreaMonth(month.name, area, month.from_ms, until_ms, found)


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


_SITUATION: Final = f"""WITH {PLACED},
narrow AS MATERIALIZED (
  SELECT part, kind, opened_ms >= %(recent)s AS recent, opened_ms / {QUARTER_MS} AS quarter
  FROM chosen WHERE known AND mark = '{Mark.REAL}')
SELECT part, kind, recent, NULL::bigint AS quarter, count(*) FROM narrow
GROUP BY part, kind, recent
UNION ALL
SELECT NULL, kind, recent, quarter, count(*) FROM narrow GROUP BY kind, recent, quarter"""


def situation(database: Database, area: Spot, zone: ZoneInfo, now_ms: int) -> Trend:
    """Return when and where in an area alarms happened, and what rose; by its parts."""
    looked = period(now_ms, first_ms(database, now_ms))
    with database.transaction() as connection:
        found = parted(connection, area, deep=True)
        connection.execute(WORK)
        values = found.values(looked.from_ms, now_ms) | {"recent": looked.recent_ms}
        rows = connection.execute(_SITUATION, values).fetchall()
    counts = Counts(Counter(), Counter(), Counter(), Counter())
    for number, code, recent, quarter, count in rows:
        kind = names.KINDS.get(code, str(code))
        if quarter is not None:
            moments = counts.moments_here if recent else counts.moments_there
            moments[kind, quarter * QUARTER_MS] += count
        else:
            part = found.part(number)[len(area) :] if number else found.base[-1:]
            places = counts.here if recent else counts.there
            places[area_text(part), kind] += count
    return trend_of(counts, zone, looked)
