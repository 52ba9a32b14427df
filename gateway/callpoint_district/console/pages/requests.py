"""What the handlers of the pages over all sites need of a request."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from callpoint_console.live.broadcaster import View
from callpoint_console.rendering import language_of, page
from callpoint_console.site_map import Spot
from callpoint_console.visitor import visitor_of
from callpoint_district.console.district import DistrictConsole
from callpoint_district.console.overview import FRAME, Overview

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
    return tuple(part for part in request.query_params.getlist("at")[:_PARTS] if part)


def view_of(request: Request, live: str) -> View:
    """Return for whom a page is rendered."""
    return View(live, language_of(request), visitor_of(request).scope)


def framed(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page of which only the strip is live."""
    sections = overview_of(request).broadcaster.sections(view_of(request, FRAME))
    return page(request, template, status, live=FRAME, sections=sections, **values)
