"""``/live/...``: what changes on a page, as server-sent events."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from callpoint_console.console import FRAME, OPERATOR, POINT
from callpoint_console.pages.requests import console_of, may_test, stores_of_request, view_of
from callpoint_console.security.endpoints import refusal, signed_in, while_signed_in
from callpoint_gateway.control.roles import DESK


@signed_in(click=False)
async def live(request: Request) -> Response:
    """Stream the changes of a page until its client goes."""
    broadcaster = console_of(request).broadcaster
    view = view_of(request, request.path_params["page"])
    if view.page not in broadcaster.pages:
        return PlainTextResponse("no such page", 404)
    if view.page.startswith(POINT):
        place = stores_of_request(request).codes.place_of(view.page.removeprefix(POINT))
        if place is None or not may_test(request, place):
            return refusal(request, "refused.role", 403)
    if view.page == OPERATOR and not view.scope.areas(DESK):
        return refusal(request, "refused.role", 403)
    # nginx sends each event on at once (X-Accel-Buffering).
    stream = while_signed_in(request, broadcaster.stream(view))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, 200, headers, "text/event-stream")


@signed_in(click=False)
async def strip(request: Request) -> Response:
    """Return the lines that stand above every page, for a page that is not live."""
    sections = console_of(request).broadcaster.sections(view_of(request, FRAME))
    return HTMLResponse(sections["strip"].html, headers={"Cache-Control": "no-store"})


ROUTES = [Route("/live/{page}", live), Route("/strip", strip)]
