"""``/reports/<month>`` and ``/situation``: the figures of an area over all its sites."""

import asyncio
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from callpoint_console.rendering import language_of, words_in
from callpoint_console.reports.month import Month, month_since
from callpoint_console.security.endpoints import refusal, signed_in
from callpoint_console.site_map import Spot, area_text
from callpoint_console.views.trend_values import kinds_in, trend_values
from callpoint_console.visitor import visitor_of
from callpoint_console.words.page_words import PageWords
from callpoint_district.console.pages.requests import area_in, district_of, framed
from callpoint_district.console.places import parts_of
from callpoint_district.console.reports import (
    AreaMonth,
    as_csv,
    as_json,
    first_ms,
    month_of,
    situation,
    steps_of,
)
from callpoint_district.console.views.seeing import within
from callpoint_district.sites.figures import ARRIVE_S, REINFORCE_S, WITHIN_S
from callpoint_gateway.host.clock import SystemClock

_FORMS: Final = {"csv": ("text/csv; charset=utf-8", as_csv), "json": ("application/json", as_json)}


def _area(request: Request) -> Spot | None:
    """Return the area that is wanted; without one, the first that the visitor sees.

    None: the visitor does not see all of it.
    """
    wanted, parts = area_in(request), parts_of(visitor_of(request).scope)
    if parts.everything:
        return wanted
    if not wanted and parts.areas:
        return parts.areas[0]
    return wanted if any(within(wanted, area) for area in parts.areas) else None


def _query(area: Spot) -> str:
    return "?" + urlencode([("at", part) for part in area]) if area else ""


@signed_in()
async def newest(request: Request) -> Response:
    """Lead to the report of this month."""
    now = datetime.fromtimestamp(SystemClock().wall_ms() / 1000, district_of(request).zone)
    return RedirectResponse(f"/reports/{now:%Y-%m}{_query(area_in(request))}", 303)


@signed_in()
async def month(request: Request) -> Response:
    """Show the report of a month, or give it as a file."""
    wanted, _, form = request.path_params["month"].partition(".")
    district, words = district_of(request), words_in(language_of(request))
    if (area := _area(request)) is None:
        return refusal(request, "grid.not_all", 403)
    now_ms = SystemClock().wall_ms()
    try:
        if form and form not in _FORMS:
            raise ValueError(form)
        first = await asyncio.to_thread(first_ms, district.database, now_ms)
        chosen = month_since(wanted, district.zone, first, now_ms)
    except ValueError:
        return PlainTextResponse(words("month.wrong", month=wanted[:20]), 404)
    report = await asyncio.to_thread(month_of, district.database, area, chosen, now_ms)
    if form:
        kind, write = _FORMS[form]
        headers = {"Content-Disposition": f'attachment; filename="callpoint-{wanted}.{form}"'}
        return Response(write(report), media_type=kind, headers=headers)
    return framed(request, "district/month.html", **_values(request, report, words, chosen))


def _values(
    request: Request, report: AreaMonth, words: PageWords, chosen: Month
) -> dict[str, Any]:
    overview, zone = district_of(request).overview, district_of(request).zone
    return {
        "body_class": "report",
        "report": report,
        "area": report.area,
        "district": overview.name,
        "name": area_text(report.area) or overview.name,
        "query": _query(report.area),
        "zone": zone.key,
        "unfinished": report.until_ms < chosen.until_ms,
        "earlier": chosen.earlier,
        "later": chosen.later,
        "steps": steps_of,
        "within": WITHIN_S,
        "targets": {"arrived": ARRIVE_S * 1000, "reinforced": REINFORCE_S * 1000},
        "kind": kinds_in(words),
        "share": lambda share: "" if share is None else f"{share:.0%}",
        "date": lambda at_ms: f"{datetime.fromtimestamp(at_ms / 1000, zone):%Y-%m-%d}",
    }


@signed_in()
async def trends(request: Request) -> Response:
    """Show when and where alarms happen, and what rose."""
    district, words = district_of(request), words_in(language_of(request))
    if (area := _area(request)) is None:
        return refusal(request, "grid.not_all", 403)
    now_ms = SystemClock().wall_ms()
    found = await asyncio.to_thread(situation, district.database, area, district.zone, now_ms)
    name = area_text(area) or district.overview.name
    return framed(
        request,
        "district/trend.html",
        body_class="report",
        area=area,
        district=district.overview.name,
        **trend_values(found, words, district.zone, name),
    )


ROUTES = [
    Route("/reports", newest),
    Route("/reports/{month}", month),
    Route("/situation", trends),
]
