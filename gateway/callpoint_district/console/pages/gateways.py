"""``/gateways``: every site, and how its gateway stands."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.security.endpoints import signed_in
from callpoint_console.site_map import area_text
from callpoint_district.console.pages.requests import area_in, framed, overview_of, view_of
from callpoint_district.console.views.gateways import gateway_rows

#: Rows of one page of the list.
ROWS: Final = 200


@signed_in()
async def gateways(request: Request) -> Response:
    """List the gateways of an area, those first with which something is the matter."""
    overview, area = overview_of(request), area_in(request)
    wanted = request.query_params.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 6 else 1
    rows = []
    if (snapshot := overview.snapshot) is not None:
        rows = gateway_rows(snapshot, view_of(request, ""), area, overview.zone)
    pages = max(1, -(-len(rows) // ROWS))
    number = min(max(1, number), pages)
    return framed(
        request,
        "district/gateways.html",
        rows=rows[(number - 1) * ROWS : number * ROWS],
        count=sum(row.in_service for row in rows),
        number=number,
        pages=pages,
        area=area,
        name=area_text(area) or overview.name,
        district=overview.name,
    )


ROUTES = [Route("/gateways", gateways)]
