"""``/drills``: when each plan was drilled in each building, and what is due."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.pages.requests import context_of, framed, not_yet
from callpoint_console.security.endpoints import signed_in
from callpoint_console.views.drill_rows import asked_for, drill_rows, drills_seen
from callpoint_gateway.alarms.questions import StartExercise


@signed_in()
async def drills(request: Request) -> Response:
    """Show the drills of the places in scope."""
    context = context_of(request)
    if context is None:
        return not_yet(request)
    rows = drill_rows(
        drills_seen(context), context.words, context.zone, context.now_ms, context.site.short
    )
    return framed(
        request,
        "drills/page.html",
        rows=rows,
        count=asked_for(context),
        whole=context.snapshot.proofs.whole,
        may_start=context.may(StartExercise),
    )


ROUTES = [Route("/drills", drills)]
