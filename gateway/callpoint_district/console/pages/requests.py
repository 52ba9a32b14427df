"""What the handlers of the pages over all sites need of a request."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.site_map import Spot, natural
from callpoint_console.visitor import visitor_of
from callpoint_district.console.desk import ORIGIN
from callpoint_district.console.district import DistrictConsole
from callpoint_district.console.live.snapshot import COMMUNITY
from callpoint_district.console.overview import FRAME, Overview
from callpoint_district.console.site_addresses import without_nul
from callpoint_district.console.views.seeing import concerns, role_in
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import Role

#: Parts of a grid, at most; a longer area is none.
_PARTS = 7


def district_of(request: Request) -> DistrictConsole:
    """Return the district that serves a request."""
    district: DistrictConsole = request.app.state.district
    return district


def overview_of(request: Request) -> Overview:
    """Return what is live of the district that serves a request."""
    return district_of(request).overview


def area_in(request: Request) -> Spot:
    """Return the area in the address: its parts as ``at``, from the city down."""
    parts = request.query_params.getlist("at")[:_PARTS]
    return tuple(without_nul(part) for part in parts if part)


def view_of(request: Request, live: str) -> View:
    """Return for whom a page is rendered."""
    return View(live, language_of(request), visitor_of(request).scope)


def framed(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page of which only the strip is live."""
    sections = overview_of(request).broadcaster.sections(view_of(request, FRAME))
    return page(request, template, status, live=FRAME, sections=sections, **values)


def areas_of(request: Request, roles: frozenset[Role]) -> list[Spot]:
    """Return the areas, down to the communities, in which the visitor has one of some roles."""
    snapshot, scope = overview_of(request).snapshot, visitor_of(request).scope
    spots = {
        spot
        for site in (snapshot.sites.values() if snapshot else ())
        if site.retired_ms is None
        for spot in site.spots
    }
    areas = {spot[:size] for spot in spots for size in range(min(len(spot), COMMUNITY) + 1)}
    allowed = [area for area in areas if role_in(area, scope, roles) is not None]
    return sorted(allowed, key=lambda area: [natural(part) for part in area])


def concerned(request: Request, area: Spot) -> bool:
    """Say whether what holds in an area holds for anything that the visitor sees."""
    snapshot = overview_of(request).snapshot
    return concerns(area, visitor_of(request).scope, snapshot.sites if snapshot else {})


def asker(request: Request, area: Spot, roles: frozenset[Role]) -> By | None:
    """Return as whom the visitor does something in an area; None: they may not."""
    visitor = visitor_of(request)
    role = role_in(area, visitor.scope, roles)
    return None if role is None else By(visitor.login, role, ORIGIN)


async def done(request: Request, work: Callable[[psycopg.Connection], object]) -> Response:
    """Do something in a transaction; return 204 and have the page shown anew, or 409 and why."""
    database = district_of(request).database

    def in_thread() -> None:
        with database.transaction() as connection:
            work(connection)

    try:
        await asyncio.to_thread(in_thread)
    except QuestionRefused as refused:
        return PlainTextResponse(words_in(language_of(request)).told(refused.why), 409)
    return Response(status_code=204, headers={"HX-Refresh": "true"})
