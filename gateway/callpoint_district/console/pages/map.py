"""``/map``: the district as a schematic map."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.rendering import page
from callpoint_console.security.endpoints import signed_in
from callpoint_district.console.drawing import WIDTH
from callpoint_district.console.overview import MAP
from callpoint_district.console.pages.requests import overview_of, view_of
from callpoint_district.console.views.map import shown_by


@signed_in()
async def map(request: Request) -> Response:
    """Show the map: areas as the user's file draws them, sites where their places are."""
    overview = overview_of(request)
    shown = shown_by(overview.drawing, overview.snapshot)
    return page(
        request,
        "district/map.html",
        body_class="manager",
        live=MAP,
        shapes=overview.drawing.shapes,
        size=(WIDTH, shown.height) if shown else None,
        name=overview.name,
        sections=overview.broadcaster.sections(view_of(request, MAP)),
    )


ROUTES = [Route("/map", map)]
