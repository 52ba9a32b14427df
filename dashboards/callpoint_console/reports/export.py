"""A month's report as CSV and JSON, for spreadsheets and programs.

CSV has one line for each figure's group: ``by`` says of what kind it is. Times are seconds, shares
0 to 1.
"""

from collections.abc import Iterator, Mapping
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
