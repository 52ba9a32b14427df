"""``/shift`` and ``/shifts``: who is responsible for the desk, and how it is handed over."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from callpoint_console.accounts.account import Account
from callpoint_console.accounts.form import given
from callpoint_console.pages.requests import context_of, framed, not_yet, tell_work, work_of
from callpoint_console.rendering import go_to, language_of, page, words_in
from callpoint_console.security.endpoints import WHOLE_SITE, for_roles, refusal
from callpoint_console.views.context import Context
from callpoint_console.views.handed import handed_now, handed_rows
from callpoint_console.views.work_orders import moment
from callpoint_console.work.shifts import HandOver, NotYours, Over
from callpoint_gateway.configuration.privacy import Unsaid
from callpoint_gateway.control.roles import DESK, LEADERS

#: Shifts that the list shows.
SHOWN: Final = 100


@for_roles(DESK)
async def shift(request: Request) -> Response:
    """Show the visitor's shift and what there is to hand over; begin it, hand it over."""
    context, work, account = context_of(request), work_of(request), _account(request)
    if context is None:
        return not_yet(request)
    if request.method != "POST":
        return _mine(request, context)
    what, said = await given(request, "do"), ""
    try:
        if what == "start":
            await work.change(work.shifts.start, account.id, account.login)
        elif what == "hand-over":
            note, handed = (await given(request, "note")).strip(), handed_now(context)
            await work.change(work.shifts.hand_over, account.id, handed, note)
        elif what == "withdraw":
            await work.change(work.shifts.withdraw, account.id)
    except Unsaid as unsaid:
        said = words_in(language_of(request)).told(unsaid.why)
    except Over:
        said = words_in(language_of(request))("shift.off")
    if said:
        return _mine(request, context, said)
    tell_work(request)
    # The operator's page begins the shift and stays what it is.
    if "hx-request" in request.headers:
        return Response(status_code=204)
    return go_to(request, "/shift")


def _account(request: Request) -> Account:
    account: Account = request.state.account
    return account


def _mine(request: Request, context: Context, said: str = "") -> Response:
    work, account = work_of(request), _account(request)
    mine = next((each for each in work.state.shifts if each.account == account.id), None)
    waiting = work.state.hand_overs
    return framed(
        request,
        "work/shift.html",
        409 if said else 200,
        said=said,
        since=moment(mine.since_ms, context) if mine else "",
        handed=handed_rows(handed_now(context), context),
        waits=next((each for each in waiting if mine and each.shift == mine.number), None),
        leads=bool(context.scope.areas(LEADERS)),
    )


@for_roles(DESK)
async def hand_over(request: Request) -> Response:
    """Show a hand-over, and have the visitor sign for it."""
    context, work, account = context_of(request), work_of(request), _account(request)
    if context is None:
        return not_yet(request)
    number = min(request.path_params["number"], 2**62)
    found = await work.database.in_thread(work.shifts.find, number)
    if found is None or not context.has(DESK, found.handed.areas):
        text = words_in(language_of(request))("shift.no_hand_over")
        return page(request, "missing.html", 404, text=text)
    if request.method != "POST":
        return _shown(request, found, context)
    words = words_in(language_of(request))
    try:
        await work.change(work.shifts.sign, number, account.id, account.login)
    except NotYours:
        return _shown(request, found, context, words("shift.own"))
    except Over:
        return _shown(request, found, context, words("shift.over"))
    tell_work(request)
    return go_to(request, f"/shift/hand-over/{number}")


def _shown(request: Request, found: HandOver, context: Context, said: str = "") -> Response:
    return framed(
        request,
        "work/hand_over.html",
        409 if said else 200,
        said=said,
        hand_over=found,
        made=moment(found.made_ms, context),
        signed=moment(found.signed_ms, context) if found.signed_ms is not None else "",
        handed=handed_rows(found.handed, context),
        may_sign=found.signed_ms is None and found.login != _account(request).login,
    )


@for_roles(LEADERS, place=WHOLE_SITE)
async def shifts(request: Request) -> Response:
    """List the last shifts with their hand-overs, the newest first."""
    context, work = context_of(request), work_of(request)
    if context is None:
        return not_yet(request)
    found = await work.database.in_thread(work.shifts.latest, SHOWN)
    numbers = [each.number for each in found]
    handed = await work.database.in_thread(work.shifts.hand_overs, numbers)
    by_shift = {each.shift: each for each in handed}
    return framed(
        request,
        "work/shifts.html",
        rows=[
            (
                each,
                moment(each.since_ms, context),
                moment(each.until_ms, context) if each.until_ms is not None else "",
                by_shift.get(each.number),
            )
            for each in found
        ],
    )


@for_roles(LEADERS, place=WHOLE_SITE)
async def end(request: Request) -> Response:
    """End a shift that nobody takes over."""
    work, number = work_of(request), min(request.path_params["number"], 2**62)
    if not await work.change(work.shifts.end, number, _account(request).login):
        return refusal(request, "shift.ended", 409)
    tell_work(request)
    return go_to(request, "/shifts")


ROUTES = [
    Route("/shift", shift, methods=["GET", "POST"]),
    Route("/shift/hand-over/{number:int}", hand_over, methods=["GET", "POST"]),
    Route("/shifts", shifts),
    Route("/shifts/{number:int}/end", end, methods=["POST"]),
]
