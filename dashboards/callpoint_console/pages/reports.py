"""``/reports/<month>`` and ``/situation``: figures of a month, and of the last weeks."""

from asyncio import to_thread
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.pages.requests import console_of
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.reports.export import as_csv, as_json
from callpoint_console.reports.grouping import PlaceNames
from callpoint_console.reports.month import (
    Month,
    MonthReport,
    due_devices,
    first_record_ms,
    month_report,
    month_since,
    place_of,
)
from callpoint_console.reports.orders import order_figures
from callpoint_console.reports.trend import Trend, trend
from callpoint_console.security.endpoints import signed_in
from callpoint_console.views.drill_rows import drill_rows
from callpoint_console.views.trend_values import kinds_in, trend_values
from callpoint_console.visitor import visitor_of
from callpoint_console.words.page_words import PageWords
from callpoint_gateway.alarms.report_summary import (
    ACKNOWLEDGED,
    ARRIVED,
    CENTRE,
    courses,
    real,
)
from callpoint_gateway.configuration.levels import NORMAL
from callpoint_gateway.configuration.register import Register
from callpoint_gateway.host.clock import SystemClock

_EMPTY: Final = Register([], [])
_FORMS: Final = {"csv": ("text/csv; charset=utf-8", as_csv), "json": ("application/json", as_json)}


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _shows(request: Request) -> Callable[[str], bool]:
    """Return whether the visitor may see a place, by its id."""
    scope, site = visitor_of(request).scope, console_of(request).map
    areas = scope.areas()
    return lambda place: scope.everywhere or site.in_areas(place, areas)


def _month_now(request: Request) -> str:
    zone = console_of(request).source.zone
    return datetime.fromtimestamp(SystemClock().wall_ms() / 1000, zone).strftime("%Y-%m")


@signed_in()
async def newest(request: Request) -> Response:
    """Lead to the report of this month."""
    return go_to(request, f"/reports/{_month_now(request)}")


def _report(request: Request, month: str) -> tuple[MonthReport, Month]:
    """Read the journal, which takes a while: not in the event loop's thread."""
    source, work, shows = console_of(request).source, console_of(request).work, _shows(request)
    now_ms = SystemClock().wall_ms()
    with source.records() as records:
        beside = month_since(month, source.zone, first_record_ms(records, now_ms), now_ms)
        report = month_report(
            records,
            source.register or _EMPTY,
            source.settings.at(NORMAL),
            source.zone,
            month,
            now_ms,
            shows,
        )
    if work is None:
        return report, beside
    orders, steps, period = (
        work.orders.all(),
        work.orders.steps(),
        (report.from_ms, report.until_ms),
    )
    figures = order_figures(orders, steps, source.zone, *period, shows)
    return replace(report, work_orders=figures), beside


@signed_in()
async def month(request: Request) -> Response:
    """Show the report of a month, or give it as a file."""
    wanted, _, form = request.path_params["month"].partition(".")
    words = words_in(language_of(request))
    try:
        report, beside = await to_thread(_report, request, wanted)
    except ValueError:
        return PlainTextResponse(words("month.wrong", month=wanted[:20]), 404)
    if form in _FORMS:
        kind, write = _FORMS[form]
        name = f"callpoint-{report.month}.{form}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(write(report), media_type=kind, headers=headers)
    if form:
        return PlainTextResponse(words("month.wrong", month=wanted[:20]), 404)
    values = _month_values(request, report, beside, words)
    return page(request, "reports/month.html", body_class="report", **values)


def _month_values(
    request: Request, report: MonthReport, beside: Month, words: PageWords
) -> dict[str, Any]:
    console = console_of(request)
    zone, settings = console.source.zone, console.source.settings.at(NORMAL)
    seconds = "/".join(str(limit) for limit in settings.acknowledge_s)
    targets = {
        CENTRE: words("month.seconds", seconds=settings.centre_s),
        ACKNOWLEDGED: words("month.seconds", seconds=seconds),
        ARRIVED: words.age(settings.arrive_s * 1000),
    }

    def moment(at_ms: int) -> str:
        return datetime.fromtimestamp(at_ms / 1000, zone).strftime("%Y-%m-%d %H:%M")

    return {
        "site": console.map.name,
        "report": report,
        "where": lambda place: console.map.short(console.map.spot_named(place)) if place else "",
        "assignee": lambda text: words(f"role.{text[1:]}") if text.startswith("@") else text,
        "zone": zone.key,
        "orders_kept": console.work is not None,
        "unfinished": report.until_ms < beside.until_ms,
        "earlier": beside.earlier,
        "later": beside.later,
        "due": due_devices(report),
        "silent": [row for row in report.uptime if row.silent_ms][:200],
        "targets": targets,
        "drills": drill_rows(report.drills, words, zone, report.until_ms, console.map.short),
        "share": _share,
        "exact": lambda share: f"{share:.2%}",
        "plain": str,
        "kind": kinds_in(words),
        "date": lambda at_ms: moment(at_ms)[:10],
        "moment": moment,
    }


def _trend(request: Request) -> Trend:
    source = console_of(request).source
    register = source.register or _EMPTY
    place_names = PlaceNames(register)
    now_ms = SystemClock().wall_ms()
    with source.records() as records:
        first_ms = first_record_ms(records, now_ms)
        found = courses(records, source.settings.at(NORMAL), source.zone)
    shows = _shows(request)
    shown = [course for course in real(found) if shows(place_of(course, register))]
    return trend(
        shown,
        source.zone,
        now_ms,
        first_ms,
        lambda course: place_names.place(place_of(course, register)),
    )


@signed_in()
async def situation(request: Request) -> Response:
    """Show when and where alarms happen, and what rose."""
    found = await to_thread(_trend, request)
    words, console = words_in(language_of(request)), console_of(request)
    return page(
        request,
        "reports/trend.html",
        body_class="report",
        **trend_values(found, words, console.source.zone, console.map.name),
    )


ROUTES = [
    Route("/reports", newest),
    Route("/reports/{month}", month),
    Route("/situation", situation),
]
