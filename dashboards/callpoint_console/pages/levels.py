"""``/levels``: the response levels in force; a supervisor begins and ends them."""

from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.console import LEVELS
from callpoint_console.pages.answers import asked
from callpoint_console.pages.requests import console_of, view_of
from callpoint_console.rendering import language_of, page, words_in
from callpoint_console.security.endpoints import for_roles, signed_in
from callpoint_console.visitor import visitor_of
from callpoint_gateway.configuration.levels import HIGHEST, LOWEST
from callpoint_gateway.supervision.questions import MAX_LEVEL_S, BeginLevel, EndLevel

# The least serious first.
_LEVELS: Final = range(LOWEST, HIGHEST - 1, -1)
_HOUR_S: Final = 3600
MOST_HOURS: Final = MAX_LEVEL_S // _HOUR_S


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
        levels={level: words.level(level) for level in _LEVELS},
        most_hours=MOST_HOURS,
    )


@for_roles(BeginLevel.may)
async def begin(request: Request) -> Response:
    """Put an area to a level; answers as ``answers.asked`` does."""
    area, reason = await given(request, "area"), (await given(request, "reason")).strip()
    level, hours = await given(request, "level"), await given(request, "hours")
    words = words_in(language_of(request))
    if area and area not in console_of(request).map.areas():
        return PlainTextResponse(words("levels.no_area"), 409)
    if level not in [str(each) for each in _LEVELS] or not _is_hours(hours):
        return PlainTextResponse(words("levels.no_hours", most=MOST_HOURS), 409)
    if not reason:
        return PlainTextResponse(words("levels.no_reason"), 409)
    question = BeginLevel(area=area, level=int(level), for_s=int(hours) * _HOUR_S, reason=reason)
    return await asked(request, question, area)


def _is_hours(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_HOURS


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
