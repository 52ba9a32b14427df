"""A month's report as CSV and JSON, for spreadsheets and programs.

CSV has one line for each figure's group: ``by`` says of what kind it is. Times are seconds, shares
0 to 1, moments UTC (ISO 8601). A drill that was never held has no ``last`` and is due at once, as
has a test.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from callpoint_console.reports.month import Group, MonthReport
from callpoint_gateway.alarms.report_summary import STAGES, WITHIN_S, Summary
from callpoint_gateway.host.csv_text import csv_text
from callpoint_gateway.journal.entries import Cause

_COLUMNS: Final = (
    "month",
    "by",
    "name",
    "alarms",
    "open",
    *(cause.value for cause in Cause),
    *(f"{stage}_{what}" for stage in STAGES for what in ("median_s", "p90_s", "in_time")),
    *(f"acknowledged_within_{seconds}_s" for seconds in WITHIN_S),
    "uptime",
    "orders_made",
    "orders_done",
    "orders_open",
    "orders_overdue",
    "last",
    "who",
    "due",
    "overdue",
)


def as_json(report: MonthReport) -> bytes:
    """Return the whole report as one JSON object."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1)


def as_csv(report: MonthReport) -> str:
    """Return the report's groups and devices as CSV."""
    return csv_text(_COLUMNS, _rows(report))


def _rows(report: MonthReport) -> Iterator[Mapping[str, Any]]:
    yield _row(report, "all", Group("", report.total))
    yield _row(report, "exercises", Group("", report.exercises))
    for by, groups in (
        ("building", report.buildings),
        ("place", report.places),
        ("kind", report.kinds),
    ):
        for group in groups:
            yield _row(report, by, group)
    for device in report.uptime:
        yield {
            "month": report.month,
            "by": "device",
            "name": device.device,
            "uptime": round(device.share, 5),
        }
    yield from _proofs(report)
    orders = report.work_orders
    yield {
        "month": report.month,
        "by": "work orders",
        "name": "",
        "orders_made": orders.made,
        "orders_done": orders.done,
        "orders_open": len(orders.open),
        "orders_overdue": orders.overdue,
    }


def _proofs(report: MonthReport) -> Iterator[Mapping[str, Any]]:
    """Yield the drills and walk tests of the month, then what is due of both."""
    for run in report.runs:
        yield {
            "month": report.month,
            "by": run.mark.value,
            "name": ", ".join(run.points),
            "last": _moment(run.until_ms),
            "who": run.who,
        }
    for drill in report.drills:
        yield {
            "month": report.month,
            "by": "drill due",
            "name": f"{' / '.join(drill.building)}: {drill.kind}, {drill.profile}",
            "last": _moment(drill.last.until_ms if drill.last else None),
            "who": drill.last.who if drill.last else "",
            "due": _moment(drill.due_ms),
            "overdue": int(drill.overdue(report.until_ms)),
        }
    for test in report.due:
        yield {
            "month": report.month,
            "by": "test due",
            "name": f"{test.place}: {test.device}, {test.zone}",
            "last": _moment(test.last_ms),
            "overdue": 1,
        }


def _moment(at_ms: int | None) -> str:
    if at_ms is None:
        return ""
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _row(report: MonthReport, by: str, group: Group) -> dict[str, Any]:
    summary: Summary = group.summary
    row: dict[str, Any] = {
        "month": report.month,
        "by": by,
        "name": group.name,
        "alarms": summary.alarms,
        "open": summary.open,
    }
    row |= {cause.value: summary.causes.get(cause.value, 0) for cause in Cause}
    for stage, timing in summary.stages.items():
        row[f"{stage}_median_s"] = timing.median_ms / 1000
        row[f"{stage}_p90_s"] = timing.p90_ms / 1000
        row[f"{stage}_in_time"] = "" if timing.met is None else timing.met
    row |= {f"acknowledged_within_{seconds}_s": share for seconds, share in summary.within.items()}
    return row
