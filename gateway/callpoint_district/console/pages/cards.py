"""The cards of alarms that their site does not have: told by a copy, or forgotten there."""

from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from callpoint_console.accounts.form import given
from callpoint_console.rendering import fragment, language_of, words_in
from callpoint_console.security.endpoints import for_roles
from callpoint_console.visitor import visitor_of
from callpoint_district.console.desk import ORIGIN
from callpoint_district.console.live.snapshot import SiteAlarm
from callpoint_district.console.pages.requests import done, overview_of
from callpoint_district.console.site_addresses import address_of, gateway_of
from callpoint_district.console.views.queue import card_address, notes, row_for
from callpoint_district.console.views.seeing import role_in, sees
from callpoint_district.sites import forgotten
from callpoint_gateway.alarms.questions import may_act
from callpoint_gateway.control.asker import By
from callpoint_gateway.control.roles import DESK
from callpoint_gateway.host.clock import SystemClock
from callpoint_gateway.journal.entries import Action, Cause


def _found(request: Request, *, copied: bool) -> SiteAlarm | None:
    """Return the alarm that the address means, if the visitor sees it."""
    snapshot, params = overview_of(request).snapshot, request.path_params
    gateway, number = gateway_of(params["code"]), params["number"]
    scope = visitor_of(request).scope
    for alarm in snapshot.alarms if snapshot else ():
        if (alarm.gateway, alarm.alarm.alarm) != (gateway, number) or not sees(alarm, scope):
            continue
        if alarm.copied if copied else alarm.forgotten and alarm.epoch == params["epoch"]:
            return alarm
    return None


def _card(request: Request, alarm: SiteAlarm | None) -> Response:
    overview, language = overview_of(request), language_of(request)
    words, snapshot = words_in(language), overview.snapshot
    if alarm is None or snapshot is None:
        text = words("operator.gone", alarm=request.path_params["number"])
        return HTMLResponse(fragment("operator/gone.html", language, "", text=text), 404)
    scope = visitor_of(request).scope
    shown = fragment(
        "district/card.html",
        language,
        address_of(alarm.gateway),
        row=row_for(alarm, words, overview.zone, snapshot.at_ms),
        notes=notes(alarm, words, ()),
        copied=alarm.copied,
        close=card_address(alarm),
        may_acknowledge=role_in(alarm.spot, scope, may_act(Action.ACKNOWLEDGE), alarm.gateway),
        may_close=role_in(alarm.spot, scope, may_act(Action.CLOSE), alarm.gateway),
        causes=list(Cause),
    )
    return HTMLResponse(shown, headers={"Cache-Control": "no-store"})


@for_roles(DESK)
async def copied(request: Request) -> Response:
    """Show the card of an alarm whose entry is still on its way; 404 once it has come."""
    return _card(request, _found(request, copied=True))


@for_roles(DESK)
async def lost(request: Request) -> Response:
    """Show the card of an alarm that its gateway has forgotten."""
    return _card(request, _found(request, copied=False))


@for_roles(may_act(Action.CLOSE))
async def close(request: Request) -> Response:
    """Close a forgotten alarm here, since nobody at its site can."""
    alarm, words = _found(request, copied=False), words_in(language_of(request))
    cause, note = await given(request, "cause"), await given(request, "note")
    if cause not in list(Cause):
        return PlainTextResponse("no such cause", 400)
    if alarm is None:
        return PlainTextResponse(words("operator.gone", alarm=request.path_params["number"]), 404)
    visitor = visitor_of(request)
    role = role_in(alarm.spot, visitor.scope, may_act(Action.CLOSE), alarm.gateway)
    if role is None:
        return PlainTextResponse(words("act.not_yours"), 403)
    answer = await done(
        request,
        partial(
            forgotten.close,
            gateway=alarm.gateway,
            epoch=alarm.epoch,
            position=alarm.alarm.alarm,
            cause=Cause(cause),
            note=note,
            by=By(visitor.login, role, ORIGIN),
            clock=SystemClock(),
        ),
    )
    # The change of the page says it.
    return Response(status_code=204) if answer.status_code == 204 else answer


ROUTES = [
    Route("/copied/{code}/{number:int}", copied),
    Route("/forgotten/{code}/{epoch}/{number:int}", lost),
    Route("/forgotten/{code}/{epoch}/{number:int}/close", close, methods=["POST"]),
]
