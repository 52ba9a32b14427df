"""``/``, ``/area`` and ``/wall``: the district, or a part of its grid."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import signed_in
from callpoint_console.site_map import area_text
from callpoint_district.console.overview import WALL
from callpoint_district.console.pages.requests import area_in, overview_of, view_of
from callpoint_district.console.views.area import page_of


@signed_in()
async def area(request: Request) -> Response:
    """Show an area: what is open there, its parts, its sites."""
    wanted, overview = area_in(request), overview_of(request)
    words = words_in(language_of(request))
    return page(
        request,
        "district/area.html",
        body_class="manager",
        live="area" + ("?" + urlencode([("at", part) for part in wanted]) if wanted else ""),
        wall=False,
        area=wanted,
        district=overview.name,
        name=area_text(wanted) or words("grid.title", name=overview.name),
        sections=overview.broadcaster.sections(view_of(request, page_of(wanted))),
    )


@signed_in()
async def wall(request: Request) -> Response:
    """Show the district for a screen on the wall: large, and without buttons."""
    overview = overview_of(request)
    return page(
        request,
        "district/area.html",
        body_class="manager wall",
        live=WALL,
        wall=True,
        area=(),
        district=overview.name,
        name=words_in(language_of(request))("grid.title", name=overview.name),
        sections=overview.broadcaster.sections(view_of(request, WALL)),
    )


ROUTES = [Route("/", area), Route("/area", area), Route("/wall", wall)]
