"""``POST /operator/alarm/<number>/household`` of a site: who lives where an alarm is open.

The names stay at the site. Its console is asked for this one alarm, and puts the look on record;
so does the district. What comes is shown, and neither stored nor logged.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.assembly import Accounts
from callpoint_console.pages.requests import console_of
from callpoint_console.people.requests import open_alarm
from callpoint_console.rendering import at_of, fragment, language_of, words_in
from callpoint_console.security.endpoints import for_roles, refusal
from callpoint_console.visitor import visitor_of
from callpoint_district.console.desk import ORIGIN
from callpoint_district.sites.site import DistrictSite
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.client import Unanswered
from callpoint_gateway.control.question import QuestionRefused
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.journal.entries import Mark
from callpoint_gateway.upstream.household.questions import AskHousehold, HouseholdView

_KEPT_BY_NOBODY: Final = {"Cache-Control": "no-store"}


@for_roles(DESK)
async def household(request: Request) -> Response:
    """Show the household, as the site's own console shows it; the look is on record at both.

    404 once the alarm is closed, 403 elsewhere than at the visitor's own places and in a drill,
    409 where the site refuses, 503 where it does not answer.
    """
    alarm, console, language = open_alarm(request), console_of(request), language_of(request)
    words, login = words_in(language), visitor_of(request).login
    if alarm is None:
        number = request.path_params["number"]
        return PlainTextResponse(words("operator.gone", alarm=number), 404)
    place = alarm.place or console.map.place_of(alarm.device)
    role = console.map.role(visitor_of(request).scope, DESK, place)
    if role is None:
        return refusal(request, "refused.role", 403)
    if alarm.mark is not Mark.REAL:
        return PlainTextResponse(words("household.drill"), 403)
    question = AskHousehold(alarm=alarm.alarm, language=language)
    try:
        view = await console.desk.ask(question, By(login, role, ORIGIN))
    except QuestionRefused as refused:
        return PlainTextResponse(words.told(refused.why), 409)
    except Unanswered as unanswered:
        text = words("act.no_answer", why=words.told(unanswered.why))
        return PlainTextResponse(text, 503)
    await _record(request, alarm.alarm, view)
    content = fragment(
        "people/household.html",
        language,
        at_of(request),
        roles=view.roles,
        noted=view.noted,
    )
    return HTMLResponse(content, headers=_KEPT_BY_NOBODY)


async def _record(request: Request, alarm: int, view: HouseholdView) -> None:
    """Put the look on record here, before anybody sees a name. DatabaseFault: it cannot be."""
    accounts: Accounts = request.app.state.accounts
    site = console_of(request).source
    assert isinstance(site, DistrictSite)
    await accounts.database.in_thread(
        accounts.looks.record_look,
        visitor_of(request).login,
        "household",
        f"{site.gateway}: {view.place}",
        alarm,
        persons=sum(len(role.people) for role in view.roles),
    )


ROUTES: Final = [Route("/operator/alarm/{number:int}/household", household, methods=["POST"])]
