"""``/levels``: the response levels of areas, and which gateways have confirmed them."""

import asyncio
from datetime import datetime

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.pages.level_form import choices, typed
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.site_map import area_text
from callpoint_console.visitor import visitor_of
from callpoint_console.words.page_words import PageWords
from callpoint_district.areas import levels as of_areas
from callpoint_district.areas.levels import AreaLevel
from callpoint_district.console.pages.requests import (
    areas_of,
    asker,
    concerned,
    district_of,
    done,
    framed,
    overview_of,
)
from callpoint_district.console.views.seeing import role_in
from callpoint_district.console.views.told_sites import ToldSites, told_sites
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.supervision.questions import BeginLevel, EndLevel


class LevelRow(msgspec.Struct, frozen=True):
    """A level in force, and who has confirmed it."""

    number: int
    level: str
    area: str
    until: str
    reason: str
    who: str
    told: ToldSites
    may_end: bool


@for_roles(DESK)
async def levels(request: Request) -> Response:
    """Show the levels in force, with a form for whoever may begin one."""
    district, words = district_of(request), words_in(language_of(request))
    now_ms = SystemClock().wall_ms()

    def read() -> list[AreaLevel]:
        with district.database.transaction() as connection:
            return of_areas.listed(connection, now_ms)

    found = await asyncio.to_thread(read)
    return framed(
        request,
        "district/levels.html",
        rows=[_row(request, level, words) for level in found if concerned(request, level.area)],
        areas=[area_text(area) for area in areas_of(request, BeginLevel.may)],
        **choices(words),
    )


def _row(request: Request, level: AreaLevel, words: PageWords) -> LevelRow:
    snapshot, zone = overview_of(request).snapshot, district_of(request).zone
    scope = visitor_of(request).scope
    return LevelRow(
        number=level.number,
        level=words.level(level.level),
        area=area_text(level.area) or words("grid.whole"),
        until=f"{datetime.fromtimestamp(level.until_ms / 1000, zone):%Y-%m-%d %H:%M}",
        reason=level.reason,
        who=level.who,
        told=told_sites(level.sites, snapshot.sites if snapshot else {}, scope, words, zone),
        may_end=role_in(level.area, scope, EndLevel.may) is not None,
    )


@for_roles(BeginLevel.may)
async def begin(request: Request) -> Response:
    """Put an area to a level: 204; 409 with a text where that is not possible."""
    text, words = await given(request, "area"), words_in(language_of(request))
    area = next(
        (each for each in areas_of(request, BeginLevel.may) if area_text(each) == text), None
    )
    by = asker(request, area, BeginLevel.may) if area is not None else None
    if area is None or by is None:
        return PlainTextResponse(words("levels.no_area"), 409)
    form = await typed(request)
    if isinstance(form, PlainTextResponse):
        return form
    now_ms = SystemClock().wall_ms()
    return await done(
        request, lambda connection: of_areas.begin(connection, area, *form, by, now_ms)
    )


@for_roles(EndLevel.may)
async def end(request: Request) -> Response:
    """End a level before its time; answers as ``begin`` does."""
    number, words = request.path_params["number"], words_in(language_of(request))
    district, now_ms = district_of(request), SystemClock().wall_ms()

    def read() -> AreaLevel | None:
        with district.database.transaction() as connection:
            found = of_areas.listed(connection, now_ms)
        return next((level for level in found if level.number == number), None)

    level = await asyncio.to_thread(read)
    if level is None:
        return PlainTextResponse(words("levels.over"), 404)
    by = asker(request, level.area, EndLevel.may)
    if by is None:
        return PlainTextResponse(words("act.not_yours"), 403)
    return await done(request, lambda connection: of_areas.end(connection, number, by, now_ms))


ROUTES = [
    Route("/levels", levels),
    Route("/levels/begin", begin, methods=["POST"]),
    Route("/levels/{number:int}/end", end, methods=["POST"]),
]
