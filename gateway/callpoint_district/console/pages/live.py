"""``/live/...``: what changes on the pages over all sites, as server-sent events."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from callpoint_console.security.endpoints import refusal, signed_in, while_signed_in
from callpoint_district.console.overview import FRAME, MINE, OPERATOR
from callpoint_district.console.pages.requests import area_in, overview_of, view_of
from callpoint_district.console.views.area import AREA, page_of
from callpoint_gateway.control.roles import DESK


@signed_in(click=False)
async def live(request: Request) -> Response:
    """Stream the changes of a page until its client goes."""
    broadcaster, name = overview_of(request).broadcaster, request.path_params["page"]
    view = view_of(request, page_of(area_in(request)) if name == "area" else name)
    if view.page not in broadcaster.pages or name.startswith(AREA):
        return PlainTextResponse("no such page", 404)
    if view.page in (OPERATOR, MINE) and not view.scope.areas(DESK):
        return refusal(request, "refused.role", 403)
    # nginx sends each event on at once (X-Accel-Buffering).
    stream = while_signed_in(request, broadcaster.stream(view))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, 200, headers, "text/event-stream")


@signed_in(click=False)
async def strip(request: Request) -> Response:
    """Return the lines that stand above every page, for a page that is not live."""
    sections = overview_of(request).broadcaster.sections(view_of(request, FRAME))
    return HTMLResponse(sections["strip"].html, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/live/{page}", live), Route("/strip", strip)]
