"""``/drills``: when each plan was drilled in each building, and what is due."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.console import FRAME
from callpoint_console.pages.requests import console_of, view_of
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import signed_in
from callpoint_console.views.drill_rows import asked_for, drill_rows, drills_seen
from callpoint_gateway.alarms.questions import StartExercise


@signed_in()
async def drills(request: Request) -> Response:
    """Show the drills of the places in scope."""
    console, view = console_of(request), view_of(request, FRAME)
    words, snapshot = words_in(language_of(request)), console.broadcaster.snapshot
    if snapshot is None:
        text = words("sentence.unread", site=console.map.name)
        return PlainTextResponse(text, 503, {"Retry-After": "1"})
    context = console.context(snapshot, view)
    rows = drill_rows(drills_seen(context), words, context.zone, context.now_ms, console.map.short)
    return page(
        request,
        "drills/page.html",
        live=FRAME,
        sections=console.broadcaster.sections(view),
        rows=rows,
        count=asked_for(context),
        whole=snapshot.proofs.whole,
        may_start=context.may(StartExercise),
    )


ROUTES = [Route("/drills", drills)]
