"""``/levels``: the response levels in force; a supervisor begins and ends them."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.console import LEVELS
from callpoint_console.pages.answers import asked
from callpoint_console.pages.level_form import choices, typed
from callpoint_console.pages.requests import console_of, view_of
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import for_roles, signed_in
from callpoint_console.visitor import visitor_of
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel


@signed_in()
async def levels(request: Request) -> Response:
    """Show the levels that concern the visitor's places, with a form for whoever may begin one."""
    console, view = console_of(request), view_of(request, LEVELS)
    scope, words = visitor_of(request).scope, words_in(language_of(request))
    return page(
        request,
        "work/levels.html",
        live=LEVELS,
        sections=console.broadcaster.sections(view),
        areas=[
            area
            for area in ("", *console.map.areas())
            if console.map.role(scope, BeginLevel.may, area) is not None
        ],
        **choices(words),
    )


@for_roles(BeginLevel.may)
async def begin(request: Request) -> Response:
    """Put an area to a level; answers as ``answers.asked`` does."""
    area, words = await given(request, "area"), words_in(language_of(request))
    if area and area not in console_of(request).map.areas():
        return PlainTextResponse(words("levels.no_area"), 409)
    form = await typed(request)
    if isinstance(form, PlainTextResponse):
        return form
    question = BeginLevel(area=area, level=form.level, for_s=form.for_s, reason=form.reason)
    return await asked(request, question, area)


@for_roles(EndLevel.may)
async def end(request: Request) -> Response:
    """End a level before its time; answers as ``answers.asked`` does."""
    number, snapshot = request.path_params["number"], console_of(request).broadcaster.snapshot
    found = snapshot.situation.levels if snapshot else ()
    level = next((each for each in found if each.number == number), None)
    if level is None:
        return PlainTextResponse(words_in(language_of(request))("levels.over"), 404)
    return await asked(request, EndLevel(number=number), level.area)


ROUTES = [
    Route("/levels", levels),
    Route("/levels/begin", begin, methods=["POST"]),
    Route("/levels/{number:int}/end", end, methods=["POST"]),
]
