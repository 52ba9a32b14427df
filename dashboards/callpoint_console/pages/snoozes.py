"""``POST /snooze``: hide faults from the manager's list until a day, or show them again."""

from datetime import date, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.pages.requests import context_of, not_yet, tell_work, work_of
from callpoint_console.rendering import language_of, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.views.context import Context
from callpoint_console.views.faults import matters_about
from callpoint_console.views.work_orders import today
from callpoint_console.visitor import visitor_of
from callpoint_console.work.roles import MAKERS

MOST_DAYS: Final = 90


@for_roles(MAKERS)
async def snooze(request: Request) -> Response:
    """Hide what ``about`` means until the day ``until``, or show it again without ``until``.

    204 when it is on disk; 409 with a text where it is not possible; 403 where it is not the
    visitor's.
    """
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    words = words_in(language_of(request))
    group = bool(await given(request, "group"))
    matters = matters_about(await given(request, "about"), context, whole_group=group)
    if not matters or not all(matter.ends for matter in matters):
        return PlainTextResponse(words("work.over"), 409)
    if not context.has(MAKERS, [matter.place for matter in matters]):
        return PlainTextResponse(words("act.not_yours"), 403)
    day = await given(request, "until")
    if not day:
        await work.change(work.snoozes.end, [matter.key for matter in matters])
    else:
        until_ms = _begin_of(day, context, work.now_ms())
        if until_ms is None:
            return PlainTextResponse(words("snooze.no_day", days=MOST_DAYS), 409)
        await work.change(work.snoozes.begin, matters, until_ms, visitor_of(request).login)
    tell_work(request)
    return Response(status_code=204)


def _begin_of(day: str, context: Context, now_ms: int) -> int | None:
    """Return when a day begins by the site's clock, Unix ms; None: it is no day to come."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError:
        return None
    first = date.fromisoformat(today(context, now_ms)) + timedelta(1)
    if not first <= chosen <= first + timedelta(MOST_DAYS):
        return None
    begin = datetime(chosen.year, chosen.month, chosen.day, tzinfo=context.zone)
    return round(begin.timestamp() * 1000)


ROUTES = [Route("/snooze", snooze, methods=["POST"])]
