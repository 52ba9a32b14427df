"""``/operator``: the alarms of all sites, for whoever has a desk."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.live.broadcaster import Section
from callpoint_console.rendering import page
from callpoint_console.security.endpoints import for_roles
from callpoint_district.console.overview import MINE, OPERATOR
from callpoint_district.console.pages.requests import overview_of, view_of
from callpoint_district.console.views.queue import LIST, LOW_LIST
from callpoint_gateway.control.roles import DESK


@for_roles(DESK)
async def operator(request: Request) -> Response:
    """Show the operator's page; with ``mine`` only what is with a desk of the visitor."""
    mine = bool(request.query_params.get("mine"))
    live = MINE if mine else OPERATOR
    sections = overview_of(request).broadcaster.sections(view_of(request, live))
    return page(
        request,
        "district/operator.html",
        body_class="operator",
        live=live,
        mine=mine,
        keeps_shifts=False,
        may_exercise=False,
        sections=sections,
        rows={name: _rows(sections, name) for name in (LIST, LOW_LIST)},
    )


def _rows(sections: Mapping[str, Section], within: str) -> list[tuple[str, Section]]:
    found = [
        (section.row.order, name, section)
        for name, section in sections.items()
        if section.row is not None and section.row.within == within
    ]
    return [(name, section) for _, name, section in sorted(found)]


ROUTES = [Route("/operator", operator)]
